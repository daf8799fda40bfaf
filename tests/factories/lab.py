"""Labs, requests and results for tests: each goes through the room's action."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.lab import actions
from app.lab.models import Lab, LabRequest, LabResult
from app.lab.rules import LabRequestKind, LabRequestStatus
from app.people.models import Employee, Patient
from app.workflows.lab import record_result
from tests.factories import people
from tests.factories.clinical import today

_numbers = itertools.count(1)
S = LabRequestStatus
# the moves that lead from a draft to a state
WAYS: dict[LabRequestStatus, tuple[LabRequestStatus, ...]] = {
    S.DRAFT: (),
    S.SENT: (S.SENT,),
    S.IN_PROGRESS: (S.SENT, S.IN_PROGRESS),
    S.RECEIVED: (S.SENT, S.RECEIVED),
    S.FITTED: (S.SENT, S.RECEIVED, S.FITTED),
    S.REJECTED: (S.SENT, S.RECEIVED, S.REJECTED),
    S.CANCELLED: (S.CANCELLED,),
}


def lab(session: Session, **values: Any) -> Lab:
    """A laboratory that works for seven days."""
    row = Lab(**{"name": f"Лаборатори {next(_numbers)}", "working_days": 7, **values})
    session.add(row)
    session.flush()
    return row


def request(
    session: Session,
    *,
    patient: Patient | None = None,
    doctor: Employee | None = None,
    status: LabRequestStatus = S.DRAFT,
    **values: Any,
) -> LabRequest:
    """A crown on 36, moved to `status`."""
    base = {
        "patient_id": (patient or people.patient(session)).patient_id,
        "doctor_id": (doctor or people.doctor(session)).employee_id,
        "lab_id": values.pop("lab_id", None) or lab(session).lab_id,
        "description": f"Керамик бүрээс {next(_numbers)}", "teeth": "36", "shade": "A2",
    }  # fmt: skip
    row = actions.add_request(session, {**base, **values})
    for to in WAYS[status]:
        actions.move_request(session, row, to, now=datetime.now(UTC), today=today())
    return row


def result(session: Session, of: LabRequest | None = None, **values: Any) -> LabResult:
    """A value of a test that is at the lab."""
    asked = of or request(session, kind=LabRequestKind.MEDICAL_TEST, teeth=None, status=S.SENT)
    now = datetime.now(UTC)
    base = {
        "lab_request_id": asked.lab_request_id, "test_name": f"Глюкоз {next(_numbers)}", "value": "5.1",
        "unit": "ммоль/л", "reference_range": "3.9–6.1", "reported_at": now - timedelta(minutes=5),
    }  # fmt: skip
    return record_result(session, {**base, **values}, now=now, today=today())
