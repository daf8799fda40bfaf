"""Writes about the steps of plans, inside the caller's transaction; the plan is locked by the caller."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clinical.models import PlannedProcedure, PlannedStep
from app.clinical.queries import steps as queries
from app.clinical.rules import ProcedureStatus
from app.clinical.rules.visits import step_minutes
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.models import Appointment

P = ProcedureStatus


def lay_out(session: Session, procedures: Iterable[PlannedProcedure]) -> None:
    """Give procedures their steps, with the minutes of their services; those that have some keep them."""
    rows = list(procedures)
    have = set(
        session.scalars(
            sa.select(PlannedStep.planned_procedure_id).where(
                PlannedStep.planned_procedure_id.in_([row.planned_procedure_id for row in rows])
            )
        )
    )
    for row in rows:
        if row.planned_procedure_id not in have:
            minutes = step_minutes(row.service.default_duration_time, row.service.fitting_minutes)
            session.add_all(
                PlannedStep(planned_procedure_id=row.planned_procedure_id, step=step, minutes=length)
                for step, length in enumerate(minutes, 1)
            )
    session.flush()


def drop_steps(session: Session, procedure_ids: Sequence[int]) -> None:
    """Take back the steps of procedures that won't be done."""
    own = sa.select(PlannedStep).where(PlannedStep.planned_procedure_id.in_(procedure_ids))
    for row in session.scalars(own) if procedure_ids else ():
        session.delete(row)
    session.flush()


def check_unbooked(session: Session, plan_id: int) -> None:
    """Refuse to give up a plan while chairs are held for it. Raises RuleError."""
    if any(queries.has_visit(step) for step in queries.steps_of_plan(session, plan_id)):
        raise RuleError(T("Visits of this plan are booked. Cancel them first."), field="status")


def arrange(session: Session, numbers: Mapping[PlannedStep, int | None]) -> None:
    """Note in which visit each step is done; None: wherever the rules put it."""
    for row, number in numbers.items():
        row.visit_number = number
    session.flush()


def book_steps(session: Session, steps: Iterable[PlannedStep], appointment: Appointment, number: int) -> None:
    """These steps are done in this visit; their procedures are scheduled, those that were begun stay so."""
    for row in steps:
        row.appointment, row.visit_number = appointment, number
        if row.procedure.status is P.PLANNED:
            row.procedure.status = P.SCHEDULED
    session.flush()


def follow_appointment(session: Session, appointment: Appointment) -> None:
    """Procedures go by the visits of their steps: planned again when the last one is cancelled or missed, scheduled
    when one is booked. The steps remember a cancelled visit, so that they are its own again when it is reserved again.
    """
    rows = [row.procedure for row in queries.steps_of_appointment(session, appointment.appointment_id)]
    changing = [row for row in rows if row.status in (P.PLANNED, P.SCHEDULED)]
    if not changing:
        return
    session.flush()
    have = {
        row.planned_procedure_id for row in queries.booked_steps(session, [r.planned_procedure_id for r in changing])
    }
    for row in changing:
        row.status = P.SCHEDULED if row.planned_procedure_id in have else P.PLANNED
    session.flush()
