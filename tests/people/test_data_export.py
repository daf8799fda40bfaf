"""Everything of one person as a ZIP: nothing forgotten, nobody else in it."""

import io
import json
import zipfile

import pytest
import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model

from app.audit.models import AuditLog
from app.db.base import Base
from app.files.depot import Depot
from app.people import queries as people_queries
from app.people.models import Patient
from app.workflows import data_export
from tests.factories import billing, clinical, communication, lab, machine, people

MARK = "Онцгой-тэмдэг"


def a_life(session, patient, mark):
    """Rows of every kind, with a mark in what can hold one."""
    people.allergy(session, patient, name=f"Харшил {mark}")
    people.relation(session, child=patient, parent=people.patient(session, first_name="Ээжийн-нэр"))
    machine.policy(session, patient)
    visit = clinical.treatment(session, patient=patient, chief_complaint=f"Өвдөлт {mark}")
    clinical.note(session, visit, subjective=f"Тэмдэглэл {mark}")
    clinical.prescription(session, visit)
    file = clinical.medical_file(session, visit, name=f"Зураг {mark}")
    lab.request(session, patient=patient)
    clinical.consent(session, patient, signed_by=f"Гарын үсэг {mark}")
    invoice = billing.invoice(session, patient=patient)
    billing.pay(session, made=invoice)
    number = people_queries.phones_of_patients(session, [patient.patient_id])[patient.patient_id][0].phone_number_val
    communication.message(session, number, patient=patient, body=f"Мессеж {mark}")
    communication.call(session, number, note=f"Дуудлага {mark}")
    visit.status = "completed"
    return file.stored_file_id


@pytest.fixture
def lives(clinic):
    """Two people with a life each; the first has a file on the disk."""

    def build(session):
        own, other = people.patient(session, first_name="Сүрэн"), people.patient(session, first_name="Өөр-хүн")
        key = a_life(session, own, MARK)
        a_life(session, other, "Бусдын-тэмдэг")
        from app.files.models import StoredFile

        return own.patient_id, other.patient_id, session.get(StoredFile, key).key

    own, other, key = clinic.unit(build)
    path = Depot(clinic.app.config["INSTANCE"]).path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff\xd8 the picture itself")
    return own, other


def unzip(answer):
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def test_all_of_one_person_is_in_it_and_nothing_of_another(clinic, lives):
    own, _ = lives
    found = unzip(clinic.client("Admin").submit(f"/patients/{own}/data.zip", {}))
    whole = b"".join(found.values()).decode("utf-8", "replace")
    tables = {name.removeprefix("data/").removesuffix(".json") for name in found if name.startswith("data/")}
    assert {
        "patient", "patient_phone", "medical_history_entry", "patient_relation", "patient_insurance", "treatment",
        "soap_note", "prescription", "prescription_item", "medical_file", "lab_request", "consent", "invoice",
        "invoice_item", "payment", "payment_allocation", "account_entry", "patient_account", "message", "call",
    } <= tables  # fmt: skip
    for where in ("Өвдөлт", "Тэмдэглэл", "Зураг", "Гарын үсэг", "Мессеж", "Дуудлага", "Харшил"):
        assert f"{where} {MARK}" in whole, where
    assert "Бусдын-тэмдэг" not in whole
    assert "Өөр-хүн" not in whole
    assert "Ээжийн-нэр" not in whole  # a relation says its kind and number
    kinds = {name.split("/")[1].split("-")[0] for name in found if name.startswith("papers/")}
    assert {"invoice", "receipt", "prescription", "lab"} <= kinds
    assert all(data.startswith(b"%PDF") for name, data in found.items() if name.endswith(".pdf"))
    assert b"\xff\xd8 the picture itself" in found.values()
    assert MARK in found["index.html"].decode()
    rows = json.loads(found["data/patient.json"])
    assert (len(rows), rows[0]["first_name"], "sort_name" in rows[0]) == (1, "Сүрэн", False)


def test_each_export_is_in_the_audit_log(clinic, lives):
    own, _ = lives
    clinic.client("Admin").submit(f"/patients/{own}/data.zip", {}).get_data()
    exported = sa.select(AuditLog).where(AuditLog.action == "export", AuditLog.patient_number == own)
    assert len(clinic.session.scalars(exported).all()) == 1


def test_both_numbers_of_one_person_are_in_it(clinic, lives):
    own, other = lives
    clinic.unit(lambda s: people.merge(s, s.get(Patient, own), s.get(Patient, other)))
    found = unzip(clinic.client("Admin").submit(f"/patients/{own}/data.zip", {}))
    assert {row["patient_id"] for row in json.loads(found["data/payment.json"])} == {own, other}
    assert "Бусдын-тэмдэг" in found["data/treatment.json"].decode()
    moved = clinic.client("Admin").submit(f"/patients/{other}/data.zip", {})
    assert moved.headers["Location"] == f"/patients/{own}/data"


def test_every_table_is_handed_out_or_left_out_for_a_reason():
    """A table with a patient's rows that `owned_by` doesn't know would be forgotten silently."""
    owned = {*data_export.owned_models(), *data_export.LEFT_OUT}
    for mapper in Model.registry.mappers:
        model = mapper.class_
        if not issubclass(model, Base) or model in owned or model.is_public:
            continue
        points_at = {key.column.table.name for a in mapper.column_attrs for key in a.columns[0].foreign_keys} & {
            one.__tablename__ for one in owned if one.patient_column is not None
        }
        known = {"BookingSlot": "a slot of a visit", "Notification": "owned"}
        assert not points_at or model.__name__ in known, f"{model.__name__} belongs to {points_at}"


def test_names_of_files_are_safe_and_a_missing_one_is_told(clinic, lives):
    own, _ = lives

    def rename(session):
        from app.clinical.models import MedicalFile
        from app.files.models import StoredFile

        file = session.query(MedicalFile).filter_by(patient_id=own).one()
        stored = StoredFile(key="f" * 64, original_name="../../evil\r\n<b>.jpg", media_type="image/jpeg", bytes=1,
                            sha256="0" * 64)  # fmt: skip
        session.add(stored)
        session.flush()
        file.stored_file_id = stored.stored_file_id

    clinic.unit(rename)
    found = unzip(clinic.client("Admin").submit(f"/patients/{own}/data.zip", {}))
    (name,) = (name for name in found if name.startswith("files/") and "evil" in name)
    assert name.endswith("evilb.jpg.missing.txt")
    assert all(".." not in name and "\n" not in name for name in found)
