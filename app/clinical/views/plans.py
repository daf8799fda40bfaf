"""`/treatment-plans`: what doctors propose, what patients say to it, and how far the work is."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, aggregate_sum, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.queries import names_of_users
from app.clinical import actions, queries, rules
from app.clinical.models import PlannedProcedure, TreatmentPlan
from app.clinical.numbering import shown_tooth
from app.clinical.rules import PlanStatus, ProcedureStatus
from app.clinical.views import through
from app.clinical.views.forms import ReasonForm
from app.clinical.views.lookups import DOCTORS
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.queries import matching_condition
from app.web import cells, fields, saving, who
from app.web.access import needs_right, writes
from app.web.forms import ClinicForm
from app.web.lookups import Lookup, add_lookup
from app.web.text import lazy, say
from app.web.views import ClinicPage, ClinicView, Inline

PAGE = "/treatment-plans"
PROCEDURE = ("service_id", "tooth_id", "surfaces", "urgency", "priority", "fee", "insurance_part", "note")
S = PlanStatus
# what is offered for a procedure of an accepted plan; bookings set the others
OFFERED = (
    (ProcedureStatus.COMPLETED, T("Done"), "check"),
    (ProcedureStatus.PENDING, T("Put it off"), "clock"),
    (ProcedureStatus.PLANNED, T("Plan it again"), "undo-2"),
)


def terms() -> rules.PlanTerms:
    """The clinic's thresholds."""
    names = ("clinical.low_value", "clinical.high_value", "scheduling.visit_minutes", "scheduling.lab_days")
    return rules.PlanTerms(*(who.setting(name) for name in names))


