"""`/scheduling`: accepted plans whose visits wait for their times, and the visits of the one that is open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clinical.models import PlannedStep
from app.clinical.numbering import shown_tooth
from app.clinical.queries.steps import Layout, Waiting, waiting_plans
from app.clinical.rules import Urgency, ValueCategory
from app.clinical.rules.visits import most_minutes, reasons, too_long
from app.desk.workbench import asking
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.people.models import Employee
from app.scheduling.models import Appointment, Chair
from app.scheduling.rules.finding import Free
from app.scheduling.terms import terms as the_terms
from app.web import who
from app.web.access import address
from app.web.text import clock, day, say, today
from app.web.theme import WEEKDAYS_SHORT
from app.workflows.plan_times import Proposal, propose
from app.workflows.plan_visits import PlanTerms

PAGE, SIZE = "/scheduling", 20
LONGEST_PURPOSE = 255
FITTING = T("fitting")

__all__ = ["PAGE", "booked_visits", "list_context", "plan_terms", "purpose_of", "visits_context"]


def plan_terms() -> PlanTerms:
    """The clinic's settings, and the reader's numbering of teeth."""
    return PlanTerms(who.setting("scheduling.visit_minutes"), who.setting("scheduling.lab_days"), shown_tooth)


def purpose_of(steps: Sequence[PlannedStep]) -> str:
    """What a visit is for, as the board shows it: the procedures with their teeth."""
    names = []
    for row in steps:
        tooth = row.procedure.tooth
        name = f"{say(row.procedure.title)} {shown_tooth(tooth.code) if tooth else ''}".strip()
        names.append(f"{name} ({say(FITTING)})" if row.step == 2 else name)
    text = ", ".join(names)
    return text if len(text) <= LONGEST_PURPOSE else f"{text[: LONGEST_PURPOSE - 1]}…"


def list_context(session: Session, open_plan: int | None = None) -> dict[str, Any]:
    """The plans that wait, narrowed as the address says: a page of them. 3 statements."""
    to, page = asking.narrowed()
    rows, count = waiting_plans(session, to, limit=SIZE, offset=(page - 1) * SIZE)
    query = asking.list_query(to, page)
    at = lambda number: address("WorkbenchPage.index", asking.list_query(to, number))  # noqa: E731
    return {
        "waiting": [_line(row, query) for row in rows],
        "count": count,
        "narrowed": to,
        "is_narrowed": bool(asking.list_query(to)),
        "urgencies": list(reversed(Urgency)),
        "values": list(ValueCategory),
        "page": page,
        "before_url": at(page - 1) if page > 1 else "",
        "after_url": at(page + 1) if page * SIZE < count else "",
        "open_plan": open_plan,
        "list_url": address("WorkbenchPage.index", query),
    }


@dataclass(frozen=True, slots=True)
class Line:
    """A plan of the list."""

    waiting: Waiting
    days: int
    url: str


def _line(row: Waiting, query: dict[str, Any]) -> Line:
    accepted = row.plan.accepted_at or row.plan.created_at
    days = (today() - clinic_date(accepted, who.clinic().zone)).days
    return Line(row, max(days, 0), address("WorkbenchPage.plan", query, pk=row.plan.treatment_plan_id))


@dataclass(slots=True)
class Card:
    """A visit as the page shows it."""

    proposal: Proposal
    steps: list[PlannedStep]
    reasons: list[Text]
    is_long: bool
    options: list[tuple[str, str, bool]] = field(default_factory=list)  # (value, words, chosen)
    after: str = ""  # the value of the time behind the chosen one
    where: str = ""  # doctor and chair of the chosen one

    @property
    def number(self) -> int:
        """From 1."""
        return self.proposal.visit.number


def visits_context(
    session: Session, laid: Layout, *, refusal: RuleError | None = None, keep: int | None = None
) -> dict[str, Any]:
    """The visits of a plan with their times, for `scheduling/_workbench_visits.html`.

    Chosen times stay up to the visit `keep`, or as far as the address says.
    """
    form, wishes = asking.wish_form(laid)
    limit, terms, now = who.setting("scheduling.visit_minutes"), the_terms(), datetime.now(UTC)
    last, days = asking.last_kept() if keep is None else keep, asking.days_asked(laid)
    picked = {number: free for number, free in asking.times_asked(laid).items() if number <= last}
    hint = too_long((work for visit in laid.visits for work in visit.works), limit)
    problem = None
    try:
        found = propose(session, laid, wishes, picked=picked, not_before=days, now=now, terms=terms)
    except RuleError as error:
        found, problem = [Proposal(visit) for visit in laid.visits], error
    why = reasons(laid.visits, limit)
    names = _names(session, found)
    cards = [_card(laid, one, why[one.visit.number], limit, names) for one in found]
    return {
        "laid": laid,
        "cards": cards,
        "days": days,
        "limit": limit,
        "most": most_minutes(limit),
        "hint": hint,
        "refusal": refusal,
        "problem": problem.text if problem else None,
        "is_complete": bool(found) and not hint and all(one.chosen for one in found),
        "may_book": who.may("write", PAGE),
        "wish_form": form,
        "wishes": wishes,
        "shown_tooth": shown_tooth,
    }


_Names = tuple[dict[int, str], dict[int, str]]


def _names(session: Session, found: Sequence[Proposal]) -> _Names:
    """Doctors and chairs of all the times that are offered; two statements."""
    offered = [free for one in found for free in one.options]
    return (
        _titles(session, Employee, {free.doctor_id for free in offered}),
        _titles(session, Chair, {free.chair_id for free in offered if free.chair_id}),
    )


def _titles(session: Session, model: type[Any], keys: set[int]) -> dict[int, str]:
    key = sa.inspect(model).primary_key[0]
    rows = session.scalars(sa.select(model).where(key.in_(keys))) if keys else ()
    return {row.row_id: row.title for row in rows}


def _card(laid: Layout, one: Proposal, why: list[Text], limit: int, names: _Names) -> Card:
    card = Card(one, [laid.of(work) for work in one.visit.works], why, one.visit.minutes > limit)
    is_one_doctor = len({free.doctor_id for free in one.options}) < 2
    for free in one.options:
        words = _when(free) if is_one_doctor else f"{_when(free)}, {names[0].get(free.doctor_id, '')}"
        card.options.append((asking.write_time(free), words, free == one.chosen))
    if one.chosen is not None:
        card.where = " · ".join(_where(one.chosen, names))
        later = [free for free in one.options if free.start > one.chosen.start]
        card.after = asking.write_time(later[0]) if later else ""
    return card


def _when(free: Free) -> str:
    """`2026-11-25 Wed 10:00`."""
    weekday = say(WEEKDAYS_SHORT[clinic_date(free.start, who.clinic().zone).weekday()])
    return f"{day(free.start)} {weekday} {clock(free.start)}"


def _where(free: Free, names: _Names) -> list[str]:
    return [name for name in (names[0].get(free.doctor_id), names[1].get(free.chair_id or 0)) if name]


def booked_visits(laid: Layout) -> list[tuple[Appointment, list[PlannedStep]]]:
    """The plan's visits that have their time, each with what is done in it."""
    found: dict[int, tuple[Appointment, list[PlannedStep]]] = {}
    for row in laid.booked:
        if row.appointment is not None:
            found.setdefault(row.appointment.appointment_id, (row.appointment, []))[1].append(row)
    return list(found.values())
