"""Writes about prescriptions: only a draft changes; issued, it has its number and stays as it is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue.models import Medicine
from app.clinical import queries, rules
from app.clinical.models import Prescription, PrescriptionItem, Treatment
from app.clinical.rules import PrescriptionStatus, Route
from app.jobs.actions import next_number
from app.jobs.rules import CounterKind, document_number
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import Names, T
from app.people.models import Employee
from app.people.queries import doctors_statement, history_of, patient_ids
from app.security.rules import Locale

DIRECTIONS = ("dosage", "frequency", "duration", "route", "quantity", "instructions")


def usual_directions(medicine: Medicine, locale: Locale) -> dict[str, Any]:
    """How a medicine is usually taken, in this language where the catalogue knows it."""
    own = locale.value
    known = rules.split_directions(getattr(medicine, f"dosage_{own}") or str(medicine.dosage))
    return {
        "dosage": known.dosage or _name(rules.USUAL_DOSAGE.get(medicine.form), locale),
        "frequency": known.frequency or _name(rules.USUAL_FREQUENCY.get(medicine.form), locale),
        "duration": known.duration or None,
        "instructions": getattr(medicine, f"instructions_{own}") or str(medicine.instructions) or None,
        "quantity": 1,
        "route": rules.USUAL_ROUTE.get(medicine.form, Route.ORAL),
    }


def _name(names: Names | None, locale: Locale) -> str | None:
    return None if names is None else names.mn if locale is Locale.MN else names.en


def add_medicine(
    session: Session, treatment: Treatment, values: Mapping[str, Any], *, doctor_id: int, today: date
) -> PrescriptionItem:
    """Write a medicine on the draft of a locked treatment; the first one makes the draft. Raises RuleError, Conflict.

    `values`: medicine_id, the directions, and a reason where an allergy speaks against it (override_reason).
    """
    if treatment.status is rules.TreatmentStatus.CANCELLED:
        raise RuleError(T("This visit was cancelled."))
    medicine = session.get(Medicine, values.get("medicine_id") or 0)
    if medicine is None or not medicine.is_active:
        raise RuleError(T("Choose one of the list."), field="medicine_id")
    rules.check_directions(values)
    reason = values.get("override_reason") or None
    allergies = _allergies(session, treatment.patient_id, medicine, today)
    rules.check_allergies(allergies, reason)
    draft = _draft(session, treatment, doctor_id)
    written = queries.items_of_prescriptions(session, [draft.prescription_id]).get(draft.prescription_id, [])
    if any(item.medicine_id == medicine.medicine_id for item in written):
        raise Conflict(T("%(medicine)s is on this prescription already.", medicine=medicine.title), field="medicine_id")
    item = PrescriptionItem(prescription_id=draft.prescription_id, medicine_id=medicine.medicine_id)
    _direct(item, values)
    item.override_reason = reason if allergies else None
    session.add(item)
    session.flush()
    return item


def _direct(item: PrescriptionItem, values: Mapping[str, Any]) -> None:
    for name in DIRECTIONS:
        setattr(item, name, values.get(name))
    item.route = values.get("route") or Route.ORAL


def _allergies(session: Session, patient_id: int, medicine: Medicine, today: date) -> list[Any]:
    history = history_of(session, [patient_id]).get(patient_id, [])
    return rules.allergies_against(medicine.allergens or [], history, today)


def _draft(session: Session, treatment: Treatment, doctor_id: int) -> Prescription:
    statement = sa.select(Prescription).where(
        Prescription.treatment_id == treatment.treatment_id, Prescription.status == PrescriptionStatus.DRAFT
    )
    found = session.scalar(statement.order_by(Prescription.prescription_id).limit(1).with_for_update())
    if found is None:
        found = Prescription(patient_id=treatment.patient_id, treatment_id=treatment.treatment_id, doctor_id=doctor_id)
        session.add(found)
        session.flush()
    return found


def locked_prescription(session: Session, prescription_id: int) -> Prescription:
    """The prescription, locked until the unit ends. Raises NotFound."""
    row = session.get(Prescription, prescription_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def _draft_item(session: Session, item_id: int) -> tuple[Prescription, PrescriptionItem]:
    """An item with its prescription, both locked. Raises NotFound; RuleError where it is issued."""
    prescription_id = session.scalar(
        sa.select(PrescriptionItem.prescription_id).where(PrescriptionItem.prescription_item_id == item_id)
    )
    prescription = locked_prescription(session, prescription_id or 0)
    rules.check_is_draft(prescription.status)
    item = session.get(PrescriptionItem, item_id, with_for_update=True)
    if item is None:
        raise NotFound(T("This record no longer exists."))
    return prescription, item


def change_medicine(session: Session, item_id: int, values: Mapping[str, Any], *, today: date) -> PrescriptionItem:
    """Change the directions of a medicine on a draft. Raises RuleError, NotFound."""
    prescription, item = _draft_item(session, item_id)
    rules.check_directions(values)
    reason = values.get("override_reason") or item.override_reason
    allergies = _allergies(session, prescription.patient_id, item.medicine, today)
    rules.check_allergies(allergies, reason)
    _direct(item, values)
    item.override_reason = reason if allergies else None
    session.flush()
    return item


def remove_medicine(session: Session, item_id: int) -> None:
    """Take a medicine off a draft; the last one takes the draft with it. Raises RuleError, NotFound."""
    prescription, item = _draft_item(session, item_id)
    session.delete(item)
    session.flush()
    if not queries.items_of_prescriptions(session, [prescription.prescription_id]):
        session.delete(prescription)
        session.flush()


def discard_draft(session: Session, prescription: Prescription) -> None:
    """Throw a locked draft away. Raises RuleError for one that was issued."""
    rules.check_is_draft(prescription.status)
    for item in queries.items_of_prescriptions(session, [prescription.prescription_id]).get(prescription.row_id, []):
        session.delete(item)
    session.flush()
    session.delete(prescription)
    session.flush()


def repeat_prescription(
    session: Session, source: Prescription, treatment: Treatment, *, doctor_id: int, today: date
) -> list[Medicine]:
    """Write the medicines of an earlier prescription on the draft of a locked treatment. Raises RuleError.

    Returns those left out: no longer in use, or with an allergy against them, which needs a reason of its own.
    """
    if source.patient_id not in patient_ids(session, treatment.patient_id):
        raise RuleError(T("This prescription is another patient's."))
    left_out = []
    history = history_of(session, [treatment.patient_id]).get(treatment.patient_id, [])
    draft = queries.draft_of(session, treatment.treatment_id)
    written = queries.items_of_prescriptions(session, [draft.prescription_id] if draft else [])
    have = {item.medicine_id for items in written.values() for item in items}
    for item in queries.items_of_prescriptions(session, [source.prescription_id]).get(source.prescription_id, []):
        medicine = item.medicine
        if not medicine.is_active or rules.allergies_against(medicine.allergens or [], history, today):
            left_out.append(medicine)
        elif item.medicine_id not in have:
            values = {name: getattr(item, name) for name in ("medicine_id", *DIRECTIONS)}
            add_medicine(session, treatment, values, doctor_id=doctor_id, today=today)
    return left_out


def issue_prescription(
    session: Session,
    prescription: Prescription,
    *,
    doctor_id: int,
    by: int | None,
    now: datetime,
    today: date,
    prefix: str = "",
) -> Prescription:
    """Issue a locked draft in a doctor's name: it takes the year's next number and can't change. Raises RuleError.

    Allergies are looked at again here, under the lock: the patient may have told of one since it was written.
    """
    rules.PRESCRIPTION_MOVES.check(prescription.status, PrescriptionStatus.ISSUED)
    if session.scalar(doctors_statement(today).where(Employee.employee_id == doctor_id)) is None:
        raise RuleError(T("A prescription is issued in the name of a doctor who works here."), field="doctor_id")
    items = queries.items_of_prescriptions(session, [prescription.prescription_id]).get(prescription.prescription_id)
    if not items:
        raise RuleError(T("A prescription needs a medicine."))
    history = history_of(session, [prescription.patient_id]).get(prescription.patient_id, [])
    for item in items:
        allergies = rules.allergies_against(item.medicine.allergens or [], history, today)
        rules.check_allergies(allergies, item.override_reason, item.medicine.title)
    prescription.doctor_id, prescription.issued_by, prescription.issued_at = doctor_id, by, now
    prescription.status = PrescriptionStatus.ISSUED
    session.flush()
    # last of all: the counter's row stays locked until the unit ends
    number = next_number(session, CounterKind.PRESCRIPTION, today.year)
    prescription.number = document_number(prefix, today.year, number)
    session.flush()
    return prescription


def cancel_prescription(session: Session, prescription: Prescription, *, reason: str | None) -> Prescription:
    """Cancel a locked, issued prescription; the reason stays in its note. Raises RuleError."""
    rules.PRESCRIPTION_MOVES.check(prescription.status, PrescriptionStatus.CANCELLED)
    if not reason:
        raise RuleError(T("Write why it is cancelled."), field="reason")
    prescription.status = PrescriptionStatus.CANCELLED
    prescription.note = f"{prescription.note}\n{reason}" if prescription.note else reason
    session.flush()
    return prescription
