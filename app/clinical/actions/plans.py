"""Writes about treatment plans and their procedures, inside the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.catalogue.queries import services_by_id
from app.clinical import queries, rules
from app.clinical.actions.steps import check_unbooked, drop_steps, lay_out
from app.clinical.actions.treatments import locked_treatment
from app.clinical.models import PlannedProcedure, TreatmentPlan
from app.clinical.queries.steps import works_of
from app.clinical.rules import PlanStatus, PlanTerms, ProcedureStatus, Step
from app.clinical.rules.visits import group
from app.kernel.errors import NotFound, RuleError
from app.kernel.text import T

Rows = Sequence[tuple[int, Mapping[str, Any]]]  # (position on the form, values)
FREE = ("tooth_id", "surfaces", "diagnosis_code_id", "note", "urgency", "priority")
S = PlanStatus


def locked_plan(session: Session, plan_id: int) -> TreatmentPlan:
    """The plan, locked until the unit ends. Raises NotFound."""
    row = session.get(TreatmentPlan, plan_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def add_plan(
    session: Session, values: Mapping[str, Any], rows: Rows, *, by: int | None, terms: PlanTerms
) -> TreatmentPlan:
    """A plan of a visit with its procedures; the same form sent twice is found again. Raises RuleError."""
    if not values.get("treatment_id"):
        raise RuleError(T("Required"), field="treatment_id")
    treatment = locked_treatment(session, values["treatment_id"])
    made = _made(session, rows, [])
    again = _sent_twice(session, treatment.treatment_id, values, made)
    if again is not None:
        return again
    plan = TreatmentPlan(patient_id=treatment.patient_id, treatment_id=treatment.treatment_id, created_by=by)
    _head(plan, values)
    session.add(plan)
    session.flush()
    for row in made:
        row.treatment_plan_id = plan.treatment_plan_id
    session.add_all(made)
    session.flush()
    sum_up(session, plan, terms)
    return plan


def change_plan(
    session: Session, plan: TreatmentPlan, values: Mapping[str, Any], rows: Rows, *, terms: PlanTerms, now: datetime
) -> TreatmentPlan:
    """A locked plan that is being prepared: its notes and its procedures. Raises RuleError."""
    rules.check_is_pending(plan.status)
    have = queries.procedures_of(session, [plan.treatment_plan_id]).get(plan.treatment_plan_id, [])
    with session.no_autoflush:
        made = _made(session, rows, have)
    gone = [row for row in have if row not in made]
    drop_steps(session, [row.planned_procedure_id for row in gone])
    for row in gone:
        session.delete(row)
    for row in made:
        row.treatment_plan_id = plan.treatment_plan_id
    session.add_all(made)
    _head(plan, values)
    plan.updated_at = now  # also where only its procedures change: forms made before are stale
    session.flush()
    sum_up(session, plan, terms)
    return plan


def _head(plan: TreatmentPlan, values: Mapping[str, Any]) -> None:
    for name in ("option_group", "clinical_notes"):
        if name in values:
            setattr(plan, name, values[name])


def _made(session: Session, rows: Rows, have: Sequence[PlannedProcedure]) -> list[PlannedProcedure]:
    """The procedures of a form: those there are already where service and tooth are the same, else new ones."""
    if len(rows) > rules.MOST_PROCEDURES:
        raise RuleError(T("At most %(most)s procedures in one plan.", most=rules.MOST_PROCEDURES), field="procedures")
    teeth = queries.tooth_codes(session, [row["tooth_id"] for _, row in rows if row.get("tooth_id")])
    checked = rules.check_procedures(rows, teeth)
    services = services_by_id(session, {row["service_id"] for row in checked if row.get("service_id")})
    left, made = list(have), []
    for (position, _), values in zip(rows, checked, strict=True):
        same = [row for row in left if (row.service_id, row.tooth_id) == (values["service_id"], values.get("tooth_id"))]
        service = services.get(values["service_id"])
        if same:
            left.remove(same[0])
        elif service is None or not service.is_active:
            raise RuleError(T("Choose one of the list."), field=f"procedures-{position}-service_id")
        row = same[0] if same else _copied(service)
        _fill(row, values, service, position)
        made.append(row)
    return made


def _copied(service: ServiceCatalog | None) -> PlannedProcedure:
    """A new procedure with the service's code and names as they are now."""
    assert service is not None
    return PlannedProcedure(
        service_id=service.service_id,
        procedure_code=service.code,
        procedure_name_mn=service.patient_display_name_mn,
        procedure_name_en=service.patient_display_name_en,
        fee=service.price,
    )


