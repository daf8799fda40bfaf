"""Reads about people. The search finds a patient by any part of name, register number, card or phone."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session, SessionTransaction

from app.db.base import sqla
from app.kernel.folding import fold, fold_words
from app.kernel.phones import national_digits
from app.people.models import (
    Employee,
    EmployeePhone,
    EmployeePosition,
    MedicalHistoryEntry,
    Patient,
    PatientMerge,
    PatientPhone,
    PatientRelation,
    PatientSearch,
    Position,
)
from app.people.rules import EmployeeStatus, PositionType, RelationKind

_PERSONS = "soyoo_persons"

# --- one person: the records that were found to be the same patient's


def patient_ids(session: Session, patient_id: int) -> tuple[int, ...]:
    """Every number under which rows of this person stand: the kept record's first, then those merged into it.

    One statement for each person in a transaction. What was posted is never rewritten, so it stays under the number
    it was written with: whoever reads or adds up a patient's rows asks here for whose they are.
    """
    known: dict[int, tuple[int, ...]] = session.info.setdefault(_PERSONS, {})
    if patient_id not in known:
        own = sa.orm.aliased(Patient)
        kept = sa.select(sa.func.coalesce(own.merged_into_id, own.patient_id)).where(own.patient_id == patient_id)
        merged = sa.select(Patient.patient_id).where(Patient.merged_into_id == kept.scalar_subquery())
        statement = kept.union_all(merged.order_by(None))
        found = list(dict.fromkeys(session.scalars(statement)))
        known[patient_id] = (found[0], *sorted(found[1:])) if found else (patient_id,)
    return known[patient_id]


def is_of(session: Session, column: Any, patient_id: int) -> ColumnElement[bool]:
    """The condition "this row belongs to the person", whichever of their numbers it was written with."""
    keys = patient_ids(session, patient_id)
    condition: ColumnElement[bool] = column == keys[0] if len(keys) == 1 else column.in_(keys)
    return condition


def kept_id(session: Session, patient_id: int) -> int:
    """The number under which new rows of this person are written."""
    return patient_ids(session, patient_id)[0]


def merged_into(session: Session, patient_id: int) -> Sequence[Patient]:
    """The records that were merged into this one."""
    statement = sa.select(Patient).where(Patient.merged_into_id == patient_id)
    return session.scalars(statement.order_by(Patient.patient_id)).all()


def latest_merge(session: Session, patient_id: int, since: datetime) -> PatientMerge | None:
    """The newest merge into this record that can still be undone."""
    stands = (PatientMerge.kept_id == patient_id, PatientMerge.undone_at.is_(None), PatientMerge.at > since)
    return session.scalar(sa.select(PatientMerge).where(*stands).order_by(PatientMerge.at.desc()).limit(1))


def person_of(column: Any) -> ColumnElement[int]:
    """The kept record's number of the patient in `column`, for statements over everybody: one person, one group."""
    own = sa.orm.aliased(Patient)
    kept = sa.select(own.merged_into_id).where(own.patient_id == column).scalar_subquery()
    person: ColumnElement[int] = sa.func.coalesce(kept, column)
    return person


def forget_persons(session: Session) -> None:
    """Records were just merged or taken apart: ask again whose rows are whose."""
    session.info.pop(_PERSONS, None)


@sa.event.listens_for(sqla.session, "after_transaction_end")
def _forget_at_the_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:  # a flush ends one of its own inside it
        forget_persons(session)


# --- the search

NAME, REGISTER, CARD, PHONE, PART = "name", "register", "card", "phone", "part"
REVERSED = "~"  # sorts behind every letter and digit, so that a range over plain keys never meets a reversed one
_AFTER = "\x7f"
_RUNS = re.compile(r"([a-z])\1+")
MOST_WORDS, RARE = 5, 2_000


