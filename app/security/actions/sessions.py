"""Attempts to sign in, and the sessions they open."""

import re
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.security import passwords, queries
from app.security.models import LoginAttempt, SessionToken, UserProfile
from app.security.rules import FAILURES, LoginOutcome, SessionType, locked_until


def note_attempt(
    session: Session,
    *,
    phone: str,
    user: User | None,
    outcome: LoginOutcome,
    now: datetime,
    ip: str,
    user_agent: str,
    most: int,
    window: timedelta,
) -> LoginOutcome:
    """Keep an attempt and lock the account after too many. Returns the outcome that counts.

    The row of the user is locked first, so that simultaneous attempts are counted one after another.
    """
    profile = session.get(UserProfile, user.id, with_for_update=True, populate_existing=True) if user else None
    if profile is not None and profile.locked_until and profile.locked_until > now:
        outcome = LoginOutcome.LOCKED
    attempt = LoginAttempt(
        phone=phone[:40],
        user_id=user.id if user else None,
        outcome=outcome,
        ip=ip[:45],
        user_agent=user_agent[:255],
        created_at=now,
    )
    session.add(attempt)
    session.flush()
    if profile is not None:
        _count(session, profile, phone, outcome, now, most, window)
    return outcome


def _count(
    session: Session,
    profile: UserProfile,
    phone: str,
    outcome: LoginOutcome,
    now: datetime,
    most: int,
    window: timedelta,
) -> None:
    if outcome is LoginOutcome.OK:
        profile.failed_count, profile.locked_until = 0, None
    elif outcome in FAILURES:
        failures = queries.recent_failures(session, phone, now - window)
        profile.failed_count = len(failures)
        profile.locked_until = locked_until(failures, now, most, window)


def open_session(
    session: Session,
    user_id: int,
    *,
    now: datetime,
    hours: int,
    ip: str,
    device: str,
    session_type: SessionType,
) -> str:
    """Begin a session on a device. Returns what the cookie keeps: `selector.secret`."""
    selector, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(32)
    session.add(
        SessionToken(
            selector=selector,
            user_id=user_id,
            session_token_hash=passwords.hash_secret(secret),
            session_type=session_type,
            device_name=device_name(device),
            ip=ip[:45],
            expires_at=now + timedelta(hours=hours),
            last_seen_at=now,
        )
    )
    return f"{selector}.{secret}"


def device_name(user_agent: str) -> str:
    """`Chrome, Windows` from a browser's user agent."""
    browser = next((name for name in ("Edg", "OPR", "Firefox", "Chrome", "Safari") if name in user_agent), "")
    system = next(
        (name for name in ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux") if name in user_agent), ""
    )
    names = {"Edg": "Edge", "OPR": "Opera"}
    known = ", ".join(filter(None, (names.get(browser, browser), system)))
    return known or re.sub(r"[^\w .,/-]", "", user_agent)[:60]


def close_session(session: Session, selector: str, now: datetime) -> None:
    """Sign one device out."""
    token = session.scalar(sa.select(SessionToken).where(SessionToken.selector == selector))
    if token is not None and token.revoked_at is None:
        token.revoked_at = now


def revoke_sessions(session: Session, user_id: int, now: datetime, but: str | None = None) -> None:
    """Sign every device of a user out, but for the session with the selector `but`."""
    statement = sa.select(SessionToken).where(SessionToken.user_id == user_id, SessionToken.revoked_at.is_(None))
    for token in session.scalars(statement):
        if token.selector != but:
            token.revoked_at = now


def touch_session(session: Session, selector: str, now: datetime) -> None:
    """Note that a session was used."""
    token = session.scalar(sa.select(SessionToken).where(SessionToken.selector == selector))
    if token is not None:
        token.last_seen_at = now
