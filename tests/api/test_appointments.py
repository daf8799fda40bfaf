"""Booking, changing and moving by programs: the board's own rules, slots and versions."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.people.models import Patient
from app.scheduling.models import Appointment, BookingSlot
from tests.api.program import Program, program
from tests.factories import people, scheduling
from tests.factories.clinic import Clinic
from tests.scheduling.common import broken_promises

ROUTE = "/api/v1/appointments/"


@pytest.fixture
def desk(clinic: Clinic) -> Program:
    return program(clinic, "Receptionist")


@pytest.fixture
def ready(clinic: Clinic) -> dict[str, Any]:
    """A doctor at work on a day ahead, a chair, a patient."""

    def make(session: Any) -> dict[str, Any]:
        doctor = people.doctor(session)
        day = scheduling.open_day(session)
        scheduling.shift(session, doctor, day)
        return {
            "doctor_id": doctor.employee_id, "chair_id": scheduling.chair(session).chair_id,
            "patient_id": people.patient(session).patient_id, "start_at": f"{day}T10:00",
        }  # fmt: skip

    return clinic.unit(make)


@pytest.mark.both
def test_a_booking_takes_its_slots_and_is_read_back_as_written(
    clinic: Clinic, desk: Program, ready: dict[str, Any]
) -> None:
    answer = desk.post(ROUTE, {**ready, "minutes": 45, "purpose": "Үзлэг", "source": "walk-in"})
    assert answer.status_code == 201, answer.text
    made = answer.json["result"]
    assert made["start_at"] == f"{ready['start_at']}:00+08:00"
    assert made["end_at"].startswith(ready["start_at"][:11] + "10:45")
    assert (made["minutes"], made["status"], made["source"], made["version"]) == (45, "reserved", "walk-in", 1)
    assert made["created_by_user_id"] == clinic.user("Receptionist").id
    assert clinic.count(BookingSlot, BookingSlot.appointment_id == answer.json["id"]) >= 27
    assert not broken_promises(clinic.session)
    listed = desk.rows("appointments", filters=[{"col": "start_at", "opr": "gte", "value": ready["start_at"]}])
    assert [row["appointment_id"] for row in listed] == [answer.json["id"]]


@pytest.mark.parametrize("typed", ["T10:00", "T10:00:00+08:00", "T02:00:00Z", "T11:00+09:00"])
def test_a_moment_is_of_its_offset_else_of_the_clinics_clock(
    clinic: Clinic, desk: Program, ready: dict[str, Any], typed: str
) -> None:
    day = ready["start_at"][:10]
    made = desk.post(ROUTE, {**ready, "start_at": day + typed})
    assert made.status_code == 201, made.text
    assert made.json["result"]["start_at"] == f"{day}T10:00:00+08:00"


def test_the_length_may_be_told_by_the_end(clinic: Clinic, desk: Program, ready: dict[str, Any]) -> None:
    day = ready["start_at"][:11]
    made = desk.post(ROUTE, {**ready, "end_at": f"{day}11:00"})
    assert made.json["result"]["minutes"] == 60
    for end, minutes in ((f"{day}09:00", None), (f"{day}10:07", None), (f"{day}10:30:01", None), (f"{day}12:00", 30)):
        answer = desk.post(ROUTE, {**ready, "start_at": f"{day}12:00", "end_at": end, "minutes": minutes})
        assert answer.status_code == 422, end
        assert answer.json["errors"]


@pytest.mark.both
def test_a_taken_time_is_a_conflict_with_three_free_ones(clinic: Clinic, desk: Program, ready: dict[str, Any]) -> None:
    assert desk.post(ROUTE, ready).status_code == 201
    other = clinic.make(people.patient).patient_id
    answer = desk.post(ROUTE, {**ready, "patient_id": other})
    assert answer.status_code == 409
    assert answer.json["code"] == "time_taken"
    assert len(answer.json["free"]) == 3
    assert desk.post(ROUTE, {**ready, "patient_id": other, "start_at": answer.json["free"][0]}).status_code == 201
    assert clinic.count(Appointment) == 2


def test_the_clinics_four_rules_may_be_overridden_with_a_reason_by_right(
    clinic: Clinic, desk: Program, ready: dict[str, Any]
) -> None:
    late = {**ready, "start_at": ready["start_at"][:11] + "23:00"}
    answer = desk.post(ROUTE, late)
    assert answer.status_code == 422
    assert answer.json["errors"]
    assert program(clinic, "Coordinator").post(ROUTE, {**late, "override_reason": "Яаралтай"}).status_code in (403, 422)
    assert desk.post(ROUTE, {**late, "override_reason": "Яаралтай"}).status_code == 201


def test_a_caller_becomes_a_provisional_patient(clinic: Clinic, desk: Program, ready: dict[str, Any]) -> None:
    body = {**ready, "patient_id": None, "caller_name": "Дорж Бат", "caller_phone": "8800 1122"}
    answer = desk.post(ROUTE, body)
    assert answer.status_code == 201, answer.text
    assert clinic.session.get_one(Patient, answer.json["result"]["patient_id"]).is_provisional
    assert desk.post(ROUTE, {**ready, "patient_id": None}).status_code == 422


@pytest.mark.both
def test_a_change_by_version(clinic: Clinic, desk: Program, ready: dict[str, Any]) -> None:
    key = desk.post(ROUTE, ready).json["id"]
    later = ready["start_at"][:11] + "14:00"
    moved = desk.put(f"{ROUTE}{key}", {"start_at": later, "version": 1})
    assert moved.status_code == 200, moved.text
    assert moved.json["result"]["start_at"] == f"{later}:00+08:00"
    assert moved.json["result"]["version"] == 2
    stale = desk.put(f"{ROUTE}{key}", {"purpose": "Өөр", "version": 1})
    assert stale.status_code == 409
    assert set(stale.json) >= {"message", "code", "free"}
    assert desk.put(f"{ROUTE}{key}", {"purpose": "Өөр", "version": 2}).json["result"]["purpose"] == "Өөр"
    assert not broken_promises(clinic.session)


@pytest.mark.parametrize(
    "body",
    [
        {"patient_id": 1},
        {"status": "came"},
        {"confirmation_sent": True},
        {"receptionist_id": 1},
        {"created_by_user_id": 1},
    ],
)
def test_a_change_moves_no_row_and_no_status(
    clinic: Clinic, desk: Program, ready: dict[str, Any], body: dict[str, Any]
) -> None:
    key = desk.post(ROUTE, ready).json["id"]
    assert desk.put(f"{ROUTE}{key}", body).status_code == 422
    assert desk.post(ROUTE, {**ready, **body}).status_code in (409, 422)


@pytest.mark.both
def test_a_visit_is_moved_from_the_door_to_the_desk(clinic: Clinic, desk: Program) -> None:
    key = clinic.make(scheduling.appointment).appointment_id
    version = desk.get(f"{ROUTE}{key}").json["result"]["version"]
    answer = desk.post(f"{ROUTE}{key}/move", {"to": "confirmed", "version": version})
    assert answer.status_code == 200, answer.text
    assert answer.json["result"]["status"] == "confirmed"
    stale = desk.post(f"{ROUTE}{key}/move", {"to": "cancelled", "version": version})
    assert stale.status_code == 409
    assert stale.json["free"] == []
    version = answer.json["result"]["version"]
    assert desk.post(f"{ROUTE}{key}/move", {"to": "finished", "version": version}).status_code == 422
    gone = desk.post(f"{ROUTE}{key}/move", {"to": "cancelled", "reason": "Ирж чадахгүй", "version": version})
    assert gone.json["result"]["cancel_reason"] == "Ирж чадахгүй"
    assert clinic.count(BookingSlot, BookingSlot.appointment_id == key) == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"to": "came"},
        {"version": 1},
        {"to": 4, "version": 1},
        {"to": "CAME", "version": 1},
        {"to": "came", "version": "1"},
        {"to": "came", "version": 1, "by": 7},
    ],
)
def test_a_move_says_where_to_and_from_which_state(clinic: Clinic, desk: Program, body: dict[str, Any]) -> None:
    key = clinic.make(scheduling.appointment).appointment_id
    assert desk.post(f"{ROUTE}{key}/move", body).status_code == 422


def test_of_eight_programs_that_book_one_time_exactly_one_gets_it(clinic: Clinic, ready: dict[str, Any]) -> None:
    import threading

    patients = [clinic.make(people.patient).patient_id for _ in range(8)]
    desks = [program(clinic, "Receptionist") for _ in patients]
    answers: list[int] = []

    def book(desk: Program, patient: int) -> None:
        answers.append(desk.post(ROUTE, {**ready, "patient_id": patient}).status_code)

    threads = [threading.Thread(target=book, args=pair) for pair in zip(desks, patients, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [201] + [409] * 7
    assert not broken_promises(clinic.session)


def test_the_past_is_not_booked(clinic: Clinic, desk: Program, ready: dict[str, Any]) -> None:
    past = (datetime.fromisoformat(ready["start_at"]) - timedelta(days=400)).isoformat()
    for start in (past, "2026-02-30T10:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", 5, None, "soon", ""):
        answer = desk.post(ROUTE, {**ready, "start_at": start})
        assert answer.status_code == 422, start
        assert "start_at" in answer.json["errors"]


def test_a_services_name_is_the_contracts(clinic: Clinic, desk: Program, ready: dict[str, Any]) -> None:
    service = clinic.make(scheduling.service).service_id
    made = desk.post(ROUTE, {**ready, "planned_service_id": service}).json["result"]
    assert made["planned_service_id"] == service
    found = desk.rows("appointments", filters=[{"col": "planned_service_id", "opr": "rel_o_m", "value": service}])
    assert len(found) == 1
    refused = desk.post(ROUTE, {**ready, "planned_service_id": 987654})
    assert list(refused.json["errors"]) == ["planned_service_id"]
