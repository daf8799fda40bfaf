"""Undoing a move: every visit where it stood."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.clinical.actions.steps import follow_appointment
from app.scheduling.actions.restoring import restore
from app.scheduling.actions.slots import release_slots
from app.scheduling.models import Appointment
from app.scheduling.rules import Terms
from app.workflows.booking import locked_appointment
from app.workflows.recalls import follow_visit
from app.workflows.series.bounds import locked_series
from app.workflows.series.moving import Moved


def put_back(
    session: Session, moved: Sequence[Moved], *, by_user: int | None, now: datetime, terms: Terms
) -> list[Appointment]:
    """Undo `reschedule_together`: every visit exactly where it stood, all or none.

    What holds for a booking isn't asked again: it was so before. Raises NotFound, and Conflict where somebody changed
    one of the visits meanwhile or took its time.
    """
    if moved:
        locked_series(session, moved[0].appointment_id)
    known = {one.appointment_id: one for one in moved}
    rows = {key: locked_appointment(session, key, known[key].version) for key in sorted(known)}
    for row in rows.values():
        release_slots(session, row)
    for one in moved:
        row = rows[one.appointment_id]
        before = row.status
        restore(session, row, one.before, now=now, by_user=by_user)
        if row.status is not before:
            follow_appointment(session, row)
            follow_visit(session, row)
    return [rows[one.appointment_id] for one in moved]
