"""Reads about the waitlist: who waits, for whom a time that became free is, and whether it still is."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.kernel.dates import clinic_date
from app.people.models import Employee, Patient
from app.scheduling.models import WaitlistEntry
from app.scheduling.queries.visits import slots_taken
from app.scheduling.rules import Holding, SlotKind, WaitStatus, slots_of
from app.scheduling.rules.waiting import OPEN, ORDER, Opening, Waiting, candidates, weekdays_of

MOST = 500  # entries that are looked at for one time: the most urgent and oldest first
WITH_NAMES = (
    joinedload(WaitlistEntry.patient),
    joinedload(WaitlistEntry.doctor),
    joinedload(WaitlistEntry.service),
    joinedload(WaitlistEntry.offered_doctor),
    joinedload(WaitlistEntry.offered_chair),
)


def can_come(patient: Any) -> ColumnElement[bool]:
    """A patient of whom there is still a record: neither dead, nor merged into another, nor removed."""
    return sa.and_(patient.is_deceased.is_(False), patient.merged_into_id.is_(None), patient.anonymised_at.is_(None))


def open_entries(session: Session, *where: ColumnElement[bool], limit: int = MOST) -> Sequence[WaitlistEntry]:
    """Who waits or was offered a time, the most urgent first, then who waited longest; one statement."""
    urgency = sa.case(*((WaitlistEntry.priority == word, place) for word, place in ORDER.items()), else_=len(ORDER))
    statement = (
        sa.select(WaitlistEntry)
        .join(WaitlistEntry.patient)
        .where(WaitlistEntry.status.in_(OPEN), can_come(Patient), *where)
        .options(*WITH_NAMES)
        .order_by(urgency, WaitlistEntry.created_at, WaitlistEntry.waitlist_entry_id)
    )
    return session.scalars(statement.limit(limit)).all()


def entry_with_names(session: Session, entry_id: int) -> WaitlistEntry | None:
    """One entry with all its names."""
    statement = sa.select(WaitlistEntry).where(WaitlistEntry.waitlist_entry_id == entry_id)
    return session.scalar(statement.options(*WITH_NAMES))


def as_waiting(entry: WaitlistEntry, default_minutes: int) -> Waiting:
    """What an entry wants, as the rules ask it; its length is what was typed, else the service's, else the setting."""
    service = entry.service.default_duration_time if entry.service else None
    return Waiting(
        key=entry.waitlist_entry_id,
        since=entry.created_at,
        minutes=entry.minutes or service or default_minutes,
        earliest=entry.earliest,
        latest=entry.latest,
        priority=entry.priority,
        doctor_id=entry.doctor_id,
        weekdays=weekdays_of(entry.weekdays),
        time_from=entry.time_from,
        time_until=entry.time_until,
        declined=frozenset(entry.declined_starts),
    )


def who_fits(session: Session, opening: Opening, zone: tzinfo, default_minutes: int) -> list[WaitlistEntry]:
    """The entries that wait and that this time fits, in the order in which they are asked; one statement."""
    day = clinic_date(opening.span.start, zone)
    found = open_entries(
        session,
        WaitlistEntry.status == WaitStatus.WAITING,
        sa.or_(WaitlistEntry.doctor_id.is_(None), WaitlistEntry.doctor_id == opening.doctor_id),
        WaitlistEntry.earliest <= day,
        sa.or_(WaitlistEntry.latest.is_(None), WaitlistEntry.latest >= day),
    )
    entries = {entry.waitlist_entry_id: entry for entry in found}
    waiting = [as_waiting(entry, default_minutes) for entry in found]
    return [entries[one.key] for one in candidates(waiting, opening, zone)]


def is_free(session: Session, wanted: Holding) -> bool:
    """Whether nobody holds any of the slots that a visit would take; two statements. The booking itself decides."""
    doctor = session.get(Employee, wanted.doctor_id)
    capacity = doctor.chair_capacity if doctor else 1
    needed = {(kind, key): set(starts) for (kind, key), starts in slots_of(wanted).items()}
    lanes: dict[datetime, int] = {}
    for slot in slots_taken(session, wanted.resources(), wanted.span):
        if slot.starts_at not in needed[slot.kind, slot.resource_id]:
            continue
        if slot.kind is not SlotKind.DOCTOR:
            return False
        lanes[slot.starts_at] = lanes.get(slot.starts_at, 0) + 1
    return all(count < capacity for count in lanes.values())
