"""Reads about recalls: which are open, what work makes patients due, and what was tried to reach them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.catalogue.models import ServiceCatalog
from app.clinical.models import Recall, RecallContact, Treatment, TreatmentItem
from app.clinical.rules import ContactOutcome, TreatmentStatus
from app.clinical.rules.recalls import UNDER_WAY, Work
from app.kernel.dates import clinic_date
from app.people.models import Patient
from app.people.queries import is_of
from app.scheduling.queries.waiting import can_come
from app.security.models import UserProfile

WITH_NAMES = (
    joinedload(Recall.patient),
    joinedload(Recall.service),
    joinedload(Recall.appointment),
)


def work_of(session: Session, patient_id: int, zone: tzinfo, services: Collection[int] | None = None) -> list[Work]:
    """The completed work of a person that makes them due again; one statement. `services` alone, if given."""
    where = [is_of(session, Treatment.patient_id, patient_id)]
    if services is not None:
        where.append(TreatmentItem.service_id.in_(services))
    return [work for _, work in _work(session, zone, *where)]


def patients_due(session: Session, since: datetime) -> Sequence[int]:
    """Whose visits since then hold work that is due again, and made nobody due yet; one statement."""
    known = sa.exists().where(
        Recall.treatment_id == Treatment.treatment_id, Recall.service_id == TreatmentItem.service_id
    )
    statement = _select_work(Treatment.treatment_date >= since, ~known)
    statement = statement.with_only_columns(Treatment.patient_id).distinct()
    return session.scalars(statement.order_by(Treatment.patient_id)).all()


def _select_work(*where: ColumnElement[bool]) -> "sa.Select[Any]":
    statement: Any = (
        sa.select(
            Treatment.patient_id,
            TreatmentItem.service_id,
            Treatment.treatment_id,
            Treatment.treatment_date,
            ServiceCatalog.recall_months,
        )
        .join(Treatment, Treatment.treatment_id == TreatmentItem.treatment_id)
        .join(ServiceCatalog, ServiceCatalog.service_id == TreatmentItem.service_id)
        .where(Treatment.status == TreatmentStatus.COMPLETED, ServiceCatalog.recall_months > 0, *where)
    )
    found: sa.Select[Any] = statement
    return found


def _work(session: Session, zone: tzinfo, *where: ColumnElement[bool]) -> list[tuple[int, Work]]:
    return [
        (patient, Work(service, treatment, clinic_date(at, zone), months))
        for patient, service, treatment, at, months in session.execute(_select_work(*where))
    ]


def services_of_visit(session: Session, treatment_id: int) -> set[int]:
    """The services of a visit that are due again some day; one statement."""
    statement = (
        sa.select(TreatmentItem.service_id)
        .join(ServiceCatalog, ServiceCatalog.service_id == TreatmentItem.service_id)
        .where(TreatmentItem.treatment_id == treatment_id, ServiceCatalog.recall_months > 0)
    )
    return set(session.scalars(statement))


def under_way(session: Session, patient_id: int, services: Collection[int]) -> dict[int, list[Recall]]:
    """service → the person's recalls that are not settled, the oldest first, locked; one statement."""
    statement = (
        sa.select(Recall)
        .where(
            is_of(session, Recall.patient_id, patient_id),
            Recall.service_id.in_(services),
            Recall.status.in_(UNDER_WAY),
        )
        .order_by(Recall.recall_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[Recall]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.service_id or 0, []).append(row)
    return found


def made_by(session: Session, treatment_id: int) -> Sequence[Recall]:
    """The recalls that are due after this visit, locked."""
    statement = sa.select(Recall).where(Recall.treatment_id == treatment_id).order_by(Recall.recall_id)
    return session.scalars(statement.with_for_update()).all()


def booked_as(session: Session, appointment_id: int) -> Sequence[Recall]:
    """The recalls for which this visit was booked, locked."""
    statement = sa.select(Recall).where(Recall.appointment_id == appointment_id).order_by(Recall.recall_id)
    return session.scalars(statement.with_for_update()).all()


def recalls(session: Session, *where: ColumnElement[bool], limit: int = 200, offset: int = 0) -> Sequence[Recall]:
    """Recalls of patients who can be called, the one due first first, with their names; one statement."""
    statement = sa.select(Recall).join(Recall.patient).where(can_come(Patient), *where).options(*WITH_NAMES)
    return session.scalars(statement.order_by(Recall.due_on, Recall.recall_id).limit(limit).offset(offset)).all()


def count_recalls(session: Session, conditions: Sequence[ColumnElement[bool]]) -> list[int]:
    """How many recalls meet each condition; one statement."""
    counted = [sa.func.count(sa.case((condition, 1))) for condition in conditions]
    statement = sa.select(*counted).select_from(Recall).join(Recall.patient).where(can_come(Patient))
    return list(session.execute(statement).one())


@dataclass(slots=True)
class Tried:
    """What was tried to reach a patient: how often, and the last time."""

    count: int = 0
    last: RecallContact | None = None
    by: str | None = None


def tried(session: Session, recall_ids: Iterable[int]) -> dict[int, Tried]:
    """recall → its attempts; one statement."""
    statement = (
        sa.select(RecallContact, UserProfile.display_name)
        .outerjoin(UserProfile, UserProfile.user_id == RecallContact.by)
        .where(RecallContact.recall_id.in_(list(recall_ids)))
        .order_by(RecallContact.contacted_at, RecallContact.recall_contact_id)
    )
    found: dict[int, Tried] = {}
    for row, name in session.execute(statement):
        one = found.setdefault(row.recall_id, Tried())
        one.count, one.last, one.by = one.count + 1, row, name
    return found


def has_contacts(session: Session, recall_id: int) -> bool:
    """Whether anybody tried to reach the patient."""
    statement = sa.select(RecallContact.recall_contact_id).where(RecallContact.recall_id == recall_id).limit(1)
    return session.scalar(statement) is not None


def names_of_contacts(session: Session, contact_ids: Iterable[int]) -> dict[int, tuple[Patient, str | None]]:
    """attempt → (the patient, who tried); one statement."""
    statement = (
        sa.select(RecallContact.recall_contact_id, Patient, UserProfile.display_name)
        .join(Recall, Recall.recall_id == RecallContact.recall_id)
        .join(Patient, Patient.patient_id == Recall.patient_id)
        .outerjoin(UserProfile, UserProfile.user_id == RecallContact.by)
        .where(RecallContact.recall_contact_id.in_(list(contact_ids)))
    )
    return {key: (patient, name) for key, patient, name in session.execute(statement)}


def same_contact(
    session: Session, recall_id: int, outcome: ContactOutcome, by: int | None, since: datetime
) -> RecallContact | None:
    """The same attempt by the same person, noted since then."""
    statement = sa.select(RecallContact).where(
        RecallContact.recall_id == recall_id,
        RecallContact.outcome == outcome,
        RecallContact.by.is_not_distinct_from(by),
        RecallContact.contacted_at >= since,
    )
    return session.scalar(statement.limit(1))
