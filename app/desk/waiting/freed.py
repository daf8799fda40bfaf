"""The time that became free, as an address names it: `?freed=7&start=20261124T0200Z&minutes=30&doctor=3&chair=1`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.kernel.keys import parse_key
from app.people.models import Employee
from app.scheduling.models import Appointment, Chair, WaitlistEntry
from app.scheduling.queries.waiting import is_free, who_fits
from app.scheduling.rules import LONGEST, AppointmentStatus, Holding, Span, Terms
from app.scheduling.rules.waiting import Opening
from app.workflows.freed import freed_url
from app.workflows.waitlist import opening_of

_START = re.compile(r"(\d{8}T\d{4})Z")


@dataclass(frozen=True, slots=True)
class Freed:
    """A time that became free: with whom and where, whether it still is, and whom it suits."""

    opening: Opening
    doctor: Employee
    chair: Chair | None
    is_free: bool
    is_past: bool
    entries: Sequence[WaitlistEntry]


def freed_of(session: Session, args: Mapping[str, str], *, now: datetime, terms: Terms) -> Freed | None:
    """What the address names; None for none and for garbage."""
    opening = opening_from(session, args)
    doctor = session.get(Employee, opening.doctor_id) if opening else None
    if opening is None or doctor is None:
        return None
    chair = session.get(Chair, opening.chair_id) if opening.chair_id else None
    is_past = opening.span.start <= now
    still = not is_past and is_free(session, Holding(opening.span, opening.doctor_id, 0, opening.chair_id))
    entries = who_fits(session, opening, terms.zone, terms.default_minutes) if still else []
    return Freed(opening, doctor, chair, still, is_past, entries)


def left_by(session: Session, row: Appointment, *, now: datetime, terms: Terms) -> tuple[int, str] | None:
    """How many who wait suit the time of a visit that was just cancelled, and where they are; None for nobody."""
    if row.status is not AppointmentStatus.CANCELLED or row.start_at <= now:
        return None
    opening = Opening(Span(row.start_at, row.end_at), row.doctor_id, row.chair_id)
    count = len(who_fits(session, opening, terms.zone, terms.default_minutes))
    return (count, freed_url(row.appointment_id, opening)) if count else None


def opening_from(session: Session, args: Mapping[str, str]) -> Opening | None:
    """The time of an address, or a form: what it spells out, else that of the visit it names."""
    start, doctor = moment_in(args.get("start", "")), parse_key(args.get("doctor"))
    minutes = parse_key(args.get("minutes")) or 0
    if start is not None and doctor and 0 < minutes <= LONGEST:
        return Opening(Span(start, start + timedelta(minutes=minutes)), doctor, parse_key(args.get("chair")))
    key = parse_key(args.get("freed"))
    return opening_of(session, key) if key else None


def moment_in(typed: str) -> datetime | None:
    """`20261124T0200Z` as an instant; None for anything else."""
    found = _START.fullmatch(typed)
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def stamp(moment: datetime) -> str:
    """An instant as addresses and forms carry it."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M}Z"
