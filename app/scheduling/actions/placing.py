"""Where and when a visit stands: its doctor, chair, assistant, service and times, each one checked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.people import queries as people
from app.people.models import Employee, Patient
from app.people.rules import EmployeeStatus
from app.scheduling import queries
from app.scheduling.models import Appointment, Chair
from app.scheduling.rules import Holding, Span, Terms, check_booking, visit_minutes

PLACED = ("doctor_id", "chair_id", "assistant_id", "planned_service", "start_at", "end_at")


def check_named(values: Mapping[str, Any]) -> None:
    """Refuse a visit without a patient, a doctor or a start. Raises RuleError."""
    missing: list[tuple[str | None, Text]] = [
        (name, T("Required")) for name in ("patient_id", "doctor_id", "start_at") if not values.get(name)
    ]
    if missing:
        raise RuleError.many(missing)


def place(
    session: Session, values: Mapping[str, Any], terms: Terms, booked_service: int | None = None
) -> dict[str, Any]:
    """The `PLACED` columns for what was asked, each reference checked to exist and to be in use. Raises RuleError.

    `booked_service` was booked when it was still offered: it may stay.
    """
    service = _service(session, values.get("planned_service"))
    if service is not None and not service.is_active and service.service_id != booked_service:
        raise RuleError(T("This service is no longer offered."), field="planned_service")
    start: datetime = values["start_at"]
    duration = service.default_duration_time if service else None
    minutes = visit_minutes(values.get("minutes"), duration, terms.default_minutes)
    day = clinic_date(start, terms.zone)
    doctor, assistant = values["doctor_id"], values.get("assistant_id")
    _check_employee(session, doctor, people.is_doctor(day), T("This is no doctor of the clinic."), "doctor_id")
    if assistant is not None:
        text = T("This is no nurse or assistant of the clinic.")
        _check_employee(session, assistant, people.is_assistant(day), text, "assistant_id")
    if assistant == doctor:
        raise RuleError(T("Doctor and assistant are the same person."), field="assistant_id")
    return {
        "doctor_id": doctor,
        "assistant_id": assistant,
        "chair_id": _chair(session, values.get("chair_id")),
        "planned_service": values.get("planned_service"),
        "start_at": start,
        "end_at": start + timedelta(minutes=minutes),
    }


def live_patient(session: Session, patient_id: int) -> Patient:
    """The patient of a booking, locked against being merged meanwhile. Raises RuleError (patient_id)."""
    patient = session.get(Patient, patient_id, with_for_update={"read": True})
    if patient is not None and patient.merged_into_id is not None:
        patient = session.get(Patient, patient.merged_into_id, with_for_update={"read": True})
    if patient is None:
        raise RuleError(T("Choose one of the list."), field="patient_id")
    if patient.is_deceased:
        raise RuleError(T("This patient has died."), field="patient_id")
    return patient


def _service(session: Session, service_id: int | None) -> ServiceCatalog | None:
    service = session.get(ServiceCatalog, service_id) if service_id else None
    if service_id and service is None:
        raise RuleError(T("Choose one of the list."), field="planned_service")
    return service


def _check_employee(
    session: Session, employee_id: int, holds_position: ColumnElement[bool], refusal: Text, field: str
) -> None:
    works = Employee.status != EmployeeStatus.NOT_WORKING
    statement = sa.select(Employee.employee_id).where(Employee.employee_id == employee_id, holds_position, works)
    if session.scalar(statement) is None:
        raise RuleError(refusal, field=field)


def _chair(session: Session, chair_id: int | None) -> int | None:
    if chair_id is not None:
        chair = session.get(Chair, chair_id)
        if chair is None or not chair.is_active:
            raise RuleError(T("This chair is not in use."), field="chair_id")
    return chair_id


def override_reason(session: Session, appointment: Appointment, terms: Terms, typed: str | None) -> str | None:
    """The reason to keep where one of the four checks is broken, else None. Raises RuleError (start_at)."""
    span = Span(appointment.start_at, appointment.end_at)
    days = queries.days_of_doctor(session, appointment.doctor_id, span, terms.zone)
    return check_booking(span, days, terms, typed)


def holding(session: Session, appointment: Appointment) -> Holding:
    """What an appointment holds, the dentist's minutes by its service."""
    service = _service(session, appointment.planned_service)
    return Holding(
        Span(appointment.start_at, appointment.end_at),
        doctor_id=appointment.doctor_id,
        patient_id=appointment.patient_id,
        chair_id=appointment.chair_id,
        assistant_id=appointment.assistant_id,
        lead=service.assistant_lead_minutes if service else 0,
        tail=service.assistant_tail_minutes if service else 0,
    )
