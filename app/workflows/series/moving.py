"""Moving a visit, and what follows it in its series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.clinical.actions.steps import follow_appointment
from app.db.unit import TryAgain
from app.kernel.dates import clinic_date, clinic_moment
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T
from app.people.models import Employee
from app.scheduling import actions, queries
from app.scheduling.actions.placing import holding
from app.scheduling.actions.slots import release_slots
from app.scheduling.models import Appointment
from app.scheduling.queries.finding import first_free
from app.scheduling.rules import (
    LONGEST,
    AppointmentSource,
    AppointmentStatus,
    Holding,
    SlotKind,
    Span,
    Terms,
    broken_checks,
    lanes_for,
    slots_of,
)
from app.scheduling.rules.finding import Wish
from app.workflows.booking import locked_appointment, reschedule_visit
from app.workflows.series.bounds import (
    COMING,
    LabTime,
    check_between,
    counts,
    earliest,
    lab_times,
    locked_series,
)

KEPT = (
    "doctor_id", "chair_id", "assistant_id", "planned_service", "start_at", "minutes", "override_reason", "purpose",
    "source", "note", "status", "cancel_reason", "confirmation_sent", "reminders_sent",
)  # fmt: skip
FURTHEST = 60  # days after its wished time within which a visit that follows finds another


@dataclass(frozen=True, slots=True)
class Moved:
    """A visit that was moved: where it stood before, and the version it has now."""

    appointment_id: int
    version: int
    before: Mapping[str, Any]


_READ: dict[str, Any] = {"start_at": datetime.fromisoformat, "status": AppointmentStatus, "source": AppointmentSource}


def as_plain(moved: Sequence[Moved]) -> list[Any]:
    """Moved visits as JSON holds them, for a page that can put them back."""
    return [[one.appointment_id, one.version, {k: _plain(v) for k, v in one.before.items()}] for one in moved]


def from_plain(rows: Sequence[Any]) -> list[Moved]:
    """What `as_plain` wrote."""
    return [Moved(key, version, {k: _read(k, v) for k, v in before.items()}) for key, version, before in rows]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else getattr(value, "value", value)


def _read(name: str, value: Any) -> Any:
    return _READ[name](value) if name in _READ and value is not None else value


def reschedule_together(
    session: Session,
    appointment_id: int,
    values: Mapping[str, Any],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    version: int | None = None,
) -> list[Moved]:
    """Give a visit another time, doctor, chair or length; what follows it in its series moves along.

    The first visit that is still to come takes the later ones with it, by as many days, at their times of day; one
    that finds no room there gets the first free time after it, in order and with the days of the lab. A later visit
    moves alone, between its neighbours. All or none. Raises as `reschedule_visit`. The visit asked for comes first.
    """
    series = locked_series(session, appointment_id)
    row = locked_appointment(session, appointment_id, version)
    labs = lab_times(session, series) if len(series) > 1 else []
    before, old = {one.appointment_id: _kept(one) for one in series}, row.start_at
    before[appointment_id] = _kept(row)
    doctor_before = row.doctor_id
    span = _wanted(row, values)
    days = (clinic_date(span.start, terms.zone) - clinic_date(old, terms.zone)).days
    following = _following(row, series, now) if days else []
    stays = [one for one in series if one is not row and one not in following]
    if (span.start, span.end) != (row.start_at, row.end_at) or not counts(row):
        check_between(row, span, stays, labs, terms)
    for one in following:
        release_slots(session, one)
    came_back = not counts(row)
    row = reschedule_visit(session, appointment_id, values, by_user=by_user, now=now, terms=terms, version=version)
    doctor = row.doctor_id if row.doctor_id != doctor_before else None
    placed = [*stays, row]
    for one in following:
        _follow(session, one, placed, labs, days, doctor, by_user=by_user, now=now, terms=terms)
        placed.append(one)
    if came_back:
        follow_appointment(session, row)
    return [Moved(one.appointment_id, one.version, before[one.appointment_id]) for one in (row, *following)]


def _kept(row: Appointment) -> dict[str, Any]:
    return {name: getattr(row, name) for name in KEPT}


def _wanted(row: Appointment, values: Mapping[str, Any]) -> Span:
    """The time that is asked for; a wrong one is refused later, by who books it."""
    start, minutes = values.get("start_at") or row.start_at, values.get("minutes") or row.minutes
    return Span(start, start + timedelta(minutes=min(max(int(minutes), 1), LONGEST)))


def _following(row: Appointment, series: Sequence[Appointment], now: datetime) -> list[Appointment]:
    """What moves along: the rest of the series, where this is the first visit that is still to come."""
    coming = [one for one in series if one.status in COMING and (one is row or one.start_at >= now)]
    return coming[1:] if coming and coming[0] is row else []


def _follow(
    session: Session,
    row: Appointment,
    placed: Sequence[Appointment],
    labs: Sequence[LabTime],
    days: int,
    doctor: int | None,
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
) -> None:
    """Put a visit so many days away at its time of day, else at the first free time after that."""
    wall = row.start_at.astimezone(terms.zone)
    wished = clinic_moment(wall.date() + timedelta(days=days), wall.time(), terms.zone)
    least = max(wished, now, earliest(row, placed, labs, terms))
    hold = holding(session, row)
    wish = replace(hold, span=Span(wished, wished + timedelta(minutes=row.minutes)), doctor_id=doctor or row.doctor_id)
    values: dict[str, Any] = {"start_at": wished, "doctor_id": wish.doctor_id}
    if least > wished or not _is_bookable(session, wish, terms):
        values |= _first_free(session, row, wish, least, wished, placed, now=now, terms=terms)
    try:
        actions.reschedule(session, row, values, now=now, terms=terms, by_user=by_user)
    except Conflict as error:
        raise TryAgain from error  # somebody was quicker between the look and the booking


def _is_bookable(session: Session, wish: Holding, terms: Terms) -> bool:
    """Whether a time breaks no rule and is free."""
    days = queries.days_of_doctor(session, wish.doctor_id, wish.span, terms.zone)
    if broken_checks(wish.span, days, terms):
        return False
    taken: dict[tuple[SlotKind, int], dict[datetime, set[int]]] = {}
    for slot in queries.slots_taken(session, wish.resources(), wish.span):
        taken.setdefault((slot.kind, slot.resource_id), {}).setdefault(slot.starts_at, set()).add(slot.lane)
    capacity = session.get_one(Employee, wish.doctor_id).chair_capacity
    return all(
        lanes_for(slots, taken.get(key, {}), capacity if key[0] is SlotKind.DOCTOR else 1) is not None
        for key, slots in slots_of(wish).items()
    )


def _first_free(
    session: Session,
    row: Appointment,
    hold: Holding,
    least: datetime,
    wished: datetime,
    placed: Sequence[Appointment],
    *,
    now: datetime,
    terms: Terms,
) -> dict[str, Any]:
    """Start and chair of the first free time: at the same chair, else at another. Raises RuleError (start_at)."""
    wish = Wish(
        row.minutes, least, wished + timedelta(days=FURTHEST), hold.lead, hold.tail, (hold.doctor_id,), row.patient_id,
        row.assistant_id, chair_id=row.chair_id,
        blocked=[Span(one.start_at, one.end_at) for one in placed if counts(one)],
    )  # fmt: skip
    for one in (wish, replace(wish, chair_id=None)) if row.chair_id else (wish,):
        found = first_free(session, one, now=now, terms=terms, count=1)
        if found:
            return {"start_at": found[0].start, "chair_id": found[0].chair_id}
    text = T("The series stays: there is no free time for its visit at %(when)s within %(days)s days.",
             when=row.start_at, days=FURTHEST)  # fmt: skip
    raise RuleError(text, field="start_at")
