"""Reads about prescriptions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.clinical.models import Prescription, PrescriptionItem
from app.clinical.rules import PrescriptionStatus
from app.kernel.text import T, Text
from app.people.models import Patient
from app.people.queries import is_of
from app.security.rules import Locale

RECENT, LOOKED_THROUGH = 8, 40


@dataclass(slots=True)
class Prescribed:
    """A prescription with its medicines."""

    prescription: Prescription
    items: list[PrescriptionItem] = field(default_factory=list)


def draft_of(session: Session, treatment_id: int) -> Prescription | None:
    """The prescription that is being written in this treatment."""
    statement = sa.select(Prescription).where(
        Prescription.treatment_id == treatment_id, Prescription.status == PrescriptionStatus.DRAFT
    )
    return session.scalar(statement.order_by(Prescription.prescription_id).limit(1))


def items_of_prescriptions(session: Session, prescription_ids: Iterable[int]) -> dict[int, list[PrescriptionItem]]:
    """prescription → its medicines in the order they were written; one statement."""
    statement = (
        sa.select(PrescriptionItem)
        .where(PrescriptionItem.prescription_id.in_(list(prescription_ids)))
        .options(joinedload(PrescriptionItem.medicine))
        .order_by(PrescriptionItem.prescription_item_id)
    )
    found: dict[int, list[PrescriptionItem]] = {}
    for item in session.scalars(statement):
        found.setdefault(item.prescription_id, []).append(item)
    return found


def prescriptions_of_treatment(session: Session, treatment_id: int) -> list[Prescribed]:
    """What was prescribed in a visit, the draft first; one statement, since none is without medicines."""
    statement = (
        sa.select(PrescriptionItem)
        .join(PrescriptionItem.prescription)
        .where(Prescription.treatment_id == treatment_id)
        .options(
            contains_eager(PrescriptionItem.prescription).joinedload(Prescription.doctor),
            joinedload(PrescriptionItem.medicine),
        )
        .order_by(PrescriptionItem.prescription_item_id)
    )
    found: dict[int, Prescribed] = {}
    for item in session.scalars(statement):
        found.setdefault(item.prescription_id, Prescribed(item.prescription)).items.append(item)
    is_draft = PrescriptionStatus.DRAFT
    return sorted(found.values(), key=lambda one: (one.prescription.status is not is_draft, -one.prescription.row_id))


def prescriptions_of_patient(session: Session, patient_id: int, limit: int = 50) -> list[Prescribed]:
    """The patient's prescriptions, the newest first, drafts before them; two statements."""
    statement = (
        sa.select(Prescription)
        .where(is_of(session, Prescription.patient_id, patient_id))
        .options(joinedload(Prescription.doctor))
        .order_by(Prescription.issued_at.is_not(None), Prescription.issued_at.desc(), Prescription.prescription_id)
        .limit(limit)
    )
    rows = session.scalars(statement).all()
    items = items_of_prescriptions(session, [row.prescription_id for row in rows])
    return [Prescribed(row, items.get(row.prescription_id, [])) for row in rows]


def recent_directions(session: Session, doctor_id: int, locale: Locale, limit: int = RECENT) -> list[PrescriptionItem]:
    """How the doctor last prescribed each of their latest medicines, to patients of this language; one statement."""
    latest = (
        sa.select(Prescription.prescription_id)
        .where(Prescription.doctor_id == doctor_id, Prescription.status == PrescriptionStatus.ISSUED)
        .order_by(Prescription.issued_at.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    statement = (
        sa.select(PrescriptionItem)
        .join(latest, latest.c.prescription_id == PrescriptionItem.prescription_id)
        .join(PrescriptionItem.prescription)
        .join(Patient, Patient.patient_id == Prescription.patient_id)
        .where(Patient.preferred_locale == locale)
        .options(joinedload(PrescriptionItem.medicine))
        .order_by(Prescription.issued_at.desc(), PrescriptionItem.prescription_item_id)
    )
    found: dict[int, PrescriptionItem] = {}
    for item in session.scalars(statement):
        if item.medicine.is_active:
            found.setdefault(item.medicine_id, item)
    return list(found.values())[:limit]


def verify_facts(session: Session, prescription_id: int) -> list[tuple[Text, Any]] | None:
    """What the check of a printed prescription shows: no name and no diagnosis. None for a draft."""
    row = session.get(Prescription, prescription_id)
    if row is None or row.number is None:
        return None
    count = session.scalar(
        sa.select(sa.func.count())
        .where(PrescriptionItem.prescription_id == prescription_id)
        .select_from(PrescriptionItem)
    )
    return [
        (T("Document"), T("Prescription")),
        (T("Number"), row.number),
        (T("Issued on"), row.issued_at),
        (T("Medicines"), count),
        (T("Status"), row.status),
    ]
