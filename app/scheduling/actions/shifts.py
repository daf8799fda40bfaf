"""Shifts: written down, changed, moved, handed over, copied. One person is never in two shifts at one minute.

That is checked after the employees' rows are locked, so that two who write at once wait for each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.people import queries as people
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.models import Shift
from app.scheduling.rules.shifts import FURTHEST_WEEK, WEEK, Left, check_hours, copied, crosses, monday_of

COPIED = ("employee_id", "chair_id", "room_id", "start_time", "end_time", "kind")


def lock_people(session: Session, employee_ids: Iterable[int]) -> None:
    """Let nobody else write shifts of these employees until the unit ends; always in one order."""
    keys = sorted(set(employee_ids))
    statement = sa.select(Employee.employee_id).where(Employee.employee_id.in_(keys)).order_by(Employee.employee_id)
    session.execute(statement.with_for_update())


def add_shifts(session: Session, values: Mapping[str, Any], days: Iterable[date]) -> list[Shift]:
    """The same shift on several days: all or none.

    Raises RuleError where it ends before it starts, or the person works then already.
    """
    lock_people(session, [values["employee_id"]])
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
    lock_people(session, {shift.employee_id, values.get("employee_id", shift.employee_id)})
    with session.no_autoflush:
        for name, value in values.items():
            setattr(shift, name, value)
        who = Shift.employee_id == shift.employee_id
        _check(shift, queries.shifts_between(session, shift.shift_date, shift.shift_date, who))
    session.flush()
    return shift


def copy_shift(session: Session, shift: Shift, days: int) -> Shift:
    """The same shift so many days later, where that day is open and free. Raises RuleError, as `add_shifts`."""
    return put_copy(session, shift, shift.employee_id, shift.shift_date + timedelta(days=days))


def put_copy(session: Session, shift: Shift, employee_id: int, day: date) -> Shift:
    """The same hours for somebody on a day. Raises RuleError, as `add_shifts`."""
    check_open(session, day)
    return add_shifts(session, {**{name: getattr(shift, name) for name in COPIED}, "employee_id": employee_id}, [day])[
        0
    ]


def put_shift(session: Session, shift: Shift, employee_id: int, day: date) -> Shift:
    """Move a locked shift to another day or person. Raises RuleError, as `add_shifts`."""
    if day != shift.shift_date:
        check_open(session, day)
    if employee_id != shift.employee_id:
        check_alike(session, [shift.employee_id, employee_id], day)
    return change_shift(session, shift, {"employee_id": employee_id, "shift_date": day})


def check_open(session: Session, day: date) -> None:
    """Refuse a day on which the clinic is closed. Raises RuleError."""
    if any(row.is_closed for row in queries.holidays_between(session, day, day)):
        raise RuleError(T("The clinic is closed on %(day)s.", day=day), field="shift_date")


def check_alike(session: Session, employee_ids: Sequence[int], day: date) -> None:
    """Refuse to give a doctor's shift to somebody who is none, and the other way round. Raises RuleError, NotFound."""
    is_doctor = people.is_doctor(day).label("is_doctor")
    statement = sa.select(Employee.employee_id, is_doctor).where(Employee.employee_id.in_(employee_ids))
    found = {key: bool(is_one) for key, is_one in session.execute(statement)}
    if len(found) != len(set(employee_ids)):
        raise NotFound(T("This record no longer exists."))
    if len(set(found.values())) > 1:
        raise RuleError(T("A doctor's shift can be given to a doctor only."), field="employee_id")


