"""Lab requests and results as a clinic works with them, and who may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.communication.models import Notification
from app.lab.models import Lab, LabRequest, LabResult
from app.lab.rules import LabRequestKind, LabRequestStatus, ResultFlag
from app.people.models import Employee, Patient
from app.scheduling.models import Holiday
from tests.factories import clinical, lab, people, scheduling
from tests.factories.clinic import Clinic

S = LabRequestStatus


def doctor_of(clinic: Clinic) -> Employee:
    return clinic.session.query(Employee).filter_by(user_id=clinic.user("Doctor").id).one()


def sent(clinic: Clinic, status: LabRequestStatus = S.SENT, **values: Any) -> int:
    return clinic.make(lab.request, status=status, **values).lab_request_id


def row(clinic: Clinic, key: int) -> LabRequest:
    return clinic.session.get_one(LabRequest, key)


@pytest.mark.parametrize(
    ("role", "requests", "writes", "results"),
    [
        ("Admin", 200, True, 200), ("Manager", 200, False, 403), ("Doctor", 200, True, 200), ("Nurse", 200, False, 200),
        ("Assistant", 403, False, 403), ("Receptionist", 200, True, 403), ("Coordinator", 403, False, 403),
        ("Patient", 403, False, 403),
    ],
)  # fmt: skip
def test_who_opens_and_who_moves(clinic: Clinic, role: str, requests: int, writes: bool, results: int) -> None:
    key, browser = sent(clinic), clinic.client(role)
    for path in ("/lab-requests", f"/lab-requests/{key}", f"/lab-requests/{key}.pdf", "/labs"):
        assert browser.get(path).status_code == requests, path
    assert browser.get("/lab-requests/add").status_code == (200 if writes else 403)
    assert browser.get("/lab-results").status_code == results
    moved = browser.submit(f"/lab-requests/{key}/move", {"to": "received"})
    assert moved.status_code == (303 if writes else 403)
    assert row(clinic, key).status is (S.RECEIVED if writes else S.SENT)


@pytest.mark.both
def test_a_request_on_its_way_notes_when_and_is_due_by_the_labs_working_days(clinic: Clinic) -> None:
    browser, patient = clinic.client("Doctor"), clinic.make(people.patient)
    made = clinic.make(lab.lab, working_days=5)
    tomorrow = clinic.today + timedelta(days=1)
    if not clinic.count(Holiday, Holiday.date == tomorrow):
        clinic.make(scheduling.holiday, date=tomorrow, is_closed=True)
    closed = {holiday.date for holiday in clinic.session.query(Holiday).filter_by(is_closed=True)}
    data = {
        "patient_id": patient.patient_id, "doctor_id": doctor_of(clinic).employee_id, "lab_id": made.lab_id,
        "kind": "prosthetic work", "description": "Циркон бүрээс", "teeth": "37 36", "shade": "A2", "cost": "120,000",
    }  # fmt: skip
    answer = browser.submit("/lab-requests/add", data)
    assert answer.status_code == 302
    key = int(answer.location.rsplit("/", 1)[1])
    assert (row(clinic, key).teeth, row(clinic, key).due_on, row(clinic, key).cost) == ("36, 37", None, 120_000)
    assert browser.submit(f"/lab-requests/{key}/move", {"to": "sent"}).status_code == 303
    found = row(clinic, key)
    assert found.sent_at is not None
    days = [clinic.today + timedelta(days=n) for n in range(1, (found.due_on - clinic.today).days + 1)]
    assert sum(day.weekday() != 6 and day not in closed for day in days) == 5
    for to in ("in progress", "received", "rejected", "sent", "received", "fitted"):
        browser.submit(f"/lab-requests/{key}/move", {"to": to})
        assert row(clinic, key).status.value == to
    assert row(clinic, key).received_at is not None
    kept = clinic.count(AuditLog, AuditLog.table == "lab_request", AuditLog.action == AuditAction.UPDATE)
    assert kept >= 7


def test_the_same_form_sent_twice_makes_one_draft(clinic: Clinic) -> None:
    browser, patient = clinic.client("Receptionist"), clinic.make(people.patient)
    doctor = clinic.make(people.doctor)
    data = {"patient_id": patient.patient_id, "doctor_id": doctor.employee_id, "description": "Бүрээс", "kind": ""}
    assert {browser.submit("/lab-requests/add", data).status_code for _ in range(2)} == {302}
    assert clinic.count(LabRequest, LabRequest.patient_id == patient.patient_id) == 1


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("teeth", "99"), ("teeth", "<script>"), ("cost", "-1"), ("cost", "1" + "0" * 30), ("due_on", "2026-02-30"),
        ("description", ""), ("patient_id", "987654"), ("treatment_id", "987654"), ("lab_id", "x"), ("kind", "gold"),
    ],
)  # fmt: skip
def test_garbage_is_told_on_its_field(clinic: Clinic, name: str, typed: str) -> None:
    browser, patient = clinic.client("Admin"), clinic.make(people.patient)
    base = {
        "patient_id": patient.patient_id, "doctor_id": clinic.make(people.doctor).employee_id, "description": "Бүрээс",
    }  # fmt: skip
    answer = browser.submit("/lab-requests/add", {**base, name: typed})
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert clinic.count(LabRequest) == 0


def test_a_visit_of_another_patient_is_refused_and_the_own_one_fills_the_form(clinic: Clinic) -> None:
    visit, browser = clinic.make(clinical.treatment), clinic.client("Doctor")
    other = clinic.make(people.patient)
    page = browser.get(f"/lab-requests/add?treatment_id={visit.treatment_id}").text
    assert clinic.session.get_one(Patient, visit.patient_id).title in page
    data = {"patient_id": other.patient_id, "treatment_id": visit.treatment_id, "description": "Бүрээс"}
    assert browser.submit("/lab-requests/add", {**data, "doctor_id": visit.doctor_id}).status_code == 422
    data["patient_id"] = visit.patient_id
    assert browser.submit("/lab-requests/add", {**data, "doctor_id": visit.doctor_id}).status_code == 302


def test_moves_that_are_not_in_the_table_change_nothing(clinic: Clinic) -> None:
    browser = clinic.client("Doctor")
    draft, test = sent(clinic, S.DRAFT), sent(clinic, S.RECEIVED, kind=LabRequestKind.MEDICAL_TEST)
    for key, to, stays in ((draft, "fitted", S.DRAFT), (test, "fitted", S.RECEIVED), (draft, "received", S.DRAFT)):
        browser.submit(f"/lab-requests/{key}/move", {"to": to})
        assert row(clinic, key).status is stays
    assert browser.submit(f"/lab-requests/{draft}/move", {"to": "nowhere"}).status_code == 422
    assert browser.submit("/lab-requests/987654/move", {"to": "sent"}).status_code == 404
    clinic.unit(lambda s: setattr(s.get_one(LabRequest, draft), "lab_id", None))
    browser.submit(f"/lab-requests/{draft}/move", {"to": "sent"})
    assert row(clinic, draft).status is S.DRAFT


def test_what_is_at_the_lab_keeps_its_teeth_but_not_its_day(clinic: Clinic) -> None:
    key, browser = sent(clinic), clinic.client("Doctor")
    found = row(clinic, key)
    data = {
        "lock_token": found.updated_at.isoformat(), "doctor_id": found.doctor_id, "lab_id": found.lab_id,
        "description": found.description, "teeth": "36", "shade": "A2", "kind": "prosthetic work",
        "due_on": "2031-01-01", "cost": "5",
    }  # fmt: skip
    assert browser.submit(f"/lab-requests/{key}/edit", {**data, "teeth": "37"}).status_code == 422
    assert browser.submit(f"/lab-requests/{key}/edit", data).status_code == 302
    assert (row(clinic, key).teeth, row(clinic, key).cost, row(clinic, key).due_on.year) == ("36", 5, 2031)


@pytest.mark.both
def test_the_list_tells_what_is_overdue(clinic: Clinic) -> None:
    late, early = sent(clinic), sent(clinic)
    clinic.unit(lambda s: setattr(s.get_one(LabRequest, late), "due_on", clinic.today - timedelta(days=1)))
    page = clinic.client("Manager").get("/lab-requests?only=overdue").text
    assert f'href="/lab-requests/{late}"' in page
    assert f'href="/lab-requests/{early}"' not in page
    assert "tag-danger" in page
    assert "tag-danger" not in clinic.client("Manager").get(f"/lab-requests/{early}").text


def test_an_export_holds_words_and_no_tags(clinic: Clinic) -> None:
    late = sent(clinic, description="=1+1")
    clinic.unit(lambda s: setattr(s.get_one(LabRequest, late), "due_on", clinic.today - timedelta(days=1)))
    text = clinic.client("Manager").get("/lab-requests/export.csv").text
    assert "<" not in text
    assert "'=1+1" in text


def test_the_slip_is_a_pdf_that_can_be_checked_once_it_was_sent(clinic: Clinic) -> None:
    key, browser = sent(clinic, material="Ц" * 70), clinic.client("Receptionist")
    assert browser.get(f"/lab-requests/{key}.pdf").data.startswith(b"%PDF")
    assert clinic.count(AuditLog, AuditLog.table == "lab_request", AuditLog.action == AuditAction.PRINT) == 1
    draft = sent(clinic, S.DRAFT)
    assert browser.get(f"/lab-requests/{draft}.pdf").status_code == 200


def result_form(key: int, **values: str) -> dict[str, Any]:
    base = {
        "lab_request_id": key, "test_name": "Глюкоз", "value": "5.1", "unit": "ммоль/л", "flag": "normal",
        "reported_at": f"{datetime.now(UTC):%Y-%m-%d} 00:30",
    }  # fmt: skip
    return {**base, **values}


@pytest.mark.both
def test_a_result_brings_its_test_back_and_is_reviewed_by_a_doctor_once(clinic: Clinic) -> None:
    key, doctor = sent(clinic, kind=LabRequestKind.MEDICAL_TEST), clinic.client("Doctor")
    answer = doctor.submit("/lab-results/add", result_form(key, flag="high"))
    assert answer.status_code == 302
    assert doctor.submit("/lab-results/add", result_form(key, flag="high")).status_code == 409
    assert row(clinic, key).status is S.RECEIVED
    result = int(answer.location.rsplit("/", 1)[1])
    for role in ("Admin", "Nurse", "Receptionist"):
        assert clinic.client(role).submit(f"/lab-results/{result}/review", {"action": "x"}).status_code == 403
    assert doctor.submit(f"/lab-results/{result}/review", {"action": ""}).status_code == 422
    assert doctor.submit(f"/lab-results/{result}/review", {"action": "Дахин шинжилнэ"}).status_code == 303
    found = clinic.session.get_one(LabResult, result)
    assert (found.reviewed_by, found.action) == (clinic.user("Doctor").id, "Дахин шинжилнэ")
    assert doctor.submit(f"/lab-results/{result}/review", {"action": "Өөр"}).status_code == 422
    form = {**result_form(key), "lock_token": found.updated_at.isoformat()}
    assert doctor.submit(f"/lab-results/{result}/edit", form).status_code == 422
    assert clinic.session.get_one(LabResult, result).flag is ResultFlag.HIGH


def test_results_of_the_future_and_of_drafts_are_refused_and_looks_are_kept(clinic: Clinic) -> None:
    doctor = clinic.client("Doctor")
    key = sent(clinic, kind=LabRequestKind.MEDICAL_TEST)
    assert doctor.submit("/lab-results/add", result_form(key, reported_at="2090-01-01 10:00")).status_code == 422
    assert doctor.submit("/lab-results/add", result_form(sent(clinic, S.DRAFT))).status_code == 422
    result = clinic.make(lab.result)
    owner = row(clinic, result.lab_request_id).patient_id
    doctor.get(f"/lab-results/{result.lab_result_id}")
    looked = (AuditLog.action == AuditAction.VIEW, AuditLog.table == "lab_result", AuditLog.patient_number == owner)
    assert clinic.count(AuditLog, *looked) == 1


def test_a_lab_is_switched_off_and_no_longer_offered(clinic: Clinic) -> None:
    made, browser = clinic.make(lab.lab, name="Унтарсан"), clinic.client("Receptionist")
    found = clinic.session.get_one(Lab, made.lab_id)
    data = {"lock_token": found.updated_at.isoformat(), "name": "Унтарсан", "working_days": "7"}
    assert browser.submit(f"/labs/{made.lab_id}/edit", data).status_code == 302
    assert browser.get("/lab-requests/lookup/lab_id?q=унтар").get_json() == []


@pytest.mark.both
def test_a_critical_result_is_told_once_to_the_doctor_who_asked(clinic: Clinic) -> None:
    asked = clinic.make(lab.request, doctor=doctor_of(clinic), kind=LabRequestKind.MEDICAL_TEST, status=S.SENT)
    nurse_made = clinic.client("Admin").submit("/lab-results/add", result_form(asked.lab_request_id, flag="high"))
    key = int(nurse_made.location.rsplit("/", 1)[1])
    assert clinic.count(Notification) == 0
    for _ in range(2):
        token = clinic.session.get_one(LabResult, key).updated_at.isoformat()
        form = {**result_form(asked.lab_request_id, flag="critical"), "lock_token": token}
        assert clinic.client("Admin").submit(f"/lab-results/{key}/edit", form).status_code == 302
    told = clinic.session.query(Notification).all()
    assert [(row.user_id, row.link) for row in told] == [(clinic.user("Doctor").id, f"/lab-results/{key}")]


def test_a_critical_result_for_a_doctor_without_a_sign_in_is_told_to_all_doctors(clinic: Clinic) -> None:
    clinic.make(lab.result, flag=ResultFlag.CRITICAL)
    assert {row.user_id for row in clinic.session.query(Notification)} == {clinic.user("Doctor").id}
