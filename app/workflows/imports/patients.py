"""A patient list becomes patients."""

from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy.orm import Session

from app.jobs.actions import hold_counter
from app.jobs.rules import CounterKind, JobKind
from app.kernel.dates import clinic_moment
from app.kernel.lists import Column, Fate, Heads, Refusal, Row
from app.kernel.phones import show_phone
from app.kernel.text import Text
from app.people import actions
from app.people.importing.known import known_people
from app.people.rules.columns import BY_WORD, HEADERS, HEADS, PHONES, ImportColumn
from app.people.rules.importing import Fault, Roll, Verdict, judge
from app.people.rules.reading import read_row
from app.workflows.imports.engine import Importable, Setting

NOON = time(12)


class PatientList(Importable):
    """The people of a list that a clinic brings along."""

    name, job_kind, dedupe, faults = "patients", JobKind.PATIENT_IMPORT, "patient", Fault

    def heads(self) -> Heads[Any]:
        """The columns of `rules/columns.py`."""
        return HEADS

    def sample(self) -> Sequence[Sequence[Any]]:
        """No examples: nobody would take them out."""
        return [list(HEADERS.values())]

    def roll(self) -> Roll:
        """Everybody who is known so far."""
        return Roll()

    def hold(self, session: Session) -> None:
        """Whoever registers somebody takes a card's number."""
        hold_counter(session, CounterKind.CARD)

    def decide(
        self, session: Session, rows: Sequence[Row], setting: Setting, roll: Any, *, lock: bool = False
    ) -> list[Verdict]:
        """Known by their numbers, or by name with birthday or phone."""
        entries = [read_row(line, cells, setting.layout, setting.today) for line, cells in rows]
        for person in known_people(session, [entry.person for entry in entries if not entry.is_blank]):
            roll.add(person)
        return [judge(entry, roll) for entry in entries]

    def write(self, session: Session, verdict: Any, setting: Setting) -> None:
        """Register the patient, with the visits that the list knows of."""
        if verdict.fate is not Fate.OK:
            return
        entry = verdict.entry
        phones = [(place, {"phone_number_val": number}) for place, number in enumerate(entry.phones)]
        patient = actions.register_patient(session, entry.values, phones, today=setting.today, by=setting.by)
        for day in _visits(entry.first_visit, entry.last_visit):
            actions.note_visit(patient, clinic_moment(day, NOON, setting.zone), setting.today, setting.zone)

    def refused(self, row: Row, setting: Setting, text: Text) -> Verdict:
        """Read again, with what the database said."""
        entry = read_row(*row, setting.layout, setting.today)
        return Verdict(entry, Fate.REFUSED, refusals=(Refusal(Fault.STORAGE, None, text),))

    def shown(self, verdict: Any, column: Column, cell: str) -> Any:
        """Phones as they are dialled, both names together."""
        entry = verdict.entry
        if column in PHONES:
            place = PHONES.index(BY_WORD[column.value])
            return show_phone(entry.phones[place]) if place < len(entry.phones) else cell
        if column is ImportColumn.FULL_NAME:
            return " ".join(filter(None, (entry.values.get("last_name"), entry.values.get("first_name")))) or cell
        visits = {ImportColumn.FIRST_VISIT: entry.first_visit, ImportColumn.LAST_VISIT: entry.last_visit}
        return (visits[column] if column in visits else entry.values.get(column.value)) or cell


def _visits(*days: date | None) -> Iterable[date]:
    return (day for day in days if day is not None)
