"""Writes the table of attacks into docs/security.md: `make security` runs every test that is one, and keeps its result.

A test is an attack where it carries `attack(…)` of `tests/security/attacks.py`. Parameters of one test are counted, not listed.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"
PROPERTY = "attack"


@dataclass(slots=True)
class Row:
    """One test and how it went, in all its forms."""

    tried: str
    asvs: str
    tries: int = 0
    held: int = 0


class AttackTable:
    """Collects what the workers report."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one test that ran."""
        marks = [value for name, value in report.user_properties if name == PROPERTY]
        if not marks or (report.when != "call" and report.outcome == "passed"):
            return
        tried, asvs = marks[0]
        row = self.rows.setdefault(test_name(report.nodeid), Row(tried, asvs))
        row.tries += 1
        row.held += report.outcome == "passed"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Put the table into the document."""
        if self.rows and not hasattr(session.config, "workerinput"):
            DOCUMENT.write_text(with_table(DOCUMENT.read_text(), as_table(self.rows)))


def test_name(nodeid: str) -> str:
    """`tests/security/test_x.py::test_y[sqlite]@group` → `test_x.py::test_y`."""
    return re.sub(r"\[.*|@.*", "", nodeid).rpartition("/")[2]


test_name.__test__ = False  # type: ignore[attr-defined]  # a helper's name


def as_table(rows: dict[str, Row]) -> str:
    """The rows in the order of the standard's chapters."""
    lines = ["| attack | ASVS 5.0 | test | tries | result |", "| --- | --- | --- | --: | --- |"]
    for name, row in sorted(rows.items(), key=lambda item: (_chapter(item[1].asvs), item[0])):
        result = "held" if row.held == row.tries else f"**broken in {row.tries - row.held}**"
        lines.append(f"| {row.tried.replace('|', '/')} | {row.asvs} | `{name}` | {row.tries} | {result} |")
    return "\n".join(lines)


def with_table(document: str, table: str) -> str:
    """The document with another table between its marks."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table}\n{END}", document, flags=re.DOTALL)


def _chapter(asvs: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", asvs.split(",")[0]))
