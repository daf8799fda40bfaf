"""Writes about visits, inside the caller's transaction."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clinical import queries, rules
from app.clinical.models import Treatment, TreatmentItem
from app.clinical.rules import TreatmentStatus
from app.db.unit import TryAgain
from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T, Text
from app.people.queries import patient_ids
from app.scheduling.models import Appointment

HEADER = ("visit_type", "chief_complaint", "note", "assistant_id", "case_id")


def locked_treatment(session: Session, treatment_id: int) -> Treatment:
    """The treatment, locked until the unit ends: who changes a visit holds it. Raises NotFound."""
    row = session.get(Treatment, treatment_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def begin_treatment(session: Session, appointment: Appointment, *, now: datetime) -> Treatment:
    """The treatment of a visit that goes into the chair: made once, found again afterwards."""
    found = queries.treatment_of_appointment(session, appointment.appointment_id)
    if found is None:
        found = Treatment(
            treatment_date=now,
            patient_id=appointment.patient_id,
            doctor_id=appointment.doctor_id,
            assistant_id=appointment.assistant_id,
            appointment_id=appointment.appointment_id,
        )
        session.add(found)
    found.status = TreatmentStatus.IN_PROGRESS
    try:
        session.flush()
    except IntegrityError as error:
        raise TryAgain from error  # the same visit went into the chair twice at once
    return found


def add_treatment(session: Session, values: Mapping[str, Any], *, now: datetime) -> Treatment:
    """A visit without an appointment, recorded when it happens or later. Raises RuleError."""
    if values["treatment_date"] > now:
        raise RuleError(T("A visit that has not happened yet is booked as an appointment."), field="treatment_date")
    row = Treatment(status=TreatmentStatus.IN_PROGRESS)
    for name in ("patient_id", "doctor_id", "treatment_date", *HEADER):
        if values.get(name) is not None:
            setattr(row, name, values[name])
    session.add(row)
    session.flush()
    return row


def change_visit(session: Session, treatment: Treatment, values: Mapping[str, Any]) -> None:
    """Complaint, kind of visit, note, assistant and case of a locked treatment. Raises RuleError."""
    if values.get("case_id") is not None and values["case_id"] != treatment.case_id:
        _check_case(session, treatment, values["case_id"])
    for name in HEADER:
        if name in values:
            setattr(treatment, name, values[name])
    session.flush()


def _check_case(session: Session, treatment: Treatment, case_id: int) -> None:
    """A case is named by its first visit: an earlier one of the same patient that itself continues nothing."""
    first = session.get(Treatment, case_id)
    own = patient_ids(session, treatment.patient_id)
    if first is None or first.patient_id not in own or first.case_id is not None or first is treatment:
        raise RuleError(T("Choose an earlier case of this patient."), field="case_id")
    if first.treatment_date > treatment.treatment_date:
        raise RuleError(T("A case begins with its earliest visit."), field="case_id")
    follows = sa.select(Treatment.treatment_id).where(Treatment.case_id == treatment.treatment_id).limit(1)
    if session.scalar(follows) is not None:
        raise RuleError(T("Later visits continue this one, so it begins a case of its own."), field="case_id")


def check_ready(session: Session, treatment: Treatment) -> None:
    """Refuse "treated" while an item lacks its teeth or surfaces. Raises RuleError with a sentence for each.

    Takes the visit's lock, so that nobody adds work while it is looked at.
    """
    locked_treatment(session, treatment.treatment_id)
    visit = queries.visits(session, [treatment])[0]
    errors: list[tuple[str | None, Text]] = []
    for item in visit.items:
        lacks = lacking(item, visit.teeth[item.treatment_item_id])
        if lacks is not None:
            text = T("%(service)s: %(sentence)s", service=item.title, sentence=lacks)
            errors.append((f"item-{item.treatment_item_id}", text))
    if errors:
        raise RuleError.many(errors)


def lacking(item: TreatmentItem, teeth: "list[Any]") -> Text | None:
    """What an item with these rows of teeth still needs before its visit is treated, or None."""
    worked = {row.tooth.code: row.surfaces for row in teeth}
    return rules.still_needed(item.scope, worked, item.service.surfaces_required)


def complete_treatment(session: Session, treatment: Treatment, *, now: datetime) -> None:
    """The work in the chair is done. Raises RuleError for a visit that was cancelled."""
    if treatment.status is not TreatmentStatus.COMPLETED:
        rules.TREATMENT_MOVES.check(treatment.status, TreatmentStatus.COMPLETED)
        treatment.status = TreatmentStatus.COMPLETED
    session.flush()


def reopen_treatment(session: Session, treatment: Treatment) -> None:
    """Back into the chair on the same day."""
    treatment.status = TreatmentStatus.IN_PROGRESS
    session.flush()


def set_outcome(
    session: Session,
    item: TreatmentItem,
    outcome: "rules.Outcome | None",
    on: date | None,
    *,
    worked_on: date,
    today: date,
) -> None:
    """How a locked item turned out, seen on a later day. Raises RuleError."""
    rules.check_outcome(outcome, on, worked_on, today)
    item.outcome, item.outcome_on = outcome, on
    session.flush()
