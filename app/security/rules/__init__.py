"""Who may sign in, for how long, and which roles one may hand out; passwords and the second factor beside it.

Source: rules.md, Security; tables.md, security.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

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


def check_not_above(own: Iterable[str], roles: Iterable[str]) -> None:
    """Refuse to act on somebody whose role is above one's own. Raises NotAllowed."""
    own = list(own)
    if not all(may_hand_out(own, role) for role in roles):
        raise NotAllowed(T("This person's role is above your own."))


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
FIRST_SECOND_FACTOR = T("Your role needs a second factor. Set it up first, on the page “Second factor”.")


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


def locked_until(failures: Iterable[datetime], now: datetime, most: int, window: timedelta) -> datetime | None:
    """Until when an account is locked after these failures since the last success, or None.

    `most` failures inside `window` lock it for `window` from the last of them.
    """
    recent = sorted(moment for moment in failures if moment > now - window)
    return recent[-1] + window if len(recent) >= most else None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts at most, and how long unused. A shorter setting counts for those that run, too."""

    longest: timedelta
    idle: timedelta


def ends_at(opened_at: datetime, expires_at: datetime, limits: Limits) -> datetime:
    """When a session ends however much it is used."""
    return min(expires_at, opened_at + limits.longest)


def is_session_alive(
    now: datetime,
    opened_at: datetime,
    expires_at: datetime,
    last_seen_at: datetime,
    revoked_at: datetime | None,
    limits: Limits,
) -> bool:
    """Whether a session still signs somebody in: not ended, not expired, not idle for too long."""
    is_in_time = now < ends_at(opened_at, expires_at, limits) and now - last_seen_at < limits.idle
    return revoked_at is None and is_in_time


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
