"""People for tests: each factory goes through the room's action, so that every rule holds."""

import itertools
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.people import actions
from app.people.models import Employee, MedicalHistoryEntry, Patient, PatientMerge, PatientRelation, Position
from app.people.rules import Gender, HistoryKind, PositionCategory, PositionType, RelationKind, Severity
from app.security.models import User

TODAY = date.today()
_numbers = itertools.count(1)
_KINDS = {
    "Doctor": PositionType.DOCTOR,
    "Nurse": PositionType.NURSE,
    "Assistant": PositionType.ASSISTANT,
    "Receptionist": PositionType.RECEPTION,
    "Coordinator": PositionType.COORDINATOR,
    "Manager": PositionType.MANAGER,
    "Admin": PositionType.SUPPORT,
}


def phones(count: int = 2) -> list[tuple[int, dict[str, Any]]]:
    """Rows of phones that nobody else has."""
    return [(i, {"phone_number_val": f"+9768{next(_numbers):07d}", "is_primary": i == 0}) for i in range(count)]


def patient(
    session: Session, *, history: Any = (), own_phones: Any = None, today: date = TODAY, **values: Any
) -> Patient:
    """A complete patient with two phones."""
    base = {"first_name": "Бат", "last_name": "Дорж", "birthday": date(1985, 4, 3), "gender": Gender.MALE}
    rows = own_phones if own_phones is not None else phones()
    return actions.register_patient(session, {**base, **values}, rows, history, today=today)


def position(session: Session, kind: PositionType = PositionType.DOCTOR) -> Position:
    """A position of this kind, the same one each time."""
    found = session.scalar(sa.select(Position).where(Position.position_type == kind).limit(1))
    if found is None:
        found = Position(
            position_type=kind,
            display_name_mn=kind.value,
            display_name_en=kind.value,
            category=PositionCategory.CLINICAL,
        )
        session.add(found)
        session.flush()
    return found


def employee(
    session: Session, *, kind: PositionType = PositionType.DOCTOR, today: date = TODAY, **values: Any
) -> Employee:
    """An employee with two phones and one position held since 2020."""
    base = {
        "first_name": "Сараа", "last_name": "Болд", "birthday": date(1980, 1, 2), "gender": Gender.FEMALE,
        "hired_at": date(2020, 1, 1),
    }  # fmt: skip
    held = [
        (0, {"position_id": position(session, kind).position_id, "started_at": date(2020, 1, 1), "is_primary": True})
    ]
    return actions.add_employee(session, {**base, **values}, phones(), held, today=today)


def doctor(session: Session, **values: Any) -> Employee:
    """A doctor."""
    return employee(session, kind=PositionType.DOCTOR, **values)


def person_of(session: Session, user: User, role: str) -> None:
    """The employee or patient behind a user of the cast."""
    if role == "Patient":
        patient(session, first_name=role, last_name="Туршилт", user_id=user.id)
    else:
        employee(session, kind=_KINDS[role], first_name=role, last_name="Туршилт", user_id=user.id)


def relation(session: Session, **values: Any) -> PatientRelation:
    """A parent and a child."""
    child = values.pop("child", None) or patient(session, first_name="Хүү")
    parent = values.pop("parent", None) or patient(session, first_name="Эх")
    row = PatientRelation(
        patient_id=child.patient_id, related_patient_id=parent.patient_id, kind=RelationKind.PARENT, is_payer=True
    )
    session.add(row)
    session.flush()
    return row


def allergy(session: Session, person: Patient | None = None, **values: Any) -> MedicalHistoryEntry:
    """A critical allergy."""
    owner = person or patient(session)
    base = {"kind": HistoryKind.ALLERGY, "name": "Новокаин", "severity": Severity.CRITICAL}
    row = MedicalHistoryEntry(patient_id=owner.patient_id, **{**base, **values})
    session.add(row)
    session.flush()
    return row


def merge(session: Session, kept: Patient | None = None, merged: Patient | None = None) -> PatientMerge:
    """Two records that are one person."""
    from app.workflows.merge import merge_patients

    one, other = kept or patient(session), merged or patient(session, first_name="Bat")
    common: dict[str, Any] = {"picks": {}, "by": None, "now": datetime.now(UTC), "zone": ZoneInfo("Asia/Ulaanbaatar")}
    return merge_patients(session, one.patient_id, other.patient_id, **common)
