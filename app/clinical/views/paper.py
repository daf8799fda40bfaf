"""The record of a prescription, and its paper."""

from typing import Any

from flask import current_app, render_template, url_for
from sqlalchemy.orm import Session

from app.clinical import queries
from app.clinical.models import Prescription
from app.clinical.rules import PrescriptionStatus
from app.db import sqla, unit
from app.kernel.phones import show_phone
from app.people import queries as people
from app.security.actions import share
from app.security.rules import Locale, ShareKind
from app.web import who
from app.web.forms import ClinicForm
from app.web.pdf import PAPERS, breakable, render_pdf
from app.web.text import today


def record_page(row: Prescription, cancel_form: ClinicForm, status: int = 200) -> Any:
    """The page of a prescription."""
    session = sqla.session()
    page = render_template(
        "clinical/prescription.html",
        row=row,
        title=row.title,
        items=queries.items_of_prescriptions(session, [row.prescription_id]).get(row.prescription_id, []),
        age=row.patient.age_on(today()),
        cancel_form=cancel_form,
        is_draft=row.status is PrescriptionStatus.DRAFT,
        is_issued=row.status is PrescriptionStatus.ISSUED,
        can_write=who.may("write", "/prescriptions"),
        can_issue=who.has_right("issue_prescription"),
        open_visit=queries.open_treatment_of(session, row.patient_id),
    )
    return page, status


def print_prescription(row: Prescription, language: Locale, secret: str) -> bytes:
    """The PDF of an issued prescription with the address that proves it; each print is in the audit log."""
    key, patient = row.prescription_id, row.patient_id

    def link(session: Session) -> str:
        return share(session, secret, ShareKind.VERIFY, "prescription", key, patient)

    token = unit(link)
    session = sqla.session()
    prescription = session.get_one(Prescription, key)
    assert prescription.issued_at is not None
    phones = people.phones_of_patients(session, [patient]).get(patient, [])
    data = render_pdf(
        "prescription.html",
        language.value,
        row=prescription,
        patient=prescription.patient,
        doctor=prescription.doctor,
        age=prescription.patient.age_on(prescription.issued_at.astimezone(who.clinic().zone).date()),
        items=queries.items_of_prescriptions(session, [key]).get(key, []),
        phone=show_phone(phones[0].phone_number_val) if phones else None,
        breakable=breakable,
        verify_url=url_for("SharedPage.open", token=token, _external=True),
    )
    who.hooks().record("print", "prescription", key, patient=patient)
    return data


def _paper_of(row: Prescription) -> tuple[str, bytes] | None:
    if row.issued_at is None:
        return None
    name = f"prescription-{row.number}"
    return name, print_prescription(row, row.patient.preferred_locale, current_app.config["SECRET_KEY"])


PAPERS[Prescription] = _paper_of
