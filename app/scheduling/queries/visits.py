"""Reads about appointments and the slots they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.kernel.dates import day_bounds
from app.people.models import Patient
from app.people.queries import is_of
from app.scheduling.models import (
    Appointment,
    BookingSlot,
)
from app.scheduling.rules import LIVE, AppointmentStatus, SlotKind, Span


def had_a_visit(start: datetime, end: datetime) -> "sa.Select[Any]":
    """The patients who had an appointment in [start, end), whatever became of it."""
    return sa.select(Appointment.patient_id).where(Appointment.start_at >= start, Appointment.start_at < end)


WITH_NAMES = (
    joinedload(Appointment.patient),
    joinedload(Appointment.doctor),
    joinedload(Appointment.assistant),
    joinedload(Appointment.chair),
    joinedload(Appointment.service),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A slot that an appointment holds."""

    kind: SlotKind
    resource_id: int
    starts_at: datetime
    lane: int


def slots_taken(
    session: Session, resources: Sequence[tuple[SlotKind, int]], window: Span, but: int | None = None
) -> list[Taken]:
    """The slots of these doctors, chairs, assistants and patients inside `window` that are taken.

    Those of the appointment `but` count as free: it is the one to be moved.
    """
    return slots_taken_in(session, resources, [window], but)


def slots_taken_in(
    session: Session, resources: Sequence[tuple[SlotKind, int]], windows: Sequence[Span], but: int | None = None
) -> list[Taken]:
    """As `slots_taken`, inside several windows at once."""
    who = sa.or_(
        *(sa.and_(BookingSlot.kind == kind, BookingSlot.resource_id == key) for kind, key in resources),
    )
    then = sa.or_(*(sa.and_(BookingSlot.starts_at >= w.start, BookingSlot.starts_at < w.end) for w in windows))
    statement = sa.select(BookingSlot.kind, BookingSlot.resource_id, BookingSlot.starts_at, BookingSlot.lane)
    statement = statement.where(who, then)
    if but is not None:
        statement = statement.where(BookingSlot.appointment_id != but)
    return [Taken(*row) for row in session.execute(statement)]


def appointments_between(session: Session, start: datetime, end: datetime) -> Sequence[Appointment]:
    """The appointments that begin in [start, end), whatever became of them, with all their names, in order."""
    statement = sa.select(Appointment).where(Appointment.start_at >= start, Appointment.start_at < end)
    return session.scalars(
        statement.options(*WITH_NAMES).order_by(Appointment.start_at, Appointment.appointment_id)
    ).all()


def appointment(session: Session, appointment_id: int) -> Appointment | None:
    """One appointment with all its names."""
    statement = sa.select(Appointment).where(Appointment.appointment_id == appointment_id).options(*WITH_NAMES)
    return session.scalar(statement)


def appointments(session: Session, appointment_ids: Iterable[int]) -> Sequence[Appointment]:
    """These appointments with all their names, in order of time."""
    statement = sa.select(Appointment).where(Appointment.appointment_id.in_(list(appointment_ids)))
    return session.scalars(
        statement.options(*WITH_NAMES).order_by(Appointment.start_at, Appointment.appointment_id)
    ).all()


def appointments_of_patient(session: Session, patient_id: int, limit: int = 100) -> Sequence[Appointment]:
    """A patient's appointments, the latest first."""
    statement = sa.select(Appointment).where(is_of(session, Appointment.patient_id, patient_id)).options(*WITH_NAMES)
    return session.scalars(statement.order_by(Appointment.start_at.desc()).limit(limit)).all()


def next_appointment(session: Session, patient_id: int, now: datetime) -> Appointment | None:
    """A patient's next visit that is still expected."""
    coming = (AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED)
    statement = sa.select(Appointment).where(
        is_of(session, Appointment.patient_id, patient_id), Appointment.start_at >= now, Appointment.status.in_(coming)
    )
    return session.scalar(statement.options(*WITH_NAMES).order_by(Appointment.start_at).limit(1))


def next_start(session: Session, patient_id: int, now: datetime) -> datetime | None:
    """When a patient is expected next; nobody else's row is read, so that the patient may ask."""
    coming = (AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED)
    where = (
        is_of(session, Appointment.patient_id, patient_id),
        Appointment.start_at >= now,
        Appointment.status.in_(coming),
    )
    return session.scalar(sa.select(sa.func.min(Appointment.start_at)).where(*where))


def has_finished_visit(session: Session, patient_id: int) -> bool:
    """Whether a patient was ever treated here to the end."""
    statement = sa.select(Appointment.appointment_id).where(
        is_of(session, Appointment.patient_id, patient_id), Appointment.status == AppointmentStatus.FINISHED
    )
    return session.scalar(statement.limit(1)) is not None


def last_treated_at(session: Session, patient_id: int, but: int) -> datetime | None:
    """When the patient's latest treated visit ended, the appointment `but` left out."""
    treated = (AppointmentStatus.TREATED, AppointmentStatus.FINISHED)
    statement = sa.select(sa.func.max(Appointment.actual_end_at)).where(
        is_of(session, Appointment.patient_id, patient_id),
        Appointment.status.in_(treated),
        Appointment.appointment_id != but,
    )
    return session.scalar(statement)


def live_counts(session: Session, first: date, days: int, zone: tzinfo) -> dict[date, int]:
    """How many live or finished visits each day has, in one statement."""
    dates = [first + timedelta(days=number) for number in range(days)]
    counted = [*LIVE, AppointmentStatus.FINISHED]
    columns = [
        sa.func.count(sa.case((sa.and_(Appointment.start_at >= start, Appointment.start_at < end), 1)))
        for start, end in (day_bounds(day, zone) for day in dates)
    ]
    row = session.execute(
        sa.select(*columns).where(
            Appointment.start_at >= day_bounds(dates[0], zone)[0],
            Appointment.start_at < day_bounds(dates[-1], zone)[1],
            Appointment.status.in_(counted),
        )
    ).one()
    return dict(zip(dates, row, strict=True))


def patients(session: Session, patient_ids: Iterable[int]) -> Sequence[Patient]:
    """These patients, in one statement."""
    return session.scalars(sa.select(Patient).where(Patient.patient_id.in_(list(patient_ids)))).all()
