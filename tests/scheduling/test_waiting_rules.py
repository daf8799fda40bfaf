"""The rules of the waitlist: whom a free time suits, and who is asked first."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.dates import clinic_moment
from app.kernel.errors import Conflict, RuleError
from app.scheduling.rules import Span, WaitPriority, WaitStatus
from app.scheduling.rules.waiting import (
    Opening,
    Waiting,
    candidates,
    check_offered,
    check_waits,
    check_wishes,
    digits_of,
    fits,
    in_order,
    weekdays_of,
    wish_of,
)

ZONE = ZoneInfo("Asia/Ulaanbaatar")
TUESDAY = date(2026, 11, 24)
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def opening(clock: str = "10:00", minutes: int = 45, doctor: int = 1, day: date = TUESDAY) -> Opening:
    start = clinic_moment(day, time.fromisoformat(clock), ZONE)
    return Opening(Span(start, start + timedelta(minutes=minutes)), doctor, 5)


def waiting(**values) -> Waiting:
    return Waiting(**{"key": 1, "since": SINCE, "minutes": 30, "earliest": TUESDAY, **values})


@pytest.mark.parametrize(
    ("wish", "does"),
    [
        ({}, True),
        ({"minutes": 45}, True),
        ({"minutes": 50}, False),
        ({"doctor_id": 1}, True),
        ({"doctor_id": 2}, False),
        ({"earliest": date(2026, 11, 25)}, False),
        ({"latest": TUESDAY}, True),
        ({"earliest": date(2026, 11, 20), "latest": date(2026, 11, 23)}, False),
        ({"weekdays": frozenset({1})}, True),
        ({"weekdays": frozenset({0, 2})}, False),
        ({"time_from": time(10)}, True),
        ({"time_from": time(10, 5)}, False),
        ({"time_until": time(10, 30)}, True),
        ({"time_until": time(10, 25)}, False),
        ({"declined": frozenset({opening().span.start})}, False),
        ({"declined": frozenset({opening("11:00").span.start})}, True),
    ],
)
def test_a_time_suits_only_where_every_wish_is_met(wish: dict, does: bool) -> None:
    assert fits(waiting(**wish), opening(), ZONE) is does


def test_the_day_is_the_clinics() -> None:
    """07:00 on Wednesday in Ulaanbaatar is still Tuesday in UTC."""
    early = opening("07:00", day=date(2026, 11, 25))
    assert early.span.start.date() == TUESDAY
    assert fits(waiting(earliest=date(2026, 11, 25), weekdays=frozenset({2})), early, ZONE)
    assert not fits(waiting(latest=TUESDAY), early, ZONE)


def test_a_visit_that_ends_after_midnight_is_not_over_by_any_hour_of_its_day() -> None:
    late = opening("23:45")
    assert fits(waiting(), late, ZONE)
    assert not fits(waiting(time_until=time(23, 59)), late, ZONE)


def test_the_urgent_come_first_then_who_waited_longest_then_who_came_first() -> None:
    rows = [
        waiting(key=1, priority=WaitPriority.LOW, since=SINCE - timedelta(days=90)),
        waiting(key=2, since=SINCE),
        waiting(key=4, since=SINCE - timedelta(days=1)),
        waiting(key=3, since=SINCE - timedelta(days=1)),
        waiting(key=5, priority=WaitPriority.HIGH, since=SINCE + timedelta(days=9)),
    ]
    assert [row.key for row in in_order(rows)] == [5, 3, 4, 2, 1]


entries = st.builds(
    Waiting,
    key=st.integers(1, 10_000),
    since=st.integers(0, 300).map(lambda days: SINCE - timedelta(days=days)),
    minutes=st.sampled_from([15, 30, 45, 60]),
    earliest=st.dates(date(2026, 11, 20), date(2026, 11, 28)),
    latest=st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 28)),
    priority=st.sampled_from(list(WaitPriority)),
    doctor_id=st.sampled_from([None, 1, 2]),
    weekdays=st.frozensets(st.integers(0, 6)),
    time_from=st.none() | st.times(time(8), time(12)),
    time_until=st.none() | st.times(time(9), time(13)),
)


@given(rows=st.lists(entries, max_size=12, unique_by=lambda one: one.key), data=st.data())
def test_the_same_people_are_asked_in_the_same_order_however_they_are_read(rows: list[Waiting], data) -> None:
    found = candidates(rows, opening(), ZONE)
    assert candidates(data.draw(st.permutations(rows)), opening(), ZONE) == found
    assert {row.key for row in found} == {row.key for row in rows if fits(row, opening(), ZONE)}
    order = list(WaitPriority)
    for one, other in pairwise(found):
        assert (order.index(one.priority), one.since, one.key) < (order.index(other.priority), other.since, other.key)


@given(row=entries)
def test_who_fits_a_time_fits_a_longer_one_and_with_fewer_wishes(row: Waiting) -> None:
    if fits(row, opening(), ZONE):
        assert fits(row, opening(minutes=120), ZONE)
        assert fits(waiting(minutes=row.minutes, earliest=row.earliest), opening(), ZONE)


@given(st.frozensets(st.integers(0, 6)))
def test_weekdays_come_back_as_they_were_kept_and_all_are_as_good_as_none(days: frozenset[int]) -> None:
    assert weekdays_of(digits_of(days)) == (frozenset() if len(days) == 7 else days)


@given(st.text(max_size=12))
def test_garbage_for_weekdays_is_no_weekday(typed: str) -> None:
    assert weekdays_of(typed) <= frozenset(range(7))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ((TUESDAY, date(2026, 11, 23), None, None), "latest"),
        ((TUESDAY, None, time(12), time(12)), "time_until"),
        ((TUESDAY, TUESDAY, time(12), time(9)), "time_until"),
    ],
)
def test_wishes_nobody_can_meet_are_refused_on_their_field(wrong: tuple, field: str) -> None:
    with pytest.raises(RuleError) as refusal:
        check_wishes(*wrong)
    assert refusal.value.field == field


def test_only_who_waits_is_offered_a_time_and_only_an_offer_is_answered() -> None:
    check_waits(WaitStatus.WAITING)
    check_offered(WaitStatus.OFFERED)
    for status in (WaitStatus.OFFERED, WaitStatus.BOOKED, WaitStatus.DROPPED):
        with pytest.raises(Conflict):
            check_waits(status)
    for status in (WaitStatus.WAITING, WaitStatus.BOOKED, WaitStatus.DROPPED):
        with pytest.raises(Conflict):
            check_offered(status)


def test_what_is_looked_for_begins_now_and_ends_with_the_last_day_wished() -> None:
    now = clinic_moment(TUESDAY, time(14), ZONE)
    found = wish_of(waiting(latest=TUESDAY), patient_id=7, lead=5, tail=0, now=now, zone=ZONE)
    assert (found.earliest, found.latest) == (now, clinic_moment(date(2026, 11, 25), time(0), ZONE))
    later = wish_of(waiting(earliest=date(2026, 12, 1)), patient_id=7, lead=0, tail=0, now=now, zone=ZONE)
    assert later.earliest == clinic_moment(date(2026, 12, 1), time(0), ZONE)
