"""Reads about calls, texts, messages and notifications."""

from app.communication.queries.contacts import (
    Holder,
    call_of,
    holders_of,
    owner_of,
    running_calls,
    same_text,
    unknown_numbers_now_known,
    whose,
)
from app.communication.queries.log import Entry, Wanted, log
from app.communication.queries.messages import counts, message_with_key, next_visit, templates
from app.communication.queries.notifications import holders, is_mine, known_keys, latest, unread

__all__ = [
    "Entry",
    "Holder",
    "Wanted",
    "call_of",
    "counts",
    "holders",
    "holders_of",
    "is_mine",
    "known_keys",
    "latest",
    "log",
    "message_with_key",
    "next_visit",
    "owner_of",
    "running_calls",
    "same_text",
    "templates",
    "unknown_numbers_now_known",
    "unread",
    "whose",
]
