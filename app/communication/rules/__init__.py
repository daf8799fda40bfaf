"""Calls, texts and messages: whose number it is, what may be sent when. Source: rules.md, Messages."""

from app.communication.rules.kinds import Channel, ContactType, Direction, MessageStatus, Variant
from app.communication.rules.marks import as_json, from_json
from app.communication.rules.sending import LONGEST_CALL, MOVES, by_day, check_call, check_opt_in, check_received
from app.communication.rules.texting import MOST_PARTS, Size, in_latin, size_of
from app.communication.rules.wording import PLACEHOLDERS, check_text, check_wording, fill_in, names_in

__all__ = [
    "LONGEST_CALL",
    "MOST_PARTS",
    "MOVES",
    "PLACEHOLDERS",
    "Channel",
    "ContactType",
    "Direction",
    "MessageStatus",
    "Size",
    "Variant",
    "as_json",
    "by_day",
    "check_call",
    "check_opt_in",
    "check_received",
    "check_text",
    "check_wording",
    "fill_in",
    "from_json",
    "in_latin",
    "names_in",
    "size_of",
]
