"""Who may sign in, which passwords are good enough, and which roles one may hand out.

Source: rules.md, Security; tables.md, security.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path

from app.kernel.enums import Code, Word
from app.kernel.errors import NotAllowed, RuleError
from app.kernel.text import T


def may_hand_out(own: Iterable[str], role: str) -> bool:
    """Whether somebody with the roles `own` may give or take `role`: never one above their own."""
    return _rank(role) <= max((_rank(name) for name in own), default=-1)


class Role(Code):
    """The clinic's roles; the numbers of 0–4 are the seed's. `ab_role` names are the English words."""

    PATIENT = 0, T("Patient")
    ADMIN = 1, T("Administrator")
    MANAGER = 2, T("Manager")
    DOCTOR = 3, T("Doctor")
    RECEPTIONIST = 4, T("Receptionist")
    NURSE = 5, T("Nurse")
    ASSISTANT = 6, T("Assistant")
    COORDINATOR = 7, T("Treatment coordinator")

    @property
    def role_name(self) -> str:
        """Its name in `ab_role`: `Patient`, `Admin`, …"""
        return self.name.capitalize()


SYSTEM_ROLE = "System"  # Flask-AppBuilder's all-powerful role: nobody holds it, nobody can give it
_PREFIX = re.compile(r"[A-Za-z0-9.-]*")
_RANKS = {"Patient": 0, "Manager": 2, "Admin": 3, SYSTEM_ROLE: 9}


def _rank(role: str) -> int:
    return _RANKS.get(role, 1)


def check_may_hand_out(own: Iterable[str], roles: Iterable[str]) -> None:
    """Refuse to give or take a role above one's own. Raises NotAllowed."""
    own = list(own)
    for role in roles:
        if not may_hand_out(own, role):
            raise NotAllowed(T("You can't give or take a role above your own."), field="roles")


class SessionType(Code):
    """What kind of sign-in a session is."""

    UNDEFINED = 0, T("Undefined")
    STAFF = 1, T("Staff")
    PATIENT = 2, T("Patient")
    PROGRAM = 3, T("Program")


class LoginOutcome(Word):
    """How an attempt to sign in ended."""

    OK = "ok", T("Signed in")
    WRONG_PASSWORD = "wrong password", T("Wrong password")
    UNKNOWN_PHONE = "unknown phone", T("Unknown phone number")
    LOCKED = "locked", T("Locked")
    INACTIVE = "inactive", T("Switched off")
    WRONG_SECOND_FACTOR = "wrong second factor", T("Wrong second factor")


# what counts towards the lock of an account: whoever knows the password must not try every code either
FAILURES = (LoginOutcome.WRONG_PASSWORD, LoginOutcome.WRONG_SECOND_FACTOR)
FIRST_OWN_PASSWORD = T("Choose a password of your own first, on the page “Own profile and password”.")
CODE_SECONDS, CODE_DIGITS = 30, 6


def is_totp(secret: str, typed: str, now: datetime) -> bool:
    """Whether `typed` is the code that this secret (base 32) shows now, half a minute early or late allowed.

    Source: RFC 6238 with SHA-1, as every authenticator does it.
    """
    try:
        key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    except binascii.Error:
        return False
    step = int(now.timestamp()) // CODE_SECONDS
    codes = [_code(key, counter) for counter in (step - 1, step, step + 1)]
    return sum(hmac.compare_digest(code.encode(), typed.strip().encode()) for code in codes) > 0


def _code(key: bytes, counter: int) -> str:
    digest = hmac.new(key, counter.to_bytes(8, "big"), "sha1").digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


class Locale(Word):
    """The languages of the interface."""

    MN = "mn", T("Mongolian")
    EN = "en", T("English")


class Theme(Word):
    """Light, dark, or as the device says."""

    AUTO = "auto", T("As the device")
    LIGHT = "light", T("Light")
    DARK = "dark", T("Dark")


class ShareKind(Word):
    """What `/s/{token}` opens."""

    DOCUMENT = "document", T("Document")
    VERIFY = "verify", T("Check of a document")
    ICAL = "ical", T("Calendar feed")
    SURVEY = "survey", T("Survey")


def check_password(password: str, phone: str, least: int, field: str = "password") -> None:
    """Refuse a password that is short, common or the person's own number. Raises RuleError."""
    if len(password) < least:
        raise RuleError(T("At least %(least)s characters.", least=least), field=field)
    if len(password) > 200:
        raise RuleError(T("At most %(most)s characters.", most=200), field=field)
    digits = "".join(letter for letter in password if letter.isdigit())
    bare = password.lower().replace(" ", "")
    if bare in common_passwords() or len(set(bare)) < 4 or (len(digits) >= 8 and digits.endswith(phone[-8:])):
        raise RuleError(T("This password is among the first that others would try. Choose another."), field=field)


@cache
def common_passwords() -> frozenset[str]:
    """The commonest passwords that are long enough to pass otherwise."""
    path = Path(__file__).with_name("common_passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


def locked_until(failures: Iterable[datetime], now: datetime, most: int, window: timedelta) -> datetime | None:
    """Until when an account is locked after these failures since the last success, or None.

    `most` failures inside `window` lock it for `window` from the last of them.
    """
    recent = sorted(moment for moment in failures if moment > now - window)
    return recent[-1] + window if len(recent) >= most else None


def is_session_alive(
    now: datetime, expires_at: datetime, last_seen_at: datetime, revoked_at: datetime | None, idle: timedelta
) -> bool:
    """Whether a session still signs somebody in: not ended, not expired, not idle for too long."""
    return revoked_at is None and now < expires_at and now - last_seen_at < idle


def check_document_prefix(prefix: str) -> None:
    """What stands before the numbers of documents is also in names of files. Raises RuleError."""
    if not _PREFIX.fullmatch(prefix):
        raise RuleError(T("Only Latin letters, digits, hyphens and dots."), field="document_prefix")


def check_opening_hours(hours: Iterable[tuple[int, time | None, time | None]]) -> dict[str, list[str] | None]:
    """Opening hours by weekday from Monday as they are kept: `{"0": ["09:00", "19:00"], "6": None}`.

    Both times empty: closed. Raises RuleError on the field it concerns (`close_3`).
    """
    kept: dict[str, list[str] | None] = {}
    for day, opens, closes in hours:
        if (opens is None) != (closes is None):
            raise RuleError(T("Write both times, or none where the clinic is closed."), field=f"close_{day}")
        if opens is None or closes is None:
            kept[str(day)] = None
        elif closes <= opens:
            raise RuleError(T("This is before the opening time."), field=f"close_{day}")
        else:
            kept[str(day)] = [f"{opens:%H:%M}", f"{closes:%H:%M}"]
    return kept
