"""The patient's record: head with alerts and balance, tabs of what every room knows of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.billing.models import AccountEntry, Invoice, Payment
from app.clinical import queries as clinical
from app.clinical.models import Consent, Prescription, Recall, ToothFinding, Treatment
from app.clinical.models.files import MedicalFile
from app.clinical.models.notes import OdontogramSnapshot
from app.clinical.models.plans import TreatmentPlan
from app.clinical.queries.consents import consents_of_patient
from app.communication.models import Call, Message, Sms
from app.communication.rules import ContactType
from app.db import sqla
from app.insurance import queries as insurance
from app.insurance.models import PatientInsurance
from app.kernel.text import T, Text
from app.lab.models import LabRequest
from app.people import queries as people
from app.people import rules
from app.people.models import MedicalHistoryEntry, Patient, PatientMerge, PatientRelation
from app.people.rules.merging import UNDO_WITHIN
from app.scheduling import queries as scheduling
from app.scheduling.models import Appointment, RoomAllocation, WaitlistEntry
from app.web import cells, related, who
from app.web.access import reads
from app.web.text import say, today
from app.web.views import ClinicPage


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its words, its template, what it loads and what its number counts."""

    key: str
    label: Text
    template: str
    load: Callable[[Session, Patient], dict[str, Any]]
    counted: Sequence[type[Any]] = ()
    lists: Sequence[type[Any]] = ()  # a tab of related lists, for who may open one of them


def _overview(session: Session, patient: Patient) -> dict[str, Any]:
    key = patient.patient_id
    return {
        "relations": people.relations_of(session, key),
        "policies": insurance.policies_of(session, key),
        "consents": consents_of_patient(session, key),
    }


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


def _nothing(session: Session, patient: Patient) -> dict[str, Any]:
    """The tab's lists load themselves."""
    return {}


LISTS = "desk/patient_lists.html"
OTHERS = (
    MedicalHistoryEntry, ToothFinding, OdontogramSnapshot, Payment, AccountEntry, PatientInsurance, PatientRelation,
    RoomAllocation, Consent, PatientMerge, Recall, WaitlistEntry,
)  # fmt: skip
TABS: tuple[Tab, ...] = (
    Tab("overview", T("Overview"), "desk/patient_overview.html", _overview),
    Tab("appointments", T("Appointments"), "desk/patient_appointments.html", _appointments, (Appointment,)),
    Tab("treatments", T("Treatments"), "desk/patient_treatments.html", _treatments, (Treatment,)),
    Tab("plans", T("Treatment plans"), LISTS, _nothing, (TreatmentPlan,), (TreatmentPlan,)),
    Tab("lab", T("Lab requests"), LISTS, _nothing, (LabRequest,), (LabRequest,)),
    Tab("files", T("Files"), "desk/patient_files.html", _nothing, (MedicalFile,), (MedicalFile,)),
    Tab("prescriptions", T("Prescriptions"), "desk/patient_prescriptions.html", _prescriptions, (Prescription,)),
    Tab("invoices", T("Invoices"), "desk/patient_invoices.html", _invoices, (Invoice,)),
    Tab("contacts", T("Calls and texts"), LISTS, _nothing, (Call, Sms), (Call, Sms, Message)),
    Tab("more", T("More"), LISTS, _nothing, (), OTHERS),
)


def _is_open(tab: Tab, patient: Patient) -> bool:
    return not tab.lists or bool(related.lists_of(patient, *tab.lists))


def _is_of(session: Session, model: type[Any], patient_id: int) -> ColumnElement[bool]:
    if model in (Call, Sms):
        own = people.is_of(session, model.contacter_id, patient_id)
        return sa.and_(model.contact_type == ContactType.PATIENT, own)
    return people.is_of(session, model.patient_id, patient_id)


def _undoable(session: Session, pk: int) -> Any:
    """The merge into this record that somebody with the right may still undo."""
    if not who.has_right("merge_patients"):
        return None
    return people.latest_merge(session, pk, datetime.now(UTC) - UNDO_WITHIN)


def _counts(session: Session, patient_id: int, tabs: Sequence[Tab]) -> dict[str, int]:
    """How many rows each tab holds, in one statement."""
    counted = [tab for tab in tabs if tab.counted]
    numbers = [
        sum(
            sa.select(sa.func.count()).select_from(model).where(_is_of(session, model, patient_id)).scalar_subquery()
            for model in tab.counted
        )
        for tab in counted
    ]
    found = session.execute(sa.select(*numbers)).one()
    return dict(zip((tab.key for tab in counted), found, strict=True))


class PatientProfilePage(ClinicPage):
    """`/patients/{id}`."""

    page, route_base = "/patients/{id}", "/patients"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[Patient] = ("PatientProfilePage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """The record, one tab at a time; of a merged record, the one it went into."""
        session = sqla.session()
        patient = session.get(Patient, pk) or abort(404)
        if patient.merged_into_id is not None:
            text = T("Card %(card)s was found to be the same person: this is their record.", card=patient.card_number)
            flash(say(text), "info")
            return redirect(url_for("PatientProfilePage.show", pk=patient.merged_into_id, tab=request.args.get("tab")))
        tab = next((tab for tab in TABS if tab.key == request.args.get("tab", TABS[0].key)), None) or abort(404)
        who.hooks().record("view", "patient", pk, patient=pk)
        session = sqla.session()
        patient = session.get_one(Patient, pk)
        tabs = [tab for tab in TABS if _is_open(tab, patient)]
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
            tabs=tabs,
            tab=tab,
            counts=_counts(session, pk, tabs),
            merged=_undoable(session, pk),
            sections=related.lists_of(patient, *tab.lists) if tab.template == LISTS and tab.lists else [],
            **tab.load(session, patient),
        )
