"""How a day is laid out: pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.scheduling.rules import AppointmentStatus, Span, Terms
from app.scheduling.rules.day import board_window, free_points, is_late, on_the_floor, side_by_side
from tests.factories.scheduling import ZONE, at

S = AppointmentStatus
DAY = date(2026, 11, 23)
TERMS = Terms(ZONE)


@dataclass
class Visit:
    status: AppointmentStatus
    start_at: datetime
    end_at: datetime
    chair_id: int | None = None


def visit(status: AppointmentStatus, clock: str, minutes: int = 30, chair: int | None = None) -> Visit:
    return Visit(status, at(DAY, clock), at(DAY, clock) + timedelta(minutes=minutes), chair)


def span(clock: str, minutes: int) -> Span:
    return Span(at(DAY, clock), at(DAY, clock) + timedelta(minutes=minutes))


spans = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(
        lambda p: Span(
            at(DAY, "09:00") + timedelta(minutes=15 * p[0]), at(DAY, "09:00") + timedelta(minutes=15 * (p[0] + p[1]))
        )
    ),
    max_size=12,
)


@given(spans, st.integers(1, 3))
def test_no_two_visits_that_overlap_share_a_place_and_none_stands_outside_its_column(found, least):
    places = side_by_side(found, least)
    assert len(places) == len(found)
    for i, one in enumerate(found):
        assert 0 <= places[i].lane < places[i].lanes
        assert places[i].lanes >= least
        for j, other in enumerate(found[:i]):
            if one.overlaps(other):
                assert places[i].lane != places[j].lane
                assert places[i].lanes == places[j].lanes


def test_visits_one_after_the_other_have_the_whole_width():
    assert [p.lanes for p in side_by_side([span("09:00", 30), span("09:30", 30)])] == [1, 1]


def test_the_board_shows_whole_hours_around_everything_of_the_day():
    found = board_window(DAY, ZONE, [span("09:10", 30), span("17:50", 20)])
    assert found == Span(at(DAY, "09:00"), at(DAY, "19:00"))
    assert board_window(DAY, ZONE, []) == Span(at(DAY, "09:00"), at(DAY, "18:00"))
    night = board_window(DAY, ZONE, [Span(at(DAY, "23:30"), at(DAY, "23:30") + timedelta(hours=3))])
    assert night == Span(at(DAY, "23:00"), at(date(2026, 11, 24), "00:00"))


@given(spans, st.integers(1, 2))
def test_a_point_is_offered_exactly_where_one_more_visit_has_room(found, capacity):
    window = span("09:00", 600)
    points = free_points(window, found, TERMS, capacity)
    for number in range(40):
        cell = Span(window.start + timedelta(minutes=15 * number), window.start + timedelta(minutes=15 * (number + 1)))
        assert (cell.start in points) == (sum(visit.overlaps(cell) for visit in found) < capacity)


def test_who_has_not_come_at_the_start_is_late_until_somebody_says_otherwise():
    now = at(DAY, "10:00")
    assert is_late(visit(S.RESERVED, "10:00"), now)
    assert is_late(visit(S.CONFIRMED, "09:00"), now)
    assert not is_late(visit(S.RESERVED, "10:05"), now)
    assert not is_late(visit(S.CAME, "09:00"), now)


def test_the_floor_sorts_everybody_by_where_they_are():
    now = at(DAY, "10:00")
    visits = [visit(status, clock) for status in S for clock in ("09:00", "11:00")]
    floor = on_the_floor(reversed(visits), now)
    assert {v.status for v in floor.late} == {S.RESERVED, S.CONFIRMED}
    assert {v.start_at for v in floor.late} == {at(DAY, "09:00")}
    assert [v.start_at for v in floor.here] == [at(DAY, "09:00"), at(DAY, "11:00")]
    assert {v.status for v in floor.dropped} == {S.CANCELLED, S.NO_SHOW}
    assert {v.status for v in floor.to_pay} == {S.TREATED}
    assert {v.status for v in floor.in_treatment} == {S.IN_TREATMENT}
