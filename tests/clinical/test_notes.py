"""Notes of a visit until they are signed and after, kept charts, files, and the record they make together."""

import re

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.clinical.models import MedicalRecord, OdontogramSnapshot, SoapNote, Treatment
from app.clinical.rules import RecordKind
from app.clinical.rules.notes import chart_hash, chart_of
from app.people.models import Employee
from tests.factories import clinical, people
from tests.factories.clinic import Clinic

HTMX = {"HX-Request": "true"}
TEXT = {"subjective": "Өвдөнө", "objective": "", "assessment": "Цоорол", "plan": "Ломбо"}


def own_visit(clinic: Clinic) -> Treatment:
    doctor = clinic.session.query(Employee).filter_by(user_id=clinic.user("Doctor").id).one()
    return clinic.make(clinical.treatment, doctor=doctor)


def notes(clinic: Clinic, visit: Treatment) -> list[SoapNote]:
    return clinic.session.query(SoapNote).filter_by(treatment_id=visit.treatment_id).order_by("soap_note_id").all()


@pytest.mark.both
def test_a_note_is_changed_until_it_is_signed_and_added_to_afterwards(clinic: Clinic) -> None:
    visit, doctor = own_visit(clinic), clinic.client("Doctor")
    base = f"/treatments/{visit.treatment_id}/notes"
    for _ in range(2):
        assert doctor.submit(base, TEXT, headers=HTMX).status_code == 200
    (note,) = notes(clinic, visit)
    assert doctor.submit(f"{base}/{note.row_id}", {**TEXT, "plan": "Бүрээс"}, headers=HTMX).status_code == 200
    assert notes(clinic, visit)[0].plan == "Бүрээс"
    assert doctor.submit(f"{base}/{note.row_id}/addendum", TEXT, headers=HTMX).status_code == 422, "not signed yet"
    assert doctor.submit(f"{base}/{note.row_id}/sign", headers=HTMX).status_code == 200
    assert notes(clinic, visit)[0].signed_at is not None
    assert doctor.submit(f"{base}/{note.row_id}", {**TEXT, "plan": "Өөр"}, headers=HTMX).status_code == 422
    assert doctor.submit(f"{base}/{note.row_id}/sign", headers=HTMX).status_code == 422
    assert notes(clinic, visit)[0].plan == "Бүрээс"
    assert doctor.submit(f"{base}/{note.row_id}/addendum", {"plan": "Дахин үзнэ"}, headers=HTMX).status_code == 200
    first, added = notes(clinic, visit)
    assert (added.addendum_to, added.plan, added.signed_at) == (first.row_id, "Дахин үзнэ", None)
    page = doctor.get(f"/treatments/{visit.treatment_id}").text
    assert "Дахин үзнэ" in page
    assert "Бүрээс" in page


@pytest.mark.parametrize(
    ("role", "writes", "signs"),
    [
        ("Admin", True, False), ("Doctor", True, True), ("Nurse", False, False), ("Manager", False, False),
        ("Receptionist", False, False), ("Patient", False, False),
    ],
)  # fmt: skip
def test_who_writes_and_who_signs(clinic: Clinic, role: str, writes: bool, signs: bool) -> None:
    visit, browser = own_visit(clinic), clinic.client(role)
    base = f"/treatments/{visit.treatment_id}/notes"
    assert browser.submit(base, TEXT, headers=HTMX).status_code == (200 if writes else 403)
    note = clinic.make(clinical.note, visit=visit, by=clinic.user(role).id)
    assert browser.submit(f"{base}/{note.row_id}/sign", headers=HTMX).status_code == (200 if signs else 403)


def test_a_doctor_signs_only_what_is_their_own_wording(clinic: Clinic) -> None:
    visit, doctor = own_visit(clinic), clinic.client("Doctor")
    note = clinic.make(clinical.note, visit=visit, by=clinic.user("Admin").id)
    base = f"/treatments/{visit.treatment_id}/notes/{note.row_id}"
    assert doctor.submit(f"{base}/sign", headers=HTMX).status_code == 403
    assert notes(clinic, visit)[0].signed_at is None
    assert doctor.submit(base, TEXT, headers=HTMX).status_code == 200
    assert doctor.submit(f"{base}/sign", headers=HTMX).status_code == 200


def test_an_empty_note_and_a_note_of_another_visit_are_refused(clinic: Clinic) -> None:
    visit, other, doctor = own_visit(clinic), clinic.make(clinical.note), clinic.client("Doctor")
    base = f"/treatments/{visit.treatment_id}/notes"
    empty = dict.fromkeys(TEXT, " ")
    assert doctor.submit(base, empty, headers=HTMX).status_code == 422
    assert doctor.submit(base, empty).status_code == 422, "also without scripts"
    assert doctor.submit(base, {"plan": "a" * 10_001}, headers=HTMX).status_code == 422
    assert doctor.submit(f"{base}/{other.row_id}", TEXT, headers=HTMX).status_code == 404
    assert notes(clinic, visit) == []


