"""What somebody did on a day, and what of it is worth a second look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from app.audit.rules import CHANGES, AuditAction
from app.kernel.text import T, Text

FAR = 3  # so many times what is usual that day


@dataclass(frozen=True, slots=True)
class Limits:
    """From how many on a day is odd."""

    looks: int
    exports: int
    refusals: int


@dataclass(slots=True)
class Activity:
    """What one person did on one day; the numbers are entries of the log, `patients` are people looked at."""

    actor: int | None
    sign_ins: int = 0
    looks: int = 0
    changes: int = 0
    exports: int = 0
    prints: int = 0
    rights: int = 0
    refusals: int = 0
    patients: int = 0
    without_visit: int = 0  # of the patients, those who had no visit that day

    @property
    def total(self) -> int:
        """All entries."""
        return self.sign_ins + self.looks + self.changes + self.exports + self.prints + self.rights + self.refusals

    def add(self, action: AuditAction, count: int) -> None:
        """Count entries."""
        name = "changes" if action in CHANGES else _NAMES[action]
        setattr(self, name, getattr(self, name) + count)


_NAMES = {
    AuditAction.SIGN_IN: "sign_ins", AuditAction.VIEW: "looks", AuditAction.EXPORT: "exports",
    AuditAction.PRINT: "prints", AuditAction.PERMISSION: "rights", AuditAction.DENIED: "refusals",
}  # fmt: skip


def odd(one: Activity, everybody: Sequence[Activity], limits: Limits) -> list[Text]:
    """Why a person's day stands out, in sentences; nothing where it doesn't."""
    return list(_reasons(one, everybody, limits))


def _reasons(one: Activity, everybody: Sequence[Activity], limits: Limits) -> Iterator[Text]:
    others = [other.without_visit for other in everybody if other.actor is not None]
    usual = max(1, median(others)) if others else 1
    if one.without_visit >= limits.looks and (len(others) < 3 or one.without_visit >= FAR * usual):
        yield T("Looked at %(count)s patients who had no visit that day", count=one.without_visit)
    if one.exports >= limits.exports:
        yield T("Exported %(count)s times", count=one.exports)
    if one.refusals >= limits.refusals:
        yield T("Was refused %(count)s times", count=one.refusals)
