"""Patients, employees and services for programs: the same rules, one transaction, nothing slipped in."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.catalogue.models import ServicePrice
from app.people.models import Employee, Patient, PatientPhone, PatientSearch
from tests.api.program import Program, program
from tests.factories import catalogue, people
from tests.factories.clinic import Clinic

PHONES = [{"phone_number_val": "9911 2233", "label": "self", "is_primary": True}, {"phone_number_val": "+97688112233"}]
BAT = {"first_name": "Мөнхбат", "last_name": "Дорж", "register_number": "ук03271614", "phones": PHONES}
ROUTE = "/api/v1/patients/"


@pytest.fixture
def desk(clinic: Clinic) -> Program:
    return program(clinic, "Receptionist")


@pytest.mark.both
def test_a_patient_comes_with_phones_search_keys_and_what_the_register_number_says(
    clinic: Clinic, desk: Program
) -> None:
    answer = desk.post(ROUTE, BAT)
    assert answer.status_code == 201, answer.text
    key, made = answer.json["id"], answer.json["result"]
    assert answer.headers["Location"].endswith(f"/patients/{key}")
    assert (made["birthday"], made["gender"], made["register_number"]) == ("2003-07-16", "male", "УК03271614")
    assert [phone["phone_number_val"] for phone in made["phones"]] == ["+97699112233", "+97688112233"]
    assert [phone["is_primary"] for phone in made["phones"]] == [True, False]
    assert made["sms_opt_in"] is True
    assert clinic.count(PatientPhone, PatientPhone.patient_id == key) == 2
    assert clinic.count(PatientSearch, PatientSearch.patient_id == key) > 3
    found = desk.rows("patients", filters=[{"col": "search", "opr": "ct", "value": "munkhbat"}])
    assert [row["patient_id"] for row in found] == [key]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"register_number": "ЧБ85130325"}, "register_number"),
    ({"birthday": "1985-04-03"}, "birthday"),
    ({"phones": PHONES[:1]}, "phones"),
    ({"phones": [PHONES[0], PHONES[0]]}, "phones-1-phone_number_val"),
    ({"phones": [PHONES[0], {"phone_number_val": "12"}]}, "phones-1-phone_number_val"),
    ({"phones": "9911"}, "phones"),
    ({"phones": [1, 2]}, "phones"),
    ({"phones": [{**PHONES[0], "patient_id": 1}, PHONES[1]]}, "phones-0-patient_id"),
    ({"first_name": "  "}, "first_name"),
    ({"first_name": None}, "first_name"),
    ({"first_name": 5}, "first_name"),
    ({"first_name": "a" * 31}, "first_name"),
    ({"first_name": "a\x00b"}, "first_name"),
    ({"first_name": "\ud800"}, "first_name"),
    ({"gender": 0}, "gender"),
    ({"gender": "MALE"}, "gender"),
    ({"birthday": "2026-02-30"}, "birthday"),
    ({"birthday": 20030716}, "birthday"),
    ({"assigned_doctor_id": 987654}, "assigned_doctor_id"),
    ({"assigned_doctor_id": 10**30}, "assigned_doctor_id"),
    ({"assigned_doctor_id": -1}, "assigned_doctor_id"),
    ({"assigned_doctor_id": True}, "assigned_doctor_id"),
    ({"assigned_doctor_id": 1.5}, "assigned_doctor_id"),
    ({"sms_opt_in": "no"}, "sms_opt_in"),
    ({"email": "not an address"}, "email"),
    ({"card_number": "дугаар"}, "card_number"),
]  # fmt: skip


@pytest.mark.both
def test_what_is_wrong_is_told_on_its_field_and_nothing_is_written(clinic: Clinic, desk: Program) -> None:
    before = clinic.count(Patient)
    for change, field in WRONG:
        answer = desk.post(ROUTE, {**BAT, **change})
        assert answer.status_code == 422, f"{change}: {answer.status_code} {answer.text}"
        assert field in answer.json["errors"], f"{change}: {answer.text}"
        assert all(isinstance(text, str) for texts in answer.json["errors"].values() for text in texts)
    assert clinic.count(Patient) == before


@pytest.mark.parametrize(
    "name",
    [
        "user_id",
        "patient_id",
        "status",
        "sort_name",
        "created_at",
        "balance",
        "is_provisional",
        "__class__",
        "full_name",
    ],
)
def test_what_is_no_field_of_the_form_is_refused_not_ignored(clinic: Clinic, desk: Program, name: str) -> None:
    answer = desk.post(ROUTE, {**BAT, name: 1})
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [name]
    key = clinic.make(people.patient).patient_id
    assert desk.put(f"{ROUTE}{key}", {name: 1}).status_code == 422


@pytest.mark.both
def test_one_register_number_is_one_patient(clinic: Clinic, desk: Program) -> None:
    first = desk.post(ROUTE, BAT).json["id"]
    answer = desk.post(ROUTE, {**BAT, "phones": [{"phone_number_val": "80001122"}, {"phone_number_val": "80001123"}]})
    assert answer.status_code == 409
    assert answer.json["patient_id"] == first
    assert answer.json["free"] == []
    assert answer.json["code"]
    assert "register_number" in answer.json["errors"]


def test_who_may_be_registered_already_is_named(clinic: Clinic, desk: Program) -> None:
    known = clinic.make(people.patient, first_name="Сувд", last_name="Ганбат")
    twin = {
        "first_name": "Сувд",
        "last_name": "Ганбат",
        "birthday": known.birthday.isoformat(),
        "gender": "female",
        "phones": PHONES,
    }
    answer = desk.post(ROUTE, twin)
    assert answer.status_code == 409
    assert answer.json["likely"] == [known.patient_id]
    assert desk.post(ROUTE, {**twin, "knows_likely_duplicates": True}).status_code == 201


@pytest.mark.both
def test_a_change_touches_only_what_is_named(clinic: Clinic, desk: Program) -> None:
    key = clinic.make(people.patient, occupation="Багш").patient_id
    before = desk.get(f"{ROUTE}{key}").json["result"]
    answer = desk.put(f"{ROUTE}{key}", {"address": "Сүхбаатар дүүрэг"})
    assert answer.status_code == 200
    after = answer.json["result"]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"address", "updated_at"}
    moved = desk.put(f"{ROUTE}{key}", {"phones": [PHONES[0], PHONES[1]]}).json["result"]
    assert len(moved["phones"]) == 2
    assert clinic.count(PatientPhone, PatientPhone.patient_id == key) == 2


def test_a_stale_change_is_refused(clinic: Clinic, desk: Program) -> None:
    key = clinic.make(people.patient).patient_id
    seen = desk.get(f"{ROUTE}{key}").json["result"]["updated_at"]
    assert desk.put(f"{ROUTE}{key}", {"address": "Нэг", "updated_at": seen}).status_code == 200
    answer = desk.put(f"{ROUTE}{key}", {"address": "Хоёр", "updated_at": seen})
    assert answer.status_code == 409
    assert clinic.session.get_one(Patient, key).address == "Нэг"


def test_a_look_at_a_record_is_kept_and_a_change_too(clinic: Clinic, desk: Program) -> None:
    key = clinic.make(people.patient).patient_id
    desk.get(f"{ROUTE}{key}")
    desk.put(f"{ROUTE}{key}", {"address": "Хаяг"})
    where = (
        AuditLog.table == "patient",
        AuditLog.row == str(key),
        AuditLog.actor_number == clinic.user("Receptionist").id,
    )
    kept = [row.action for row in clinic.session.scalars(sa.select(AuditLog).where(*where))]
    assert kept == [AuditAction.VIEW, AuditAction.UPDATE]


def test_what_is_not_there_is_404_and_what_can_not_be_done_405(clinic: Clinic, desk: Program) -> None:
    for method in ("GET", "PUT"):
        answer = desk.open(method, f"{ROUTE}987654", json={})
        assert answer.status_code == 404
        assert answer.json["message"]
    for path in (f"{ROUTE}{10**20}", f"{ROUTE}-1", f"{ROUTE}x", "/api/v1/nothing/"):
        answer = desk.get(path)
        assert answer.status_code == 404
        assert answer.is_json
    answer = desk.delete(f"{ROUTE}1")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "PUT"}


@pytest.mark.both
def test_an_employee_comes_with_phones_and_positions(clinic: Clinic) -> None:
    boss = program(clinic, "Manager")
    kind = clinic.make(people.position).position_id
    body = {
        "first_name": "Солонго", "last_name": "Бат", "gender": "female", "birthday": "1990-05-06", "hired_at": "2024-01-02",
        "phones": PHONES, "positions": [{"position_id": kind, "started_at": "2024-01-02"}], "commission_bp": 1500,
    }  # fmt: skip
    answer = boss.post("/api/v1/employees/", body)
    assert answer.status_code == 201, answer.text
    made = answer.json["result"]
    assert made["status"] == "active"
    assert made["positions"] == [
        {"position_id": kind, "is_primary": True, "started_at": "2024-01-02", "ended_at": None}
    ]
    assert made["employee_display_number"] > 0
    key = answer.json["id"]
    assert boss.put(f"/api/v1/employees/{key}", {"fired_at": "2020-01-01"}).status_code == 422
    left = boss.put(f"/api/v1/employees/{key}", {"fired_at": "2026-01-01", "status": "not_working"}).json["result"]
    assert (left["status"], left["fired_at"], len(left["phones"]), len(left["positions"])) == (
        "not_working",
        "2026-01-01",
        2,
        1,
    )
    assert (
        boss.post(
            "/api/v1/employees/", {**body, "positions": [{"position_id": 987654, "started_at": "2024-01-02"}]}
        ).status_code
        == 422
    )
    assert boss.post("/api/v1/employees/", {**body, "user_id": 1}).status_code == 422
    assert clinic.count(Employee, Employee.first_name == "Солонго") == 1


@pytest.mark.both
def test_a_new_price_is_written_down_and_needs_its_right(clinic: Clinic) -> None:
    key = clinic.make(catalogue.service).service_id
    boss = program(clinic, "Manager")
    before = clinic.count(ServicePrice, ServicePrice.service_id == key)
    answer = boss.put(f"/api/v1/services/{key}", {"price": 123_456})
    assert answer.status_code == 200, answer.text
    assert answer.json["result"]["price"] == 123_456
    assert clinic.count(ServicePrice, ServicePrice.service_id == key) == before + 1
    for price in (-1, 10**30, "5", 1.5, None):
        assert boss.put(f"/api/v1/services/{key}", {"price": price}).status_code == 422
    assert boss.put(f"/api/v1/services/{key}", {"default_duration_time": 7}).status_code == 422
    assert program(clinic, "Doctor").put(f"/api/v1/services/{key}", {"price": 1}).status_code == 403


def test_a_code_is_taken_once_and_stays(clinic: Clinic) -> None:
    boss = program(clinic, "Manager")
    kind = clinic.make(catalogue.known_type).service_type_id
    body = {
        "code": "api-01", "service_type_id": kind, "price": 50_000,
        "doctor_display_name_mn": "Ломбо", "doctor_display_name_en": "Filling",
        "patient_display_name_mn": "Ломбо", "patient_display_name_en": "Filling",
    }  # fmt: skip
    answer = boss.post("/api/v1/services/", body)
    assert answer.status_code == 201, answer.text
    assert boss.post("/api/v1/services/", body).status_code == 409
    assert boss.put(f"/api/v1/services/{answer.json['id']}", {"code": "other"}).status_code == 422
