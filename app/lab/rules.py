"""What is asked of labs: its states, and what a result means. Source: tables.md, lab; rules.md, Messages."""

from app.kernel.enums import Word
from app.kernel.moves import Moves
from app.kernel.text import T


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
