"""Reads about treatments: visits with their items, teeth and diagnoses, each in a bounded number of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.catalogue.models import ToothDefinition
from app.clinical.models import Treatment, TreatmentDiagnosis, TreatmentItem, TreatmentItemTooth
from app.clinical.rules import TreatmentStatus
from app.people.models import Employee


@dataclass(slots=True)
class Visit:
    """A treatment with all that was done in it."""

    treatment: Treatment
    items: list[TreatmentItem] = field(default_factory=list)
    teeth: dict[int, list[TreatmentItemTooth]] = field(default_factory=dict)  # by item
    diagnoses: list[TreatmentDiagnosis] = field(default_factory=list)


def treatment_of_appointment(session: Session, appointment_id: int) -> Treatment | None:
    """The treatment that an appointment became."""
    return session.scalar(sa.select(Treatment).where(Treatment.appointment_id == appointment_id))


def treatments_of_appointments(session: Session, appointment_ids: Iterable[int]) -> dict[int, int]:
    """appointment → treatment, for several appointments in one statement."""
    statement = sa.select(Treatment.appointment_id, Treatment.treatment_id)
    rows = session.execute(statement.where(Treatment.appointment_id.in_(list(appointment_ids))))
    return {row.appointment_id: row.treatment_id for row in rows}


def treatment_with_people(session: Session, treatment_id: int) -> Treatment | None:
    """A treatment with patient, doctor, assistant and appointment; one statement."""
    people = (Treatment.patient, Treatment.doctor, Treatment.assistant, Treatment.appointment)
    statement = sa.select(Treatment).where(Treatment.treatment_id == treatment_id)
    return session.scalar(statement.options(*(joinedload(part) for part in people)))


def items_of(session: Session, treatment_ids: Iterable[int]) -> dict[int, list[TreatmentItem]]:
    """treatment → its items in the order they were written, each with its service; one statement."""
    statement = (
        sa.select(TreatmentItem)
        .where(TreatmentItem.treatment_id.in_(list(treatment_ids)))
        .options(joinedload(TreatmentItem.service), joinedload(TreatmentItem.performer))
        .order_by(TreatmentItem.treatment_item_id)
    )
    return _by(session.scalars(statement), "treatment_id")


def teeth_of_items(session: Session, item_ids: Iterable[int]) -> dict[int, list[TreatmentItemTooth]]:
    """item → its teeth in the order of their FDI codes, each with its definition; at most one statement."""
    keys = list(item_ids)
    if not keys:
        return {}
    statement = (
        sa.select(TreatmentItemTooth)
        .join(TreatmentItemTooth.tooth)
        .where(TreatmentItemTooth.treatment_item_id.in_(keys))
        .options(contains_eager(TreatmentItemTooth.tooth))
        .order_by(TreatmentItemTooth.treatment_item_id, ToothDefinition.code)
    )
    return _by(session.scalars(statement), "treatment_item_id")


def diagnoses_of(session: Session, treatment_ids: Iterable[int]) -> dict[int, list[TreatmentDiagnosis]]:
    """treatment → its diagnoses with code and tooth; one statement."""
    statement = (
        sa.select(TreatmentDiagnosis)
        .where(TreatmentDiagnosis.treatment_id.in_(list(treatment_ids)))
        .options(joinedload(TreatmentDiagnosis.diagnosis_code), joinedload(TreatmentDiagnosis.tooth))
        .order_by(TreatmentDiagnosis.treatment_diagnosis_id)
    )
    return _by(session.scalars(statement), "treatment_id")


def _by(rows: Iterable[Any], column: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(getattr(row, column), []).append(row)
    return found


def visits(session: Session, treatments: Sequence[Treatment]) -> list[Visit]:
    """These treatments with items, teeth and diagnoses; three statements however many they are."""
    ids = [row.treatment_id for row in treatments]
    items, diagnoses = items_of(session, ids), diagnoses_of(session, ids)
    teeth = teeth_of_items(session, [item.treatment_item_id for found in items.values() for item in found])
    return [
        Visit(
            row,
            own := items.get(row.treatment_id, []),
            {item.treatment_item_id: teeth.get(item.treatment_item_id, []) for item in own},
            diagnoses.get(row.treatment_id, []),
        )
        for row in treatments
    ]


def treatments_of_patient(session: Session, patient_id: int, limit: int = 50, but: int | None = None) -> list[Visit]:
    """The patient's visits, the newest first, with all that was done; four statements."""
    statement = (
        sa.select(Treatment)
        .where(Treatment.patient_id == patient_id)
        .options(joinedload(Treatment.doctor))
        .order_by(Treatment.treatment_date.desc(), Treatment.treatment_id.desc())
        .limit(limit)
    )
    if but is not None:
        statement = statement.where(Treatment.treatment_id != but)
    return visits(session, session.scalars(statement).all())


def open_treatment_of(session: Session, patient_id: int) -> Treatment | None:
    """The newest treatment of the patient that is in progress."""
    statement = sa.select(Treatment).where(
        Treatment.patient_id == patient_id, Treatment.status == TreatmentStatus.IN_PROGRESS
    )
    return session.scalar(statement.order_by(Treatment.treatment_date.desc()).limit(1))


def case_sizes(session: Session, first_visits: Iterable[int]) -> dict[int, int]:
    """first visit of a case → how many visits the case has, the first one included; one statement."""
    keys = list(dict.fromkeys(first_visits))
    count = sa.func.count().label("visits")
    statement = sa.select(Treatment.case_id, count).where(Treatment.case_id.in_(keys)).group_by(Treatment.case_id)
    later = {row.case_id: row.visits for row in session.execute(statement)}
    return {key: 1 + later.get(key, 0) for key in keys}


def doctors_of_treatments(session: Session, treatment_ids: Iterable[int]) -> dict[int, Employee]:
    """treatment → its doctor; one statement."""
    statement = sa.select(Treatment.treatment_id, Employee).join(Employee, Employee.employee_id == Treatment.doctor_id)
    rows = session.execute(statement.where(Treatment.treatment_id.in_(set(treatment_ids))))
    return {key: doctor for key, doctor in rows}  # noqa: C416 - a result is no mapping
