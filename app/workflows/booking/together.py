"""Several visits at once: all of them, or none."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T, Text
from app.scheduling import actions
from app.scheduling.models import Appointment, AppointmentSeries
from app.scheduling.rules import Terms
from app.workflows.booking.callers import caller_as_patient
from app.workflows.recalls import follow_visit


def book_together(
    session: Session,
    visits: Sequence[Mapping[str, Any]],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    by_employee: int | None = None,
    is_series: bool = False,
) -> list[Appointment]:
    """Book all of these visits, in order of time. Raises RuleError, TryAgain, Conflict that names the date.

    Each is as in `book_visit`; a caller is one person, whichever visit names them. As a series they belong together
    from then on, and move together.
    """
    visits = sorted(visits, key=lambda one: (one["start_at"], one.get("patient_id") or 0))
    patient_id = visits[0].get("patient_id")
    if not patient_id:
        today = clinic_date(now, terms.zone)
        patient_id = caller_as_patient(session, visits[0], today=today, by=by_user).patient_id
    series = AppointmentSeries(patient_id=patient_id, made_by=by_user) if is_series else None
    if series is not None:
        session.add(series)
        session.flush()
    made = []
    for visit in visits:
        filled = {**visit, "patient_id": visit.get("patient_id") or patient_id, "receptionist_id": by_employee}
        try:
            row = actions.book(session, filled, now=now, terms=terms, by_user=by_user)
        except RuleError as error:
            raise _dated(error, visit["start_at"], terms) from error
        if series is not None:
            row.series_id = series.appointment_series_id
        follow_visit(session, row)
        made.append(row)
    session.flush()
    return made


def _dated(error: RuleError, start: datetime, terms: Terms) -> RuleError:
    """The refusal of one of several visits, with its date before each sentence about its time."""
    at = start.astimezone(terms.zone).isoformat(" ", "minutes")[:16]
    told: list[tuple[str | None, Text]] = [
        (field, T("%(moment)s: %(text)s", moment=at, text=text) if field == "start_at" else text)
        for field, text in error.errors
    ]
    refusal = Conflict.many(told) if isinstance(error, Conflict) else RuleError.many(told)
    refusal.data = {**error.data, "at": start}
    return refusal
