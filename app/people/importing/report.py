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
from app.kernel.text import Text
from app.people.rules.importing import Fate, Fault, Verdict

FAULTS = {fault.value: fault for fault in Fault}


@dataclass(slots=True)
class Counts:
    """How many rows there were, and what became of them."""

    fates: Counter[Fate] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count rows; a refused one by the first thing that is wrong."""
        for verdict in verdicts:
            self.fates[verdict.fate] += 1
            if verdict.refusals:
                self.faults[verdict.refusals[0].fault] += 1

    def as_json(self) -> dict[str, int]:
        """The counts under the names that scripts rely on (contract.md)."""
        return {
            "rows": self.fates.total(),
            "added": self.fates[Fate.OK],
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
    def from_facts(cls, facts: dict[str, Any]) -> "Counts":
        """Those of `facts`; nothing counted where there are none."""
        by_word = {fate.value: fate for fate in Fate}
        return cls(
            Counter({by_word[word]: count for word, count in facts.get("fates", {}).items()}),
            Counter({FAULTS[word]: count for word, count in facts.get("faults", {}).items() if word in FAULTS}),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """A row that was not added, as the report shows it."""

    line: int
    is_duplicate: bool
    reasons: list[Text]
    cells: list[str]
    patient_id: int | None


def tell(verdict: Verdict) -> list[Any]:
    """A row that was not added, as JSON."""
    patient = next((person.patient_id for person in verdict.known), None)
    is_duplicate = verdict.fate is Fate.DUPLICATE
    return [
        verdict.entry.line,
        is_duplicate,
        [_as_json(reason) for reason in verdict.reasons],
        list(verdict.entry.cells),
        patient,
    ]


def told(row: list[Any]) -> Told:
    """The row again."""
    line, is_duplicate, reasons, cells, patient = row
    return Told(line, is_duplicate, [_from_json(reason) for reason in reasons], cells, patient)


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
        return {"text": value.msgid, "with": {key: _as_json(param) for key, param in value.params.items()}}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value if isinstance(value, int | str) or value is None else str(value)


def _from_json(value: Any) -> Any:
    if isinstance(value, dict) and "text" in value:
        return Text(value["text"], {key: _from_json(param) for key, param in value["with"].items()})
    if isinstance(value, dict):
        return date.fromisoformat(value["day"])
    return value
