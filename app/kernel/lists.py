"""Lists that a clinic brings along in spreadsheets: which column holds what, and what becomes of each row.

What a kind of list may hold is its `Heads`. A list has its header somewhere on top, in Mongolian or English, or
none at all.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.text import T, Text

Cells = Sequence[str]
Row = tuple[int, Cells]  # its number in the file, from 1, and its cells
HEADER_WITHIN = 20  # a header stands among the first rows: a clinic's name and a date may stand above it
_TWINS = str.maketrans("єїɵ", "өүө")  # keyboards and old code pages write the two Mongolian letters so


class Column(Protocol):
    """What a column of a list holds: a word for the wire and a label for people."""

    @property
    def value(self) -> str:
        """The word."""

    @property
    def label(self) -> Text:
        """The label."""


C = TypeVar("C", bound=Column)


@dataclass(frozen=True, slots=True)
class Layout(Generic[C]):
    """Where a list's header stands (row number from 1, 0: nowhere), and what each column holds."""

    header_row: int
    headers: tuple[str, ...]
    columns: tuple[C | None, ...]

    def check(self) -> None:
        """Refuse a layout that can't be read. Raises RuleError."""
        self.check_once(())

    def missing(self) -> list[C]:
        """What no column holds though every row needs it: rows without it will be refused."""
        return []

    def check_once(self, may_repeat: Iterable[C]) -> None:
        """Refuse two columns for one thing, but for those that may come again. Raises RuleError."""
        held = [column for column in self.columns if column is not None]
        for column in dict.fromkeys(held):
            if held.count(column) > 1 and column not in may_repeat:
                text = T("Two columns are “%(column)s”. Choose one of them.", column=column.label)
                raise RuleError(text, field="columns")


def header_key(text: str) -> str:
    """A header without case, spaces and signs: `Төрсөн огноо *` → `төрсөногноо`."""
    lowered = unicodedata.normalize("NFC", text).lower().translate(_TWINS)
    return re.sub(r"[\W_]+", "", lowered)


class Heads(Generic[C]):
    """The columns that a kind of list may have, and what their headers may be called."""

    made: type[Layout[Any]] = Layout

    def __init__(self, columns: Iterable[C], spellings: Mapping[C, str]) -> None:
        self.columns = tuple(columns)
        self.by_word = {column.value: column for column in self.columns}
        self.by_name = {name: column for column, names in spellings.items() for name in names.split()}

    def recognise(self, rows: Sequence[Cells]) -> Any:
        """The layout of a list from its first rows: the row that names most columns is the header.

        A list in which no row names at least two columns has no header, and nothing is recognised.
        """
        best, most = self.layout_at(rows, 0), 1
        for number, cells in enumerate(rows[:HEADER_WITHIN], start=1):
            named = sum(column is not None for column in self.recognise_header(cells))
            if named > most:
                best, most = self.layout_at(rows, number), named
        return best

    def layout_at(self, rows: Sequence[Cells], header_row: int) -> Any:
        """The layout of a list whose header is that row (0: it has none)."""
        width = max((len(cells) for cells in rows), default=0)
        header = list(rows[header_row - 1]) if 0 < header_row <= len(rows) else []
        headers = (*header, *("" for _ in range(width - len(header))))
        return self.made(header_row if header else 0, headers, self.recognise_header(headers))

    def layout(self, header_row: int, headers: Iterable[str], words: Iterable[str | None]) -> Any:
        """The layout whose columns are said by their words; an unknown word is no column."""
        return self.made(header_row, tuple(headers), tuple(self.by_word.get(word or "") for word in words))

    def recognise_header(self, cells: Iterable[str]) -> tuple[C | None, ...]:
        """What each column of a header holds; None for one whose name says nothing."""
        found: list[C | None] = []
        for cell in cells:
            column = self._named(cell)
            found.append(None if column is None else self.again(column, found))
        return tuple(found)

    def again(self, column: C, found: Sequence[C | None]) -> C | None:
        """What a column holds whose name came before: the same, so that somebody is asked which one counts."""
        return column

    def _named(self, header: str) -> C | None:
        """By the whole header, else by a part of one that says it twice: `Регистр/РД`, `Утас (гар)`."""
        keys = [header_key(header), *(header_key(part) for part in re.split(r"[/(),:|\n]", header))]
        return next((self.by_name[key] for key in keys if key in self.by_name), None)


class Fate(Word):
    """What becomes of a row."""

    OK = "ok", T("Added")
    CHANGED = "changed", T("Updated")
    DUPLICATE = "duplicate", T("Already there")
    BLANK = "blank", T("Blank")
    REFUSED = "refused", T("Refused")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong: its kind, the column it concerns, and the sentence."""

    fault: Word
    column: Column | None
    text: Text

    @property
    def sentence(self) -> Text:
        """The sentence, with what it is about."""
        if self.column is None:
            return self.text
        return T("%(column)s: %(problem)s", column=self.column.label, problem=self.text)


class ReadRow(Protocol):
    """A row that was read."""

    line: int
    cells: Cells


class Verdict(Protocol):
    """A row and its fate; for one that is known which record it is, for a refused one why."""

    @property
    def entry(self) -> Any:
        """The row as it was read: a `ReadRow`."""

    @property
    def fate(self) -> Fate:
        """What becomes of it."""

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What is wrong with it."""

    @property
    def reasons(self) -> list[Text]:
        """The sentences for people."""

    @property
    def record(self) -> int | None:
        """The record that is known already."""
