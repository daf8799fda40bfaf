"""The audit log: every change with what stood before and after, every look, in the transaction it tells of."""

import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.audit.rules import LONGEST, MASK, AuditAction, kept_value
from app.db import Actor, AppendOnly, acting_as, sqla
from app.db.base import Base, metadata
from app.db.unit import TryAgain
from app.people.models import MedicalHistoryEntry, Patient, PatientPhone, PatientSearch
from app.people.rules import Gender
from app.scheduling.models import BookingSlot
from app.security.models import SessionToken, UserProfile
from app.security.rules import Theme
from tests.factories import billing, people, scheduling
from tests.factories.clinic import CAST, PASSWORD, Clinic


def entries(clinic: Clinic, table: str, action: AuditAction | None = None, row: Any = None) -> list[AuditLog]:
    statement = sa.select(AuditLog).where(AuditLog.table == table).order_by(AuditLog.audit_log_id)
    if action is not None:
        statement = statement.where(AuditLog.action == action)
    if row is not None:
        statement = statement.where(AuditLog.row == str(row))
    return list(clinic.session.scalars(statement))


@pytest.mark.both
def test_an_added_row_is_kept_with_its_values_and_its_patient(clinic: Clinic) -> None:
    key = clinic.make(people.patient, first_name="Мөнхбат", birthday=date(1985, 4, 3)).patient_id
    entry = entries(clinic, "patient", AuditAction.INSERT, key)[0]
    assert entry.patient_number == key
    assert entry.changes is not None
    assert entry.changes["first_name"] == [None, "Мөнхбат"]
    assert entry.changes["birthday"] == [None, "1985-04-03"]
    assert entry.changes["gender"] == [None, int(Gender.MALE)]
    assert "note" not in entry.changes, "what is empty says nothing"
    phones = entries(clinic, "patient_phone", AuditAction.INSERT)
    assert [phone.patient_number for phone in phones[-2:]] == [key, key]


@pytest.mark.both
def test_a_change_is_kept_with_what_stood_before_and_after_and_nothing_else(clinic: Clinic) -> None:
    key = clinic.make(people.patient, address="Баянгол").patient_id

    def write(session: Any) -> None:
        row = session.get_one(Patient, key)
        row.address, row.sms_opt_in, row.first_name = "Сүхбаатар", False, row.first_name

    clinic.unit(write)
    entry = entries(clinic, "patient", AuditAction.UPDATE, key)[0]
    assert entry.changes == {"address": ["Баянгол", "Сүхбаатар"], "sms_opt_in": [True, False]}


