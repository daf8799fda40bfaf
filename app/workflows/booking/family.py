"""When a family can come: one after the other to one doctor, or at the same time to several."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people import queries as people
from app.scheduling import queries
from app.scheduling.queries import first_free
from app.scheduling.rules import Check, Holding, RoomStatus, RoomType, SlotKind, Span, Terms, broken_checks
from app.scheduling.rules.finding import Free, Wish
from app.scheduling.rules.repeating import MOST_OF_A_FAMILY, FamilyWay, fits, one_after_another
from app.workflows.booking.free import busy_for, free_runs_near, free_times, wish_of

CHOICES, LOOKED_AT, MOST_SEATS = 3, 12, 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when one of them would sit."""

    patient_id: int
    start: datetime
    end: datetime
    doctor_id: int
    chair_id: int | None


@dataclass(frozen=True, slots=True)
class Visits:
    """One way in which all of them can come; `broken` are the checks that a reason passes by."""

    places: tuple[Place, ...]
    broken: Sequence[Check] = ()

    @property
    def start(self) -> datetime:
        """When the first one comes."""
        return self.places[0].start


def check_family(session: Session, patient_id: int | None, also_for: Sequence[int]) -> None:
    """Refuse somebody who isn't related to the patient. Raises RuleError (also_for)."""
    if not patient_id:
        raise RuleError(T("Choose the patient first: a caller's family isn't known yet."), field="also_for")
    known = {row.patient_id for row, _ in people.family_of(session, patient_id)}
    if not set(also_for) <= known or patient_id in also_for:
        raise RuleError(T("Only relatives that stand in the patient's record can be booked along."), field="also_for")
    if len(also_for) >= MOST_OF_A_FAMILY:
        raise RuleError(T("At most %(most)s at once.", most=MOST_OF_A_FAMILY), field="also_for")


def ways_to_come(
    session: Session, values: Mapping[str, Any], also_for: Sequence[int], way: FamilyWay, *, now: datetime, terms: Terms
) -> list[Visits]:
    """The ways nearest to the wanted time in which the patient and these relatives can come, earliest first."""
    patients = [values["patient_id"], *also_for]
    wish = wish_of(session, values, terms)
    if way is FamilyWay.AFTER:
        return _after(session, wish, patients, values.get("override_reason"), now, terms)
    return _beside(session, wish, patients, now, terms)


def _after(
    session: Session, wish: Holding, patients: Sequence[int], reason: str | None, now: datetime, terms: Terms
) -> list[Visits]:
    visits = one_after_another(wish, patients)
    whole = Span(visits[0].span.start, visits[-1].span.end)
    days = queries.days_of_doctor(session, wish.doctor_id, whole, terms.zone)
    busy = busy_for(session, visits, [whole])
    broken = [check for visit in visits for check in broken_checks(visit.span, days, terms)]
    found = []
    if fits(visits, busy.dentist_full, busy.others_taken) and (not broken or (terms.may_override and reason)):
        found.append(_placed(visits, timedelta(0), list(dict.fromkeys(broken))))
    starts = free_runs_near(session, visits, now=now, terms=terms, count=CHOICES)
    ways = [_placed(visits, start - wish.span.start) for start in starts if start != wish.span.start or not found]
    return [*found, *ways][:CHOICES]


def _placed(visits: Sequence[Holding], by: timedelta, broken: Sequence[Check] = ()) -> Visits:
    places = (Place(v.patient_id, v.span.start + by, v.span.end + by, v.doctor_id, v.chair_id) for v in visits)
    return Visits(tuple(places), broken)


def _beside(session: Session, wish: Holding, patients: Sequence[int], now: datetime, terms: Terms) -> list[Visits]:
    starts = free_times(session, wish, now=now, terms=terms, count=LOOKED_AT)
    starts.sort(key=lambda start: (abs(start - wish.span.start), start))
    if not starts:
        return []
    seats = [_seats(session, wish, patient_id, starts, now, terms) for patient_id in patients[1:]]
    free_chairs = _free_chairs(session, wish, starts)
    found = []
    for start in starts:
        own = Place(patients[0], start, start + (wish.span.end - wish.span.start), wish.doctor_id, wish.chair_id)
        here = [by_start.get(start, []) for by_start in seats]
        seated = next(_seated([own], patients[1:], here, free_chairs[start]), None)
        if seated is not None:
            found.append(Visits(seated))
    return sorted(found[:CHOICES], key=lambda visits: visits.start)


def _seats(
    session: Session, wish: Holding, patient_id: int, starts: Sequence[datetime], now: datetime, terms: Terms
) -> dict[datetime, list[Free]]:
    """Which doctors have time for a patient, by start."""
    asked = Wish(
        minutes=int((wish.span.end - wish.span.start).total_seconds() // 60),
        earliest=min(starts),
        latest=max(starts),
        lead=wish.lead,
        tail=wish.tail,
        patient_id=patient_id,
    )
    by_start: dict[datetime, list[Free]] = {}
    for free in first_free(session, asked, now=now, terms=terms, count=MOST_SEATS):
        by_start.setdefault(free.start, []).append(free)
    return by_start


def _free_chairs(session: Session, wish: Holding, starts: Sequence[datetime]) -> dict[datetime, list[int]]:
    """The chairs of treatment rooms that nobody holds during a visit, by its start."""
    length = wish.span.end - wish.span.start
    chairs = [
        chair.chair_id
        for chair in queries.chairs(session)
        if chair.room.room_type is RoomType.SURGERY and chair.room.status is not RoomStatus.OUT_OF_SERVICE
    ]
    spans = {start: Span(start, start + length) for start in starts}
    needed = [(SlotKind.CHAIR, key) for key in chairs]
    taken = queries.slots_taken_in(session, needed, list(spans.values())) if needed else []
    return {
        start: [
            key
            for key in chairs
            if not any(slot.resource_id == key and span.start <= slot.starts_at < span.end for slot in taken)
        ]
        for start, span in spans.items()
    }


def _seated(
    seated: Sequence[Place], patients: Sequence[int], seats: Sequence[Sequence[Free]], chairs: Sequence[int]
) -> Iterator[tuple[Place, ...]]:
    """Every way to give each of the patients a doctor and a chair that nobody before them has."""
    if not patients:
        yield tuple(seated)
        return
    used = {place.chair_id for place in seated}
    for free in seats[0]:
        if any(free.doctor_id == place.doctor_id for place in seated):
            continue
        chair = free.chair_id
        if chair is not None and chair in used:
            chair = next((key for key in chairs if key not in used), None)
            if chair is None:
                continue
        place = Place(patients[0], free.start, free.end, free.doctor_id, chair)
        yield from _seated([*seated, place], patients[1:], seats[1:], chairs)
