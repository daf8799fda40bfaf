"""Writes about people, inside the caller's transaction. The only place where search keys and phones change."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.base import Base
from app.jobs.actions import next_number
from app.jobs.rules import CounterKind
from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.folding import sort_key
from app.kernel.text import T
from app.people import queries, rules
from app.people.models import (
    Employee,
    EmployeePhone,
    EmployeePosition,
    MedicalHistoryEntry,
    Patient,
    PatientPhone,
    PatientSearch,
)

Rows = Sequence[tuple[int, Mapping[str, Any]]]  # (position on the form, values)
Row = TypeVar("Row", bound=Base)


def register_patient(
    session: Session,
    values: Mapping[str, Any],
    phones: Rows,
    history: Rows = (),
    *,
    today: date,
    by: int | None = None,
) -> Patient:
    """Add a patient with phones and medical history. Raises RuleError, Conflict.

    A provisional patient needs a name and one phone, a complete one birthday, gender and two phones.
    """
    filled = rules.complete_from_register(values)
    rules.check_patient(filled, today)
    checked = rules.check_phones(phones, 1 if filled.get("is_provisional") else rules.LEAST_PHONES)
    patient = _fill(Patient(), filled)
    patient.card_number = _card_number(session, filled.get("card_number"))
    _check_unique(session, patient)
    patient.sort_name = sort_name(patient)
    session.add(patient)
    session.flush()
    for phone in checked:
        session.add(_fill(PatientPhone(patient_id=patient.patient_id), phone))
    for _, entry in history:
        session.add(_fill(MedicalHistoryEntry(patient_id=patient.patient_id, recorded_by=by), entry))
    _write_keys(session, [patient], queries.search_keys(patient, [phone["phone_number_val"] for phone in checked]))
    session.flush()
    return patient


def change_patient(
    session: Session, patient: Patient, values: Mapping[str, Any], phones: Rows | None, *, today: date
) -> Patient:
    """Change a locked patient, and their phones where given. Raises RuleError, Conflict.

    A caller becomes a complete patient as soon as birthday, gender and two phones are there.
    """
    known = {key: getattr(patient, key) for key in ("first_name", "birthday", "gender", "register_number")}
    filled = rules.complete_from_register({**known, "is_provisional": patient.is_provisional, **values})
    is_complete = filled.get("birthday") is not None and filled.get("gender") is not None
    now_phones = phones if phones is not None else _phone_rows(session, patient)
    if patient.is_provisional and is_complete and len(now_phones) >= rules.LEAST_PHONES:
        filled["is_provisional"] = False
    rules.check_patient(filled, today)
    checked = rules.check_phones(now_phones, 1 if filled["is_provisional"] else rules.LEAST_PHONES)
    if not filled.get("card_number"):
        filled.pop("card_number", None)
    with session.no_autoflush:
        _fill(patient, filled)
        _check_unique(session, patient)
    patient.sort_name = sort_name(patient)
    if phones is not None:
        have = {row.phone_number_val: row for row in _patient_phones(session, patient)}
        _replace(session, have, checked, lambda: PatientPhone(patient_id=patient.patient_id))
    refresh_search(session, patient, [phone["phone_number_val"] for phone in checked])
    session.flush()
    return patient


def _patient_phones(session: Session, patient: Patient) -> list[PatientPhone]:
    return queries.phones_of_patients(session, [patient.patient_id]).get(patient.patient_id, [])


def _phone_rows(session: Session, patient: Patient) -> list[tuple[int, Mapping[str, Any]]]:
    rows = _patient_phones(session, patient)
    columns = ("phone_number_val", "label", "is_primary")
    return [(i, {name: getattr(row, name) for name in columns}) for i, row in enumerate(rows)]


def change_phones(session: Session, person: Patient | Employee, phones: Rows) -> None:
    """Replace the phones of a person. The phone one signs in with stays. Raises RuleError."""
    checked = rules.check_phones(phones)
    if isinstance(person, Patient):
        have: dict[str, Any] = {row.phone_number_val: row for row in _patient_phones(session, person)}
        _replace(session, have, checked, lambda: PatientPhone(patient_id=person.patient_id))
        refresh_search(session, person, [phone["phone_number_val"] for phone in checked])
    else:
        rows = queries.phones_of_employees(session, [person.employee_id]).get(person.employee_id, [])
        have = {row.phone_number_val: row for row in rows}
        _replace(session, have, checked, lambda: EmployeePhone(employee_id=person.employee_id))
    session.flush()


def _replace(session: Session, have: dict[str, Any], wanted: Sequence[Mapping[str, Any]], make: Any) -> None:
    for values in wanted:
        row = have.pop(values["phone_number_val"], None)
        if row is None:
            row = make()
            session.add(row)
        _fill(row, values)
    for row in have.values():
        session.delete(row)


def refresh_search(session: Session, patient: Patient, phones: Sequence[str]) -> None:
    """Bring the search keys of a person up to date: each of their records is found by what stands on any of them,
    so that lists of what was posted long ago find it by the name of today."""
    records = [patient, *queries.merged_into(session, patient.patient_id)]
    _write_keys(session, records, set().union(*(queries.search_keys(row, phones) for row in records)))


def _write_keys(session: Session, records: Sequence[Patient], wanted: set[tuple[str, str]]) -> None:
    for record in records:
        statement = sa.select(PatientSearch).where(PatientSearch.patient_id == record.patient_id)
        have = {(row.kind, row.key): row for row in session.scalars(statement)}
        for gone in have.keys() - wanted:
            session.delete(have[gone])
        for kind, key in wanted - have.keys():
            session.add(PatientSearch(patient_id=record.patient_id, kind=kind, key=key))


def sort_name(person: Patient | Employee) -> str:
    """By what the lists are sorted: the order of the Mongolian alphabet."""
    return sort_key(f"{person.first_name} {person.last_name or ''}")


def _card_number(session: Session, typed: str | None) -> str:
    if typed:
        return typed
    while True:  # a clinic may have typed a number that the counter comes to later
        number = f"{next_number(session, CounterKind.CARD):06d}"
        if session.scalar(sa.select(Patient.patient_id).where(Patient.card_number == number)) is None:
            return number


def _check_unique(session: Session, patient: Patient) -> None:
    for field in ("register_number", "passport_number", "card_number"):
        value = getattr(patient, field)
        if not value:
            continue
        statement = sa.select(Patient).where(getattr(Patient, field) == value)
        other = session.scalar(statement)
        if other is not None and other is not patient and other.patient_id != patient.patient_id:
            text = T("%(name)s has this number already (card %(card)s).", name=other.title, card=other.card_number)
            raise Conflict(text, field=field, data={"patient_id": other.patient_id})


def note_visit(patient: Patient, seen_at: datetime, today: date, zone: tzinfo) -> None:
    """A completed visit: first and last seen, and the status that follows on the clinic's calendar."""
    if patient.first_seen_at is None or seen_at < patient.first_seen_at:
        patient.first_seen_at = seen_at
    if patient.last_seen_at is None or seen_at > patient.last_seen_at:
        patient.last_seen_at = seen_at
    patient.status = rules.patient_status(clinic_date(patient.last_seen_at, zone), today)


