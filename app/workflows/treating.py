"""Working on a visit: clinical's actions, guarded by what the desk has made of it."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing.models import InvoiceItem
from app.billing.queries import live_invoices_of_visit
from app.billing.rules import InvoiceStatus
from app.clinical import actions
from app.clinical.models import ToothFinding, Treatment, TreatmentItem, TreatmentSterilePackage
from app.clinical.queries import items_of
from app.clinical.rules import Condition, Teeth, TreatmentStatus
from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T, Text
from app.people.actions import note_visit
from app.people.models import Patient
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.workflows.sterile import check_packages


def closed_because(session: Session, treatment: Treatment) -> Text | None:
    """Why the work of a visit can't change any more, or None: it is invoiced, finished or cancelled."""
    if treatment.status is TreatmentStatus.CANCELLED:
        return T("This visit was cancelled.")
    live = live_invoices_of_visit(session, treatment.treatment_id)
    issued = [row for row in live if row.status is not InvoiceStatus.DRAFT]
    if issued:
        return T("The work stands on invoice %(number)s and can't be changed.", number=issued[0].title)
    appointment = session.get(Appointment, treatment.appointment_id) if treatment.appointment_id else None
    if appointment is not None and appointment.status is AppointmentStatus.FINISHED:
        return T("This visit is finished and paid, so its work can't be changed.")
    return None


def open_visit(session: Session, treatment_id: int) -> Treatment:
    """The treatment, locked, for changing its work. Raises NotFound; RuleError where the desk has closed it.

    Who issues an invoice of the visit holds the same lock, so that no line is changed behind an invoice's back.
    """
    treatment = actions.locked_treatment(session, treatment_id)
    reason = closed_because(session, treatment)
    if reason is not None:
        raise RuleError(reason)
    return treatment


def add_item(
    session: Session,
    treatment_id: int,
    values: Mapping[str, Any],
    teeth: Teeth,
    *,
    writer: actions.Writer,
    after: int | None = None,
) -> TreatmentItem:
    """Add work to a visit. Raises RuleError."""
    treatment = open_visit(session, treatment_id)
    item = actions.add_item(session, treatment, values, teeth, writer=writer, after=after)
    _stays_ready(session, treatment)
    return item


def change_item(
    session: Session,
    treatment_id: int,
    item_id: int,
    values: Mapping[str, Any],
    teeth: Teeth | None,
    *,
    writer: actions.Writer,
    now: datetime,
    known: str | None = None,
) -> TreatmentItem:
    """Change an item of a visit. `known`: its last change, as the form knew it. Raises RuleError, Conflict."""
    treatment = open_visit(session, treatment_id)
    item = actions.locked_item(session, treatment, item_id)
    if known is not None and known != item.updated_at.isoformat():
        raise Conflict(T("Somebody changed this record while you were writing. Compare, then save again."))
    actions.change_item(session, treatment, item, values, teeth, writer=writer, now=now)
    _stays_ready(session, treatment)
    return item


def _stays_ready(session: Session, treatment: Treatment) -> None:
    """A visit that counts as treated keeps what that needs."""
    if treatment.status is TreatmentStatus.COMPLETED:
        session.flush()
        actions.check_ready(session, treatment)


def remove_item(session: Session, treatment_id: int, item_id: int) -> None:
    """Take work off a visit, unless an invoice names it. Raises RuleError, NotFound."""
    treatment = open_visit(session, treatment_id)
    item = actions.locked_item(session, treatment, item_id)
    line = sa.select(InvoiceItem.invoice_item_id).where(InvoiceItem.treatment_item_id == item.treatment_item_id)
    if session.scalar(line.limit(1)) is not None:
        raise RuleError(T("An invoice names this work, so it stays. Ask the desk to take it off the invoice first."))
    actions.remove_item(session, item)


def mark_teeth(
    session: Session, treatment_id: int, teeth: Teeth, values: Mapping[str, Any], *, now: datetime, today: date
) -> list[ToothFinding]:
    """Mark a condition on teeth, seen in this visit. Missing teeth leave the arches of its work. Raises RuleError."""
    treatment = actions.locked_treatment(session, treatment_id)
    found = actions.add_findings(
        session, treatment.patient_id, teeth, {**values, "treatment_id": treatment_id}, today=today
    )
    if values.get("condition") is Condition.MISSING:
        _refill(session, treatment, now)
    return found


def end_finding(session: Session, treatment_id: int, finding_id: int, *, now: datetime, today: date) -> None:
    """A finding no longer holds. Raises NotFound."""
    treatment = actions.locked_treatment(session, treatment_id)
    row = actions.end_finding(session, treatment.patient_id, finding_id, today=today)
    if row.condition is Condition.MISSING:
        _refill(session, treatment, now)


def _refill(session: Session, treatment: Treatment, now: datetime) -> None:
    if closed_because(session, treatment) is None:
        for item in items_of(session, [treatment.treatment_id]).get(treatment.treatment_id, []):
            actions.refill_item(session, treatment, item, now=now)


def use_package(session: Session, treatment_id: int, number: str | None, *, zone: tzinfo) -> TreatmentSterilePackage:
    """A sterile package is opened at a visit, told then or later. Raises RuleError, Conflict (number), NotFound."""
    treatment = actions.locked_treatment(session, treatment_id)
    if treatment.status is TreatmentStatus.CANCELLED:
        raise RuleError(T("This visit was cancelled."))
    return actions.use_package(session, treatment, number, on=clinic_date(treatment.treatment_date, zone))


def take_back_package(session: Session, treatment_id: int, link_id: int) -> None:
    """A package was not opened after all; not once the desk has closed the visit. Raises RuleError, NotFound."""
    actions.take_back_package(session, open_visit(session, treatment_id), link_id)


def complete_walk_in(session: Session, treatment_id: int, *, now: datetime, zone: tzinfo) -> Treatment:
    """A visit without an appointment is done: its patient was here. Raises RuleError."""
    treatment = actions.locked_treatment(session, treatment_id)
    _check_walk_in(treatment)
    actions.check_ready(session, treatment)
    check_packages(session, treatment, zone)
    actions.complete_treatment(session, treatment, now=now)
    patient = session.get_one(Patient, treatment.patient_id, with_for_update=True)
    note_visit(patient, treatment.treatment_date, clinic_date(now, zone), zone)
    session.flush()
    return treatment


def reopen_walk_in(session: Session, treatment_id: int) -> Treatment:
    """A visit without an appointment wasn't done yet. Raises RuleError where the desk has closed it."""
    treatment = open_visit(session, treatment_id)
    _check_walk_in(treatment)
    actions.reopen_treatment(session, treatment)
    return treatment


def _check_walk_in(treatment: Treatment) -> None:
    if treatment.appointment_id is not None:
        raise RuleError(T("This visit has an appointment: its status says how far it is."))
