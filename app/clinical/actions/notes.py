"""Writes about notes and snapshots of the tooth chart, inside the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.clinical import queries
from app.clinical.models import OdontogramSnapshot, SoapNote, Treatment
from app.clinical.rules import notes as rules
from app.kernel.errors import NotFound
from app.kernel.text import T
from app.people.models import Patient


def locked_note(session: Session, treatment: Treatment, note_id: int) -> SoapNote:
    """A note of this treatment, locked. Raises NotFound, also for a note of another visit."""
    row = session.get(SoapNote, note_id, with_for_update=True)
    if row is None or row.treatment_id != treatment.treatment_id:
        raise NotFound(T("This record no longer exists."))
    return row


def add_note(
    session: Session, treatment: Treatment, values: Mapping[str, Any], *, by: int | None, to: SoapNote | None = None
) -> SoapNote:
    """A note of a locked treatment, or an addendum to a signed one; sent twice it is found again. Raises RuleError."""
    rules.check_note(values)
    if to is not None:
        rules.check_addendum(to.signed_at)
    row = SoapNote(
        treatment_id=treatment.treatment_id,
        author=by,
        addendum_to=to.addendum_to or to.soap_note_id if to is not None else None,
        **{part: values.get(part) for part in rules.PARTS},
    )
    again = queries.same_note(session, row)
    if again is not None:
        return again
    session.add(row)
    session.flush()
    return row


def change_note(session: Session, row: SoapNote, values: Mapping[str, Any], *, by: int | None) -> SoapNote:
    """A locked note that isn't signed; who changes it is its author. Raises RuleError."""
    rules.check_note_open(row.signed_at)
    rules.check_note(values)
    for part in rules.PARTS:
        setattr(row, part, values.get(part))
    row.author = by
    session.flush()
    return row


def sign_note(session: Session, row: SoapNote, *, by: int | None, now: datetime) -> SoapNote:
    """Sign a locked note: from now on it stays as it is. Raises RuleError, NotAllowed."""
    rules.check_note_open(row.signed_at)
    rules.check_signer(row.author, by)
    row.signed_at = now
    session.flush()
    return row


def take_snapshot(session: Session, treatment: Treatment, *, now: datetime) -> OdontogramSnapshot:
    """Keep the patient's tooth chart as it stands, with its hash."""
    patient = session.get_one(Patient, treatment.patient_id)
    held = queries.findings_of_patient(session, patient.patient_id)
    chart = rules.chart_of(
        patient.dentition.value,
        ((row.tooth.code, row.condition.value, row.layer.value, row.surfaces) for row in held),
    )
    row = OdontogramSnapshot(
        patient_id=patient.patient_id,
        treatment_id=treatment.treatment_id,
        chart=chart,
        hash=rules.chart_hash(chart),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row
