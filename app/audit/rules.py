"""What the audit log keeps of a value, and what it masks."""

from datetime import date, datetime, time
from enum import Enum
from typing import Any

from app.kernel.enums import Word
from app.kernel.text import T

MASK = "•••"
LONGEST = 2_000


def kept_value(value: Any, is_secret: bool = False) -> Any:
    """The value as the log keeps it: secrets masked, moments as ISO text, long text cut."""
    if value is None or isinstance(value, bool | int | float):
        return MASK if is_secret and value is not None else value
    if is_secret:
        return MASK
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, dict | list):
        return value
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


class AuditAction(Word):
    """What was done."""

    INSERT = "insert", T("Added")
    UPDATE = "update", T("Changed")
    DELETE = "delete", T("Deleted")
    VIEW = "view", T("Viewed")
    EXPORT = "export", T("Exported")
    PRINT = "print", T("Printed")
    SIGN_IN = "sign-in", T("Signed in")
    PERMISSION = "permission", T("Changed a right")
    DENIED = "denied", T("Access refused")
