"""The treatment page: who may, what it writes, what it refuses, how much it asks of the database."""

import re
from typing import Any

import pytest

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.catalogue.rules import Scope
from app.clinical.models import (
    Prescription,
    PrescriptionItem,
    ToothFinding,
    Treatment,
    TreatmentDiagnosis,
    TreatmentItem,
    TreatmentItemTooth,
)
from app.clinical.rules import Condition, Outcome, TreatmentStatus, VisitType
from app.people.models import Employee, Patient
from app.people.rules import Allergen
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from tests.factories import clinical, people, scheduling
from tests.factories.clinic import Clinic

HTMX = {"HX-Request": "true"}


def doctor_of(clinic: Clinic) -> Employee:
    return clinic.session.query(Employee).filter_by(user_id=clinic.user("Doctor").id).one()


def own_visit(clinic: Clinic, **values: Any) -> Treatment:
    return clinic.make(clinical.treatment, doctor=doctor_of(clinic), **values)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("Admin", 200), ("Doctor", 200), ("Nurse", 200), ("Manager", 403), ("Assistant", 403), ("Receptionist", 403),
        ("Coordinator", 403), ("Patient", 403), (None, 302),
    ],
)  # fmt: skip
def test_who_opens_the_page(clinic: Clinic, role: str | None, status: int) -> None:
    visit = clinic.make(clinical.treatment)
    browser = clinic.client(role)
    for path in ("", "/history", "/part/work"):
        answer = browser.get(f"/treatments/{visit.treatment_id}{path}", headers=HTMX)
        assert answer.status_code == (401 if role is None else status), path  # a part leads its page to the sign-in


@pytest.mark.parametrize("role", ["Nurse", "Receptionist", "Manager", None])
def test_who_may_not_write_changes_nothing(clinic: Clinic, role: str | None) -> None:
    item, finding = clinic.make(clinical.item), clinic.make(clinical.finding)
    draft, service = clinic.make(clinical.draft), clinic.make(clinical.service)
    pk, key = item.treatment_id, item.treatment_item_id
    browser = clinic.client(role)
    for path, data in (
        (f"/treatments/{pk}/items", {"service_id": service.service_id}),
        (f"/treatments/{pk}/items/{key}", {"quantity": "3"}),
        (f"/treatments/{pk}/items/{key}/remove", {}),
        (f"/treatments/{pk}/items/{key}/outcome", {"outcome": "good", "outcome_on": "2026-01-01"}),
        (f"/treatments/{pk}/findings", {"tooth": "36", "condition": "caries"}),
        (f"/treatments/{pk}/findings/{finding.tooth_finding_id}/end", {}),
        (f"/treatments/{pk}/diagnoses", {"diagnosis_code_id": 1}),
        (f"/treatments/{pk}/visit", {"visit_type": "exam"}),
        (f"/treatments/{pk}/done", {}),
        (f"/treatments/{pk}/case", {}),
        (f"/prescriptions/for/{pk}/add", {"medicine_id": 1, "dosage": "1", "frequency": "1", "quantity": "1"}),
        (f"/prescriptions/{draft.prescription_id}/issue", {}),
        (f"/prescriptions/{draft.prescription_id}/discard", {}),
        (f"/prescriptions/items/{draft.prescription_item_id}/remove", {}),
        ("/treatments/add", {"patient_id": 1}),
    ):
        assert browser.submit(path, data).status_code == (302 if role is None else 403), path
    assert (clinic.count(TreatmentItem), clinic.count(ToothFinding), clinic.count(PrescriptionItem)) == (1, 1, 1)
    assert clinic.session.get_one(Treatment, pk).status is TreatmentStatus.IN_PROGRESS


def test_a_nurse_reads_the_work_and_finds_nothing_to_press(clinic: Clinic) -> None:
    item = clinic.make(clinical.item)
    clinic.make(clinical.draft, visit=clinic.session.get_one(Treatment, item.treatment_id))
    page = clinic.client("Nurse").get(f"/treatments/{item.treatment_id}").text
    assert "36 O" in page
    main = page[page.index("<main") :]
    assert not re.findall(r'<form[^>]+action="/(?:treatments/\d|prescriptions)', main)
    assert 'href="/prescriptions' not in main


def test_a_doctor_works_on_the_patient_of_another_doctor(clinic: Clinic) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service)
    answer = clinic.client("Doctor").submit(
        f"/treatments/{visit.treatment_id}/items", {"service_id": service.service_id}
    )
    assert answer.status_code == 303
    assert clinic.count(TreatmentItem) == 1


