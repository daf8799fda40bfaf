"""Reads about visits that nobody came to."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.people.models import Patient
from app.scheduling.models import Appointment
from app.scheduling.queries.visits import WITH_NAMES
from app.scheduling.queries.waiting import can_come
from app.scheduling.rules import LIVE, AppointmentStatus

S = AppointmentStatus


def missed_visits(
    session: Session, since: datetime, until: datetime, limit: int = 200
) -> Sequence[tuple[Appointment, int]]:
    """The last visit of each patient who did not come to it and has no later one, with how many they missed in all.

    The latest first; one statement.
    """
    later, all_missed = aliased(Appointment), aliased(Appointment)
    comes_again = sa.exists().where(
        later.patient_id == Appointment.patient_id,
        later.start_at > Appointment.start_at,
        later.status.in_([*LIVE, S.FINISHED, S.NO_SHOW]),
    )
    missed = (
        sa.select(sa.func.count())
        .where(all_missed.patient_id == Appointment.patient_id, all_missed.status == S.NO_SHOW)
        .correlate(Appointment)
        .scalar_subquery()
    )
    statement = (
        sa.select(Appointment, missed)
        .join(Appointment.patient)
        .where(
            Appointment.status == S.NO_SHOW,
            Appointment.start_at >= since,
            Appointment.start_at < until,
            ~comes_again,
            can_come(Patient),
        )
        .options(*WITH_NAMES)
        .order_by(Appointment.start_at.desc(), Appointment.appointment_id.desc())
    )
    return [(row, count) for row, count in session.execute(statement.limit(limit))]
