"""Free times for the visits of a plan, each after the one before it, and around what is booked already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.clinical.queries.steps import Layout, has_visit
from app.clinical.rules.visits import PlannedVisit, Work, comes_before
from app.kernel.dates import clinic_date, day_bounds
from app.scheduling.models import Appointment
from app.scheduling.queries.series_finding import Finder
from app.scheduling.rules import LONGEST, RoomType, Span, Terms
from app.scheduling.rules.finding import Free, Wish

HORIZON = timedelta(days=120)  # how far behind its first possible day a visit is looked for
OFFERED = 10
MOST_BETWEEN = 60


@dataclass(frozen=True, slots=True)
class Wishes:
    """When and with whom a patient can come; empty means any."""

    doctor_id: int | None = None
    weekdays: frozenset[int] = frozenset()
    time_from: time | None = None
    time_until: time | None = None
    earliest: date | None = None
    days_between: int = 1
    chair_type: RoomType | None = None


@dataclass(slots=True)
class Proposal:
    """A visit with the time that is proposed for it and the others it could have."""

    visit: PlannedVisit
    least: datetime | None = None  # not before this; None where the visit before has no time
    chosen: Free | None = None
    options: list[Free] = field(default_factory=list)


def service_of(laid: Layout, visit: PlannedVisit) -> ServiceCatalog | None:
    """The service a visit is booked for: the longest one's.

    None where its assistant's minutes would free the dentist while other work is done, or while something is fitted.
    """
    longest = max(visit.works, key=lambda work: (work.minutes, -work.procedure))
    service = laid.of(longest).procedure.service
    needs_dentist = len(visit.works) > 1 or longest.is_fitting
    leaves = service.assistant_lead_minutes + service.assistant_tail_minutes
    return service if service.is_active and not (needs_dentist and leaves) else None


def propose(
    session: Session,
    laid: Layout,
    wishes: Wishes,
    *,
    picked: Mapping[int, Free],
    not_before: Mapping[int, date],
    now: datetime,
    terms: Terms,
) -> list[Proposal]:
    """A free time for each visit, each after the one before it.

    `picked`: times that were chosen by hand, by the visit's number; they stay where the visits before leave room.
    """
    found: list[Proposal] = []
    finder = Finder(session, now=now, terms=terms)
    for visit in laid.visits:
        least = _least(laid, visit, found, wishes, not_before.get(visit.number), now, terms)
        proposal = Proposal(visit, least)
        if least is not None:
            wish = _wish(laid, visit, wishes, least, [one.chosen for one in found if one.chosen], terms)
            proposal.options = finder.first(wish, OFFERED) if wish.latest >= wish.earliest else []
            _choose(proposal, picked.get(visit.number), wish)
        found.append(proposal)
    return found


def _choose(proposal: Proposal, pick: Free | None, wish: Wish) -> None:
    """The time chosen by hand where it is still in order, else the first one."""
    if pick is not None and wish.earliest <= pick.start <= wish.latest:
        if pick not in proposal.options:
            proposal.options = sorted([*proposal.options, pick])
        proposal.chosen = pick
    else:
        proposal.chosen = proposal.options[0] if proposal.options else None


def _least(
    laid: Layout,
    visit: PlannedVisit,
    found: Sequence[Proposal],
    wishes: Wishes,
    wanted: date | None,
    now: datetime,
    terms: Terms,
) -> datetime | None:
    """The first moment at which a visit may begin; None while the one before it has no time."""
    days = [day for day in (wishes.earliest, wanted) if day is not None]
    moments = [now, *after_booked(laid, visit, terms)]
    if found:
        last = found[-1].chosen
        if last is None:
            return None
        moments.append(last.end)
        days.append(clinic_date(last.start, terms.zone) + timedelta(days=wishes.days_between))
    for wait in visit.waits:
        first = found[wait.visit - 1].chosen
        assert first is not None
        days.append(clinic_date(first.start, terms.zone) + timedelta(days=wait.days))
    return max([*moments, *(day_bounds(day, terms.zone)[0] for day in days)])


def booked_of(laid: Layout) -> list[tuple[Work, Appointment]]:
    """The steps that have a visit, each with it."""
    return [
        (laid.works[row.planned_step_id], row.appointment) for row in laid.steps if has_visit(row) and row.appointment
    ]


def after_booked(laid: Layout, visit: PlannedVisit, terms: Terms) -> list[datetime]:
    """When the visits that are booked already are over, and their lab is done."""
    moments = []
    for first, appointment in booked_of(laid):
        for work in visit.works:
            if comes_before(first, work):
                moments.append(appointment.end_at)
                if first.procedure == work.procedure:
                    ready = clinic_date(appointment.start_at, terms.zone) + timedelta(days=work.lab_days)
                    moments.append(day_bounds(ready, terms.zone)[0])
    return moments


def before_booked(laid: Layout, visit: PlannedVisit, terms: Terms) -> list[datetime]:
    """By when a visit is over, so that what is booked behind it keeps its order and the days of its lab."""
    moments = []
    for later, appointment in booked_of(laid):
        for work in visit.works:
            if comes_before(work, later):
                moments.append(appointment.start_at)
                if later.procedure == work.procedure:
                    day = clinic_date(appointment.start_at, terms.zone) - timedelta(days=max(later.lab_days - 1, 0))
                    moments.append(day_bounds(day, terms.zone)[0])
    return moments


def _wish(
    laid: Layout, visit: PlannedVisit, wishes: Wishes, least: datetime, others: Sequence[Free], terms: Terms
) -> Wish:
    service, minutes = service_of(laid, visit), min(visit.minutes, LONGEST)
    ends = [moment - timedelta(minutes=minutes) for moment in before_booked(laid, visit, terms)]
    return Wish(
        minutes, least, min([least + HORIZON, *ends]),
        service.assistant_lead_minutes if service else 0, service.assistant_tail_minutes if service else 0,
        (wishes.doctor_id,) if wishes.doctor_id else (), laid.plan.patient_id, chair_type=wishes.chair_type,
        weekdays=wishes.weekdays, time_from=wishes.time_from, time_until=wishes.time_until,
        blocked=[Span(one.start, one.end) for one in others],
    )  # fmt: skip
