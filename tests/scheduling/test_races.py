"""Many hands at one time: the database decides, everybody else gets a plain refusal."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.kernel.errors import Conflict, RuleError
from app.people.models import Employee, Patient
from app.scheduling.models import Appointment, BookingSlot
from app.scheduling.rules import Terms
from app.workflows.booking import book_visit, reschedule_visit
from tests.factories import people, scheduling
from tests.scheduling.common import ROUNDS, at_once, broken_promises, now

HANDS = 16
TERMS = Terms(scheduling.ZONE)


@pytest.fixture
def desk(clinic):
    """A doctor with a week of shifts, a chair, and sixteen patients."""

    def build(session):
        days = scheduling.open_days(session, 8)
        doctor, chair = people.doctor(session), scheduling.chair(session)
        for day in days:
            scheduling.shift(session, doctor, day)
        patients = [people.patient(session, first_name=f"Хүн {n}").patient_id for n in range(HANDS)]
        return SimpleNamespace(
            day=days[0], days=days, doctor=doctor.employee_id, chair=chair.chair_id, patients=patients
        )

    return clinic.unit(build)


def booking(desk, patient, start, **values):
    wanted = {"patient_id": patient, "doctor_id": desk.doctor, "chair_id": desk.chair, "start_at": start, **values}
    terms = values.pop("terms", TERMS)
    return lambda session: book_visit(session, wanted, by_user=None, now=now(), terms=terms).appointment_id


@pytest.mark.both
def test_of_sixteen_who_book_one_time_exactly_one_gets_it_and_the_others_get_three_free_times(clinic, desk):
    for number in range(ROUNDS):
        start = scheduling.at(desk.days[number % 5], "09:00") + timedelta(minutes=30 * (number // 5))
        results = at_once(clinic, [booking(desk, patient, start) for patient in desk.patients])
        booked = [result for result in results if isinstance(result, int)]
        refused = [result for result in results if isinstance(result, Conflict)]
        assert (len(booked), len(refused)) == (1, HANDS - 1), results
        for refusal in refused:
            free = refusal.data["free"]
            assert {"doctor", "chair"} & set(refusal.data["busy"])
            assert len(free) == 3
            assert all(abs(moment - start) >= timedelta(minutes=30) for moment in free)
    assert clinic.count(Appointment) == ROUNDS
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_a_doctor_over_two_chairs_gets_exactly_two_of_sixteen(clinic, desk):
    def two(session):
        session.get(Employee, desk.doctor).chair_capacity = 2
        return [scheduling.chair(session).chair_id for _ in range(HANDS)]

    chairs = clinic.unit(two)
    for number in range(6):
        start = scheduling.at(desk.day, "10:00") + timedelta(minutes=45 * number)
        jobs = [booking(desk, desk.patients[n], start, chair_id=chairs[n]) for n in range(HANDS)]
        results = at_once(clinic, jobs)
        assert len([r for r in results if isinstance(r, int)]) == 2, results
        assert all(r.data["busy"] == ["doctor"] for r in results if isinstance(r, Conflict))
        assert len([r for r in results if isinstance(r, Conflict)]) == HANDS - 2, results
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_visits_that_cross_each_other_never_end_on_one_time(clinic, desk):
    for day in desk.days:
        morning = scheduling.at(day, "09:00")
        noon = morning + timedelta(hours=2)
        one, other = (
            clinic.unit(booking(desk, desk.patients[n], start, override_reason="x", terms=scheduling.TERMS))
            for n, start in enumerate((morning, noon))
        )

        def shift(key, start):
            return lambda session: (
                reschedule_visit(
                    session, key, {"start_at": start}, by_user=None, now=now(), terms=scheduling.TERMS
                ).appointment_id
            )

        results = at_once(clinic, [shift(one, noon), shift(other, morning)])
        assert all(isinstance(result, Conflict) for result in results), results
        assert clinic.session.get(Appointment, one).start_at == morning
        assert clinic.session.get(Appointment, other).start_at == noon
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_one_patient_is_not_booked_with_two_doctors_at_once(clinic, desk):
    others = clinic.unit(lambda s: [people.doctor(s).employee_id for _ in range(8)])
    start = scheduling.at(desk.day, "11:00")
    jobs = [
        booking(
            desk, desk.patients[0], start, doctor_id=doctor, chair_id=None, override_reason="x", terms=scheduling.TERMS
        )
        for doctor in others
    ]
    results = at_once(clinic, jobs)
    assert len([r for r in results if isinstance(r, int)]) == 1, results
    assert all(r.data["busy"] == ["patient"] for r in results if isinstance(r, Conflict))


def test_eight_who_write_at_once_on_sqlite_wait_for_each_other_and_all_get_through(clinic, desk):
    def build(session):
        return [(people.doctor(session).employee_id, scheduling.chair(session).chair_id) for _ in range(8)]

    places = clinic.unit(build)
    for number in range(12):
        start = scheduling.at(desk.day, "09:00") + timedelta(minutes=30 * number)
        jobs = [
            booking(
                desk,
                desk.patients[n],
                start,
                doctor_id=doctor,
                chair_id=chair,
                override_reason="x",
                terms=scheduling.TERMS,
            )
            for n, (doctor, chair) in enumerate(places)
        ]
        assert [type(result) for result in at_once(clinic, jobs)] == [int] * 8
    assert clinic.count(BookingSlot) == 8 * 12 * 6 * 3


@pytest.mark.both
def test_two_who_move_one_visit_at_once_are_told_apart_by_its_version(clinic, desk):
    start = scheduling.at(desk.day, "09:00")
    key = clinic.unit(booking(desk, desk.patients[0], start))

    def shift(minutes):
        return lambda session: (
            reschedule_visit(
                session,
                key,
                {"start_at": start + timedelta(minutes=minutes)},
                by_user=None,
                now=now(),
                terms=TERMS,
                version=1,
            ).version
        )

    results = at_once(clinic, [shift(minutes) for minutes in (30, 60, 90, 120)])
    assert [r for r in results if isinstance(r, int)] == [2], results
    assert all(isinstance(r, Conflict) and "free" not in r.data for r in results if not isinstance(r, int))
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_one_caller_sent_twice_at_once_is_one_patient(clinic, desk):
    start = scheduling.at(desk.day, "15:00")
    caller = {"caller_name": "Дорж Бат", "caller_phone": "9977 1122", "chair_id": None}
    before = clinic.count(Patient)
    results = at_once(clinic, [booking(desk, None, start, **caller) for _ in range(4)])
    assert len([r for r in results if isinstance(r, int)]) == 1, results
    assert all(isinstance(r, RuleError) for r in results if not isinstance(r, int))
    assert clinic.count(Patient) == before + 1
