"""Free times: the first ones that can really be booked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.dates import add_months, clinic_date, clinic_moment, day_bounds
from app.people.models import Employee, EmployeePosition, Position
from app.people.rules import EmployeeStatus, PositionType
from app.scheduling.models import BookingSlot, Chair, Holiday, Room, Shift, TimeOff
from app.scheduling.rules import LONGEST, SLOT, RoomStatus, RoomType, ShiftKind, SlotKind, Span, Terms
from app.scheduling.rules.finding import MONTHS_AHEAD, Free, Seen, Stretch, Wish, check_wish, sweep

# How many days are read at a time: most find what they want in the first, so that little is read for them.
STEPS = (4, 14, 60, 300)
MOST_OTHERS = 12  # chairs: where none of them is free, the doctor's next time is the better offer
BEYOND = timedelta(minutes=LONGEST)  # so far a visit that begins on the last of these days may reach


# Asked at every keystroke of a search, so that each is built once, of columns alone.
_E, _P, _H, _C, _R = (model.__table__.c for model in (Employee, EmployeePosition, Position, Chair, Room))
_S, _T, _D, _B = (model.__table__.c for model in (Shift, TimeOff, Holiday, BookingSlot))
DOCTORS = sa.select(_E.employee_id, _E.chair_capacity, _P.started_at, _P.ended_at).where(
    _P.employee_id == _E.employee_id,
    _H.position_id == _P.position_id,
    _H.position_type == PositionType.DOCTOR,
    _E.status != EmployeeStatus.NOT_WORKING,
)
NAMED = DOCTORS.where(_E.employee_id.in_(sa.bindparam("doctors", expanding=True)))
CHAIRS = sa.select(_C.chair_id, _R.room_type, _R.status).where(_R.room_id == _C.room_id, _C.is_active.is_(True))
CHAIRS = CHAIRS.order_by(_C.name)
SHIFTS = sa.select(_S.employee_id, _S.shift_date, _S.start_time, _S.end_time, _S.chair_id).where(
    _S.employee_id.in_(sa.bindparam("doctors", expanding=True)),
    _S.shift_date.between(sa.bindparam("first"), sa.bindparam("last")),
    _S.kind == ShiftKind.WORK,
)
AWAY = sa.select(_T.employee_id, _T["from"], _T.until).where(
    _T.employee_id.in_(sa.bindparam("doctors", expanding=True)),
    _T["from"] < sa.bindparam("end"),
    _T.until > sa.bindparam("start"),
)
CLOSED = sa.select(_D.date).where(_D.date.between(sa.bindparam("first"), sa.bindparam("last")), _D.is_closed.is_(True))


def _held(kind: SlotKind) -> "sa.Select[Any]":
    """What is held of these doctors, chairs, …: a row for each visit, told from its slots."""
    columns = (sa.literal(kind.value), _B.resource_id, sa.func.min(_B.starts_at), sa.func.max(_B.starts_at))
    return (
        sa.select(*columns)
        .where(
            _B.kind == kind,
            _B.resource_id.in_(sa.bindparam(kind.value, expanding=True)),
            _B.starts_at >= sa.bindparam("start"),
            _B.starts_at < sa.bindparam("end"),
            _B.appointment_id.not_in(sa.bindparam("but", expanding=True)),
        )
        .group_by(_B.resource_id, _B.appointment_id)
    )


HELD = sa.union_all(*(_held(kind) for kind in SlotKind))
KINDS = {kind.value: kind for kind in SlotKind}
NOBODY = [0]  # no row has this key


@dataclass(frozen=True, slots=True)
class Doctor:
    """A doctor's lanes, and when they hold the position."""

    capacity: int
    terms: tuple[tuple[date, date | None], ...]

    def works_on(self, day: date) -> bool:
        """Whether they are a doctor of the clinic then."""
        return any(start <= day and (end is None or day <= end) for start, end in self.terms)


