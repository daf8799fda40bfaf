"""Which rows go over from one record to another, and how each finds its way back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.billing.models import Invoice, PatientAccount
from app.clinical.models import MedicalRecord, Prescription
from app.communication.models import Call, Message, Notification, Sms
from app.communication.rules import ContactType
from app.db.base import AppendOnly, Base
from app.db.types import CodeType, Instant, WordType
from app.kernel.text import Text
from app.people.models import Patient, PatientMerge, PatientRelation, PatientSearch
from app.security.models import ShareLink
from app.web.vocabulary import table_name

# What is no row of a patient, or is looked after by the workflow itself.
APART: frozenset[type[Any]] = frozenset(
    {Patient, PatientSearch, PatientMerge, PatientAccount, MedicalRecord, ShareLink}
)
# Posted, a row is never rewritten: it keeps its patient.
POSTED: dict[type[Any], Any] = {Invoice: Invoice.number.is_not(None), Prescription: Prescription.issued_at.is_not(None)}
# What a worker changes by itself: a reminder that went out is no reason to keep two people one.
BY_MACHINE: frozenset[type[Any]] = frozenset({Message, Notification, Call, Sms})
BY_CONTACT = (Call, Sms)  # their column holds an employee's number too
Columns = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: the snapshot of a merge keeps it."""

    changed: list[dict[str, Any]]
    dropped: list[dict[str, Any]]


@cache
def models_of() -> tuple[tuple[type[Any], Columns], ...]:
    """Every table with columns that name a patient, and these columns; a new table is among them by itself."""
    found = []
    for mapper in Model.registry.mappers:
        model = mapper.class_
        if not issubclass(model, Base):
            continue
        names = tuple(
            attribute.key
            for attribute in mapper.column_attrs
            if any(key.column.table is Patient.__table__ for key in attribute.columns[0].foreign_keys)
        )
        if model in BY_CONTACT:
            names = ("contacter_id",)
        if names:
            found.append((model, names))
    return tuple(sorted(found, key=lambda one: one[0].__tablename__))


def movable() -> Iterator[tuple[type[Any], Columns]]:
    """The tables whose rows go over."""
    return (one for one in models_of() if one[0] not in APART and not issubclass(one[0], AppendOnly))


def staying() -> Iterator[tuple[type[Any], Columns]]:
    """The tables of which rows keep the patient they were posted for."""
    return (one for one in models_of() if issubclass(one[0], AppendOnly) or one[0] in POSTED)


def rows_of(session: Session, model: type[Any], columns: Columns, patient: int) -> Sequence[Any]:
    """The rows of a record that go over, locked."""
    where = [sa.or_(*(getattr(model, name) == patient for name in columns))]
    if model in BY_CONTACT:
        where.append(model.contact_type == ContactType.PATIENT)
    if model in POSTED:
        where.append(sa.not_(POSTED[model]))
    statement = sa.select(model).where(*where).order_by(*sa.inspect(model).primary_key).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).all()


def move_rows(session: Session, giver: int, taker: int, now: datetime) -> Moved:
    """Move every row that may be moved. One that the taker has already is taken out; it comes back with the undo."""
    moved = Moved([], [])
    for model, columns in movable():
        for row in rows_of(session, model, columns, giver):
            new = {name: taker for name in columns if getattr(row, name) == giver}
            if _would_clash(session, row, new):
                moved.dropped.append({"table": model.__tablename__, "values": dump(row)})
                session.delete(row)
            else:
                change(row, new, moved.changed, now)
        session.flush()
    return moved


def change(row: Any, new: dict[str, Any], notes: list[dict[str, Any]], now: datetime) -> None:
    """Change columns of a row and note what stood there, and when: by that an undo sees whether somebody went on."""
    old = {name: getattr(row, name) for name in new}
    if old == new:
        return
    model = type(row)
    notes.append(
        {
            "table": model.__tablename__,
            "key": row.row_id,
            "old": {name: encode(value) for name, value in old.items()},
            "was": encode(getattr(row, "updated_at", None)),
            "at": encode(now),
        }
    )
    for name, value in new.items():
        setattr(row, name, value)
    row.updated_at = now
    flag_modified(row, "updated_at")  # also where it was changed a moment ago: the flush must not write its own


