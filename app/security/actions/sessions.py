"""Attempts to sign in, and the sessions they open."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.kernel.text import T
from app.security import passwords, queries
from app.security.models import LoginAttempt, SessionToken, UserProfile
from app.security.rules import FAILURES, LoginOutcome, SessionType, check_not_above, locked_until


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

    The row of the user is locked first, so that simultaneous attempts are counted one after another. An unknown phone
    and a locked account ask the same, so that they take as long.
    """
    key = user.id if user else 0
    profile = session.get(UserProfile, key, with_for_update=True, populate_existing=True)
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
    failures = queries.recent_failures(session, phone, now - window)
    if profile is not None and outcome is LoginOutcome.OK:
        profile.failed_count, profile.locked_until = 0, None
    elif profile is not None and outcome in FAILURES:
        profile.failed_count = len(failures)
        profile.locked_until = locked_until(failures, now, most, window)
    return outcome


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
            created_at=now,
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


def revoke_own(session: Session, user_id: int, key: int, now: datetime) -> None:
    """Sign one of one's own devices out. Raises NotFound for a session of somebody else."""
    token = session.get(SessionToken, key, with_for_update=True)
    if token is None or token.user_id != user_id:
        raise NotFound(T("This record no longer exists."))
    token.revoked_at = token.revoked_at or now


def sign_out(
    session: Session, token: SessionToken, *, by_roles: Iterable[str], now: datetime, everywhere: bool = False
) -> int:
    """Somebody else ends a session, or with it all others of its user. Returns the user. Raises NotAllowed."""
    check_not_above(by_roles, queries.role_names(session, token.user_id))
    if everywhere:
        revoke_sessions(session, token.user_id, now)
    token.revoked_at = token.revoked_at or now
    return token.user_id


def touch_session(session: Session, selector: str, now: datetime) -> None:
    """Note that a session was used."""
    token = session.scalar(sa.select(SessionToken).where(SessionToken.selector == selector))
    if token is not None:
        token.last_seen_at = now


def keep_told(session: Session, selector: str, left: list[list[str]], brought: list[list[str]]) -> None:
    """Keep what a request leaves to say on this device; `brought` is what it found. Another tab's words stay."""
    token = session.scalar(sa.select(SessionToken).where(SessionToken.selector == selector).with_for_update())
    if token is not None:
        meanwhile = [message for message in token.told or [] if message not in brought]
        token.told = [*meanwhile, *left] or None
