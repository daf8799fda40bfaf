"""The communication log: calls, texts and messages by time, of one person or of everybody, from one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.communication.models import Call, Message, Sms
from app.communication.rules import Channel, ContactType, Direction, MessageStatus
from app.people.models import PatientPhone
from app.people.queries import is_of

CALL, TEXT, MESSAGE = "call", "text", "message"
WAYS = {int(member): member for member in Direction}
WHOSE = {int(member): member for member in ContactType}
STATES = {str(member): member for member in MessageStatus}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the log shows."""

    patient_id: int | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log."""

    kind: str
    key: int
    at: datetime
    phone_number: str  # an address, for an email
    direction: Direction
    contact_type: ContactType
    contacter_id: int | None
    text: str | None
    end: datetime | None
    status: MessageStatus | None

    @property
    def row_id(self) -> tuple[str, int]:
        """Which one."""
        return self.kind, self.key


def log(session: Session, wanted: Wanted, size: int, page: int) -> tuple[list[Entry], bool]:
    """A page of the log, newest first, and whether there is more.

    Each table gives no more rows than the page needs, by its index on time.
    """
    numbers = _numbers(session, wanted.patient_id)
    made = {CALL: _calls, TEXT: _texts, MESSAGE: _messages}
    arms = [make(wanted, numbers) for kind, make in made.items() if wanted.kind in ("", kind)]
    most = size * page + 1
    parts = [sa.select(arm.order_by(sa.desc("at"), sa.desc("key")).limit(most).subquery()) for arm in arms]
    both = sa.union_all(*parts).subquery()
    newest = sa.select(both).order_by(both.c.at.desc(), both.c.kind, both.c.key.desc())
    rows = session.execute(newest.limit(size + 1).offset((page - 1) * size)).all()
    return [_entry(row) for row in rows[:size]], len(rows) > size


def _entry(row: Any) -> Entry:
    return Entry(
        row.kind, row.key, row.at, row.number, WAYS[row.direction], WHOSE[row.contact_type],
        row.contacter_id, row.text, row.end, STATES.get(row.status),
    )  # fmt: skip


def _numbers(session: Session, patient_id: int | None) -> Sequence[str]:
    if patient_id is None:
        return ()
    return session.scalars(
        sa.select(PatientPhone.phone_number_val).where(is_of(session, PatientPhone.patient_id, patient_id))
    ).all()


def _calls(wanted: Wanted, numbers: Sequence[str]) -> "sa.Select[Any]":
    shown = _columns(CALL, Call.call_id, Call.begin_call, Call, Call.note, Call.end_call)
    return sa.select(*shown).where(*_between(wanted, Call.begin_call), *_of(wanted, Call, numbers))


def _texts(wanted: Wanted, numbers: Sequence[str]) -> "sa.Select[Any]":
    shown = _columns(TEXT, Sms.sms_id, Sms.time, Sms, Sms.sms_text, sa.null())
    return sa.select(*shown).where(*_between(wanted, Sms.time), *_of(wanted, Sms, numbers))


def _columns(kind: str, key: Any, at: Any, table: Any, text: Any, end: Any) -> list[Any]:
    return [
        sa.literal(kind).label("kind"), key.label("key"), at.label("at"), table.phone_number.label("number"),
        sa.cast(table.direction, sa.Integer).label("direction"),
        sa.cast(table.contact_type, sa.Integer).label("contact_type"), table.contacter_id.label("contacter_id"),
        text.label("text"), sa.type_coerce(end, Call.end_call.type).label("end"), sa.literal("").label("status"),
    ]  # fmt: skip


def _messages(wanted: Wanted, numbers: Sequence[str]) -> "sa.Select[Any]":
    """What is no row of `sms` yet: emails, and texts that have not gone out."""
    person = sa.case((Message.patient_id.is_not(None), int(ContactType.PATIENT)), else_=int(ContactType.NEW))
    gone = sa.and_(Message.channel == Channel.SMS, Message.status.in_((MessageStatus.SENT, MessageStatus.DELIVERED)))
    mine = [Message.patient_id == wanted.patient_id] if wanted.patient_id is not None else []
    return sa.select(
        sa.literal(MESSAGE).label("kind"), Message.message_id.label("key"), Message.send_after.label("at"),
        Message.to.label("number"), sa.literal(int(Direction.OUT)).label("direction"), person.label("contact_type"),
        Message.patient_id.label("contacter_id"), Message.body.label("text"),
        sa.type_coerce(sa.null(), Call.end_call.type).label("end"),
        sa.cast(Message.status, sa.String(24)).label("status"),
    ).where(~gone, *mine, *_between(wanted, Message.send_after))  # fmt: skip


def _between(wanted: Wanted, column: Any) -> list[Any]:
    found = [column >= wanted.since] if wanted.since else []
    return [*found, column < wanted.until] if wanted.until else found


def _of(wanted: Wanted, table: Any, numbers: Sequence[str]) -> list[Any]:
    if wanted.patient_id is None:
        return []
    linked = sa.and_(table.contact_type == ContactType.PATIENT, table.contacter_id == wanted.patient_id)
    return [sa.or_(linked, table.phone_number.in_(numbers))]
