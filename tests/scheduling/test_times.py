"""Minutes, slots, lanes: pure."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.scheduling.rules import (
    SLOT,
    Holding,
    SlotKind,
    Span,
    check_order,
    lanes_for,
    repeated_days,
    slots_of,
    visit_minutes,
)
from app.scheduling.rules.times import intersect, merge, subtract

NINE = datetime(2026, 11, 23, 1, tzinfo=UTC)
slot_numbers = st.integers(0, 60)
spans = st.tuples(slot_numbers, st.integers(1, 20)).map(
    lambda pair: Span(NINE + pair[0] * SLOT, NINE + (pair[0] + pair[1]) * SLOT)
)


def span(start: int, minutes: int) -> Span:
    return Span(NINE + timedelta(minutes=start), NINE + timedelta(minutes=start + minutes))


def covered(found: list[Span]) -> set[datetime]:
    return {slot for part in found for slot in part.slots()}


def test_a_visit_holds_its_doctor_only_for_the_dentists_minutes_and_all_else_for_the_whole():
    visit = Holding(span(0, 40), doctor_id=1, patient_id=2, chair_id=3, assistant_id=4, lead=10, tail=5)
    slots = slots_of(visit)
    assert slots[(SlotKind.DOCTOR, 1)] == [NINE + timedelta(minutes=m) for m in (10, 15, 20, 25, 30)]
    for resource in ((SlotKind.PATIENT, 2), (SlotKind.CHAIR, 3), (SlotKind.ASSISTANT, 4)):
        assert slots[resource] == [NINE + timedelta(minutes=m) for m in range(0, 40, 5)]


def test_a_visit_without_chair_and_assistant_holds_only_doctor_and_patient():
    assert {kind for kind, _ in slots_of(Holding(span(0, 30), 1, 2))} == {SlotKind.DOCTOR, SlotKind.PATIENT}


def test_a_visit_shorter_than_the_assistants_minutes_needs_the_dentist_throughout():
    assert Holding(span(0, 15), 1, 2, lead=10, tail=5).dentist_span == span(0, 15)


@given(spans, spans)
def test_two_visits_share_a_slot_exactly_when_they_overlap(one, other):
    shared = set(slots_of(Holding(one, 1, 2))[(SlotKind.DOCTOR, 1)]) & set(
        slots_of(Holding(other, 1, 3))[(SlotKind.DOCTOR, 1)]
    )
    assert bool(shared) == one.overlaps(other)


def test_visits_that_touch_do_not_overlap():
    assert not span(0, 30).overlaps(span(30, 30))


@given(st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=12), st.integers(1, 4))
def test_a_lane_is_the_lowest_free_one_and_a_full_slot_has_none(taken, capacity):
    slots = [NINE + number * SLOT for number in range(len(taken))]
    lanes = lanes_for(slots, dict(zip(slots, taken, strict=True)), capacity)
    if any(len(here) >= capacity for here in taken):
        assert lanes is None
    else:
        assert lanes is not None
        for slot, here in zip(slots, taken, strict=True):
            assert lanes[slot] == min(set(range(capacity)) - here)


def test_a_lowered_capacity_counts_a_lane_above_it():
    assert lanes_for([NINE], {NINE: {1}}, 1) is None


@pytest.mark.parametrize(
    ("typed", "service", "default", "minutes"),
    [(45, 30, 30, 45), (None, 40, 30, 40), (None, None, 30, 30), (None, None, 32, 35)],
)
def test_the_length_is_what_was_typed_else_the_services_else_the_settings(typed, service, default, minutes):
    assert visit_minutes(typed, service, default) == minutes


@pytest.mark.parametrize("typed", [0, -5, 7, 725, 10**9])
def test_a_length_off_the_five_minutes_or_beyond_twelve_hours_is_refused_on_its_field(typed):
    with pytest.raises(RuleError) as refused:
        visit_minutes(typed, None, 30)
    assert refused.value.field == "minutes"


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6))
def test_merge_intersect_and_subtract_mean_the_same_minutes(first, second):
    assert covered(merge(first)) == covered(first)
    assert covered(intersect(merge(first), merge(second))) == covered(first) & covered(second)
    assert covered(subtract(first, second)) == covered(first) - covered(second)
    for found in (merge(first), subtract(first, second)):
        assert all(one.end <= other.start for one, other in pairwise(found)), "in order, and apart"


def test_an_end_before_its_start_is_refused_on_the_end():
    with pytest.raises(RuleError) as refused:
        check_order(NINE, NINE, "until")
    assert refused.value.field == "until"
    check_order(NINE, None, "until")


def test_a_shift_repeats_on_its_weekdays_and_leaves_out_closed_days():
    monday = date(2026, 11, 23)
    days = repeated_days(monday, date(2026, 12, 4), {0, 3}, {date(2026, 11, 26)})
    assert days == [monday, date(2026, 11, 30), date(2026, 12, 3)]
    assert repeated_days(monday, date(2026, 12, 7), set(), set()) == [monday, date(2026, 11, 30), date(2026, 12, 7)]
    assert repeated_days(monday, None, {5}, {monday}) == [monday]


@pytest.mark.parametrize("until", [date(2026, 11, 23), date(2026, 11, 1), date(2040, 1, 1)])
def test_a_shift_repeats_until_a_later_day_within_a_hundred_weeks(until):
    with pytest.raises(RuleError) as refused:
        repeated_days(date(2026, 11, 23), until, set(), set())
    assert refused.value.field == "repeat_until"
