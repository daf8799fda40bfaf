"""A caller who isn't a patient yet: name and one phone hold a time; check-in asks for the rest."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T
from app.people import actions as people
from app.people import queries as people_queries
from app.people.models import Patient
from app.people.rules import PatientSource
from app.scheduling.rules import AppointmentSource

LONGEST_NAME = 30


def caller_as_patient(session: Session, values: Mapping[str, Any], *, today: date, by: int | None) -> Patient:
    """A caller as a provisional patient. Raises RuleError (caller_name, caller_phone), Conflict with who it may be."""
    typed, phone = " ".join((values.get("caller_name") or "").split()), values.get("caller_phone")
    if not typed and not phone:
        raise RuleError(T("Choose a patient, or write the name and phone of a caller."), field="patient_id")
    last_name, first_name = caller_names(typed)
    if not phone:
        raise RuleError(T("Required"), field="caller_phone")
    number = parse_phone(phone, field="caller_phone")
    if not values.get("is_somebody_else"):
        _check_known(session, first_name, last_name, number)
    who = {
        "first_name": first_name,
        "last_name": last_name,
        "is_provisional": True,
        "source": PatientSource.WALK_IN if values.get("source") is AppointmentSource.WALK_IN else PatientSource.PHONE,
    }
    return people.register_patient(
        session, who, [(0, {"phone_number_val": number, "is_primary": True})], today=today, by=by
    )


def caller_names(typed: str) -> tuple[str | None, str]:
    """(family name, given name) of what a caller said: `Дорж Бат`, `Д.Бат` or `Бат`. Raises RuleError (caller_name)."""
    head, dot, tail = typed.partition(".")
    words = [head.strip(), tail.strip()] if dot and head.strip() and tail.strip() else typed.rsplit(" ", 1)
    first_name, last_name = words[-1], words[0] if len(words) > 1 else None
    if not first_name:
        raise RuleError(T("Required"), field="caller_name")
    if max(len(first_name), len(last_name or "")) > LONGEST_NAME:
        raise RuleError(T("At most %(longest)s characters.", longest=LONGEST_NAME), field="caller_name")
    return last_name, first_name


def _check_known(session: Session, first_name: str, last_name: str | None, number: str) -> None:
    """A caller with a name and number that are here already is most likely that patient. Raises Conflict."""
    known = people_queries.likely_duplicates(
        session, first_name=first_name, last_name=last_name, birthday=None, phones=[number]
    )
    if known:
        text = T("This caller may be a patient already. Choose the patient, or say that it is somebody else.")
        raise Conflict(text, field="caller_name", data={"likely": [row.patient_id for row in known]})