def search_keys(patient: Patient, phones: Iterable[str]) -> set[tuple[str, str]]:
    """(kind, key) of every row by which a patient is found.

    Words folded, numbers plain and reversed; and of each what remains when its beginning is cut off, letter by
    letter, so that any part of it is the beginning of some key.
    """
    names = (patient.first_name, patient.last_name)
    words = {(NAME, key[:40]) for name in names if name for key in (*fold_words(name), *_letter_by_letter(name))}
    numbers = [(CARD, fold(patient.card_number)), *((PHONE, national_digits(number)) for number in phones)]
    if patient.register_number:
        numbers.append((REGISTER, fold(patient.register_number)))
    if patient.passport_number:
        numbers.append((REGISTER, fold(patient.passport_number)))
    plain = words | {(kind, key[:39]) for kind, key in numbers if key}
    keys = plain | {(kind, REVERSED + key[::-1]) for kind, key in plain if kind != NAME}
    if patient.register_number:
        keys.add((REGISTER, patient.register_number[2:]))  # said without its letters
    # of a name down to its last letter: a long vowel (аа) is one letter of the key
    return keys | {(PART, key[at:]) for kind, key in plain for at in range(1, len(key) - (kind != NAME))}


def _letter_by_letter(name: str) -> list[str]:
    """The words of a name whose letters fold to something else alone than together (дж, дз).

    Somebody who types a part of the name that ends between the two must find it too.
    """
    words = [word for word in re.split(r"[\s\-–—.,/]+", name) if word]
    alone = ((_RUNS.sub(r"\1", "".join(map(fold, word))), fold(word)) for word in words)
    return [apart for apart, together in alone if apart and apart != together]


def find_patients(session: Session, typed: str, limit: int = 25, offset: int = 0) -> Sequence[Patient]:
    """The patients whom what was typed finds, those who match its beginning first."""
    ids = matching_ids(session, typed, limit + offset)[offset:]
    if not ids:
        return []
    whole = (Patient.patient_id.in_(ids), Patient.merged_into_id.is_(None))
    by_id = {row.patient_id: row for row in session.scalars(sa.select(Patient).where(*whole))}
    return [by_id[key] for key in ids if key in by_id]


def matching_ids(session: Session, typed: str, limit: int = 25) -> list[int]:
    """Ids of at most `limit` patients: first by the start of a word and the start or end of a number, and only
    when that finds fewer than `limit`, by any other part. Every step is a range on an index.
    """
    words = _words(typed)
    if not words:
        return []
    found = dict.fromkeys(session.scalars(_matching(session, words, False, limit)))
    if len(found) < limit and any(len(typed) > 1 for _, typed in words):
        found |= dict.fromkeys(session.scalars(_matching(session, words, True, limit)))
    return list(found)[:limit]


def matching_condition(column: Any, typed: str) -> ColumnElement[bool]:
    """For lists of other tables: `column` (a patient's id) is one of the first thousand whom `typed` finds."""
    words = _words(typed)
    if not words:
        return sa.false()
    longest = max(words, key=lambda word: len(word[0]))
    found = _one_word(longest, True, 1_000) if len(words) == 1 else _all_words(longest, words, True).limit(1_000)
    condition: ColumnElement[bool] = column.in_(found.subquery().select())
    return condition


Typed = tuple[str, str]  # a word's key, and the word as it was typed


def _words(typed: str) -> list[Typed]:
    """The words of what was typed; digits that belong together are one word."""
    spaceless = "".join(letter for letter in typed if not letter.isspace() and letter not in "-+()")
    if spaceless.isascii() and spaceless.isdigit():
        digits = spaceless[3:] if len(spaceless) == 11 and spaceless.startswith("976") else spaceless[:40]
        return [(digits, digits)]
    return [(key[:40], word) for word in typed.split()[:MOST_WORDS] if (key := fold(word))]


def _matching(session: Session, words: Sequence[Typed], anywhere: bool, limit: int) -> "Select[int]":
    """The statement that finds all words; it walks along the rarest of them and looks the others up."""
    if len(words) == 1:
        return _one_word(words[0], anywhere, limit)
    counts = session.execute(sa.select(*(_count(word, anywhere) for word in words))).one()
    driver = min(zip(counts, words, strict=True), key=lambda pair: (pair[0], -len(pair[1][0])))[1]
    return _all_words(driver, words, anywhere).limit(limit)


def _one_word(word: Typed, anywhere: bool, limit: int) -> "Select[int]":
    """At most `limit` of each range: MariaDB would first gather them all."""
    parts = (_keys(PatientSearch, r).distinct().limit(limit).subquery().select() for r in _ranges(word, anywhere))
    hits = sa.union_all(*parts).subquery()
    return sa.select(hits.c.patient_id).distinct().limit(limit)


