"""What comes back from a lab: kept, and told at once where it is critical (rules.md, Messages)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.communication.actions import notify
from app.kernel.text import T
from app.lab import actions, rules
from app.lab.models import LabRequest, LabResult
from app.people.models import Employee, Patient


def record_result(session: Session, values: Mapping[str, Any], *, now: datetime, today: date) -> LabResult:
    """Keep a result; a critical one is told to the doctor who asked for it. Raises RuleError."""
    row = actions.add_result(session, values, now=now, today=today)
    _tell(session, row, now)
    return row


def correct_result(session: Session, row: LabResult, values: Mapping[str, Any], *, now: datetime) -> LabResult:
    """Change a locked result; one that becomes critical is told as if it were new. Raises RuleError."""
    actions.change_result(session, row, values, now=now)
    _tell(session, row, now)
    return row


def _tell(session: Session, row: LabResult, now: datetime) -> None:
    """Tell the doctor who asked for it; every doctor where that one doesn't sign in here."""
    if not rules.is_alarming(row.flag, row.reviewed_at):
        return
    request = session.get_one(LabRequest, row.lab_request_id)
    doctor, patient = session.get_one(Employee, request.doctor_id), session.get_one(Patient, request.patient_id)
    text = T("Critical lab result: %(test)s, %(patient)s", test=row.test_name, patient=patient.full_name)
    notify(
        session, text=text, link=f"/lab-results/{row.lab_result_id}", now=now,
        roles=() if doctor.user_id else ("Doctor",), user_ids=(doctor.user_id,) if doctor.user_id else (),
        dedupe_key=f"lab-result:{row.lab_result_id}:critical",
    )  # fmt: skip
