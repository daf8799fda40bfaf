"""Giving and withdrawing consents, inside the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue.models import ConsentTemplate
from app.catalogue.rules import ConsentKind
from app.clinical.models import Consent, Treatment
from app.clinical.rules import consents as rules
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.people.queries import kept_id, patient_ids
from app.security.rules import Locale


def give_consent(session: Session, values: Mapping[str, Any], *, by: int | None, now: datetime) -> Consent:
    """Keep a consent with the text that was shown, in the language it was shown in. Raises RuleError, Conflict.

    `values`: patient_id, consent_template_id, signed_by, way; locale, signed_at, witness, treatment_id where known.
    """
    patient = session.get(Patient, kept_id(session, values["patient_id"]), with_for_update=True)
    template = session.get(ConsentTemplate, values["consent_template_id"], with_for_update={"read": True})
    if patient is None or template is None:
        raise RuleError(T("Choose one of the list."), field="patient_id" if patient is None else "consent_template_id")
    signed_at = values.get("signed_at") or now
    rules.check_consent({**values, "signed_at": signed_at}, now)
    _check_visit(session, patient, values.get("treatment_id"))
    locale = values.get("locale") or patient.preferred_locale
    text = rules.text_of(*_shown(template, locale))
    _check_new(session, patient, template, text)
    row = Consent(
        patient_id=patient.patient_id,
        treatment_id=values.get("treatment_id"),
        consent_template_id=template.consent_template_id,
        kind=template.kind,
        locale=locale,
        text=text,
        signed_by=values["signed_by"],
        signed_at=signed_at,
        way=values["way"],
        witness=values.get("witness"),
        recorded_by=by,
    )
    session.add(row)
    if template.kind is ConsentKind.MARKETING:
        patient.marketing_opt_in = True
    session.flush()
    return row


def _shown(template: ConsentTemplate, locale: Locale) -> tuple[str, str]:
    if locale is Locale.MN:
        return template.title_mn, template.body_mn
    return template.title_en, template.body_en


def _check_visit(session: Session, patient: Patient, treatment_id: int | None) -> None:
    if treatment_id is None:
        return
    visit = session.get(Treatment, treatment_id)
    if visit is None or visit.patient_id not in patient_ids(session, patient.patient_id):
        raise RuleError(T("This visit is another patient's."), field="treatment_id")


def _check_new(session: Session, patient: Patient, template: ConsentTemplate, text: str) -> None:
    """A form that is sent twice is one consent; a new treatment is a new one the next day."""
    if template.kind in (ConsentKind.TREATMENT, ConsentKind.ANAESTHESIA):
        return
    stands = (
        Consent.patient_id == patient.patient_id,
        Consent.consent_template_id == template.consent_template_id,
        Consent.withdrawn_at.is_(None),
    )
    if any(row.text == text for row in session.scalars(sa.select(Consent).where(*stands))):
        raise Conflict(T("This consent was given already."), field="consent_template_id")


def withdraw_consent(
    session: Session, consent_id: int, reason: str | None, *, by: int | None, now: datetime
) -> Consent:
    """Take a consent back: the row stays with the day. Without one for offers, none are sent. Raises Conflict,
    NotFound.
    """
    found = session.get(Consent, consent_id)
    if found is None:
        raise NotFound(T("This record no longer exists."))
    patient = session.get_one(Patient, kept_id(session, found.patient_id), with_for_update=True)
    row = session.get_one(Consent, consent_id, with_for_update=True, populate_existing=True)
    rules.check_withdrawal(row.withdrawn_at)
    row.withdrawn_at, row.withdrawn_by, row.withdraw_reason = now, by, reason or None
    if row.kind is ConsentKind.MARKETING:
        patient.marketing_opt_in = False
    session.flush()
    return row
