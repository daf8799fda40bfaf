"""A marked sentence as it is kept in a row, so that each reader reads it in their own language later."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from app.kernel.enums import Code, Word
from app.kernel.text import Names, Text

# how a parameter that is no plain value is kept: {"mark": …}, {"names": …}, {"moment": …}
MARK, NAMES, MOMENT = "mark", "names", "moment"


def as_json(mark: Text) -> dict[str, Any]:
    """`T("…", name=…)` → {"msgid", "params"} and, where it has one, "context"."""
    kept: dict[str, Any] = {"msgid": mark.msgid, "params": {key: _kept(value) for key, value in mark.params.items()}}
    return {**kept, "context": mark.context} if mark.context else kept


def from_json(kept: Mapping[str, Any]) -> Text:
    """The mark that was kept."""
    params = {key: _back(value) for key, value in dict(kept.get("params") or {}).items()}
    return Text(str(kept["msgid"]), params, kept.get("context"))


def _kept(value: Any) -> Any:
    if isinstance(value, Text):
        return {MARK: as_json(value)}
    if isinstance(value, Code | Word):
        return {MARK: as_json(value.label)}
    if isinstance(value, Names):
        return {NAMES: [value.mn, value.en]}
    if isinstance(value, datetime):
        return {MOMENT: value.isoformat()}
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _back(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if MARK in value:
        return from_json(value[MARK])
    if NAMES in value:
        return Names(*value[NAMES])
    return datetime.fromisoformat(value[MOMENT])
