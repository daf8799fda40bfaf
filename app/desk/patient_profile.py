"""The patient's record: head with alerts and balance, tabs of what every room knows of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import abort, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.billing.models import Invoice
from app.clinical import queries as clinical
from app.clinical.models import Prescription, Treatment
from app.db import sqla
from app.insurance import queries as insurance
from app.kernel.text import T, Text
from app.people import queries as people
from app.people import rules
from app.people.models import Patient
from app.scheduling import queries as scheduling
from app.scheduling.models import Appointment
from app.web import cells, who
from app.web.access import reads
from app.web.text import today
from app.web.views import ClinicPage


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its words, its template, what it loads and what its number counts."""

    key: str
    label: Text
    template: str
    load: Callable[[Session, Patient], dict[str, Any]]
    counted: type[Any] | None = None


def _overview(session: Session, patient: Patient) -> dict[str, Any]:
    key = patient.patient_id
    return {"relations": people.relations_of(session, key), "policies": insurance.policies_of(session, key)}


def _appointments(session: Session, patient: Patient) -> dict[str, Any]:
    return {"appointments": scheduling.appointments_of_patient(session, patient.patient_id)}


def _treatments(session: Session, patient: Patient) -> dict[str, Any]:
    return {"visits": clinical.treatments_of_patient(session, patient.patient_id)}


def _prescriptions(session: Session, patient: Patient) -> dict[str, Any]:
    return {"prescribed": clinical.prescriptions_of_patient(session, patient.patient_id)}


def _invoices(session: Session, patient: Patient) -> dict[str, Any]:
    key = patient.patient_id
    return {
        "invoices": billing.invoices_of_patient(session, key),
        "payments": billing.payments_of_patient(session, key),
    }


TABS: tuple[Tab, ...] = (
    Tab("overview", T("Overview"), "desk/patient_overview.html", _overview),
    Tab("appointments", T("Appointments"), "desk/patient_appointments.html", _appointments, Appointment),
    Tab("treatments", T("Treatments"), "desk/patient_treatments.html", _treatments, Treatment),
    Tab("prescriptions", T("Prescriptions"), "desk/patient_prescriptions.html", _prescriptions, Prescription),
    Tab("invoices", T("Invoices"), "desk/patient_invoices.html", _invoices, Invoice),
)


def _counts(session: Session, patient_id: int) -> dict[str, int]:
    """How many rows each tab holds, in one statement."""
    counted = [(tab.key, tab.counted) for tab in TABS if tab.counted]
    numbers = [
        sa.select(sa.func.count()).select_from(model).where(model.patient_id == patient_id).scalar_subquery()
        for _, model in counted
    ]
    found = session.execute(sa.select(*numbers)).one()
    return dict(zip((key for key, _ in counted), found, strict=True))


class PatientProfilePage(ClinicPage):
    """`/patients/{id}`."""

    page, route_base = "/patients/{id}", "/patients"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[Patient] = ("PatientProfilePage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> str:
        """The record, one tab at a time."""
        session = sqla.session()
        patient = session.get(Patient, pk) or abort(404)
        tab = next((tab for tab in TABS if tab.key == request.args.get("tab", TABS[0].key)), None) or abort(404)
        who.hooks().record("view", "patient", pk, patient=pk)
        session = sqla.session()
        patient = session.get_one(Patient, pk)
        history = people.history_of(session, [pk]).get(pk, [])
        return self.render_template(
            "desk/patient.html",
            title=patient.full_name,
            patient=patient,
            age=patient.age_on(today()),
            phones=people.phones_of_patients(session, [pk]).get(pk, []),
            history=history,
            alerts=rules.alerts(history, today()),
            coming=scheduling.next_appointment(session, pk, datetime.now(UTC)),
            account=billing.account_of(session, pk) if who.has_right("see_balance") else None,
            tabs=TABS,
            tab=tab,
            counts=_counts(session, pk),
            **tab.load(session, patient),
        )