def give_shifts(session: Session, owners: Mapping[int, int]) -> list[Shift]:
    """Give each shift (by its key) to an employee, all or none. Raises NotFound, RuleError, Conflict.

    Everybody's day is looked at as it stands afterwards, so that two can exchange what crosses.
    """
    rows = session.scalars(sa.select(Shift).where(Shift.shift_id.in_(list(owners))).order_by(Shift.shift_id)).all()
    lock_people(session, {row.employee_id for row in rows} | set(owners.values()))
    for row in rows:
        session.refresh(row, with_for_update=True)
    if len(rows) != len(owners):
        raise NotFound(T("This shift no longer exists."))
    for row in rows:
        check_alike(session, [row.employee_id, owners[row.shift_id]], row.shift_date)
        row.employee_id = owners[row.shift_id]
    session.flush()
    for row in rows:
        mine = Shift.employee_id == row.employee_id
        _check(row, queries.shifts_between(session, row.shift_date, row.shift_date, mine))
    return list(rows)


def swap_day(session: Session, day: date, giver: int, taker: int, *, is_exchange: bool) -> dict[int, int]:
    """Exchange the shifts of two employees on a day, or let the taker take the giver's over: both or none.

    Returns whose each shift was before, by its key: `give_shifts` with it takes it back. Raises RuleError, NotFound.
    """
    if giver == taker:
        raise RuleError(T("Choose somebody else."), field="taker")
    lock_people(session, [giver, taker])
    rows = queries.shifts_between(session, day, day, Shift.employee_id.in_([giver, taker]))
    moved = [row for row in rows if is_exchange or row.employee_id == giver]
    if not any(row.employee_id == giver for row in rows):
        raise Conflict(T("There is no shift on this day any more."), field="taker")
    before = {row.shift_id: row.employee_id for row in moved}
    give_shifts(session, {key: taker if owner == giver else giver for key, owner in before.items()})
    return before


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of copying a week."""

    made: list[int]
    left: list[Left]


def copy_week(session: Session, source: date, target: date, employee_id: int | None = None) -> Copied:
    """Copy the shifts of a week, everybody's or one person's, to another. Raises RuleError.

    Closed days and times at which somebody works already are left out. Done twice, also at once, it adds nothing.
    """
    source, target = monday_of(source), monday_of(target)
    weeks = (target - source).days // 7
    if weeks == 0 or abs(weeks) > FURTHEST_WEEK:
        text = T("Choose another week, at most %(weeks)s weeks away.", weeks=FURTHEST_WEEK)
        raise RuleError(text, field="target")
    mine = [Shift.employee_id == employee_id] if employee_id is not None else []
    last = timedelta(days=6)
    people_there = {row.employee_id for row in queries.shifts_between(session, source, source + last, *mine)}
    lock_people(session, people_there)
    session.expire_all()
    shifts = queries.shifts_between(session, source, source + last, Shift.employee_id.in_(people_there))
    closed = {row.date for row in queries.holidays_between(session, target, target + last) if row.is_closed}
    there = queries.shifts_between(session, target, target + last, *mine)
    found, left = copied(shifts, weeks, closed, there)
    rows = [Shift(**{name: getattr(shift, name) for name in COPIED}, shift_date=day) for shift, day in found]
    session.add_all(rows)
    session.flush()
    return Copied([row.shift_id for row in rows], left)


def drop_shifts(session: Session, shift_ids: Sequence[int]) -> list[Shift]:
    """Delete these shifts, all or none. Raises NotFound."""
    rows = session.scalars(
        sa.select(Shift).where(Shift.shift_id.in_(shift_ids)).order_by(Shift.shift_id).with_for_update()
    ).all()
    if len(rows) != len(set(shift_ids)):
        raise NotFound(T("This shift no longer exists."))
    for row in rows:
        session.delete(row)
    session.flush()
    return list(rows)


def _check(shift: Shift, others: Sequence[Shift]) -> None:
    check_hours(shift.start_time, shift.end_time)
    for other in others:
        if other is not shift and other.shift_date == shift.shift_date and crosses(shift, other):
            raise RuleError(T("There is a shift already: %(shift)s.", shift=other.title), field="start_time")


__all__ = [
    "WEEK",
    "Copied",
    "add_shifts",
    "change_shift",
    "check_alike",
    "check_open",
    "copy_shift",
    "copy_week",
    "drop_shifts",
    "give_shifts",
    "lock_people",
    "put_copy",
    "put_shift",
    "swap_day",
]
