"""Recalls follow the visits: completed work makes a patient due again, a booked visit closes the recall.

One open recall for each person and service. Work that is completed later moves it; a due date that a person wrote
stays unless the work makes the patient due later still.
"""

from collections.abc import Collection
from datetime import date, timedelta, tzinfo

from sqlalchemy.orm import Session

from app.clinical.actions import recalls as actions
from app.clinical.models import Recall, Treatment
from app.clinical.queries import recalls as queries
from app.clinical.rules import RecallStatus
from app.clinical.rules.recalls import OPEN, dues_of
from app.kernel.dates import day_bounds
from app.kernel.errors import NotFound
from app.people.models import Patient
from app.people.queries import patient_ids
from app.scheduling.models import Appointment
from app.scheduling.rules import LIVE, AppointmentStatus

R, S = RecallStatus, AppointmentStatus
LOOKED_BACK = timedelta(days=40)  # so many nights may have been missed


def follow_visit(session: Session, appointment: Appointment) -> None:
    """The recalls of a visit stand as the visit does: booked, open again when it is cancelled or missed, done.

    A live visit also closes the person's open recall of its service.
    """
    linked = list(queries.booked_as(session, appointment.appointment_id))
    if appointment.status in (S.TREATED, S.FINISHED):
        _become(linked, frozenset({R.BOOKED}), R.DONE)
    elif appointment.status in LIVE:
        _become(linked, OPEN | {R.DONE}, R.BOOKED)
        if appointment.planned_service is not None and not _has(linked, appointment.planned_service):
            own = queries.under_way(session, appointment.patient_id, [appointment.planned_service])
            for row in own.get(appointment.planned_service, []):
                if row.status in OPEN:
                    actions.book_recall(session, row, appointment)
    else:
        for row in linked:
            if row.status is R.BOOKED:
                row.status = actions.reopened(session, row)
    session.flush()


def _has(rows: Collection[Recall], service_id: int) -> bool:
    return any(row.service_id == service_id and row.status is R.BOOKED for row in rows)


def _become(rows: Collection[Recall], before: Collection[RecallStatus], after: RecallStatus) -> None:
    for row in rows:
        if row.status in before:
            row.status = after


def close_by_booking(session: Session, recall_id: int, appointment: Appointment) -> bool:
    """A visit was booked for a recall: it is closed, in the same unit. Returns whether it was.

    A recall that is settled, or somebody else's, stays as it is: it is no reason to refuse the booking.
    """
    try:
        row = actions.locked_recall(session, recall_id)
    except NotFound:
        return False
    if row.status not in OPEN or row.patient_id not in patient_ids(session, appointment.patient_id):
        return row.appointment_id == appointment.appointment_id and row.status is R.BOOKED
    actions.book_recall(session, row, appointment)
    return True


def open_after(session: Session, treatment: Treatment, zone: tzinfo) -> list[Recall]:
    """A visit's work is completed: the patient is due again for each of its services that come back."""
    services = queries.services_of_visit(session, treatment.treatment_id)
    return _refresh(session, treatment.patient_id, services, zone) if services else []


def take_back(session: Session, treatment: Treatment, zone: tzinfo) -> None:
    """ "Treated" was taken back: what it made due goes back to the work before it. The treatment is open again."""
    found = [row for row in queries.made_by(session, treatment.treatment_id) if row.status in OPEN]
    services = {row.service_id for row in found if row.service_id is not None}
    work = queries.work_of(session, treatment.patient_id, zone, services)
    before = {due.service_id: due for due in dues_of(one for one in work if one.treatment_id != treatment.treatment_id)}
    for row in found:
        due = before.get(row.service_id or 0)
        is_next = due is None or _was_settled(session, row, due.treatment_id)
        actions.forget_due(session, row, None if is_next else due)


def _was_settled(session: Session, row: Recall, treatment_id: int) -> bool:
    """Whether the work before it had a recall of its own, which this visit was booked for."""
    rows = queries.made_by(session, treatment_id)
    return any(one.service_id == row.service_id and one is not row for one in rows)


def open_missing(session: Session, today: date, zone: tzinfo) -> int:
    """Open the recalls that completed work of the last weeks should have opened. Returns how many rows are new.

    Running it again changes nothing; what a person declined or closed is not opened again.
    """
    opened = 0
    for patient_id in queries.patients_due(session, day_bounds(today - LOOKED_BACK, zone)[0]):
        session.get(Patient, patient_id, with_for_update=True)  # as a visit that is completed right now does
        opened += len(_refresh(session, patient_id, None, zone, since=today - LOOKED_BACK))
    return opened


def _refresh(
    session: Session, patient_id: int, services: Collection[int] | None, zone: tzinfo, since: date | None = None
) -> list[Recall]:
    """Bring the open recalls of a person up to their latest work. Returns those that are new."""
    work = queries.work_of(session, patient_id, zone, services)
    latest = {one.treatment_id: one.done_on for one in work}
    dues = [due for due in dues_of(work) if since is None or latest[due.treatment_id] >= since]
    own = queries.under_way(session, patient_id, [due.service_id for due in dues])
    made = []
    for due in dues:
        if _is_settled(session, patient_id, due.service_id, due.treatment_id):
            continue
        before = own.get(due.service_id, [])
        open_ones = [row for row in before if row.status in OPEN]
        if not open_ones and any(row.treatment_id == due.treatment_id for row in before):
            continue  # booked already
        row = actions.open_due(session, patient_id, due, open_ones)
        if not open_ones:
            made.append(row)
    return made


def _is_settled(session: Session, patient_id: int, service_id: int, treatment_id: int) -> bool:
    """Whether what this very work made due was declined or done already."""
    own = patient_ids(session, patient_id)
    return any(
        row.service_id == service_id and row.patient_id in own and row.status in (R.DECLINED, R.DONE)
        for row in queries.made_by(session, treatment_id)
    )
