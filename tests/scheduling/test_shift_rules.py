"""Hours that don't cross, the days of a pattern, and what a change of it leaves alone."""

from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.scheduling.rules import ShiftKind
from app.scheduling.rules.shifts import (
    Hours,
    change_week,
    check_pattern,
    check_week,
    copied,
    crosses,
    days_by_hand,
    due_days,
    minutes_of,
    monday_of,
    pattern_days,
    shares_days,
)

MONDAY = date(2026, 11, 23)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
TIMES = st.integers(0, 23).map(time)


def pattern(**values: Any) -> Any:
    base = {
        "shift_pattern_id": 1, "employee_id": 7, "weekday": 0, "start_time": time(9), "end_time": time(18),
        "chair_id": None, "valid_from": MONDAY, "valid_until": None, "generated_until": None,
    }  # fmt: skip
    return SimpleNamespace(**{**base, **values})


def shift(**values: Any) -> Any:
    base = {
        "shift_id": 1, "employee_id": 7, "shift_date": MONDAY, "start_time": time(9), "end_time": time(18),
        "chair_id": None, "room_id": None, "kind": ShiftKind.WORK, "shift_pattern_id": 1,
    }  # fmt: skip
    return SimpleNamespace(**{**base, **values})


def hours(weekday: int, start: int, end: int, chair: int | None = None) -> Hours:
    return Hours(weekday, time(start), time(end), chair)


def test_hours_that_touch_do_not_cross() -> None:
    assert not crosses(hours(0, 9, 13), hours(0, 13, 18))
    assert crosses(hours(0, 9, 14), hours(0, 13, 18))
    assert minutes_of([hours(0, 9, 13), hours(0, 14, 18)]) == 480


@given(day=DAYS)
def test_a_week_begins_on_monday(day: date) -> None:
    monday = monday_of(day)
    assert monday.weekday() == 0
    assert timedelta(0) <= day - monday < timedelta(7)


@given(
    weekday=st.integers(0, 6), valid_from=DAYS, length=st.none() | st.integers(0, 60), first=DAYS,
    span=st.integers(0, 90), closed=st.frozensets(DAYS, max_size=8), made=st.none() | DAYS,
)  # fmt: skip
def test_the_days_of_a_pattern_are_its_weekdays_inside_both_spans_and_open(
    weekday: int, valid_from: date, length: int | None, first: date, span: int, closed: frozenset[date],
    made: date | None,
) -> None:  # fmt: skip
    until = None if length is None else valid_from + timedelta(length)
    one = pattern(weekday=weekday, valid_from=valid_from, valid_until=until, generated_until=made)
    last = first + timedelta(span)
    every = [first + timedelta(n) for n in range(span + 1)]
    wanted = [
        day
        for day in every
        if day.weekday() == weekday and day >= valid_from and (until is None or day <= until) and day not in closed
    ]
    assert list(pattern_days(one, first, last, closed)) == wanted
    assert due_days(one, first, last, closed, {}) == [day for day in wanted if made is None or day > made]
    taken = {day: [hours(weekday, 12, 13)] for day in wanted[::2]}
    assert not set(due_days(one, first, last, closed, taken)) & set(taken)


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        ({}, True),
        ({"start_time": time(18), "end_time": time(20)}, False),
        ({"weekday": 1}, False),
        ({"employee_id": 8}, False),
        ({"valid_from": MONDAY - timedelta(30), "valid_until": MONDAY - timedelta(1)}, False),
        ({"valid_from": MONDAY - timedelta(30), "valid_until": MONDAY}, True),
        ({"valid_from": MONDAY + timedelta(300)}, True),
    ],
)
def test_patterns_of_one_person_and_weekday_do_not_cross_while_both_hold(
    other: dict[str, Any], is_refused: bool
) -> None:
    if is_refused:
        with pytest.raises(RuleError) as refused:
            check_pattern(pattern(), [pattern(**other)])
        assert refused.value.field == "start_time"
    else:
        check_pattern(pattern(), [pattern(**other)])


def test_a_pattern_ends_after_it_begins() -> None:
    for values, field in (({"end_time": time(9)}, "end_time"), ({"valid_until": MONDAY - timedelta(1)}, "valid_until")):
        with pytest.raises(RuleError) as refused:
            check_pattern(pattern(**values), [])
        assert refused.value.field == field


def test_the_hours_of_a_weekday_may_have_a_break_but_not_cross() -> None:
    check_week([hours(0, 9, 13), hours(0, 14, 18), hours(1, 9, 18)])
    with pytest.raises(RuleError) as refused:
        check_week([hours(0, 9, 13), hours(0, 12, 18)])
    assert refused.value.field == "from_0_1"


