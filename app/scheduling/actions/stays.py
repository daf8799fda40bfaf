"""Who is in which room: a row opens with the treatment and closes with it, or is written by hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import queries
from app.scheduling.models import Appointment, Chair, RoomAllocation
from app.scheduling.rules import check_order

AT_ONCE = timedelta(minutes=2)  # who is back so soon never left


def enter_room(session: Session, appointment: Appointment, *, now: datetime) -> RoomAllocation | None:
    """The patient of a locked appointment sits down in its chair; None where it has none."""
    chair = session.get(Chair, appointment.chair_id) if appointment.chair_id else None
    if chair is None:
        return None
    last = queries.last_stay(session, appointment.appointment_id)
    if last is not None and (last.until is None or (now - last.until < AT_ONCE and last.chair_id == chair.chair_id)):
        last.until = None
        session.flush()
        return last
    row = RoomAllocation(
        room_id=chair.room_id, chair_id=chair.chair_id, patient_id=appointment.patient_id,
        appointment_id=appointment.appointment_id, from_=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def leave_room(session: Session, appointment: Appointment, *, now: datetime) -> None:
    """The patient of a locked appointment gets up."""
    last = queries.last_stay(session, appointment.appointment_id)
    if last is not None and last.until is None:
        last.until = max(now, last.from_)
        session.flush()


def check_stay(session: Session, row: RoomAllocation) -> None:
    """It ends after it begins, and the chair stands in the room. Raises RuleError."""
    if row.until is not None:
        check_order(row.from_, row.until, "until")
    chair = session.get(Chair, row.chair_id) if row.chair_id else None
    if chair is not None and chair.room_id != row.room_id:
        raise RuleError(T("This chair stands in another room."), field="chair_id")


def fill_stay(session: Session, row: RoomAllocation, values: Mapping[str, Any]) -> RoomAllocation:
    """A stay written by hand. Raises RuleError."""
    with session.no_autoflush:
        for name, value in values.items():
            setattr(row, name, value)
        check_stay(session, row)
    session.add(row)
    session.flush()
    return row