def add_employee(
    session: Session, values: Mapping[str, Any], phones: Rows, positions: Rows, *, today: date
) -> Employee:
    """Add an employee with at least two phones, in one go. Raises RuleError; Conflict for a form sent twice."""
    rules.check_employee(values, today)
    checked = rules.check_phones(phones)
    employee = _fill(Employee(), {key: value for key, value in values.items() if value is not None})
    employee.sort_name = sort_name(employee)
    employee.employee_display_number = next_number(session, CounterKind.EMPLOYEE)  # one at a time from here on
    if queries.is_employee(session, employee.first_name, employee.last_name, checked[0]["phone_number_val"]):
        raise Conflict(T("Another record has this already."), field=f"phones-{phones[0][0]}-phone_number_val")
    session.add(employee)
    session.flush()
    for phone in checked:
        session.add(_fill(EmployeePhone(employee_id=employee.employee_id), phone))
    _set_positions(session, employee, positions)
    session.flush()
    return employee


def change_employee(
    session: Session, employee: Employee, values: Mapping[str, Any], phones: Rows, positions: Rows, *, today: date
) -> Employee:
    """Change a locked employee with phones and positions. Raises RuleError."""
    rules.check_employee(values, today)
    with session.no_autoflush:
        _fill(employee, values)
    employee.sort_name = sort_name(employee)
    change_phones(session, employee, phones)
    _set_positions(session, employee, positions)
    session.flush()
    return employee


def _set_positions(session: Session, employee: Employee, positions: Rows) -> None:
    """Replace the positions an employee holds: the same position from the same day is the same row."""
    wanted = [dict(values) for _, values in positions]
    for position, values in positions:
        if values.get("ended_at") and values["ended_at"] < values["started_at"]:
            raise RuleError(T("This is before the first working day."), field=f"positions-{position}-ended_at")
    if len([values for values in wanted if values.get("is_primary")]) > 1:
        raise RuleError(T("Only one position can be the primary one."), field="positions")
    if wanted and not any(values.get("is_primary") for values in wanted):
        wanted[0]["is_primary"] = True
    rows = queries.positions_of(session, [employee.employee_id]).get(employee.employee_id, [])
    have = {(row.position_id, row.started_at): row for row in rows}
    for values in wanted:
        row = have.pop((values["position_id"], values["started_at"]), None)
        if row is None:
            row = EmployeePosition(employee_id=employee.employee_id)
            session.add(row)
        _fill(row, values)
    for row in have.values():
        session.delete(row)


def _fill(row: Row, values: Mapping[str, Any]) -> Row:
    columns = sa.inspect(type(row)).column_attrs
    for name, value in values.items():
        if (name in columns and name != "card_number") or (name == "card_number" and value):
            setattr(row, name, value)
    return row


def locked_entry(session: Session, entry_id: int) -> MedicalHistoryEntry:
    """An entry of a medical history, locked until the unit ends. Raises NotFound."""
    row = session.get(MedicalHistoryEntry, entry_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def confirm_entry(session: Session, row: MedicalHistoryEntry, *, by: int | None) -> MedicalHistoryEntry:
    """A doctor (an employee) confirms what a patient told, in a locked entry. Raises RuleError."""
    if by is None:
        raise RuleError(T("Only a doctor who is an employee here can confirm this."))
    if row.confirmed_by is not None:
        raise RuleError(T("A doctor has confirmed this already."))
    row.confirmed_by = by
    session.flush()
    return row


def end_entry(session: Session, row: MedicalHistoryEntry, *, today: date) -> MedicalHistoryEntry:
    """What a locked entry says no longer holds from today on. Raises RuleError."""
    if row.until is not None and row.until <= today:
        raise RuleError(T("This has ended already."))
    row.until = max(today, row.since or today)
    session.flush()
    return row
