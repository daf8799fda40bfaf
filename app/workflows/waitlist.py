"""From waiting to a visit: a time is offered, and the answer books it or lets the patient wait on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import T
from app.people.queries import patient_ids
from app.scheduling import queries
from app.scheduling.actions import waiting
from app.scheduling.models import Appointment, WaitlistEntry
from app.scheduling.queries.finding import first_free
from app.scheduling.queries.waiting import as_waiting, is_free
from app.scheduling.rules import AppointmentSource, Holding, Span, Terms, WaitStatus
from app.scheduling.rules.finding import Free
from app.scheduling.rules.waiting import OPEN, Opening, Waiting, check_offered, wish_of
from app.workflows.booking import book_visit


def would_hold(session: Session, entry: WaitlistEntry, opening: Opening, terms: Terms) -> Holding:
    """What a visit for this entry would hold at the opening's start."""
    wanted = as_waiting(entry, terms.default_minutes)
    start = opening.span.start
    lead, tail = _without_dentist(entry.service)
    return Holding(
        Span(start, start + timedelta(minutes=wanted.minutes)),
        doctor_id=opening.doctor_id,
        patient_id=entry.patient_id,
        chair_id=opening.chair_id,
        lead=lead,
        tail=tail,
    )


def free_for(session: Session, entry: WaitlistEntry, *, now: datetime, terms: Terms, count: int) -> list[Free]:
    """The first free times that suit an entry, without those its patient said no to."""
    wanted: Waiting = as_waiting(entry, terms.default_minutes)
    lead, tail = _without_dentist(entry.service)
    wish = wish_of(wanted, patient_id=entry.patient_id, lead=lead, tail=tail, now=now, zone=terms.zone)
    if wish.latest <= wish.earliest:
        return []
    found = first_free(session, wish, now=now, terms=terms, count=count + len(wanted.declined))
    return [free for free in found if free.start not in wanted.declined][:count]


def offer(
    session: Session, entry_id: int, opening: Opening, *, now: datetime, by: int | None, terms: Terms
) -> WaitlistEntry:
    """Put a time before a waiting patient. Raises NotFound, RuleError, Conflict (taken, or offered already)."""
    entry = waiting.locked_entry(session, entry_id)
    waiting.offer(session, entry, opening, now=now, by=by, zone=terms.zone)
    if not is_free(session, would_hold(session, entry, opening, terms)):
        raise Conflict(T("This time has just been taken. Choose another one."))
    return entry


def accept(
    session: Session, entry_id: int, *, by_user: int | None, by_employee: int | None, now: datetime, terms: Terms
) -> Appointment:
    """The patient takes the time that was offered: it is booked. Asked twice it books once.

    Raises NotFound, RuleError, Conflict: with `busy` and the nearest `free` times where it is taken meanwhile.
    """
    entry = waiting.locked_entry(session, entry_id)
    if entry.status is WaitStatus.BOOKED and entry.appointment_id is not None:
        booked = session.get(Appointment, entry.appointment_id)
        if booked is not None:
            return booked
    check_offered(entry.status)
    values: Mapping[str, Any] = {
        "patient_id": entry.patient_id,
        "doctor_id": entry.offered_doctor_id,
        "chair_id": entry.offered_chair_id,
        "planned_service": entry.service_id,
        "start_at": entry.offered_start_at,
        "minutes": entry.minutes,
        "source": AppointmentSource.WAITLIST,
    }
    appointment = book_visit(session, values, by_user=by_user, by_employee=by_employee, now=now, terms=terms)
    waiting.close(session, entry, appointment)
    return appointment


def close_by_booking(session: Session, entry_id: int, appointment: Appointment) -> bool:
    """A visit was booked for somebody who waits: the entry is closed, in the same unit. Returns whether it was.

    What is closed already, or waits for somebody else, stays as it is: it is no reason to refuse the booking. A
    cancelled visit doesn't open it again.
    """
    try:
        entry = waiting.locked_entry(session, entry_id)
    except NotFound:
        return False
    if entry.status not in OPEN or entry.patient_id not in patient_ids(session, appointment.patient_id):
        return False
    waiting.close(session, entry, appointment)
    return True


def _without_dentist(service: ServiceCatalog | None) -> tuple[int, int]:
    return (service.assistant_lead_minutes, service.assistant_tail_minutes) if service else (0, 0)


def opening_of(session: Session, appointment_id: int) -> Opening | None:
    """The time that an appointment holds or held."""
    row = queries.appointment(session, appointment_id)
    return None if row is None else Opening(Span(row.start_at, row.end_at), row.doctor_id, row.chair_id)
