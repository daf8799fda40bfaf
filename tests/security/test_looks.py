"""Every page of a patient leaves a line in the audit log: whoever opens it, whichever way, and also when refused."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.audit.rules import MASK, AuditAction
from app.db import looks
from app.db.base import Base
from app.people.actions import refresh_search
from app.people.models import Patient, PatientPhone
from app.web.api.rest import ClinicApi
from app.web.views import ClinicView
from tests.factories import people
from tests.factories.clinic import CAST, Clinic
from tests.web import crowd
from tests.web.crowd import Main
from tests.web.test_statements import PAGES, api_addresses, table_addresses

FIRST, LAST, PHONE = "Щажигмаа", "Ыргүйжав", "+97699765431"
LOOKS = (AuditAction.VIEW, AuditAction.EXPORT, AuditAction.PRINT)
Kept = list[AuditLog]


@pytest.fixture
def grown(clinic: Clinic) -> tuple[Clinic, Main]:
    """A clinic with a few rows of everything, and one patient whom nobody else is called like."""
    user = clinic.user("Doctor").id
    main = clinic.unit(lambda s: crowd.begin(s, user))
    clinic.unit(lambda s: crowd.grow(s, main, 2))

    def rename(session: Any) -> None:
        row = session.get_one(Patient, main.patient)
        row.first_name, row.last_name = FIRST, LAST
        phone = session.scalars(sa.select(PatientPhone).where(PatientPhone.patient_id == main.patient)).first()
        phone.phone_number_val = PHONE
        session.flush()
        refresh_search(session, row, [PHONE])

    clinic.unit(rename)
    return clinic, main


def newest(clinic: Clinic) -> int:
    return clinic.session.scalar(sa.select(sa.func.max(AuditLog.audit_log_id))) or 0


def since(clinic: Clinic, before: int) -> Kept:
    return list(clinic.session.scalars(sa.select(AuditLog).where(AuditLog.audit_log_id > before)))


def is_told(kept: Kept, patient: int) -> bool:
    """A look at this patient, or at a list that says how it was narrowed."""
    return any(
        row.action in LOOKS and (row.patient_number == patient or (row.patient_number is None and _is_list(row)))
        for row in kept
    )


def _is_list(row: AuditLog) -> bool:
    return row.row == "list" or "patients" in (row.changes or {}) or row.table == "report"


def keys_of(clinic: Clinic, model: Any, patient: int) -> Iterator[int]:
    """Rows of this table that are the patient's."""
    owner = looks._owner(model)
    if owner is None:
        return
    key = model.__table__.primary_key.columns[0]
    column = owner.selected_columns[0]
    yield from clinic.session.scalars(owner.with_only_columns(key).distinct().where(column == patient).limit(1))


def own_addresses(clinic: Clinic, main: Main) -> Iterator[str]:
    """The addresses of one patient's data: records, forms, histories, lists inside records, pages, paper, the API."""
    for view in clinic.app.extensions["appbuilder"].baseviews:
        if not isinstance(view, ClinicView) or not view.show_columns:
            continue
        for key in keys_of(clinic, view.model, main.patient):
            excluded = view.exclude_route_methods
            yield from (
                f"{view.route_base}/{key}{tail}"
                for name, tail in (("show", ""), ("edit", "/edit"), ("changes", "/changes"))
                if name not in excluded and (name != "edit" or view.edit_columns)
            )
    for api in clinic.app.extensions["appbuilder"].baseviews:
        if isinstance(api, ClinicApi):
            yield from (f"{api.route_base}/{key}" for key in keys_of(clinic, api.model, main.patient))
    for endpoint in ("PatientProfilePage.show", "InvoicePage.show", "InvoicePage.part", "PaymentPage.show",
                     "PaymentPage.part", "TreatmentPage.show", "HistoryPage.history", "PrescriptionPage.show",
                     "InvoicePage.pdf", "PaymentPage.pdf", "PrescriptionPage.pdf", "LabRequestPage.pdf"):  # fmt: skip
        yield from PAGES[endpoint](main)


