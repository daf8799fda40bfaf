"""What comes back from a lab: kept, and told at once where it is critical (rules.md, Messages)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.lab import actions
from app.lab.models import LabResult


def record_result(session: Session, values: Mapping[str, Any], *, now: datetime, today: date) -> LabResult:
    """Keep a result; a critical one is told to the doctor who asked for it. Raises RuleError."""
    return actions.add_result(session, values, now=now, today=today)


def correct_result(session: Session, row: LabResult, values: Mapping[str, Any], *, now: datetime) -> LabResult:
    """Change a locked result; one that becomes critical is told as if it were new. Raises RuleError."""
    return actions.change_result(session, row, values, now=now)
