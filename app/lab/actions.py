"""Writes about lab requests and results, inside the caller's transaction."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.clinical.models import Treatment
from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T
from app.lab import queries, rules
from app.lab.models import Lab, LabRequest, LabResult
from app.lab.rules import LabRequestKind, LabRequestStatus
from app.people.models import Patient
from app.people.queries import patient_ids

S = LabRequestStatus


def locked_request(session: Session, request_id: int) -> LabRequest:
    """The request, locked until the unit ends. Raises NotFound."""
    row = session.get(LabRequest, request_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def locked_result(session: Session, result_id: int) -> LabResult:
    """The result, locked until the unit ends. Raises NotFound."""
    row = session.get(LabResult, result_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def add_request(session: Session, values: Mapping[str, Any]) -> LabRequest:
    """A request as a draft; the same one sent twice is found again. Raises RuleError."""
    row = LabRequest(status=S.DRAFT)
    _fill(session, row, values)
    patient = session.get(Patient, row.patient_id, with_for_update=True)  # one form of a patient at a time
    if patient is None:
        raise RuleError(T("Choose one of the list."), field="patient_id")
    again = queries.same_draft(session, row)
    if again is not None:
        return again
    session.add(row)
    session.flush()
    return row


def change_request(session: Session, row: LabRequest, values: Mapping[str, Any]) -> LabRequest:
    """Change a locked request, as far as the lab doesn't work by it. Raises RuleError."""
    before = {name: getattr(row, name) for name in rules.WORKED_BY}
    with session.no_autoflush:
        _fill(session, row, values)
        rules.check_change(row.status, before, {name: getattr(row, name) for name in rules.WORKED_BY})
    session.flush()
    return row


def _fill(session: Session, row: LabRequest, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if value is not None or name not in ("kind", "cost", "doctor_id"):
            setattr(row, name, value)
    row.kind = row.kind or LabRequestKind.PROSTHETIC_WORK
    row.cost = row.cost or 0
    row.teeth = rules.clean_teeth(row.teeth)
    treatment = session.get(Treatment, row.treatment_id) if row.treatment_id else None
    if row.treatment_id and (treatment is None or treatment.patient_id not in patient_ids(session, row.patient_id)):
        raise RuleError(T("This visit is another patient's."), field="treatment_id")
    if treatment is not None and row.doctor_id is None:
        row.doctor_id = treatment.doctor_id
    if row.doctor_id is None:
        raise RuleError(T("Required"), field="doctor_id")


def move_request(session: Session, row: LabRequest, to: LabRequestStatus, *, now: datetime, today: date) -> LabRequest:
    """Move a locked request on its way, noting when it was sent, is due and came back. Raises RuleError."""
    rules.check_move(row, to)
    row.status = to
    if to is S.SENT:
        row.sent_at, row.received_at = now, None
        if row.due_on is None or row.due_on < today:
            lab = session.get_one(Lab, row.lab_id)
            row.due_on = queries.suggested_due(session, today, lab.working_days)
    elif to is S.RECEIVED:
        row.received_at = now
    session.flush()
    return row


def add_result(session: Session, values: Mapping[str, Any], *, now: datetime, today: date) -> LabResult:
    """A value that came back: with the first one a test that is at the lab is back. Raises RuleError."""
    request = session.get(LabRequest, values.get("lab_request_id") or 0, with_for_update=True)
    if request is None:
        raise RuleError(T("Choose one of the list."), field="lab_request_id")
    if request.status in (S.DRAFT, S.CANCELLED):
        text = T("This request is “%(status)s”: nothing can come back for it.", status=request.status)
        raise RuleError(text, field="lab_request_id")
    row = LabResult(**_given(values))
    rules.check_result(row.reported_at, now, None)
    session.add(row)
    if request.kind is LabRequestKind.MEDICAL_TEST and request.status in rules.AT_LAB:
        move_request(session, request, S.RECEIVED, now=now, today=today)
    session.flush()
    return row


def change_result(session: Session, row: LabResult, values: Mapping[str, Any], *, now: datetime) -> LabResult:
    """Change a locked result that nobody has reviewed. Raises RuleError."""
    with session.no_autoflush:
        for name, value in values.items():
            if value is not None or name not in ("flag", "reported_at", "lab_request_id"):
                setattr(row, name, value)
        rules.check_result(row.reported_at, now, row.reviewed_at)
    session.flush()
    return row


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    columns = LabResult.__mapper__.columns
    return {name: value for name, value in values.items() if name in columns and value is not None}


def review_result(session: Session, row: LabResult, values: Mapping[str, Any], *, by: int, now: datetime) -> LabResult:
    """A doctor has looked at a locked result: who, when, what is done about it, what follows. Raises RuleError."""
    rules.check_review(row.flag, row.reviewed_at, values.get("action"))
    row.action, row.follow_up = values.get("action"), values.get("follow_up")
    row.reviewed_by, row.reviewed_at = by, now
    session.flush()
    return row
