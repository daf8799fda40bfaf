"""The door from inside: what an attempt leaves behind, the browser's cookie, and proving once more who one is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import current_app, request, session
from sqlalchemy.orm import Session

from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.phones import parse_phone
from app.security import actions, identity, passwords, queries
from app.security.models import User, UserProfile
from app.security.rules import LoginOutcome, SessionType
from app.web import who

LONGEST = 1_000  # of a typed password: 200 letters that came in parts


def enter(opened: str) -> None:
    """Put the new session into a new cookie: what was planted before is gone."""
    session.clear()
    session[identity.COOKIE] = opened


def selector() -> str:
    """The public half of the session that this browser shows now."""
    return str(session.get(identity.COOKIE, "")).partition(".")[0]


def app_key() -> str:
    """What secrets are derived from."""
    return str(current_app.config["SECRET_KEY"])


def is_own_password(typed: str) -> bool:
    """Whether this is the password of whoever is signed in; failures lock the account as at the door."""
    user = sqla.session.get_one(User, who.me().user_id)
    is_right = passwords.is_password(user.password, typed[:LONGEST])
    return unit(lambda db: confirm(db, user.id, LoginOutcome.WRONG_PASSWORD, lambda _profile: is_right))


def use_own_factor(typed: str) -> bool:
    """Whether this is a code of whoever is signed in; it is used up, and failures count."""
    user_id, key, now = who.me().user_id or 0, app_key(), datetime.now(UTC)

    def is_right(profile: UserProfile) -> bool:
        return actions.use_factor(profile, typed, key, now)

    return unit(lambda db: confirm(db, user_id, LoginOutcome.WRONG_SECOND_FACTOR, is_right))


def open_here(db: Session, user_id: int, kind: SessionType, now: datetime) -> str:
    """A session on the device that asks."""
    agent, ip = request.headers.get("User-Agent", ""), request.remote_addr or ""
    hours = identity.setting("security.session_hours")
    return actions.open_session(db, user_id, now=now, hours=hours, ip=ip, device=agent, session_type=kind)


def phone(typed: str) -> str:
    """The number as it is kept; what is none stays as it was typed."""
    try:
        return parse_phone(typed)
    except RuleError:
        return typed


def is_locked(profile: UserProfile, now: datetime) -> bool:
    """Whether too many attempts failed just now."""
    return profile.locked_until is not None and profile.locked_until > now


def confirm(db: Session, user_id: int, failure: LoginOutcome, is_right: Callable[[UserProfile], bool]) -> bool:
    """Whether what was shown is right and the account not locked; else it counts as a failure."""
    profile = queries.locked_profile(db, user_id)
    if not is_locked(profile, datetime.now(UTC)) and is_right(profile):
        return True
    person = db.get_one(User, user_id)
    note(db, person.username, person, failure)
    return False


def note(db: Session, phone: str, person: User | None, outcome: LoginOutcome) -> LoginOutcome:
    """Keep an attempt. Returns the outcome that counts."""
    return actions.note_attempt(
        db,
        phone=phone,
        user=person,
        outcome=outcome,
        now=datetime.now(UTC),
        ip=request.remote_addr or "",
        user_agent=request.headers.get("User-Agent", ""),
        most=identity.setting("security.failures"),
        window=timedelta(minutes=identity.setting("security.lock_minutes")),
    )
