"""What an import tells afterwards: counts, and the rows that were not added with their reasons.

Reasons are kept as sentences with their parameters, so that everybody reads them in their own language. The rows
are packed: a list of 100 000 refused rows must fit into one value of the database.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.kernel.enums import Code, Word
from app.kernel.lists import Fate, Verdict
from app.kernel.text import Names, Text

FATES = {fate.value: fate for fate in Fate}
TOLD = (Fate.CHANGED, Fate.DUPLICATE, Fate.REFUSED)


@dataclass(slots=True)
class Counts:
    """How many rows there were, and what became of them."""

    fates: Counter[Fate] = field(default_factory=Counter)
    faults: Counter[Word] = field(default_factory=Counter)

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count rows; a refused one by the first thing that is wrong."""
        for verdict in verdicts:
            self.fates[verdict.fate] += 1
            if verdict.refusals:
                self.faults[verdict.refusals[0].fault] += 1

    def as_json(self, *, updates: bool = False) -> dict[str, int]:
        """The counts under the names that scripts rely on (contract.md); `updates` where rows can be updated."""
        return {
            "rows": self.fates.total(),
            "added": self.fates[Fate.OK],
            **({"updated": self.fates[Fate.CHANGED]} if updates else {}),
            "duplicate": self.fates[Fate.DUPLICATE],
            "blank": self.fates[Fate.BLANK],
            "refused": self.fates[Fate.REFUSED],
        }

    def facts(self) -> dict[str, Any]:
        """Everything, to go on from."""
        return {
            "fates": {fate.value: count for fate, count in self.fates.items()},
            "faults": {fault.value: count for fault, count in self.faults.items()},
        }

    @classmethod
    def from_facts(cls, facts: dict[str, Any], faults: type[Word]) -> "Counts":
        """Those of `facts`; nothing counted where there are none."""
        known = {fault.value: fault for fault in faults}
        return cls(
            Counter({FATES[word]: count for word, count in facts.get("fates", {}).items()}),
            Counter({known[word]: count for word, count in facts.get("faults", {}).items() if word in known}),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """A row that was not added, as the report shows it."""

    line: int
    fate: Fate
    reasons: list[Text]
    cells: list[str]
    record: int | None


def tell(verdict: Verdict) -> list[Any]:
    """A row that was not added, as JSON."""
    reasons = [_as_json(reason) for reason in verdict.reasons]
    return [verdict.entry.line, verdict.fate.value, reasons, list(verdict.entry.cells), verdict.record]


def told(row: list[Any]) -> Told:
    """The row again."""
    line, fate, reasons, cells, record = row
    if isinstance(fate, bool):  # as the first release noted it: is it a duplicate?
        fate = (Fate.DUPLICATE if fate else Fate.REFUSED).value
    return Told(line, FATES[fate], [_from_json(reason) for reason in reasons], cells, record)


def pack(lines: Iterable[str]) -> str:
    """JSON rows, one a line, as one short ASCII text."""
    squeeze = zlib.compressobj(9)
    pieces = [squeeze.compress(line.encode() + b"\n") for line in lines]
    return base64.b85encode(b"".join(pieces) + squeeze.flush()).decode()


def unpack(packed: str) -> list[Told]:
    """The rows again."""
    lines = zlib.decompress(base64.b85decode(packed)).decode().splitlines() if packed else []
    return [told(json.loads(line)) for line in lines]


def _as_json(value: Any) -> Any:
    if isinstance(value, Code | Word):
        return _as_json(value.label)
    if isinstance(value, Text):
        params = {key: _as_json(param) for key, param in value.params.items()}
        return {"text": value.msgid, "with": params, **({"context": value.context} if value.context else {})}
    if isinstance(value, Names):
        return {"mn": value.mn, "en": value.en}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value if isinstance(value, int | str) or value is None else str(value)


def _from_json(value: Any) -> Any:
    if isinstance(value, dict) and "text" in value:
        params = {key: _from_json(param) for key, param in value["with"].items()}
        return Text(value["text"], params, value.get("context"))
    if isinstance(value, dict) and "mn" in value:
        return Names(value["mn"], value["en"])
    if isinstance(value, dict):
        return date.fromisoformat(value["day"])
    return value
