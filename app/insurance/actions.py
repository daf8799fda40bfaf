"""Writes about policies, inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.insurance import rules
from app.insurance.models import PatientInsurance

Rows = Sequence[tuple[int, Mapping[str, Any]]]  # (position on the form, values)


def add_policies(session: Session, patient_id: int, policies: Rows, name: str = "insurance") -> list[PatientInsurance]:
    """The policies of a patient who is being registered. Raises RuleError on the field it concerns."""
    checked = rules.check_policies(policies, name)
    rows = [PatientInsurance(patient_id=patient_id, **values) for values in checked]
    session.add_all(rows)
    session.flush()
    return rows
