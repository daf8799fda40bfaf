"""Weekly patterns, and the shifts that are made of them: each day once, closed days and taken hours left out."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, time, timedelta, tzinfo
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import queries
from app.scheduling.actions.shifts import lock_people
from app.scheduling.models import Shift, ShiftPattern
from app.scheduling.queries import patterns as reads
from app.scheduling.rules import ShiftKind
from app.scheduling.rules.shifts import DAY, Hours, check_pattern, check_week, due_days, is_untouched


class _There(NamedTuple):
    start_time: time
    end_time: time


def add_pattern(session: Session, values: Mapping[str, Any], *, today: date, weeks: int) -> ShiftPattern:
    """Add a pattern, and make its shifts. Raises RuleError."""
    lock_people(session, [values["employee_id"]])
    pattern = ShiftPattern(**values)
    check_pattern(pattern, reads.patterns_of(session, pattern.employee_id))
    session.add(pattern)
    session.flush()
    make_shifts(session, [pattern], today=today, last=horizon(today, weeks))
    return pattern


def horizon(today: date, weeks: int) -> date:
    """The last day for which shifts are made ahead."""
    return today + timedelta(weeks=weeks)


def make_due_shifts(session: Session, *, today: date, weeks: int) -> int:
    """Make the shifts of everybody's patterns up to the horizon. Returns how many; a second time none."""
    last = horizon(today, weeks)
    lock_people(session, {pattern.employee_id for pattern in reads.patterns_due(session, today, last)})
    session.expire_all()
    return make_shifts(session, reads.patterns_due(session, today, last), today=today, last=last)


def make_shifts(
    session: Session, patterns: Sequence[ShiftPattern], *, today: date, last: date, but: Set[date] = frozenset()
) -> int:
    """Make the shifts of these patterns from today to `last`, `but` on some days. The people are locked already."""
    if not patterns:
        return 0
    closed = {row.date for row in queries.holidays_between(session, today, last) if row.is_closed}
    there = _there(session, {pattern.employee_id for pattern in patterns}, today, last)
    count = 0
    for pattern in patterns:
        mine = there.setdefault(pattern.employee_id, {})
        for day in due_days(pattern, today, last, closed | but, mine):
            mine.setdefault(day, []).append(_There(pattern.start_time, pattern.end_time))
            session.add(_shift(pattern, day))
            count += 1
        made = last if pattern.valid_until is None else min(last, pattern.valid_until)
        if made >= pattern.valid_from:
            pattern.generated_until = max(made, pattern.generated_until or made)
    session.flush()
    return count


def _shift(pattern: ShiftPattern, day: date) -> Shift:
    return Shift(
        employee_id=pattern.employee_id,
        chair_id=pattern.chair_id,
        shift_date=day,
        start_time=pattern.start_time,
        end_time=pattern.end_time,
        kind=ShiftKind.WORK,
        shift_pattern_id=pattern.shift_pattern_id,
    )


def _there(
    session: Session, employee_ids: Iterable[int], first: date, last: date
) -> dict[int, dict[date, list[_There]]]:
    """The hours at which each of these people works already, by day."""
    statement = sa.select(Shift.employee_id, Shift.shift_date, Shift.start_time, Shift.end_time).where(
        Shift.employee_id.in_(list(employee_ids)), Shift.shift_date.between(first, last)
    )
    found: dict[int, dict[date, list[_There]]] = {}
    for key, day, start, end in session.execute(statement):
        found.setdefault(key, {}).setdefault(day, []).append(_There(start, end))
    return found


def change_week(
    session: Session,
    employee_id: int,
    wanted: Sequence[Hours],
    first: date,
    until: date | None,
    *,
    today: date,
    weeks: int,
    zone: tzinfo,
) -> reads.WeekPlan:
    """Other hours from a day on, or in a time: the old ones end the day before, their coming shifts are replaced.

    Days changed by hand stay as they are. Raises RuleError.
    """
    check_change(wanted, first, until, today)
    lock_people(session, [employee_id])
    plan = reads.plan_week(session, employee_id, wanted, first, until, zone)
    last = max([horizon(today, weeks), *(p.generated_until for p in plan.change.gone if p.generated_until)])
    for shift in plan.leave:
        session.delete(shift)
    session.flush()
    for pattern in plan.change.resumed:
        _resume(session, pattern, until)
    for pattern in plan.change.dropped:
        _drop(session, pattern)
    for pattern in plan.change.ended:
        pattern.valid_until = first - DAY
        if pattern.generated_until is not None:
            pattern.generated_until = min(pattern.generated_until, first - DAY)
    made = [ShiftPattern(**_columns(row), employee_id=employee_id, valid_from=first) for row in plan.change.wanted]
    for pattern in made:
        pattern.valid_until = until
    session.add_all(made)
    session.flush()
    make_shifts(session, made, today=today, last=last, but=plan.by_hand)
    return plan


def check_change(wanted: Sequence[Hours], first: date, until: date | None, today: date) -> None:
    """Refuse hours that cross, and days that have passed. Raises RuleError."""
    check_week(wanted)
    if first < today:
        raise RuleError(T("This day has passed."), field="valid_from")
    if until is not None and until < first:
        raise RuleError(T("This is before the first day."), field="valid_until")


def _columns(row: Hours) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("weekday", "start_time", "end_time", "chair_id")}


def _resume(session: Session, pattern: ShiftPattern, until: date | None) -> None:
    """After a time with other hours the old ones hold again, with the shifts that are made of them already."""
    if until is None:
        return
    again = ShiftPattern(
        employee_id=pattern.employee_id,
        weekday=pattern.weekday,
        start_time=pattern.start_time,
        end_time=pattern.end_time,
        chair_id=pattern.chair_id,
        valid_from=until + DAY,
        valid_until=pattern.valid_until,
    )
    if pattern.generated_until is not None and pattern.generated_until > until:
        again.generated_until = pattern.generated_until
    session.add(again)
    session.flush()
    for shift in reads.made_of(session, [pattern], until + DAY):
        shift.shift_pattern_id = again.shift_pattern_id
    session.flush()


def drop_pattern(session: Session, pattern: ShiftPattern, *, today: date) -> None:
    """Take a pattern away: its coming shifts go with it, but for those changed by hand and those that have been."""
    lock_people(session, [pattern.employee_id])
    for shift in reads.made_of(session, [pattern], today):
        if is_untouched(shift, pattern):
            session.delete(shift)
    session.flush()
    _drop(session, pattern)


def _drop(session: Session, pattern: ShiftPattern) -> None:
    for shift in reads.made_of(session, [pattern], date.min):
        shift.shift_pattern_id = None
    session.flush()
    session.delete(pattern)
    session.flush()
