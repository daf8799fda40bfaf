"""What a booking must keep to, who may pass by it with a reason, and where there is still room.

Source: rules.md, Scheduling. The overlap is no rule here: the database refuses it.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from app.kernel.dates import clinic_date, clinic_moment, day_bounds
from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.rules.times import SLOT_MINUTES, Holding, Span, intersect, merge, subtract

FURTHEST = timedelta(days=731)  # further ahead it is a slip of the keyboard


class Check(Word):
    """The four that may be overridden with a reason."""

    SHIFT = "shift", T("The doctor doesn't work at this time.")
    AWAY = "away", T("The doctor is away at this time.")
    HOLIDAY = "holiday", T("The clinic is closed on this public holiday.")
    HOURS = "hours", T("This is outside the opening hours.")


@dataclass(frozen=True, slots=True)
class Terms:
    """The clinic's settings that a booking depends on, and what the person may."""

    zone: tzinfo
    opening_hours: Mapping[str, Any] = field(default_factory=dict)  # {"0": ["09:00", "19:00"], …, "6": None}
    default_minutes: int = 30
    grid_minutes: int = 15
    may_override: bool = False

    @property
    def grid(self) -> timedelta:
        """The step at which the desk offers times: a multiple of five minutes."""
        return timedelta(minutes=max(SLOT_MINUTES, self.grid_minutes // SLOT_MINUTES * SLOT_MINUTES))


@dataclass(frozen=True, slots=True)
class Days:
    """What is known of a doctor's days: shifts of work, time off, and the dates on which the clinic is closed."""

    shifts: Sequence[Span] = ()
    away: Sequence[Span] = ()
    closed: Set[date] = frozenset()


def broken_checks(span: Span, days: Days, terms: Terms) -> list[Check]:
    """Which of the four a visit at `span` breaks. Shifts that touch count as one; no opening hours set: no check."""
    dates = list(_dates(span, terms.zone))
    found = (
        (Check.SHIFT, not any(shift.holds(span) for shift in merge(days.shifts))),
        (Check.AWAY, any(away.overlaps(span) for away in days.away)),
        (Check.HOLIDAY, any(day in days.closed for day in dates)),
        (Check.HOURS, not any(opened.holds(span) for opened in merge(opening_spans(dates, terms)))),
    )
    return [check for check, is_broken in found if is_broken]


def check_booking(span: Span, days: Days, terms: Terms, reason: str | None) -> str | None:
    """The reason to keep on the appointment: None where nothing is broken. Raises RuleError (start_at).

    Its data names the broken checks, so that a page can ask for a reason from whoever may override them.
    """
    broken = broken_checks(span, days, terms)
    if not broken:
        return None
    kept = (reason or "").strip()
    if terms.may_override and kept:
        return kept
    error = RuleError.many([("start_at", check.label) for check in broken])
    error.data = {"broken": [check.value for check in broken]}
    raise error


def check_start(start: datetime, now: datetime, zone: tzinfo) -> None:
    """Refuse a start off the five minutes, before today, or years ahead. Raises RuleError (start_at)."""
    if start.second or start.microsecond or start.minute % SLOT_MINUTES:
        raise RuleError(T("A visit starts on a full five minutes, such as 14:30 or 14:35."), field="start_at")
    if start < day_bounds(clinic_date(now, zone), zone)[0]:
        raise RuleError(T("This day has passed."), field="start_at")
    if start > now + FURTHEST:
        raise RuleError(T("This is more than two years ahead."), field="start_at")


def opening_spans(dates: Sequence[date], terms: Terms) -> list[Span]:
    """When the clinic is open on these dates; always, where no opening hours are set."""
    spans = []
    for day in dates:
        hours = terms.opening_hours.get(str(day.weekday())) if terms.opening_hours else ("00:00", "24:00")
        if hours:
            spans.append(Span(_wall(day, hours[0], terms.zone), _wall(day, hours[1], terms.zone)))
    return spans


def _wall(day: date, clock: str, zone: tzinfo) -> datetime:
    if clock == "24:00":
        return day_bounds(day, zone)[1]
    return clinic_moment(day, time.fromisoformat(clock), zone)


def _dates(span: Span, zone: tzinfo) -> Iterator[date]:
    day, last = clinic_date(span.start, zone), clinic_date(span.end - timedelta(microseconds=1), zone)
    while day <= last:
        yield day
        day += timedelta(days=1)


def workable(window: Span, days: Days, terms: Terms) -> list[Span]:
    """The time inside `window` in which a booking breaks none of the four checks."""
    dates = list(_dates(window, terms.zone))
    closed = [Span(*day_bounds(day, terms.zone)) for day in dates if day in days.closed]
    opened = intersect([window], opening_spans(dates, terms))
    return subtract(intersect(merge(days.shifts), opened), [*days.away, *closed])


def free_starts(
    visit: Holding,
    spans: Sequence[Span],
    *,
    dentist_full: Set[datetime],
    others_taken: Set[datetime],
    terms: Terms,
    count: int = 3,
) -> list[datetime]:
    """The `count` starts nearest to the visit's own at which it fits into `spans`, earliest first.

    `dentist_full` are the slots in which the doctor has no lane left, `others_taken` those in which the chair, the
    assistant or the patient is busy. Starts lie on the desk's grid, counted from midnight on the clinic's clock.
    """
    length, wanted = visit.span.end - visit.span.start, visit.span.start
    lead, middle = visit.dentist_span.start - wanted, visit.dentist_span.end - visit.dentist_span.start
    found = []
    for span in spans:
        start = on_grid(span.start, terms)
        while start + length <= span.end:
            whole, dentist = Span(start, start + length), Span(start + lead, start + lead + middle)
            if others_taken.isdisjoint(whole.slots()) and dentist_full.isdisjoint(dentist.slots()):
                found.append(start)
            start += terms.grid
    nearest = sorted(found, key=lambda start: (abs(start - wanted), start))[:count]
    return sorted(nearest)


def on_grid(moment: datetime, terms: Terms) -> datetime:
    """The first point of the grid that isn't before `moment`."""
    midnight = day_bounds(clinic_date(moment, terms.zone), terms.zone)[0]
    return midnight + -(-(moment - midnight) // terms.grid) * terms.grid
