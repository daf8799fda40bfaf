"""Calls, texts, messages and notifications for tests."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.communication import actions
from app.communication.models import Call, Message, MessageTemplate, Notification, Sms
from app.communication.rules import Channel
from app.kernel.text import T, Text

NUMBER = "+97680990099"  # nobody has it
_numbers = itertools.count(1)


def now() -> datetime:
    """This moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def call(session: Session, number: str = NUMBER, *, by: int | None = None, **values: Any) -> Call:
    """A call of a few minutes; each earlier than the one before."""
    begin = now() - timedelta(minutes=20 * next(_numbers))
    known = {"phone_number": number, "begin_call": begin, "end_call": begin + timedelta(minutes=3), "note": "Цаг асуув"}
    return actions.record_call(session, {**known, **values}, by=by, now=now())


def text(session: Session, number: str = NUMBER, **values: Any) -> Sms:
    """A text that came in; each earlier than the one before."""
    known = {"phone_number": number, "time": now() - timedelta(minutes=next(_numbers)), "sms_text": "Баярлалаа"}
    return actions.record_text(session, {**known, **values}, by=None, now=now())


def message(session: Session, to: str = NUMBER, **values: Any) -> Message:
    """A text that waits in the outbox."""
    known = {"channel": Channel.SMS, "body": "Маргааш 10:00", "send_after": now(), **values}
    return actions.queue_message(session, to=to, **known)


def template(session: Session, **values: Any) -> MessageTemplate:
    """A wording."""
    known = {"code": f"code-{next(_numbers)}", "body_mn": "Сайн байна уу, {patient}", "body_en": "Hello, {patient}"}
    row = MessageTemplate(**{**known, **values})
    session.add(row)
    session.flush()
    return row


def notification(session: Session, user_id: int, text: Text | None = None, link: str = "/profile") -> Notification:
    """A line in the bell of a user."""
    said = text or T("Saved.")
    actions.notify(session, text=said, link=link, user_ids=[user_id], now=datetime.now(UTC))
    return session.query(Notification).order_by(Notification.notification_id.desc()).first()  # type: ignore[return-value]  # it was just made