def first_free(
    session: Session, wish: Wish, *, now: datetime, terms: Terms, count: int = 20, but: Sequence[int] = ()
) -> list[Free]:
    """The first `count` free times for a wish within a year, earliest first. Raises RuleError for a senseless wish.

    The slots of the appointments `but` count as free. 6 statements where the next days have room, at most 22.
    """
    check_wish(wish)
    today = clinic_date(now, terms.zone)
    last = day_bounds(add_months(today, MONTHS_AHEAD), terms.zone)[1] - SLOT
    wish = replace(wish, earliest=max(wish.earliest, now), latest=min(wish.latest, last))
    chairs = chairs_of(session, wish)
    if chairs is None:
        return []
    place, found = Place(session, terms, doctors_of(session, wish), chairs, but), list[Free]()
    for stretch, until in _stretches(wish, terms):
        part = replace(wish, latest=min(wish.latest, until - SLOT))
        found += Known(place, wish, stretch).first(part, count - len(found))
        if len(found) >= count:
            break
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where is looked: the doctors and chairs that may be used, and the appointments whose slots count as free."""

    session: Session
    terms: Terms
    doctors: Mapping[int, Doctor]
    chairs: Sequence[int]
    but: Sequence[int] = ()


class Known:
    """A stretch of days as it was read, for as many wishes of the same patient, assistant and doctors as one likes.

    Other chairs than those of the doctors' own shifts are read only when these don't do, and not more than a dozen.
    """

    def __init__(self, place: Place, wish: Wish, stretch: Stretch) -> None:
        self.place, self.stretch = place, stretch
        self.window = Span(stretch.start, stretch.moment(stretch.length))
        shifts = _shifts(place, self.window)
        own = {chair for spans in shifts.values() for _, chair in spans}
        self.near = [key for key in place.chairs if key in own]
        self.seen = self._read(wish, shifts) if shifts else None
        self.has_all = len(self.near) == len(place.chairs)

    def _read(self, wish: Wish, shifts: Mapping[int, Sequence[tuple[Span, int | None]]]) -> Seen:
        place, window = self.place, self.window
        return Seen(
            shifts,
            _away(place, shifts, window),
            _closed(place, window),
            _taken(place, wish, list(shifts), self.near, window),
            {key: place.doctors[key].capacity for key in shifts},
        )

    def first(self, wish: Wish, count: int) -> list[Free]:
        """The first `count` free times of these days."""
        if self.seen is None:
            return []
        whatever = self._sweep(wish, count, ())
        if not self.place.chairs or not whatever:
            return whatever
        found = self._sweep(wish, count, self.near) if self.near else []
        if self.has_all or _when(found) == _when(whatever):
            return found
        others = [key for key in self.place.chairs if key not in self.near][:MOST_OTHERS]
        taken = _taken(self.place, wish, [], others, self.window)
        self.seen, self.has_all = replace(self.seen, taken={**self.seen.taken, **taken}), True
        self.near = [*self.near, *others]
        return self._sweep(wish, count, self.near)

    def _sweep(self, wish: Wish, count: int, chairs: Sequence[int]) -> list[Free]:
        assert self.seen is not None
        return sweep(wish, self.stretch, replace(self.seen, chairs=chairs), self.place.terms, count)


def _when(found: Sequence[Free]) -> list[tuple[datetime, int]]:
    return [(free.start, free.doctor_id) for free in found]


def _stretches(wish: Wish, terms: Terms) -> Iterator[tuple[Stretch, datetime]]:
    """The days from the earliest start to the latest, a few at first; each with the end of its last day."""
    at = day_bounds(clinic_date(wish.earliest, terms.zone), terms.zone)[0]
    end = day_bounds(clinic_date(wish.latest, terms.zone), terms.zone)[1]
    for days in STEPS:
        if at >= end:
            return
        until = min(day_bounds(clinic_date(at, terms.zone) + timedelta(days=days), terms.zone)[0], end)
        yield Stretch(at, (until + BEYOND - at) // SLOT), until
        at = until


def doctors_of(session: Session, wish: Wish) -> dict[int, Doctor]:
    """The doctors whom the wish names, or all."""
    named = list(wish.doctor_ids)
    rows = session.connection().execute(NAMED if named else DOCTORS, {"doctors": named} if named else {})
    found: dict[int, Doctor] = {}
    for key, capacity, start, end in rows:
        before = found[key].terms if key in found else ()
        found[key] = Doctor(capacity, (*before, (start, end)))
    return found


def chairs_of(session: Session, wish: Wish) -> list[int] | None:
    """The chairs that may be used; none in a clinic without any; None where the wish names one there isn't."""
    rows = session.connection().execute(CHAIRS).all()
    if wish.chair_id is not None:
        return [wish.chair_id] if any(key == wish.chair_id for key, _, _ in rows) else None
    if not rows and wish.chair_type is None:
        return []
    wanted = wish.chair_type or RoomType.SURGERY
    usable = [key for key, kind, status in rows if kind is wanted and status is not RoomStatus.OUT_OF_SERVICE]
    return usable or None


def _shifts(place: Place, window: Span) -> dict[int, list[tuple[Span, int | None]]]:
    found: dict[int, list[tuple[Span, int | None]]] = {}
    asked, zone = {"doctors": list(place.doctors) or NOBODY, **_dates(window, place.terms)}, place.terms.zone
    for key, day, start, end, chair in place.session.connection().execute(SHIFTS, asked):
        if place.doctors[key].works_on(day):
            span = Span(clinic_moment(day, start, zone), clinic_moment(day, end, zone))
            found.setdefault(key, []).append((span, chair))
    return found


def _dates(window: Span, terms: Terms) -> dict[str, date]:
    return {"first": clinic_date(window.start, terms.zone), "last": clinic_date(window.end, terms.zone)}


def _away(place: Place, doctors: Iterable[int], window: Span) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    asked = {"doctors": list(doctors), "start": window.start, "end": window.end}
    for key, start, end in place.session.connection().execute(AWAY, asked):
        found.setdefault(key, []).append(Span(start, end))
    return found


def _closed(place: Place, window: Span) -> frozenset[date]:
    return frozenset(place.session.connection().scalars(CLOSED, _dates(window, place.terms)))


def _taken(
    place: Place, wish: Wish, doctors: Sequence[int], chairs: Sequence[int], window: Span
) -> dict[tuple[SlotKind, int], list[Span]]:
    """What is held of doctors, chairs, assistant and patient: a span for each visit."""
    asked = {
        "doctor": list(doctors) or NOBODY,
        "chair": list(chairs) or NOBODY,
        "assistant": [wish.assistant_id or 0],
        "patient": [wish.patient_id or 0],
        "but": list(place.but) or NOBODY,
        "start": window.start,
        "end": window.end,
    }
    found: dict[tuple[SlotKind, int], list[Span]] = {}
    for kind, key, first, last in place.session.connection().execute(HELD, asked):
        found.setdefault((KINDS[kind], key), []).append(Span(first, last + SLOT))
    return found
