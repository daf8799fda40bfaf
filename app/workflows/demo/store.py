"""Rows waiting to be written. Keys are given here, so that rows can refer to each other before they are stored.

They are written by the driver itself, in pieces: SQLAlchemy would look at every value of every row three times.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.base import Base, metadata
from app.db.types import Instant

CHUNK = 2_000
FULL = 60_000  # rows kept in memory before they are written

Row = dict[str, Any]
Stored = Callable[[Any], Any]


class Store:
    """Collects rows by table and writes them in bulk, tables that others point at first."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.rows: dict[type[Base], list[Row]] = {}
        self.known: dict[type[Base], dict[int, Row]] = {}  # rows with a counted key that wait, by it
        self.changes: dict[type[Base], list[Row]] = {}
        self.keys: dict[type[Base], int] = {}
        self.names: dict[type[Base], str] = {}
        self.waiting = 0
        if session.connection().dialect.name == "sqlite":
            session.execute(sa.text("PRAGMA cache_size = -200000"))  # of this connection; indexes stay in memory

    def add(self, model: type[Base], **values: Any) -> int:
        """Add a row of a table with a counted key; returns the key."""
        if model not in self.names:
            self._count(model)
        self.keys[model] = key = self.keys[model] + 1
        values[self.names[model]] = key
        self.rows[model].append(values)
        self.known[model][key] = values
        self.waiting += 1
        return key

    def _count(self, model: type[Base]) -> None:
        column = sa.inspect(model).primary_key[0]
        if model not in self.keys:
            self.keys[model] = self.session.scalar(sa.select(sa.func.max(column))) or 0
        self.names[model] = sa.inspect(model).get_property_by_column(column).key
        self.rows.setdefault(model, [])
        self.known.setdefault(model, {})

    def put(self, model: type[Base], row: Row) -> None:
        """Add a row that brings its key."""
        self.rows.setdefault(model, []).append(row)
        self.waiting += 1

    def change(self, model: type[Base], row: Row) -> None:
        """Change a row that is stored or waiting; `row` has its key and the new values."""
        waiting = self.known.get(model, {}).get(row[self.names[model]]) if model in self.names else None
        if waiting is not None:
            waiting.update(row)
        else:
            self.changes.setdefault(model, []).append(row)

    def write_if_full(self) -> None:
        """Write when there is much: memory stays bounded however large the clinic is."""
        if self.waiting >= FULL:
            self.write()

    def write(self) -> None:
        """Write all that waits."""
        self.session.flush()
        order = _order()
        for model in sorted(self.rows, key=lambda model: order[model.__tablename__]):
            if self.rows[model]:
                self._insert(model, self.rows[model])
        for model, rows in self.changes.items():
            self.session.execute(sa.update(model), rows)
        for waiting in self.rows.values():
            waiting.clear()
        for known in self.known.values():
            known.clear()
        self.changes, self.waiting = {}, 0

    def _insert(self, model: Any, rows: Sequence[Row]) -> None:
        connection = self.session.connection()
        dialect = connection.dialect
        moments = _stored_once(_moment)
        columns = [
            (key, fill(), moments if isinstance(column.type, Instant) else _stored_by(column.type, dialect))
            for key, column, fill in _columns(model)
        ]
        quote = dialect.identifier_preparer.quote
        names = ", ".join(quote(column.name) for _, column, _ in _columns(model))
        mark = "?" if dialect.paramstyle == "qmark" else "%s"
        table, marks = quote(model.__tablename__), ", ".join([mark] * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own tables
        for start in range(0, len(rows), CHUNK):
            piece = rows[start : start + CHUNK]
            values = [tuple([stored(row.get(key, other)) for key, other, stored in columns]) for row in piece]
            connection.exec_driver_sql(sql, values)


@cache
def _order() -> dict[str, int]:
    return {table.name: place for place, table in enumerate(metadata.sorted_tables)}


@cache
def _columns(model: Any) -> list[tuple[str, "sa.Column[Any]", Callable[[], Any]]]:
    """(attribute, column, what stands there where a row says nothing) of a table."""
    found = []
    for attribute in sa.inspect(model).column_attrs:
        column = attribute.columns[0]
        if column.computed is None:
            found.append((attribute.key, column, _default(column)))
    return found


def _default(column: "sa.Column[Any]") -> Callable[[], Any]:
    default: Any = column.default
    if default is None:
        return lambda: None
    if default.is_callable:
        return lambda: default.arg(None)
    return lambda: default.arg


def _stored_by(type_: Any, dialect: sa.Dialect) -> Stored:
    """How a column's values are given to the driver."""
    if isinstance(type_, sa.Date | sa.Time):
        return _stored_once(_plain_time)
    process: Any = type_.dialect_impl(dialect).bind_processor(dialect)
    if process is None or isinstance(type_, sa.Integer | sa.String | sa.Boolean):
        return lambda value: value
    if isinstance(type_, sa.JSON):
        return lambda value: process(value)
    known: dict[Any, Any] = {}
    return lambda value: known[value] if value in known else known.setdefault(value, process(value))


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _plain_time(value: date | time) -> str:
    return value.isoformat() if isinstance(value, date) else value.isoformat("microseconds")


def _stored_once(process: Callable[[Any], str]) -> Stored:
    """Rows that belong together share their moments: each is written out once while a piece is made."""
    known: dict[int, tuple[Any, str]] = {}

    def stored(value: Any) -> str | None:
        if value is None:
            return None
        found = known.get(id(value))
        if found is None:
            found = known[id(value)] = (value, process(value))  # kept, so that its id stays its own
        return found[1]

    return stored
