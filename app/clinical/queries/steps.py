"""Reads about the steps of plans: which still wait for a visit, and the visits they are put into."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.catalogue.models import ServiceCatalog
from app.clinical.models import PlannedProcedure, PlannedStep, TreatmentPlan
from app.clinical.models.visits import Treatment
from app.clinical.rules import PlanStatus, ProcedureStatus, Urgency, ValueCategory
from app.clinical.rules.visits import PlannedVisit, Work, arranged, broken_order, group, step_minutes
from app.kernel.text import Names
from app.people.queries import matching_condition
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus

# A visit that is over or still to come keeps its steps; one that was cancelled or missed gives them back.
GIVES_BACK = (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)
TO_BOOK = (ProcedureStatus.PLANNED, ProcedureStatus.SCHEDULED, ProcedureStatus.IN_PROGRESS)
GOING = (PlanStatus.ACCEPTED, PlanStatus.IN_PROGRESS)
Shown = Callable[[str], str]


def is_free() -> ColumnElement[bool]:
    """The steps without a visit, or whose visit was cancelled or missed; `Appointment` is joined from outside."""
    return sa.or_(PlannedStep.appointment_id.is_(None), Appointment.status.in_(GIVES_BACK))


def has_visit(step: PlannedStep) -> bool:
    """Whether a step has a visit that takes place or took place."""
    return step.appointment is not None and step.appointment.status not in GIVES_BACK


def steps_of_plan(session: Session, plan_id: int) -> Sequence[PlannedStep]:
    """The steps of a plan with procedure, service, tooth and visit, in the order they were written; one statement."""
    statement = (
        sa.select(PlannedStep)
        .join(PlannedStep.procedure)
        .where(PlannedProcedure.treatment_plan_id == plan_id)
        .options(
            joinedload(PlannedStep.procedure).joinedload(PlannedProcedure.service),
            joinedload(PlannedStep.procedure).joinedload(PlannedProcedure.tooth),
            joinedload(PlannedStep.appointment),
        )
        .order_by(PlannedStep.planned_procedure_id, PlannedStep.step)
    )
    return session.scalars(statement).all()


def steps_of_appointment(session: Session, appointment_id: int) -> Sequence[PlannedStep]:
    """What a visit is booked for, with the procedures."""
    statement = sa.select(PlannedStep).where(PlannedStep.appointment_id == appointment_id)
    return session.scalars(statement.options(joinedload(PlannedStep.procedure))).all()


def booked_steps(session: Session, procedure_ids: Iterable[int]) -> Sequence[PlannedStep]:
    """The steps of these procedures that have a visit."""
    statement = sa.select(PlannedStep).join(PlannedStep.appointment).where(~is_free())
    return session.scalars(statement.where(PlannedStep.planned_procedure_id.in_(list(procedure_ids)))).all()


def _days_of(service: ServiceCatalog, lab_days: int) -> int:
    return service.lab_days if service.lab_days is not None else lab_days


def _work(row: PlannedProcedure, step: int, minutes: int, lab_days: int, shown: Shown) -> Work:
    code = row.tooth.code if row.tooth else ""
    return Work(
        row.planned_procedure_id, minutes, step, code, row.service.treatment_stage, row.urgency, row.priority,
        row.service_id, _days_of(row.service, lab_days) if step == 2 else 0,
        Names(row.procedure_name_mn, row.procedure_name_en), shown(code) if code else "",
    )  # fmt: skip


def works_of(procedures: Iterable[PlannedProcedure], lab_days: int) -> list[Work]:
    """The steps that procedures will have, as their services are now."""
    return [
        _work(row, step, minutes, lab_days, str)
        for row in procedures
        for step, minutes in enumerate(step_minutes(row.service.default_duration_time, row.service.fitting_minutes), 1)
    ]


@dataclass(slots=True)
class Layout:
    """An accepted plan with its visits: those that are booked, and those that wait for a time."""

    plan: TreatmentPlan
    steps: Sequence[PlannedStep]
    visits: list[PlannedVisit] = field(default_factory=list)
    works: dict[int, Work] = field(default_factory=dict)  # step's key → what the rules know of it
    is_by_hand: bool = False  # somebody has arranged them

    @property
    def free(self) -> list[PlannedStep]:
        """The steps that wait for a visit."""
        return [step for step in self.steps if not has_visit(step) and step.procedure.status in TO_BOOK]

    @property
    def booked(self) -> list[PlannedStep]:
        """The steps that have one, by its time."""
        have = [step for step in self.steps if has_visit(step)]
        return sorted(have, key=lambda step: (_start(step), step.planned_step_id))

    def of(self, work: Work) -> PlannedStep:
        """The row of a step."""
        return next(row for row in self.steps if (row.planned_procedure_id, row.step) == work.key)

    @property
    def state(self) -> str:
        """What tells this arrangement from every other: a page sends it back, so that an older one is seen."""
        told = ";".join(
            f"{visit.number}:" + ",".join(str(self.of(work).planned_step_id) for work in visit.works)
            for visit in self.visits
        )
        return sha256(told.encode()).hexdigest()[:24]


def _start(step: PlannedStep) -> datetime:
    assert step.appointment is not None
    return step.appointment.start_at


def lay_visits(plan: TreatmentPlan, steps: Sequence[PlannedStep], *, limit: int, lab_days: int, shown: Shown) -> Layout:
    """The visits of a plan's free steps: as somebody arranged them, else by the rules."""
    laid = Layout(plan, steps)
    laid.works = {row.planned_step_id: _work(row.procedure, row.step, row.minutes, lab_days, shown) for row in steps}
    free = laid.free
    numbers: dict[int, list[Work]] = {}
    for row in free:
        numbers.setdefault(row.visit_number or 0, []).append(laid.works[row.planned_step_id])
    by_hand = arranged(numbers[number] for number in sorted(numbers))
    # a step that came back, or was written later, may no longer fit into what was arranged before
    laid.is_by_hand = bool(free) and 0 not in numbers and broken_order(by_hand) is None
    laid.visits = by_hand if laid.is_by_hand else group((laid.works[row.planned_step_id] for row in free), limit)
    return laid


