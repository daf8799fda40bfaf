"""From plan to visits: which step of which procedure is done in which visit, and why.

Source: rules.md, Scheduling, "From plan to appointments". Nothing here knows a calendar: what a visit waits for is
said in days, and whoever looks for free times keeps to it.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.catalogue.rules import TreatmentStage
from app.clinical.rules.kinds import Priority, Urgency
from app.kernel.errors import RuleError
from app.kernel.text import T, Text

LONGEST_VISIT = 180  # minutes; more than that nobody sits through
NO_QUADRANT = 9
_STAGE = {stage: place for place, stage in enumerate(TreatmentStage)}  # in the order in which they are written
_URGENCY = {urgency: -place for place, urgency in enumerate(Urgency)}
_PRIORITY = {priority: place for place, priority in enumerate(Priority)}


@dataclass(frozen=True, slots=True)
class Work:
    """A step of a procedure: all of it, or 1 the preparation and 2 the fitting of what the lab made."""

    procedure: int
    minutes: int
    step: int = 1
    tooth: str = ""  # its FDI code; none for work on an arch, the mouth or no tooth
    stage: TreatmentStage = TreatmentStage.OTHER
    urgency: Urgency = Urgency.ROUTINE
    priority: Priority = Priority.MEDIUM
    service: int = 0
    lab_days: int = 0  # of a fitting: the days the lab needs since the preparation
    name: Any = ""  # how sentences call it
    shown: str = ""  # the tooth as the reader numbers it

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from every other."""
        return self.procedure, self.step

    @property
    def is_fitting(self) -> bool:
        """Whether it puts in what the lab made."""
        return self.step == 2

    @property
    def title(self) -> Text:
        """Its name with the tooth: crown 36, crown 36 (fitting)."""
        name = T("%(work)s %(tooth)s", work=self.name, tooth=self.shown or self.tooth) if self.tooth else self.name
        return T("%(work)s (fitting)", work=name) if self.is_fitting else name


@dataclass(frozen=True, slots=True)
class Wait:
    """At least so many days after the visit of this number."""

    visit: int
    days: int


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """The steps that are done in one visit, and what it waits for."""

    number: int  # from 1
    works: tuple[Work, ...]
    waits: tuple[Wait, ...] = ()

    @property
    def minutes(self) -> int:
        """Its length."""
        return sum(work.minutes for work in self.works)


def step_minutes(duration: int, fitting: int | None) -> list[int]:
    """The minutes of a service's steps: one, or preparation and fitting.

    >>> step_minutes(60, 30)
    [60, 30]
    """
    return [duration] if fitting is None else [duration, fitting]


def comes_before(one: Work, other: Work) -> bool:
    """Whether `one` has to be done first: the preparation before its fitting, on one tooth the earlier stage."""
    if one.procedure == other.procedure:
        return one.step < other.step
    return bool(one.tooth) and one.tooth == other.tooth and _STAGE[one.stage] < _STAGE[other.stage]


def group(works: Iterable[Work], limit: int) -> list[PlannedVisit]:
    """The visits for these steps, each step in exactly one; the same for the same steps in whatever order.

    What is most pressing is placed first, together with what has to be done before it; what waits for a lab comes
    last, so that the others use the lab's days. Each goes into the earliest visit that its order allows and in which
    `limit` minutes are kept, with work on its tooth where that fits. A fitting doesn't join a visit with urgent work:
    the lab's days would hold that up.
    """
    todo = sorted(works, key=lambda work: work.key)
    before = {work.key: [one for one in todo if comes_before(one, work)] for work in todo}
    after = {work.key: [one for one in todo if comes_before(work, one)] for work in todo}
    missing = {key: len(found) for key, found in before.items()}
    ready = [(_order(work, before, after), work.key, work) for work in todo if not missing[work.key]]
    heapq.heapify(ready)
    visits: list[list[Work]] = []
    at: dict[tuple[int, int], int] = {}
    while ready:
        work = heapq.heappop(ready)[2]
        allowed = [at[one.key] + (one.procedure == work.procedure) for one in before[work.key]]
        at[work.key] = _place(work, visits, max(allowed, default=0), limit)
        for one in after[work.key]:
            missing[one.key] -= 1
            if not missing[one.key]:
                heapq.heappush(ready, (_order(one, before, after), one.key, one))
    return arranged(visits)


_Around = Mapping[tuple[int, int], Sequence[Work]]


def _order(work: Work, before: _Around, after: _Around) -> tuple[Any, ...]:
    """Its place in the queue: as pressing as the most pressing step that waits for it."""
    pressing = min((_URGENCY[one.urgency], _PRIORITY[one.priority]) for one in (work, *after[work.key]))
    waits_for_lab = any(one.is_fitting for one in (work, *before[work.key]))
    return waits_for_lab, *pressing, quadrant_of(work.tooth), _STAGE[work.stage], work.service, work.tooth


