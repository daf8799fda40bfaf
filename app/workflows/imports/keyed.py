"""Lists whose rows are known by a key: a code, a name. What is known is skipped or, where chosen, updated.

A list declares its columns, its key and how a row is looked up, checked and written; the rest is here. An empty
cell changes nothing of what is known.
"""

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from app.jobs.rules import JobKind
from app.kernel import cells
from app.kernel.enums import Word
from app.kernel.errors import NotAllowed, RuleError
from app.kernel.lists import Cells, Column, Fate, Heads, Layout, Refusal, Row
from app.kernel.text import T, Text
from app.workflows.imports.columns import KeyedHeads, ListColumn
from app.workflows.imports.engine import Importable, Setting


class ListFault(Word):
    """What is wrong with a row."""

    MISSING = "missing", T("Something is missing")
    VALUE = "value", T("A value can't be read")
    UNKNOWN = "unknown", T("The clinic doesn't have what it refers to")
    TWICE = "twice", T("It stands in the list twice")
    PRICE = "price", T("Prices are set by a manager")
    RULE = "rule", T("A value is not allowed")
    STORAGE = "not stored", T("The database refused it")


@dataclass(slots=True)
class Entry:
    """A row that was read."""

    line: int
    cells: Cells
    is_blank: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)  # where a value is no text for people
    refusals: list[Refusal] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)

    def refuse(self, fault: ListFault, column: Column | None, text: Text) -> None:
        """Note that something is wrong."""
        self.refusals.append(Refusal(fault, column, text))


@dataclass(frozen=True, slots=True)
class KeyedVerdict:
    """A row and its fate; the record that it was recognised as, and what would change of it."""

    entry: Entry
    fate: Fate
    known: Any = None
    refusals: tuple[Refusal, ...] = ()
    changes: tuple[Text, ...] = ()

    @property
    def reasons(self) -> list[Text]:
        """The sentences for people."""
        if self.fate is Fate.DUPLICATE:
            return [T("%(name)s is here already", name=self.known.title)]
        return list(self.changes) or [refusal.sentence for refusal in self.refusals]

    @property
    def record(self) -> int | None:
        """The key of the record."""
        return None if self.known is None else self.known.row_id


