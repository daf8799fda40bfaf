"""A patient list becomes patients: each row decided once, written in units of a few hundred.

The command, the check before an import and the import itself all go through `decide`, which asks the rule.
"""

import time as clock
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.jobs.actions import hold_counter
from app.jobs.rules import CounterKind
from app.kernel.dates import clinic_moment
from app.kernel.errors import RuleError
from app.people import actions
from app.people.importing.known import known_people
from app.people.rules.columns import Layout
from app.people.rules.importing import Entry, Fate, Fault, Refusal, Roll, Verdict, judge
from app.people.rules.reading import read_row
from app.web import saving

UNIT = 50  # rows written in one transaction, less than half a second: on SQLite the desk waits for it
BREATH = 0.12  # seconds between two units: whoever waits for SQLite's lock looks at it every tenth of a second
CHECKED = 1_000  # rows compared with the clinic's patients at a time
NOON = time(12)
Row = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What an import needs to know besides its rows."""

    layout: Layout
    today: date
    zone: ZoneInfo
    by: int | None = None


def decide(session: Session, rows: Sequence[Row], setting: Setting, roll: Roll) -> list[Verdict]:
    """The fate of these rows: read, compared with the clinic's patients and with the rows before them."""
    entries = [read_row(line, cells, setting.layout, setting.today) for line, cells in rows]
    for person in known_people(session, [entry.person for entry in entries if not entry.is_blank]):
        roll.add(person)
    return [judge(entry, roll) for entry in entries]


def check(session: Callable[[], Session], rows: Iterable[Row], setting: Setting) -> Iterator[list[Verdict]]:
    """The fate of every row, without writing: what an import would do now."""
    roll = Roll()
    for part in in_parts(rows, CHECKED):
        yield decide(session(), part, setting, roll)


def in_parts(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """The rows, `size` at a time."""
    source = iter(rows)
    while part := list(islice(source, size)):
        yield part


Write = Callable[[Session], list[Verdict]]
Commit = Callable[[Write], list[Verdict]]


def add_all(rows: Iterable[Row], setting: Setting, commit: Commit) -> Iterator[list[Verdict]]:
    """Add the patients of all rows, in units, letting others write between them."""
    for part in in_parts(rows, UNIT):
        yield add_part(part, setting, commit)
        clock.sleep(BREATH)


def add_part(rows: Sequence[Row], setting: Setting, commit: Commit) -> list[Verdict]:
    """Add the patients of these rows; `commit` runs a write in a unit.

    All in one unit. If the database refuses something that the rule let pass, row by row, so that this row
    alone is lost.
    """
    try:
        return commit(lambda session: _write(session, rows, setting))
    except (RuleError, DBAPIError) as error:
        if len(rows) == 1:
            refused = _refused(rows[0], setting, error)
            return commit(lambda _session: [refused])
    return [verdict for row in rows for verdict in add_part([row], setting, commit)]


def _write(session: Session, rows: Sequence[Row], setting: Setting) -> list[Verdict]:
    # Held before anybody is looked up: two imports, or an import and the desk, never add one person twice.
    hold_counter(session, CounterKind.CARD)
    verdicts = decide(session, rows, setting, Roll())
    for verdict in verdicts:
        if verdict.fate is Fate.OK:
            _add(session, verdict.entry, setting)
    return verdicts


def _add(session: Session, entry: Entry, setting: Setting) -> None:
    phones = [(place, {"phone_number_val": number}) for place, number in enumerate(entry.phones)]
    patient = actions.register_patient(session, entry.values, phones, today=setting.today, by=setting.by)
    for day in (entry.first_visit, entry.last_visit):
        if day is not None:
            actions.note_visit(patient, clinic_moment(day, NOON, setting.zone), setting.today, setting.zone)


def _refused(row: Row, setting: Setting, error: RuleError | DBAPIError) -> Verdict:
    """The row that the database refused. Re-raises what is no refusal of a value."""
    refusal = error if isinstance(error, RuleError) else saving.explain(error)
    entry = read_row(*row, setting.layout, setting.today)
    return Verdict(entry, Fate.REFUSED, refusals=(Refusal(Fault.STORAGE, None, refusal.text),))
