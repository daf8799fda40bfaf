"""How treatments, prescriptions and clinicians are found when something refers to them, and this room's words."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, url_for
from sqlalchemy.orm import Session, joinedload

from app.clinical.models import Prescription, Treatment, TreatmentItem
from app.clinical.words import LABELS
from app.people.models import Employee
from app.people.queries import doctors_statement, is_assistant, is_doctor, matching_condition
from app.web import fields
from app.web.cells import name_of
from app.web.listing import like
from app.web.lookups import LOOKUPS, Lookup, add_lookup, by_number
from app.web.text import day, lazy, moment, say, today
from app.web.vocabulary import add_labels

add_labels(LABELS)


def _treatments(session: Session, typed: str, limit: int) -> Sequence[Treatment]:
    statement = sa.select(Treatment).options(joinedload(Treatment.patient))
    if typed:
        statement = statement.where(matching_condition(Treatment.patient_id, typed))
    return session.scalars(statement.order_by(Treatment.treatment_date.desc()).limit(limit)).all()


def _items(session: Session, typed: str, limit: int) -> Sequence[TreatmentItem]:
    statement = sa.select(TreatmentItem).options(
        joinedload(TreatmentItem.service), joinedload(TreatmentItem.treatment).joinedload(Treatment.patient)
    )
    if typed:
        own = sa.select(Treatment.treatment_id).where(matching_condition(Treatment.patient_id, typed))
        statement = statement.where(TreatmentItem.treatment_id.in_(own))
    return session.scalars(statement.order_by(TreatmentItem.treatment_item_id.desc()).limit(limit)).all()


def _prescriptions(session: Session, typed: str, limit: int) -> Sequence[Prescription]:
    statement = sa.select(Prescription).options(joinedload(Prescription.patient))
    if typed:
        found = (by_number(Prescription.number, typed), matching_condition(Prescription.patient_id, typed))
        statement = statement.where(sa.or_(*found))
    return session.scalars(statement.order_by(Prescription.prescription_id.desc()).limit(limit)).all()


def _named(session: Session, statement: Any, typed: str, limit: int) -> Sequence[Employee]:
    if typed:
        statement = statement.where(sa.or_(like(Employee.first_name, typed), like(Employee.last_name, typed)))
    found: Sequence[Employee] = session.scalars(statement.order_by(Employee.sort_name).limit(limit)).all()
    return found


def _doctors(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, doctors_statement(today()), typed, limit)


def _clinicians(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, sa.select(Employee).where(sa.or_(is_doctor(today()), is_assistant(today()))), typed, limit)


def _assistants(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, sa.select(Employee).where(is_assistant(today())), typed, limit)


DOCTORS = Lookup(Employee, _doctors, lambda row: row.specialization)
CLINICIANS = Lookup(Employee, _clinicians, lambda row: row.specialization)
ASSISTANTS = Lookup(Employee, _assistants)
TREATMENTS = add_lookup(Lookup(Treatment, _treatments, lambda row: moment(row.treatment_date)))
add_lookup(Lookup(TreatmentItem, _items, lambda row: f"{row.treatment.title} · {day(row.treatment.treatment_date)}"))
add_lookup(Lookup(Prescription, _prescriptions, lambda row: row.patient.title))

_OWN = {"doctor": DOCTORS, "performer": CLINICIANS, "assistant": ASSISTANTS}
_OTHERS = {
    "service": "service_catalog",
    "diagnosis": "diagnosis_code",
    "medicine": "medicine",
    "tooth": "tooth_definition",
}


def lookup(kind: str) -> Lookup:
    """How the treatment page finds a service, a diagnosis, a medicine, a doctor, who did it; or 404."""
    return _OWN.get(kind) or LOOKUPS.get(_OTHERS.get(kind, "")) or abort(404)


def reference(kind: str, label: Any, **more: Any) -> fields.ReferenceField:
    """A field that searches one of these while one types."""
    return fields.ReferenceField(
        lazy(label),
        url=lambda: url_for("FindPage.find", kind=kind),
        find=lambda key: lookup(kind).find(key),
        name_of=lambda row: say(name_of(row)),
        **more,
    )
