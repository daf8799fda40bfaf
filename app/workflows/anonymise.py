"""Removing who somebody was: the ledger and the statistics stay, the person can't be told from them any more.

Append-only rows are never rewritten. What the audit log says of the time before stays there, for an Admin alone.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.billing import queries as billing
from app.billing.actions.ledger import lock_accounts
from app.billing.models import Invoice, InvoiceItem
from app.billing.rules import InvoiceStatus
from app.clinical.models import (
    Consent,
    MedicalFile,
    PlannedProcedure,
    Prescription,
    PrescriptionItem,
    Recall,
    RecallContact,
    SoapNote,
    Treatment,
    TreatmentDiagnosis,
    TreatmentItemTooth,
    TreatmentPlan,
)
from app.clinical.rules import FileCategory
from app.communication.models import Call, Message, Notification, Sms
from app.files.depot import Depot
from app.files.queries import unused
from app.insurance.models import PatientInsurance
from app.jobs.actions import enqueue
from app.jobs.rules import JobKind
from app.jobs.worker import Task
from app.kernel.dates import clinic_date
from app.kernel.errors import NotFound
from app.kernel.text import T
from app.lab.models import LabRequest, LabResult
from app.people import actions, queries
from app.people.models import MedicalHistoryEntry, Patient, PatientMerge, PatientPhone, PatientRelation
from app.people.rules.erasing import NAMELESS, Standing, check_confirmed, check_erasure, is_kept_by_law, year_alone
from app.people.rules.merging import UNDO_WITHIN
from app.scheduling.models import Appointment, AppointmentSeries, RoomAllocation, WaitlistEntry
from app.scheduling.rules import LIVE
from app.security.actions.users import forget_user
from app.security.models import ShareLink
from app.workflows.data_export import conditions

GONE = "–"
# Rows that are nothing but personal.
DROPPED: tuple[type[Any], ...] = (
    Sms, Call, Message, Notification, PatientPhone, PatientInsurance, MedicalHistoryEntry, ShareLink,
)  # fmt: skip
# What people wrote in their own words, and what stands there afterwards.
WORDS: dict[type[Any], dict[str, Any]] = {
    Appointment: dict.fromkeys(("purpose", "override_reason", "cancel_reason", "note")),
    AppointmentSeries: {"note": None},
    RoomAllocation: {"note": None},
    Treatment: {"chief_complaint": None, "note": None},
    TreatmentDiagnosis: {"note": None},
    TreatmentItemTooth: {"note": None},
    SoapNote: dict.fromkeys(("subjective", "objective", "assessment", "plan")),
    TreatmentPlan: dict.fromkeys(("decline_reason", "option_group", "clinical_notes", "signature")),
    PlannedProcedure: {"note": None, "complications": None},
    Prescription: {"note": None},
    PrescriptionItem: {"instructions": None, "override_reason": None},
    Recall: {"reason": GONE},
    RecallContact: {"note": None},
    WaitlistEntry: {"note": None},
    LabRequest: {"description": GONE, "shade": None, "material": None},
    LabResult: {"action": None, "follow_up": None, "stored_file_id": None},
    Invoice: {"void_reason": None},
    InvoiceItem: {"discount_reason": None},
    Consent: {"signed_by": NAMELESS, "witness": None, "withdraw_reason": None},
}
PERSON: dict[str, Any] = {
    "first_name": NAMELESS, "last_name": None, "register_number": None, "passport_number": None, "email": None,
    "address": None, "occupation": None, "blood_type": None, "emergency_contact": None, "note": None, "user_id": None,
    "sms_opt_in": False, "email_opt_in": False, "marketing_opt_in": False,
}  # fmt: skip


def standing_of(session: Session, patient_id: int, now: datetime, zone: tzinfo) -> Standing:
    """What stands against it. Raises NotFound."""
    keys = queries.patient_ids(session, patient_id)
    records = [session.get(Patient, key) for key in keys]
    kept = records[0]
    if kept is None:
        raise NotFound(T("This patient does not exist."))
    drafts = (Invoice.patient_id.in_(keys), Invoice.status == InvoiceStatus.DRAFT)
    live = (Appointment.patient_id.in_(keys), Appointment.status.in_(LIVE))
    account = billing.account_of(session, patient_id)
    return Standing(
        [row.card_number for row in records if row is not None],
        account.balance or account.credit,
        _count(session, Invoice, *drafts),
        _count(session, Appointment, *live),
        kept.anonymised_at is not None,
        queries.latest_merge(session, keys[0], now - UNDO_WITHIN) is not None,
        clinic_date(kept.last_seen_at, zone) if kept.last_seen_at else None,
    )


def _count(session: Session, model: type[Any], *where: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0


def anonymise(
    session: Session, patient_id: int, *, card_number: str, reason: str, years: int, now: datetime, zone: tzinfo
) -> Patient:
    """Remove who this was, for good. Raises RuleError, Conflict, NotFound."""
    keys = queries.patient_ids(session, patient_id)
    statement = sa.select(Patient).where(Patient.patient_id.in_(keys)).order_by(Patient.patient_id)
    rows = session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()
    lock_accounts(session, keys)
    standing, today = standing_of(session, patient_id, now, zone), clinic_date(now, zone)
    check_erasure(standing, today, years)
    check_confirmed(standing, card_number, reason, today, years)
    is_kept = is_kept_by_law(standing, today, years)
    _drop(session, keys)
    files = [*_files_of_results(session, keys), *_drop_files(session, keys, keeps_xrays=is_kept)]
    _forget_words(session, keys)
    if files:
        enqueue(session, JobKind.FILE_REMOVAL, {"files": files}, now=now)
    _close_doors(session, [row.user_id for row in rows if row.user_id], now)
    for row in rows:
        _forget_person(row, now)
    for made in session.scalars(sa.select(PatientMerge).where(PatientMerge.kept_id.in_(keys))):
        made.snapshot = {}
    session.flush()
    kept = next(row for row in rows if row.patient_id == keys[0])
    actions.refresh_search(session, kept, [])
    changes = {"anonymised": [None, now.isoformat()], "reason": [None, reason.strip() or None]}
    record(session, AuditAction.UPDATE, "patient", kept.patient_id, patient=kept.patient_id, changes=changes)
    return kept


def _drop(session: Session, keys: Sequence[int]) -> None:
    for model in DROPPED:
        for row in session.scalars(sa.select(model).where(_own(model, keys))):
            session.delete(row)
        session.flush()
    related = sa.or_(PatientRelation.patient_id.in_(keys), PatientRelation.related_patient_id.in_(keys))
    for row in session.scalars(sa.select(PatientRelation).where(related)):
        session.delete(row)
    session.flush()


def _own(model: type[Any], keys: Sequence[int]) -> Any:
    if model is Notification:  # those of staff that tell of the patient carry their number too
        return Notification.patient_id.in_(keys)
    return conditions(model, keys, [])


def _forget_words(session: Session, keys: Sequence[int]) -> None:
    for model, words in WORDS.items():
        for row in session.scalars(sa.select(model).where(_own(model, keys))):
            for name, value in words.items():
                if getattr(row, name) is not None:
                    setattr(row, name, value)
            if isinstance(row, InvoiceItem) and row.text:
                row.text = GONE
        session.flush()


def _files_of_results(session: Session, keys: Sequence[int]) -> list[int]:
    found = sa.select(LabResult.stored_file_id).where(_own(LabResult, keys), LabResult.stored_file_id.is_not(None))
    return [key for key in session.scalars(found) if key is not None]


def _drop_files(session: Session, keys: Sequence[int], *, keeps_xrays: bool) -> list[int]:
    """The pictures go; X-rays stay while the law keeps the medical record, under no name. Their bytes follow."""
    found: list[int] = []
    for row in session.scalars(sa.select(MedicalFile).where(MedicalFile.patient_id.in_(keys))):
        if keeps_xrays and row.category is FileCategory.X_RAY:
            row.name, row.dicom, row.note = GONE, None, None
            row.invalid_reason = row.invalid_reason and GONE
        else:
            found += [key for key in (row.stored_file_id, row.preview_id) if key is not None]
            session.delete(row)
    session.flush()
    return found


def _close_doors(session: Session, users: Sequence[int], now: datetime) -> None:
    """Whoever signed in as this patient can't any more, and is nobody."""
    for user in users:
        forget_user(session, user, NAMELESS, now)


def _forget_person(row: Patient, now: datetime) -> None:
    row.birthday = year_alone(row.birthday)
    for name, value in PERSON.items():
        setattr(row, name, value)
    row.sort_name = actions.sort_name(row)
    row.anonymised_at = now


def remove_files(task: Task) -> dict[str, Any]:
    """The job behind it: the bytes of files that no row names any more leave the disk."""
    wanted = task.payload["files"]

    def look(session: Session) -> list[tuple[int, str]]:
        return unused(session, wanted)

    keys = [key for _, key in task.step(look, lambda found: (50, {"files": len(found)}))]
    depot = Depot(task.instance)
    for key in keys:
        depot.remove(key)
    return {"files": len(keys)}
