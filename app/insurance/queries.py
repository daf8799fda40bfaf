"""Reads about insurance."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance


def policies_of(session: Session, patient_id: int) -> Sequence[PatientInsurance]:
    """The policies of a patient, the primary one first."""
    statement = sa.select(PatientInsurance).where(PatientInsurance.patient_id == patient_id)
    with_plan = joinedload(PatientInsurance.plan).joinedload(InsurancePlan.provider)
    return session.scalars(statement.options(with_plan).order_by(PatientInsurance.order)).all()


def find_plans(session: Session, typed: str, limit: int) -> Sequence[InsurancePlan]:
    """Plans whose name or insurer contains what was typed."""
    statement = sa.select(InsurancePlan).join(InsuranceProvider).options(joinedload(InsurancePlan.provider))
    if typed:
        pattern = f"%{typed}%"
        statement = statement.where(sa.or_(InsurancePlan.name.ilike(pattern), InsuranceProvider.name.ilike(pattern)))
    return session.scalars(statement.order_by(InsuranceProvider.name, InsurancePlan.name).limit(limit)).all()
