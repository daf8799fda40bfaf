"""Putting a visit back where it stood before it was moved."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.scheduling.actions.placing import holding
from app.scheduling.actions.slots import take_slots
from app.scheduling.models import Appointment, AppointmentStatusChange
from app.scheduling.rules import LIVE, UNDO


def restore(
    session: Session, appointment: Appointment, before: Mapping[str, Any], *, now: datetime, by_user: int | None
) -> None:
    """Give a locked appointment, whose slots are released, the values it had. Raises Conflict (start_at), TryAgain."""
    values = {name: value for name, value in before.items() if name != "minutes"}
    values["end_at"] = before["start_at"] + timedelta(minutes=before["minutes"])
    was = appointment.status
    for name, value in values.items():
        setattr(appointment, name, value)
    appointment.version += 1
    if appointment.status is not was:
        change = AppointmentStatusChange(
            appointment_id=appointment.appointment_id, from_=was, to=appointment.status, by=by_user, at=now, reason=UNDO
        )
        session.add(change)
    session.flush()
    if appointment.status in LIVE:
        take_slots(session, appointment, holding(session, appointment))
