"""Series of the demo clinic: of the plans that wait, some have their visits booked, as the workbench books them."""

import sqlalchemy as sa

from app.clinical.models import TreatmentPlan
from app.clinical.rules import PlanStatus
from app.security.settings import SETTINGS
from app.workflows.demo.world import World
from app.workflows.plan_times import Wishes, propose
from app.workflows.plan_visits import Booker, PlanTerms, book_series, read_layout

EVERY, MOST = 3, 12  # of so many accepted plans the last is booked, at most so many in all


def book_plans(world: World) -> int:
    """Book the visits of some accepted plans. Returns how many visits that made."""
    session = world.session
    accepted = sa.select(TreatmentPlan.treatment_plan_id).where(TreatmentPlan.status == PlanStatus.ACCEPTED)
    keys = session.scalars(accepted.order_by(TreatmentPlan.treatment_plan_id)).all()
    return sum(_book(world, key) for key in keys[EVERY - 1 :: EVERY][:MOST])


def _book(world: World, plan_id: int) -> int:
    session, names = world.session, ("scheduling.visit_minutes", "scheduling.lab_days")
    known = PlanTerms(*(SETTINGS[name].default for name in names))
    terms = world.terms
    laid = read_layout(session, plan_id, known)
    wishes = Wishes(laid.plan.treatment.doctor_id)
    found = propose(session, laid, wishes, picked={}, not_before={}, now=world.now, terms=terms)
    times = [one.chosen for one in found if one.chosen]
    if not times or len(times) < len(laid.visits):
        return 0
    booker = Booker(world.clerk, None, lambda rows: ", ".join(row.procedure.procedure_name_mn for row in rows)[:255])
    made = book_series(
        session, plan_id, times, state=laid.state, booker=booker, plan_terms=known, now=world.now, terms=terms
    )
    return len(made)
