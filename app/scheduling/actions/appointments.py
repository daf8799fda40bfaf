"""Booking, rescheduling and moving an appointment. What is changed is locked first, by the caller."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import queries
from app.scheduling.actions.placing import PLACED, check_named, holding, live_patient, override_reason, place
from app.scheduling.actions.slots import release_slots, take_slots
from app.scheduling.models import Appointment, AppointmentStatusChange
from app.scheduling.rules import (
    LIVE,
    MOVABLE,
    UNDO,
    AppointmentStatus,
    Standing,
    Terms,
    check_move,
    check_start,
    check_undo,
)

S = AppointmentStatus
ASKED = ("doctor_id", "chair_id", "assistant_id", "planned_service", "start_at", "minutes")
TOLD = ("purpose", "source", "note")


def book(
    session: Session, values: Mapping[str, Any], *, now: datetime, terms: Terms, by_user: int | None
) -> Appointment:
    """Add an appointment and take its slots. Raises RuleError, Conflict, TryAgain.

    `values`: patient_id, doctor_id, start_at; chair_id, assistant_id, planned_service, minutes, purpose, source,
    note, override_reason and receptionist_id where known. A patient is new whom nobody treated to the end yet, here or
    (taken over from a list) before.
    """
    check_named(values)
    check_start(values["start_at"], now, terms.zone)
    patient = live_patient(session, values["patient_id"])
    told = {name: values[name] for name in TOLD if values.get(name) is not None}
    appointment = Appointment(
        **place(session, values, terms),
        **told,
        patient_id=patient.patient_id,
        receptionist_id=values.get("receptionist_id"),
        created_by_user_id=by_user,
        is_new_patient=patient.first_seen_at is None and not queries.has_finished_visit(session, patient.patient_id),
        status=S.RESERVED,
    )
    appointment.override_reason = override_reason(session, appointment, terms, values.get("override_reason"))
    session.add(appointment)
    session.flush()
    take_slots(session, appointment, holding(session, appointment))
    _note(session, appointment, None, now, by_user, None)
    session.flush()
    return appointment


def reschedule(
    session: Session,
    appointment: Appointment,
    values: Mapping[str, Any],
    *,
    now: datetime,
    terms: Terms,
    by_user: int | None,
) -> Appointment:
    """Another time, doctor, chair, assistant, service or length; whoever did not come is reserved again.

    `appointment` is locked; what `values` doesn't name stays as it is. Raises RuleError, Conflict, TryAgain.
    """
    before = appointment.status
    has = {name: getattr(appointment, name) for name in ASKED}
    wanted = {**has, **{name: values[name] for name in ASKED if name in values}}
    comes_back = before in (S.NO_SHOW, S.CANCELLED)
    if wanted != has or comes_back:
        check_named({**wanted, "patient_id": appointment.patient_id})
        if before not in MOVABLE:
            text = T("A visit that is “%(status)s” keeps its time, doctor and chair.", status=before.label)
            raise RuleError(text, field="start_at")
        if comes_back:
            check_move(Standing(before, wanted["start_at"]), S.RESERVED, now=now, zone=terms.zone, reason=None)
        _put(session, appointment, wanted, values.get("override_reason"), now, terms)
    for name in TOLD:
        if name in values and not (name == "source" and values[name] is None):
            setattr(appointment, name, values[name])
    if comes_back:
        appointment.status, appointment.cancel_reason = S.RESERVED, None
        _note(session, appointment, before, now, by_user, None)
    appointment.version += 1
    session.flush()
    return appointment


def _put(
    session: Session,
    appointment: Appointment,
    wanted: Mapping[str, Any],
    reason: str | None,
    now: datetime,
    terms: Terms,
) -> None:
    """Put the visit where it is wanted; the slots it leaves and those it takes are one transaction."""
    placed = place(session, wanted, terms, appointment.planned_service)
    changed = {name for name in PLACED if placed[name] != getattr(appointment, name)}
    if "start_at" in changed:
        check_start(placed["start_at"], now, terms.zone)
        appointment.confirmation_sent, appointment.reminders_sent = False, 0
    release_slots(session, appointment)
    for name in changed:
        setattr(appointment, name, placed[name])
    if changed & {"doctor_id", "start_at", "end_at"}:
        appointment.override_reason = override_reason(session, appointment, terms, reason)
    session.flush()
    take_slots(session, appointment, holding(session, appointment))


def move(
    session: Session,
    appointment: Appointment,
    to: AppointmentStatus,
    *,
    now: datetime,
    by: int | None,
    zone: tzinfo,
    reason: str | None = None,
) -> Appointment:
    """Move a locked appointment to another status. Raises RuleError; Conflict where its time is taken meanwhile."""
    check_move(queries.standing(session, appointment), to, now=now, zone=zone, reason=reason)
    if to is S.CANCELLED:
        appointment.cancel_reason = reason
    if to is S.IN_TREATMENT:
        appointment.actual_start_at = now
    if to is S.TREATED:
        appointment.actual_end_at = now
    _become(session, appointment, to, now, by, reason)
    return appointment


def undo_move(
    session: Session, appointment: Appointment, *, now: datetime, by: int | None, seconds: int
) -> AppointmentStatus:
    """Take the last move of a locked appointment back. Returns the state it came from. Raises RuleError, Conflict."""
    last = queries.last_change(session, appointment.appointment_id)
    if last is None or last.from_ is None:
        raise RuleError(T("There is nothing to undo."), field="status")
    check_undo(to=last.to, reason=last.reason, at=last.at, status=appointment.status, now=now, seconds=seconds)
    before = appointment.status
    if before is S.IN_TREATMENT and last.from_ is S.CAME:
        appointment.actual_start_at = None
    if before is S.TREATED:
        appointment.actual_end_at = None
    _become(session, appointment, last.from_, now, by, UNDO)
    if last.from_ is S.CANCELLED:
        appointment.cancel_reason = queries.reason_of_cancelling(session, appointment.appointment_id)
        session.flush()
    return before


def _become(
    session: Session, appointment: Appointment, to: AppointmentStatus, now: datetime, by: int | None, reason: str | None
) -> None:
    before = appointment.status
    appointment.status = to
    appointment.version += 1
    if before is S.CANCELLED:
        appointment.cancel_reason = None
    _note(session, appointment, before, now, by, reason)
    session.flush()
    if to not in LIVE:
        release_slots(session, appointment)
    elif before not in LIVE:
        take_slots(session, appointment, holding(session, appointment))


def _note(
    session: Session,
    appointment: Appointment,
    before: AppointmentStatus | None,
    now: datetime,
    by: int | None,
    reason: str | None,
) -> None:
    change = AppointmentStatusChange(
        appointment_id=appointment.appointment_id, from_=before, to=appointment.status, by=by, at=now, reason=reason
    )
    session.add(change)
