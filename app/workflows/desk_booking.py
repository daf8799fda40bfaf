"""What the desk's form does in one unit: it books, closes what the booking answers, and checks in who stands there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import queries
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus, Terms, check_move
from app.workflows import recalls, waitlist
from app.workflows.booking import book_together, book_visit
from app.workflows.visit_moves import move_visit

CAME = AppointmentStatus.CAME


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked, and why whoever is here already could not be checked in."""

    rows: Sequence[Appointment]
    not_here: RuleError | None = None


def book_at_desk(
    session: Session,
    values: Mapping[str, Any],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    by_employee: int | None = None,
) -> Booked:
    """Book one visit, with `waitlist_entry`, `recall` and `is_here` of the form. Raises as `book_visit`."""
    row = book_visit(session, values, by_user=by_user, by_employee=by_employee, now=now, terms=terms)
    _close_what_it_answers(session, values, row)
    return Booked([row], _check_in(session, row, now, by_user, terms) if values.get("is_here") else None)


def book_several(
    session: Session,
    visits: Sequence[Mapping[str, Any]],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    by_employee: int | None = None,
    is_series: bool = False,
) -> Booked:
    """Book all of these visits or none; the first answers what the form was opened for. Raises as `book_together`."""
    rows = book_together(
        session, visits, by_user=by_user, by_employee=by_employee, now=now, terms=terms, is_series=is_series
    )
    asked = visits[0].get("patient_id")
    answering = next((row for row in rows if row.patient_id == asked), rows[0])
    _close_what_it_answers(session, visits[0], answering)
    return Booked(rows)


def _close_what_it_answers(session: Session, values: Mapping[str, Any], row: Appointment) -> None:
    """The entry of the waitlist, or the recall, for which the form was opened."""
    if values.get("waitlist_entry"):
        waitlist.close_by_booking(session, values["waitlist_entry"], row)
    if values.get("recall"):
        recalls.close_by_booking(session, values["recall"], row)


def _check_in(session: Session, row: Appointment, now: datetime, by: int | None, terms: Terms) -> RuleError | None:
    """Check in whoever is here already; the refusal where something is missing, and then nothing was moved."""
    if clinic_date(row.start_at, terms.zone) != clinic_date(now, terms.zone):
        return RuleError(T("Only who has a time today is checked in at once."))
    try:
        check_move(queries.standing(session, row), CAME, now=now, zone=terms.zone, reason=None)
        move_visit(session, row.appointment_id, CAME, now=now, by=by)
    except RuleError as refusal:
        return refusal
    return None
