"""Whom the clinic knows already, of the people of a list."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.folding import fold
from app.kernel.text import T
from app.people.models import Patient, PatientPhone, short_name
from app.people.rules.importing import Person

_FACTS = (
    sa.func.coalesce(Patient.merged_into_id, Patient.patient_id).label("patient_id"),  # one person, one record
    Patient.register_number,
    Patient.passport_number,
    Patient.card_number,
    Patient.first_name,
    Patient.last_name,
    Patient.birthday,
)


def known_people(session: Session, wanted: Sequence[Person]) -> list[Person]:
    """The patients whom the rows of a list may mean: with one of their numbers, birthdays or phones.

    At most five statements, however many rows; who shares no number must share the given name's key.
    """
    found: dict[int, Person] = {}
    for column, numbers in (
        (Patient.register_number, {person.register for person in wanted}),
        (Patient.passport_number, {person.passport for person in wanted}),
        (Patient.card_number, {person.card for person in wanted}),
    ):
        _gather(session, found, column.in_(numbers - {None}), bool(numbers - {None}))
    names = {person.given for person in wanted if person.given}
    birthdays = {person.birthday for person in wanted} - {None}
    _gather(session, found, Patient.birthday.in_(birthdays), bool(birthdays), names)
    _gather_by_phone(session, found, {number for person in wanted for number in person.phones}, names)
    return list(found.values())


def _gather(
    session: Session,
    found: dict[int, Person],
    condition: ColumnElement[bool],
    is_asked: bool,
    names: Iterable[str] | None = None,
) -> None:
    if is_asked:
        for row in session.execute(sa.select(*_FACTS).where(condition)):
            _keep(found, row, (), names)


def _gather_by_phone(session: Session, found: dict[int, Person], phones: Iterable[str], names: Iterable[str]) -> None:
    numbers = list(phones)
    if not numbers:
        return
    statement = (
        sa.select(*_FACTS, PatientPhone.phone_number_val)
        .join(PatientPhone, PatientPhone.patient_id == Patient.patient_id)
        .where(PatientPhone.phone_number_val.in_(numbers))
    )
    for row in session.execute(statement):
        _keep(found, row, (row.phone_number_val,), names)


def _keep(found: dict[int, Person], row: Any, phones: tuple[str, ...], names: Iterable[str] | None) -> None:
    given = fold(row.first_name)
    if names is not None and given not in names:
        return
    before = found.get(row.patient_id)
    name, card = short_name(row.first_name, row.last_name), row.card_number
    found[row.patient_id] = Person(
        T("%(name)s, card %(card)s", name=name, card=card),
        patient_id=row.patient_id,
        register=row.register_number,
        passport=row.passport_number,
        card=card,
        given=given,
        family=fold(row.last_name or ""),
        birthday=row.birthday,
        phones=(*(before.phones if before else ()), *phones),
    )
