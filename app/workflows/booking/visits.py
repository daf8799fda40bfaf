"""Booking a visit and moving it to another time: for a patient, or for a caller of whom name and phone are known."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import T
from app.scheduling import actions
from app.scheduling.models import Appointment
from app.scheduling.rules import LIVE, Span, Terms
from app.scheduling.rules.waiting import Opening
from app.workflows.booking.callers import caller_as_patient
from app.workflows.booking.free import free_times, wish_of
from app.workflows.freed import SETTLED, tell_freed
from app.workflows.recalls import follow_visit


def book_visit(
    session: Session,
    values: Mapping[str, Any],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    by_employee: int | None = None,
) -> Appointment:
    """Book a visit. Raises RuleError, Conflict, TryAgain.

    `values` as in `scheduling.actions.book`; instead of `patient_id`, a caller is given by `caller_name` and
    `caller_phone`, and becomes a provisional patient. A time that is taken is a `Conflict` on `start_at` whose data
    holds who is `busy` and the three nearest `free` times; what the unit wrote is rolled back by then.
    """
    filled = {**values, "receptionist_id": by_employee}
    if not filled.get("patient_id"):
        filled["patient_id"] = caller_as_patient(
            session, values, today=clinic_date(now, terms.zone), by=by_user
        ).patient_id
    booked = _or_free_times(
        session,
        lambda: actions.book(session, filled, now=now, terms=terms, by_user=by_user),
        filled,
        now=now,
        terms=terms,
    )
    follow_visit(session, booked)
    return booked


def reschedule_visit(
    session: Session,
    appointment_id: int,
    values: Mapping[str, Any],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    version: int | None = None,
) -> Appointment:
    """Give a visit another time, doctor, chair or length. Raises NotFound, RuleError, Conflict, TryAgain.

    A stale `version` is a `Conflict` without free times; a time that is taken is refused as in `book_visit`.
    """
    appointment = locked_appointment(session, appointment_id, version)
    wanted = {**{name: getattr(appointment, name) for name in ("patient_id", *actions.ASKED)}, **values}
    left = _place(appointment, now)
    moved = _or_free_times(
        session,
        lambda: actions.reschedule(session, appointment, values, now=now, terms=terms, by_user=by_user),
        wanted,
        now=now,
        terms=terms,
        but=appointment_id,
    )
    follow_visit(session, moved)
    if left is not None and left != _place(moved, now, settled=timedelta()):
        tell_freed(session, appointment_id, left, now=now, terms=terms)
    return moved


def _place(appointment: Appointment, now: datetime, settled: timedelta = SETTLED) -> Opening | None:
    """The time that a live visit holds; None while it was only just put there, and may be put back."""
    if appointment.status not in LIVE or now - appointment.updated_at < settled:
        return None
    return Opening(Span(appointment.start_at, appointment.end_at), appointment.doctor_id, appointment.chair_id)


def locked_appointment(session: Session, appointment_id: int, version: int | None) -> Appointment:
    """The appointment, locked until the unit ends. Raises NotFound, and Conflict for a stale version."""
    appointment = session.get(Appointment, appointment_id, with_for_update=True)
    if appointment is None:
        raise NotFound(T("This appointment no longer exists."))
    if version is not None and appointment.version != version:
        raise Conflict(T("Somebody changed this appointment meanwhile. Look at how it stands now."))
    return appointment


def _or_free_times(
    session: Session,
    write: Callable[[], Appointment],
    wanted: Mapping[str, Any],
    *,
    now: datetime,
    terms: Terms,
    but: int | None = None,
) -> Appointment:
    """Write; where the time is taken, refuse with the nearest free times, read afresh after what failed is undone."""
    try:
        return write()
    except Conflict as error:
        if "busy" not in error.data:
            raise
        session.rollback()
        free = free_times(session, wish_of(session, wanted, terms), now=now, terms=terms, but=but)
        raise Conflict(error.text, field="start_at", data={**error.data, "free": free}) from error