def _count(word: Typed, anywhere: bool) -> "sa.ScalarSelect[int]":
    """How many keys match a word, counted no further than `RARE` in each range."""
    capped = sa.union_all(*(_keys(PatientSearch, r).limit(RARE).subquery().select() for r in _ranges(word, anywhere)))
    return sa.select(sa.func.count()).select_from(capped.subquery()).scalar_subquery()


def _all_words(driver: Typed, words: Sequence[Typed], anywhere: bool) -> "Select[int]":
    hits = sa.union_all(*(_keys(PatientSearch, r) for r in _ranges(driver, anywhere))).subquery()
    statement = sa.select(hits.c.patient_id).distinct()
    for word in words:
        if word is not driver:
            found = []
            for key_range in _ranges(word, anywhere):
                other = sa.orm.aliased(PatientSearch)
                found.append(_keys(other, key_range).where(other.patient_id == hits.c.patient_id).exists())
            statement = statement.where(sa.or_(*found))
    return statement


Range = tuple[str, str]  # kind, and with what the key begins


def _ranges(word: Typed, anywhere: bool) -> list[Range]:
    """Where the keys of a word lie: starts of words, starts and ends of numbers, and where asked any other part."""
    key, typed = word
    if any(letter.isdigit() for letter in key):
        ends = [REVERSED + key[::-1]]
        found = [(kind, start) for kind in (PHONE, REGISTER, CARD) for start in (key, *ends)]
    else:
        found = [(NAME, key), (REGISTER, key)]
    return [*found, (PART, key)] if anywhere and len(typed) > 1 else found


def _keys(table: Any, key_range: Range) -> "Select[int]":
    kind, start = key_range
    return sa.select(table.patient_id).where(table.kind == kind, table.key >= start, table.key < start + _AFTER)


def phones_of_patients(session: Session, patient_ids: Iterable[int]) -> dict[int, list[PatientPhone]]:
    """The phones of several patients in one statement, the primary one first."""
    statement = sa.select(PatientPhone).where(PatientPhone.patient_id.in_(list(patient_ids)))
    found: dict[int, list[PatientPhone]] = {}
    for phone in session.scalars(statement.order_by(PatientPhone.is_primary.desc(), PatientPhone.phone_number_id)):
        found.setdefault(phone.patient_id, []).append(phone)
    return found


def phones_of_employees(session: Session, employee_ids: Iterable[int]) -> dict[int, list[EmployeePhone]]:
    """The phones of several employees in one statement, the primary one first."""
    statement = sa.select(EmployeePhone).where(EmployeePhone.employee_id.in_(list(employee_ids)))
    found: dict[int, list[EmployeePhone]] = {}
    for phone in session.scalars(statement.order_by(EmployeePhone.is_primary.desc(), EmployeePhone.phone_number_id)):
        found.setdefault(phone.employee_id, []).append(phone)
    return found


def history_of(session: Session, patient_ids: Iterable[int]) -> dict[int, list[MedicalHistoryEntry]]:
    """The medical history of several patients, the gravest first."""
    statement = sa.select(MedicalHistoryEntry).where(MedicalHistoryEntry.patient_id.in_(list(patient_ids)))
    order = (MedicalHistoryEntry.severity.desc(), MedicalHistoryEntry.medical_history_entry_id)
    found: dict[int, list[MedicalHistoryEntry]] = {}
    for entry in session.scalars(statement.order_by(*order)):
        found.setdefault(entry.patient_id, []).append(entry)
    return found


def relations_of(session: Session, patient_id: int) -> Sequence[PatientRelation]:
    """The family of a patient."""
    statement = sa.select(PatientRelation).where(PatientRelation.patient_id == patient_id)
    return session.scalars(statement.options(sa.orm.joinedload(PatientRelation.related_patient))).all()


def family_of(session: Session, patient_id: int) -> list[tuple[Patient, RelationKind | None]]:
    """Whoever is related to a patient and can be booked, by name; what they are to the patient where that is known."""
    pairs = sa.select(PatientRelation.related_patient_id, PatientRelation.kind).where(
        PatientRelation.patient_id == patient_id
    )
    back = sa.select(PatientRelation.patient_id).where(PatientRelation.related_patient_id == patient_id)
    kinds: dict[int, RelationKind | None] = dict.fromkeys(session.scalars(back))
    for key, kind in session.execute(pairs):
        kinds[key] = kind
    here = (Patient.patient_id.in_(kinds), Patient.merged_into_id.is_(None), Patient.is_deceased.is_(False))
    found = session.scalars(sa.select(Patient).where(*here).order_by(Patient.first_name, Patient.patient_id))
    return [(patient, kinds[patient.patient_id]) for patient in found] if kinds else []


