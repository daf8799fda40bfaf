"""Who works when, for the calendar of shifts: read in a fixed number of statements however many people there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.kernel.dates import clinic_date, day_bounds
from app.people import queries as people
from app.people.models import Employee
from app.people.rules import EmployeeStatus, PositionType
from app.scheduling.models import Appointment, Holiday, Shift, TimeOff
from app.scheduling.queries.patterns import have_patterns
from app.scheduling.queries.shifts import holidays_between, shift_span, time_off_between
from app.scheduling.rules import LIVE, AppointmentStatus, ShiftKind, Span
from app.scheduling.rules.shifts import minutes_of
from app.scheduling.rules.times import merge

ORDER = {kind: place for place, kind in enumerate(PositionType)}  # doctors first


@dataclass(slots=True)
class Cell:
    """Somebody's day."""

    day: date
    shifts: list[Shift] = field(default_factory=list)
    away: list[TimeOff] = field(default_factory=list)
    visits: int = 0
    loose: int = 0  # visits to come that stand in no shift, or in a time off

    @property
    def minutes(self) -> int:
        """How long one works on this day."""
        return minutes_of(self.shifts)


@dataclass(slots=True)
class Line:
    """Somebody, and their days."""

    employee: Employee
    kind: PositionType | None
    cells: dict[date, Cell]

    @property
    def minutes(self) -> int:
        """How long one works on all these days."""
        return sum(cell.minutes for cell in self.cells.values())


@dataclass(slots=True)
class Roster:
    """The days and the people."""

    days: list[date]
    lines: list[Line]
    holidays: Mapping[date, Holiday]
    hidden: int = 0  # people without a shift, who are left out

    def minutes(self, day: date) -> int:
        """How long everybody together works on a day."""
        return sum(line.cells[day].minutes for line in self.lines)

    def heads(self, day: date) -> int:
        """How many people work on a day."""
        return sum(bool(line.cells[day].shifts) for line in self.lines)


def read_roster(
    session: Session,
    days: Sequence[date],
    *,
    now: datetime,
    zone: tzinfo,
    kinds: Iterable[PositionType] = (),
    typed: Any = None,
    everybody: bool = False,
) -> Roster:
    """The roster of these days: who works or is booked then, or `everybody`; `typed` is a condition on employees."""
    first, last = days[0], days[-1]
    shifts = _shifts(session, first, last)
    booked = _booked(session, first, last, zone)
    busy = {s.employee_id for s in shifts} | {key for key, *_ in booked} | have_patterns(session, first, last)
    lines, hidden = _lines(session, days, busy, clinic_date(now, zone), set(kinds), typed, everybody)
    by_key = {line.employee.employee_id: line for line in lines}
    for shift in shifts:
        if shift.employee_id in by_key:
            by_key[shift.employee_id].cells[shift.shift_date].shifts.append(shift)
    _put_away(session, by_key, days, zone)
    _count(by_key, booked, now, zone)
    holidays = {row.date: row for row in holidays_between(session, first, last)}
    return Roster(list(days), lines, holidays, hidden)


def _shifts(session: Session, first: date, last: date) -> Sequence[Shift]:
    statement = sa.select(Shift).where(Shift.shift_date.between(first, last)).options(joinedload(Shift.chair))
    return session.scalars(statement.order_by(Shift.shift_date, Shift.start_time, Shift.shift_id)).all()


Booked = tuple[int, datetime, datetime, Any, Any]


def _booked(session: Session, first: date, last: date, zone: tzinfo) -> list[Booked]:
    """(doctor, start, end, reason, status) of the visits that stand in these days; columns only."""
    start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    columns: tuple[Any, ...] = (
        Appointment.doctor_id,
        Appointment.start_at,
        Appointment.end_at,
        Appointment.override_reason,
        Appointment.status,
    )
    where = (
        Appointment.start_at >= start,
        Appointment.start_at < end,
        Appointment.status.in_([*LIVE, AppointmentStatus.FINISHED]),
    )
    found = session.execute(sa.select(*columns).where(*where))
    return [(doctor, start_at, end_at, reason, status) for doctor, start_at, end_at, reason, status in found]


def _lines(
    session: Session,
    days: Sequence[date],
    busy: set[int],
    today: date,
    kinds: set[PositionType],
    typed: Any,
    everybody: bool,
) -> tuple[list[Line], int]:
    statement = sa.select(Employee).where(Employee.status != EmployeeStatus.NOT_WORKING)
    if typed is not None:
        statement = statement.where(typed)
    staff = session.scalars(statement.order_by(Employee.sort_name, Employee.employee_id)).all()
    held = people.positions_of(session, [row.employee_id for row in staff])
    found = []
    for row in staff:
        current = [p for p in held.get(row.employee_id, []) if p.ended_at is None or p.ended_at >= today]
        own = [p.position.position_type for p in current]
        if not kinds or kinds & set(own):
            kind = PositionType.DOCTOR if PositionType.DOCTOR in own else own[0] if own else None
            found.append(Line(row, kind, {day: Cell(day) for day in days}))
    found.sort(key=lambda line: ORDER[line.kind] if line.kind else len(ORDER))
    shown = [line for line in found if line.employee.employee_id in busy]
    if everybody or not shown:
        return found, 0
    return shown, len(found) - len(shown)


def _put_away(session: Session, lines: Mapping[int, Line], days: Sequence[date], zone: tzinfo) -> None:
    bounds = {day: Span(*day_bounds(day, zone)) for day in days}
    for row in time_off_between(session, bounds[days[0]].start, bounds[days[-1]].end):
        if row.employee_id in lines:
            for day, span in bounds.items():
                if span.overlaps(Span(row.from_, row.until)):
                    lines[row.employee_id].cells[day].away.append(row)


def _count(lines: Mapping[int, Line], booked: Iterable[Booked], now: datetime, zone: tzinfo) -> None:
    """How many visits each day has, and how many of those to come stand where nobody will be."""
    for doctor, start, end, reason, status in booked:
        line = lines.get(doctor)
        cell = line.cells.get(clinic_date(start, zone)) if line else None
        if cell is None:
            continue
        cell.visits += 1
        if end > now and status in LIVE and is_loose(cell, Span(start, end), reason, zone):
            cell.loose += 1


def is_loose(cell: Cell, span: Span, reason: str | None, zone: tzinfo) -> bool:
    """Whether a visit stands in no shift or in a time off; one with a reason may, on a day on which one works."""
    work = [shift for shift in cell.shifts if shift.kind is ShiftKind.WORK]
    if reason is not None and work:
        return False
    is_away = any(Span(row.from_, row.until).overlaps(span) for row in cell.away)
    return is_away or not any(one.holds(span) for one in merge(shift_span(shift, zone) for shift in work))


def week_days(monday: date) -> list[date]:
    """The seven days from a Monday on."""
    return [monday + timedelta(days=number) for number in range(7)]
