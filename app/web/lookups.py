"""How each table is searched when another table refers to it: declared once, by the room that owns it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.db.base import sqla
from app.web import who
from app.web.cells import name_of
from app.web.listing import like
from app.web.text import say, today

MOST, YEARS_BACK = 20, 10


@dataclass(frozen=True, slots=True)
class Lookup:
    """`search(session, typed, limit)` finds rows; `detail(row)` is the small print beside a name."""

    model: type[Any]
    search: Callable[[Session, str, int], Sequence[Any]]
    detail: Callable[[Any], Any] | None = None

    def find(self, key: int) -> Any:
        """The row of this id, under the person's row rules."""
        return sqla.session.get(self.model, key)

    def answers(self, typed: str) -> list[dict[str, Any]]:
        """What the page's search box shows."""
        rows = self.search(sqla.session(), typed, MOST)
        return [
            {"id": row.row_id, "text": name_of(row), "detail": say(self.detail(row)) if self.detail else ""}
            for row in rows
        ]


LOOKUPS: dict[str, Lookup] = {}


def add_lookup(lookup: Lookup) -> Lookup:
    """Declare how rows of a table are found by typing."""
    LOOKUPS[lookup.model.__tablename__] = lookup
    return lookup


def by_number(column: Any, typed: str) -> ColumnElement[bool]:
    """Documents by number: `123`, `000123`, `2026-000123` or the beginning of one, each by the index on numbers."""
    if typed.isascii() and typed.isdigit() and len(typed) <= 6:
        prefix, this = who.clinic().document_prefix, today().year
        numbers = [f"{prefix}{year}-{int(typed):06d}" for year in range(this - YEARS_BACK, this + 1)]
        return sa.or_(column.in_(numbers))
    return sa.and_(column >= typed, column < typed + "\x7f") if typed.isascii() else sa.false()


def by_text(model: type[Any], *columns: str, active: bool = True) -> Lookup:
    """The lookup of a small table: any part of these columns, those in use first of all."""

    def search(session: Session, typed: str, limit: int) -> Sequence[Any]:
        statement = sa.select(model).limit(limit)
        if typed:
            statement = statement.where(sa.or_(*(like(getattr(model, name), typed) for name in columns)))
        if active and hasattr(model, "is_active"):
            statement = statement.where(model.is_active.is_(True))
        return session.scalars(statement.order_by(getattr(model, columns[0]))).all()

    return Lookup(model, search)
