"""The history of a record in words: who changed what when, on the record and on the rows inside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from markupsafe import Markup
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, raiseload

from app.audit import queries
from app.audit.models import AuditLog
from app.db.base import metadata
from app.kernel.text import T, Text
from app.security.models import User
from app.security.views import in_words
from app.web import who
from app.web.cells import name_of
from app.web.text import say
from app.web.vocabulary import label, table_name

PAGE = 20
SILENT = {"created_at", "updated_at", "version"}
SYSTEM = T("The system")
References = Mapping[tuple[str, Any], str]


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as a person reads it."""

    at: Any
    by: str
    action: Any
    of: Text | str  # the table of a row inside the record; empty for the record itself
    changes: Markup | None


def history(session: Session, view: Any, row: Any, page: int) -> tuple[list[Told], bool]:
    """What was changed on `row` and its inline rows, newest first, and whether there is more."""
    own = view.model.__tablename__
    rows = [(own, [str(row.row_id)])]
    for inline in view.inlines.values():
        keys = sa.select(sa.inspect(inline.model).primary_key[0])
        present = session.scalars(keys.where(getattr(inline.model, inline.parent) == row.row_id))
        table = inline.model.__tablename__
        gone = queries.deleted_rows(session, table, inline.parent, row.row_id)
        rows.append((table, [*map(str, present), *gone]))
    entries, has_more = queries.changes_of(session, rows, page=page, size=PAGE)
    kept = {entry.audit_log_id: _shown(view, entry) for entry in entries}
    names = _references(session, [(entry.table, kept[entry.audit_log_id]) for entry in entries])
    people = in_words.users(session, [entry.actor_number for entry in entries])
    return [
        Told(
            entry.created_at,
            people.get(entry.actor_number, "") if entry.actor_number else say(SYSTEM),
            entry.action,
            table_name(entry.table) if entry.table != own else "",
            in_words.told(entry.table, _named(entry.table, kept[entry.audit_log_id], names)),
        )
        for entry in entries
    ], has_more


def _shown(view: Any, entry: AuditLog) -> dict[str, Any]:
    """The columns that have a name and that this person may see."""
    return {name: kept for name, kept in (entry.changes or {}).items() if _may_see(view, entry.table, name)}


def _may_see(view: Any, table: str, name: str) -> bool:
    right = view.column_rights.get(name) if table == view.model.__tablename__ else None
    inner = {inline.parent for inline in view.inlines.values() if inline.model.__tablename__ == table}
    if name in SILENT | inner or (right and not who.has_right(right)):
        return False
    column = metadata.tables[table].columns.get(name)
    if column is not None and column.primary_key:
        return False
    try:
        label(name, table)
    except KeyError:
        return False  # a column that serves the machine, or one that is gone
    return True


def _target(table: str, name: str) -> Any:
    """The column that a reference points at; None for a plain value."""
    column = metadata.tables[table].columns.get(name)
    keys = list(column.foreign_keys) if column is not None else []
    return keys[0].column if keys else None


def _references(session: Session, changes: Iterable[tuple[str, dict[str, Any]]]) -> References:
    """What the rows are called that these changes refer to, one statement for each table."""
    wanted: dict[str, set[int]] = {}
    for table, kept in changes:
        for name, values in kept.items():
            target = _target(table, name)
            if target is not None and isinstance(values, list):
                wanted.setdefault(target.table.name, set()).update(v for v in values if isinstance(v, int))
    names: dict[tuple[str, Any], str] = {}
    for table, keys in wanted.items():
        if table == User.__tablename__:
            names |= {(table, key): name for key, name in in_words.users(session, keys).items()}
        else:
            names |= {(table, key): name for key, name in _titles(session, table, keys)}
    return names


def _titles(session: Session, table: str, keys: Iterable[int]) -> Iterable[tuple[int, str]]:
    model = next(m.class_ for m in Model.registry.mappers if m.local_table.name == table)
    found = sa.select(model).where(sa.inspect(model).primary_key[0].in_(keys)).options(raiseload("*"))
    for row in session.scalars(found).unique():
        try:
            yield row.row_id, name_of(row)
        except InvalidRequestError:  # its name needs further rows: the number has to do
            continue


def _named(table: str, kept: dict[str, Any], names: References) -> dict[str, Any]:
    """References by name instead of by number."""
    told = {}
    for name, values in kept.items():
        target = _target(table, name)
        is_pair = target is not None and isinstance(values, list)
        told[name] = [names.get((target.table.name, value), value) for value in values] if is_pair else values
    return told