def test_every_part_of_the_page_works_as_a_plain_form(clinic: Clinic) -> None:
    visit = own_visit(clinic)
    pk, service = visit.treatment_id, clinic.make(clinical.service)
    browser = clinic.client("Doctor")
    added = browser.submit(f"/treatments/{pk}/items", {"service_id": service.service_id, "surface": ["36O", "36M"]})
    assert added.headers["Location"].endswith(f"/treatments/{pk}#work")
    item = clinic.session.query(TreatmentItem).one()
    form = {"lock_token": item.updated_at.isoformat(), "quantity": "2", "discount": "5,000", "tooth": "46"}
    assert browser.submit(f"/treatments/{pk}/items/{item.treatment_item_id}", form).status_code == 303
    changed = clinic.session.query(TreatmentItem).one()
    assert (changed.quantity, changed.discount) == (2, 5_000)
    assert clinic.session.query(TreatmentItemTooth).one().tooth.code == "46"
    assert browser.submit(f"/treatments/{pk}/findings", {"surface": "36O", "condition": "caries"}).status_code == 303
    finding = clinic.session.query(ToothFinding).one()
    assert (finding.condition, finding.surfaces, finding.treatment_id) == (Condition.CARIES, "O", pk)
    assert finding.noted_by == doctor_of(clinic).employee_id
    assert browser.submit(f"/treatments/{pk}/findings/{finding.tooth_finding_id}/end").status_code == 303
    diagnosis = {"diagnosis_code_id": "1", "tooth": ["36", "37"]}
    assert browser.submit(f"/treatments/{pk}/diagnoses", diagnosis).status_code == 303
    first, second = clinic.session.query(TreatmentDiagnosis).all()
    gone = browser.submit(f"/treatments/{pk}/diagnoses/{first.treatment_diagnosis_id}/remove")
    assert gone.status_code == 303
    assert [row.treatment_diagnosis_id for row in clinic.session.query(TreatmentDiagnosis)] == [
        second.treatment_diagnosis_id
    ]
    assert browser.submit(f"/treatments/{pk}/items/{item.treatment_item_id}/remove").status_code == 303
    assert clinic.count(TreatmentItem) == 0


