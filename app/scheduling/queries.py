"""Reads about rooms, shifts and appointments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.kernel.dates import clinic_date, clinic_moment, day_bounds
from app.people.models import Employee, Patient
from app.people.queries import is_of
from app.scheduling.models import (
    Appointment,
    AppointmentStatusChange,
    BookingSlot,
    Chair,
    Holiday,
    Room,
    RoomAllocation,
    Shift,
    TimeOff,
)
from app.scheduling.rules import LIVE, LONGEST, UNDO, AppointmentStatus, Days, ShiftKind, SlotKind, Span, Standing
from app.security.models import UserProfile


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


def days_of_doctor(session: Session, doctor_id: int, window: Span, zone: tzinfo) -> Days:
    """Shifts of work, time off and closed dates that touch `window`; asked for each booking, so columns only."""
    first, last = clinic_date(window.start, zone), clinic_date(window.end, zone)
    shifts = session.execute(
        sa.select(Shift.shift_date, Shift.start_time, Shift.end_time).where(
            Shift.employee_id == doctor_id,
            Shift.shift_date.between(first, last),
            Shift.kind == ShiftKind.WORK,
        )
    )
    away = session.execute(
        sa.select(TimeOff.from_, TimeOff.until).where(
            TimeOff.employee_id == doctor_id, TimeOff.from_ < window.end, TimeOff.until > window.start
        )
    )
    closed = session.scalars(
        sa.select(Holiday.date).where(Holiday.date.between(first, last), Holiday.is_closed.is_(True))
    )
    spans = [Span(clinic_moment(day, start, zone), clinic_moment(day, end, zone)) for day, start, end in shifts]
    return Days(spans, [Span(start, end) for start, end in away], frozenset(closed))


def shift_span(shift: Shift, zone: tzinfo) -> Span:
    """A shift as instants."""
    return Span(
        clinic_moment(shift.shift_date, shift.start_time, zone), clinic_moment(shift.shift_date, shift.end_time, zone)
    )


def shifts_between(session: Session, first: date, last: date, *where: ColumnElement[bool]) -> Sequence[Shift]:
    """The shifts of these days, both included, with who works."""
    statement = sa.select(Shift).where(Shift.shift_date >= first, Shift.shift_date <= last, *where)
    statement = statement.options(joinedload(Shift.employee), joinedload(Shift.chair))
    return session.scalars(statement.order_by(Shift.shift_date, Shift.start_time, Shift.shift_id)).all()


def time_off_between(
    session: Session, start: datetime, end: datetime, *where: ColumnElement[bool]
) -> Sequence[TimeOff]:
    """Who is away at some moment of [start, end)."""
    return session.scalars(sa.select(TimeOff).where(TimeOff.from_ < end, TimeOff.until > start, *where)).all()


def holidays_between(session: Session, first: date, last: date) -> Sequence[Holiday]:
    """The public holidays of these days, both included."""
    return session.scalars(sa.select(Holiday).where(Holiday.date >= first, Holiday.date <= last)).all()


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
    who = sa.or_(
        *(sa.and_(BookingSlot.kind == kind, BookingSlot.resource_id == key) for kind, key in resources),
    )
    statement = sa.select(BookingSlot.kind, BookingSlot.resource_id, BookingSlot.starts_at, BookingSlot.lane)
    statement = statement.where(who, BookingSlot.starts_at >= window.start, BookingSlot.starts_at < window.end)
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


def _hit_by(away: TimeOff) -> list[ColumnElement[bool]]:
    """The live visits of somebody who is away then."""
    earliest = away.from_ - timedelta(minutes=LONGEST)  # so that the index bounds both ends
    return [
        sa.or_(Appointment.doctor_id == away.employee_id, Appointment.assistant_id == away.employee_id),
        Appointment.start_at.between(earliest, away.until),
        Appointment.start_at < away.until,
        Appointment.end_at > away.from_,
        Appointment.status.in_(LIVE),
    ]


def visits_hit(session: Session, rows: Sequence[TimeOff]) -> dict[int, int]:
    """How many live visits each time off hits, in one statement."""
    asked = [
        sa.select(sa.literal(row.time_off_id), sa.func.count()).select_from(Appointment).where(*_hit_by(row))
        for row in rows
    ]
    return {key: int(count) for key, count in session.execute(sa.union_all(*asked))} if asked else {}


def hit_by(session: Session, time_off_id: int) -> list[ColumnElement[bool]]:
    """The condition of the visits that a time off hits; none where it is no longer there."""
    row = session.get(TimeOff, time_off_id)
    return _hit_by(row) if row is not None else [sa.false()]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A doctor with live visits on a day without a shift."""

    doctor: Employee
    day: date
    visits: int


