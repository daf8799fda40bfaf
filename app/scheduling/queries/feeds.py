"""Reads for calendar feeds: when, where and with whom, and nothing of why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.people.models import Employee, Patient, short_name
from app.people.queries import is_of
from app.scheduling.models import Appointment, Chair
from app.scheduling.rules import AppointmentStatus

MOST = 5_000  # visits of one feed


@dataclass(frozen=True, slots=True)
class Shown:
    """What a feed may show of a visit. There is no place for a service, a note, a name or a phone of a patient."""

    appointment_id: int
    start: datetime
    end: datetime
    status: AppointmentStatus
    version: int
    changed: datetime
    card_number: str
    doctor: str
    chair: str | None


def visits_of_doctor(session: Session, doctor_id: int, since: datetime, until: datetime) -> list[Shown]:
    """A doctor's visits in this time, in order; one statement."""
    return _shown(session, Appointment.doctor_id == doctor_id, since, until)


def visits_of_patient(session: Session, patient_id: int, since: datetime, until: datetime) -> list[Shown]:
    """A person's visits in this time, in order."""
    return _shown(session, is_of(session, Appointment.patient_id, patient_id), since, until)


def _shown(session: Session, whose: ColumnElement[bool], since: datetime, until: datetime) -> list[Shown]:
    columns: Sequence[Any] = (
        Appointment.appointment_id, Appointment.start_at, Appointment.end_at, Appointment.status, Appointment.version,
        Appointment.updated_at, Patient.card_number, Employee.first_name, Employee.last_name, Chair.name,
    )  # fmt: skip
    statement = (
        sa.select(*columns)
        .join(Patient, Patient.patient_id == Appointment.patient_id)
        .join(Employee, Employee.employee_id == Appointment.doctor_id)
        .outerjoin(Chair, Chair.chair_id == Appointment.chair_id)
        .where(whose, Appointment.start_at >= since, Appointment.start_at < until)
        .order_by(Appointment.start_at, Appointment.appointment_id)
        .limit(MOST)
    )
    return [
        Shown(key, start, end, status, version, changed, card, short_name(first, last), chair)
        for key, start, end, status, version, changed, card, first, last, chair in session.execute(statement)
    ]
