"""A filter by a column that stands in another table: a plan by the doctor of the visit it was made in."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from app.clinical.models import PlannedProcedure, Treatment, TreatmentPlan


class Through:
    """Looks to a list like a reference; a row has it where `own`, its key in the other table, is among `found(key)`."""

    def __init__(self, key: str, target: Any, own: Any, found: Any) -> None:
        self.key, self.type = key, target.type
        self.foreign_keys = target.foreign_keys
        self._own, self._found = own, found

    def __eq__(self, value: object) -> ColumnElement[bool]:  # type: ignore[override]  # as SQLAlchemy's columns do
        found: ColumnElement[bool] = self._own.in_(self._found(value))
        return found

    __hash__ = None  # type: ignore[assignment]


_DOCTOR = Treatment.__table__.c.doctor_id


def of_treatment(own: Any) -> Through:
    """The doctor of the treatment that `own` points at."""
    found = lambda doctor: sa.select(Treatment.treatment_id).where(Treatment.doctor_id == doctor)  # noqa: E731
    return Through("doctor_id", _DOCTOR, own, found)


def of_plan(own: Any) -> Through:
    """The doctor of the visit in which the plan that `own` points at was made."""

    def found(doctor: object) -> Any:
        visits = sa.select(Treatment.treatment_id).where(Treatment.doctor_id == doctor)
        return sa.select(TreatmentPlan.treatment_plan_id).where(TreatmentPlan.treatment_id.in_(visits))

    return Through("doctor_id", _DOCTOR, own, found)


def plan_of(own: Any) -> Through:
    """The plan of the procedure that `own` points at."""
    procedure = PlannedProcedure
    found = lambda plan: sa.select(procedure.planned_procedure_id).where(procedure.treatment_plan_id == plan)  # noqa: E731
    return Through("treatment_plan_id", PlannedProcedure.__table__.c.treatment_plan_id, own, found)
