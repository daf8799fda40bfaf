"""How doctors, assistants, chairs, rooms and appointments are found when something refers to them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.people import queries as people
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.models import Appointment, Chair, Room
from app.scheduling.words import LABELS
from app.web.listing import like
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.text import moment, today
from app.web.vocabulary import add_labels

add_labels(LABELS)


def _doctors(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, people.doctors_statement(today()), typed, limit)


def _assistants(session: Session, typed: str, limit: int) -> Sequence[Employee]:
    return _named(session, sa.select(Employee).where(people.is_assistant(today())), typed, limit)


def _named(session: Session, statement: Any, typed: str, limit: int) -> Sequence[Employee]:
    if typed:
        statement = statement.where(sa.or_(like(Employee.first_name, typed), like(Employee.last_name, typed)))
    found: Sequence[Employee] = session.scalars(statement.order_by(Employee.sort_name).limit(limit)).all()
    return found


def _appointments(session: Session, typed: str, limit: int) -> Sequence[Appointment]:
    statement = sa.select(Appointment).options(*queries.WITH_NAMES)
    if typed:
        statement = statement.where(people.matching_condition(Appointment.patient_id, typed))
    return session.scalars(statement.order_by(Appointment.start_at.desc()).limit(limit)).all()


DOCTORS = Lookup(Employee, _doctors, lambda row: row.specialization)
ASSISTANTS = Lookup(Employee, _assistants)
add_lookup(Lookup(Appointment, _appointments, lambda row: moment(row.start_at)))
add_lookup(by_text(Chair, "name"))
add_lookup(by_text(Room, "name"))


def named_employees(typed: str) -> "sa.Select[tuple[int]]":
    """The ids of the employees whom what was typed finds."""
    names = sa.or_(like(Employee.first_name, typed), like(Employee.last_name, typed))
    return sa.select(Employee.employee_id).where(names)
