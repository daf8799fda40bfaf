"""How rooms and chairs stand: by example, and whatever happens."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.scheduling.rules import AppointmentStatus, RoomStatus, RoomType, room_now
from app.scheduling.rules.rooms import check_status, check_times, check_undo_stay, has_place, rooms_now
from tests.factories.scheduling import at, today

S, R = AppointmentStatus, RoomStatus
TEN = timedelta(minutes=10)
NOW = at(today(), "10:00")


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("kept", "kept_at", "has_patient", "left", "expected"),
    [
        (R.FREE, None, False, None, R.FREE),
        (R.FREE, None, True, None, R.OCCUPIED),
        (R.FREE, None, False, 3, R.CLEANING),
        (R.FREE, None, False, 10, R.FREE),  # over by itself, to the minute
        (R.FREE, 1, False, 3, R.FREE),  # somebody said that it is clean
        (R.FREE, 30, False, 3, R.CLEANING),  # that was said before the last patient
        (R.CLEANING, 60, False, None, R.CLEANING),  # by hand: until somebody changes it
        (R.CLEANING, 60, True, None, R.OCCUPIED),
        (R.OCCUPIED, 60, False, 3, R.OCCUPIED),
        (R.OUT_OF_SERVICE, 60, True, 3, R.OUT_OF_SERVICE),
        (R.OUT_OF_SERVICE, None, False, None, R.OUT_OF_SERVICE),
    ],
)
def test_how_a_room_stands(kept, kept_at, has_patient, left, expected):
    moments = {"kept_at": None if kept_at is None else ago(kept_at), "left_at": None if left is None else ago(left)}
    assert room_now(kept, has_patient=has_patient, cleaning=TEN, now=NOW, **moments) is expected


def test_without_cleaning_a_room_is_free_at_once():
    assert room_now(R.FREE, left_at=NOW, cleaning=timedelta(), now=NOW) is R.FREE


minutes = st.none() | st.integers(0, 200)


@given(st.sampled_from(list(R)), minutes, st.booleans(), minutes, st.integers(0, 120), st.integers(0, 500))
def test_a_room_is_one_thing_for_good_reasons(kept, kept_at, has_patient, left, cleaning, later):
    asked = {
        "kept_at": None if kept_at is None else ago(kept_at),
        "left_at": None if left is None else ago(left),
        "has_patient": has_patient,
        "cleaning": timedelta(minutes=cleaning),
    }
    status = room_now(kept, now=NOW, **asked)
    assert (status is R.OUT_OF_SERVICE) == (kept is R.OUT_OF_SERVICE)
    assert not has_patient or status in (R.OCCUPIED, R.OUT_OF_SERVICE)
    if kept is R.FREE and not has_patient:
        over = NOW + timedelta(minutes=cleaning)
        assert room_now(kept, now=max(over, NOW), **asked) is R.FREE, "the cleaning ends by itself"
        if status is R.FREE:
            assert room_now(kept, now=NOW + timedelta(minutes=later), **asked) is R.FREE, "and doesn't begin again"
    elif not has_patient:
        assert status is kept, "what was set by hand holds"


def visit(status, clock, chair=5, key=1, minutes=30):
    start = at(today(), clock)
    return SimpleNamespace(
        status=status, start_at=start, end_at=start + timedelta(minutes=minutes), chair_id=chair, appointment_id=key
    )


def stay(room=2, chair=5, of=None, since=20, until=None):
    end = None if until is None else ago(until)
    return SimpleNamespace(room_id=room, chair_id=chair, appointment_id=of, from_=ago(since), until=end)


def room(key, kind=RoomType.SURGERY, status=R.FREE):
    return SimpleNamespace(room_id=key, room_type=kind, status=status, status_at=None)


CHAIRS = [SimpleNamespace(chair_id=5, room_id=2), SimpleNamespace(chair_id=6, room_id=2)]


def now_in(visits=(), stays=(), rooms=None, chairs=CHAIRS):
    return rooms_now(rooms or [room(1), room(2)], chairs, visits, stays, now=NOW, cleaning=TEN)


def free(found):
    return [seat.chair.chair_id for seat in found.free]


def test_rooms_with_chairs_come_first_and_show_who_is_in_them_who_waits_and_who_comes():
    here, waits = visit(S.IN_TREATMENT, "09:30", key=1), visit(S.CAME, "10:30", key=2)
    found = now_in([here, waits, visit(S.CONFIRMED, "11:00", key=3)], [stay(of=1)])
    assert [card.room.room_id for card in found.cards] == [2, 1]
    assert found.cards[0].status is R.OCCUPIED
    seat, other = found.cards[0].seats
    assert (seat.sitting.appointment_id, seat.waiting, seat.coming.appointment_id) == (1, [waits], 3)
    assert (seat.is_free, other.is_free) == (False, True)
    assert found.waiting == [waits]
    assert found.unseated == []


@pytest.mark.parametrize(
    ("visits", "stays", "expected"),
    [
        ([], [], [5, 6]),
        ([visit(S.RESERVED, "09:45")], [], [6]),  # held by who is late
        ([visit(S.TREATED, "09:45"), visit(S.RESERVED, "10:30", key=2)], [], [5, 6]),
        ([visit(S.CANCELLED, "09:45")], [], [5, 6]),
        ([visit(S.IN_TREATMENT, "09:45")], [], [6]),  # nobody said where they sit
        ([visit(S.IN_TREATMENT, "09:45")], [stay(of=1, chair=6)], [5]),  # they sit in the other one
        ([visit(S.CAME, "09:45")], [stay(room=1, chair=None, of=1)], [5, 6]),  # at the X-ray meanwhile
        ([], [stay(until=3)], [6]),
        ([], [stay(until=11)], [5, 6]),
    ],
)
def test_a_chair_is_free_that_nobody_sits_in_holds_or_cleans(visits, stays, expected):
    assert free(now_in(visits, stays)) == expected


def test_who_sits_by_hand_does_not_wait_and_who_is_in_treatment_somewhere_is_told():
    found = now_in([visit(S.CAME, "10:00", key=1), visit(S.IN_TREATMENT, "09:00", key=2)], [stay(of=1)])
    assert found.waiting == []
    assert [v.appointment_id for v in found.unseated] == [2]


def test_the_cleaning_of_a_room_has_an_end_and_one_set_by_hand_has_none():
    assert now_in([], [stay(until=4)]).cards[0].clean_at == NOW + timedelta(minutes=6)
    assert now_in([], [stay(until=4)], [room(2, status=R.CLEANING)]).cards[0].clean_at is None


def test_a_room_out_of_service_has_no_free_chair_and_takes_nobody():
    assert free(now_in(rooms=[room(2, status=R.OUT_OF_SERVICE)])) == []
    assert not has_place(room(1, RoomType.WARD, R.OUT_OF_SERVICE), 0)
    assert has_place(room(1, RoomType.X_RAY), 0)
    assert not has_place(room(1, RoomType.X_RAY), 1)
    assert has_place(room(1, RoomType.WARD), 3)


@given(
    st.lists(st.tuples(st.sampled_from(list(S)), st.integers(0, 47), st.sampled_from([5, 6, None])), max_size=8),
    st.lists(st.tuples(st.sampled_from([5, 6, None]), st.integers(0, 7), st.none() | st.integers(0, 20)), max_size=5),
)
def test_nobody_is_in_two_places_and_a_free_chair_is_empty(visits, stays):
    rows = [
        visit(status, f"{half // 2:02d}:{half % 2 * 30:02d}", chair=chair, key=number)
        for number, (status, half, chair) in enumerate(visits)
    ]
    found = now_in(rows, [stay(chair=chair, of=of, until=until) for chair, of, until in stays])
    sitting = {s.sitting.appointment_id for s in found.seats if s.sitting}
    sitting |= {one.appointment_id for card in found.cards for one in card.others}
    away = {v.appointment_id for v in (*found.waiting, *found.unseated)}
    assert not sitting & away
    for seat in found.free:
        assert seat.sitting is None
        assert seat.status is R.FREE


def test_what_somebody_writes_of_a_room_can_be():
    assert check_status(R.OUT_OF_SERVICE, "  Гэрэл шатсан ") == "Гэрэл шатсан"
    assert check_status(R.CLEANING, "Ямар ч") is None
    with pytest.raises(RuleError) as refused:
        check_status(R.OUT_OF_SERVICE, "  ")
    assert refused.value.field == "status_reason"
    check_times(ago(5), None, NOW)
    for moments, field in (((NOW + TEN, None), "from_"), ((ago(5), NOW + TEN), "until")):
        with pytest.raises(RuleError) as refused:
            check_times(*moments, NOW)
        assert refused.value.field == field
    check_undo_stay(NOW - timedelta(seconds=10), None, NOW, 10)
    with pytest.raises(RuleError):
        check_undo_stay(ago(5), NOW - timedelta(seconds=11), NOW, 10)
