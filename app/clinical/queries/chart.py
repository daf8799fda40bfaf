"""Reads about a patient's tooth chart."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.catalogue.models import ToothDefinition
from app.catalogue.rules import ToothSystem
from app.clinical.models import ToothFinding
from app.clinical.rules import Condition, Layer


def findings_of_patient(session: Session, patient_id: int) -> Sequence[ToothFinding]:
    """What holds on the patient's teeth now, in the order of the FDI codes, each with its tooth; one statement."""
    statement = (
        sa.select(ToothFinding)
        .join(ToothFinding.tooth)
        .where(ToothFinding.patient_id == patient_id, ToothFinding.ended_on.is_(None))
        .options(contains_eager(ToothFinding.tooth), joinedload(ToothFinding.noted_by_employee))
        .order_by(ToothDefinition.code, ToothFinding.tooth_finding_id)
    )
    return session.scalars(statement).all()


def missing_teeth(session: Session, patient_id: int) -> frozenset[str]:
    """FDI codes of the teeth that are marked missing: found so or taken out here, and not ended."""
    statement = (
        sa.select(ToothDefinition.code)
        .join(ToothFinding, ToothFinding.tooth_id == ToothDefinition.tooth_id)
        .where(
            ToothFinding.patient_id == patient_id,
            ToothFinding.condition == Condition.MISSING,
            ToothFinding.layer.in_([Layer.EXISTING, Layer.DONE]),
            ToothFinding.ended_on.is_(None),
        )
    )
    return frozenset(session.scalars(statement))


def tooth_ids(session: Session, codes: Iterable[str]) -> dict[str, int]:
    """FDI code → key of its row."""
    statement = sa.select(ToothDefinition.code, ToothDefinition.tooth_id)
    here = (ToothDefinition.system == ToothSystem.FDI, ToothDefinition.code.in_(list(codes)))
    return {row.code: row.tooth_id for row in session.execute(statement.where(*here))}
