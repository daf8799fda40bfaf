"""A list becomes rows of the clinic: each row decided once, written in units of a few.

The command, the check before an import and the import itself all go through `Importable.decide`.
"""

import time as clock
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.jobs.rules import JobKind
from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.lists import Column, Heads, Layout, Row, Verdict
from app.kernel.text import Text
from app.web import saving

UNIT = 50  # rows written in one transaction, less than half a second: on SQLite the desk waits for it
BREATH = 0.12  # seconds between two units: whoever waits for SQLite's lock looks at it every tenth of a second
CHECKED = 1_000  # rows compared with the clinic's at a time


@dataclass(frozen=True, slots=True)
class Setting:
    """What an import needs to know besides its rows."""

    layout: Any  # of the columns that its kind of list has
    today: date
    zone: ZoneInfo
    by: int | None = None
    update: bool = False  # whether what is known already is brought up to date
    may_price: bool = True
    now: datetime | None = None
    first: Mapping[Any, int] = field(default_factory=dict)  # in which row of the list a key stands first


class Importable(ABC):
    """A kind of list: how its rows are read, judged and written."""

    name: str  # in addresses, payloads and keys
    job_kind: JobKind
    dedupe: str  # how the keys of its jobs begin
    faults: type[Word]
    can_update = False

    @abstractmethod
    def heads(self) -> Heads[Any]:
        """What its columns may be called."""

    @abstractmethod
    def sample(self) -> Sequence[Sequence[Any]]:
        """A list to fill in: what its columns are called, and examples."""

    def survey(self, rows: Iterable[Row], layout: Layout[Any]) -> Mapping[Any, int]:
        """What must be known of the whole list before its first row is judged."""
        return {}

    def roll(self) -> Any:
        """What is remembered from part to part while a list is checked."""
        return None

    def hold(self, session: Session) -> None:  # noqa: B027 - most lists lock the rows that they find
        """Lock what keeps two imports from adding one thing twice."""

    @abstractmethod
    def decide(
        self, session: Session, rows: Sequence[Row], setting: Setting, roll: Any, *, lock: bool = False
    ) -> Sequence[Verdict]:
        """The fate of these rows: read, compared with the clinic's rows and with those before them."""

    @abstractmethod
    def write(self, session: Session, verdict: Any, setting: Setting) -> None:
        """Write a row that is to be added or updated; nothing for any other."""

    @abstractmethod
    def refused(self, row: Row, setting: Setting, text: Text) -> Verdict:
        """The row, refused by the database."""

    def shown(self, verdict: Any, column: Column, cell: str) -> Any:
        """What would be stored for a cell; the cell itself where it can't be read."""
        return cell


Verdicts = Sequence[Verdict]
Write = Callable[[Session], Verdicts]
Commit = Callable[[Write], Verdicts]


def check(
    source: Importable, session: Callable[[], Session], rows: Iterable[Row], setting: Setting
) -> Iterator[Verdicts]:
    """The fate of every row, without writing: what an import would do now."""
    roll = source.roll()
    for part in in_parts(rows, CHECKED):
        yield source.decide(session(), part, setting, roll)


def in_parts(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """The rows, `size` at a time."""
    source = iter(rows)
    while part := list(islice(source, size)):
        yield part


def add_all(source: Importable, rows: Iterable[Row], setting: Setting, commit: Commit) -> Iterator[Verdicts]:
    """Write all rows, in units, letting others write between them."""
    for part in in_parts(rows, UNIT):
        yield add_part(source, part, setting, commit)
        clock.sleep(BREATH)


def add_part(source: Importable, rows: Sequence[Row], setting: Setting, commit: Commit) -> Verdicts:
    """Write these rows; `commit` runs a write in a unit.

    All in one unit. If the database refuses something that the rule let pass, row by row, so that this row
    alone is lost.
    """
    try:
        return commit(lambda session: _write(source, session, rows, setting))
    except (RuleError, DBAPIError) as error:
        if len(rows) == 1:
            refusal = error if isinstance(error, RuleError) else saving.explain(error)
            refused = source.refused(rows[0], setting, refusal.text)
            return commit(lambda _session: [refused])
    return [verdict for row in rows for verdict in add_part(source, [row], setting, commit)]


def _write(source: Importable, session: Session, rows: Sequence[Row], setting: Setting) -> Verdicts:
    # Held before anything is looked up: two imports, or an import and the desk, never add one thing twice.
    source.hold(session)
    verdicts = source.decide(session, rows, setting, source.roll(), lock=True)
    for verdict in verdicts:
        source.write(session, verdict, setting)
    return verdicts
