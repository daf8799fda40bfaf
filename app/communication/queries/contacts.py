"""Whose number it is, and the calls and texts of numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.communication.models import Call, Sms
from app.communication.rules import ContactType, Direction
from app.db.looks import saw
from app.people.models import Employee, EmployeePhone, Patient, PatientPhone, short_name

P, E = ContactType.PATIENT, ContactType.EMPLOYEE
KINDS = {int(kind): kind for kind in (P, E)}


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody behind a number."""

    kind: ContactType
    key: int
    name: str


def whose(session: Session, rows: Sequence[Any]) -> dict[Any, list[Holder]]:
    """Who stands behind the number of each call, text or line of the log: first whom the row is linked to, then
    everybody else who has the number now. One statement for all of them."""
    linked = {(row.contact_type, row.contacter_id) for row in rows if row.contacter_id is not None}
    by_number, by_key = _known(session, {row.phone_number for row in rows}, linked)
    found = {}
    for row in rows:
        first = by_key.get((row.contact_type, row.contacter_id))
        others = [one for one in by_number.get(row.phone_number, []) if one != first]
        found[row.row_id] = [first, *others] if first else others
    return found


def holders_of(session: Session, number: str) -> list[Holder]:
    """Everybody who has this number, those whose main number it is first."""
    return _known(session, {number}, set())[0].get(number, [])


def owner_of(session: Session, number: str) -> tuple[ContactType, int | None]:
    """Whom a call of this number is linked to: a patient before an employee, the one whose main number it is before
    others, the one who was registered first."""
    found = holders_of(session, number)
    return (found[0].kind, found[0].key) if found else (ContactType.NEW, None)


Known = tuple[dict[str, list[Holder]], dict[tuple[Any, Any], Holder]]


def _known(session: Session, numbers: set[str], linked: set[tuple[ContactType, int]]) -> Known:
    arms = [
        _by_number(P, Patient, PatientPhone, Patient.patient_id, numbers),
        _by_number(E, Employee, EmployeePhone, Employee.employee_id, numbers),
        _by_key(P, Patient, Patient.patient_id, [key for kind, key in linked if kind is P]),
        _by_key(E, Employee, Employee.employee_id, [key for kind, key in linked if kind is E]),
    ]
    wanted = [arm for arm in arms if arm is not None]
    rows = session.execute(sa.union_all(*wanted)).all() if wanted else []
    saw(row.key for row in rows if KINDS[row.kind] is ContactType.PATIENT)
    by_number: dict[str, list[Holder]] = {}
    by_key: dict[tuple[Any, Any], Holder] = {}
    for row in sorted(rows, key=lambda row: (row.kind, not row.is_primary, row.key)):
        holder = Holder(KINDS[row.kind], row.key, short_name(row.first_name, row.last_name))
        by_key[holder.kind, holder.key] = holder
        if row.number:
            by_number.setdefault(row.number, []).append(holder)
    return by_number, by_key


def _by_number(kind: ContactType, person: Any, phone: Any, key: Any, numbers: set[str]) -> "sa.Select[Any] | None":
    if not numbers:
        return None
    columns = _columns(kind, person, key, phone.phone_number_val, phone.is_primary)
    own = getattr(phone, key.key) == key
    return sa.select(*columns).select_from(phone).join(person, own).where(phone.phone_number_val.in_(sorted(numbers)))


def _by_key(kind: ContactType, person: Any, key: Any, keys: Sequence[int]) -> "sa.Select[Any] | None":
    if not keys:
        return None
    return sa.select(*_columns(kind, person, key, sa.literal(""), sa.literal(0))).where(key.in_(sorted(set(keys))))


def _columns(kind: ContactType, person: Any, key: Any, number: Any, is_primary: Any) -> list[Any]:
    return [
        sa.literal(int(kind)).label("kind"),
        key.label("key"),
        person.first_name.label("first_name"),
        person.last_name.label("last_name"),
        sa.cast(number, sa.String(32)).label("number"),
        sa.cast(is_primary, sa.Integer).label("is_primary"),
    ]


def running_calls(session: Session, user_id: int | None, since: datetime) -> Sequence[Call]:
    """The calls that somebody is in, the newest first; one whose end was forgotten long ago is none."""
    statement = sa.select(Call).where(Call.begin_call >= since, Call.end_call.is_(None), Call.taken_by == user_id)
    return session.scalars(statement.order_by(Call.begin_call.desc())).all()


def call_of(session: Session, number: str, direction: Direction, begin: datetime) -> Call | None:
    """The call of this number that began at this moment."""
    return session.scalar(
        sa.select(Call).where(Call.phone_number == number, Call.begin_call == begin, Call.direction == direction)
    )


def same_text(session: Session, number: str, time: datetime, text: str) -> Sms | None:
    """The same text from the same number at the same time."""
    statement = sa.select(Sms).where(Sms.phone_number == number, Sms.time == time, Sms.direction == Direction.IN)
    return next((row for row in session.scalars(statement) if row.sms_text == text), None)


def unknown_numbers_now_known(session: Session) -> set[str]:
    """Numbers of calls and texts that nobody was known by then, and that somebody has now."""
    found: set[str] = set()
    for model in (Call, Sms):
        for phone in (PatientPhone, EmployeePhone):
            statement = (
                sa.select(model.phone_number)
                .join(phone, phone.phone_number_val == model.phone_number)
                .where(model.contact_type == ContactType.NEW)
                .distinct()
            )
            found |= set(session.scalars(statement))
    return found


def unlinked(session: Session, model: Any, numbers: Iterable[str]) -> Sequence[Any]:
    """The calls or texts of these numbers that are linked to nobody."""
    statement = sa.select(model).where(model.phone_number.in_(sorted(numbers)), model.contact_type == ContactType.NEW)
    return session.scalars(statement).all()
