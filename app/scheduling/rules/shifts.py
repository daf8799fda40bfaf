"""Who works when: hours that don't cross, the days of a weekly pattern, and what a change of it leaves alone.

Source: issue 5, shifts; tables.md, scheduling. A week begins on Monday, which is 0.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, Generic, Protocol, TypeVar

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.rules.states import ShiftKind

DAY, WEEK = timedelta(days=1), timedelta(days=7)
FURTHEST_WEEK = 100  # weeks: a week is copied no further than this


class Timed(Protocol):
    """What has hours."""

    @property
    def start_time(self) -> time:
        """When it begins."""

    @property
    def end_time(self) -> time:
        """When it ends."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a weekday, as they were asked for."""

    weekday: int
    start_time: time
    end_time: time
    chair_id: int | None = None


class PatternLike(Timed, Protocol):
    """What is asked of a pattern here."""

    shift_pattern_id: Any
    employee_id: Any
    weekday: Any
    chair_id: Any
    valid_from: Any
    valid_until: Any
    generated_until: Any


P = TypeVar("P", bound=PatternLike)


def crosses(one: Timed, other: Timed) -> bool:
    """Whether both hold at some minute; hours that touch don't."""
    return one.start_time < other.end_time and other.start_time < one.end_time


def check_hours(start: time, end: time, field_name: str = "end_time") -> None:
    """Refuse hours that end before they begin. Raises RuleError."""
    if end <= start:
        raise RuleError(T("This is not after the start."), field=field_name)


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def minutes_of(rows: Iterable[Timed]) -> int:
    """How long these hours are together."""
    return sum(
        (row.end_time.hour - row.start_time.hour) * 60 + row.end_time.minute - row.start_time.minute for row in rows
    )


# --- patterns


def ends_before(pattern: PatternLike, day: date) -> bool:
    """Whether a pattern is over by this day."""
    return pattern.valid_until is not None and pattern.valid_until < day


def shares_days(one: PatternLike, other: PatternLike) -> bool:
    """Whether two patterns hold on some same day."""
    is_apart = ends_before(one, other.valid_from) or ends_before(other, one.valid_from)
    return one.weekday == other.weekday and not is_apart


def check_pattern(pattern: PatternLike, others: Iterable[PatternLike]) -> None:
    """Refuse hours, days or a weekday that make no sense, and what crosses another pattern. Raises RuleError."""
    check_hours(pattern.start_time, pattern.end_time)
    if pattern.valid_until is not None and pattern.valid_until < pattern.valid_from:
        raise RuleError(T("This is before the first day."), field="valid_until")
    for other in others:
        is_same = other.employee_id == pattern.employee_id and other is not pattern
        if is_same and shares_days(pattern, other) and crosses(pattern, other):
            raise RuleError(
                T(
                    "The pattern %(start)s–%(end)s holds on this weekday already.",
                    start=other.start_time,
                    end=other.end_time,
                ),
                field="start_time",
            )


def check_week(wanted: Sequence[Hours]) -> None:
    """Refuse hours of one weekday that cross. Raises RuleError on the row (`until_0_1`: Monday's second)."""
    seen: dict[int, list[Hours]] = {}
    for row in wanted:
        place = len(seen.setdefault(row.weekday, []))
        check_hours(row.start_time, row.end_time, f"until_{row.weekday}_{place}")
        if any(crosses(row, other) for other in seen[row.weekday]):
            raise RuleError(T("These hours cross the others of this day."), field=f"from_{row.weekday}_{place}")
        seen[row.weekday].append(row)


def pattern_days(pattern: PatternLike, first: date, last: date, closed: Set[date]) -> Iterator[date]:
    """The open days from `first` to `last` on which a pattern holds."""
    day = max(first, pattern.valid_from)
    day += timedelta(days=(pattern.weekday - day.weekday()) % 7)
    until = last if pattern.valid_until is None else min(last, pattern.valid_until)
    while day <= until:
        if day not in closed:
            yield day
        day += WEEK


def due_days(
    pattern: PatternLike, today: date, last: date, closed: Set[date], there: Mapping[date, Sequence[Timed]]
) -> list[date]:
    """The days for which a pattern's shift is still to be made: each day once, none where one works already."""
    made = pattern.generated_until
    first = today if made is None else max(today, made + DAY)
    days = pattern_days(pattern, first, last, closed)
    return [day for day in days if not any(crosses(pattern, other) for other in there.get(day, ()))]


