"""What is asked of labs: when it is due, its states, and what a result means.

Source: tables.md, lab; rules.md, Messages.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from app.catalogue.rules import tooth_of
from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.moves import Moves
from app.kernel.text import T, Text

SUNDAY = 6
MOST_TEETH = 32


def is_overdue(status: "LabRequestStatus", due_on: date | None, today: date) -> bool:
    """Whether a request should be back by now and isn't."""
    return status in AT_LAB and due_on is not None and due_on < today


class LabRequestKind(Word):
    """What is asked for."""

    PROSTHETIC_WORK = "prosthetic work", T("Prosthetic work")
    MEDICAL_TEST = "medical test", T("Medical test")


class LabRequestStatus(Word):
    """How far a request is."""

    DRAFT = "draft", T("Draft")
    SENT = "sent", T("Sent to the lab")
    IN_PROGRESS = "in progress", T("Being made")
    RECEIVED = "received", T("Back from the lab")
    FITTED = "fitted", T("Fitted")
    REJECTED = "rejected", T("Sent back to the lab")
    CANCELLED = "cancelled", T("Cancelled")


class ResultFlag(Word):
    """What a result means."""

    NORMAL = "normal", T("Normal")
    LOW = "low", T("Low")
    HIGH = "high", T("High")
    CRITICAL = "critical", T("Critical")


_S = LabRequestStatus
AT_LAB = frozenset({_S.SENT, _S.IN_PROGRESS})
OPEN = frozenset({_S.DRAFT, _S.SENT, _S.IN_PROGRESS, _S.RECEIVED, _S.REJECTED})
# what the lab works by: once it has the request, another one has to be sent
WORKED_BY = ("lab_id", "kind", "description", "teeth", "shade", "material")
LAB_MOVES: Moves[LabRequestStatus] = Moves(
    {
        _S.DRAFT: {_S.SENT, _S.CANCELLED},
        _S.SENT: {_S.IN_PROGRESS, _S.RECEIVED, _S.CANCELLED},
        _S.IN_PROGRESS: {_S.RECEIVED, _S.CANCELLED},
        _S.RECEIVED: {_S.FITTED, _S.REJECTED},
        _S.REJECTED: {_S.SENT, _S.CANCELLED},
        _S.FITTED: set(),
        _S.CANCELLED: set(),
    }
)


def moves_of(kind: LabRequestKind, status: LabRequestStatus) -> list[LabRequestStatus]:
    """Where a request can go from here, in the order of its way. A test isn't fitted."""
    after = LAB_MOVES.after(status)
    is_test = kind is LabRequestKind.MEDICAL_TEST
    return [one for one in LabRequestStatus if one in after and not (is_test and one is _S.FITTED)]


def check_move(request: Any, to: LabRequestStatus) -> None:
    """Refuse a move that isn't in the table, and sending to nobody. Raises RuleError."""
    LAB_MOVES.check(request.status, to)
    if to not in moves_of(request.kind, request.status):
        raise RuleError(T("A test is not fitted. It is done when its result is here."), field="status")
    if to is _S.SENT and request.lab_id is None:
        raise RuleError(T("Choose the lab first, then send the request."), field="lab_id")


def due_day(sent_on: date, working_days: int, closed: Collection[date]) -> date:
    """The day a lab is done: `working_days` after `sent_on`, Sundays and closed holidays left out.

    >>> due_day(date(2026, 11, 20), 2, {date(2026, 11, 26)})
    datetime.date(2026, 11, 23)
    """
    day, left = sent_on, working_days
    while left > 0 or not _is_worked(day, closed):
        day += timedelta(days=1)
        left -= _is_worked(day, closed)
    return day


def _is_worked(day: date, closed: Collection[date]) -> bool:
    return day.weekday() != SUNDAY and day not in closed


def clean_teeth(typed: str | None) -> str | None:
    """FDI codes as they are kept, in the order of the mouth's quarters: `37 36;11` → `11, 36, 37`. Raises RuleError."""
    words = [word for word in re.split(r"[\s,;]+", typed or "") if word]
    codes = sorted({tooth_of(word, "teeth").code for word in words})
    if len(codes) > MOST_TEETH:
        raise RuleError(T("At most %(most)s teeth in one request.", most=MOST_TEETH), field="teeth")
    return ", ".join(codes) or None


def check_change(status: LabRequestStatus, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Once the lab has it, what it works by can't change; when it is due and what it costs can. Raises RuleError."""
    if status in (_S.DRAFT, _S.REJECTED):
        return
    changed = [name for name in WORKED_BY if name in after and after[name] != before[name]]
    text = T("The lab works by this. Cancel the request or take it back first, then change it.")
    if changed:
        raise RuleError.many([(name, text) for name in changed])


def check_result(reported_at: datetime, now: datetime, reviewed_at: datetime | None) -> None:
    """Refuse a result from tomorrow, and a change of one that a doctor has looked at. Raises RuleError."""
    if reviewed_at is not None:
        raise RuleError(T("A doctor has reviewed this result, so it stays. Write a new one."))
    if reported_at > now:
        raise RuleError(T("This lies in the future."), field="reported_at")


def is_alarming(flag: ResultFlag, reviewed_at: datetime | None) -> bool:
    """Whether the doctor must hear of a result at once."""
    return flag is ResultFlag.CRITICAL and reviewed_at is None


def check_review(flag: ResultFlag, reviewed_at: datetime | None, action: str | None) -> None:
    """A result is reviewed once; one that isn't normal needs what was done about it. Raises RuleError."""
    errors: list[tuple[str | None, Text]] = []
    if reviewed_at is not None:
        errors.append((None, T("This result was reviewed already.")))
    elif flag is not ResultFlag.NORMAL and not action:
        errors.append(("action", T("Write what you do about it: the result is not normal.")))
    if errors:
        raise RuleError.many(errors)
