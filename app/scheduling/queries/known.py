"""What the desk has of a patient already, as whoever books for them wants to know it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.people.queries import is_of
from app.scheduling.models import Appointment, WaitlistEntry
from app.scheduling.queries.visits import next_appointment
from app.scheduling.rules import AppointmentStatus
from app.scheduling.rules.waiting import OPEN


@dataclass(frozen=True, slots=True)
class KnownVisits:
    """The next visit of a patient, how many they did not come to, and the entry with which they wait for a time."""

    coming: Appointment | None
    missed: int
    waits: WaitlistEntry | None


def known_visits(session: Session, patient_id: int, now: datetime) -> KnownVisits:
    """What a patient has at the desk; three short reads of their own rows."""
    mine = is_of(session, Appointment.patient_id, patient_id)
    missed = sa.select(sa.func.count()).select_from(Appointment)
    missed = missed.where(mine, Appointment.status == AppointmentStatus.NO_SHOW)
    entries = is_of(session, WaitlistEntry.patient_id, patient_id)
    waits = sa.select(WaitlistEntry).where(entries, WaitlistEntry.status.in_(OPEN))
    return KnownVisits(
        next_appointment(session, patient_id, now),
        session.scalar(missed) or 0,
        session.scalar(waits.order_by(WaitlistEntry.created_at).limit(1)),
    )
