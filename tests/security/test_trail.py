"""The Admin's pages about the audit log: the list with its filters, days, people, and who looked at a patient."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.audit.actions import record
from app.audit.queries import trail
from app.audit.rules import AuditAction, cut, kept_ip, kept_query, kept_value, one_line, without_codes
from app.audit.rules.days import Activity, Limits, odd
from app.communication.models import Message
from app.db import Actor, acting_as
from app.scheduling.queries import had_a_visit
from tests.audit.test_listener import entries
from tests.factories import communication, people, scheduling
from tests.factories.clinic import Clinic

LIMITS = Limits(looks=20, exports=5, refusals=10)


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def look(clinic: Clinic, role: str, patient: int, action: AuditAction = AuditAction.VIEW) -> None:
    with acting_as(Actor(user_id=clinic.user(role).id)):
        clinic.unit(lambda s: record(s, action, "patient", patient, patient=patient))


@pytest.mark.both
def test_the_list_is_filtered_by_person_table_patient_action_and_time(clinic: Clinic) -> None:
    one, other = (clinic.make(people.patient, first_name=name).patient_id for name in ("Болд", "Сараа"))
    look(clinic, "Doctor", one)
    look(clinic, "Nurse", other)
    admin, doctor, today = clinic.client("Admin"), clinic.user("Doctor").id, clinic.today
    for query, is_there, is_not in (
        (f"actor_number={doctor}", "Doctor Туршилт", "Nurse Туршилт"),
        (f"patient_number={other}", "Сараа", "Болд"),
        ("table=patient&action=view", "Болд", "Invoice "),
        (f"actor_number={doctor}&created_at_from={today}", "Болд", "Сараа"),
    ):
        page = text_of(admin.get(f"/audit/list/?{query}").text and admin.get(f"/audit/list/?{query}"))
        rows = page.partition("IP address")[2].partition("Close")[0]
        assert is_there in rows, query
        assert is_not not in rows, query
    assert "No records found" in admin.get(f"/audit/list/?created_at_from={today + timedelta(days=2)}").text
    assert f'href="/patients/{one}"' in admin.get("/audit/list/?table=patient&action=view").text
    assert f'href="/audit/people/{doctor}"' in admin.get(f"/audit/list/?actor_number={doctor}").text
    assert "Болд" in admin.get(f"/audit/export.csv?actor_number={doctor}").text
    for wild in (
        "actor_number=x",
        "table=%00",
        "table=nonsense",
        "patient_number=-1",
        "action=zzz",
        "created_at_from=x",
    ):
        assert admin.get(f"/audit/list/?{wild}").status_code == 200, wild


def test_what_was_seen_is_called_by_its_page(clinic: Clinic) -> None:
    for _ in range(2):
        clinic.make(people.patient)
    clinic.client("Receptionist").get("/patients?q=")
    clinic.client("Nurse").get("/invoices")
    page = text_of(clinic.client("Admin").get("/audit/list/?table=page"))
    assert "Viewed Patients /patients" in page
    assert "Access refused Invoices /invoices" in page


@pytest.mark.both
def test_a_day_counts_what_each_did_and_names_what_stands_out(clinic: Clinic) -> None:
    booked = clinic.make(scheduling.appointment)
    keys = [clinic.make(people.patient).patient_id for _ in range(3)]
    clinic.unit(
        lambda s: __import__("app.security.actions", fromlist=["x"]).change_setting(s, "security.odd_looks", 3, None)
    )
    look(clinic, "Doctor", booked.patient_id)
    for key in keys:
        look(clinic, "Nurse", key)
        look(clinic, "Nurse", key)
    look(clinic, "Nurse", keys[0], AuditAction.EXPORT)
    look(clinic, "Nurse", keys[0], AuditAction.DENIED)
    start = booked.start_at - timedelta(days=1)
    end = max(booked.start_at, datetime.now(UTC)) + timedelta(days=1)
    start = min(start, datetime.now(UTC) - timedelta(days=1))
    found = {one.actor: one for one in trail.activities(clinic.session, start, end, had_a_visit(start, end))}
    doctor, nurse = (found[clinic.user(role).id] for role in ("Doctor", "Nurse"))
    assert (doctor.looks, doctor.patients, doctor.without_visit) == (1, 1, 0)
    assert (nurse.looks, nurse.patients, nurse.without_visit, nurse.exports, nurse.refusals) == (6, 3, 3, 1, 1)
    page = text_of(clinic.client("Admin").get("/audit/days"))
    assert "Looked at 3 patients who had no visit that day" in page
    csv = clinic.client("Admin").get("/audit/days.csv").text
    assert "Nurse Туршилт" in csv
    assert "Looked at 3 patients" in csv


def test_what_is_odd() -> None:
    quiet = [Activity(actor=n, without_visit=2) for n in range(1, 5)]
    assert odd(Activity(9, without_visit=19), quiet, LIMITS) == []
    assert [text.msgid for text in odd(Activity(9, without_visit=20), quiet, LIMITS)] == [
        "Looked at %(count)s patients who had no visit that day"
    ]
    busy = [Activity(actor=n, without_visit=18) for n in range(1, 5)]
    assert odd(Activity(9, without_visit=20), busy, LIMITS) == [], "that day everybody did"
    assert len(odd(Activity(9, exports=5, refusals=10), quiet, LIMITS)) == 2
    assert Activity(1, sign_ins=1, looks=2, changes=3, patients=9).total == 6


@pytest.mark.both
def test_the_days_of_a_person_are_the_clinics(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    look(clinic, "Doctor", key)
    doctor = clinic.user("Doctor").id
    admin = clinic.client("Admin")
    page = text_of(admin.get(f"/audit/people/{doctor}"))
    assert f"{clinic.today} " in page
    assert "Nothing in this period" in admin.get(f"/audit/people/{doctor}?to=2020-01-31").text
    assert admin.get("/audit/people/98765").status_code == 404
    assert admin.get(f"/audit/people/{doctor}?from=x&to=9999-12-31").status_code == 200
    near = datetime.now(UTC)
    days = trail.days_of(
        clinic.session, doctor, near - timedelta(days=1), near + timedelta(days=1), near.astimezone().tzinfo or UTC
    )
    assert [one.looks for _, one in days] == [1]


@pytest.mark.both
def test_a_patient_who_asks_is_told_who_looked(clinic: Clinic) -> None:
    key = clinic.make(people.patient, first_name="Оюун").patient_id
    look(clinic, "Doctor", key)
    look(clinic, "Nurse", key, AuditAction.PRINT)
    admin = clinic.client("Admin")
    page = text_of(admin.get(f"/audit/patients/{key}"))
    assert "Doctor Туршилт" in page
    assert "Nurse Туршилт" in page
    csv = admin.get(f"/audit/patients/{key}.csv")
    assert "Printed" in csv.text
    paper = admin.get(f"/audit/patients/{key}.pdf")
    assert (paper.status_code, paper.data[:4]) == (200, b"%PDF")
    told = [(row.action, row.patient_number) for row in entries(clinic, "audit_log")]
    assert told == [(AuditAction.EXPORT, key), (AuditAction.PRINT, key)], "that it was handed out is kept too"
    assert admin.get("/audit/patients/98765").status_code == 404
    assert admin.get(f"/audit/patients/{key}.exe").status_code == 404
    assert f'/audit/patients/{key}"' in admin.get(f"/patients/{key}").text
    assert "/audit/patients/" not in clinic.client("Doctor").get(f"/patients/{key}").text


def test_the_list_says_whether_the_chain_is_up_to_date(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = clinic.client("Admin")
    assert clinic.app.test_cli_runner().invoke(args=["audit", "seal"]).exit_code == 0
    assert "Sealed up to" in admin.get("/audit/list/").text
    monkeypatch.setattr("app.audit.actions.utcnow", lambda: datetime.now(UTC) - timedelta(days=9))
    clinic.unit(lambda s: record(s, AuditAction.VIEW, "patient", 1))
    assert "1 entries were not sealed in time" in admin.get("/audit/list/").text


def test_a_code_in_a_message_is_masked_in_the_log(clinic: Clinic) -> None:
    made = clinic.make(communication.message)
    clinic.unit(lambda s: setattr(s.get_one(Message, made.message_id), "body", "Таны код: 123 456. Бусад: 12"))
    (row,) = entries(clinic, "message", AuditAction.UPDATE, made.message_id)
    assert row.changes is not None
    assert row.changes["body"][1] == "Таны код: •••. Бусад: 12"
    assert without_codes(None) is None


def test_what_is_kept_of_a_value() -> None:
    assert cut("x" * 2_001).endswith(
        "(2001 characters, SHA-256 " + __import__("hashlib").sha256(b"x" * 2_001).hexdigest() + ")"
    )
    assert kept_value({"a": {"password": "x", "n": 1}}) == {"a": {"password": "•••", "n": 1}}
    assert "SHA-256" in kept_value(["y" * 3_000])
    assert kept_query("q=a%26b&token=1&code=2&x") == "q=a%26b&token=•••&code=•••&x="
    assert kept_query("q=%0a%00\x1b") == "q=" + "\N{REPLACEMENT CHARACTER}" * 3
    assert len(kept_query("a=" + "b" * 9_000)) < 700
    assert one_line("a\nb\u202ec", 3) == "a\N{REPLACEMENT CHARACTER}b"
    assert [kept_ip(ip) for ip in ("10.0.0.1", "::1", "fe80::1%eth0", "evil\n", "1.2.3", "")] == [
        "10.0.0.1",
        "::1",
        "fe80::1",
        "",
        "",
        "",
    ]
