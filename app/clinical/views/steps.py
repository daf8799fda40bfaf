"""The steps of plans: which visit each is done in. They are arranged and booked on the workbench."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.clinical import queries
from app.clinical.models import PlannedProcedure, PlannedStep, TreatmentPlan
from app.clinical.numbering import shown_tooth
from app.clinical.views import through
from app.kernel.text import T
from app.people.queries import matching_condition
from app.scheduling.models import Appointment
from app.web import cells, who
from app.web.text import moment
from app.web.views import ClinicView


class PlannedStepView(ClinicView):
    """What of each procedure is done in which visit."""

    datamodel = SQLAInterface(PlannedStep)
    page, route_base = "/treatment-plans", "/planned-steps"
    title_one, title_many = T("Step of a plan"), T("Steps of plans")
    list_columns = ("title", "step", "tooth", "patient", "plan", "minutes", "visit_number", "visit")
    show_columns = (*list_columns, "created_at", "updated_at")
    search_columns = ("step", "minutes", "visit_number", "treatment_plan_id", "appointment_id", "created_at")
    order_columns = ("minutes", "visit_number", "created_at")
    extra_types = {"visit": None, "tooth": None}
    definitions = [
        {"label": T("Steps by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Minutes of work planned by month"), "group": "created_at", "series": [(aggregate_sum, "minutes")]},
        {"label": T("Steps by their visit in the series"), "group": "visit_number", "series": [(aggregate_count, "")]},
    ]

    def column(self, name: str) -> Any:
        """A step's plan is that of its procedure."""
        if name == "treatment_plan_id":
            return through.plan_of(PlannedStep.planned_procedure_id)
        return super().column(name)

    def references(self, columns: Any = None) -> list[str]:
        """A step is called by its procedure."""
        return list(dict.fromkeys([*super().references(columns), "procedure"]))

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        own = sa.select(PlannedProcedure.planned_procedure_id).join(PlannedProcedure.plan)
        found = own.where(matching_condition(TreatmentPlan.patient_id, typed))
        return PlannedStep.planned_procedure_id.in_(found)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Patient, plan, tooth and visit."""
        procedures = {
            row.planned_procedure_id: row
            for row in session.scalars(
                sa.select(PlannedProcedure)
                .where(PlannedProcedure.planned_procedure_id.in_({row.planned_procedure_id for row in rows}))
                .options(joinedload(PlannedProcedure.tooth))
            )
        }
        plans = queries.plans_by_id(session, {row.treatment_plan_id for row in procedures.values()})
        visits = {
            row.appointment_id: row
            for row in session.scalars(
                sa.select(Appointment)
                .where(Appointment.appointment_id.in_({row.appointment_id for row in rows if row.appointment_id}))
                .options(joinedload(Appointment.patient))
            )
        }
        return {row.row_id: _cells(row, procedures, plans, visits) for row in rows}

    def record_look(self, row: PlannedStep) -> None:
        """It is the patient's record."""
        who.hooks().record("view", "planned_step", row.row_id, patient=row.procedure.plan.patient_id)


def _cells(row: PlannedStep, procedures: Any, plans: Any, visits: Any) -> dict[str, Any]:
    procedure = procedures[row.planned_procedure_id]
    plan, visit = plans[procedure.treatment_plan_id], visits.get(row.appointment_id)
    return {
        "patient": cells.reference(plan.patient),
        "plan": cells.reference(plan),
        "tooth": f"{shown_tooth(procedure.tooth.code)} {procedure.surfaces}".strip() if procedure.tooth else None,
        "visit": _visit(visit) if visit else None,
    }


def _visit(visit: Appointment) -> Markup:
    """When it is, leading to its record where the person may open it."""
    url, text = cells.record_url(visit), moment(visit.start_at)
    return Markup('<a href="{}">{}</a>').format(url, text) if url else Markup("{}").format(text)
