"""Visits whose doctor will not be there: who else is free then, and several given to others at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people import queries as people
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.actions.placing import holding
from app.scheduling.models import Appointment, BookingSlot, Shift
from app.scheduling.rules import ShiftKind, SlotKind, Span, Terms
from app.scheduling.rules.times import merge
from app.workflows.booking import locked_appointment, reschedule_visit


@dataclass(frozen=True, slots=True)
class Pick:
    """A visit, as it was seen, and the doctor it is given to."""

    appointment_id: int
    doctor_id: int
    version: int


def hand_over(
    session: Session, picks: Sequence[Pick], *, by_user: int | None, now: datetime, terms: Terms
) -> list[Appointment]:
    """Each visit at its time with another doctor: all or none. Raises RuleError that names the visit."""
    moved = []
    for pick in sorted(picks, key=lambda pick: pick.appointment_id):
        visit = locked_appointment(session, pick.appointment_id, pick.version)
        try:
            values = {"doctor_id": pick.doctor_id}
            reschedule_visit(session, pick.appointment_id, values, by_user=by_user, now=now, terms=terms)
        except RuleError as error:
            name = visit.patient.title
            raise type(error)(T("Nothing was changed. %(name)s: %(reason)s", name=name, reason=error.text)) from error
        moved.append(visit)
    return moved


def other_doctors(
    session: Session, visits: Sequence[Appointment], terms: Terms, today: date
) -> dict[int, list[Employee]]:
    """Which other doctors work and are free at the time of each visit; a fixed number of statements for all."""
    if not visits:
        return {}
    doctors = people.doctors(session, today)
    keys = [row.employee_id for row in doctors]
    works = _works(session, keys, visits, terms.zone)
    away = _away(session, visits)
    full = _full(session, doctors, visits)
    found: dict[int, list[Employee]] = {}
    for visit in visits:
        whole, slots = Span(visit.start_at, visit.end_at), set(holding(session, visit).dentist_span.slots())
        found[visit.appointment_id] = [
            row
            for row in doctors
            if row.employee_id != visit.doctor_id
            and any(span.holds(whole) for span in works.get(row.employee_id, ()))
            and not any(span.overlaps(whole) for span in away.get(row.employee_id, ()))
            and slots.isdisjoint(full.get(row.employee_id, ()))
        ]
    return found


def _works(
    session: Session, doctors: Sequence[int], visits: Sequence[Appointment], zone: tzinfo
) -> Mapping[int, list[Span]]:
    days = {clinic_date(visit.start_at, zone) for visit in visits}
    statement = sa.select(Shift).where(
        Shift.shift_date.in_(days), Shift.employee_id.in_(doctors), Shift.kind == ShiftKind.WORK
    )
    spans: dict[int, list[Span]] = {}
    for shift in session.scalars(statement):
        spans.setdefault(shift.employee_id, []).append(queries.shift_span(shift, zone))
    return {key: merge(found) for key, found in spans.items()}


def _away(session: Session, visits: Sequence[Appointment]) -> Mapping[int, list[Span]]:
    start, end = min(visit.start_at for visit in visits), max(visit.end_at for visit in visits)
    spans: dict[int, list[Span]] = {}
    for row in queries.time_off_between(session, start, end):
        spans.setdefault(row.employee_id, []).append(Span(row.from_, row.until))
    return spans


def _full(session: Session, doctors: Sequence[Employee], visits: Sequence[Appointment]) -> Mapping[int, set[datetime]]:
    """The slots in the time of these visits in which a doctor has no lane left."""
    when = sa.or_(*(sa.and_(BookingSlot.starts_at >= v.start_at, BookingSlot.starts_at < v.end_at) for v in visits))
    capacity = {row.employee_id: row.chair_capacity for row in doctors}
    statement = (
        sa.select(BookingSlot.resource_id, BookingSlot.starts_at, sa.func.count())
        .where(BookingSlot.kind == SlotKind.DOCTOR, BookingSlot.resource_id.in_(list(capacity)), when)
        .group_by(BookingSlot.resource_id, BookingSlot.starts_at)
    )
    full: dict[int, set[datetime]] = {}
    for key, slot, count in session.execute(statement):
        if count >= capacity[key]:
            full.setdefault(key, set()).add(slot)
    return full
