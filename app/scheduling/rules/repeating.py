"""Visits that are booked together: one that repeats, and those of a family.

A visit that repeats keeps its time on the clinic's clock, whatever the clocks do in between.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from app.kernel.dates import clinic_date, clinic_moment
from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.rules.booking import FURTHEST, Check, Terms, on_grid
from app.scheduling.rules.times import Holding, Span

MOST_WEEKS_BETWEEN, LEAST_TIMES, MOST_TIMES = 12, 2, 24
MOST_OF_A_FAMILY = 6


class FamilyWay(Word):
    """How the visits of a family stand to each other."""

    AFTER = "after", T("One after the other")
    BESIDE = "beside", T("At the same time, each with a doctor of their own")


@dataclass(frozen=True, slots=True)
class Repeat:
    """Every so many weeks, so many times or until a date."""

    weeks: int
    times: int | None = None
    until: date | None = None


def repeated_starts(first: datetime, repeat: Repeat, zone: tzinfo) -> list[datetime]:
    """The starts of a visit that repeats, the first one among them. Raises RuleError (repeat_…)."""
    if not 1 <= repeat.weeks <= MOST_WEEKS_BETWEEN:
        text = T("From %(least)s to %(most)s.", least=1, most=MOST_WEEKS_BETWEEN)
        raise RuleError(text, field="repeat_weeks")
    times = _times(first, repeat, zone)
    wall = first.astimezone(zone)
    days = (wall.date() + timedelta(weeks=repeat.weeks * number) for number in range(times))
    starts = [clinic_moment(day, wall.time(), zone) for day in days]
    if starts[-1] > first + FURTHEST:
        raise RuleError(T("The last visit would be more than two years ahead."), field="repeat_weeks")
    return starts


def _times(first: datetime, repeat: Repeat, zone: tzinfo) -> int:
    if (repeat.times is None) == (repeat.until is None):
        raise RuleError(T("Say how many times, or until which day: one of the two."), field="repeat_times")
    if repeat.times is not None:
        if not LEAST_TIMES <= repeat.times <= MOST_TIMES:
            raise RuleError(T("From %(least)s to %(most)s.", least=LEAST_TIMES, most=MOST_TIMES), field="repeat_times")
        return repeat.times
    assert repeat.until is not None
    times = (repeat.until - clinic_date(first, zone)).days // (7 * repeat.weeks) + 1
    if times < LEAST_TIMES:
        raise RuleError(T("By this day there is no second visit."), field="repeat_until")
    if times > MOST_TIMES:
        text = T("These are %(times)s visits; at most %(most)s.", times=times, most=MOST_TIMES)
        raise RuleError(text, field="repeat_until")
    return times


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a visit that repeats: what stands in its way, and the nearest times that are free."""

    start: datetime
    end: datetime
    broken: Sequence[Check] = ()
    is_taken: bool = False
    others: Sequence[datetime] = ()

    @property
    def is_free(self) -> bool:
        """Whether nothing stands in its way."""
        return not self.broken and not self.is_taken


def fits(visits: Sequence[Holding], dentist_full: Set[datetime], others_taken: Set[datetime]) -> bool:
    """Whether nobody whom these visits need is busy then."""
    return all(
        others_taken.isdisjoint(visit.span.slots()) and dentist_full.isdisjoint(visit.dentist_span.slots())
        for visit in visits
    )


def free_runs(
    visits: Sequence[Holding],
    spans: Sequence[Span],
    *,
    dentist_full: Set[datetime],
    others_taken: Set[datetime],
    terms: Terms,
    count: int = 3,
) -> list[datetime]:
    """The `count` starts nearest to the first visit's own at which all of these visits fit, earliest first.

    They keep their distances to each other. The rest is as in `free_starts`.
    """
    wanted, length = visits[0].span.start, visits[-1].span.end - visits[0].span.start
    found = []
    for span in spans:
        start = on_grid(span.start, terms)
        while start + length <= span.end:
            if fits([moved(visit, start - wanted) for visit in visits], dentist_full, others_taken):
                found.append(start)
            start += terms.grid
    return sorted(sorted(found, key=lambda start: (abs(start - wanted), start))[:count])


def moved(visit: Holding, by: timedelta) -> Holding:
    """The same visit later or earlier."""
    span = Span(visit.span.start + by, visit.span.end + by)
    return Holding(span, visit.doctor_id, visit.patient_id, visit.chair_id, visit.assistant_id, visit.lead, visit.tail)


def one_after_another(first: Holding, patient_ids: Sequence[int]) -> list[Holding]:
    """The visits of these patients, each where the one before ends, the first at its own time."""
    length = first.span.end - first.span.start
    visits = [moved(first, length * number) for number in range(len(patient_ids))]
    return [
        Holding(v.span, v.doctor_id, patient, v.chair_id, v.assistant_id, v.lead, v.tail)
        for v, patient in zip(visits, patient_ids, strict=True)
    ]
