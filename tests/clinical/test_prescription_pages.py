"""Prescribing on the treatment page, the record, the paper, and the lists of this room."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.clinical.models import Prescription, PrescriptionItem, Treatment
from app.clinical.rules import PrescriptionStatus
from app.people.models import Employee, Patient
from app.people.rules import Allergen
from app.security.models import ShareLink
from app.security.rules import Locale
from tests.factories import clinical, people
from tests.factories.clinic import Clinic

HTMX = {"HX-Request": "true"}


def doctor_of(clinic: Clinic) -> Employee:
    return clinic.session.query(Employee).filter_by(user_id=clinic.user("Doctor").id).one()


def own_visit(clinic: Clinic, **values: Any) -> Treatment:
    return clinic.make(clinical.treatment, doctor=doctor_of(clinic), **values)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("Admin", 200), ("Doctor", 200), ("Nurse", 403), ("Manager", 403), ("Assistant", 403), ("Receptionist", 403),
        ("Coordinator", 403), ("Patient", 403), (None, 302),
    ],
)  # fmt: skip
def test_who_opens_prescriptions(clinic: Clinic, role: str | None, status: int) -> None:
    key = clinic.make(clinical.prescription).prescription_id
    browser = clinic.client(role)
    for path in ("/prescriptions", f"/prescriptions/{key}", f"/prescriptions/{key}.pdf", "/prescription-items/"):
        assert browser.get(path).status_code == status, path


def test_something_used_before_is_prescribed_by_two_presses_on_the_page(clinic: Clinic) -> None:
    earlier = clinic.make(clinical.prescription, visit=own_visit(clinic), dosage="2 шахмал")
    visit, browser = own_visit(clinic), clinic.client("Doctor")
    page = browser.get(f"/treatments/{visit.treatment_id}").text
    again = re.search(rf'action="(/prescriptions/for/{visit.treatment_id}/again/\d+)"', page)
    assert again is not None
    written = browser.submit(again[1], headers=HTMX)
    issue = re.search(r'action="(/prescriptions/\d+/issue)"', written.text)
    assert issue is not None
    issued = browser.submit(issue[1], headers=HTMX)
    assert issued.status_code == 200
    rows = clinic.session.query(Prescription).filter_by(treatment_id=visit.treatment_id).all()
    assert [(row.status, row.doctor_id) for row in rows] == [(PrescriptionStatus.ISSUED, earlier.doctor_id)]
    assert rows[0].number in issued.text
    assert clinic.session.query(PrescriptionItem).filter_by(prescription_id=rows[0].row_id).one().dosage == "2 шахмал"


def test_choosing_a_medicine_brings_its_usual_directions_in_the_patients_language(clinic: Clinic) -> None:
    medicine = clinic.make(clinical.medicine)
    browser = clinic.client("Doctor", locale="en")
    for locale, dosage in ((Locale.MN, "1 шахмал"), (Locale.EN, "1 tablet")):
        visit = own_visit(clinic, patient=clinic.make(people.patient, preferred_locale=locale))
        path = f"/prescriptions/for/{visit.treatment_id}/usual"
        part = browser.get(f"{path}?medicine_id={medicine.medicine_id}", headers=HTMX).text
        assert f'value="{dosage}"' in part
        assert 'name="override_reason"' not in part
        plain = browser.submit(path, {"medicine_id": medicine.medicine_id}).text
        assert f'value="{dosage}"' in plain
        assert "<html" in plain


def test_an_allergy_warns_on_choosing_and_stops_on_adding_until_there_is_a_reason(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    clinic.make(people.allergy, person=patient, name="Пенициллин", allergen=Allergen.PENICILLIN)
    visit, medicine = own_visit(clinic, patient=patient), clinic.make(clinical.medicine, allergens=["penicillin"])
    browser, pk = clinic.client("Doctor"), visit.treatment_id
    warned = browser.get(f"/prescriptions/for/{pk}/usual?medicine_id={medicine.medicine_id}", headers=HTMX).text
    assert 'name="override_reason"' in warned
    form = {"medicine_id": medicine.medicine_id, "dosage": "1", "frequency": "<b>2</b>", "quantity": "3"}
    refused = browser.submit(f"/prescriptions/for/{pk}/add", form, headers=HTMX)
    assert refused.status_code == 422
    assert 'name="override_reason"' in refused.text
    assert "&lt;b&gt;2&lt;/b&gt;" in refused.text  # what was typed stays, as text
    assert clinic.count(Prescription) == 0
    done = browser.submit(f"/prescriptions/for/{pk}/add", {**form, "override_reason": "тест сөрөг"}, headers=HTMX)
    assert done.status_code == 200
    assert "тест сөрөг" in done.text
    clinic.make(clinical.prescription, visit=own_visit(clinic), of=medicine)
    earlier = clinic.session.query(PrescriptionItem).order_by(PrescriptionItem.prescription_item_id.desc()).first()
    other = own_visit(clinic, patient=patient)
    chip = browser.submit(f"/prescriptions/for/{other.treatment_id}/again/{earlier.row_id}", headers=HTMX)
    assert chip.status_code == 422
    assert 'name="override_reason"' in chip.text


@pytest.mark.parametrize(
    "data",
    [
        {"medicine_id": ""}, {"medicine_id": "999999"}, {"dosage": ""}, {"frequency": " "}, {"quantity": "0"},
        {"quantity": "1e3"}, {"dosage": "ө" * 161}, {"instructions": "x" * 256}, {"route": "by ear"},
        {"duration": "\x00"}, {"override_reason": "r" * 256},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_directions_are_refused(clinic: Clinic, data: dict[str, str]) -> None:
    visit, medicine = own_visit(clinic), clinic.make(clinical.medicine)
    form = {"medicine_id": medicine.medicine_id, "dosage": "1", "frequency": "2", "quantity": "1", **data}
    answer = clinic.client("Doctor").submit(f"/prescriptions/for/{visit.treatment_id}/add", form)
    assert answer.status_code == 422
    assert clinic.count(PrescriptionItem) == 0


def test_a_medicine_on_a_draft_can_be_changed_and_removed_until_it_is_issued(clinic: Clinic) -> None:
    visit = own_visit(clinic)
    item = clinic.make(clinical.draft, visit=visit)
    browser, path = clinic.client("Doctor"), f"/prescriptions/items/{item.prescription_item_id}"
    form = {"medicine_id": item.medicine_id, "dosage": "3 шахмал", "frequency": "нэг удаа", "quantity": "2"}
    shown = browser.get(f"/treatments/{visit.treatment_id}?medicine={item.prescription_item_id}").text
    assert f'action="{path}"' in shown
    assert browser.submit(path, form).status_code == 303
    assert clinic.session.get_one(PrescriptionItem, item.prescription_item_id).dosage == "3 шахмал"
    clinic.unit(
        lambda s: setattr(s.get_one(Prescription, item.prescription_id), "status", PrescriptionStatus.CANCELLED)
    )
    for attempt in (path, f"{path}/remove", f"/prescriptions/{item.prescription_id}/discard"):
        assert browser.submit(attempt, form).status_code == 422, attempt
    assert clinic.count(PrescriptionItem) == 1


def test_a_doctor_issues_in_own_name_and_an_admin_in_a_doctors(clinic: Clinic) -> None:
    other = clinic.make(people.doctor)
    first, second, third = (clinic.make(clinical.draft, visit=clinic.make(clinical.treatment)) for _ in range(3))
    assert clinic.client("Doctor").submit(f"/prescriptions/{first.prescription_id}/issue").status_code == 303
    assert clinic.session.get_one(Prescription, first.prescription_id).doctor_id == doctor_of(clinic).employee_id
    admin = clinic.client("Admin")
    assert admin.submit(f"/prescriptions/{second.prescription_id}/issue").status_code == 303
    row = clinic.session.get_one(Prescription, second.prescription_id)
    assert row.doctor_id == clinic.session.get_one(Treatment, row.treatment_id).doctor_id
    assert row.issued_by == clinic.user("Admin").id
    admin.submit(f"/prescriptions/{third.prescription_id}/issue", {"doctor_id": other.employee_id})
    assert clinic.session.get_one(Prescription, third.prescription_id).doctor_id == other.employee_id


def test_an_issued_prescription_is_cancelled_with_a_reason_and_prints_no_more(clinic: Clinic) -> None:
    key = clinic.make(clinical.prescription).prescription_id
    browser = clinic.client("Doctor")
    assert browser.get(f"/prescriptions/{key}.pdf").status_code == 200
    assert browser.submit(f"/prescriptions/{key}/cancel", {"reason": ""}).status_code == 422
    assert browser.submit(f"/prescriptions/{key}/cancel", {"reason": "r" * 256}).status_code == 422
    assert browser.submit(f"/prescriptions/{key}/cancel", {"reason": "буруу"}).status_code == 303
    assert "буруу" in browser.get(f"/prescriptions/{key}").text
    assert browser.get(f"/prescriptions/{key}.pdf").status_code == 422
    assert browser.submit(f"/prescriptions/{key}/cancel", {"reason": "буруу"}).status_code == 422


def test_an_earlier_prescription_is_written_again_in_the_open_visit(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    old = clinic.make(clinical.prescription, visit=own_visit(clinic, patient=patient))
    now = own_visit(clinic, patient=patient)
    browser = clinic.client("Doctor")
    answer = browser.submit(f"/prescriptions/{old.prescription_id}/repeat", {"treatment": now.treatment_id})
    assert answer.headers["Location"].endswith(f"/treatments/{now.treatment_id}#prescribing")
    assert clinic.count(Prescription, Prescription.treatment_id == now.treatment_id) == 1
    stranger = own_visit(clinic)
    wrong = browser.submit(f"/prescriptions/{old.prescription_id}/repeat", {"treatment": stranger.treatment_id})
    assert wrong.status_code == 422


def text_of(pdf: bytes, folder: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    out = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return out.stdout.decode()


def test_the_paper_says_everything_in_either_language(clinic: Clinic, tmp_path: Path) -> None:
    patient = clinic.make(
        people.patient, first_name="Өнөрбүүвэй", last_name="Үүлэн", register_number="ЧБ85040315", preferred_locale="en"
    )
    doctor = clinic.make(people.doctor, licence_number="ЭМ-4711")
    visit = clinic.make(clinical.treatment, patient=patient, doctor=doctor)
    for _ in range(8):  # more than one page
        medicine = clinic.make(clinical.medicine, strength="500 мг", generic_name="Amoxicillinum")
        made = clinic.make(clinical.draft, visit=visit, of=medicine, instructions="Үд, өглөө ууна. " + "ө" * 90)
    browser = clinic.client("Doctor")
    browser.submit(f"/prescriptions/{made.prescription_id}/issue", {})
    row = clinic.session.get_one(Prescription, made.prescription_id)
    own = text_of(browser.get(f"/prescriptions/{row.row_id}.pdf").data, tmp_path)
    for word in (row.number, "Өнөрбүүвэй", "Үүлэн", "ЧБ85040315", "500 мг", "Amoxicillinum", "өдөрт 3 удаа", "5 хоног"):
        assert word in own, word
    assert medicine.name in own  # the last one, behind the page's end
    assert "Prescription" in own
    assert "Signature" in own
    mongolian = browser.get(f"/prescriptions/{row.row_id}.pdf?lang=mn")
    assert mongolian.mimetype == "application/pdf"
    assert "Үүлэн" in text_of(mongolian.data, tmp_path)
    assert browser.get(f"/prescriptions/{row.row_id}.pdf?lang=../etc").status_code == 200


def test_each_print_is_kept_and_carries_one_address_for_its_check(clinic: Clinic) -> None:
    row = clinic.make(clinical.prescription)
    browser = clinic.client("Doctor")
    for _ in range(2):
        browser.get(f"/prescriptions/{row.prescription_id}.pdf")
    prints = clinic.session.query(AuditLog).filter_by(action=AuditAction.PRINT, table="prescription").all()
    assert [(entry.row, entry.patient_number) for entry in prints] == [(str(row.row_id), row.patient_id)] * 2
    assert clinic.count(ShareLink, ShareLink.table == "prescription", ShareLink.row == row.prescription_id) == 1


def test_a_draft_does_not_print(clinic: Clinic) -> None:
    key = clinic.make(clinical.draft).prescription_id
    assert clinic.client("Doctor").get(f"/prescriptions/{key}.pdf").status_code == 422
    assert clinic.client("Doctor").get(f"/prescriptions/{key}").status_code == 200


LISTS = (
    "/treatments", "/treatment-items/", "/treatment-item-teeth/", "/treatment-diagnoses/", "/tooth-findings/",
    "/prescriptions", "/prescription-items/",
)  # fmt: skip


def test_lists_take_at_most_eight_statements_however_many_rows(clinic: Clinic) -> None:
    browser, counts = clinic.client("Doctor"), []
    for _ in range(2):
        for _ in range(4):
            visit = clinic.make(clinical.treatment)
            clinic.make(clinical.item, visit=visit)
            clinic.make(clinical.diagnosis, visit=visit, **{"36": ""})
            clinic.make(clinical.prescription, visit=visit)
            clinic.make(clinical.finding)
        row = []
        for path in LISTS:
            browser.get(path)
            with clinic.statements() as seen:
                assert browser.get(path).status_code == 200
            assert len(seen) <= 8, (path, seen)
            row.append(len(seen))
        counts.append(row)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", LISTS)
def test_lists_search_by_patient_chart_export_and_show(clinic: Clinic, path: str) -> None:
    patient = clinic.make(people.patient, first_name="Цэцэгмаа")
    for owner in (patient, clinic.make(people.patient, first_name="Доржпалам")):
        visit = clinic.make(clinical.treatment, patient=owner)
        clinic.make(clinical.item, visit=visit)
        clinic.make(clinical.diagnosis, visit=visit)
        clinic.make(clinical.finding, patient=owner)
        clinic.make(clinical.prescription, visit=visit)
    browser = clinic.client("Doctor")
    found = browser.get(f"{path}?q=tsetseg").text
    assert "Цэцэгмаа" in found
    assert "Доржпалам" not in found
    base = path.rstrip("/")
    assert "Цэцэгмаа" in browser.get(f"{base}/export.csv").text
    assert browser.get(f"{base}/export.xlsx").status_code == 200
    first = re.search(r'<td[^>]*class="[^"]*first[^"]*"[^>]*><a href="([^"]+)"', found)
    assert first is not None
    assert browser.get(first[1]).status_code == 200
    for role in ("Admin", "Manager"):
        for number in range(6):
            assert clinic.client(role).get(f"{base}/chart/{number}").status_code in (200, 404)
        assert clinic.client(role).get(f"{base}/chart/").status_code == 200


def test_visits_of_one_case_stand_together(clinic: Clinic) -> None:
    patient = clinic.make(people.patient, first_name="Кэйс")
    first = clinic.make(clinical.treatment, patient=patient)
    clinic.make(clinical.treatment)  # between them in time
    second = clinic.make(clinical.treatment, patient=patient, case_id=first.treatment_id)
    browser = clinic.client("Doctor")
    page = browser.get("/treatments").text
    rows = [int(key) for key in re.findall(r'href="/treatments/(\d+)"', page)]
    at = rows.index(second.treatment_id)
    assert rows[at : at + 2] == [second.treatment_id, first.treatment_id]
    assert "case-head" in page
    whole = browser.get(f"/treatments?case={first.treatment_id}").text
    assert {int(key) for key in re.findall(r'href="/treatments/(\d+)"', whole)} == {
        first.treatment_id,
        second.treatment_id,
    }
    part = browser.get("/treatments?q=Кэйс", headers=HTMX).text
    assert "case-head" in part
    assert "<html" not in part
    for odd in ("case=x", "case=" + "9" * 30, "sort=patient&dir=up", "status=none", "treatment_date_from=2026-99-99"):
        assert browser.get(f"/treatments?{odd}").status_code == 200


def test_a_patient_reads_nothing_here(clinic: Clinic) -> None:
    patient = clinic.session.query(Patient).filter_by(user_id=clinic.user("Patient").id).one()
    visit = clinic.make(clinical.treatment, patient=patient)
    for path in (*LISTS, f"/treatments/{visit.treatment_id}"):
        assert clinic.client("Patient").get(path).status_code == 403


def test_a_prescription_is_found_by_its_number(clinic: Clinic) -> None:
    numbers = [clinic.make(clinical.prescription).number for _ in range(2)]
    browser = clinic.client("Doctor")
    for typed in ("1", "000001", numbers[0], str(numbers[0])[:-1]):
        page = browser.get(f"/prescriptions?q={typed}").text
        assert str(numbers[0]) in page, typed
    assert str(numbers[1]) not in browser.get(f"/prescriptions?q={numbers[0]}").text