class TreatmentPlanView(ClinicView):
    """All plans; the form holds the procedures."""

    datamodel = SQLAInterface(TreatmentPlan)
    page, route_base = PAGE, PAGE
    title_one, title_many = T("Treatment plan"), T("Treatment plans")
    list_columns = (
        "number", "patient", "doctor", "status", "urgency", "procedures", "total", "complexity_score", "created_at",
    )  # fmt: skip
    show_columns = (
        "patient", "doctor", "treatment", "status", "urgency", "value_category", "complexity_score", "total",
        "insurance_share", "patient_share", "presented_at", "presented_by", "accepted_at", "decline_reason",
        "option_group", "clinical_notes", "created_at", "updated_at",
    )  # fmt: skip
    edit_columns = ("procedures", "option_group", "clinical_notes")
    add_columns = ("treatment_id", *edit_columns)
    search_columns = ("status", "urgency", "value_category", "doctor_id", "patient_id", "total", "created_at")
    order_columns = ("total", "complexity_score", "status", "created_at")
    lookups = {"doctor_id": DOCTORS}
    extra_types = {"procedures": sa.Integer(), "presented_by": None}
    inlines = {
        "procedures": Inline(
            PlannedProcedure, PROCEDURE, "treatment_plan_id", T("Procedures"), least=1, spare=2,
            made={
                "surfaces": fields.TextField(lazy(T("Surfaces")), longest=20),
                "fee": fields.MoneyField(lazy(T("Fee"))),
                "insurance_part": fields.MoneyField(lazy(T("Insurance pays"))),
                "note": fields.TextField(lazy(T("Note")), longest=255),
            },
        )
    }  # fmt: skip
    list_template, show_template = "clinical/plans.html", "clinical/plan.html"
    add_template = edit_template = "clinical/plan_form.html"
    definitions = [
        {"label": T("Plans by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Plans by status"), "group": "status", "series": [(aggregate_count, "")]},
        {"label": T("Plans by value"), "group": "value_category", "series": [(aggregate_count, "")]},
        {"label": T("Planned sums by month"), "group": "created_at", "series": [(aggregate_sum, "total")]},
        {"label": T("Planned sums by status"), "group": "status", "series": [(aggregate_sum, "total")]},
    ]

    def column(self, name: str) -> Any:
        """A plan's doctor is that of its visit."""
        return through.of_treatment(TreatmentPlan.treatment_id) if name == "doctor_id" else super().column(name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By number (`#12`) or patient."""
        key = parse_key(typed.removeprefix("#")) if typed.startswith("#") else None
        return TreatmentPlan.treatment_plan_id == key if key else matching_condition(TreatmentPlan.patient_id, typed)

    def list_context(self, found: Any) -> dict[str, Any]:
        """How many there are in each state."""
        counts = queries.plan_counts(sqla.session())
        return {"states": [(status, counts.get(status, 0)) for status in S], "chosen": request.args.get("status", "")}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Number, doctor, how many procedures, and who presented it."""
        doctors = queries.doctors_of_treatments(session, (row.treatment_id for row in rows))
        counts = queries.procedure_counts(session, [row.row_id for row in rows])
        names = names_of_users(session, {row.presented_by for row in rows if row.presented_by})
        return {
            row.row_id: {
                "number": f"#{row.row_id}",
                "doctor": cells.reference(doctors[row.treatment_id]),
                "procedures": counts.get(row.row_id, 0),
                "presented_by": names.get(row.presented_by),
            }
            for row in rows
        }

    def is_open(self, row: TreatmentPlan) -> bool:
        """While it is being prepared."""
        return row.status is S.PENDING

    def show_context(self, row: TreatmentPlan) -> dict[str, Any]:
        """Its procedures and what can be done."""
        return record(row, ReasonForm(formdata=None))

    def create(self, session: Session, values: dict[str, Any]) -> TreatmentPlan:
        """With what its procedures amount to."""
        return actions.add_plan(session, values, values["procedures"], by=who.me().user_id, terms=terms())

    def change(self, session: Session, row: TreatmentPlan, values: dict[str, Any]) -> TreatmentPlan:
        """While it is being prepared."""
        now = datetime.now(UTC)
        return actions.change_plan(session, row, values, values["procedures"], terms=terms(), now=now)


def record(row: TreatmentPlan, form: ReasonForm) -> dict[str, Any]:
    """What the record of a plan shows beside its columns."""
    is_going = row.status in (S.ACCEPTED, S.IN_PROGRESS)
    written = queries.procedures_of(sqla.session(), [row.row_id]).get(row.row_id, [])
    return {
        "procedures": written,
        "shown_tooth": shown_tooth,
        "offered": {one.row_id: _offered(one) if is_going else [] for one in written},
        "answers": rules.PLAN_MOVES.after(row.status),
        "can_answer": who.has_right("present_plan"),
        "reason_form": form,
    }


def _offered(row: PlannedProcedure) -> list[Any]:
    after = rules.PROCEDURE_MOVES.after(row.status)
    return [offer for offer in OFFERED if offer[0] in after]


class PlanPage(ClinicPage):
    """A plan on its way."""

    page, route_base = PAGE, PAGE

    @expose("/<int:pk>/answer", methods=["POST"])
    @needs_right("present_plan")
    def answer(self, pk: int) -> Any:
        """Presented, accepted, declined with a reason, or taken back to be changed."""
        by_word = {one.word: one for one in (S.PRESENTED, S.ACCEPTED, S.DECLINED, S.PENDING)}
        to = by_word.get(request.form.get("to", "")) or abort(422)
        form, by, now = ReasonForm(), who.me().user_id, datetime.now(UTC)

        def write(session: Session) -> None:
            plan = actions.locked_plan(session, pk)
            actions.move_plan(session, plan, to, by=by, now=now, reason=form.reason.data)

        if not form.validate():
            return _told(pk, form, "")
        return _saved(pk, form, write, f"{say(T('Treatment plan'))} #{pk}: {say(to)}")

    @expose("/<int:pk>/procedures/<int:procedure>", methods=["POST"])
    @writes
    def procedure(self, pk: int, procedure: int) -> Any:
        """A procedure was done, is put off, or is planned again."""
        by_word = {status.word: status for status, _, _ in OFFERED}
        to = by_word.get(request.form.get("to", "")) or abort(422)
        by, now = who.me().user_id, datetime.now(UTC)

        def write(session: Session) -> None:
            plan = actions.locked_plan(session, pk)
            actions.move_procedure(session, plan, procedure, to, by=by, now=now)

        return _saved(pk, ClinicForm(), write, say(T("Saved.")))


def _saved(pk: int, form: ClinicForm, write: Callable[[Session], None], message: str) -> Any:
    _, status = saving.save(form, write)
    if status == 404:
        abort(404)
    return _told(pk, form, message)


def _told(pk: int, form: ClinicForm, message: str) -> Any:
    """Back to the plan with what happened, or why nothing did."""
    problems = " ".join(text for _, _, text in form.problems())
    flash(problems or message, "danger" if problems else "success")
    return redirect(url_for("TreatmentPlanView.show", pk=pk), 303)


class PlannedProcedureView(ClinicView):
    """The procedures of all plans: what still waits, and for whom. They are changed on their plan."""

    datamodel = SQLAInterface(PlannedProcedure)
    page, route_base = PAGE, "/planned-procedures"
    title_one, title_many = T("Planned procedure"), T("Planned procedures")
    list_columns = ("title", "tooth", "patient", "doctor", "urgency", "priority", "fee", "status", "created_at")
    show_columns = (
        "title", "procedure_code", "plan", "patient", "doctor", "tooth", "surfaces", "urgency", "priority", "fee",
        "insurance_part", "patient_part", "status", "completed_at", "completed_by", "note", "created_at", "updated_at",
    )  # fmt: skip
    search_columns = ("status", "urgency", "priority", "doctor_id", "service_id", "tooth_id", "created_at")
    order_columns = ("fee", "status", "urgency", "created_at")
    lookups = {"doctor_id": DOCTORS}
    definitions = [
        {"label": T("Procedures by status"), "group": "status", "series": [(aggregate_count, "")]},
        {"label": T("Procedures by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Procedures by service"), "group": "service_id", "series": [(aggregate_count, "")]},
        {"label": T("Fees by status"), "group": "status", "series": [(aggregate_sum, "fee")]},
    ]

    def column(self, name: str) -> Any:
        """A procedure's doctor is that of its plan's visit."""
        return through.of_plan(PlannedProcedure.treatment_plan_id) if name == "doctor_id" else super().column(name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        own = sa.select(TreatmentPlan.treatment_plan_id).where(matching_condition(TreatmentPlan.patient_id, typed))
        return PlannedProcedure.treatment_plan_id.in_(own)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Patient and doctor, the tooth with its surfaces, who did it."""
        plans = queries.plans_by_id(session, (row.treatment_plan_id for row in rows))
        names = names_of_users(session, {row.completed_by for row in rows if row.completed_by})
        return {
            row.row_id: {
                "patient": cells.reference(plans[row.treatment_plan_id].patient),
                "doctor": cells.reference(plans[row.treatment_plan_id].treatment.doctor),
                "tooth": f"{shown_tooth(row.tooth.code)} {row.surfaces}".strip() if row.tooth else None,
                "completed_by": names.get(row.completed_by),
            }
            for row in rows
        }

    def record_look(self, row: PlannedProcedure) -> None:
        """It is the patient's record."""
        who.hooks().record("view", "planned_procedure", row.row_id, patient=row.plan.patient_id)


def plan_search(session: Session, typed: str, limit: int) -> Sequence[TreatmentPlan]:
    """Plans by patient, the newest first."""
    statement = sa.select(TreatmentPlan).options(sa.orm.joinedload(TreatmentPlan.patient))
    if typed:
        statement = statement.where(matching_condition(TreatmentPlan.patient_id, typed))
    return session.scalars(statement.order_by(TreatmentPlan.treatment_plan_id.desc()).limit(limit)).all()


add_lookup(Lookup(TreatmentPlan, plan_search, lambda row: say(row.status)))
