"""How a value stands in a list, a record and an export: by its column's type, once for every table."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import g, url_for
from markupsafe import Markup, escape

from app.db.base import Base
from app.db.types import E164, BasisPoints, CodeType, Instant, Tugrug, WordType
from app.kernel.enums import Code, Word
from app.kernel.text import Text
from app.web import who
from app.web.text import moment, money, percent, phone_link, say

# model → (endpoint, page) of the record that a name links to; filled as views register
RECORDS: dict[type[Any], tuple[str, str]] = {}
_MARK = 123_456_789_987_654_321  # stands for a key while an address is built


def name_of(row: Any) -> str:
    """What a row is called: its `title`, in the reader's language."""
    return "" if row is None else say(getattr(row, "title", row))


def record_url(row: Any) -> str | None:
    """Where the record of `row` is shown, if the person may open it."""
    return record_url_of(type(row), row.row_id)


def record_url_of(model: type[Any], key: Any) -> str | None:
    """Where the record of a model's row is shown, if the person may open it."""
    endpoint, page = RECORDS.get(model, ("", ""))
    return link_to(endpoint)(key) if endpoint and who.may("read", page) else None


def link_to(endpoint: str) -> Callable[[Any], str]:
    """The address of an endpoint's records by their key, built once for each answer."""
    known = g.setdefault("record_links", {})
    if endpoint not in known:
        before, mark, behind = url_for(endpoint, pk=_MARK).partition(str(_MARK))
        known[endpoint] = lambda key: (
            f"{before}{key}{behind}" if mark and type(key) is int else url_for(endpoint, pk=key)
        )
    found: Callable[[Any], str] = known[endpoint]
    return found


def reference(row: Any) -> Markup:
    """A name that links to its record where the person may open it."""
    if row is None:
        return Markup("")
    url = record_url(row)
    return Markup(f'<a href="{escape(url)}">{escape(name_of(row))}</a>') if url else escape(name_of(row))  # noqa: S704 - each part is escaped


def in_both(mn: str, en: str) -> Markup:
    """A name in both languages, each marked as what it is."""
    return Markup('<span lang="mn">{}</span> · <span lang="en">{}</span>').format(mn, en)


def spoken(column: str) -> str:
    """The language a column is written in, whatever the reader's: `name_en` holds English. Else none."""
    return column[-2:] if column.endswith(("_mn", "_en")) else ""


def badge(value: Code | Word) -> Markup:
    """A status: a colour and a word."""
    css = f"{type(value).__name__.lower()}-{value.word}".replace("_", "-").replace(" ", "-")
    return Markup(f'<span class="label tag {escape(css)}">{escape(say(value))}</span>')  # noqa: S704 - each part is escaped


def with_word(shown: Any, word: Text, css: str) -> Markup:
    """A value with a word beside it that says what is to be noticed: `2026-11-20 Overdue`."""
    return Markup('{} <span class="label tag {}">{}</span>').format(shown, css, say(word))


def quietly(word: Text) -> Markup:
    """A word in the place of a value, in any column."""
    return Markup('<span class="muted">{}</span>').format(say(word))


def show(value: Any, type_: Any = None) -> Markup:
    """The cell of a value for a page."""
    if value is None or value == "":
        return Markup('<span class="empty" aria-hidden="true">–</span>')
    if isinstance(value, Markup):
        return value
    if isinstance(value, Base):
        return reference(value)
    if isinstance(value, Code | Word):
        return badge(value)
    if isinstance(type_, E164):
        return phone_link(value)
    if isinstance(type_, sa.JSON) and isinstance(value, dict | list):
        return Markup("<code>{}</code>").format(str(value)[:200])
    return escape(as_text(value, type_))


def as_text(value: Any, type_: Any = None) -> str:
    """The value as plain text, for exports and searches."""
    if isinstance(value, Markup):
        return value.striptags()
    by_type: tuple[tuple[Any, Callable[[Any], str]], ...] = (
        (Tugrug, money),
        (BasisPoints, percent),
        (Instant, moment),
    )
    for kind, shown in by_type:
        if isinstance(type_, kind) and value is not None:
            return shown(value)
    if isinstance(value, Base):
        return name_of(value)
    return say(value)


def plain(cell: Any) -> Any:
    """A cell without a link of its own, to stand inside one."""
    return escape(cell).striptags() if "<a " in cell else cell


def is_number(type_: Any) -> bool:
    """Whether the column stands right-aligned in tabular figures."""
    return isinstance(type_, sa.Integer | Tugrug | BasisPoints) and not isinstance(type_, CodeType | WordType)