def test_a_save_that_changes_nothing_leaves_no_entry(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    clinic.unit(lambda s: setattr(s.get_one(Patient, key), "address", None))
    assert entries(clinic, "patient", AuditAction.UPDATE, key) == []


@pytest.mark.both
def test_a_deleted_row_is_kept_with_what_it_was(clinic: Clinic) -> None:
    entry = clinic.make(people.allergy, name="Новокаин")
    key, patient = entry.medical_history_entry_id, entry.patient_id
    clinic.unit(lambda s: s.delete(s.get_one(MedicalHistoryEntry, key)))
    kept = entries(clinic, "medical_history_entry", AuditAction.DELETE, key)[0]
    assert kept.patient_number == patient
    assert kept.changes is not None
    assert kept.changes["name"] == ["Новокаин", None]


@pytest.mark.both
def test_an_entry_stands_or_falls_with_what_it_tells_of(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    before = clinic.count(AuditLog)

    def write(session: Any) -> None:
        session.get_one(Patient, key).address = "Сүхбаатар"
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        clinic.unit(write)
    assert clinic.count(AuditLog) == before

    def change(session: Any) -> None:
        session.get_one(Patient, key).address = "Сүхбаатар"

    def no_log(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO audit_log"):
            raise ZeroDivisionError

    sa.event.listen(sqla.engine, "before_cursor_execute", no_log)
    try:
        with pytest.raises(ZeroDivisionError):
            clinic.unit(change)
    finally:
        sa.event.remove(sqla.engine, "before_cursor_execute", no_log)
    assert clinic.session.get_one(Patient, key).address is None
    clinic.unit(change)
    assert clinic.count(AuditLog) == before + 1


def test_what_failed_and_was_tried_again_is_told_once(clinic: Clinic) -> None:
    key, tries = clinic.make(people.patient).patient_id, []

    def change(session: Any) -> None:
        session.get_one(Patient, key).address = "Сүхбаатар"
        session.flush()
        tries.append(1)
        if len(tries) < 3:
            raise TryAgain

    clinic.unit(change)
    assert len(entries(clinic, "patient", AuditAction.UPDATE, key)) == 1


def test_who_did_it_from_where_and_in_which_request(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    with acting_as(Actor(user_id=7, request_id="r-1", ip="10.0.0.9")):
        clinic.unit(lambda s: setattr(s.get_one(Patient, key), "address", "x"))
    entry = entries(clinic, "patient", AuditAction.UPDATE, key)[0]
    assert (entry.actor_number, entry.request_id, entry.ip) == (7, "r-1", "10.0.0.9")


def test_a_request_names_its_user_and_everything_it_did_carries_one_number(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    form = {
        "first_name": "Мөнхбат", "last_name": "Дорж", "birthday": "1985-04-03", "gender": "male",
        "phones-0-phone_number_val": "9911 2233", "phones-1-phone_number_val": "8811 2233",
        "preferred_locale": "mn", "dentition": "permanent",
    }  # fmt: skip
    assert desk.submit("/patients/add", form).status_code == 302
    found = [*entries(clinic, "patient", AuditAction.INSERT)[-1:], *entries(clinic, "patient_phone")[-2:]]
    assert {entry.actor_number for entry in found} == {clinic.user("Receptionist").id}
    assert len({entry.request_id for entry in found}) == 1
    assert re.fullmatch(r"[0-9a-f-]{36}", found[0].request_id)


@pytest.mark.both
def test_passwords_and_secrets_are_masked(clinic: Clinic) -> None:
    key = clinic.user("Nurse").id

    def write(session: Any) -> None:
        profile = session.get_one(UserProfile, key)
        profile.totp_secret, profile.recovery_codes, profile.theme = "JBSWY3DPEHPK3PXP", ["one", "two"], Theme.DARK
        profile.user.password = "$argon2id$new"

    clinic.unit(write)
    profile = entries(clinic, "user_profile", AuditAction.UPDATE, key)[0]
    assert profile.changes == {
        "totp_secret": [None, MASK],
        "recovery_codes": [None, MASK],
        "theme": ["auto", "dark"],
    }
    assert entries(clinic, "ab_user", AuditAction.UPDATE, key)[0].changes == {"password": [MASK, MASK]}
    everything = str([entry.changes for entry in clinic.session.scalars(sa.select(AuditLog))])
    assert "argon2" not in everything
    assert "JBSWY3DPEHPK3PXP" not in everything


def test_every_column_that_sounds_like_a_secret_is_one() -> None:
    named = re.compile(r"password|secret|token_hash|code_hash|recovery")
    audited = [m.class_ for m in Base.registry.mappers if getattr(m.class_, "is_audited", False)]
    bare = [
        f"{model.__tablename__}.{column.key}"
        for model in audited
        for column in model.__table__.columns
        if named.search(column.key) and not column.info.get("secret") and not isinstance(column.type, sa.Boolean)
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("value", "kept"),
    [(None, None), (5, 5), (True, True), (date(2026, 1, 2), "2026-01-02"), (Theme.DARK, "dark"), ({"a": 1}, {"a": 1})],
)
def test_values_are_kept_as_json_says_them(value: Any, kept: Any) -> None:
    assert kept_value(value) == kept
    assert kept_value(value, True) == (None if value is None else MASK)


def test_long_texts_are_cut(clinic: Clinic) -> None:
    key = clinic.make(people.patient, note="ө" * 5_000).patient_id
    changes = entries(clinic, "patient", AuditAction.INSERT, key)[0].changes
    assert changes is not None
    assert changes["note"][1].startswith("ө" * LONGEST + "… (5000 characters, SHA-256 ")


def test_what_only_serves_the_machine_is_not_kept(clinic: Clinic) -> None:
    clinic.make(scheduling.appointment)
    clinic.client("Nurse")
    tables = {entry.table for entry in clinic.session.scalars(sa.select(AuditLog))}
    assert "appointment" in tables
    assert not tables & {model.__tablename__ for model in (BookingSlot, PatientSearch, SessionToken)}
    assert tables <= set(metadata.tables)


# --- looks


LOOKS = {
    "patient": ("/patients/{}", people.patient, "Receptionist"),
    "appointment": ("/appointments/{}", scheduling.appointment, "Receptionist"),
    "invoice": ("/invoices/{}", billing.invoice, "Receptionist"),
    "patient_relation": ("/patient-relations/{}", people.relation, "Doctor"),
    "medical_history_entry": ("/medical-history/{}", people.allergy, "Nurse"),
}


@pytest.mark.parametrize("table", LOOKS)
def test_a_look_at_a_patients_record_is_kept(clinic: Clinic, table: str) -> None:
    path, make, role = LOOKS[table]
    row = clinic.make(make)
    assert clinic.client(role).get(path.format(row.row_id)).status_code == 200
    look = entries(clinic, table, AuditAction.VIEW, row.row_id)[-1]
    assert look.patient_number == row.patient_id
    assert look.actor_number == clinic.user(role).id
    assert look.changes is None


def test_a_list_is_no_look_and_neither_is_a_page_that_was_refused(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    clinic.client("Receptionist").get("/patients")
    assert clinic.client("Assistant").get(f"/patients/{key}").status_code == 403
    assert clinic.client("Receptionist").get("/patients/987654").status_code == 404
    assert entries(clinic, "patient", AuditAction.VIEW) == []


def test_a_refusal_is_kept_with_who_wanted_what(clinic: Clinic) -> None:
    assistant = clinic.client("Assistant")
    assert assistant.get("/patients/7?q=нууц").status_code == 403
    assert clinic.client().get("/patients/7").status_code == 302
    assert [(entry.actor_number, entry.row) for entry in entries(clinic, "page", AuditAction.DENIED)] == [
        (clinic.user("Assistant").id, "/patients/7")
    ]
    shown = clinic.client("Admin").get("/audit").text
    assert "Access refused" in shown
    assert "/patients/7" in shown


def test_signing_in_is_kept(clinic: Clinic) -> None:
    answer = clinic.client().submit("/login/", {"phone": CAST["Doctor"], "password": PASSWORD})
    assert answer.status_code == 302
    user = clinic.user("Doctor").id
    assert [entry.row for entry in entries(clinic, "ab_user", AuditAction.SIGN_IN)] == [str(user)]


# --- and nobody changes it


@pytest.mark.both
def test_the_log_itself_can_not_be_changed_through_the_application(clinic: Clinic) -> None:
    clinic.make(people.patient)
    key = clinic.session.scalar(sa.select(sa.func.max(AuditLog.audit_log_id)))
    for spoil in (
        lambda s: setattr(s.get_one(AuditLog, key), "row", "1"),
        lambda s: s.delete(s.get_one(AuditLog, key)),
    ):
        with pytest.raises(RuntimeError, match="append-only"):
            clinic.unit(spoil)
    assert issubclass(AuditLog, AppendOnly)
    admin = clinic.client("Admin")
    for path in (f"/audit/{key}/edit", f"/audit/{key}/delete", "/audit/add"):
        assert admin.submit(path, {}).status_code == 404
    assert admin.get(f"/audit/{key}").status_code == 200


def test_a_phone_that_was_replaced_tells_both_numbers(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    old = clinic.session.scalars(sa.select(PatientPhone).where(PatientPhone.patient_id == key)).first()
    assert old is not None
    number, own = old.phone_number_val, old.phone_number_id
    clinic.unit(lambda s: setattr(s.get_one(PatientPhone, own), "phone_number_val", "+97699112233"))
    changes = entries(clinic, "patient_phone", AuditAction.UPDATE, own)[0].changes
    assert changes == {"phone_number_val": [number, "+97699112233"]}
