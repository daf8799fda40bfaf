"""The second factor: codes that an authenticator shows, and recovery codes for when it is lost.

Source: RFC 6238 with SHA-1, as every authenticator does it; rules.md, Security.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, urlencode

CODE_SECONDS, CODE_DIGITS = 30, 6
RECOVERY_CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is read for another
RESET_HOURS = 24  # how long a one-time code for a new password counts
PATIENCE_SECONDS = 300  # between the password and the code
CODE_LETTERS = 10  # of a recovery or reset code: 49 bits


def is_required(roles: Iterable[str], asked: Iterable[str]) -> bool:
    """Whether somebody with these roles must have a second factor; `asked` is the setting."""
    return not set(roles).isdisjoint(asked)


def matching_step(secret: str, typed: str, now: datetime, after: int | None = None) -> int | None:
    """The time step whose code `typed` is, of this secret (base 32), half a minute early or late allowed; or None.

    A step up to `after`, the last one used, counts no more: a code opens once.
    """
    try:
        key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    except binascii.Error:
        return None
    step, bare = int(now.timestamp()) // CODE_SECONDS, re.sub(r"[ -]", "", typed)
    given = bare.encode("utf-8", "replace")
    found = [one for one in (step - 1, step, step + 1) if hmac.compare_digest(_code(key, one), given)]
    return next((one for one in found if after is None or one > after), None)


def _code(key: bytes, counter: int) -> bytes:
    digest = hmac.new(key, counter.to_bytes(8, "big"), "sha1").digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}".encode()


def otp_address(secret: str, issuer: str, account: str) -> str:
    """What the QR code tells an authenticator."""
    query = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"


def in_groups(text: str, size: int = 4) -> str:
    """`abcdefgh` as people copy it: `abcd efgh`."""
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


def spelled(code: str) -> str:
    """A one-time code as people read it: `abcde-fghjk`."""
    return f"{code[:5]}-{code[5:]}"


def bare_code(typed: str) -> str:
    """A one-time code without what people put between its letters."""
    return re.sub(r"[^0-9a-z]", "", typed.lower())


def is_reset_open(expires_at: datetime | None, now: datetime) -> bool:
    """Whether a one-time code for a new password still counts."""
    return expires_at is not None and now < expires_at