def test_every_address_of_a_patient_leaves_a_line_with_their_number(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    paths = list(dict.fromkeys(own_addresses(clinic, main)))
    assert len(paths) > 60
    silent = []
    for role in CAST:
        browser = clinic.client(role)
        for path in paths:
            before = newest(clinic)
            status = browser.get(path).status_code
            if status not in (200, 403):
                continue
            kept = {(row.action, row.patient_number) for row in since(clinic, before)}
            actions = LOOKS if status == 200 else (AuditAction.DENIED,)
            if not kept & {(action, main.patient) for action in actions}:
                silent.append(f"{role} {path}: {status} {kept}")
    assert not silent, silent


def test_no_answer_names_a_patient_without_a_line(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    views = clinic.app.extensions["appbuilder"].baseviews
    paths = [path for v in views if isinstance(v, ClinicView) for path in table_addresses(clinic, v, main)]
    paths += [path for v in views if isinstance(v, ClinicApi) for path in api_addresses(clinic, v)]
    paths += [path for addresses in PAGES.values() for path in addresses(main)]
    paths += [f"/search?q={FIRST.lower()}", f"/search?q={PHONE[4:]}", f"/patients/list/?q={FIRST.lower()}"]
    paths += [f"/appointments/lookup/patient_id?q={FIRST.lower()}", f"/patients/{main.patient}?tab=more"]
    admin, silent = clinic.client("Admin"), []
    named = 0
    for path in paths:
        before = newest(clinic)
        answer = admin.get(path, headers={"HX-Request": "true"} if "/part/" in path else {})
        text = answer.text if answer.mimetype in ("text/html", "text/csv", "application/json") else ""
        if answer.status_code == 200 and (FIRST in text or LAST in text):
            named += 1
            if not is_told(since(clinic, before), main.patient):
                silent.append(path)
    assert named > 60
    assert not silent, silent


def test_a_list_is_one_line_with_its_filter(grown: tuple[Clinic, Main]) -> None:
    clinic, _ = grown
    before = newest(clinic)
    assert clinic.client("Receptionist").get("/patients?q=мөнх&sort=last_name").status_code == 200
    (row,) = [row for row in since(clinic, before) if row.action is AuditAction.VIEW]
    assert row.patient_number is None
    assert (row.row, row.changes["query"]) == ("/patients", "q=мөнх&sort=last_name") if row.changes else False


def test_an_export_tells_which_list_how_narrowed_and_how_many(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    before, admin = newest(clinic), clinic.client("Admin")
    answer = admin.get(f"/invoices/export.csv?patient_id={main.patient}")
    (row,) = [row for row in since(clinic, before) if row.action is AuditAction.EXPORT]
    assert (row.table, row.row, row.patient_number) == ("invoice", "list", main.patient)
    assert row.changes is not None
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert row.changes["rows"] == len(lines) - 1 > 0
    assert row.changes["query"] == f"patient_id={main.patient}"


def test_what_opens_a_door_is_not_in_the_line(grown: tuple[Clinic, Main]) -> None:
    clinic, main = grown
    before = newest(clinic)
    assert clinic.client(None).get(f"/s/{main.token}?token=abc&code=12").status_code == 200
    clinic.client("Receptionist").get("/patients?q=a&token=sesame&password=hunter2")
    told = str([(row.row, row.changes) for row in since(clinic, before)])
    assert main.token not in told
    assert "sesame" not in told
    assert "hunter2" not in told
    assert MASK in told


def test_what_failed_was_not_seen(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    before = newest(clinic)
    assert clinic.client("Doctor").get(f"/patients/{key}?tab=nonsense").status_code == 404
    assert clinic.client("Doctor").get("/patients/987654").status_code == 404
    assert [row for row in since(clinic, before) if row.action in LOOKS] == []


@pytest.mark.both
def test_without_the_line_there_is_no_answer(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    key, browser = clinic.make(people.patient, first_name=FIRST).patient_id, clinic.client("Doctor")
    assert browser.get(f"/patients/{key}").status_code == 200

    def broken(*_rest: Any) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr("app.trail._write", broken)
    answer = browser.get(f"/patients/{key}")
    assert answer.status_code == 503
    assert FIRST not in answer.text


def test_signing_in_and_out_is_kept_whether_it_works_or_not(clinic: Clinic) -> None:
    before = newest(clinic)
    browser = clinic.client(None)
    for password in ("wrong-wrong-1", "soyoo-demo-1"):
        browser.submit("/login/", {"phone": CAST["Nurse"], "password": password})
    clinic.client("Nurse").submit("/logout/")
    clinic.client(None).submit("/login/", {"phone": "99887766", "password": "x"})
    kept = [row for row in since(clinic, before) if row.action is AuditAction.SIGN_IN]
    assert [(row.changes or {}).get("outcome", "ok") for row in kept] == [
        "wrong password",
        "ok",
        "signed out",
        "unknown phone",
    ]
    assert [row.row for row in kept] == [str(clinic.user("Nurse").id)] * 3 + [""]
    assert "wrong-wrong-1" not in str([row.changes for row in kept])


def test_every_table_with_a_patient_is_known_to_be_somebodys() -> None:
    """A table that hangs on a patient's row by a key tells whose it is, however many tables lie between."""
    of = {
        m.class_.__tablename__: looks._owner(m.class_) is not None
        for m in Base.registry.mappers
        if issubclass(m.class_, Base)
    }
    for table in ("treatment_item_tooth", "soap_note", "lab_result", "invoice_item", "refund", "prescription_item"):
        assert of[table], table
    for table in ("service_catalog", "employee", "chair", "supplier"):
        assert not of[table], table
