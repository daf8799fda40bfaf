"""Rows waiting to be written. Keys are given here, so that rows can refer to each other before they are stored."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.base import Base, metadata

CHUNK = 2_000
FULL = 60_000  # rows kept in memory before they are written

Row = dict[str, Any]


class Store:
    """Collects rows by table and writes them in bulk, tables that others point at first."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.rows: dict[type[Base], list[Row]] = {}
        self.changes: dict[type[Base], list[Row]] = {}
        self.keys: dict[type[Base], int] = {}
        self.waiting = 0

    def add(self, model: type[Base], **values: Any) -> int:
        """Add a row of a table with a counted key; returns the key."""
        column = sa.inspect(model).primary_key[0]
        if model not in self.keys:
            self.keys[model] = self.session.scalar(sa.select(sa.func.max(column))) or 0
        self.keys[model] += 1
        self.put(model, {column.key: self.keys[model], **values})
        return self.keys[model]

    def put(self, model: type[Base], row: Row) -> None:
        """Add a row that brings its key."""
        self.rows.setdefault(model, []).append(row)
        self.waiting += 1

    def change(self, model: type[Base], row: Row) -> None:
        """Change a row that is stored or waiting; `row` has its key and the new values."""
        self.changes.setdefault(model, []).append(row)

    def write_if_full(self) -> None:
        """Write when there is much: memory stays bounded however large the clinic is."""
        if self.waiting >= FULL:
            self.write()

    def write(self) -> None:
        """Write all that waits."""
        order = {table.name: place for place, table in enumerate(metadata.sorted_tables)}
        for model in sorted(self.rows, key=lambda model: order[model.__tablename__]):
            rows = self.rows[model]
            for start in range(0, len(rows), CHUNK):
                self.session.execute(sa.insert(model).execution_options(render_nulls=True), rows[start : start + CHUNK])
        for model, rows in self.changes.items():
            self.session.execute(sa.update(model), rows)
        self.rows, self.changes, self.waiting = {}, {}, 0