# --- new hours from a day on


@dataclass(slots=True)
class WeekChange(Generic[P]):
    """What becomes of somebody's patterns when other hours hold from a day on (until another)."""

    ended: list[P] = field(default_factory=list)  # began before: they end the day before
    dropped: list[P] = field(default_factory=list)  # begin in that time: they go
    resumed: list[P] = field(default_factory=list)  # of both, those that hold again afterwards
    wanted: list[Hours] = field(default_factory=list)  # what is new

    @property
    def gone(self) -> list[P]:
        """Whose coming shifts are replaced."""
        return [*self.ended, *self.dropped]


def change_week(patterns: Iterable[P], wanted: Sequence[Hours], first: date, until: date | None) -> WeekChange[P]:
    """Which patterns end, go or go on where the hours of `wanted` hold from `first` to `until`.

    A pattern with the very same hours that holds all that time goes on as it is.
    """
    left, change = list(wanted), WeekChange[P]()
    for pattern in patterns:
        is_apart = ends_before(pattern, first) or (until is not None and pattern.valid_from > until)
        same = Hours(pattern.weekday, pattern.start_time, pattern.end_time, pattern.chair_id)
        if is_apart:
            continue
        if same in left and _holds_all(pattern, first, until):
            left.remove(same)
            continue
        (change.ended if pattern.valid_from < first else change.dropped).append(pattern)
        if until is not None and not ends_before(pattern, until + DAY):
            change.resumed.append(pattern)
    change.wanted = left
    return change


def _holds_all(pattern: PatternLike, first: date, until: date | None) -> bool:
    if pattern.valid_from > first:
        return False
    return pattern.valid_until is None or (until is not None and pattern.valid_until >= until)


class ShiftLike(Timed, Protocol):
    """What is asked of a shift here."""

    employee_id: Any
    shift_date: Any
    chair_id: Any
    room_id: Any
    kind: Any
    shift_pattern_id: Any


def is_untouched(shift: ShiftLike, pattern: PatternLike) -> bool:
    """Whether a shift still is what was made of the pattern; anything else was changed by hand."""
    mine = (shift.employee_id, shift.shift_date.weekday(), shift.start_time, shift.end_time, shift.chair_id)
    made = (pattern.employee_id, pattern.weekday, pattern.start_time, pattern.end_time, pattern.chair_id)
    is_plain = shift.kind is ShiftKind.WORK and shift.room_id is None
    return shift.shift_pattern_id == pattern.shift_pattern_id and mine == made and is_plain


def days_by_hand(
    patterns: Sequence[PatternLike],
    shifts: Iterable[ShiftLike],
    first: date,
    until: date | None,
    closed: Set[date],
) -> set[date]:
    """The days on which a shift of these patterns was changed, moved or deleted: they stay as they are."""
    known = {pattern.shift_pattern_id: pattern for pattern in patterns}
    as_made = {
        (shift.shift_pattern_id, shift.shift_date)
        for shift in shifts
        if shift.shift_pattern_id in known and is_untouched(shift, known[shift.shift_pattern_id])
    }
    found = set()
    for key, pattern in known.items():
        made = pattern.generated_until
        if made is not None:
            last = made if until is None else min(made, until)
            found |= {day for day in pattern_days(pattern, first, last, closed) if (key, day) not in as_made}
    return found


# --- a week copied


@dataclass(frozen=True, slots=True)
class Left:
    """A shift that was not copied, and why."""

    shift: Any
    day: date
    is_closed: bool


def copied(
    shifts: Iterable[Any], weeks: int, closed: Set[date], there: Iterable[Any]
) -> tuple[list[tuple[Any, date]], list[Left]]:
    """Which shifts stand on which day so many weeks later, and which are left out: on closed days, and where the
    person works then already."""
    taken: dict[tuple[Any, date], list[Any]] = {}
    for shift in there:
        taken.setdefault((shift.employee_id, shift.shift_date), []).append(shift)
    made: list[tuple[Any, date]] = []
    left: list[Left] = []
    for shift in shifts:
        day = shift.shift_date + weeks * WEEK
        others = taken.setdefault((shift.employee_id, day), [])
        if day in closed or any(crosses(shift, other) for other in others):
            left.append(Left(shift, day, day in closed))
            continue
        others.append(shift)
        made.append((shift, day))
    return made, left
