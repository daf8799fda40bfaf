"""Writes about the waitlist, inside the caller's transaction. An entry that is changed was locked by `locked_entry`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.people.models import Employee
from app.scheduling.actions.placing import live_patient
from app.scheduling.models import Appointment, Chair, WaitlistEntry
from app.scheduling.rules import SLOT_MINUTES, WaitStatus, check_start, visit_minutes
from app.scheduling.rules.waiting import OPEN, Opening, check_offered, check_waits, check_wishes, digits_of

WISHES = ("doctor_id", "service_id", "minutes", "earliest", "latest", "time_from", "time_until", "priority", "note")
OFFER = ("offered_at", "offered_by", "offered_start_at", "offered_doctor_id", "offered_chair_id")


def locked_entry(session: Session, entry_id: int) -> WaitlistEntry:
    """The entry, locked until the unit ends. Raises NotFound."""
    row = session.get(WaitlistEntry, entry_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This entry no longer exists."))
    return row


def add_entry(session: Session, values: Mapping[str, Any], *, today: date) -> WaitlistEntry:
    """Put a patient on the waitlist. Raises RuleError."""
    if not values.get("patient_id"):
        raise RuleError(T("Required"), field="patient_id")
    row = WaitlistEntry(patient_id=live_patient(session, values["patient_id"]).patient_id, declined=[])
    _wish(row, {**values, "earliest": values.get("earliest") or today})
    session.add(row)
    session.flush()
    return row


def change_entry(session: Session, row: WaitlistEntry, values: Mapping[str, Any]) -> WaitlistEntry:
    """Other wishes; what is offered stays offered. Raises RuleError, Conflict."""
    if row.status not in OPEN:
        raise Conflict(T("This patient does not wait any more."))
    _wish(row, values)
    session.flush()
    return row


def _wish(row: WaitlistEntry, values: Mapping[str, Any]) -> None:
    if values.get("minutes") is not None:
        visit_minutes(values["minutes"], None, SLOT_MINUTES)
    wanted = {name: values[name] if name in values else getattr(row, name) for name in WISHES}
    check_wishes(wanted["earliest"], wanted["latest"], wanted["time_from"], wanted["time_until"])
    for name in WISHES:
        if name in values and not (name == "priority" and values[name] is None):
            setattr(row, name, values[name])
    if "weekdays" in values:
        row.weekdays = digits_of(values["weekdays"] or ())


def offer(
    session: Session, row: WaitlistEntry, opening: Opening, *, now: datetime, by: int | None, zone: Any
) -> WaitlistEntry:
    """Note that a time is put before the patient; it is held for nobody. Raises RuleError, Conflict."""
    check_waits(row.status)
    check_start(opening.span.start, now, zone)
    if opening.span.start <= now:
        raise RuleError(T("This time has passed. Choose a new one."), field="start_at")
    if session.get(Employee, opening.doctor_id) is None:
        raise RuleError(T("This is no doctor of the clinic."), field="doctor_id")
    if opening.chair_id is not None and session.get(Chair, opening.chair_id) is None:
        raise RuleError(T("This chair is not in use."), field="chair_id")
    row.status, row.offered_at, row.offered_by = WaitStatus.OFFERED, now, by
    row.offered_start_at, row.offered_doctor_id = opening.span.start, opening.doctor_id
    row.offered_chair_id = opening.chair_id
    session.flush()
    return row


def decline(session: Session, row: WaitlistEntry) -> WaitlistEntry:
    """The patient doesn't take the time: waits on, and isn't offered this time again. Raises Conflict."""
    check_offered(row.status)
    if row.offered_start_at is not None:
        start = row.offered_start_at.astimezone(UTC).isoformat()
        row.declined = [*(row.declined or []), start] if start not in (row.declined or []) else row.declined
    return wait_on(session, row)


def wait_on(session: Session, row: WaitlistEntry) -> WaitlistEntry:
    """Nothing is offered any more: the patient waits as before."""
    row.status = WaitStatus.WAITING
    for name in OFFER:
        setattr(row, name, None)
    session.flush()
    return row


def drop(session: Session, row: WaitlistEntry) -> WaitlistEntry:
    """The patient doesn't want to wait any more. Raises Conflict."""
    if row.status not in OPEN:
        raise Conflict(T("This patient does not wait any more."))
    row.status = WaitStatus.DROPPED
    session.flush()
    return row


def close(session: Session, row: WaitlistEntry, appointment: Appointment) -> WaitlistEntry:
    """The patient has a time: this appointment."""
    row.status, row.appointment_id = WaitStatus.BOOKED, appointment.appointment_id
    session.flush()
    return row
