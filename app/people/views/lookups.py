"""How patients, employees, doctors, assistants and positions are found when something refers to them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.text import T
from app.people import queries
from app.people.models import Employee, Patient, Position
from app.people.words import LABELS
from app.web import fields
from app.web.listing import SAME, like
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.text import day, lazy, today
from app.web.vocabulary import add_labels

add_labels(LABELS)


def _doctor_search(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, queries.doctors_statement(today()), typed, limit)


def _assistant_search(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, sa.select(Employee).where(queries.is_assistant(today())), typed, limit)


def _employee_search(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, sa.select(Employee), typed, limit)


def _named(session: Session, statement: Any, typed: str, limit: int) -> Sequence[Employee]:
    if typed:
        statement = statement.where(sa.or_(like(Employee.first_name, typed), like(Employee.last_name, typed)))
    found: Sequence[Employee] = session.scalars(statement.order_by(Employee.sort_name).limit(limit)).all()
    return found


def _patient_search(session: Session, typed: str, limit: int) -> Sequence[Patient]:
    if typed:
        return queries.find_patients(session, typed, limit)
    statement = sa.select(Patient).where(Patient.merged_into_id.is_(None))
    return session.scalars(statement.order_by(Patient.last_seen_at.desc()).limit(limit)).all()


def patient_detail(patient: Patient) -> str:
    """The small print beside a patient's name: card, register number, birthday."""
    known = (patient.full_name, patient.card_number, patient.register_number, day(patient.birthday))
    return " · ".join(part for part in known if part)


DOCTORS = Lookup(Employee, _doctor_search, lambda row: row.specialization)
ASSISTANTS = Lookup(Employee, _assistant_search)
SAME["patient"] = queries.patient_ids
PATIENTS = add_lookup(Lookup(Patient, _patient_search, patient_detail))
add_lookup(Lookup(Employee, _employee_search, lambda row: row.full_name))
add_lookup(by_text(Position, "display_name_mn", "display_name_en"))

PHONES = {
    "phone_number_val": fields.PhoneField(label=lazy(T("Phone number"))),
}
