"""Writes about the files of patients, inside the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.clinical import queries, rules
from app.clinical.models import MedicalFile, Treatment
from app.clinical.rules import FileCategory
from app.files.actions import add_stored
from app.files.rules import title_of
from app.files.taking import Taken
from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T
from app.people.models import Patient

FIELDS = ("category", "name", "taken_on", "tooth_id", "note")


@dataclass(frozen=True, slots=True)
class Added:
    """A file that was added, and the one with the same content that the patient had already."""

    row: MedicalFile
    twin: MedicalFile | None
    is_again: bool = False  # the same hands sent it twice: nothing was added


def add_file(
    session: Session, taken: Taken, values: Mapping[str, Any], *, by: int | None, now: datetime, today: date
) -> Added:
    """The rows of a file that was taken in. Raises RuleError, NotFound.

    The patient is locked first: of two who send the same at once the second sees the first.
    """
    patient = session.get(Patient, values["patient_id"], with_for_update=True)
    if patient is None:
        raise NotFound(T("This record no longer exists."))
    check_treatment(session, patient.patient_id, values.get("treatment_id"))
    rules.check_taken_on(values.get("taken_on"), today)
    twins = queries.same_content(session, patient.patient_id, taken.original.sha256)
    for twin in twins:
        is_fresh = now - twin.created_at < timedelta(seconds=rules.TWICE)
        if is_fresh and twin.file.uploaded_by == by and twin.treatment_id == values.get("treatment_id"):
            return Added(twin, twin, is_again=True)
    row = MedicalFile(patient_id=patient.patient_id, treatment_id=values.get("treatment_id"), dicom=taken.header)
    row.stored_file_id = add_stored(session, taken.original, by=by).stored_file_id
    row.preview_id = add_stored(session, taken.preview, by=by).stored_file_id if taken.preview else None
    row.category = values.get("category") or usual_category(taken)
    row.name = values.get("name") or title_of(taken.original.name)
    row.taken_on = values.get("taken_on") or usual_day(taken, today)
    row.tooth_id, row.note = values.get("tooth_id"), values.get("note")
    session.add(row)
    session.flush()
    return Added(row, twins[0] if twins else None)


def check_treatment(session: Session, patient_id: int, treatment_id: int | None) -> None:
    """Raise RuleError for a visit that is none of this patient's."""
    if treatment_id is not None:
        visit = session.get(Treatment, treatment_id)
        if visit is None or visit.patient_id != patient_id:
            raise RuleError(T("This visit is another patient's."), field="treatment_id")


def usual_category(taken: Taken) -> FileCategory:
    """What a file probably is, where nobody says: an X-ray machine's file an X-ray, a picture a photo."""
    if taken.header is not None:
        return rules.KINDS_BY_MODALITY.get(str(taken.header.get("Modality")), FileCategory.X_RAY)
    return FileCategory.PHOTO if taken.preview else FileCategory.OTHER


def usual_day(taken: Taken, today: date) -> date:
    """When a file was probably taken: as an X-ray machine says, else today."""
    said = rules.dicom_day(taken.header.get("StudyDate")) if taken.header else None
    return said if said is not None and said <= today else today


def change_file(session: Session, row: MedicalFile, values: Mapping[str, Any], *, today: date) -> MedicalFile:
    """Another kind, name, day, tooth or note; the file itself stays. Raises RuleError."""
    rules.check_taken_on(values.get("taken_on"), today)
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    session.flush()
    return row


def locked_file(session: Session, key: int) -> MedicalFile:
    """The file, locked until the unit ends. Raises NotFound."""
    row = session.get(MedicalFile, key, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def mark_invalid(session: Session, row: MedicalFile, reason: str | None, *, by: int | None, now: datetime) -> None:
    """Say that a file is a mistake: it stays, with the reason. Raises RuleError without one."""
    if not reason:
        raise RuleError(T("Say why this file is a mistake."), field="reason")
    if row.invalid_at is None:
        row.invalid_at, row.invalid_by, row.invalid_reason = now, by, reason
        session.flush()


def mark_valid(session: Session, row: MedicalFile) -> None:
    """Take back that a file is a mistake."""
    row.invalid_at = row.invalid_by = row.invalid_reason = None
    session.flush()
