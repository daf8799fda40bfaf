"""Who waits and who is due again, for tests: each factory goes through the room's action."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.clinical.actions import recalls as recall_actions
from app.clinical.models import Recall, RecallContact, Treatment
from app.clinical.rules import ContactOutcome
from app.scheduling.actions import waiting as actions
from app.scheduling.models import Appointment, WaitlistEntry
from app.scheduling.rules import AppointmentStatus
from app.workflows.visit_moves import move_visit
from tests.factories import clinical, people, scheduling

S = AppointmentStatus


def entry(session: Session, **values: Any) -> WaitlistEntry:
    """Somebody who takes any time from today on; `since` is when they began to wait."""
    since = values.pop("since", None)
    base = {"patient_id": values.get("patient_id") or people.patient(session).patient_id}
    row = actions.add_entry(session, {**base, **values}, today=scheduling.today())
    if since is not None:
        row.created_at = since
        session.flush()
    return row


def recall(session: Session, **values: Any) -> Recall:
    """Somebody who was due yesterday."""
    base = {
        "patient_id": values.get("patient_id") or people.patient(session).patient_id,
        "due_on": scheduling.today() - timedelta(days=1),
        "reason": "Үзлэг",
    }
    return recall_actions.add_recall(session, {**base, **values})


def contact(session: Session, **values: Any) -> RecallContact:
    """A call that nobody answered."""
    row = values.pop("recall", None) or recall(session)
    outcome = values.pop("outcome", ContactOutcome.NOT_REACHED)
    return recall_actions.note_contact(session, row, outcome, now=datetime.now(UTC), by=None, **values)


def visit_with(
    session: Session, service: ServiceCatalog, *, patient: Any = None, day: date | None = None, clock: str = "10:00"
) -> tuple[Appointment, Treatment]:
    """A visit in the chair, with this service written down: one move from "treated"."""
    who = patient or people.patient(session)
    start = scheduling.at(day or scheduling.today(), clock)
    row = scheduling.appointment(session, patient=who, start_at=start)
    for step in (S.CAME, S.IN_TREATMENT):
        move_visit(session, row.appointment_id, step, now=datetime.now(UTC), by=None)
    treatment = clinical.queries.treatment_of_appointment(session, row.appointment_id)
    assert treatment is not None
    clinical.item(session, treatment, {}, of=service)
    return row, treatment
