"""Notes of a visit and the tooth chart as it is kept with an exam. Source: rules.md, Clinical (signed, snapshot)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.kernel.errors import NotAllowed, RuleError
from app.kernel.text import T

PARTS = ("subjective", "objective", "assessment", "plan")


def check_note(values: Mapping[str, Any]) -> None:
    """A note says something. Raises RuleError."""
    if not any(values.get(part) for part in PARTS):
        raise RuleError(T("Write at least one part of the note."), field=PARTS[0])


def check_note_open(signed_at: datetime | None) -> None:
    """A signed note stays as it is. Raises RuleError."""
    if signed_at is not None:
        raise RuleError(T("This note is signed and can't be changed. Write an addendum to it."))


def check_signer(author: int | None, by: int | None) -> None:
    """Who signs a note wrote it as it stands. Raises NotAllowed."""
    if by is None or author != by:
        raise NotAllowed(T("Somebody else wrote this note. Save it as yours first, then sign it."))


def check_addendum(signed_at: datetime | None) -> None:
    """Only what is signed needs an addendum. Raises RuleError."""
    if signed_at is None:
        raise RuleError(T("This note isn't signed yet: change the note itself."))


def chart_of(dentition: str, findings: Iterable[tuple[str, str, str, str]]) -> dict[str, Any]:
    """A chart to keep, from (tooth, condition, layer, surfaces) of what holds now, always written alike."""
    teeth: dict[str, list[dict[str, str]]] = {}
    for code, condition, layer, surfaces in sorted(set(findings)):
        teeth.setdefault(code, []).append({"condition": condition, "layer": layer, "surfaces": surfaces})
    return {"dentition": dentition, "teeth": teeth}


def chart_hash(chart: Mapping[str, Any]) -> str:
    """SHA-256 of a chart in its one way of being written."""
    text = json.dumps(chart, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