FINDINGS = st.lists(
    st.tuples(
        st.sampled_from(["11", "36"]),
        st.sampled_from(["caries", "crown"]),
        st.just("existing"),
        st.sampled_from(["", "O"]),
    )
)


@given(FINDINGS)
def test_a_chart_is_written_in_one_way(found: list[tuple[str, str, str, str]]) -> None:
    chart = chart_of("permanent", found)
    assert chart_of("permanent", reversed(found)) == chart
    assert chart_hash(chart_of("permanent", [*found, *found])) == chart_hash(chart)
    assert sum(map(len, chart["teeth"].values())) == len(set(found))


@pytest.mark.both
def test_a_snapshot_keeps_the_chart_as_it_was(clinic: Clinic) -> None:
    kept = clinic.make(clinical.snapshot)
    row = clinic.session.get_one(OdontogramSnapshot, kept.row_id)
    assert row.chart["teeth"] == {"36": [{"condition": "caries", "layer": "existing", "surfaces": "O"}]}
    assert row.hash == chart_hash(row.chart)
    page = clinic.client("Doctor").get(f"/odontogram-snapshots/{kept.row_id}")
    assert (page.status_code, "36: " in page.text) == (200, True)


def test_a_file_shows_its_own_name_and_size(clinic: Clinic) -> None:
    clinic.make(clinical.medical_file)
    page = clinic.client("Nurse").get("/medical-files").text
    assert re.search(r"зураг \d+\.png", page)
    assert re.search(r">\d+ B<", page)


def filled(clinic: Clinic) -> Treatment:
    """A visit with a line of every kind."""
    visit = own_visit(clinic)
    for fn in (clinical.item, clinical.diagnosis, clinical.note, clinical.medical_file, clinical.prescription):
        clinic.make(fn, visit=visit)
    clinic.unit(lambda s: clinical.finding(s, s.get_one(people.Patient, visit.patient_id)))
    return visit


@pytest.mark.both
def test_the_record_of_a_patient_has_every_kind_and_nobody_elses(clinic: Clinic) -> None:
    visit, other = filled(clinic), filled(clinic)
    kinds = {row.kind for row in clinic.session.query(MedicalRecord).filter_by(patient_id=visit.patient_id)}
    assert kinds == set(RecordKind)
    nurse = clinic.client("Nurse")
    nurse.get(f"/medical-records?patient_id={visit.patient_id}")
    with clinic.statements() as seen:
        page = nurse.get(f"/medical-records?patient_id={visit.patient_id}")
    assert page.status_code == 200
    assert len(seen) <= 9 + 2, "a patient, their numbers, and the note of the look"
    assert page.text.count("recordkind-") == len(RecordKind)
    assert f"/treatments/{other.treatment_id}" not in page.text
    looks = (AuditLog.table == "medical_record", AuditLog.action == AuditAction.VIEW)
    assert clinic.count(AuditLog, *looks, AuditLog.patient_number == visit.patient_id) == 2


def test_without_a_patient_nothing_is_read(clinic: Clinic) -> None:
    filled(clinic)
    browser = clinic.client("Doctor")
    for path in (
        "/medical-records",
        "/medical-records?patient_id=x",
        "/medical-records?q=цоорол",
        "/medical-records?patient_id=987654",
    ):
        page = browser.get(path)
        assert page.status_code == 200
        assert "recordkind-" not in page.text
    assert clinic.client("Doctor").get("/medical-records/export.csv").text.count("\n") == 1


def test_who_opens_medical_records(clinic: Clinic) -> None:
    visit = filled(clinic)
    for role, status in (
        ("Admin", 200),
        ("Doctor", 200),
        ("Nurse", 200),
        ("Manager", 403),
        ("Receptionist", 403),
        ("Patient", 403),
    ):
        assert clinic.client(role).get(f"/medical-records?patient_id={visit.patient_id}").status_code == status
    assert clinic.client("Manager").get("/medical-records/chart/0").status_code == 200


@pytest.mark.both
def test_the_patient_reaches_each_part_of_the_view(clinic: Clinic) -> None:
    """Neither database reads the whole union to show one patient."""
    visit = filled(clinic)
    statement = f"SELECT kind, row_key FROM medical_record WHERE patient_id = {visit.patient_id} ORDER BY at"
    if clinic.backend == "sqlite":
        rows = clinic.session.execute(sa.text(f"EXPLAIN QUERY PLAN {statement}")).all()
        assert sum("(patient_id=?)" in row.detail for row in rows) == len(RecordKind)
        assert not [row for row in rows if row.detail.startswith("SCAN ") and "medical_record" not in row.detail]
    else:
        plan = str(clinic.session.execute(sa.text(f"EXPLAIN FORMAT=JSON {statement}")).scalar())
        _, _, parts = plan.partition("union_result")
        assert parts.count('"used_key_parts": ["patient_id"') + parts.count(".patient_id = ") >= len(RecordKind)
