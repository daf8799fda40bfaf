"""Free times: each one can be booked, none before them could, and the sweep finds what a patient search by hand finds."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.dates import clinic_date, clinic_moment, day_bounds
from app.kernel.errors import RuleError
from app.people.models import Employee
from app.scheduling.models import Appointment
from app.scheduling.queries import first_free
from app.scheduling.rules import SLOT, Days, RoomStatus, RoomType, SlotKind, Span, Terms, broken_checks
from app.scheduling.rules.finding import Free, Seen, Stretch, Wish, full, runs, sweep
from app.workflows.booking import book_visit
from tests.factories import people, scheduling
from tests.scheduling.common import now

ZONE = ZoneInfo("Asia/Ulaanbaatar")
MONDAY = date(2026, 11, 23)
START = clinic_moment(MONDAY, time.min, ZONE)
HOURS = {"0": ["09:00", "18:00"], "1": ["10:00", "24:00"], "2": None, "3": ["00:00", "24:00"]}
minutes_of_two_days = st.integers(0, 2 * 288 - 1)


def spans(most=4, longest=60):
    one = st.tuples(minutes_of_two_days, st.integers(1, longest))
    return st.lists(one.map(lambda it: Span(START + it[0] * SLOT, START + (it[0] + it[1]) * SLOT)), max_size=most)


@st.composite
def worlds(draw):
    """Two doctors, two chairs, a patient, two days."""
    seen = Seen(
        shifts={
            key: [(span, draw(st.sampled_from([None, 7, 8]))) for span in draw(spans(longest=150))] for key in (1, 2)
        },
        away={1: draw(spans(1))},
        closed=frozenset(draw(st.lists(st.sampled_from([MONDAY, MONDAY + timedelta(days=1)]), max_size=1))),
        taken={
            **{(SlotKind.DOCTOR, key): draw(spans(6, 12)) for key in (1, 2)},
            **{(SlotKind.CHAIR, key): draw(spans(3, 40)) for key in (7, 8)},
            (SlotKind.PATIENT, 9): draw(spans(2, 12)),
        },
        capacities={1: draw(st.integers(1, 3)), 2: 1},
        chairs=draw(st.sampled_from([(), (7,), (8, 7)])),
    )
    length = 5 * draw(st.integers(1, 24))
    wish = Wish(
        minutes=length,
        earliest=START + draw(minutes_of_two_days) * timedelta(minutes=4),
        latest=START + timedelta(days=2),
        lead=5 * draw(st.integers(0, 3)),
        tail=5 * draw(st.integers(0, 3)),
        doctor_ids=draw(st.sampled_from([(), (2,), (2, 1)])),
        weekdays=frozenset(draw(st.sets(st.integers(0, 3), max_size=2))),
        time_from=draw(st.none() | st.just(time(11, 7))),
        time_until=draw(st.none() | st.just(time(16, 30))),
        blocked=draw(spans(1, 20)),
    )
    terms = Terms(ZONE, draw(st.sampled_from([{}, HOURS])), grid_minutes=draw(st.sampled_from([5, 15, 25])))
    return wish, seen, terms


def fits(wish, seen, terms, start, doctor):
    """The chair that a visit gets, by looking at each rule by itself; False where it can't stand."""
    midnight = day_bounds(clinic_date(start, ZONE), ZONE)[0]
    if not wish.earliest <= start <= wish.latest or (start - midnight) % terms.grid:
        return False
    span = Span(start, start + timedelta(minutes=wish.minutes))
    day = clinic_date(start, ZONE)
    local, over = start.astimezone(ZONE), span.end.astimezone(ZONE)
    days = Days([shift for shift, _ in seen.shifts[doctor]], seen.away.get(doctor, []), seen.closed)
    others = [*seen.taken[(SlotKind.PATIENT, 9)], *wish.blocked]
    if (
        (wish.weekdays and day.weekday() not in wish.weekdays)
        or (wish.time_from and local.time() < wish.time_from)
        or (wish.time_until and (over.date() != day or over.time() > wish.time_until))
        or broken_checks(span, days, terms)
        or any(other.overlaps(span) for other in others)
    ):
        return False
    lead, tail = (wish.lead, wish.tail) if wish.lead + wish.tail < wish.minutes else (0, 0)
    dentist = Span(span.start + timedelta(minutes=lead), span.end - timedelta(minutes=tail))
    load = Counter(slot for visit in seen.taken[(SlotKind.DOCTOR, doctor)] for slot in visit.slots())
    if any(load[slot] >= seen.capacities[doctor] for slot in dentist.slots()):
        return False
    own = next((chair for shift, chair in seen.shifts[doctor] if shift.start <= start < shift.end), None)
    order = [own, *seen.chairs] if own in seen.chairs else list(seen.chairs)
    free = [key for key in order if not any(taken.overlaps(span) for taken in seen.taken[(SlotKind.CHAIR, key)])]
    return (free[0] if free else False) if seen.chairs else None