class KeyedList(Importable):
    """A list whose rows are known by a key."""

    job_kind, faults, can_update = JobKind.LIST_IMPORT, ListFault, True
    columns: tuple[ListColumn, ...]
    key: tuple[str, ...]  # the columns that make the key
    needed: tuple[str, ...]  # what a new row can't do without
    follows: tuple[str, ...] = ()  # what of it `complete` may find elsewhere
    fixed: tuple[str, ...] = ()  # what an update leaves as it is

    @cached_property
    def _heads(self) -> KeyedHeads:
        key, needed = ([name for name in names if name not in self.follows] for names in (self.key, self.needed))
        return KeyedHeads(self.columns, key, needed)

    def heads(self) -> Heads[Any]:
        """The columns, under their labels in both languages."""
        return self._heads

    def sample(self) -> Sequence[Sequence[Any]]:
        """The labels, and two examples."""
        return [[c.label for c in self.columns], *([c.examples[place] for c in self.columns] for place in (0, 1))]

    # --- what a list declares

    def key_of(self, values: Mapping[str, Any]) -> Any:
        """By what a row is known; its columns are all there."""
        return values[self.key[0]]

    def resolve(self, session: Session, entries: Sequence[Entry]) -> None:
        """Find what the rows refer to."""

    def complete(self, values: dict[str, Any]) -> None:
        """Fill in what follows from the other values of a new row."""

    @abstractmethod
    def known(self, session: Session, keys: Sequence[Any], *, lock: bool) -> Mapping[Any, Any]:
        """The records of these keys."""

    @abstractmethod
    def check(self, values: Mapping[str, Any], known: Any, setting: Setting) -> None:
        """Refuse what may not be stored. Raises RuleError, with the names of columns as fields."""

    @abstractmethod
    def add(self, session: Session, values: dict[str, Any], setting: Setting) -> None:
        """Add a row."""

    @abstractmethod
    def change(self, session: Session, known: Any, values: dict[str, Any], setting: Setting) -> None:
        """Update a locked record."""

    # --- what is the same for all

    def read(self, line: int, row: Cells, layout: Any, only: Sequence[str] | None = None) -> Entry:
        """Read a row, or only some of its columns; everything that is wrong with it is noted, nothing is raised."""
        entry = Entry(line, row, is_blank=cells.is_blank(row))
        for column, cell in zip(layout.columns, row, strict=False):
            if column is None or (only is not None and column.value not in only):
                continue
            try:
                value = column.read(cells.clean_cell(cell))
            except RuleError as error:
                entry.refuse(ListFault.VALUE, column, error.text)
                continue
            if value is not None:
                entry.values[column.value] = value
        return entry

    def _key(self, entry: Entry) -> Any:
        return self.key_of(entry.values) if all(name in entry.values for name in self.key) else None

    def survey(self, rows: Iterable[Row], layout: Layout[Any]) -> Mapping[Any, int]:
        """In which row each key stands first."""
        first: dict[Any, int] = {}
        for line, row in rows:
            key = self._key(self.read(line, row, layout, self.key))
            if key is not None:
                first.setdefault(key, line)
        return first

    def decide(
        self, session: Session, rows: Sequence[Row], setting: Setting, roll: Any, *, lock: bool = False
    ) -> list[KeyedVerdict]:
        """Known by the key; locked where they are about to be written."""
        entries = [self.read(line, row, setting.layout) for line, row in rows]
        self.resolve(session, entries)
        keys = [key for entry in entries if (key := self._key(entry)) is not None]
        known = self.known(session, keys, lock=lock) if keys else {}
        return [self._judge(entry, known.get(self._key(entry)), setting) for entry in entries]

    def _judge(self, entry: Entry, known: Any, setting: Setting) -> KeyedVerdict:
        if entry.is_blank:
            return KeyedVerdict(entry, Fate.BLANK)
        key = self._key(entry)
        if key is None:
            self._demand(entry, self.key)
        elif (first := setting.first.get(key, entry.line)) != entry.line:
            text = T("Row %(line)s of this list is the same.", line=first)
            entry.refuse(ListFault.TWICE, self.heads().by_word[self.key[0]], text)
        elif known is not None and not setting.update:
            return KeyedVerdict(entry, Fate.DUPLICATE, known)
        changed = self._changed(entry, known) if known is not None else {}
        if known is None:
            self.complete(entry.values)
            self._demand(entry, self.needed)
        elif not changed and not entry.refusals:
            return KeyedVerdict(entry, Fate.DUPLICATE, known)
        if not entry.refusals:
            self._refuse_by_rule(entry, known, setting)
        if entry.refusals:
            return KeyedVerdict(entry, Fate.REFUSED, known, tuple(entry.refusals))
        fate = Fate.OK if known is None else Fate.CHANGED
        return KeyedVerdict(entry, fate, known, changes=tuple(self._say(entry, known, name) for name in changed))

    def _demand(self, entry: Entry, names: Iterable[str]) -> None:
        said = {refusal.column.value for refusal in entry.refusals if refusal.column}
        for name in names:
            if name not in entry.values and name not in said:
                column = self.heads().by_word[name]
                entry.refuse(ListFault.MISSING, column, T("This field is required."))

    def _changed(self, entry: Entry, known: Any) -> dict[str, Any]:
        return {
            name: value
            for name, value in entry.values.items()
            if name not in (*self.key, *self.fixed) and self.stored(known, name) != value
        }

    def stored(self, known: Any, name: str) -> Any:
        """What a record has for a column."""
        return getattr(known, name)

    def stored_shown(self, known: Any, name: str) -> Any:
        """The same for people."""
        return self.stored(known, name)

    def _say(self, entry: Entry, known: Any, name: str) -> Text:
        column = self.heads().by_word[name]
        before, after = self.stored_shown(known, name), entry.shown.get(name, entry.values[name])
        texts = {"before": _short(column, before), "after": _short(column, after)}
        return T("%(column)s: %(before)s → %(after)s", column=column.label, **texts)

    def _refuse_by_rule(self, entry: Entry, known: Any, setting: Setting) -> None:
        try:
            self.check(entry.values, known, setting)
        except RuleError as error:
            fault = ListFault.PRICE if isinstance(error, NotAllowed) else ListFault.RULE
            for name, text in error.errors:
                entry.refuse(fault, self.heads().by_word.get(str(name)), text)

    def write(self, session: Session, verdict: Any, setting: Setting) -> None:
        """Add or update."""
        entry = verdict.entry
        if verdict.fate is Fate.OK:
            self.add(session, dict(entry.values), setting)
        elif verdict.fate is Fate.CHANGED:
            self.change(session, verdict.known, self._changed(entry, verdict.known), setting)

    def refused(self, row: Row, setting: Setting, text: Text) -> KeyedVerdict:
        """Read again, with what the database said."""
        entry = self.read(*row, setting.layout)
        return KeyedVerdict(entry, Fate.REFUSED, refusals=(Refusal(ListFault.STORAGE, None, text),))

    def shown(self, verdict: Any, column: Any, cell: str) -> Any:
        """Amounts and words as the clinic's screens show them."""
        entry = verdict.entry
        if column.value not in entry.values:
            return cell
        value = entry.shown.get(column.value, entry.values[column.value])
        return _together(column, value) if isinstance(value, list) else column.show(value)


def _together(column: ListColumn, values: Sequence[Any]) -> Text:
    """Several values, each said in the reader's language."""
    places = [f"value{number}" for number in range(len(values))]
    text = ", ".join(f"%({place})s" for place in places)
    return Text(text, dict(zip(places, map(column.show, values), strict=True)))


def _short(column: ListColumn, value: Any) -> Any:
    """A value as it stands in a sentence."""
    if value is None or value == []:
        return "–"
    if isinstance(value, list):
        return _together(column, value)
    shown = column.show(value)
    return re.sub(r"\s+", " ", shown)[:60] if isinstance(shown, str) and not isinstance(shown, Word) else shown


def both_names(values: dict[str, Any], *pairs: tuple[str, str]) -> None:
    """Fill the names that a list leaves out: in the same language first, else in the other."""
    for at in (0, 1):  # Mongolian, English
        for pair in pairs:
            others = [other[place] for place in (at, 1 - at) for other in pairs]
            found = values.get(pair[at]) or next((values[name] for name in others if values.get(name)), None)
            if found:
                values[pair[at]] = found
