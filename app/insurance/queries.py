"""Reads about insurance."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.rules import SOON_DAYS, Standing
from app.people.queries import is_of


def policies_of(session: Session, patient_id: int) -> Sequence[PatientInsurance]:
    """The policies of a patient, the primary one first."""
    statement = sa.select(PatientInsurance).where(is_of(session, PatientInsurance.patient_id, patient_id))
    with_plan = joinedload(PatientInsurance.plan).joinedload(InsurancePlan.provider)
    return session.scalars(statement.options(with_plan).order_by(PatientInsurance.order)).all()


def in_part(key: str, today: date) -> list[ColumnElement[bool]]:
    """The condition of a part of the policies: those that stand so today, or that nobody has checked."""
    first, last, soon = PatientInsurance.valid_from, PatientInsurance.valid_until, today + timedelta(days=SOON_DAYS)
    has_begun, goes_on = sa.or_(first.is_(None), first <= today), sa.or_(last.is_(None), last >= today)
    conditions: dict[str, ColumnElement[bool]] = {
        Standing.VALID: sa.and_(has_begun, goes_on),
        Standing.ENDS_SOON: sa.and_(has_begun, last.between(today, soon)),
        Standing.EXPIRED: last < today,
        "unchecked": sa.and_(goes_on, PatientInsurance.verified_at.is_(None)),
    }
    return [conditions[key]] if key in conditions else []


def policies_by_plan(session: Session, plan_ids: Iterable[int], today: date) -> dict[int, int]:
    """How many policies hold today, by plan."""
    plan = PatientInsurance.insurance_plan_id
    where = (plan.in_(list(plan_ids)), *in_part(Standing.VALID, today))
    found = session.execute(sa.select(plan, sa.func.count()).where(*where).group_by(plan))
    return {key: int(count) for key, count in found}


def of_insurers(session: Session, provider_ids: Iterable[int], today: date) -> dict[int, tuple[int, int]]:
    """How many plans an insurer has, and how many policies of them hold today."""
    plan, policy = InsurancePlan, PatientInsurance
    statement = (
        sa.select(
            plan.insurance_provider_id,
            sa.func.count(plan.insurance_plan_id.distinct()),
            sa.func.count(policy.patient_insurance_id),
        )
        .outerjoin(policy, sa.and_(policy.insurance_plan_id == plan.insurance_plan_id, *in_part(Standing.VALID, today)))
        .where(plan.insurance_provider_id.in_(list(provider_ids)))
        .group_by(plan.insurance_provider_id)
    )
    return {key: (int(plans), int(policies)) for key, plans, policies in session.execute(statement)}


def find_plans(session: Session, typed: str, limit: int) -> Sequence[InsurancePlan]:
    """Plans whose name or insurer contains what was typed."""
    statement = sa.select(InsurancePlan).join(InsuranceProvider).options(joinedload(InsurancePlan.provider))
    if typed:
        pattern = f"%{typed}%"
        statement = statement.where(sa.or_(InsurancePlan.name.ilike(pattern), InsuranceProvider.name.ilike(pattern)))
    return session.scalars(statement.order_by(InsuranceProvider.name, InsurancePlan.name).limit(limit)).all()
