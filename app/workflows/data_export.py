"""Everything the clinic has of one person, to be handed out: every table's rows, found from the models.

A table belongs to it by its `patient_column` or `owned_by`, so a new one is never forgotten. Left out are secrets, what
only serves the machine, and other people: a relation says its kind and the other one's number, and no more.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from sqlalchemy.orm import Session

from app.catalogue.models import ConsentTemplate, DiagnosisCode, Medicine, ServiceCatalog, ToothDefinition
from app.clinical.models import MedicalRecord
from app.communication.models import Call, Sms
from app.communication.rules import ContactType
from app.db import Actor, acting_as
from app.db.base import Base
from app.insurance.models import InsurancePlan
from app.kernel.enums import Code, Word
from app.lab.models import Lab
from app.people.models import Employee, Patient, PatientMerge, PatientSearch
from app.people.queries import patient_ids
from app.scheduling.models import Appointment, AppointmentStatusChange, Chair, Room
from app.security.models import SessionToken, ShareLink
from app.web.text import say
from app.web.vocabulary import label, table_name

# Rows of a patient that tell nothing of them, or that stand in the export otherwise.
LEFT_OUT: dict[type[Any], str] = {
    MedicalRecord: "a view of tables that are in it",
    PatientSearch: "made of the name and the numbers",
    PatientMerge: "how two records became one; the rows of both are in it",
    ShareLink: "secret addresses",
    SessionToken: "secrets of devices",
}
# Columns that serve the machine.
HIDDEN = frozenset({"sort_name", "idempotency_key", "dedupe_key", "lease_token", "lease_until", "hash", "signed_hash"})
# What a number refers to is told by its name, but for people who are none of the clinic's staff.
TOLD = frozenset(
    {
        Employee,
        ServiceCatalog,
        Medicine,
        DiagnosisCode,
        ToothDefinition,
        InsurancePlan,
        Lab,
        Chair,
        Room,
        ConsentTemplate,
    }
)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table."""

    model: type[Any]
    rows: Sequence[Any]

    @property
    def name(self) -> str:
        """Its name in the database."""
        return str(self.model.__tablename__)

    def columns(self) -> list[str]:
        """The columns that are handed out."""
        found = sa.inspect(self.model).column_attrs
        return [a.key for a in found if a.key not in HIDDEN and not a.columns[0].info.get("secret")]


def everything_of(session: Session, patient_id: int) -> Iterator[Table]:
    """Every table that holds rows of this person, under all their numbers; one statement for each."""
    keys = patient_ids(session, patient_id)
    users = session.scalars(sa.select(Patient.user_id).where(Patient.patient_id.in_(keys))).all()
    for model in owned_models():
        where = conditions(model, keys, [user for user in users if user])
        if where is None:
            continue
        statement = sa.select(model).where(where).order_by(*sa.inspect(model).primary_key)
        rows = session.scalars(statement).unique().all()
        if rows:
            yield Table(model, rows)


def owned_models() -> list[type[Any]]:
    """The tables with rows that belong to somebody, in the order of their names."""
    ours = {mapper.class_ for mapper in Model.registry.mappers if issubclass(mapper.class_, Base)}
    found = [model for model in ours - {*LEFT_OUT} if is_owned(model)]
    return sorted(found, key=lambda model: str(model.__tablename__))


def is_owned(model: type[Any]) -> bool:
    """Whether rows of this table may belong to a patient."""
    if model.is_public:
        return False
    return model in BESIDES or model.user_column is not None or not _is_nothing(model.owned_by(1))


def conditions(model: type[Any], keys: Sequence[int], users: Sequence[int]) -> Any:
    """The person's rows of a table; None where they can have none."""
    if model in BESIDES:
        return BESIDES[model](keys)
    if model.patient_column is None and model.user_column is not None and not users:
        return None
    parts = []
    for user in users or [0]:
        with acting_as(Actor(user_id=user)):
            parts += [model.owned_by(key) for key in keys]
    return sa.or_(*parts)


def _is_nothing(condition: Any) -> bool:
    return isinstance(condition, sa.sql.elements.False_)


def _contacts(model: type[Any]) -> Any:
    return lambda keys: sa.and_(model.contact_type == ContactType.PATIENT, model.contacter_id.in_(keys))


def _moves(keys: Sequence[int]) -> Any:
    own = sa.select(Appointment.appointment_id).where(Appointment.patient_id.in_(keys))
    return AppointmentStatusChange.appointment_id.in_(own)


# Tables whose rows are told to be somebody's in another way.
BESIDES: dict[type[Any], Any] = {Call: _contacts(Call), Sms: _contacts(Sms), AppointmentStatusChange: _moves}


# --- as it is handed out


def as_json(table: Table) -> list[dict[str, Any]]:
    """The rows as a program reads them: words of enums, ISO dates, amounts in tögrög."""
    return [{name: _plain(getattr(row, name)) for name in table.columns()} for row in table.rows]


def _plain(value: Any) -> Any:
    if isinstance(value, Code | Word):
        return value.word
    return value.isoformat() if isinstance(value, date | datetime | time) else value


def to_text(data: Any) -> bytes:
    """JSON with the letters as they are."""
    return json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as a person reads it."""

    title: str
    heads: list[str]
    lines: list[list[str]]


def as_read(session: Session, table: Table) -> Shown:
    """The rows in words: labels of columns, names of services, medicines and staff instead of their numbers."""
    names = _names(session, table)
    own = {key.key for key in sa.inspect(table.model).primary_key}
    columns = [name for name in table.columns() if name not in own | {"updated_at", table.model.patient_column}]
    used = [name for name in columns if any(getattr(row, name) not in (None, "") for row in table.rows)]
    lines = [[_read(getattr(row, name), names.get(name)) for name in used] for row in table.rows]
    heads = [_head(name, table.name) for name in used]
    return Shown(say(table_name(table.name)), heads, lines)


def _head(name: str, table: str) -> str:
    try:
        return say(label(name, table))
    except KeyError:
        return name


def _read(value: Any, names: dict[Any, str] | None) -> str:
    if value is None:
        return ""
    if names is not None:
        return names.get(value, str(value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else say(value)


def _names(session: Session, table: Table) -> dict[str, dict[Any, str]]:
    """column → key → what the row it refers to is called."""
    found = {}
    for attribute in sa.inspect(table.model).column_attrs:
        for key in attribute.columns[0].foreign_keys:
            model = next((one for one in TOLD if one.__table__ is key.column.table), None)
            wanted = {getattr(row, attribute.key) for row in table.rows} - {None}
            if model is not None and wanted:
                column = sa.inspect(model).primary_key[0]
                rows = session.scalars(sa.select(model).where(column.in_(wanted)))
                found[attribute.key] = {row.row_id: say(row.title) for row in rows}
    return found


def file_keys(tables: Sequence[Table]) -> list[int]:
    """The stored files that these rows name, each once."""
    found: dict[int, None] = {}
    for table in tables:
        for attribute in sa.inspect(table.model).column_attrs:
            if any(key.column.table.name == "stored_file" for key in attribute.columns[0].foreign_keys):
                found |= dict.fromkeys(k for row in table.rows if (k := getattr(row, attribute.key)) is not None)
    return list(found)
