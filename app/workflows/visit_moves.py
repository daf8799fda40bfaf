"""Moving a visit from the door to the chair, to the desk and home: the appointment, its treatment and the patient."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.clinical import actions as clinical
from app.clinical import queries as clinical_queries
from app.clinical.actions.steps import follow_appointment
from app.clinical.models import Treatment
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people import actions as people
from app.people import queries as people_queries
from app.people.models import Patient
from app.people.rules import LEAST_PHONES
from app.scheduling import actions, queries
from app.scheduling.models import Appointment
from app.scheduling.rules import LIVE, AppointmentStatus, Span, Terms, check_settled
from app.scheduling.rules.waiting import Opening
from app.security import queries as security
from app.workflows import recalls
from app.workflows.booking import locked_appointment
from app.workflows.freed import tell_freed, usual_minutes
from app.workflows.seating import follow, follow_back
from app.workflows.sterile import check_packages

S = AppointmentStatus


def move_visit(
    session: Session,
    appointment_id: int,
    to: AppointmentStatus,
    *,
    now: datetime,
    by: int | None,
    reason: str | None = None,
    version: int | None = None,
    chair_id: int | None = None,
) -> Appointment:
    """Move an appointment to another status, with all that follows from it elsewhere.

    Into treatment sits the patient down (in `chair_id`, where somebody chose it) and makes the treatment, "treated"
    completes it and notes the visit on the patient, back to "came" opens it again, "finished" needs the visit settled.
    The work of a plan is planned again when its visit is cancelled or missed.
    Raises NotFound, RuleError, Conflict (stale, or time or chair taken).
    """
    appointment = locked_appointment(session, appointment_id, version)
    zone = _zone(session)
    before = appointment.status
    if to is S.CAME and before in (S.RESERVED, S.CONFIRMED):
        _check_complete(session, appointment.patient_id)
    if to is S.FINISHED:
        _check_settled(session, appointment)
    actions.move(session, appointment, to, now=now, by=by, zone=zone, reason=reason)
    follow(session, appointment, before, now, chair_id)
    recalls.follow_visit(session, appointment)
    follow_appointment(session, appointment)
    if to is S.CANCELLED and before in LIVE:
        _tell_freed(session, appointment, now, zone)
    if to is S.IN_TREATMENT:
        clinical.begin_treatment(session, appointment, now=now)
    elif to is S.TREATED:
        _complete(session, appointment, now, zone)
    elif before is S.IN_TREATMENT:
        clinical.reopen_treatment(session, _treatment(session, appointment))
    return appointment


def undo_visit_move(
    session: Session, appointment_id: int, *, now: datetime, by: int | None, version: int | None, seconds: int
) -> Appointment:
    """Take back the last move of an appointment, and what it did elsewhere, within `seconds` of it.

    Raises NotFound, RuleError, Conflict (stale, or the time is taken meanwhile).
    """
    appointment = locked_appointment(session, appointment_id, version)
    before = actions.undo_move(session, appointment, now=now, by=by, seconds=seconds)
    follow_back(session, appointment, before, now)
    recalls.follow_visit(session, appointment)
    follow_appointment(session, appointment)
    if before is S.TREATED:
        _forget_visit(session, appointment, now, _zone(session))
    if before in (S.IN_TREATMENT, S.TREATED):
        treatment = _treatment(session, appointment)
        clinical.reopen_treatment(session, treatment)
        if before is S.TREATED:
            recalls.take_back(session, treatment, _zone(session))
    elif appointment.status is S.IN_TREATMENT:
        clinical.begin_treatment(session, appointment, now=now)
    return appointment


def _tell_freed(session: Session, appointment: Appointment, now: datetime, zone: tzinfo) -> None:
    """A cancelled time is somebody else's chance."""
    span = Span(appointment.start_at, appointment.end_at)
    terms = Terms(zone, default_minutes=usual_minutes(session))
    opening = Opening(span, appointment.doctor_id, appointment.chair_id)
    tell_freed(session, appointment.appointment_id, opening, now=now, terms=terms)


def finish_if_settled(session: Session, treatment_id: int, *, now: datetime, by: int | None) -> bool:
    """After a payment: a treated visit that owes nothing any more is finished. Returns whether it became so now."""
    treatment = session.get(Treatment, treatment_id)
    if treatment is None or treatment.appointment_id is None:
        return False
    appointment = session.get(Appointment, treatment.appointment_id, with_for_update=True)
    if appointment is None or appointment.status is not S.TREATED:
        return False
    if not billing.is_visit_settled(session, treatment_id):
        return False
    actions.move(session, appointment, S.FINISHED, now=now, by=by, zone=_zone(session))
    return True


def _zone(session: Session) -> tzinfo:
    clinic = security.the_clinic(session)
    return ZoneInfo(clinic.time_zone if clinic else "Asia/Ulaanbaatar")


def _treatment(session: Session, appointment: Appointment) -> Treatment:
    found = clinical_queries.treatment_of_appointment(session, appointment.appointment_id)
    if found is None:
        raise RuleError(T("This visit has no treatment yet."), field="status")
    return found


def _check_settled(session: Session, appointment: Appointment) -> None:
    treatment = clinical_queries.treatment_of_appointment(session, appointment.appointment_id)
    check_settled(treatment is None or billing.is_visit_settled(session, treatment.treatment_id))


def _complete(session: Session, appointment: Appointment, now: datetime, zone: tzinfo) -> None:
    treatment = _treatment(session, appointment)
    clinical.check_ready(session, treatment)
    check_packages(session, treatment, zone)
    clinical.complete_treatment(session, treatment, now=now)
    patient = session.get_one(Patient, appointment.patient_id, with_for_update=True)
    people.note_visit(patient, now, clinic_date(now, zone), zone)
    recalls.open_after(session, treatment, zone)


def _check_complete(session: Session, patient_id: int) -> None:
    """Check-in asks for what a caller didn't tell: birthday, gender, a second phone. Raises RuleError.

    Its data names the patient, so that a page can lead to the form.
    """
    patient = session.get_one(Patient, patient_id, with_for_update=True)
    if not patient.is_provisional:
        return
    phones = people_queries.phones_of_patients(session, [patient_id]).get(patient_id, [])
    if patient.birthday is None or patient.gender is None or len(phones) < LEAST_PHONES:
        text = T("Of %(name)s only name and phone are known. Complete the record, then check in.", name=patient.title)
        raise RuleError(text, data={"patient_id": patient_id})
    patient.is_provisional = False


def _forget_visit(session: Session, appointment: Appointment, now: datetime, zone: tzinfo) -> None:
    """The visit was no visit after all: first and last seen go back to what the other visits say."""
    patient = session.get_one(Patient, appointment.patient_id, with_for_update=True)
    last = queries.last_treated_at(session, patient.patient_id, but=appointment.appointment_id)
    first = patient.first_seen_at
    if last is None and first != patient.last_seen_at:
        last = first
    if first == patient.last_seen_at:
        patient.first_seen_at = last
    patient.last_seen_at = None
    if last is not None:
        people.note_visit(patient, last, clinic_date(now, zone), zone)
    session.flush()
