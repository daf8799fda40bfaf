"""Somebody else's key in every address, form, export, paper, search and autocomplete."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.clinical import actions
from app.clinical.models import SoapNote
from app.communication.models import Notification
from app.web.views import ClinicView
from tests.factories import clinical, people
from tests.factories.clinic import Clinic
from tests.security import victim
from tests.security.attacks import attack, part_of
from tests.security.test_garbage import written
from tests.security.test_matrix import ENDS_SESSIONS, MARKS

QUERIES = "?q=Мөнхбат&patient_id={patient}&id={patient}&_flt_0_patient_id={patient}&patient={patient}&treatment={treatment}&invoice={invoice}"
OPENS = ("/s/", "/healthz", "/login", "/lang")


@pytest.fixture
def other(clinic: Clinic) -> victim.Victim:
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    return victim.prepare(clinic)


def shown(answer: Any) -> bool:
    """Whether an answer holds anything of the victim's."""
    return victim.MARK.encode() in answer.data or victim.MARK.encode("unicode_escape").decode().encode() in answer.data


CLOSED_TO = ("Nurse", "Assistant", "Receptionist", "Coordinator")


@attack("A patient puts another patient's key into every address, by every method", "V8.2.2")
@pytest.mark.parametrize("role", ["Patient", None], ids=str)
def test_a_patient_gets_nothing_of_another(clinic: Clinic, other: victim.Victim, role: str | None) -> None:
    browser, leaks, tries = clinic.client(role), [], 0
    query = QUERIES.format(patient=other.key("patient"), treatment=other.key("treatment"), invoice=other.key("invoice"))
    for rule, path in victim.addresses(clinic, other):
        if rule.endpoint.startswith(ENDS_SESSIONS):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            sent = {
                "patient_id": other.key("patient"),
                "treatment_id": other.key("treatment"),
                "row": other.key("patient"),
                "q": "Мөнх",
            }
            with written() as kept:
                answer = (
                    browser.get(path + query)
                    if method == "GET"
                    else browser.submit(path, sent, method=method)
                    if method == "POST"
                    else browser.open(path, method=method, json=sent)
                )
            tries += 1
            mine = role == "Patient" and path.startswith(("/profile", "/notifications", "/lists"))
            if answer.status_code >= 500 or shown(answer) or (kept and not mine and not path.startswith(OPENS)):
                leaks.append(f"{method} {path}: {answer.status_code} {kept[:1]}")
    assert not leaks
    assert tries >= 100


@attack("A role reads what its pages don't show, through the pages, searches and lists that it may open", "V8.2.3")
@pytest.mark.parametrize("role", CLOSED_TO)
def test_a_role_sees_nothing_of_tables_that_it_may_not_open(clinic: Clinic, other: victim.Victim, role: str) -> None:
    """Every table that this role may not read is marked anew, then every address is opened with the victim's keys."""
    mine = "Qzөsecret"
    views = [view for view in clinic.app.extensions["appbuilder"].baseviews if isinstance(view, ClinicView)]
    open_tables = {view.model.__tablename__ for view in views if MARKS[view.page][role] in "RW"}
    secret = {view.model for view in views} - {view.model for view in views if view.model.__tablename__ in open_tables}
    with sa.orm.Session(clinic.session.get_bind()) as raw:
        for model in secret:
            if (
                model in victim.models()
                and victim.is_personal(model)
                and model.__tablename__ not in INSIDE.get(role, ())
            ):
                for column, longest in victim.texts(model):
                    try:
                        raw.connection().execute(sa.update(model.__table__).values({column: mine[:longest]}))
                    except sa.exc.IntegrityError:
                        continue
        raw.commit()
    browser, leaks, tries = clinic.client(role), [], 0
    for rule, path in part_of(victim.addresses(clinic, other), CLOSED_TO.index(role)):
        if "GET" in (rule.methods or ()):
            answer = browser.get(path if "<" in rule.rule else f"{path}?q=Qzө")
            tries += 1
            if answer.status_code >= 500 or (mine.encode() in answer.data and not path.startswith("/s/")):
                place = answer.text.find(mine)
                leaks.append(f"{path}: {answer.text[max(0, place - 150) : place]}")
    assert not leaks
    assert tries >= 100


# what an open page shows of a table whose own page is closed, because the work needs it there
INSIDE: dict[str, tuple[str, ...]] = {
    "Nurse": ("prescription", "prescription_item", "stored_file"),  # what was prescribed, and the names of X-rays
    "Assistant": ("patient", "appointment", "medical_history_entry"),  # who is in a room, with their alerts
    "Coordinator": ("payment", "refund", "account_entry"),  # what was paid on an invoice
}


