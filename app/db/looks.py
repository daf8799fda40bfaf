"""Whose rows a request has read: noted as rows are loaded, below every view, so that no page can forget to tell.

A row tells its patient itself (`patient_column`, `whose`), or by the row it belongs to: a treatment item by its
treatment. What is read column by column is not seen here: such a query says whom it `saw`.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from sqlalchemy.orm import QueryContext, Session

from app.db.base import Base
from app.db.unit import IN_UNIT

MOST = 200  # beyond so many it is a list, whoever else is in it


@dataclass(slots=True)
class Looks:
    """What the request of this thread has read."""

    patients: set[int] = field(default_factory=set)
    parents: set[tuple[type[Any], Any]] = field(default_factory=set)  # rows whose patients those of their parts are


_looks: ContextVar[Looks | None] = ContextVar("soyoo_looks", default=None)


def begin() -> None:
    """Note from here on what this request reads."""
    _looks.set(Looks())


def ended() -> Looks:
    """What was read; nothing more is noted."""
    found = _looks.get()
    _looks.set(None)
    return found or Looks()


def saw(patients: Iterable[int | None]) -> None:
    """Note patients who were read column by column."""
    looks = _looks.get()
    if looks is not None:
        looks.patients.update(islice((one for one in patients if one is not None), MOST))


@sa.event.listens_for(Base, "load", propagate=True)
def _loaded(row: Any, context: QueryContext) -> None:
    looks = _looks.get()
    if looks is None or context.session.info.get(IN_UNIT):
        return
    kind, held = type(row), row.__dict__
    if kind.patient_column is not None:
        patient = held.get(kind.patient_column)
        if patient is not None and len(looks.patients) < MOST:
            looks.patients.add(patient)
    elif (patient := kind.whose(held)) is not None:
        looks.patients.add(patient)
    elif (parent := _parent(kind)) is not None and len(looks.parents) < MOST:
        key = held.get(parent[0])
        if key is not None:
            looks.parents.add((parent[1], key))


@cache
def _parent(model: type[Any]) -> tuple[str, type[Any]] | None:
    """The column that says to which row, and so to whose, a row without a patient of its own belongs."""
    tables = {mapper.local_table.name: mapper.class_ for mapper in Model.registry.mappers}
    for column in model.__table__.columns:
        for key in column.foreign_keys:
            target = tables[key.column.table.name]
            is_ours = issubclass(target, Base) and target is not model
            if is_ours and (target.patient_column is not None or _parent(target) is not None):
                return sa.inspect(model).get_property_by_column(column).key, target
    return None


def patients_of(session: Session, looks: Looks) -> set[int]:
    """The patients whose rows were read. Only where no row told its patient are parts asked for theirs."""
    if looks.patients:
        return looks.patients
    found: set[int] = set()
    for model in sorted({model for model, _ in looks.parents}, key=lambda one: one.__name__):
        statement = _owner(model)
        if statement is not None:
            keys = [key for kind, key in looks.parents if kind is model]
            owners = session.scalars(statement.where(model.__table__.primary_key.columns[0].in_(keys)))
            found |= {owner for owner in owners if owner is not None}
    return found


def _owner(model: type[Any]) -> "sa.Select[Any] | None":
    """Whose the rows of a table are, through the tables that they belong to; Core: no row rule may hide it here."""
    joined, steps = model.__table__, []
    while model.patient_column is None:
        parent = _parent(model)
        if parent is None:
            return None
        steps.append((model.__table__.c[parent[0]], parent[1].__table__))
        model = parent[1]
    for column, table in steps:
        joined = joined.join(table, table.primary_key.columns[0] == column)
    return sa.select(model.__table__.c[model.patient_column]).select_from(joined).distinct()
