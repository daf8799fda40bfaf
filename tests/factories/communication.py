"""Calls, texts, messages and notifications for tests."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.communication.actions import notify
from app.communication.models import Notification
from app.kernel.text import T, Text


def notification(session: Session, user_id: int, text: Text | None = None, link: str = "/profile") -> Notification:
    """A line in the bell of a user."""
    said = text or T("Saved.")
    notify(session, text=said, link=link, user_ids=[user_id], now=datetime.now(UTC))
    return session.query(Notification).order_by(Notification.notification_id.desc()).first()  # type: ignore[return-value]  # it was just made
