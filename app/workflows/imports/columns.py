"""The columns of lists that are known by a key: how each is read, what its header may be called, and examples."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa

from app.db.base import Base
from app.db.types import CodeType, Tugrug, WordType
from app.kernel import cells
from app.kernel.enums import Code, Word
from app.kernel.errors import RuleError
from app.kernel.lists import Heads, Layout, header_key
from app.kernel.money import format_tugrug
from app.kernel.text import T, Text
from app.web.text import LOCALES, say, speaking

LONGEST_TEXT = 10_000
Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of such a list. Its headers are its label in both languages and the other `spellings`."""

    value: str
    label: Text = field(compare=False)
    read: Reader = field(compare=False)
    spellings: str = field(default="", compare=False)
    examples: tuple[Any, Any] = field(default=("", ""), compare=False)
    show: Callable[[Any], Any] = field(default=lambda value: value, compare=False)


def column_of(
    model: type[Base], name: str, label: Text, spellings: str = "", examples: tuple[Any, Any] = ("", "")
) -> ListColumn:
    """A list's column for a table's column, read by its type."""
    kind = sa.inspect(model).columns[name].type
    show = format_tugrug if isinstance(kind, Tugrug) else (lambda value: value)
    return ListColumn(name, label, _reader(sa.inspect(model).columns[name]), spellings, examples, show)


def _reader(column: Any) -> Reader:
    kind = column.type
    if isinstance(kind, WordType | CodeType):
        return one_of(kind.enum_class)
    if isinstance(kind, sa.Boolean):
        return cells.read_yes
    if isinstance(kind, Tugrug):
        return cells.read_amount
    if isinstance(kind, sa.Integer):
        return cells.read_whole(column.info.get("least", 0), column.info["most"])
    return cells.read_lines(LONGEST_TEXT) if isinstance(kind, sa.Text) else cells.read_text(kind.length)


def code_of(clean: Callable[[str], str], longest: int) -> Reader:
    """A reader of a code that a rule of the room cleans."""
    read = cells.read_text(longest)
    return lambda typed: clean(text) if (text := read(typed)) else None


def one_of(kind: type[Word] | type[Code]) -> Reader:
    """A reader of a member of an enum: by its stored word or number, or its label in either language."""
    return lambda typed: cells.read_word(_words(kind))(typed)


def some_of(kind: type[Word]) -> Reader:
    """A reader of several members, as their stored words."""
    return lambda typed: [member.value for member in cells.read_words(_words(kind))(typed) or ()] or None


@cache
def _words(kind: Any) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for member in kind:
        for text in (member.word, member.name, str(member.value), str(member.label), *spoken(member)):
            found.setdefault(cells.word_key(text), member)
    return found


def spoken(text: Any) -> set[str]:
    """A mark as it is said in each language."""
    found = set()
    for language in LOCALES:
        with speaking(language):
            found.add(say(text))
    return found


@dataclass(frozen=True, slots=True)
class KeyedLayout(Layout[ListColumn]):
    """Where the header stands, and what each column holds."""

    key: tuple[ListColumn, ...] = ()  # a row of the list is nothing without them
    needed: tuple[ListColumn, ...] = ()  # nor can a new one do without these

    def check(self) -> None:
        """Refuse a list without its key, or with two columns for one thing. Raises RuleError."""
        for column in self.key:
            if column not in self.columns:
                raise RuleError(T("Say which column holds: %(column)s.", column=column.label), field="columns")
        self.check_once(())

    def missing(self) -> list[ListColumn]:
        """What no column holds though every new row needs it."""
        return [column for column in self.needed if column not in self.columns]


class KeyedHeads(Heads[ListColumn]):
    """The columns of such a list under the names that the clinic's own screens and exports give them, and others."""

    def __init__(self, columns: Sequence[ListColumn], key: Iterable[str], needed: Iterable[str]) -> None:
        said = {column: " ".join(header_key(text) for text in spoken(column.label)) for column in columns}
        names = {column: f"{column.spellings} {said[column]} {header_key(column.value)}" for column in columns}
        super().__init__(columns, names)
        parts: dict[str, Any] = {
            "key": tuple(self.by_word[name] for name in key),
            "needed": tuple(self.by_word[name] for name in needed),
        }
        self.made = lambda *facts: KeyedLayout(*facts, **parts)  # type: ignore[assignment]
