"""Registering a patient: person, phones, medical history and insurer in one transaction; calls find their caller."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.communication import actions as communication
from app.insurance import actions as insurance
from app.kernel.errors import Conflict
from app.kernel.text import T
from app.people import actions, queries
from app.people.models import Patient

Rows = Sequence[tuple[int, Mapping[str, Any]]]


def register_patient(
    session: Session,
    values: Mapping[str, Any],
    *,
    phones: Rows,
    history: Rows,
    policies: Rows,
    today: date,
    by: int | None,
    knows_likely_duplicates: bool,
) -> Patient:
    """Add a patient with everything that was asked at the desk. Raises RuleError, Conflict.

    Somebody who may be registered already is a `Conflict` whose data names them (`likely`), unless the clerk
    has seen them and said that this is somebody else.
    """
    patient = actions.register_patient(session, values, phones, history, today=today, by=by)
    if not knows_likely_duplicates:
        _warn_of_duplicates(session, patient, phones)
    insurance.add_policies(session, patient.patient_id, policies)
    communication.link_numbers(session, numbers_of(phones))
    return patient


def change_patient(
    session: Session, patient: Patient, values: Mapping[str, Any], *, phones: Rows | None, today: date
) -> Patient:
    """Change a locked patient; calls and texts of a number that is new become theirs. Raises RuleError, Conflict."""
    changed = actions.change_patient(session, patient, values, phones, today=today)
    communication.link_numbers(session, numbers_of(phones or ()))
    return changed


def numbers_of(phones: Rows) -> set[str]:
    """The numbers that were typed."""
    return {values["phone_number_val"] for _, values in phones if values.get("phone_number_val")}


def _warn_of_duplicates(session: Session, patient: Patient, phones: Rows) -> None:
    likely = queries.likely_duplicates(
        session,
        first_name=patient.first_name,
        last_name=patient.last_name,
        birthday=patient.birthday,
        phones=[phone["phone_number_val"] for _, phone in phones],
        but=patient.patient_id,
    )
    if likely:
        known = [(row.patient_id, row.full_name, row.card_number, row.register_number, row.birthday) for row in likely]
        text = T("This person may be registered already. Look at the records below before you save.")
        raise Conflict(text, data={"likely": known})
