"""Reads about treatment plans and their procedures."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.catalogue.models import ToothDefinition
from app.clinical.models import PlannedProcedure, Treatment, TreatmentPlan
from app.clinical.rules import PlanStatus


def procedures_of(session: Session, plan_ids: Iterable[int]) -> dict[int, list[PlannedProcedure]]:
    """plan → its procedures in the order they were written, each with service and tooth; one statement."""
    statement = (
        sa.select(PlannedProcedure)
        .where(PlannedProcedure.treatment_plan_id.in_(list(plan_ids)))
        .options(joinedload(PlannedProcedure.service), joinedload(PlannedProcedure.tooth))
        .order_by(PlannedProcedure.planned_procedure_id)
    )
    found: dict[int, list[PlannedProcedure]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.treatment_plan_id, []).append(row)
    return found


def procedure_counts(session: Session, plan_ids: Iterable[int]) -> dict[int, int]:
    """plan → how many procedures it has; one statement."""
    count = sa.func.count().label("procedures")
    statement = sa.select(PlannedProcedure.treatment_plan_id, count).group_by(PlannedProcedure.treatment_plan_id)
    rows = session.execute(statement.where(PlannedProcedure.treatment_plan_id.in_(list(plan_ids))))
    return {row.treatment_plan_id: row.procedures for row in rows}


def plans_by_id(session: Session, plan_ids: Iterable[int]) -> dict[int, TreatmentPlan]:
    """Several plans with patient and doctor; one statement."""
    statement = sa.select(TreatmentPlan).where(TreatmentPlan.treatment_plan_id.in_(set(plan_ids)))
    people = (joinedload(TreatmentPlan.patient), joinedload(TreatmentPlan.treatment).joinedload(Treatment.doctor))
    return {row.treatment_plan_id: row for row in session.scalars(statement.options(*people))}


def plans_of_treatment(session: Session, treatment_id: int) -> Sequence[TreatmentPlan]:
    """The plans that were made in a visit, the newest first."""
    statement = sa.select(TreatmentPlan).where(TreatmentPlan.treatment_id == treatment_id)
    return session.scalars(statement.order_by(TreatmentPlan.treatment_plan_id.desc())).all()


def plans_of_patient(session: Session, patient_id: int, limit: int = 50) -> Sequence[TreatmentPlan]:
    """The patient's plans, the newest first."""
    statement = sa.select(TreatmentPlan).where(TreatmentPlan.patient_id == patient_id)
    return session.scalars(statement.order_by(TreatmentPlan.created_at.desc()).limit(limit)).all()


def pending_plans_of_treatment(session: Session, treatment_id: int) -> Sequence[TreatmentPlan]:
    """The plans of a visit that are still being prepared."""
    statement = sa.select(TreatmentPlan).where(
        TreatmentPlan.treatment_id == treatment_id, TreatmentPlan.status == PlanStatus.PENDING
    )
    return session.scalars(statement).all()


def tooth_codes(session: Session, tooth_ids: Iterable[int]) -> dict[int, str]:
    """Key of a tooth's row → its FDI code."""
    statement = sa.select(ToothDefinition.tooth_id, ToothDefinition.code)
    rows = session.execute(statement.where(ToothDefinition.tooth_id.in_(list(tooth_ids))))
    return {row.tooth_id: row.code for row in rows}


def plan_counts(session: Session) -> dict[PlanStatus, int]:
    """How many plans are in each state."""
    statement = sa.select(TreatmentPlan.status, sa.func.count()).group_by(TreatmentPlan.status)
    return {status: count for status, count in session.execute(statement)}  # noqa: C416 - a result is no mapping
