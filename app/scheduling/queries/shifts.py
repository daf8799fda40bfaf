"""Reads about shifts, time off and public holidays, and the visits they concern."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.kernel.dates import clinic_date, clinic_moment, day_bounds
from app.people.models import Employee
from app.scheduling.models import (
    Appointment,
    BookingSlot,
    Holiday,
    Shift,
    TimeOff,
)
from app.scheduling.queries.visits import WITH_NAMES
from app.scheduling.rules import LIVE, LONGEST, SLOT, Days, ShiftKind, SlotKind, Span


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


def visits_of_time_off(session: Session, away: TimeOff) -> Sequence[Appointment]:
    """The live visits that a time off hits, with all their names, in order."""
    statement = sa.select(Appointment).where(*_hit_by(away)).options(*WITH_NAMES)
    return session.scalars(statement.order_by(Appointment.start_at, Appointment.appointment_id)).all()


def first_over(session: Session, doctor_id: int, capacity: int, now: datetime) -> tuple[datetime, int] | None:
    """The first moment from now on at which a doctor is booked at more chairs than this, and at how many."""
    booked = sa.func.count()
    statement = (
        sa.select(BookingSlot.starts_at, booked)
        .where(
            BookingSlot.kind == SlotKind.DOCTOR,
            BookingSlot.resource_id == doctor_id,
            BookingSlot.starts_at > now - SLOT,
        )
        .group_by(BookingSlot.starts_at)
        .having(booked > capacity)
        .order_by(BookingSlot.starts_at)
    )
    found = session.execute(statement.limit(1)).first()
    return (found[0], int(found[1])) if found else None


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
