"""The rules of visits that are booked together: dates that repeat, and visits that follow each other."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.dates import clinic_moment
from app.kernel.errors import RuleError
from app.scheduling.rules import Holding, Span, Terms, free_starts
from app.scheduling.rules.repeating import Repeat, free_runs, one_after_another, repeated_starts

ZONE = ZoneInfo("Asia/Ulaanbaatar")
TERMS = Terms(ZONE)
FIRST = clinic_moment(date(2026, 11, 23), time(10), ZONE)


def test_every_second_week_four_times():
    starts = repeated_starts(FIRST, Repeat(2, times=4), ZONE)
    assert [one.astimezone(ZONE).date().isoformat() for one in starts] == [
        "2026-11-23", "2026-12-07", "2026-12-21", "2027-01-04",
    ]  # fmt: skip


@pytest.mark.parametrize(("until", "times"), [((2026, 11, 30), 2), ((2026, 12, 6), 2), ((2026, 12, 7), 3)])
def test_until_a_day_the_last_one_lies_on_it_or_before(until, times):
    assert len(repeated_starts(FIRST, Repeat(1, until=date(*until)), ZONE)) == times


@pytest.mark.parametrize(
    ("repeat", "field"),
    [
        (Repeat(0, times=3), "repeat_weeks"),
        (Repeat(13, times=3), "repeat_weeks"),
        (Repeat(1, times=1), "repeat_times"),
        (Repeat(1, times=25), "repeat_times"),
        (Repeat(1), "repeat_times"),
        (Repeat(1, times=2, until=date(2026, 12, 30)), "repeat_times"),
        (Repeat(1, until=date(2026, 11, 29)), "repeat_until"),
        (Repeat(1, until=date(2020, 1, 1)), "repeat_until"),
        (Repeat(1, until=date(2028, 1, 1)), "repeat_until"),
        (Repeat(12, times=24), "repeat_weeks"),
    ],
)
def test_what_makes_no_sense_is_refused_on_its_field(repeat, field):
    with pytest.raises(RuleError) as refused:
        repeated_starts(FIRST, repeat, ZONE)
    assert refused.value.field == field


@given(
    day=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    at=st.times().map(lambda t: t.replace(minute=t.minute // 5 * 5, second=0, microsecond=0)),
    weeks=st.integers(1, 4),
    times=st.integers(2, 24),
    zone=st.sampled_from([ZONE, ZoneInfo("Europe/Berlin")]),  # one without and one with summer time
)
def test_the_clock_on_the_wall_and_the_weekday_stay_the_same(day, at, weeks, times, zone):
    first = clinic_moment(day, at, zone).astimezone(zone).astimezone(UTC)
    starts = repeated_starts(first, Repeat(weeks, times=times), zone)
    walls = [one.astimezone(zone) for one in starts]
    before = first.astimezone(zone)
    assert starts[0] == first or before.fold
    assert len(starts) == times
    assert {wall.weekday() for wall in walls} == {before.weekday()}
    gaps = {later.date() - sooner.date() for sooner, later in itertools.pairwise(walls)}
    assert gaps == {timedelta(weeks=weeks)}
    # an hour that summer time leaves out is the only one that isn't the same
    assert {wall.time() for wall in walls if wall.utcoffset() == before.utcoffset()} <= {before.time()}


def holding(hour, minutes=30, lead=0, tail=0):
    start = datetime(2026, 11, 23, hour, tzinfo=UTC)
    return Holding(Span(start, start + timedelta(minutes=minutes)), 1, 2, 3, None, lead, tail)


def test_those_who_follow_each_other_touch_and_keep_doctor_and_chair():
    visits = one_after_another(holding(2, 40, lead=10), [7, 8, 9])
    assert [visit.patient_id for visit in visits] == [7, 8, 9]
    assert all(one.span.end == other.span.start for one, other in itertools.pairwise(visits))
    assert {(visit.doctor_id, visit.chair_id, visit.lead) for visit in visits} == {(1, 3, 10)}


slots = st.sets(st.integers(0, 95)).map(
    lambda numbers: {datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=5 * n) for n in numbers}
)


@given(full=slots, taken=slots, count=st.integers(1, 3), lead=st.sampled_from([0, 5]))
def test_a_run_is_where_each_of_its_visits_would_be_free(full, taken, count, lead):
    day = Span(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC))
    first = holding(2, 15, lead=lead)
    visits = one_after_another(first, list(range(count)))
    found = free_runs(visits, [day], dentist_full=full, others_taken=taken, terms=TERMS, count=1000)
    single = set(
        free_starts(first, [day], dentist_full=full, others_taken=taken, terms=Terms(ZONE, grid_minutes=5), count=1000)
    )
    steps = [timedelta(minutes=15 * number) for number in range(count)]
    grid = free_starts(first, [day], dentist_full=set(), others_taken=set(), terms=TERMS, count=1000)
    assert found == [start for start in grid if all(start + step in single for step in steps)]