def test_a_part_comes_alone_to_a_page_that_is_open(clinic: Clinic) -> None:
    visit, service = own_visit(clinic), clinic.make(clinical.service)
    answer = clinic.client("Doctor").submit(
        f"/treatments/{visit.treatment_id}/items", {"service_id": service.service_id, "tooth": "36"}, headers=HTMX
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert service.doctor_display_name_en in answer.text


@pytest.mark.parametrize(
    "data",
    [
        {"surface": "11O"},
        {"surface": "36I"},
        {"tooth": "19"},
        {"tooth": "<script>"},
        {"tooth": ["36", "37"], "scope": "single_tooth"},
        {"tooth": "36", "scope": "none"},
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": "1000"},
        {"quantity": "9" * 30},
        {"quantity": "=1+1"},
        {"discount": "-5"},
        {"discount": "8001"},
        {"discount": "9" * 30},
        {"scope": "everything"},
        {"performed_by": "999999"},
        {"performed_by": "x"},
        {"service_id": "999999"},
        {"service_id": ""},
        {"service_id": "x" * 5_000},
    ],
    ids=str,
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_wrong_input_is_refused_and_what_was_picked_stays(clinic: Clinic, data: Any, headers: Any) -> None:
    visit, service = own_visit(clinic), clinic.make(clinical.service, price=80_000)
    form = {"service_id": service.service_id, "tooth": "46", **data}
    answer = clinic.client("Doctor").submit(f"/treatments/{visit.treatment_id}/items", form, headers=headers)
    assert answer.status_code == 422
    assert 'id="problems"' in answer.text
    assert clinic.count(TreatmentItem) == 0
    if "tooth" not in data:
        assert re.search(r'value="46"[^>]*checked', answer.text)


def test_a_form_made_before_somebody_elses_change_is_refused(clinic: Clinic) -> None:
    item = clinic.make(clinical.item)
    path = f"/treatments/{item.treatment_id}/items/{item.treatment_item_id}"
    stale = {"lock_token": item.updated_at.isoformat(), "quantity": "2", "tooth": "36"}
    browser = clinic.client("Doctor")
    assert browser.submit(path, stale).status_code == 303
    assert browser.submit(path, {**stale, "quantity": "5"}).status_code == 409
    assert browser.submit(path, {"quantity": "7"}).status_code == 409
    assert clinic.session.get_one(TreatmentItem, item.treatment_item_id).quantity == 2


def test_a_form_sent_twice_writes_once(clinic: Clinic) -> None:
    visit, service = own_visit(clinic), clinic.make(clinical.service)
    medicine = clinic.make(clinical.medicine)
    browser, pk = clinic.client("Doctor"), visit.treatment_id
    work = {"service_id": service.service_id, "tooth": "36", "after": "0"}
    marks = {"surface": "36O", "condition": "caries"}
    rx = {"medicine_id": medicine.medicine_id, "dosage": "1", "frequency": "2", "quantity": "1"}
    for _ in range(2):
        assert browser.submit(f"/treatments/{pk}/items", work).status_code == 303
        assert browser.submit(f"/treatments/{pk}/findings", marks).status_code == 303
    assert browser.submit(f"/prescriptions/for/{pk}/add", rx).status_code == 303
    assert browser.submit(f"/prescriptions/for/{pk}/add", rx).status_code == 409
    counts = [clinic.count(model) for model in (TreatmentItem, ToothFinding, PrescriptionItem, Prescription)]
    assert counts == [1, 1, 1, 1]


def test_ids_of_others_are_not_found(clinic: Clinic) -> None:
    visit, item = own_visit(clinic), clinic.make(clinical.item)
    finding, diagnosis = clinic.make(clinical.finding), clinic.make(clinical.diagnosis)
    browser, pk = clinic.client("Doctor"), visit.treatment_id
    for path in (
        f"/treatments/{pk}/items/{item.treatment_item_id}/remove",
        f"/treatments/{pk}/items/{item.treatment_item_id}",
        f"/treatments/{pk}/items/999999/outcome",
        f"/treatments/{pk}/findings/{finding.tooth_finding_id}/end",
        f"/treatments/{pk}/diagnoses/{diagnosis.treatment_diagnosis_id}/remove",
        "/treatments/999999/items",
        "/treatments/999999/done",
        "/prescriptions/for/999999/add",
        "/prescriptions/999999/issue",
        "/prescriptions/items/999999/remove",
        "/prescriptions/999999/repeat",
    ):
        assert browser.submit(path, {}).status_code == 404, path
    for path in (
        "/treatments/999999", "/treatments/999999/history", f"/treatments/{pk}/part/nothing", "/treatments/of/999999",
        "/treatments/find/nothing", "/prescriptions/999999", "/prescriptions/999999.pdf",
    ):  # fmt: skip
        assert browser.get(path).status_code == 404, path
    assert clinic.count(TreatmentItem) == 1


@pytest.mark.parametrize("query", ["item=x", "item=" + "9" * 40, "medicine=-1", "primary=%00", "medicine=" + "9" * 40])
def test_odd_addresses_still_answer(clinic: Clinic, query: str) -> None:
    visit = own_visit(clinic)
    assert clinic.client("Doctor").get(f"/treatments/{visit.treatment_id}?{query}").status_code == 200
    usual = f"/prescriptions/for/{visit.treatment_id}/usual?medicine_id={'9' * 40}"
    assert clinic.client("Doctor").get(usual).status_code == 200


def test_complaint_and_kind_are_kept_and_a_stale_form_is_refused(clinic: Clinic) -> None:
    visit = own_visit(clinic)
    path, browser = f"/treatments/{visit.treatment_id}/visit", clinic.client("Doctor")
    form = {"lock_token": visit.updated_at.isoformat(), "visit_type": "emergency", "chief_complaint": "Өвдөж байна <b>"}
    assert browser.submit(path, form).status_code == 303
    kept = clinic.session.get_one(Treatment, visit.treatment_id)
    assert (kept.visit_type, kept.chief_complaint) == (VisitType.EMERGENCY, "Өвдөж байна <b>")
    again = browser.submit(path, {**form, "chief_complaint": "typed by the second"})
    assert again.status_code == 409
    assert "typed by the second" in again.text
    too_long = browser.submit(path, {**form, "chief_complaint": "ө" * 10_001})
    assert too_long.status_code == 422
    assert "&lt;b&gt;" in browser.get(f"/treatments/{visit.treatment_id}").text


def test_the_head_tells_the_alerts_and_the_balance_only_to_who_may_see_it(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    clinic.make(people.allergy, person=patient, name="Пенициллин", allergen=Allergen.PENICILLIN)
    visit = clinic.make(clinical.treatment, patient=patient)
    pages = {role: clinic.client(role).get(f"/treatments/{visit.treatment_id}").text for role in ("Doctor", "Nurse")}
    assert all("alert-strip" in page and "Пенициллин" in page for page in pages.values())
    assert "0 ₮" in pages["Doctor"]
    assert "0 ₮" not in pages["Nurse"]


def test_a_look_is_kept(clinic: Clinic) -> None:
    visit = own_visit(clinic)
    clinic.client("Doctor").get(f"/treatments/{visit.treatment_id}")
    seen = clinic.session.query(AuditLog).filter_by(action=AuditAction.VIEW, table="treatment").one()
    assert (seen.row, seen.patient_number) == (str(visit.treatment_id), visit.patient_id)


def test_treated_moves_the_appointment_and_not_before_the_work_has_its_teeth(clinic: Clinic) -> None:
    booked = clinic.make(scheduling.appointment, doctor=doctor_of(clinic), status=AppointmentStatus.IN_TREATMENT)
    browser = clinic.client("Doctor")
    opened = browser.get(f"/treatments/of/{booked.appointment_id}")
    assert opened.status_code == 302
    pk = int(opened.headers["Location"].rsplit("/", 1)[1])
    visit = clinic.session.get_one(Treatment, pk)
    item = clinic.make(clinical.item, visit=visit, teeth={})
    refused = browser.submit(f"/treatments/{pk}/done")
    assert refused.status_code == 422
    assert clinic.session.get_one(Appointment, booked.appointment_id).status is AppointmentStatus.IN_TREATMENT
    browser.submit(f"/treatments/{pk}/items/{item.treatment_item_id}/remove")
    assert browser.submit(f"/treatments/{pk}/done").status_code == 303
    assert clinic.session.get_one(Appointment, booked.appointment_id).status is AppointmentStatus.TREATED
    assert clinic.session.get_one(Treatment, pk).status is TreatmentStatus.COMPLETED
    assert browser.submit(f"/treatments/{pk}/reopen").status_code == 422  # the appointment says how far it is


def test_a_patient_who_is_here_goes_into_the_chair_by_one_press(clinic: Clinic) -> None:
    booked = clinic.make(scheduling.appointment, doctor=doctor_of(clinic), status=AppointmentStatus.CAME)
    browser = clinic.client("Doctor")
    answer = browser.submit(f"/treatments/begin/{booked.appointment_id}")
    assert answer.status_code == 303
    visit = clinic.session.query(Treatment).one()
    assert answer.headers["Location"].endswith(f"/treatments/{visit.treatment_id}")
    assert clinic.session.get_one(Appointment, booked.appointment_id).status is AppointmentStatus.IN_TREATMENT
    assert browser.submit(f"/treatments/begin/{booked.appointment_id}").status_code == 302  # it is there already
    assert clinic.count(Treatment) == 1


def test_a_visit_without_an_appointment_is_recorded_done_and_opened_again(clinic: Clinic) -> None:
    browser, patient = clinic.client("Doctor"), clinic.make(people.patient)
    form = {
        "patient_id": patient.patient_id, "doctor_id": doctor_of(clinic).employee_id, "visit_type": "emergency",
        "treatment_date": f"{clinical.today()} 00:01", "chief_complaint": "Хавдсан",
    }  # fmt: skip
    made = browser.submit("/treatments/add", form)
    visit = clinic.session.query(Treatment).one()
    assert made.headers["Location"].endswith(f"/treatments/{visit.treatment_id}")
    late = browser.submit("/treatments/add", {**form, "treatment_date": "2090-01-01 10:00"})
    assert late.status_code == 422
    assert browser.submit(f"/treatments/{visit.treatment_id}/done").status_code == 303
    assert clinic.session.get_one(Patient, patient.patient_id).last_seen_at is not None
    assert browser.submit(f"/treatments/{visit.treatment_id}/reopen").status_code == 303
    assert clinic.session.get_one(Treatment, visit.treatment_id).status is TreatmentStatus.IN_PROGRESS


def test_the_outcome_is_written_on_a_treated_visit(clinic: Clinic) -> None:
    item = clinic.make(clinical.item)
    path = f"/treatments/{item.treatment_id}/items/{item.treatment_item_id}/outcome"
    browser = clinic.client("Doctor")
    assert browser.submit(path, {"outcome": "failed", "outcome_on": "2020-01-01"}).status_code == 422
    assert browser.submit(path, {"outcome": "failed", "outcome_on": clinical.today().isoformat()}).status_code == 303
    assert clinic.session.get_one(TreatmentItem, item.treatment_item_id).outcome is Outcome.FAILED


def test_an_earlier_visit_can_be_continued(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    first = clinic.make(clinical.treatment, patient=patient)
    second = clinic.make(clinical.treatment, patient=patient)
    browser = clinic.client("Doctor")
    page = browser.get(f"/treatments/{second.treatment_id}/history").text
    assert f'name="case_id" value="{first.treatment_id}"' in page
    answer = browser.submit(f"/treatments/{second.treatment_id}/case", {"case_id": first.treatment_id})
    assert answer.status_code == 303
    assert clinic.session.get_one(Treatment, second.treatment_id).case_id == first.treatment_id
    stranger = clinic.make(clinical.treatment)
    wrong = browser.submit(f"/treatments/{second.treatment_id}/case", {"case_id": stranger.treatment_id})
    assert wrong.status_code == 422


@pytest.mark.parametrize(("system", "shown"), [("universal", "19"), ("palmer", "6LL"), ("fdi", "36")])
def test_teeth_are_numbered_as_one_chooses(clinic: Clinic, system: str, shown: str) -> None:
    item = clinic.make(clinical.item)
    browser = clinic.client("Doctor")
    form = {"system": system, "treatment": item.treatment_id}
    assert browser.submit("/treatments/numbering", form).status_code == 303
    page = browser.get(f"/treatments/{item.treatment_id}").text
    assert f"{shown} O" in page
    assert browser.submit("/treatments/numbering", {**form, "system": "roman"}).status_code == 422
    assert browser.submit("/treatments/numbering", {**form, "treatment": "//evil"}).status_code == 422


def test_primary_teeth_show_where_the_patient_has_them(clinic: Clinic) -> None:
    adult = own_visit(clinic)
    child = own_visit(clinic, patient=clinic.make(people.patient, dentition="mixed"))
    browser = clinic.client("Doctor")
    assert 'value="75"' not in browser.get(f"/treatments/{adult.treatment_id}").text
    assert 'value="75"' in browser.get(f"/treatments/{adult.treatment_id}?primary=1").text
    assert 'value="75"' in browser.get(f"/treatments/{child.treatment_id}").text


def test_the_page_asks_the_database_a_bounded_number_of_times(clinic: Clinic) -> None:
    visit = own_visit(clinic)
    patient = clinic.session.get_one(Patient, visit.patient_id)
    browser, counts = clinic.client("Doctor"), []
    paths = [f"/treatments/{visit.treatment_id}{tail}" for tail in ("", "/history")]
    for round_ in range(2):
        for _ in range(3):
            clinic.make(clinical.item, visit=visit)
            clinic.make(clinical.diagnosis, visit=visit, **{str(11 + clinic.count(TreatmentDiagnosis)): ""})
            clinic.make(clinical.finding, patient=patient, teeth={str(31 + clinic.count(ToothFinding)): ""})
            clinic.make(clinical.prescription, visit=visit)
            clinic.make(clinical.prescription, visit=own_visit(clinic, patient=patient))
        clinic.make(clinical.draft, visit=visit)
        for path in paths:
            browser.get(path)
            with clinic.statements() as seen:
                assert browser.get(path).status_code == 200
            counts.append(len(seen))
            assert len(seen) <= 16, (round_, path, seen)  # one more than other pages: the sterile packages
    assert counts[:2] == counts[2:]


def test_searches_find_what_the_page_needs(clinic: Clinic) -> None:
    service = clinic.make(clinical.service, scope=Scope.SINGLE_TOOTH)
    browser = clinic.client("Doctor")
    found = browser.get(f"/treatments/find/service?q={service.doctor_display_name_en}").get_json()
    assert service.service_id in [row["id"] for row in found]
    for kind in ("diagnosis", "medicine", "performer", "doctor", "assistant"):
        assert browser.get(f"/treatments/find/{kind}?q=").get_json(), kind
    assert clinic.client("Receptionist").get("/treatments/find/medicine").status_code == 403