@settings(max_examples=30)
@given(worlds())
def test_the_sweep_finds_what_looking_at_every_start_and_every_rule_finds(world):
    wish, seen, terms = world
    stretch = Stretch(START, 4 * 288)
    expected = []
    for bit in range(2 * 288 + 1):
        for doctor in wish.doctor_ids or (1, 2):
            start = START + bit * SLOT
            chair = fits(wish, seen, terms, start, doctor)
            if chair is not False:
                expected.append(Free(start, start + timedelta(minutes=wish.minutes), doctor, chair))
    assert sweep(wish, stretch, seen, terms, 10_000) == expected
    assert sweep(wish, stretch, seen, terms, 3) == expected[:3]


@given(st.integers(0, 2**40 - 1), st.integers(1, 20))
def test_runs_are_where_so_many_bits_follow_each_other(mask, length):
    assert runs(mask, length) == sum(
        1 << bit for bit in range(40) if all(mask >> bit + more & 1 for more in range(length))
    )


@given(st.lists(st.integers(0, 2**31 - 1), max_size=6), st.integers(1, 4))
def test_full_is_where_so_many_masks_are_set(masks, capacity):
    assert full(masks, capacity) == sum(
        1 << bit for bit in range(31) if sum(mask >> bit & 1 for mask in masks) >= capacity
    )


@pytest.fixture
def desk(clinic):
    """Two doctors with a fortnight of shifts, two chairs in two rooms."""

    def build(session):
        days = scheduling.open_days(session, 10)
        doctors = [people.doctor(session).employee_id for _ in range(2)]
        chairs = [scheduling.chair(session).chair_id for _ in range(2)]
        for day in days:
            for doctor, chair in zip(doctors, chairs, strict=True):
                scheduling.shift(session, session.get(Employee, doctor), day, chair_id=chair)
        return {
            "days": days, "doctors": doctors, "chairs": chairs, "patient": people.patient(session).patient_id,
            "service": scheduling.service(session).service_id,
        }  # fmt: skip

    return clinic.unit(build)


TERMS = Terms(scheduling.ZONE)


def wish_for(desk, **values):
    start = now()
    base = {"minutes": 40, "lead": 10, "tail": 5, "earliest": start, "latest": start + timedelta(days=366)}
    return Wish(**{**base, "doctor_ids": tuple(desk["doctors"]), "patient_id": desk["patient"], **values})


def book(session, desk, free):
    wanted = {
        "patient_id": desk["patient"], "doctor_id": free.doctor_id, "chair_id": free.chair_id, "start_at": free.start,
        "planned_service": desk["service"],
    }  # fmt: skip
    return book_visit(session, wanted, by_user=None, now=now(), terms=TERMS)


@pytest.mark.both
def test_every_free_time_can_be_booked_and_is_gone_afterwards(clinic, desk):
    for number in range(12):
        found = first_free(clinic.session, wish_for(desk), now=now(), terms=TERMS, count=20)
        assert len(found) == 20
        assert found == sorted(found, key=lambda free: free.start)
        chosen = found[number * 7 % 20]
        clinic.unit(lambda s, free=chosen: book(s, desk, free))
        clinic.session.expire_all()
        again = first_free(clinic.session, wish_for(desk), now=now(), terms=TERMS, count=400)
        assert chosen not in again


@pytest.mark.both
def test_a_day_without_room_is_passed_over_and_its_last_time_is_found(clinic, desk):
    day = desk["days"][0]

    def fill(session):
        for hour in range(9, 18):
            for minute in (0, 30):
                for doctor in desk["doctors"]:
                    if (hour, minute) != (16, 30) or doctor != desk["doctors"][0]:
                        scheduling.appointment(
                            session,
                            doctor=session.get(Employee, doctor),
                            start_at=scheduling.at(day, f"{hour:02}:{minute:02}"),
                        )

    clinic.unit(fill)
    found = first_free(clinic.session, wish_for(desk, minutes=30, lead=0, tail=0), now=now(), terms=TERMS, count=2)
    assert (found[0].start, found[0].doctor_id) == (scheduling.at(day, "16:30"), desk["doctors"][0])
    assert clinic_date(found[1].start, TERMS.zone) == desk["days"][1]


