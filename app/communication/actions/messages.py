"""The outbox: what is to be sent waits here, in the transaction of its cause."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.communication import queries, rules
from app.communication.models import Message, MessageTemplate, Sms
from app.communication.rules import MOVES, Channel, ContactType, Direction, MessageStatus
from app.db.unit import TryAgain
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.security.rules import Locale

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_template(row: MessageTemplate) -> None:
    """Refuse a wording that could not be sent. Raises RuleError."""
    if not _CODE.fullmatch(row.code or ""):
        raise RuleError(T("Use small Latin letters, digits and hyphens, such as reminder-24hr."), field="code")
    texts = {name: getattr(row, name) for name in ("body_mn", "body_en", "subject_mn", "subject_en")}
    rules.check_wording(texts, row.channel or Channel.SMS, bool(row.latin))


def queue_message(
    session: Session,
    *,
    channel: Channel,
    to: str,
    body: str,
    send_after: datetime,
    patient: Patient | None = None,
    is_offer: bool = False,
    dedupe_key: str | None = None,
    **more: Any,
) -> Message:
    """Put a message into the outbox; `more` is the rest of its columns. One with the same `dedupe_key` is only one.

    Nobody is sent what they said they don't want. Raises RuleError.
    """
    known = queries.message_with_key(session, dedupe_key) if dedupe_key else None
    if known is not None:
        return known
    whose = patient or _patient_of(session, channel, to)
    if whose is not None:
        rules.check_opt_in(
            channel, sms=whose.sms_opt_in, email=whose.email_opt_in, marketing=whose.marketing_opt_in, is_offer=is_offer
        )
    values = {"locale": whose.preferred_locale if whose else Locale.MN, **more}
    message = Message(
        channel=channel, to=to, body=body, send_after=send_after, dedupe_key=dedupe_key,
        patient_id=whose.patient_id if whose else None, **values,
    )  # fmt: skip
    session.flush()
    session.add(message)
    try:
        session.flush()
    except IntegrityError as error:
        if dedupe_key is None:
            raise
        raise TryAgain from error  # somebody queued it at this very moment
    return message


def _patient_of(session: Session, channel: Channel, to: str) -> Patient | None:
    if channel is not Channel.SMS:
        return None
    kind, key = queries.owner_of(session, to)
    return session.get(Patient, key) if kind is ContactType.PATIENT else None


def cancel(message: Message) -> None:
    """Take a locked message back before it goes out. Raises RuleError."""
    MOVES.check(message.status, MessageStatus.CANCELLED)
    message.status = MessageStatus.CANCELLED


def retry(message: Message, now: datetime) -> None:
    """Let a locked message that failed be tried again. Raises RuleError."""
    if message.status is not MessageStatus.FAILED:  # one that is under way would go out twice
        raise RuleError(T("Only a message that was not sent can be tried again."))
    message.status, message.send_after = MessageStatus.QUEUED, now
    message.attempts, message.last_error = 0, None
    message.lease_until = message.lease_token = None


def mark_sent(session: Session, message: Message, now: datetime, provider_id: str | None = None) -> None:
    """A locked message went out; a text is written into the log of texts in the same step. Raises RuleError."""
    MOVES.check(message.status, MessageStatus.SENT)
    message.status, message.sent_at, message.provider_id = MessageStatus.SENT, now, provider_id
    if message.channel is Channel.SMS:
        session.add(Sms(**text_of(session, message), time=now))
    session.flush()


def text_of(session: Session, message: Message) -> Mapping[str, Any]:
    """The row of the log of texts that belongs to a message."""
    kind, key = queries.owner_of(session, message.to)
    if message.patient_id is not None:
        kind, key = ContactType.PATIENT, message.patient_id
    return {
        "phone_number": message.to, "direction": Direction.OUT, "sms_text": message.body, "subject": message.subject,
        "contact_type": kind, "contacter_id": key, "message_id": message.message_id,
    }  # fmt: skip
