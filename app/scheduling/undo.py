"""What a page is given to take a move back: signed, for the one who moved, and not for long."""

from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from app.security import door
from app.web import who

GRACE = 2  # seconds that a click may take on its way


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(door.app_key(), salt="undo-move")


def undo_token(moved: Any) -> str:
    """What a page sends back to undo a move, of plain values."""
    return str(_signer().dumps([who.me().user_id, moved]))


def moved_of(token: str) -> Any:
    """What a token says; None for one of somebody else, of a moment too long ago, or of nobody."""
    if not token.isascii():
        return None  # the library would not know how to read half a character
    try:
        user, rows = _signer().loads(token, max_age=who.setting("scheduling.undo_seconds") + GRACE)
    except BadData:
        return None
    return rows if user == who.me().user_id else None