def _fill(row: PlannedProcedure, values: Mapping[str, Any], service: ServiceCatalog | None, position: int) -> None:
    for name in FREE:
        if name in values and (values[name] is not None or name not in ("urgency", "priority", "surfaces")):
            setattr(row, name, values[name])
    row.urgency = row.urgency or rules.Urgency.ROUTINE
    row.priority = row.priority or rules.Priority.MEDIUM
    row.surfaces = row.surfaces or ""
    row.fee = values["fee"] if values.get("fee") is not None else row.fee
    row.insurance_part = values.get("insurance_part") or 0
    if row.insurance_part > row.fee:
        text = T("At most the fee: %(fee)s.", fee=f"{row.fee:,} ₮")
        raise RuleError(text, field=f"procedures-{position}-insurance_part")
    row.patient_part = row.fee - row.insurance_part


def _sent_twice(
    session: Session, treatment_id: int, values: Mapping[str, Any], made: Sequence[PlannedProcedure]
) -> TreatmentPlan | None:
    def told(rows: Sequence[PlannedProcedure]) -> list[tuple[Any, ...]]:
        return [(row.service_id, row.tooth_id, row.surfaces, row.fee, row.insurance_part, row.note) for row in rows]

    plans = queries.pending_plans_of_treatment(session, treatment_id)
    written = queries.procedures_of(session, [plan.treatment_plan_id for plan in plans])
    for plan in plans:
        is_same = all(getattr(plan, name) == values.get(name) for name in ("option_group", "clinical_notes"))
        if is_same and told(written.get(plan.treatment_plan_id, [])) == told(made):
            return plan
    return None


def sum_up(session: Session, plan: TreatmentPlan, terms: PlanTerms) -> None:
    """Keep what the plan amounts to: sums, urgency, value, complexity of its procedures."""
    rows = queries.procedures_of(session, [plan.treatment_plan_id]).get(plan.treatment_plan_id, [])
    plan.total = sum(row.fee for row in rows)
    plan.insurance_share = sum(row.insurance_part for row in rows)
    plan.patient_share = plan.total - plan.insurance_share
    plan.urgency = rules.highest(row.urgency for row in rows)
    plan.value_category = rules.value_of(plan.total, terms)
    visits = group(works_of(rows, terms.lab_days), terms.visit_minutes)
    plan.complexity_score = rules.complexity_score([step_of(row.service) for row in rows], len(visits))
    session.flush()


def step_of(service: ServiceCatalog) -> Step:
    """What a service adds to a plan."""
    needs_lab = service.lab_days is not None or service.fitting_minutes is not None
    return Step(service.complexity, needs_lab)


def move_plan(
    session: Session, plan: TreatmentPlan, to: PlanStatus, *, by: int | None, now: datetime, reason: str | None = None
) -> TreatmentPlan:
    """Present a locked plan, record the patient's answer, or take it back to change it. Raises RuleError.

    An accepted plan has its steps, which wait for their visits; a declined one has none.
    """
    rules.PLAN_MOVES.check(plan.status, to)
    if to is S.DECLINED and not reason:
        raise RuleError(T("Write why the patient declines."), field="reason")
    rows = queries.procedures_of(session, [plan.treatment_plan_id]).get(plan.treatment_plan_id, [])
    if to is S.PRESENTED:
        plan.presented_at, plan.presented_by = now, by
    elif to is S.ACCEPTED:
        plan.accepted_at, plan.decline_reason = now, None
        lay_out(session, rows)
    elif to is S.DECLINED:
        check_unbooked(session, plan.treatment_plan_id)
        drop_steps(session, [row.planned_procedure_id for row in rows])
        plan.decline_reason, plan.accepted_at = reason, None
        _all_become(rows, rules.OPEN_PROCEDURES, ProcedureStatus.DECLINED)
    elif to is S.PENDING:
        plan.presented_at = plan.presented_by = plan.decline_reason = None
        _all_become(rows, {ProcedureStatus.DECLINED}, ProcedureStatus.PLANNED)
    plan.status = to
    session.flush()
    return plan


def _all_become(rows: Sequence[PlannedProcedure], before: Any, to: ProcedureStatus) -> None:
    for row in rows:
        if row.status in before:
            row.status = to


def move_procedure(
    session: Session, plan: TreatmentPlan, procedure_id: int, to: ProcedureStatus, *, by: int | None, now: datetime
) -> PlannedProcedure:
    """A procedure of a locked plan was done, put off, taken up again; the plan follows. Raises RuleError, NotFound."""
    rows = queries.procedures_of(session, [plan.treatment_plan_id]).get(plan.treatment_plan_id, [])
    row = next((row for row in rows if row.planned_procedure_id == procedure_id), None)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    rules.check_procedure_move(plan.status, row.status, to)
    row.status = to
    is_done = to is ProcedureStatus.COMPLETED
    row.completed_at, row.completed_by = (now, by) if is_done else (None, None)
    plan.status = rules.plan_status(plan.status, (row.status for row in rows))
    session.flush()
    return row
