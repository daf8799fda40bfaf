"""What the address of a feed answers: the visits of a doctor or a patient from a month back to half a year ahead."""

import hashlib
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Response, abort, current_app, request, url_for
from sqlalchemy.orm import Session

from app.desk.feeds.calendar import Words, calendar_of
from app.kernel.text import Names, T
from app.people.models import Employee, Patient
from app.people.queries import kept_id
from app.people.rules import EmployeeStatus
from app.scheduling.queries.feeds import Shown, visits_of_doctor, visits_of_patient
from app.security.models import ShareLink, UserProfile
from app.web import who
from app.web.text import say, speaking

BEHIND, AHEAD = timedelta(days=30), timedelta(days=180)
EMPLOYEE, PATIENT = "employee", "patient"


def answer(session: Session, link: ShareLink) -> Response:
    """The calendar of a live address, 304 where the asker has it already, 404 where there is nobody to show."""
    now, key = datetime.now(UTC), link.share_link_id
    whose = link.row
    if link.table == EMPLOYEE:
        words, language, patient = _of_doctor(session, whose), _language_of_doctor(session, whose), None
        found = visits_of_doctor(session, whose, now - BEHIND, now + AHEAD)
    elif link.table == PATIENT:
        patient = kept_id(session, whose)
        words, language = _of_patient(session, patient)
        found = visits_of_patient(session, patient, now - BEHIND, now + AHEAD)
    else:
        abort(404)
    with speaking(language):
        data = calendar_of(found, words, current_app.config["SECRET_KEY"])
    who.hooks().record("view", "share_link", key, patient=patient)
    return _sent(data)


def _sent(data: bytes) -> Response:
    made = Response(data, mimetype="text/calendar")
    made.headers["Content-Type"] = "text/calendar; charset=utf-8"
    made.headers["Content-Disposition"] = 'inline; filename="soyoo.ics"'
    made.headers["Cache-Control"] = "private, no-cache"
    made.set_etag(hashlib.sha256(data).hexdigest()[:32])
    made.make_conditional(request)
    return made


def _of_doctor(session: Session, employee_id: int) -> Words:
    works = (Employee.employee_id == employee_id, Employee.status != EmployeeStatus.NOT_WORKING)
    if session.scalar(sa.select(Employee.employee_id).where(*works)) is None:
        abort(404)
    return Words(
        name=_clinic_name(),
        time_zone=who.clinic().time_zone,
        summary=lambda visit: say(T("Visit · card %(card)s", card=visit.card_number)),
        place=lambda visit: visit.chair or "",
        about=lambda visit: "",
        url=lambda visit: url_for("AppointmentView.show", pk=visit.appointment_id, _external=True),
    )


def _language_of_doctor(session: Session, employee_id: int) -> str:
    statement = sa.select(UserProfile.locale).join(Employee, Employee.user_id == UserProfile.user_id)
    found = session.scalar(statement.where(Employee.employee_id == employee_id))
    return found.value if found else "mn"


def _of_patient(session: Session, patient_id: int) -> tuple[Words, str]:
    columns = sa.select(Patient.preferred_locale, Patient.anonymised_at).where(Patient.patient_id == patient_id)
    found = session.execute(columns).one_or_none()
    if found is None or found.anonymised_at is not None:
        abort(404)
    clinic = who.clinic()

    def about(visit: Shown) -> str:
        told = say(T("Doctor: %(doctor)s", doctor=visit.doctor))
        return f"{told}\n{clinic.phones}" if clinic.phones else told

    words = Words(
        name=_clinic_name(),
        time_zone=clinic.time_zone,
        summary=lambda visit: say(T("Dental visit: %(clinic)s", clinic=_clinic_name())),
        place=lambda visit: clinic.address,
        about=about,
        url=lambda visit: "",
    )
    return words, found.preferred_locale.value


def _clinic_name() -> str:
    clinic = who.clinic()
    return say(Names(clinic.name_mn, clinic.name_en))
