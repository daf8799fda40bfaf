"""Writes about recalls, inside the caller's transaction. A recall that is changed was locked by `locked_recall`."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.clinical.models import Recall, RecallContact
from app.clinical.queries.recalls import has_contacts, same_contact
from app.clinical.rules import ContactOutcome, ContactWay, RecallStatus
from app.clinical.rules.recalls import OPEN, Due, after_contact, check_postponed, moved_due
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.scheduling.models import Appointment

DOUBLE_CLICK = timedelta(seconds=10)
KEPT = ("patient_id", "service_id", "reason", "due_on", "do_not_contact_until")


def locked_recall(session: Session, recall_id: int) -> Recall:
    """The recall, locked until the unit ends. Raises NotFound."""
    row = session.get(Recall, recall_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This recall no longer exists."))
    return row


def add_recall(session: Session, values: Mapping[str, Any]) -> Recall:
    """A recall that a person asks for: of a service, or for a reason of their own. Raises RuleError."""
    row = Recall(is_due_by_hand=True, **{name: values.get(name) for name in KEPT})
    _check(session, row)
    session.add(row)
    session.flush()
    return row


def change_recall(session: Session, row: Recall, values: Mapping[str, Any]) -> Recall:
    """Another due date, reason or rest. A due date that a person wrote is theirs from then on. Raises RuleError."""
    if values.get("due_on") not in (None, row.due_on):
        row.is_due_by_hand = True
    for name in KEPT:
        if name in values and name != "patient_id":
            setattr(row, name, values[name])
    _check(session, row)
    session.flush()
    return row


def _check(session: Session, row: Recall) -> None:
    errors = [(name, T("Required")) for name in ("patient_id", "due_on") if getattr(row, name) is None]
    if row.service_id is None and not (row.reason or "").strip():
        errors.append(("reason", T("Choose a service, or write why the patient is to come.")))
    if errors:
        raise RuleError.many(errors)
    patient = session.get(Patient, row.patient_id)
    if patient is None or patient.is_deceased:
        raise RuleError(T("This patient has died.") if patient else T("Choose one of the list."), field="patient_id")


def open_due(session: Session, patient_id: int, due: Due, open_ones: list[Recall]) -> Recall:
    """The person's one open recall of a service is due after the latest work: made, or moved there.

    One that was booked for the visit of this very work is none of `open_ones` any more. Of several (two records that
    were found to be one person) the first stays.
    """
    if not open_ones:
        row = Recall(patient_id=patient_id, service_id=due.service_id, due_on=due.due_on, treatment_id=due.treatment_id)
        session.add(row)
        session.flush()
        return row
    row, *others = open_ones
    for other in others:
        other.status = RecallStatus.DONE
    if row.treatment_id != due.treatment_id:
        kept = moved_due(row.due_on, due.due_on, is_by_hand=row.is_due_by_hand)
        row.is_due_by_hand = row.is_due_by_hand and kept != due.due_on
        row.due_on, row.treatment_id, row.do_not_contact_until = kept, due.treatment_id, None
        if row.status is RecallStatus.CONTACTED:
            row.status = RecallStatus.DUE
    session.flush()
    return row


def forget_due(session: Session, row: Recall, before: Due | None) -> None:
    """The work that made it due was taken back: due after the work before it, else there is no recall."""
    if before is not None:
        row.due_on = row.due_on if row.is_due_by_hand else before.due_on
        row.treatment_id = before.treatment_id
        row.status = reopened(session, row)
    elif has_contacts(session, row.recall_id):
        row.treatment_id, row.status = None, RecallStatus.DONE
    else:
        session.delete(row)
    session.flush()


def reopened(session: Session, row: Recall) -> RecallStatus:
    """How a recall stands that is open again."""
    return RecallStatus.CONTACTED if has_contacts(session, row.recall_id) else RecallStatus.DUE


def book_recall(session: Session, row: Recall, appointment: Appointment) -> None:
    """The patient comes: this is the visit."""
    row.status, row.appointment_id = RecallStatus.BOOKED, appointment.appointment_id
    session.flush()


def note_contact(
    session: Session,
    row: Recall,
    outcome: ContactOutcome,
    *,
    now: datetime,
    by: int | None,
    how: ContactWay = ContactWay.PHONE,
    note: str | None = None,
) -> RecallContact:
    """One attempt to reach the patient, and how the recall stands after it; a double click is one. Raises Conflict."""
    twin = same_contact(session, row.recall_id, outcome, by, now - DOUBLE_CLICK)
    if twin is not None:
        return twin
    row.status = after_contact(row.status, outcome)
    contact = RecallContact(recall_id=row.recall_id, contacted_at=now, how=how, by=by, outcome=outcome, note=note)
    session.add(contact)
    session.flush()
    return contact


def decline_recall(session: Session, row: Recall) -> None:
    """The patient doesn't want to come. Raises Conflict for one that is settled."""
    row.status = after_contact(row.status, ContactOutcome.DECLINED)
    session.flush()


def postpone_recall(session: Session, row: Recall, until: date | None, *, today: date) -> None:
    """Nobody calls before this day. Raises RuleError, Conflict."""
    check_postponed(until, today)
    if row.status not in OPEN:
        raise Conflict(T("This recall is “%(status)s” already. Look at how it stands now.", status=row.status.label))
    row.do_not_contact_until = until
    session.flush()