def without_shift(session: Session, first: date, days: int, zone: tzinfo) -> list[Uncovered]:
    """Which doctors have live visits but no shift of work on one of these days, in one statement."""
    bounds = [(day, *day_bounds(day, zone)) for day in (first + timedelta(days=number) for number in range(days))]
    day_of = sa.case(*((Appointment.start_at < end, sa.literal(day, sa.Date)) for day, _, end in bounds))
    place_of = sa.case(*((Appointment.start_at < end, place) for place, (_, _, end) in enumerate(bounds)))
    works = sa.exists().where(
        Shift.employee_id == Appointment.doctor_id, Shift.shift_date == day_of, Shift.kind == ShiftKind.WORK
    )
    each = (
        sa.select(Appointment.doctor_id, place_of.label("place"))
        .where(
            Appointment.start_at >= bounds[0][1],
            Appointment.start_at < bounds[-1][2],
            Appointment.status.in_(LIVE),
            ~works,
        )
        .subquery()
    )
    sums = sa.select(each.c.doctor_id, each.c.place, sa.func.count().label("visits"))
    grouped = sums.group_by(each.c.doctor_id, each.c.place).subquery()
    statement = sa.select(Employee, grouped.c.place, grouped.c.visits).join(
        grouped, grouped.c.doctor_id == Employee.employee_id
    )
    found = session.execute(statement.order_by(grouped.c.place, Employee.employee_id))
    return [Uncovered(doctor, bounds[place][0], int(visits)) for doctor, place, visits in found]


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


# --- moves


@dataclass(frozen=True, slots=True)
class CheckIn:
    """When a patient was checked in, and what the appointment was before."""

    came_from: AppointmentStatus | None
    at: datetime


def check_ins(session: Session, appointment_ids: Iterable[int]) -> dict[int, CheckIn]:
    """The last check-in of several appointments, in one statement."""
    moved = AppointmentStatusChange
    statement = (
        sa.select(moved.appointment_id, moved.from_, moved.at)
        .where(
            moved.appointment_id.in_(list(appointment_ids)),
            moved.to == AppointmentStatus.CAME,
            # back from the chair, or an undo, is no check-in
            moved.from_.in_([AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED]),
        )
        .order_by(moved.appointment_status_change_id)
    )
    return {key: CheckIn(came_from, at) for key, came_from, at in session.execute(statement)}


def standing(session: Session, appointment: Appointment) -> Standing:
    """How an appointment stands, for the rules."""
    came_from = None
    if appointment.status is AppointmentStatus.CAME:
        check_in = check_ins(session, [appointment.appointment_id]).get(appointment.appointment_id)
        came_from = check_in.came_from if check_in else None
    return Standing(appointment.status, appointment.start_at, came_from, appointment.actual_start_at)


def last_change(session: Session, appointment_id: int) -> AppointmentStatusChange | None:
    """The last move of an appointment."""
    statement = sa.select(AppointmentStatusChange).where(AppointmentStatusChange.appointment_id == appointment_id)
    return session.scalar(statement.order_by(AppointmentStatusChange.appointment_status_change_id.desc()).limit(1))


def reason_of_cancelling(session: Session, appointment_id: int) -> str | None:
    """Why an appointment was last cancelled."""
    moved = AppointmentStatusChange
    statement = sa.select(moved.reason).where(
        moved.appointment_id == appointment_id,
        moved.to == AppointmentStatus.CANCELLED,
        sa.func.coalesce(moved.reason, "") != UNDO,
    )
    return session.scalar(statement.order_by(moved.appointment_status_change_id.desc()).limit(1))


def history_of(session: Session, appointment_id: int) -> list[tuple[AppointmentStatusChange, str | None]]:
    """Every move of an appointment with the name of who made it, the latest first."""
    statement = (
        sa.select(AppointmentStatusChange, UserProfile.display_name)
        .outerjoin(UserProfile, UserProfile.user_id == AppointmentStatusChange.by)
        .where(AppointmentStatusChange.appointment_id == appointment_id)
        .order_by(AppointmentStatusChange.appointment_status_change_id.desc())
    )
    return [(change, name) for change, name in session.execute(statement)]


def names_of_changes(session: Session, change_ids: Iterable[int]) -> dict[int, tuple[Patient, str | None]]:
    """change → (whose appointment, who moved it), in one statement."""
    statement = (
        sa.select(AppointmentStatusChange.appointment_status_change_id, Patient, UserProfile.display_name)
        .join(Appointment, Appointment.appointment_id == AppointmentStatusChange.appointment_id)
        .join(Patient, Patient.patient_id == Appointment.patient_id)
        .outerjoin(UserProfile, UserProfile.user_id == AppointmentStatusChange.by)
        .where(AppointmentStatusChange.appointment_status_change_id.in_(list(change_ids)))
    )
    return {key: (patient, name) for key, patient, name in session.execute(statement)}


def patients(session: Session, patient_ids: Iterable[int]) -> Sequence[Patient]:
    """These patients, in one statement."""
    return session.scalars(sa.select(Patient).where(Patient.patient_id.in_(list(patient_ids)))).all()


# --- rooms


def rooms(session: Session) -> Sequence[Room]:
    """The rooms, by name."""
    return session.scalars(sa.select(Room).order_by(Room.name)).all()


def chairs(session: Session) -> Sequence[Chair]:
    """The chairs in use with their rooms, by name."""
    statement = sa.select(Chair).where(Chair.is_active.is_(True)).options(joinedload(Chair.room))
    return session.scalars(statement.order_by(Chair.name)).all()


def last_stay(session: Session, appointment_id: int) -> RoomAllocation | None:
    """Where the patient of an appointment sat last."""
    statement = sa.select(RoomAllocation).where(RoomAllocation.appointment_id == appointment_id)
    return session.scalar(statement.order_by(RoomAllocation.room_allocation_id.desc()).limit(1))