def likely_duplicates(
    session: Session,
    *,
    first_name: str,
    last_name: str | None,
    birthday: date | None,
    phones: Iterable[str],
    but: int | None = None,
) -> Sequence[Patient]:
    """Patients who may be the same person: the same name with the same birthday or with one of these phones."""
    same_phone = sa.select(PatientPhone.patient_id).where(PatientPhone.phone_number_val.in_(list(phones)))
    key = fold(first_name)
    named = sa.select(PatientSearch.patient_id).where(PatientSearch.kind == NAME, PatientSearch.key == key)
    who: list[ColumnElement[bool]] = [Patient.patient_id.in_(same_phone)]
    if birthday is not None:
        who.append(Patient.birthday == birthday)
    whole = (Patient.patient_id.in_(named), Patient.merged_into_id.is_(None))
    statement = sa.select(Patient).where(*whole, sa.or_(*who)).limit(20)
    found = [row for row in session.scalars(statement) if row.patient_id != but]
    family = fold(last_name or "")
    return [row for row in found if not family or not row.last_name or fold(row.last_name)[:1] == family[:1]]


def is_employee(session: Session, first_name: str, last_name: str, phone: str) -> bool:
    """Whether somebody of this name with this phone is an employee already."""
    same_phone = sa.select(EmployeePhone.employee_id).where(EmployeePhone.phone_number_val == phone)
    named = (Employee.first_name == first_name, Employee.last_name == last_name)
    return (
        session.scalar(sa.select(Employee.employee_id).where(*named, Employee.employee_id.in_(same_phone))) is not None
    )


def doctors_statement(today: date) -> "Select[Employee]":
    """Employees with a current DOCTOR position who work here."""
    return sa.select(Employee).where(is_doctor(today), Employee.status != EmployeeStatus.NOT_WORKING)


def is_doctor(today: date) -> ColumnElement[bool]:
    """The condition "has a current DOCTOR position"."""
    return _holds(today, [PositionType.DOCTOR])


def _holds(today: date, types: Sequence[PositionType]) -> ColumnElement[bool]:
    current = (
        sa.select(EmployeePosition.employee_id)
        .join(Position, Position.position_id == EmployeePosition.position_id)
        .where(
            Position.position_type.in_(types),
            EmployeePosition.started_at <= today,
            sa.or_(EmployeePosition.ended_at.is_(None), EmployeePosition.ended_at >= today),
        )
    )
    return Employee.employee_id.in_(current)


def is_assistant(today: date) -> ColumnElement[bool]:
    """The condition "may assist": a nurse or an assistant."""
    return _holds(today, [PositionType.ASSISTANT, PositionType.NURSE])


def doctors(session: Session, today: date) -> Sequence[Employee]:
    """The doctors, in the order of the alphabet."""
    return session.scalars(doctors_statement(today).order_by(Employee.sort_name, Employee.employee_id)).all()


def positions_of(session: Session, employee_ids: Iterable[int]) -> dict[int, list[EmployeePosition]]:
    """The positions of several employees in one statement, the primary one first."""
    statement = (
        sa.select(EmployeePosition)
        .where(EmployeePosition.employee_id.in_(list(employee_ids)))
        .options(sa.orm.joinedload(EmployeePosition.position))
        .order_by(EmployeePosition.is_primary.desc(), EmployeePosition.started_at)
    )
    found: dict[int, list[EmployeePosition]] = {}
    for held in session.scalars(statement):
        found.setdefault(held.employee_id, []).append(held)
    return found


def patients_last_seen_between(session: Session, earliest: datetime, latest: datetime) -> Sequence[Patient]:
    """Patients whose last visit lies in [earliest, latest): for the nightly status."""
    statement = sa.select(Patient).where(Patient.last_seen_at >= earliest, Patient.last_seen_at < latest)
    return session.scalars(statement).all()
