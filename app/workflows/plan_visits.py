"""From an accepted plan to booked visits: arranged by the rules or by hand, booked all or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.clinical import actions as clinical
from app.clinical.actions.steps import arrange, book_steps
from app.clinical.models import PlannedStep, TreatmentPlan
from app.clinical.queries.steps import GOING, Layout, Shown, lay_visits, steps_of_plan
from app.clinical.rules.visits import PlannedVisit, Work, arranged, check_visits
from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.scheduling import actions
from app.scheduling.models import Appointment, AppointmentSeries
from app.scheduling.rules import AppointmentSource, Terms
from app.scheduling.rules.finding import Free
from app.workflows.plan_times import after_booked, before_booked, booked_of, service_of
from app.workflows.recalls import follow_visit

MEANWHILE = T("Somebody changed or booked these visits meanwhile. This is how they stand now.")


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """The clinic's settings, and how the reader numbers teeth."""

    visit_minutes: int
    lab_days: int
    shown: Shown = str


def read_layout(session: Session, plan_id: int, terms: PlanTerms, *, lock: bool = False) -> Layout:
    """An accepted plan with its visits as they stand. Raises NotFound, RuleError (nobody has accepted it)."""
    plan = clinical.locked_plan(session, plan_id) if lock else session.get(TreatmentPlan, plan_id)
    if plan is None:
        raise NotFound(T("This record no longer exists."))
    if plan.status not in GOING:
        raise RuleError(T("Visits are booked when the patient has accepted the plan."))
    steps = steps_of_plan(session, plan_id)
    return lay_visits(plan, steps, limit=terms.visit_minutes, lab_days=terms.lab_days, shown=terms.shown)


def _current(session: Session, plan_id: int, state: str, terms: PlanTerms) -> Layout:
    """The layout under its plan's lock, if it is still the one the page showed. Raises Conflict."""
    laid = read_layout(session, plan_id, terms, lock=True)
    if not laid.free:
        raise Conflict(T("All visits of this plan are booked already."), data={"is_booked": True})
    if laid.state != state:
        raise Conflict(MEANWHILE)
    return laid


def move_step(
    session: Session, plan_id: int, step_id: int, to: int, *, is_new: bool, state: str, terms: PlanTerms
) -> Layout:
    """Put a step into the visit of this number, or into a new one before it. Raises RuleError, Conflict, NotFound."""
    laid = _current(session, plan_id, state, terms)
    work = laid.works.get(step_id)
    visits = [list(visit.works) for visit in laid.visits]
    if work is None or not any(work in works for works in visits) or not 1 <= to <= len(visits) + 1:
        raise RuleError(MEANWHILE)
    for works in visits:
        if work in works:
            works.remove(work)
    if is_new or to > len(visits):
        visits.insert(to - 1, [work])
    else:
        visits[to - 1].append(work)
    return _keep(session, laid, visits, terms)


def move_visit_to(session: Session, plan_id: int, number: int, to: int, *, state: str, terms: PlanTerms) -> Layout:
    """Put a whole visit at another place of the series. Raises RuleError, Conflict, NotFound."""
    laid = _current(session, plan_id, state, terms)
    visits = [list(visit.works) for visit in laid.visits]
    if not (1 <= number <= len(visits) and 1 <= to <= len(visits)):
        raise RuleError(MEANWHILE)
    visits.insert(to - 1, visits.pop(number - 1))
    return _keep(session, laid, visits, terms)


def forget_arrangement(session: Session, plan_id: int, *, state: str, terms: PlanTerms) -> Layout:
    """Back to what the rules propose. Raises Conflict, NotFound."""
    laid = _current(session, plan_id, state, terms)
    arrange(session, dict.fromkeys(laid.free))
    return read_layout(session, plan_id, terms)


def _keep(session: Session, laid: Layout, visits: Sequence[Sequence[Work]], terms: PlanTerms) -> Layout:
    made = arranged(visits)
    check_visits(made, terms.visit_minutes)
    arrange(session, {laid.of(work): visit.number for visit in made for work in visit.works})
    return lay_visits(laid.plan, laid.steps, limit=terms.visit_minutes, lab_days=terms.lab_days, shown=terms.shown)


@dataclass(frozen=True, slots=True)
class Booker:
    """Who books, and how a visit's purpose is said."""

    by_user: int | None
    by_employee: int | None
    purpose: Callable[[Sequence[PlannedStep]], str]