@attack("Somebody without the right reads a table letter by letter through a form's autocomplete", "V8.2.3")
@pytest.mark.parametrize("role", ["Patient", "Assistant"])
def test_no_autocomplete_speaks_to_who_may_not_write_there(clinic: Clinic, other: victim.Victim, role: str) -> None:
    browser, tries = clinic.client(role), 0
    for view in clinic.app.extensions["appbuilder"].baseviews:
        if isinstance(view, ClinicView) and MARKS[view.page][role] == "-":
            for name in ("patient_id", "doctor_id", "employee_id", "service_id", "treatment_id", "invoice_id"):
                for path in (f"{view.route_base}/lookup/{name}?q=М", f"{view.route_base}/choose/{name}?q=М"):
                    answer = browser.get(path)
                    tries += 1
                    assert answer.status_code in (403, 404), path
                    assert not shown(answer)
    assert tries > 100


@attack("A doctor signs or rewrites another doctor's note", "V8.2.2")
def test_a_doctor_can_not_speak_for_another(clinic: Clinic) -> None:
    """A draft may be taken over, and is then the note of who wrote it; nobody signs what another wrote."""
    author, visit = clinic.user("Admin").id, clinic.make(clinical.treatment)
    note = clinic.unit(lambda s: clinical.note(s, s.merge(visit), by=author))
    doctor, path = clinic.client("Doctor"), f"/treatments/{visit.treatment_id}/notes/{note.soap_note_id}"
    before = clinic.session.get_one(SoapNote, note.soap_note_id).subjective
    doctor.submit(f"{path}/sign")
    found = clinic.session.get_one(SoapNote, note.soap_note_id)
    assert (found.author, found.subjective, found.signed_at) == (author, before, None)
    clinic.unit(lambda s: actions.sign_note(s, s.get(SoapNote, note.soap_note_id), by=author, now=datetime.now(UTC)))
    for address in (path, f"{path}/sign"):
        answer = doctor.submit(address, {"plan": "Өөрчилсөн", "subjective": "x", "objective": "x", "assessment": "x"})
        assert answer.status_code < 500, address
    after = clinic.session.get_one(SoapNote, note.soap_note_id)
    assert (after.author, after.subjective, after.plan) == (author, before, None)


@attack("Somebody opens, marks or lists the notifications of another", "V8.2.2")
def test_ones_bell_is_ones_own(clinic: Clinic, other: victim.Victim) -> None:
    theirs = clinic.session.scalars(
        sa.select(Notification).where(Notification.user_id == clinic.user("Admin").id)
    ).first()
    assert theirs is not None
    key = theirs.notification_id
    nurse = clinic.client("Nurse")
    for path in (f"/notifications/{key}/open", f"/notifications/{key}", f"/notifications/{key}/changes"):
        assert nurse.get(path).status_code in (403, 404, 405), path
    assert nurse.submit(f"/notifications/{key}/open").status_code in (403, 404, 405)
    assert clinic.session.get_one(Notification, key).read_at is None


@attack("Somebody opens the spreadsheet that another brought along", "V8.2.2")
def test_a_list_that_another_brought_is_theirs(clinic: Clinic) -> None:
    from io import BytesIO

    desk, manager = clinic.client("Receptionist"), clinic.client("Manager")
    sheet = ("Нэр,Овог,Утас\nМарк,Дорж,99112233\n").encode()
    answer = desk.submit(
        "/patients/import/", {"file": (BytesIO(sheet), "list.csv")}, content_type="multipart/form-data"
    )
    found = re.search(r"/patients/import/([0-9a-f]{16,})", answer.location or answer.text)
    assert found
    key = found[1]
    for path in (f"/patients/import/{key}", f"/patients/import/{key}/check"):
        answer = manager.get(path)
        assert answer.status_code in (302, 403, 404), path
        assert "Марк" not in answer.text
    assert desk.get(f"/patients/import/{key}").status_code == 200


@attack("Somebody looks at a patient without a trace", "V16.3.2")
def test_a_look_that_counts_is_kept(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    clinic.client("Receptionist").get(f"/patients/{patient.patient_id}")
    looks = sa.select(sa.func.count()).where(AuditLog.patient_number == patient.patient_id, AuditLog.action == "view")
    assert clinic.session.scalar(looks) == 1
