"""What makes and keeps a second factor: keys that are in no database, codes of which only a keyed hash is kept.

The database holds a random seed; the authenticator's key is derived from it and the application's secret key. Whoever
copies the database alone can make no code. Under a new SOYOO_SECRET_KEY no code fits any more: `admin reset`.
"""

import base64
import hmac
import secrets
from io import BytesIO

import segno

from app.security.rules import second_factor as rules

KEY_BYTES = 20  # as RFC 4226 recommends


def new_seed() -> str:
    """What is kept of a new second factor."""
    return secrets.token_hex(KEY_BYTES)


def secret_of(app_key: str, seed: str) -> str:
    """The key that the authenticator holds, in base 32."""
    return base64.b32encode(_digest(app_key, b"authenticator", seed)[:KEY_BYTES]).decode()


def new_code() -> str:
    """A code that is used once."""
    return "".join(secrets.choice(rules.LETTERS) for _ in range(rules.CODE_LETTERS))


def hash_code(app_key: str, user_id: int, code: str) -> str:
    """What is kept of a recovery code."""
    return _digest(app_key, b"recovery codes", f"{user_id}:{rules.bare_code(code)}").hex()


def _digest(app_key: str, purpose: bytes, text: str) -> bytes:
    key = hmac.new(app_key.encode(), purpose, "sha256").digest()
    return hmac.new(key, text.encode("utf-8", "replace"), "sha256").digest()


def qr_code(text: str) -> str:
    """The text as a QR code: inline SVG, dark on light in either theme."""
    drawn = BytesIO()
    segno.make(text, micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=False, scale=5, border=3, dark="#000", light="#fff", omitsize=True
    )
    return drawn.getvalue().decode()
