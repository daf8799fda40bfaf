"""When two records may be merged as one person's, and what is kept of each. Source: tables.md, `patient_merge`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T, Text

UNDO_WITHIN = timedelta(hours=24)
FIELDS = (
    "last_name", "first_name", "register_number", "passport_number", "birthday", "gender", "address", "email",
    "emergency_contact", "blood_type", "occupation", "source", "assigned_doctor_id", "preferred_locale", "dentition",
    "sms_opt_in", "email_opt_in", "marketing_opt_in", "note",
)  # fmt: skip
WISHES = ("sms_opt_in", "email_opt_in", "marketing_opt_in")
NUMBERS = ("register_number", "passport_number")  # nobody else may have them: the only one is always kept
KEPT, MERGED, BOTH = "kept", "merged", "both"


@dataclass(frozen=True, slots=True)
class Record:
    """One of the two records, as far as it decides whether they may be merged."""

    patient_id: int
    name: Text
    register_number: str | None = None
    merged_into: Text | None = None  # whose record it is part of already
    is_anonymised: bool = False
    is_in_treatment: bool = False


def check_merge(kept: Record, merged: Record, overlaps: Sequence[tuple[datetime, datetime]] = ()) -> None:
    """Refuse what is no merge of two records of one person. `overlaps` are live visits at the same time.

    Raises RuleError, Conflict.
    """
    if kept.patient_id == merged.patient_id:
        raise RuleError(T("This is the same record. Choose another one."), field="other")
    for record in (kept, merged):
        if record.merged_into is not None:
            text = T("%(name)s is part of the record of %(other)s already.", name=record.name, other=record.merged_into)
            raise Conflict(text, field="other")
        if record.is_anonymised:
            raise RuleError(T("The data of %(name)s was removed.", name=record.name), field="other")
        if record.is_in_treatment:
            raise RuleError(T("%(name)s is being treated now. Merge afterwards.", name=record.name), field="other")
    if kept.register_number and merged.register_number and kept.register_number != merged.register_number:
        raise RuleError(
            T(
                "The register numbers differ: %(first)s and %(second)s. Two people, or one of the numbers is mistyped.",
                first=kept.register_number,
                second=merged.register_number,
            ),
            field="other",
        )
    if overlaps:
        text = T("Both have a visit at %(first)s and %(second)s. Move or cancel one of them first.",
                 first=overlaps[0][0], second=overlaps[0][1])  # fmt: skip
        raise RuleError(text, field="other")


def choose(kept: Mapping[str, Any], merged: Mapping[str, Any], picks: Mapping[str, str]) -> dict[str, Any]:
    """The values of the record that stays, field by field as the clerk picked.

    Where nothing was picked, what only one of them knows is kept, and a wish not to be written to holds.
    """
    found = {}
    for name in FIELDS:
        first, second, pick = kept[name], merged[name], picks.get(name)
        if name == "note" and pick in (None, BOTH):
            found[name] = "\n".join(dict.fromkeys(part for part in (first, second) if part)) or None
        elif name in NUMBERS and (first is None or second is None):
            found[name] = first or second
        elif pick is None and name in WISHES:
            found[name] = first and second
        elif pick is None:
            found[name] = second if first in (None, "") else first
        else:
            found[name] = second if pick == MERGED else first
    return found


def check_undo(at: datetime, undone_at: datetime | None, now: datetime) -> None:
    """A merge can be undone once, for a day. Raises RuleError, Conflict."""
    if undone_at is not None:
        raise Conflict(T("This merge was undone already."))
    if now - at > UNDO_WITHIN:
        raise RuleError(T("A merge can be undone for a day. This one is older."))
