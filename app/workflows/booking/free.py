"""Where there is room: the times nearest to a wish, for one visit or for several that follow each other."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.rules import Holding, SlotKind, Span, Terms, free_starts, visit_minutes, workable
from app.scheduling.rules.repeating import free_runs

# How far around the wanted time free ones are looked for: near first, and further only when that finds too few.
NEAR, FAR = (timedelta(days=1), timedelta(days=4)), (timedelta(days=7), timedelta(days=45))


def free_times(
    session: Session, wish: Holding, *, now: datetime, terms: Terms, but: int | None = None, count: int = 3
) -> list[datetime]:
    """The `count` free starts nearest to the wish, none before `now`; `but` is the appointment that is to be moved."""
    wanted = max(wish.span.start, now)
    found: list[datetime] = []
    for before, after in (NEAR, FAR):
        window = Span(max(now, wanted - before), wanted + after)
        found = _free_in(session, wish, window, terms, but, count)
        if len(found) >= count:
            break
    return found


def _free_in(
    session: Session, wish: Holding, window: Span, terms: Terms, but: int | None, count: int
) -> list[datetime]:
    days = queries.days_of_doctor(session, wish.doctor_id, window, terms.zone)
    busy = busy_for(session, [wish], [window], but=but)
    spans = workable(window, days, terms)
    return free_starts(
        wish, spans, dentist_full=busy.dentist_full, others_taken=busy.others_taken, terms=terms, count=count
    )


def free_runs_near(
    session: Session, visits: Sequence[Holding], *, now: datetime, terms: Terms, count: int = 3
) -> list[datetime]:
    """As `free_times` for visits of one doctor that keep their distances to each other."""
    wanted = max(visits[0].span.start, now)
    found: list[datetime] = []
    for before, after in (NEAR, FAR):
        window = Span(max(now, wanted - before), wanted + after)
        days = queries.days_of_doctor(session, visits[0].doctor_id, window, terms.zone)
        busy = busy_for(session, visits, [window])
        found = free_runs(
            visits,
            workable(window, days, terms),
            dentist_full=busy.dentist_full,
            others_taken=busy.others_taken,
            terms=terms,
            count=count,
        )
        if len(found) >= count:
            break
    return found


@dataclass(frozen=True, slots=True)
class Busy:
    """The slots in which the doctor has no lane left, and those in which somebody or something else is busy."""

    dentist_full: Set[datetime]
    others_taken: Set[datetime]


def busy_for(session: Session, visits: Sequence[Holding], windows: Sequence[Span], but: int | None = None) -> Busy:
    """Who is busy of those whom visits of one doctor need; several patients count as one who comes to all of them."""
    doctor = session.get(Employee, visits[0].doctor_id)
    needed = list(dict.fromkeys(need for visit in visits for need in visit.resources()))
    lanes: dict[datetime, int] = {}
    others: set[datetime] = set()
    for slot in queries.slots_taken_in(session, needed, windows, but=but):
        if slot.kind is SlotKind.DOCTOR:
            lanes[slot.starts_at] = lanes.get(slot.starts_at, 0) + 1
        else:
            others.add(slot.starts_at)
    capacity = doctor.chair_capacity if doctor else 1
    return Busy({slot for slot, taken in lanes.items() if taken >= capacity}, others)


def wish_of(session: Session, values: Mapping[str, Any], terms: Terms) -> Holding:
    """What was asked for, as the search for free times needs it. Raises RuleError (minutes)."""
    service = session.get(ServiceCatalog, values["planned_service"]) if values.get("planned_service") else None
    duration = service.default_duration_time if service else None
    minutes = visit_minutes(values.get("minutes"), duration, terms.default_minutes)
    start: datetime = values["start_at"]
    return Holding(
        Span(start, start + timedelta(minutes=minutes)),
        doctor_id=values["doctor_id"],
        patient_id=values.get("patient_id") or 0,  # a caller isn't known yet and holds nothing
        chair_id=values.get("chair_id"),
        assistant_id=values.get("assistant_id"),
        lead=service.assistant_lead_minutes if service else 0,
        tail=service.assistant_tail_minutes if service else 0,
    )
