"""Who is in which room and how each room and chair stands, for everybody who looks at the rooms.

Source: pages.csv, /rooms; tables.md, scheduling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.rules.day import Visit
from app.scheduling.rules.states import AppointmentStatus, RoomStatus, RoomType

S = AppointmentStatus
EXPECTED = (S.RESERVED, S.CONFIRMED)
ROOMY = frozenset({RoomType.CONSULTATION, RoomType.WARD})  # where several may be at once


def room_now(
    kept: RoomStatus,
    *,
    now: datetime,
    kept_at: datetime | None = None,
    has_patient: bool = False,
    left_at: datetime | None = None,
    cleaning: timedelta = timedelta(),
) -> RoomStatus:
    """How a room or a chair stands.

    `kept` is what somebody set by hand at `kept_at`, gone with the next who sits down; `left_at` is when somebody got
    up last. Out of service holds until it is changed. Else who is there makes it occupied; what was set by hand
    holds; after somebody got up it is being cleaned for `cleaning`, unless it was set to free since; then it is free.
    """
    if kept is RoomStatus.OUT_OF_SERVICE:
        return kept
    if has_patient:
        return RoomStatus.OCCUPIED
    if kept is not RoomStatus.FREE:
        return kept
    is_clean = left_at is None or (kept_at is not None and kept_at >= left_at)
    return RoomStatus.FREE if is_clean or now - left_at >= cleaning else RoomStatus.CLEANING  # type: ignore[operator]


class RoomLike(Protocol):
    """What is asked of a room here."""

    room_id: int
    room_type: RoomType
    status: RoomStatus
    status_at: datetime | None


class ChairLike(Protocol):
    """What is asked of a chair here."""

    chair_id: int
    room_id: int


class PlacedVisit(Visit, Protocol):
    """What is asked of a visit here."""

    appointment_id: int
    chair_id: int | None


class StayLike(Protocol):
    """What is asked of a stay here: who is in a room, or was until a moment ago."""

    room_id: int
    chair_id: int | None
    appointment_id: int | None
    from_: datetime
    until: datetime | None


V = TypeVar("V", bound=PlacedVisit)
Y = TypeVar("Y", bound=StayLike)


@dataclass(slots=True)
class Seat(Generic[V, Y]):
    """A chair now: who sits in it, who waits for it, who comes next; whether somebody could sit down at this minute."""

    chair: ChairLike
    status: RoomStatus
    sitting: Y | None
    waiting: list[V]
    coming: V | None
    is_free: bool


@dataclass(slots=True)
class RoomCard(Generic[V, Y]):
    """A room with its chairs, how it stands, and who is in it at no chair of those."""

    room: RoomLike
    status: RoomStatus
    seats: list[Seat[V, Y]] = field(default_factory=list)
    others: list[Y] = field(default_factory=list)
    clean_at: datetime | None = None  # when the cleaning after the last patient is over by itself

    @property
    def has_place(self) -> bool:
        """Whether somebody can be let into a room that has no chairs."""
        return not self.seats and has_place(self.room, len(self.others))


@dataclass(slots=True)
class Rooms(Generic[V, Y]):
    """All rooms at one moment, and who is here but in none."""

    cards: list[RoomCard[V, Y]]
    waiting: list[V]  # checked in
    unseated: list[V]  # in treatment, nobody said where

    @property
    def seats(self) -> list[Seat[V, Y]]:
        """Every chair."""
        return [seat for card in self.cards for seat in card.seats]

    @property
    def free(self) -> list[Seat[V, Y]]:
        """The chairs that nobody sits in, holds at this minute, or cleans."""
        return [seat for seat in self.seats if seat.is_free]


def has_place(room: RoomLike, inside: int) -> bool:
    """Whether one more may come into a room in which `inside` are, without a chair of it."""
    return room.status is not RoomStatus.OUT_OF_SERVICE and (inside == 0 or room.room_type in ROOMY)


def rooms_now(
    rooms: Iterable[RoomLike],
    chairs: Sequence[ChairLike],
    visits: Iterable[V],
    stays: Sequence[Y],
    *,
    now: datetime,
    cleaning: timedelta,
) -> Rooms[V, Y]:
    """The rooms, those with chairs first, in the order given. `visits` are those of the day, `stays` those of people
    who are in a room or left one within `cleaning`.
    """
    live = sorted(visits, key=lambda visit: visit.start_at)
    seated = {stay.appointment_id for stay in stays if stay.until is None}
    away = [visit for visit in live if visit.appointment_id not in seated]
    cards = []
    for room in rooms:
        own = [stay for stay in stays if stay.room_id == room.room_id]
        card: RoomCard[V, Y] = RoomCard(room, _status(room, own, now, cleaning))
        for chair in (chair for chair in chairs if chair.room_id == room.room_id):
            at = [stay for stay in own if stay.chair_id == chair.chair_id]
            planned = [visit for visit in away if visit.chair_id == chair.chair_id]
            card.seats.append(_seat(chair, planned, at, _status(room, at, now, cleaning), now))
        known = {seat.chair.chair_id for seat in card.seats}
        card.others = [stay for stay in own if stay.until is None and stay.chair_id not in known]
        left_at = _left_at(own)
        if card.status is RoomStatus.CLEANING and room.status is RoomStatus.FREE and left_at is not None:
            card.clean_at = left_at + cleaning
        cards.append(card)
    return Rooms(
        sorted(cards, key=lambda card: not card.seats),
        [visit for visit in away if visit.status is S.CAME],
        [visit for visit in away if visit.status is S.IN_TREATMENT],
    )


def _left_at(stays: Iterable[StayLike]) -> datetime | None:
    return max((stay.until for stay in stays if stay.until is not None), default=None)


def _status(room: RoomLike, stays: Sequence[StayLike], now: datetime, cleaning: timedelta) -> RoomStatus:
    return room_now(
        room.status,
        kept_at=room.status_at,
        has_patient=any(stay.until is None for stay in stays),
        left_at=_left_at(stays),
        cleaning=cleaning,
        now=now,
    )


def _seat(chair: ChairLike, planned: list[V], at: list[Y], status: RoomStatus, now: datetime) -> Seat[V, Y]:
    """A chair by the visits that are planned for it and whose patients sit nowhere, and by the stays in it."""
    held = any(v.status in (*EXPECTED, S.CAME, S.IN_TREATMENT) and v.start_at <= now < v.end_at for v in planned)
    return Seat(
        chair,
        status,
        next((stay for stay in at if stay.until is None), None),
        [visit for visit in planned if visit.status is S.CAME],
        next((visit for visit in planned if visit.status in EXPECTED and visit.end_at > now), None),
        status is RoomStatus.FREE and not held,
    )


def check_status(status: RoomStatus, reason: str | None) -> str | None:
    """Why a room stands so, where that is said: out of service needs it. Raises RuleError."""
    clean = (reason or "").strip()
    if status is not RoomStatus.OUT_OF_SERVICE:
        return None
    if not clean:
        raise RuleError(T("Write why the room is out of service."), field="status_reason")
    return clean


def check_times(from_: datetime, until: datetime | None, now: datetime) -> None:
    """A stay says what was and what is, never what will be. Raises RuleError."""
    for name, moment in (("from_", from_), ("until", until)):
        if moment is not None and moment > now:
            raise RuleError(T("This time has not come yet."), field=name)


def check_undo_stay(from_: datetime, until: datetime | None, now: datetime, seconds: int) -> None:
    """Refuse to take back what is older than `seconds`. Raises RuleError."""
    if now - (until or from_) > timedelta(seconds=seconds):
        raise RuleError(T("It is too late to undo this."))
