"""Who is behind a request: the session's row is read each time, the rest is remembered by epoch.

Statements a request: one for the session (with user, profile and epochs); rights and settings only when
their epoch has moved.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
import sqlalchemy as sa
from flask import current_app, g, request, session
from sqlalchemy.orm import Session

from app.db import sqla, unit
from app.security import actions, passwords, queries
from app.security.rules import Limits, SessionType, is_session_alive
from app.security.rules.second_factor import is_required
from app.security.settings import SETTINGS
from app.web.access import is_api
from app.web.who import NOBODY, Clinic, Identity

COOKIE, ALGORITHM = "token", "HS256"
REMEMBER_SECONDS = 60
TOUCH_EVERY = timedelta(seconds=60)


class Memory:
    """What one process remembers between requests."""

    def __init__(self) -> None:
        self.verified: dict[str, tuple[bytes, float]] = {}
        self.rights: dict[int, tuple[int, frozenset[str], frozenset[tuple[str, str]]]] = {}
        self.settings: tuple[int, dict[str, Any], Clinic] | None = None


MEMORY = Memory()
# Rooms above add to the session's statement: the user's employee and patient, and how much is unread.
Widen = Callable[["sa.Select[Any]"], "sa.Select[Any]"]


def identify(widen: Widen) -> Identity:
    """The identity of this request, or NOBODY."""
    selector, _, secret = _presented().partition(".")
    if not selector or not secret:
        return NOBODY
    row = sqla.session.execute(_statement(widen), {"selector": selector}).first()
    if row is None or (row.session_type is SessionType.PROGRAM) != is_bearer():
        return NOBODY
    g.settings_epoch = row.settings_epoch or 0
    now = datetime.now(UTC)
    alive = is_session_alive(now, row.opened_at, row.expires_at, row.last_seen_at, row.revoked_at, limits())
    if not alive or not row.active or not _is_verified(selector, row.session_token_hash, secret):
        return NOBODY
    roles, permissions = _rights(sqla.session(), row.user_id, row.rights_epoch or 0)
    g.session_selector, g.session_seen, g.told = selector, row.last_seen_at, row.told or []
    return Identity(
        user_id=row.user_id,
        name=row.display_name,
        phone=row.phone,
        roles=roles,
        permissions=permissions,
        locale=row.locale.value,
        theme=row.theme.value,
        employee_id=row.employee_id,
        patient_id=row.patient_id,
        merged_patient_ids=_numbers(row.merged_ids, row.patient_id),
        must_change_password=row.must_change_password,
        must_enrol=not row.has_second_factor and is_required(roles, setting("security.second_factor_roles")),
        unread=row.unread,
        preferences=row.preferences or {},
    )


@cache
def _statement(widen: Widen) -> "sa.Select[Any]":
    """The session's statement, built once: building it takes longer than asking it."""
    return widen(queries.session_statement())


def _numbers(joined: str | None, but: int | None) -> tuple[int, ...]:
    """`7,9` → the numbers, without the person's own."""
    return tuple(sorted({int(part) for part in (joined or "").split(",") if part} - {but}))


def is_bearer() -> bool:
    """Whether the request says itself who it is from: then no cookie counts, whatever stands in it."""
    return request.headers.get("Authorization", "")[:7].lower().rstrip() == "bearer"


def program_token(opened: str, now: datetime, expires: datetime) -> str:
    """The JWT of a program's session; `opened` is what `open_session` returned."""
    claims = {"sid": opened, "iat": now, "nbf": now, "exp": expires, "type": "access"}
    return jwt.encode(claims, _signing_key(), algorithm=ALGORITHM)


def _signing_key() -> bytes:
    """A key of its own, made of the application's: what is signed elsewhere is no JWT."""
    return hmac.new(str(current_app.config["SECRET_KEY"]).encode(), b"program tokens", "sha256").digest()


def _presented() -> str:
    """What was shown to say who it is, `selector.secret`: a program's JWT on the API, else the browser's cookie."""
    if not is_bearer():
        return str(session.get(COOKIE, ""))
    if not is_api():
        return ""
    try:
        token = request.headers["Authorization"][7:].strip()
        claims = jwt.decode(token, _signing_key(), [ALGORITHM], options={"require": ["exp", "sid"]})
    except (jwt.InvalidTokenError, ValueError):
        return ""
    return str(claims["sid"])


def touch() -> None:
    """Note that the session is in use, at most once a minute."""
    selector, seen = g.get("session_selector"), g.get("session_seen")
    now = datetime.now(UTC)
    if selector and now - seen > TOUCH_EVERY:
        unit(lambda s: actions.touch_session(s, selector, now))


def _is_verified(selector: str, hashed: str, secret: str) -> bool:
    digest = hashlib.sha256(f"{hashed}.{secret}".encode("utf-8", "replace")).digest()
    known = MEMORY.verified.get(selector)
    if known and known[0] == digest and time.monotonic() - known[1] < REMEMBER_SECONDS:
        return True
    if not passwords.is_secret(hashed, secret):
        return False
    if len(MEMORY.verified) > 10_000:
        MEMORY.verified.clear()
    MEMORY.verified[selector] = (digest, time.monotonic())
    return True


def _rights(db: Session, user_id: int, epoch: int) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    known = MEMORY.rights.get(user_id)
    if known is None or known[0] != epoch:
        known = (epoch, queries.role_names(db, user_id), queries.permissions_of_user(db, user_id))
        MEMORY.rights[user_id] = known
    return known[1], known[2]


def _remembered() -> tuple[int, dict[str, Any], Clinic]:
    db = sqla.session()
    if "settings_epoch" not in g:
        g.settings_epoch = db.scalar(sa.select(queries.epoch(queries.SETTINGS_EPOCH))) or 0
    known = MEMORY.settings
    if known is None or known[0] != g.settings_epoch:
        known = (g.settings_epoch, queries.changed_settings(db), _clinic(db))
        MEMORY.settings = known
    return known


def setting(key: str) -> Any:
    """The value of a ⚙: changed, or its default. Raises KeyError for one that nobody declared."""
    return _remembered()[1].get(key, SETTINGS[key].default)


def limits() -> Limits:
    """How long sessions last now."""
    hours, minutes = setting("security.session_hours"), setting("security.idle_minutes")
    return Limits(timedelta(hours=hours), timedelta(minutes=minutes))


def the_clinic() -> Clinic:
    """The clinic's row as every page needs it."""
    return _remembered()[2]


def _clinic(db: Session) -> Clinic:
    row = queries.the_clinic(db)
    if row is None:
        return Clinic()
    names = [name for name in Clinic.__dataclass_fields__ if name != "opening_hours"]
    known = {name: getattr(row, name) for name in names if getattr(row, name) is not None}
    return replace(Clinic(), **known, opening_hours=row.opening_hours or {})


def forget() -> None:
    """Forget everything: for tests, which change the database behind the application."""
    MEMORY.__init__()  # type: ignore[misc]  # back to the state of a new process
