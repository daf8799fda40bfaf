"""Reads about series of visits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus

COMING = (AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Visits:
    """How many visits a series has, and when the next one is."""

    count: int
    next_at: datetime | None


def visits_of_series(session: Session, series_ids: Iterable[int], now: datetime) -> dict[int, Visits]:
    """Series → its visits; one statement."""
    is_coming = sa.and_(Appointment.status.in_(COMING), Appointment.start_at >= now)
    statement = (
        sa.select(
            Appointment.series_id,
            sa.func.count(),
            sa.func.min(sa.case((is_coming, Appointment.start_at), else_=None)),
        )
        .where(Appointment.series_id.in_(list(series_ids)))
        .group_by(Appointment.series_id)
    )
    return {key: Visits(count, next_at) for key, count, next_at in session.execute(statement) if key is not None}