def book_series(
    session: Session,
    plan_id: int,
    times: Sequence[Free],
    *,
    state: str,
    booker: Booker,
    plan_terms: PlanTerms,
    now: datetime,
    terms: Terms,
) -> list[Appointment]:
    """Book every visit of a plan at its time: all or none. Raises NotFound, RuleError, Conflict, TryAgain.

    A `Conflict` about a time names the `visit` in its data; what the unit wrote is rolled back by then.
    """
    laid = _current(session, plan_id, state, plan_terms)
    check_visits(laid.visits, plan_terms.visit_minutes)
    _check_times(laid, times, terms)
    series_id = _series(session, laid, booker.by_user)
    made = []
    for visit, free in zip(laid.visits, times, strict=True):
        rows = [laid.of(work) for work in visit.works]
        row = _book(session, laid, visit, free, booker, booker.purpose(rows), now=now, terms=terms)
        row.series_id = series_id
        book_steps(session, rows, row, visit.number)
        follow_visit(session, row)
        made.append(row)
    _number(laid)
    session.flush()
    return made


def _book(
    session: Session,
    laid: Layout,
    visit: PlannedVisit,
    free: Free,
    booker: Booker,
    purpose: str,
    *,
    now: datetime,
    terms: Terms,
) -> Appointment:
    service = service_of(laid, visit)
    values = {
        "patient_id": laid.plan.patient_id, "doctor_id": free.doctor_id, "chair_id": free.chair_id,
        "start_at": free.start, "minutes": visit.minutes, "planned_service": service.service_id if service else None,
        "purpose": purpose, "source": AppointmentSource.PLAN, "receptionist_id": booker.by_employee,
    }  # fmt: skip
    try:
        return actions.book(session, values, now=now, terms=terms, by_user=booker.by_user)
    except RuleError as error:
        session.rollback()
        text = T("Visit %(number)s, %(when)s: %(why)s", number=visit.number, when=free.start, why=error.text)
        kind = Conflict if isinstance(error, Conflict) else RuleError
        raise kind(text, data={**error.data, "visit": visit.number}) from error


def _check_times(laid: Layout, times: Sequence[Free], terms: Terms) -> None:
    """Each after the one before it, with the days of the lab between, and around what is booked. Raises RuleError."""
    if len(times) != len(laid.visits):
        raise RuleError(T("Choose a time for every visit."))
    for visit, free in zip(laid.visits, times, strict=True):
        end = free.start + timedelta(minutes=visit.minutes)
        day = clinic_date(free.start, terms.zone)
        earlier = zip(laid.visits[: visit.number - 1], times, strict=False)
        before = [one.start + timedelta(minutes=other.minutes) for other, one in earlier]
        if any(free.start < moment for moment in [*before, *after_booked(laid, visit, terms)]):
            raise RuleError(T("Visit %(number)s stands before what has to be done first.", number=visit.number))
        if any(end > moment for moment in before_booked(laid, visit, terms)):
            raise RuleError(T("Visit %(number)s stands behind a booked visit that needs it done.", number=visit.number))
        for wait in visit.waits:
            if day < clinic_date(times[wait.visit - 1].start, terms.zone) + timedelta(days=wait.days):
                text = T("Visit %(number)s comes before the lab is done: it needs %(days)s days.",
                         number=visit.number, days=wait.days)  # fmt: skip
                raise RuleError(text)


def _series(session: Session, laid: Layout, by: int | None) -> int | None:
    """The series that the plan's booked visits are in, else a new one; none for a single visit."""
    known = [appointment.series_id for _, appointment in booked_of(laid) if appointment.series_id]
    if known:
        return known[-1]
    if len(laid.visits) == 1:
        return None
    row = AppointmentSeries(patient_id=laid.plan.patient_id, made_by=by, note=f"#{laid.plan.treatment_plan_id}")
    session.add(row)
    session.flush()
    return row.appointment_series_id


def _number(laid: Layout) -> None:
    """Number the plan's visits by their times, those that were booked before among them."""
    starts = sorted({(one.start_at, one.appointment_id) for _, one in booked_of(laid)})
    numbers = {key: number for number, (_, key) in enumerate(starts, 1)}
    for row in laid.booked:
        if row.appointment is not None:
            row.visit_number = numbers[row.appointment.appointment_id]
