"""Who is in which room, for everybody who looks at the rooms.

Source: pages.csv, /rooms; tables.md, scheduling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol

from app.scheduling.rules.day import Seat, V, seat
from app.scheduling.rules.states import RoomStatus, room_now


class RoomLike(Protocol):
    """What is asked of a room here."""

    room_id: int
    status: RoomStatus


class ChairLike(Protocol):
    """What is asked of a chair here."""

    chair_id: int
    room_id: int


@dataclass(slots=True)
class RoomCard(Generic[V]):
    """A room with its chairs and how it stands."""

    room: RoomLike
    status: RoomStatus
    seats: list[tuple[ChairLike, Seat[V]]] = field(default_factory=list)


def room_cards(
    rooms: Iterable[RoomLike], chairs: Sequence[ChairLike], visits: Iterable[V], now: datetime
) -> list[RoomCard[V]]:
    """The rooms, those with chairs first, in the order given."""
    by_chair: dict[int | None, list[V]] = {}
    for visit in visits:
        by_chair.setdefault(getattr(visit, "chair_id", None), []).append(visit)
    cards = []
    for room in rooms:
        own = [chair for chair in chairs if chair.room_id == room.room_id]
        seats = [(chair, seat(by_chair.get(chair.chair_id, ()), now)) for chair in own]
        has_patient = any(found.current is not None for _, found in seats)
        cards.append(RoomCard(room, room_now(room.status, has_patient), seats))
    return sorted(cards, key=lambda card: not card.seats)
