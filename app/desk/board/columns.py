"""The columns of the board: a doctor's or a chair's day, with its visits and the points where one can book."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from app.desk.board.day import Block, Column, Day
from app.people import queries as people
from app.people.models import Employee
from app.scheduling.models import Appointment, Chair, Shift
from app.scheduling.rules import LIVE, Span
from app.scheduling.rules.booking import opening_spans
from app.scheduling.rules.day import free_points, side_by_side
from app.web import who
from app.web.text import today

PLACE = "/appointments"
MOST_DOCTORS = 12  # shown where nobody has a shift yet


def by_doctor(session: Session, seen: Day) -> list[Column]:
    """A column for each doctor who works or has a visit on the day; all doctors where nobody does. One's own first."""
    doctors: dict[int, Employee] = {shift.employee_id: shift.employee for shift in seen.shifts}
    doctors.update({visit.doctor_id: visit.doctor for visit in seen.live()})
    if not doctors:
        doctors = {row.employee_id: row for row in people.doctors(session, seen.date)[:MOST_DOCTORS]}
    own = who.me().employee_id
    order = sorted(doctors.values(), key=lambda row: (row.employee_id != own, row.sort_name, row.employee_id))
    return [_doctor_column(seen, doctor, doctor.employee_id == own) for doctor in order]


def _doctor_column(seen: Day, doctor: Employee, is_own: bool) -> Column:
    shifts = [shift for shift in seen.shifts if shift.employee_id == doctor.employee_id]
    visits = [visit for visit in seen.live() if visit.doctor_id == doctor.employee_id]
    column = Column(f"doctor-{doctor.employee_id}", doctor.title, colour=doctor.calendar_colour, is_own=is_own)
    column.details = [_clock(shift) for shift in shifts]
    column.work = [seen.block(seen.span_of(shift)) for shift in shifts]
    away = [Span(row.from_, row.until) for row in seen.away if row.employee_id == doctor.employee_id]
    column.away = [seen.block(span) for span in away if span.overlaps(seen.window)]
    _fill(seen, column, visits, doctor.chair_capacity)
    column.points = [
        Block(point.top, point.minutes, _address(point.what, doctor.employee_id, _chair_at(seen, shifts, point.what)))
        for point in column.points
    ]
    return column


def by_chair(seen: Day) -> list[Column]:
    """A column for each chair, and one for visits without a chair where there are any."""
    columns = [_chair_column(seen, chair) for chair in seen.chairs]
    known = {chair.chair_id for chair in seen.chairs}
    others = [visit for visit in seen.live() if visit.chair_id not in known]
    if others:
        columns.append(_fill(seen, Column("chair-none", ""), others, 1, may_book=False))
    return columns


def _chair_column(seen: Day, chair: Chair) -> Column:
    shifts = [shift for shift in seen.shifts if shift.chair_id == chair.chair_id]
    visits = [visit for visit in seen.live() if visit.chair_id == chair.chair_id]
    column = Column(f"chair-{chair.chair_id}", chair.name)
    column.details = [f"{shift.employee.title} {_clock(shift)}" for shift in shifts] or [chair.room.name]
    spans = opening_spans([seen.date], seen.terms) if seen.terms.opening_hours else [seen.window]
    column.work = [seen.block(span) for span in spans]
    _fill(seen, column, visits, 1)
    column.points = [
        Block(point.top, point.minutes, _address(point.what, _doctor_at(seen, shifts, point.what), chair.chair_id))
        for point in column.points
    ]
    return column


def _fill(seen: Day, column: Column, visits: Sequence[Appointment], capacity: int, may_book: bool = True) -> Column:
    """Put the visits on a column, and the points at which one can still book."""
    spans = [Span(visit.start_at, visit.end_at) for visit in visits]
    places = side_by_side(spans, capacity)
    column.cards = [
        seen.block(span, seen.cards[visit.appointment_id], place.lane, place.lanes)
        for visit, span, place in zip(visits, spans, places, strict=True)
    ]
    if may_book and who.may("write", PLACE) and seen.date >= today():
        open_visits = [Span(v.start_at, v.end_at) for v in visits if v.status in LIVE]
        points = free_points(seen.window, open_visits, seen.terms, capacity)
        grid = seen.terms.grid
        column.points = [seen.block(Span(at, at + grid), at) for at in points if at + grid > seen.now]
    return column


def _clock(shift: Shift) -> str:
    return f"{shift.start_time:%H:%M}–{shift.end_time:%H:%M}"


def _chair_at(seen: Day, shifts: Iterable[Shift], moment: datetime) -> int | None:
    return next((s.chair_id for s in shifts if seen.span_of(s).start <= moment < seen.span_of(s).end), None)


def _doctor_at(seen: Day, shifts: Iterable[Shift], moment: datetime) -> int | None:
    return next((s.employee_id for s in shifts if seen.span_of(s).start <= moment < seen.span_of(s).end), None)


def _address(start: datetime, doctor_id: int | None, chair_id: int | None) -> str:
    at = f"{start.astimezone(who.clinic().zone):%Y-%m-%d %H:%M}"
    return url_for("AppointmentView.add", start_at=at, doctor_id=doctor_id, chair_id=chair_id)
