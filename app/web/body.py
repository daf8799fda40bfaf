"""The rows of a list as a page shows them: how each column is written is decided once, not for each cell."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import Date

from app.db.base import Base
from app.db.types import CodeType, Instant, WordType
from app.kernel.text import T
from app.web import cells, who
from app.web.text import say

Shown = Callable[[Any], str]
EMPTY = cells.show(None)


class Body:
    """Writes the rows of one answer."""

    def __init__(
        self, view: Any, columns: Iterable[str], extras: Mapping[Any, Mapping[str, Any]], *, has_ticks: bool = False
    ) -> None:
        self.extras, self.opens = extras, bool(view.show_columns)
        self.columns = [(name, _shown_by(view.type_of(name)), _cell_start(view, name)) for name in columns]
        self.link = cells.link_to(view.record_endpoint()) if self.opens else None
        self.tick = escape(say(T("Choose this row"))) if has_ticks else ""

    def rows(self, rows: Iterable[Any]) -> Markup:
        """All rows."""
        return Markup("\n".join(map(self.row, rows)))  # noqa: S704 - each part is escaped

    def row(self, row: Any) -> Markup:
        """One row of the table; its first cell opens the record."""
        key = row.row_id
        own = self.extras.get(key, {})
        written = ["<tr>", self._ticked(key) if self.tick else ""]
        for place, (name, show, start) in enumerate(self.columns):
            value = own[name] if name in own else getattr(row, name)
            if place:
                written += (start, '">', EMPTY if value is None or value == "" else show(value), "</td>")
            else:
                written += (start, ' first">', self._first(key, value, show), "</td>")
        written.append("</tr>")
        return Markup("".join(written))  # noqa: S704 - each part is escaped

    def _ticked(self, key: Any) -> str:
        box = f'<input type="checkbox" name="row" value="{escape(key)}" form="bulk" aria-label="{self.tick}">'
        return f'<td class="tick">{box}</td>'

    def _first(self, key: Any, value: Any, show: Shown) -> str:
        if self.link is None:
            return EMPTY if value is None or value == "" else show(value)
        if isinstance(value, Base):
            text: str = escape(cells.name_of(value))
        else:
            text = cells.plain(EMPTY if value is None or value == "" else show(value))
        return f'<a href="{escape(self.link(key))}">{text}</a>'


def _cell_start(view: Any, name: str) -> str:
    type_ = view.type_of(name)
    css = "num" if cells.is_number(type_) else "when" if isinstance(type_, Instant | Date) else ""
    return f'<td data-label="{escape(say(view.label(name)))}" class="{css}'


def _shown_by(type_: Any) -> Shown:
    """How a column's values are written. What is the same in many rows is written once."""
    if isinstance(type_, Instant):
        zone = who.clinic().zone
        return lambda value: str(value.astimezone(zone).isoformat(" ", "minutes")[:16])
    if isinstance(type_, CodeType | WordType):
        return _once(lambda value: cells.show(value, type_), lambda value: value)
    known: Shown = _once(cells.show, id)  # rows live as long as the page
    return lambda value: known(value) if isinstance(value, Base) else cells.show(value, type_)


def _once(show: Shown, key: Callable[[Any], Any]) -> Shown:
    known: dict[Any, str] = {}

    def found(value: Any) -> str:
        name = key(value)
        if name not in known:
            known[name] = show(value)
        return known[name]

    return found
