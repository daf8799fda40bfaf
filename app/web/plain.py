"""Rows for an export, without the ORM's bookkeeping: columns as they come, references by name.

A plain row has the columns, properties and methods of its model, but no relationships beyond those of the list.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from types import FunctionType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import RelationshipDirection, Session, joinedload

from app.db.base import Base
from app.web import cells
from app.web.text import say

_KINDS = (property, FunctionType, classmethod, staticmethod)
MOST_NAMES = 20_000  # names of referenced rows that are remembered while an export runs


@cache
def columns_of(model: type[Any]) -> tuple[str, ...]:
    """The names of a model's columns."""
    return tuple(attr.key for attr in sa.inspect(model).column_attrs)


@cache
def plain_class(model: type[Any]) -> type[Any]:
    """The model's class without its mapping."""
    behind = [kind for kind in model.__mro__ if issubclass(kind, Base)]
    members = {
        name: value
        for kind in reversed(behind)
        for name, value in vars(kind).items()
        if isinstance(value, _KINDS) and not name.startswith("_")
    }
    (key,) = (sa.inspect(model).get_property_by_column(column).key for column in sa.inspect(model).primary_key)
    members["row_id"] = property(lambda row: getattr(row, key))
    return type(f"Plain{model.__name__}", (), members)


def make(kind: type[Any], names: Sequence[str], values: Iterable[Any]) -> Any:
    """A plain row of these values."""
    row = kind()
    row.__dict__.update(zip(names, values, strict=False))
    return row


def watched(kind: type[Any], used: set[str]) -> type[Any]:
    """The same class, noting in `used` what is asked of its rows."""

    def note(row: Any, name: str) -> Any:
        used.add(name)
        return object.__getattribute__(row, name)

    return type(kind.__name__, (kind,), {"__getattribute__": note})


@cache
def foreign_key(model: type[Any], name: str) -> tuple[str, type[Any]] | None:
    """(the column, the model it points at) of a reference that is one column to one key; else None."""
    link = sa.inspect(model).relationships[name]
    if link.direction is not RelationshipDirection.MANYTOONE or len(link.local_remote_pairs) != 1:
        return None
    local, remote = link.local_remote_pairs[0]
    target = link.mapper
    if [remote] != list(target.primary_key):
        return None
    return sa.inspect(model).get_property_by_column(local).key, target.class_


class Names:
    """What the rows that an export refers to are called, asked once for each piece of it."""

    def __init__(self, session: Session, model: type[Any], references: Sequence[str]) -> None:
        self.session = session
        self.links = [(name, *found) for name in references if (found := foreign_key(model, name))]
        self.known: dict[tuple[type[Any], Any], str] = {}
        self.wanted: dict[type[Any], tuple[str, ...]] = {}

    def fill(self, rows: Sequence[Any]) -> None:
        """Put the names on the rows."""
        for name, column, target in self.links:
            wanted = {getattr(row, column) for row in rows}
            self._ask(target, [key for key in wanted if key is not None and (target, key) not in self.known])
            for row in rows:
                row.__dict__[name] = self.known.get((target, getattr(row, column)))

    def _ask(self, target: type[Any], keys: list[Any]) -> None:
        if not keys:
            return
        if target in self.wanted:
            self._name(target, keys, plain_class(target))
            return
        used = {sa.inspect(target).primary_key[0].key}  # the first rows show which columns a name is made of
        self.wanted[target] = columns_of(target)
        self._name(target, keys, watched(plain_class(target), used))
        self.wanted[target] = tuple(name for name in columns_of(target) if name in used)

    def _name(self, target: type[Any], keys: list[Any], kind: type[Any]) -> None:
        if len(self.known) > MOST_NAMES:
            self.known.clear()
        key, names = sa.inspect(target).primary_key[0], self.wanted[target]
        attributes, whole = [getattr(target, name) for name in names], []
        for values in self.session.execute(sa.select(*attributes).where(key.in_(keys))):
            row = make(kind, names, values)
            try:
                self.known[target, row.row_id] = say(row.title)
            except AttributeError:  # a title that looks into other rows, or into a column that the first had no need of
                whole.append(row.row_id)
        if whole:
            links = [getattr(target, name) for name, link in sa.inspect(target).relationships.items() if _is_one(link)]
            found = sa.select(target).where(key.in_(whole)).options(*map(joinedload, links))
            rows = self.session.scalars(found).unique()
            self.known |= {(target, getattr(row, key.key)): cells.name_of(row) for row in rows}


def _is_one(link: Any) -> bool:
    return link.direction is RelationshipDirection.MANYTOONE
