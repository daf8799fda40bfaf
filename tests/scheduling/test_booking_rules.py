"""The four checks, where there is room, and how far one may book: pure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.dates import clinic_moment
from app.kernel.errors import RuleError
from app.scheduling.rules import (
    SLOT,
    Check,
    Days,
    Holding,
    Span,
    Terms,
    broken_checks,
    check_booking,
    check_start,
    free_starts,
    workable,
)
from tests.factories.scheduling import at

ZONE = ZoneInfo("Asia/Ulaanbaatar")
MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 22)
HOURS = {**{str(day): ["09:00", "19:00"] for day in range(6)}, "6": None}
OPEN = Terms(ZONE, HOURS)


def visit(clock: str, minutes: int = 30, day: date = MONDAY) -> Span:
    start = at(day, clock)
    return Span(start, start + timedelta(minutes=minutes))


def days(*shifts: Span, away=(), closed=()) -> Days:
    return Days(shifts or (Span(at(MONDAY, "09:00"), at(MONDAY, "18:00")),), away, set(closed))


@pytest.mark.parametrize(
    ("span", "known", "broken"),
    [
        (visit("09:00"), days(), []),
        (visit("17:30"), days(), []),
        (visit("08:45"), days(), [Check.SHIFT, Check.HOURS]),
        (visit("17:45"), days(), [Check.SHIFT]),
        (visit("18:45"), days(), [Check.SHIFT, Check.HOURS]),
        (visit("10:00"), days(away=[visit("10:15")]), [Check.AWAY]),
        (visit("10:00"), days(away=[visit("10:30")]), []),
        (visit("10:00"), days(closed=[MONDAY]), [Check.HOLIDAY]),
        (visit("10:00", day=SUNDAY), days(), [Check.SHIFT, Check.HOURS]),
        (visit("12:45"), days(visit("09:00", 240), visit("13:00", 240)), []),
        (visit("12:45"), days(visit("09:00", 240), visit("13:05", 240)), [Check.SHIFT]),
        (visit("23:45"), days(visit("00:00", 2_880), closed=[date(2026, 11, 24)]), [Check.HOLIDAY, Check.HOURS]),
    ],
)  # fmt: skip
def test_a_booking_lies_in_a_shift_outside_time_off_on_an_open_day_in_opening_hours(span, known, broken):
    assert broken_checks(span, known, OPEN) == broken


def test_without_opening_hours_nothing_is_outside_them():
    assert broken_checks(visit("03:00", day=SUNDAY), Days([visit("00:00", 600, SUNDAY)]), Terms(ZONE)) == []


def test_a_visit_across_midnight_utc_is_still_one_morning_of_the_clinic():
    morning = visit("07:45", 60)
    assert morning.start.date() != morning.end.date(), "08:00 in the clinic is midnight in UTC"
    assert broken_checks(morning, Days([visit("07:00", 300)], (), {date(2026, 11, 22)}), Terms(ZONE)) == []


def test_who_may_override_needs_a_reason_and_it_is_kept_only_where_something_is_broken():
    may = Terms(ZONE, HOURS, may_override=True)
    assert check_booking(visit("20:00"), days(), may, " emergency ") == "emergency"
    assert check_booking(visit("10:00"), days(), may, "emergency") is None
    for terms, reason in ((may, None), (may, "  "), (OPEN, "emergency")):
        with pytest.raises(RuleError) as refused:
            check_booking(visit("20:00"), days(), terms, reason)
        assert refused.value.data == {"broken": ["shift", "hours"]}
        assert {field for field, _ in refused.value.errors} == {"start_at"}


NOW = at(MONDAY, "11:07")


@pytest.mark.parametrize(
    "start",
    [
        NOW,
        at(MONDAY, "14:03"),
        at(SUNDAY, "23:55"),
        at(date(2029, 1, 1), "10:00"),
        at(MONDAY, "14:00").replace(second=1),
    ],
)
def test_a_start_off_the_grid_before_today_or_years_ahead_is_refused(start):
    with pytest.raises(RuleError) as refused:
        check_start(start, NOW, ZONE)
    assert refused.value.field == "start_at"


@pytest.mark.parametrize("start", [at(MONDAY, "00:00"), at(MONDAY, "11:05"), at(date(2028, 11, 1), "10:00")])
def test_earlier_today_and_the_next_two_years_can_be_booked(start):
    check_start(start, NOW, ZONE)


def holding(clock: str, minutes: int = 30, lead: int = 0, tail: int = 0) -> Holding:
    return Holding(visit(clock, minutes), 1, 2, lead=lead, tail=tail)


def test_the_three_nearest_free_starts_lie_on_the_grid_around_the_wanted_one():
    spans = [Span(at(MONDAY, "09:15"), at(MONDAY, "12:00"))]
    taken = set(visit("10:00", 60).slots())
    found = free_starts(holding("10:00"), spans, dentist_full=taken, others_taken=set(), terms=OPEN)
    assert found == [at(MONDAY, "09:15"), at(MONDAY, "09:30"), at(MONDAY, "11:00")]


def test_a_busy_dentist_does_not_matter_while_only_the_assistant_works():
    spans = [Span(at(MONDAY, "09:00"), at(MONDAY, "10:00"))]
    busy = set(visit("09:00", 15).slots())
    with_lead = free_starts(holding("09:00", 45, lead=15), spans, dentist_full=busy, others_taken=set(), terms=OPEN)
    assert with_lead == [at(MONDAY, "09:00"), at(MONDAY, "09:15")]
    assert at(MONDAY, "09:00") not in free_starts(
        holding("09:00", 45), spans, dentist_full=busy, others_taken=set(), terms=OPEN
    )


def test_starts_stay_on_the_grid_where_a_shift_begins_beside_it():
    spans = [Span(at(MONDAY, "09:05"), at(MONDAY, "10:00"))]
    found = free_starts(holding("09:00"), spans, dentist_full=set(), others_taken=set(), terms=OPEN)
    assert found == [at(MONDAY, "09:15"), at(MONDAY, "09:30")]


minutes = st.integers(0, 287).map(lambda n: clinic_moment(MONDAY, datetime.min.time(), ZONE) + n * SLOT)
some_spans = st.lists(st.tuples(minutes, st.integers(1, 60)).map(lambda p: Span(p[0], p[0] + p[1] * SLOT)), max_size=4)


@given(some_spans, some_spans, st.booleans(), st.sampled_from([15, 30, 45, 90]), st.sets(minutes, max_size=40))
def test_every_free_start_that_is_offered_breaks_no_check_and_holds_nothing_that_is_taken(
    shifts, away, closed, length, taken
):
    known = Days(shifts, away, {MONDAY} if closed else set())
    window = Span(at(MONDAY, "00:00"), at(date(2026, 11, 24), "00:00"))
    wish = holding("12:00", length)
    found = free_starts(
        wish, workable(window, known, OPEN), dentist_full=taken, others_taken=set(), terms=OPEN, count=5
    )
    for start in found:
        span = Span(start, start + timedelta(minutes=length))
        assert broken_checks(span, known, OPEN) == []
        assert taken.isdisjoint(span.slots())
        assert (start - at(MONDAY, "00:00")) % timedelta(minutes=15) == timedelta(0)
    assert found == sorted(found)


def test_a_grid_that_is_no_multiple_of_five_is_rounded_down():
    assert Terms(ZONE, grid_minutes=17).grid == timedelta(minutes=15)
    assert Terms(ZONE, grid_minutes=1).grid == timedelta(minutes=5)
    assert datetime(2026, 1, 1, tzinfo=UTC)
