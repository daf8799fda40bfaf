"""What changes by itself when a day ends: how long ago patients were here, who called, slots that
have passed, files that belong to nobody; and what is made ahead: holidays, and the shifts of weekly patterns.
"""

from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from app.communication import actions as communication
from app.communication.queries import unknown_numbers_now_known
from app.files import upkeep
from app.files.depot import Depot
from app.kernel.dates import add_months, day_bounds
from app.people import actions as people
from app.people import queries
from app.people.models import Patient
from app.scheduling import reference
from app.scheduling.actions import purge_slots
from app.scheduling.actions.patterns import make_due_shifts
from app.security.queries import changed_settings
from app.security.settings import SETTINGS

BOUNDS = (6, 12, 60)  # months after which a patient's status changes
MISSED = timedelta(days=40)  # so many nights may have been missed


def refresh_statuses(session: Session, today: date, zone: tzinfo) -> int:
    """Bring the status of the patients up to date whose last visit has just become half a year, … old.

    Returns how many changed. Running it again changes nothing.
    """
    changed = 0
    for months in BOUNDS:
        bound = add_months(today, -months)
        earliest, latest = day_bounds(bound - MISSED, zone)[0], day_bounds(bound, zone)[1]
        for patient in queries.patients_last_seen_between(session, earliest, latest):
            changed += _refresh(session, patient, today, zone)
    session.flush()
    return changed


def _refresh(session: Session, patient: Patient, today: date, zone: tzinfo) -> bool:
    locked = session.get_one(Patient, patient.patient_id, with_for_update=True)
    before = locked.status
    if locked.last_seen_at is not None:
        people.note_visit(locked, locked.last_seen_at, today, zone)
    return locked.status is not before


def link_calls(session: Session) -> int:
    """Link the calls and texts of numbers that somebody was given since. Returns how many."""
    return communication.link_numbers(session, unknown_numbers_now_known(session))


def drop_past_slots(session: Session, today: date, zone: tzinfo) -> int:
    """Drop the slots of the days before today: nothing can be booked there any more. Returns how many."""
    return purge_slots(session, day_bounds(today, zone)[0])


def make_shifts(session: Session, today: date) -> int:
    """Make the shifts of the weekly patterns as far ahead as the clinic wants them. Returns how many."""
    key = "scheduling.shift_weeks"
    return make_due_shifts(session, today=today, weeks=changed_settings(session).get(key, SETTINGS[key].default))


def load_holidays(session: Session, today: date) -> int:
    """Next year's public holidays, as soon as this year has begun. Returns how many."""
    return reference.load_years(session, [today.year, today.year + 1])


def sweep_files(session: Session, depot: Depot, now: datetime) -> int | None:
    """Remove files that a crash left without a row. Returns how many; None where they can't be this database's."""
    return upkeep.sweep(session, depot, now)
