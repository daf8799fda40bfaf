"""Calls, texts and messages: whose number it is, what may be sent when. Source: rules.md, Messages."""

from app.communication.rules.kinds import Channel, ContactType, Direction, MessageStatus, Variant
from app.communication.rules.marks import as_json, from_json

__all__ = [
    "Channel",
    "ContactType",
    "Direction",
    "MessageStatus",
    "Variant",
    "as_json",
    "from_json",
]
