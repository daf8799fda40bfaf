"""Rooms."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.kernel.text import T
from app.scheduling.models import Room
from app.scheduling.rules import RoomStatus
from app.scheduling.rules.rooms import check_status


def set_room_status(
    session: Session, room_id: int, status: RoomStatus, *, now: datetime, reason: str | None = None
) -> Room:
    """Set by hand how a room stands. Raises NotFound; RuleError for out of service without a reason."""
    room = session.get(Room, room_id, with_for_update=True)
    if room is None:
        raise NotFound(T("This record no longer exists."))
    return keep_status(session, room, status, reason, now=now)


def keep_status(session: Session, room: Room, status: RoomStatus, reason: str | None, *, now: datetime) -> Room:
    """The status of a new or locked room as somebody set it. Raises RuleError."""
    room.status_reason = check_status(status, reason)
    room.status, room.status_at = status, now
    session.add(room)
    session.flush()
    return room