def test_the_same_hours_go_on_and_others_end_the_day_before() -> None:
    monday, tuesday = pattern(), pattern(shift_pattern_id=2, weekday=1)
    first = MONDAY + timedelta(14)
    change = change_week([monday, tuesday], [hours(0, 9, 18), hours(1, 10, 19)], first, None)
    assert (change.ended, change.dropped, change.resumed) == ([tuesday], [], [])
    assert change.wanted == [hours(1, 10, 19)]


def test_hours_for_a_time_are_followed_by_the_old_ones() -> None:
    old, later = pattern(), pattern(shift_pattern_id=2, valid_from=MONDAY + timedelta(16))
    change = change_week([old, later], [hours(0, 12, 20)], MONDAY + timedelta(14), MONDAY + timedelta(20))
    assert (change.ended, change.dropped) == ([old], [later])
    assert change.resumed == [old, later]
    far = pattern(shift_pattern_id=3, valid_from=MONDAY + timedelta(21))
    assert change_week([far], [], MONDAY, MONDAY + timedelta(20)).gone == []


@given(
    rows=st.lists(st.tuples(st.integers(0, 6), st.integers(8, 18), DAYS, st.none() | st.integers(0, 90)), max_size=6),
    wanted=st.lists(st.tuples(st.integers(0, 6), st.integers(8, 18)), max_size=6, unique_by=lambda row: row[0]),
    first=DAYS,
    length=st.none() | st.integers(0, 90),
)
def test_after_a_change_only_what_was_wanted_holds_in_its_time(
    rows: list[Any], wanted: list[Any], first: date, length: int | None
) -> None:
    known = [
        pattern(
            shift_pattern_id=n, weekday=w, start_time=time(h), end_time=time(h + 1), valid_from=f,
            valid_until=None if d is None else f + timedelta(d),
        )
        for n, (w, h, f, d) in enumerate(rows)
    ]  # fmt: skip
    until = None if length is None else first + timedelta(length)
    asked = [hours(w, h, h + 1) for w, h in wanted]
    change = change_week(known, asked, first, until)
    stays = [row for row in known if row not in change.gone]
    for row in stays:
        same = Hours(row.weekday, row.start_time, row.end_time)
        for other in change.wanted:
            new = pattern(weekday=other.weekday, valid_from=first, valid_until=until)
            if shares_days(row, new):
                assert same in asked
                assert same not in change.wanted
    assert all(row.valid_from < first for row in change.ended)
    assert all(row.valid_from >= first for row in change.dropped)


def test_a_day_changed_moved_or_deleted_by_hand_stays() -> None:
    one = pattern(generated_until=MONDAY + timedelta(35))
    weeks = [MONDAY + timedelta(7 * n) for n in range(6)]
    shifts = [
        shift(shift_date=weeks[0]),
        shift(shift_date=weeks[1], end_time=time(15)),
        shift(shift_date=weeks[2], employee_id=8),
        shift(shift_date=weeks[3] + timedelta(1)),
        shift(shift_date=weeks[4], kind=ShiftKind.TRAINING),
    ]  # and the last one is deleted
    assert days_by_hand([one], shifts, MONDAY, None, set()) == set(weeks[1:])
    assert days_by_hand([one], shifts, MONDAY, None, set(weeks[3:])) == set(weeks[1:3])
    assert days_by_hand([one], shifts, MONDAY, weeks[1], set()) == {weeks[1]}
    assert days_by_hand([pattern()], [], MONDAY, None, set()) == set()


@given(
    source=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6), st.integers(8, 18), st.integers(1, 4)), max_size=8),
    target=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6), st.integers(8, 18), st.integers(1, 4)), max_size=8),
    closed=st.frozensets(st.integers(7, 13), max_size=3),
)
def test_a_copied_week_crosses_nothing_stands_on_no_closed_day_and_loses_no_shift(
    source: list[Any], target: list[Any], closed: frozenset[int]
) -> None:
    def rows(found: list[Any], ahead: int) -> list[Any]:
        return [
            shift(
                employee_id=who, shift_date=MONDAY + timedelta(day + ahead), start_time=time(at), end_time=time(at + n)
            )
            for who, day, at, n in found
        ]

    shifts, there = rows(source, 0), rows(target, 7)
    days = {MONDAY + timedelta(n) for n in closed}
    made, left = copied(shifts, 1, days, there)
    assert len(made) + len(left) == len(shifts)
    assert all(day not in days for _, day in made)
    new = [
        shift(employee_id=s.employee_id, shift_date=d, start_time=s.start_time, end_time=s.end_time) for s, d in made
    ]
    for n, one in enumerate(new):
        for other in [*there, *new[:n]]:
            same = (one.employee_id, one.shift_date) == (other.employee_id, other.shift_date)
            assert not (same and crosses(one, other))
    again, _ = copied(shifts, 1, days, [*there, *new])
    assert again == []
