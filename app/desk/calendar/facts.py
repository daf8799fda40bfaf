"""What the desk asks about one visit: who it is, how to reach them, what they owe, what can be done."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.clinical import queries as clinical
from app.desk.board import checkout_urls, treatment_urls
from app.kernel.dates import clinic_date
from app.lab.queries import requests_of_patient
from app.lab.rules import AT_LAB
from app.people import queries as people
from app.people import rules as people_rules
from app.scheduling import queries
from app.scheduling.models import Appointment
from app.scheduling.rules import MOVABLE, AppointmentStatus, offers
from app.web import who
from app.web.text import today

PAGE = "/calendar"


def facts(session: Session, visit: Appointment) -> dict[str, Any]:
    """Everything the card of a visit shows."""
    now, zone, patient = datetime.now(UTC), who.clinic().zone, visit.patient_id
    may_move = who.may("write", PAGE) and who.may("write", "/appointments")
    treatments = clinical.treatments_of_appointments(session, [visit.appointment_id])
    waits_to_pay = visit.status is AppointmentStatus.TREATED
    entries = people.history_of(session, [patient]).get(patient, [])
    return {
        "visit": visit,
        "phones": people.phones_of_patients(session, [patient]).get(patient, []),
        "alerts": people_rules.alerts(entries, today()),
        "owes": billing.balances(session, [patient]).get(patient, 0) if who.has_right("see_balance") else None,
        "lab": _not_back(session, visit),
        "visit_day": clinic_date(visit.start_at, zone),
        "offers": offers(queries.standing(session, visit), now=now, zone=zone) if may_move else [],
        "may_change": may_move and visit.status in MOVABLE,
        "treatment_url": treatment_urls(treatments).get(visit.appointment_id),
        "checkout_url": checkout_urls(treatments).get(visit.appointment_id) if waits_to_pay else None,
    }


def _not_back(session: Session, visit: Appointment) -> list[Any]:
    """What a lab has still to bring for the patient, for who may know of it."""
    if not who.may("read", "/lab-requests"):
        return []
    return [row for row in requests_of_patient(session, visit.patient_id) if row.status in AT_LAB]