def test_a_visit_to_be_moved_does_not_stand_in_its_own_way(clinic, desk):
    first = first_free(clinic.session, wish_for(desk), now=now(), terms=TERMS, count=1)[0]
    key = clinic.unit(lambda s: book(s, desk, first).appointment_id)
    clinic.session.expire_all()
    assert first_free(clinic.session, wish_for(desk), now=now(), terms=TERMS, count=1, but=(key,)) == [first]
    assert first_free(clinic.session, wish_for(desk), now=now(), terms=TERMS, count=1) != [first]


def test_a_chair_is_of_the_kind_that_was_asked_for_and_of_no_room_that_is_shut(clinic, desk):
    def other(session):
        room = scheduling.room(session, room_type=RoomType.CONSULTATION)
        return scheduling.chair(session, room_id=room.room_id).chair_id

    consulting = clinic.unit(other)
    found = first_free(clinic.session, wish_for(desk, chair_type=RoomType.CONSULTATION), now=now(), terms=TERMS)
    assert {free.chair_id for free in found} == {consulting}
    assert first_free(clinic.session, wish_for(desk, chair_type=RoomType.WARD), now=now(), terms=TERMS) == []

    def shut(session):
        from app.scheduling.models import Chair, Room

        session.get(Room, session.get(Chair, desk["chairs"][0]).room_id).status = RoomStatus.OUT_OF_SERVICE

    clinic.unit(shut)
    clinic.session.expire_all()
    found = first_free(clinic.session, wish_for(desk), now=now(), terms=TERMS)
    assert desk["chairs"][0] not in {free.chair_id for free in found}


def test_nothing_is_offered_before_now_or_after_a_year_or_where_nobody_works(clinic, desk):
    moment = scheduling.at(desk["days"][0], "12:20").astimezone(UTC)
    found = first_free(clinic.session, wish_for(desk, earliest=moment - timedelta(days=2)), now=moment, terms=TERMS)
    assert found[0].start == scheduling.at(desk["days"][0], "12:30")
    late = wish_for(desk, earliest=moment + timedelta(days=400), latest=moment + timedelta(days=500))
    assert first_free(clinic.session, late, now=moment, terms=TERMS) == []
    assert first_free(clinic.session, wish_for(desk, doctor_ids=(10**9,)), now=moment, terms=TERMS) == []


def test_a_wish_that_nothing_can_meet_is_refused(clinic, desk):
    for wrong in (
        {"minutes": 0},
        {"minutes": 7},
        {"minutes": 800},
        {"time_from": time(10), "time_until": time(10, 30)},
        {"latest": datetime(2020, 1, 1, tzinfo=UTC)},
    ):
        with pytest.raises(RuleError):
            first_free(clinic.session, wish_for(desk, **wrong), now=now(), terms=TERMS)


def test_a_search_asks_six_times_and_at_most_twenty_two(clinic, desk):
    with clinic.statements() as seen:
        first_free(clinic.session, wish_for(desk), now=now(), terms=TERMS, count=1)
    assert len(seen) <= 12
    with clinic.statements() as seen:
        assert (
            first_free(
                clinic.session, replace(wish_for(desk), weekdays=frozenset({6}), minutes=700), now=now(), terms=TERMS
            )
            == []
        )
    assert len(seen) <= 22
    assert clinic.count(Appointment) == 0


@pytest.mark.both
def test_where_the_doctors_own_chair_is_taken_another_one_is_offered(clinic, desk):
    start = scheduling.at(desk["days"][0], "09:00")
    wish = wish_for(desk, minutes=30, lead=0, tail=0, doctor_ids=(desk["doctors"][0],), earliest=start)

    def sit(session):
        from app.scheduling.models import Chair

        other = people.doctor(session)
        scheduling.appointment(session, doctor=other, chair=session.get(Chair, desk["chairs"][0]), start_at=start)

    clinic.unit(sit)
    found = first_free(clinic.session, wish, now=now(), terms=TERMS, count=3)
    assert found[0].start == start
    assert found[0].chair_id not in (None, desk["chairs"][0])
    assert found[2].chair_id == desk["chairs"][0]