def _place(work: Work, visits: list[list[Work]], earliest: int, limit: int) -> int:
    fits = [
        place
        for place in range(earliest, len(visits))
        if sum(one.minutes for one in visits[place]) + work.minutes <= limit
        and not (work.is_fitting and any(_is_urgent(one) for one in visits[place]))
    ]
    own = [place for place in fits if work.tooth and any(one.tooth == work.tooth for one in visits[place])]
    if not fits:
        visits.append([])
        fits = [len(visits) - 1]
    chosen = (own or fits)[0]
    visits[chosen].append(work)
    return chosen


def _is_urgent(work: Work) -> bool:
    return work.urgency is Urgency.URGENT and not work.is_fitting


def quadrant_of(tooth: str) -> int:
    """Where an injection serves: 1 to 4, of the milk teeth too; work without a tooth comes behind.

    >>> [quadrant_of(code) for code in ("36", "75", "")]
    [3, 3, 9]
    """
    return (int(tooth[0]) - 1) % 4 + 1 if tooth else NO_QUADRANT


def arranged(visits: Iterable[Sequence[Work]]) -> list[PlannedVisit]:
    """Visits in this order, numbered from 1 without the empty ones, each with what it waits for."""
    filled = [tuple(works) for works in visits if works]
    at = {work.key: number for number, works in enumerate(filled, 1) for work in works}
    found = []
    for number, works in enumerate(filled, 1):
        waits = {Wait(at[work.procedure, 1], work.lab_days) for work in works
                 if work.is_fitting and (work.procedure, 1) in at}  # fmt: skip
        found.append(PlannedVisit(number, works, tuple(sorted(waits, key=lambda wait: (wait.visit, wait.days)))))
    return found


def broken_order(visits: Sequence[PlannedVisit]) -> Text | None:
    """What stands in the wrong order, as a sentence; None where all is well."""
    placed = [(visit.number, work) for visit in visits for work in visit.works]
    for number, work in placed:
        for other_number, other in placed:
            if comes_before(other, work):
                if other.procedure == work.procedure and number <= other_number:
                    return T("%(work)s needs a visit of its own after the preparation: the lab works in between.",
                             work=work.title)  # fmt: skip
                if number < other_number:
                    return T("%(work)s can't come before %(other)s on its tooth.", work=work.title, other=other.title)
    return None


def most_minutes(limit: int) -> int:
    """The longest visit that can be booked, where `limit` is the longest that is proposed."""
    return max(LONGEST_VISIT, limit)


def too_long(works: Iterable[Work], limit: int) -> Text | None:
    """The hint for a step that fits into no visit; None where all do."""
    most = most_minutes(limit)
    for work in sorted(works, key=lambda work: work.key):
        if work.minutes > most:
            return T(
                "%(work)s takes %(minutes)s minutes; no visit is longer than %(most)s. Split it into two procedures.",
                work=work.title, minutes=work.minutes, most=most,
            )  # fmt: skip
    return None


def check_visits(visits: Sequence[PlannedVisit], limit: int) -> None:
    """Refuse visits in the wrong order, and those nobody sits through. Raises RuleError."""
    hint = too_long((work for visit in visits for work in visit.works), limit)
    text = hint or broken_order(visits) or next((_long(visit, limit) for visit in visits if _long(visit, limit)), None)
    if text is not None:
        raise RuleError(text)


def _long(visit: PlannedVisit, limit: int) -> Text | None:
    most = most_minutes(limit)
    if visit.minutes <= most:
        return None
    return T("Visit %(number)s would take %(minutes)s minutes; no visit is longer than %(most)s. Split it.",
             number=visit.number, minutes=visit.minutes, most=most)  # fmt: skip


def reasons(visits: Sequence[PlannedVisit], limit: int) -> dict[int, list[Text]]:
    """visit's number → why it stands where it does, as sentences."""
    return {visit.number: _reasons(visit, visits[: visit.number - 1], limit) for visit in visits}


def _reasons(visit: PlannedVisit, earlier: Sequence[PlannedVisit], limit: int) -> list[Text]:
    found: list[Text] = []
    if visit.number == 1 and any(_is_urgent(work) for work in visit.works):
        found.append(T("Urgent work comes first."))
    done = [work for other in earlier for work in other.works]
    for work in visit.works:
        first = [one for one in done if comes_before(one, work) and one.procedure != work.procedure]
        if first and not work.is_fitting:
            last = max(first, key=lambda one: (_STAGE[one.stage], one.key))
            found.append(T("%(work)s follows %(other)s.", work=work.title, other=last.title))
    if visit.waits:
        found.append(T("%(days)s days for the lab.", days=max(wait.days for wait in visit.waits)))
    if len(visit.works) == 1 and visit.minutes > limit:
        found.append(T("Longer than %(limit)s minutes: a visit of its own.", limit=limit))
    if not found and earlier:
        found.append(T("The visits before have no room left for it."))
    return found