@dataclass(frozen=True, slots=True)
class Waiting:
    """A plan whose visits aren't all booked: how many procedures and minutes wait."""

    plan: TreatmentPlan
    procedures: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list of such plans is narrowed to."""

    typed: str = ""
    urgency: Urgency | None = None
    value: ValueCategory | None = None
    doctor_id: int | None = None


def waiting_plans(session: Session, to: Narrowed, *, limit: int, offset: int = 0) -> tuple[list[Waiting], int]:
    """The accepted plans with steps that wait, the most urgent and longest waiting first; and how many there are."""
    found = _waiting(to)
    count = session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
    sums = found.subquery()
    order = sa.case({urgency.value: -place for place, urgency in enumerate(Urgency)}, value=TreatmentPlan.urgency)
    statement = (
        sa.select(TreatmentPlan, sums.c.procedures, sums.c.minutes)
        .join(sums, sums.c.treatment_plan_id == TreatmentPlan.treatment_plan_id)
        .options(joinedload(TreatmentPlan.patient))
        .order_by(order, TreatmentPlan.accepted_at, TreatmentPlan.treatment_plan_id)
    )
    rows = session.execute(statement.limit(limit).offset(offset)).all()
    return [Waiting(plan, int(procedures), int(minutes)) for plan, procedures, minutes in rows], count


def _waiting(to: Narrowed) -> "sa.Select[int, int, int]":
    procedure = PlannedProcedure
    statement = (
        sa.select(
            procedure.treatment_plan_id,
            sa.func.count(procedure.planned_procedure_id.distinct()).label("procedures"),
            sa.func.sum(PlannedStep.minutes).label("minutes"),
        )
        .select_from(PlannedStep)
        .join(PlannedStep.procedure)
        .join(procedure.plan)
        .outerjoin(PlannedStep.appointment)
        .where(TreatmentPlan.status.in_(GOING), procedure.status.in_(TO_BOOK), is_free())
        .group_by(procedure.treatment_plan_id)
    )
    if to.typed:
        statement = statement.where(matching_condition(TreatmentPlan.patient_id, to.typed))
    if to.urgency is not None:
        statement = statement.where(TreatmentPlan.urgency == to.urgency)
    if to.value is not None:
        statement = statement.where(TreatmentPlan.value_category == to.value)
    if to.doctor_id is not None:
        own = sa.select(Treatment.treatment_id).where(Treatment.doctor_id == to.doctor_id)
        statement = statement.where(TreatmentPlan.treatment_id.in_(own))
    return statement