def load_rows(session: Session, notes: Sequence[dict[str, Any]]) -> dict[tuple[str, Any], Any]:
    """The rows of a snapshot as they are now, locked; one statement for each table."""
    keys: dict[str, set[Any]] = {}
    for note in notes:
        keys.setdefault(note["table"], set()).add(note["key"])
    found = {}
    for table, wanted in sorted(keys.items()):
        model = model_of(table)
        key = sa.inspect(model).primary_key[0]
        statement = sa.select(model).where(key.in_(wanted)).order_by(key).with_for_update()
        for row in session.scalars(statement.execution_options(populate_existing=True)):
            found[table, row.row_id] = row
    return found


def words_of(model: type[Any]) -> Text | str:
    """What a row of this table is called."""
    return table_name(model.__tablename__)


def _would_clash(session: Session, row: Any, new: dict[str, Any]) -> bool:
    """Whether the taker has this already, or the row would relate somebody to themselves."""
    model = type(row)
    after = {**{name: getattr(row, name) for name in _unique_columns(model)}, **new}
    if isinstance(row, PatientRelation) and after["patient_id"] == after["related_patient_id"]:
        return True
    for constraint in model.__table__.constraints:
        if isinstance(constraint, sa.UniqueConstraint) and {column.key for column in constraint.columns} & {*new}:
            same = [getattr(model, name) == after[name] for name in (column.key for column in constraint.columns)]
            if session.scalar(sa.select(sa.literal(1)).where(*same).limit(1)) is not None:
                return True
    return False


def _unique_columns(model: type[Any]) -> set[str]:
    found = [c for c in model.__table__.constraints if isinstance(c, sa.UniqueConstraint)]
    return {column.key for constraint in found for column in constraint.columns}


def references_to(session: Session, moved: dict[str, list[Any]], person: Sequence[int], since: datetime) -> list[Any]:
    """Rows of a person, made since, that stand on rows which were moved: what would be torn apart by going back."""
    found: list[Any] = []
    for model, columns in models_of():
        if model in APART:
            continue
        for name, table in _pointing(model):
            keys = moved.get(table, [])
            if not keys:
                continue
            own = sa.or_(*(getattr(model, column).in_(person) for column in columns))
            where = (getattr(model, name).in_(keys), own, model.created_at > since)
            found += session.scalars(sa.select(model).where(*where).limit(5)).all()
    return found


def _pointing(model: type[Any]) -> Iterator[tuple[str, str]]:
    for attribute in sa.inspect(model).column_attrs:
        for key in attribute.columns[0].foreign_keys:
            if key.column.table is not Patient.__table__:
                yield attribute.key, key.column.table.name


# --- values as the snapshot keeps them


@cache
def model_of(table: str) -> type[Any]:
    """The model of a table."""
    found: type[Any] = next(m.class_ for m in Model.registry.mappers if m.class_.__tablename__ == table)
    return found


def dump(row: Any) -> dict[str, Any]:
    """Every column of a row."""
    return {a.key: encode(getattr(row, a.key)) for a in sa.inspect(type(row)).column_attrs}


def load(model: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """The same as Python has them."""
    return {name: decode(model, name, value) for name, value in values.items()}


def encode(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return getattr(value, "value", value)


def decode(model: type[Any], name: str, value: Any) -> Any:
    """The value that `encode` wrote down, of this column."""
    if value is None:
        return None
    kind = sa.inspect(model).column_attrs[name].columns[0].type
    if isinstance(kind, CodeType | WordType):
        members: Any = kind.enum_class
        return members(value)
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, sa.Date) else value
