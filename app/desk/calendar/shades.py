"""What lies behind the visits: shifts, who is away, public holidays, and when the clinic is open."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.desk.calendar.asking import Days
from app.desk.calendar.feed import wall
from app.people import queries as people
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.models import Shift, TimeOff
from app.scheduling.rules import ShiftKind
from app.scheduling.rules.booking import opening_spans
from app.scheduling.terms import terms
from app.web.text import say


def shades(session: Session, days: Days, doctors: tuple[int, ...] = ()) -> dict[str, Any]:
    """Everything behind these days, as plain values; of the doctors named, else of all."""
    start, end = days.bounds()
    return {
        "shifts": [_shift(row) for row in session.execute(_shifts(days, doctors))],
        "away": [
            {"doctor": row.employee_id, "start": wall(max(row.from_, start)), "end": wall(min(row.until, end))}
            for row in queries.time_off_between(session, start, end, *_of(TimeOff.employee_id, doctors))
        ],
        "holidays": [
            {"day": row.date.isoformat(), "name": say(row.title), "is_closed": row.is_closed}
            for row in queries.holidays_between(session, days.first, days.last)
        ],
        "open": [{"start": wall(span.start), "end": wall(span.end)} for span in opening_spans(days.dates(), terms())],
    }


def _of(column: Any, doctors: tuple[int, ...]) -> list[Any]:
    return [column.in_(doctors)] if doctors else []


def _shifts(days: Days, doctors: tuple[int, ...]) -> "sa.Select[Any]":
    """Work of doctors alone: on call and in training nobody is booked."""
    of_doctors = Shift.employee_id.in_(sa.select(Employee.employee_id).where(people.is_doctor(days.first)))
    statement = sa.select(Shift.employee_id, Shift.chair_id, Shift.shift_date, Shift.start_time, Shift.end_time)
    return statement.where(
        Shift.shift_date.between(days.first, days.last),
        Shift.kind == ShiftKind.WORK,
        *_of(Shift.employee_id, doctors),
        of_doctors,
    ).order_by(Shift.shift_date, Shift.start_time, Shift.shift_id)


def _shift(row: Any) -> dict[str, Any]:
    doctor, chair, day, start, end = row
    return {"doctor": doctor, "chair": chair, "start": f"{day}T{start:%H:%M:%S}", "end": f"{day}T{end:%H:%M:%S}"}
