"""The visits of the calendar as plain values: one statement, no rows, times on the clinic's clock.

A browser never converts a time: what it gets is what the clock on the wall shows, wherever the device believes to be.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import Response, request
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.db.looks import saw
from app.desk.calendar.asking import Days
from app.people.models import Employee, MedicalHistoryEntry, Patient, short_name
from app.people.rules import Severity
from app.scheduling.models import Appointment, Chair
from app.web import who
from app.web.text import locale, today

MOST_VISITS = 5_000  # of a month and a half: a clinic of fifteen chairs


def statement(where: Sequence[ColumnElement[bool]], day: date) -> "sa.Select[Any]":
    """The columns of the visits that `where` finds, and whether their patient has an alert on `day`."""
    names = ("doctor_display_name_mn", "doctor_display_name_en")
    first, second = (getattr(ServiceCatalog, name) for name in (names if locale() == "mn" else reversed(names)))
    alert = sa.exists().where(
        MedicalHistoryEntry.patient_id == Appointment.patient_id,
        MedicalHistoryEntry.severity == Severity.CRITICAL,
        sa.or_(MedicalHistoryEntry.until.is_(None), MedicalHistoryEntry.until >= day),
    )
    columns = (
        Appointment.appointment_id, Appointment.start_at, Appointment.end_at, Appointment.status, Appointment.version,
        Appointment.doctor_id, Appointment.chair_id, Appointment.patient_id, Appointment.is_new_patient,
        Appointment.purpose, Appointment.series_id, Patient.first_name, Patient.last_name, Patient.is_provisional,
        Employee.first_name, Employee.last_name, Employee.calendar_colour, Chair.name,
        sa.func.coalesce(sa.func.nullif(first, ""), second), alert,
    )  # fmt: skip
    found = sa.select(*columns).select_from(Appointment).join(Patient, Patient.patient_id == Appointment.patient_id)
    found = found.join(Employee, Employee.employee_id == Appointment.doctor_id)
    found = found.outerjoin(Chair, Chair.chair_id == Appointment.chair_id)
    found = found.outerjoin(ServiceCatalog, ServiceCatalog.service_id == Appointment.planned_service)
    return found.where(*where).order_by(Appointment.start_at, Appointment.appointment_id).limit(MOST_VISITS)


def visits(session: Session, where: Sequence[ColumnElement[bool]]) -> dict[str, Any]:
    """The visits, and the names of the doctors and chairs they are with."""
    zone = who.clinic().zone
    found: list[dict[str, Any]] = []
    patients: list[int] = []
    doctors: dict[int, tuple[str, str]] = {}
    chairs: dict[int, str] = {}
    for row in session.execute(statement(where, today())):
        (key, start, end, status, version, doctor, chair, patient, is_new, purpose, series, first, last,
         is_provisional, doctor_first, doctor_last, colour, chair_name, service, alert) = row  # fmt: skip
        patients.append(patient)
        if doctor not in doctors:
            doctors[doctor] = (short_name(doctor_first, doctor_last), colour)
        if chair is not None:
            chairs[chair] = chair_name
        found.append({
            "id": key, "start": start.astimezone(zone).isoformat()[:19], "end": end.astimezone(zone).isoformat()[:19],
            "status": status.word, "version": version, "doctor": doctor, "chair": chair,
            "patient": short_name(first, last), "what": service or purpose or "", "is_new": is_new,
            "is_provisional": is_provisional, "has_alert": bool(alert), "series": series,
        })  # fmt: skip
    saw(patients)
    return {"visits": found, "doctors": doctors, "chairs": chairs}


def between(days: Days) -> list[ColumnElement[bool]]:
    """The visits that begin on these days."""
    start, end = days.bounds()
    return [Appointment.start_at >= start, Appointment.start_at < end]


def these(keys: Sequence[int]) -> list[ColumnElement[bool]]:
    """Visits by their numbers."""
    return [Appointment.appointment_id.in_(keys)]


def wall(moment: datetime) -> str:
    """A moment as the calendar carries it: `2026-11-20T14:30:00`."""
    return moment.astimezone(who.clinic().zone).isoformat()[:19]


def answer(found: Mapping[str, Any]) -> Response:
    """As JSON, marked by its content: who has it already is told so in two lines."""
    body = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
    mark = hashlib.sha256(body).hexdigest()[:24]
    # compressed on the way, an answer's mark gets a tail
    known = {known.partition(":")[0] for known in request.if_none_match.as_set(include_weak=True)}
    made = Response(status=304) if mark in known else Response(body, mimetype="application/json")
    made.set_etag(mark)
    return made
