"""The desk's search for free times: the first ones, what comes after them, and what to relax where there is none."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.kernel.dates import add_months, clinic_date, day_bounds
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.scheduling.queries import first_free
from app.scheduling.rules import RoomType, Terms, visit_minutes
from app.scheduling.rules.finding import MONTHS_AHEAD, Free, Wish

MOST_AT_ONCE = 500  # doctors who are free at the same time


@dataclass(frozen=True, slots=True)
class Asked:
    """What the desk looks for; empty means any. `after` is the last time that was shown, with its doctor."""

    service_id: int | None = None
    minutes: int | None = None
    doctor_ids: tuple[int, ...] = ()
    chair_type: RoomType | None = None
    weekdays: Set[int] = frozenset()
    time_from: time | None = None
    time_until: time | None = None
    earliest: date | None = None
    patient_id: int | None = None
    but: int | None = None  # the appointment that is to be moved
    after: tuple[datetime, int] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The free times, in order of time and doctor, and whether there are more of them."""

    times: Sequence[Free]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A wish that can be given up, and the first time that is free without it."""

    name: str
    text: Text
    first: Free


def find_free(session: Session, asked: Asked, *, now: datetime, terms: Terms, count: int = 20) -> Found:
    """The first `count` free times after those that were shown already. Raises RuleError for a senseless wish."""
    wish, but = _wish(session, asked, now, terms), (asked.but,) if asked.but else ()
    last, at_once = asked.after, 0
    if last is not None:
        # at the time of the last one several doctors may be free: those before it were shown already
        wish, at_once = replace(wish, earliest=max(wish.earliest, last[0])), MOST_AT_ONCE
    free = first_free(session, wish, now=now, terms=terms, count=count + 1 + at_once, but=but)
    found = [one for one in free if last is None or (one.start, one.doctor_id) > last]
    return Found(found[:count], len(found) > count)


def _wish(session: Session, asked: Asked, now: datetime, terms: Terms) -> Wish:
    service = session.get(ServiceCatalog, asked.service_id) if asked.service_id else None
    duration = service.default_duration_time if service else None
    earliest = now if asked.earliest is None else max(now, day_bounds(asked.earliest, terms.zone)[0])
    last = day_bounds(add_months(clinic_date(now, terms.zone), MONTHS_AHEAD), terms.zone)[1]
    if earliest >= last:
        text = T("Free times are looked for within %(months)s months.", months=MONTHS_AHEAD)
        raise RuleError(text, field="earliest")
    return Wish(
        minutes=visit_minutes(asked.minutes, duration, terms.default_minutes),
        earliest=earliest,
        latest=last,
        lead=service.assistant_lead_minutes if service else 0,
        tail=service.assistant_tail_minutes if service else 0,
        doctor_ids=tuple(sorted(asked.doctor_ids)),
        patient_id=asked.patient_id,
        chair_type=asked.chair_type,
        weekdays=asked.weekdays,
        time_from=asked.time_from,
        time_until=asked.time_until,
    )


def what_to_relax(session: Session, asked: Asked, *, now: datetime, terms: Terms) -> list[Relaxed]:
    """Where nothing was found: each wish without which there is a free time, and the first such time.

    Where no single one is in the way, all of them together.
    """
    hours = asked.time_from or asked.time_until
    ways: tuple[tuple[str, Text, Any, dict[str, Any]], ...] = (
        ("weekday", T("On any weekday"), asked.weekdays, {"weekdays": frozenset()}),
        ("hours", T("At any hour"), hours, {"time_from": None, "time_until": None}),
        ("doctor_id", T("With any doctor"), asked.doctor_ids, {"doctor_ids": ()}),
        ("chair_type", T("In any treatment room"), asked.chair_type, {"chair_type": None}),
    )
    given = [(name, text, without) for name, text, wish, without in ways if wish]
    told = [_relaxed(session, asked, *one, now, terms) for one in given]
    found = [one for one in told if one is not None]
    if not found and len(given) > 1:
        everything = {name: value for _, _, without in given for name, value in without.items()}
        one = _relaxed(session, asked, "all", T("Without any of these wishes"), everything, now, terms)
        found = [one] if one is not None else []
    return found


def _relaxed(
    session: Session, asked: Asked, name: str, text: Text, without: dict[str, Any], now: datetime, terms: Terms
) -> Relaxed | None:
    found = find_free(session, replace(asked, after=None, **without), now=now, terms=terms, count=1)
    return Relaxed(name, text, found.times[0]) if found.times else None
