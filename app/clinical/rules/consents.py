"""What makes a consent one, and what a withdrawal is. Source: mongolia.md, the personal data law."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.clinical.rules.kinds import ConsentWay
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T


def check_consent(values: Mapping[str, Any], now: datetime) -> None:
    """Somebody gave it, on a day that has come, and a spoken one before a witness. Raises RuleError."""
    if not (values.get("signed_by") or "").strip():
        raise RuleError(T("Write who gave the consent."), field="signed_by")
    if values["signed_at"] > now:
        raise RuleError(T("This lies in the future."), field="signed_at")
    if values["way"] is ConsentWay.SPOKEN and not values.get("witness"):
        raise RuleError(T("A spoken consent needs a witness."), field="witness")


def check_withdrawal(withdrawn_at: datetime | None) -> None:
    """A consent is withdrawn once. Raises Conflict."""
    if withdrawn_at is not None:
        raise Conflict(T("This consent was withdrawn already."))


def text_of(heading: str, body: str) -> str:
    """The text as it is shown, and kept with the consent."""
    return f"{heading.strip()}\n\n{body.strip()}"
