"""Rooms and shifts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T
from app.scheduling import queries
from app.scheduling.models import Room, Shift
from app.scheduling.rules import RoomStatus


def set_room_status(session: Session, room_id: int, status: RoomStatus) -> Room:
    """Set how a room stands. Raises NotFound."""
    room = session.get(Room, room_id, with_for_update=True)
    if room is None:
        raise NotFound(T("This record no longer exists."))
    room.status = status
    session.flush()
    return room


def add_shifts(session: Session, values: Mapping[str, Any], days: Iterable[date]) -> list[Shift]:
    """The same shift on several days: all or none.

    Raises RuleError where it ends before it starts, or the person works then already.
    """
    made = [Shift(**{**values, "shift_date": day}) for day in sorted(days)]
    who = Shift.employee_id == values["employee_id"]
    there = queries.shifts_between(session, made[0].shift_date, made[-1].shift_date, who)
    for shift in made:
        _check(shift, there)
    session.add_all(made)
    session.flush()
    return made


def change_shift(session: Session, shift: Shift, values: Mapping[str, Any]) -> Shift:
    """Change a locked shift. Raises RuleError as `add_shifts`."""
    with session.no_autoflush:
        for name, value in values.items():
            setattr(shift, name, value)
        who = Shift.employee_id == shift.employee_id
        _check(shift, queries.shifts_between(session, shift.shift_date, shift.shift_date, who))
    session.flush()
    return shift


def copy_shift(session: Session, shift: Shift, days: int) -> Shift:
    """The same shift so many days later, where that day is open and free. Raises RuleError, as `add_shifts`."""
    day = shift.shift_date + timedelta(days=days)
    if any(row.is_closed for row in queries.holidays_between(session, day, day)):
        raise RuleError(T("The clinic is closed on %(day)s.", day=day), field="shift_date")
    columns = ("employee_id", "chair_id", "room_id", "start_time", "end_time", "kind")
    return add_shifts(session, {name: getattr(shift, name) for name in columns}, [day])[0]


def _check(shift: Shift, others: Sequence[Shift]) -> None:
    if shift.end_time <= shift.start_time:
        raise RuleError(T("This is not after the start."), field="end_time")
    for other in others:
        same_day = other is not shift and other.shift_date == shift.shift_date
        if same_day and other.start_time < shift.end_time and shift.start_time < other.end_time:
            text = T("There is a shift already: %(shift)s.", shift=other.title)
            raise RuleError(text, field="start_time")
