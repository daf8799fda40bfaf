"""Writes about calls, texts, messages and notifications, inside the caller's transaction."""

from app.communication.actions.contacts import (
    change_call,
    end_call,
    link_numbers,
    record_call,
    record_text,
    start_call,
)
from app.communication.actions.messages import (
    cancel,
    check_template,
    mark_sent,
    queue_message,
    retry,
)
from app.communication.actions.notifications import notify, read, read_all

__all__ = [
    "cancel",
    "change_call",
    "check_template",
    "end_call",
    "link_numbers",
    "mark_sent",
    "notify",
    "queue_message",
    "read",
    "read_all",
    "record_call",
    "record_text",
    "retry",
    "start_call",
]
