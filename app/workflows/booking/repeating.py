"""How a visit that repeats would stand: each date free, taken or outside the shifts, and what is free instead."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.dates import clinic_date, day_bounds
from app.scheduling import queries
from app.scheduling.rules import Holding, Span, Terms, broken_checks, free_starts, workable
from app.scheduling.rules.booking import Days
from app.scheduling.rules.repeating import Occurrence, Repeat, fits, moved, repeated_starts
from app.workflows.booking.free import busy_for, wish_of

AROUND = timedelta(days=6)  # less than a week, so that what is offered for one date never meets the next
OTHERS = 4


def occurrences(
    session: Session, values: Mapping[str, Any], repeat: Repeat, *, now: datetime, terms: Terms
) -> list[Occurrence]:
    """Each date of a visit that repeats, in a few statements however many. Raises RuleError (repeat_…, minutes)."""
    wish = wish_of(session, values, terms)
    starts = repeated_starts(wish.span.start, repeat, terms.zone)
    visits = [moved(wish, start - wish.span.start) for start in starts]
    whole = Span(visits[0].span.start - timedelta(days=1), visits[-1].span.end + AROUND)
    days = queries.days_of_doctor(session, wish.doctor_id, whole, terms.zone)
    busy = busy_for(session, [wish], [visit.span for visit in visits])
    found = [
        Occurrence(
            visit.span.start,
            visit.span.end,
            broken_checks(visit.span, days, terms),
            not fits([visit], busy.dentist_full, busy.others_taken),
        )
        for visit in visits
    ]
    return _with_others(session, visits, found, days, now, terms)


def _with_others(
    session: Session, visits: Sequence[Holding], found: Sequence[Occurrence], days: Days, now: datetime, terms: Terms
) -> list[Occurrence]:
    windows = {
        one.start: Span(max(now, day_bounds(clinic_date(one.start, terms.zone), terms.zone)[0]), one.start + AROUND)
        for one in found
        if not one.is_free and one.start + AROUND > now
    }
    if not windows:
        return list(found)
    busy = busy_for(session, visits[:1], list(windows.values()))
    told = []
    for visit, one in zip(visits, found, strict=True):
        others: list[datetime] = []
        if one.start in windows:
            spans = workable(windows[one.start], days, terms)
            full, taken = busy.dentist_full, busy.others_taken
            others = free_starts(visit, spans, dentist_full=full, others_taken=taken, terms=terms, count=OTHERS)
        told.append(Occurrence(one.start, one.end, one.broken, one.is_taken, others))
    return told
