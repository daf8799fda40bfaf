"""Letting somebody in, by form or by program: password, second factor, a new session. Every attempt is kept.

The slow hash runs outside the transaction, and as long for an unknown phone as for a wrong password.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import session
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.db import sqla, unit
from app.kernel.errors import NotAllowed
from app.kernel.text import T, Text
from app.security import actions, door, identity, passwords, queries
from app.security.models import User, UserProfile
from app.security.rules import FIRST_OWN_PASSWORD, FIRST_SECOND_FACTOR, LoginOutcome, SessionType
from app.security.rules.passwords import check_password
from app.security.rules.second_factor import PATIENCE_SECONDS, bare_code, is_required, is_reset_open
from app.web import who

NO_API = T("The API is for the clinic's staff and programs.")
HALFWAY = "halfway"  # in the browser's cookie between the password and the code


@dataclass(frozen=True, slots=True)
class Half:
    """The password was right, and a second factor is asked for. `mark` is how the account stood then."""

    user_id: int
    mark: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One attempt: what was typed, and what came of the password."""

    phone: str
    outcome: LoginOutcome
    hashed: str | None = None
    otp: str | None = None
    is_program: bool = False
    mark: str | None = None  # of the first step, where this is the second


def sign_in(typed_phone: str, password: str, otp: str | None = None, *, is_program: bool = False) -> str | Half | None:
    """Check phone, password and second factor; returns the new session's secret, None, or that a code is needed.

    A program's session is opened only for whoever may use the API. Raises NotAllowed.
    """
    phone = door.phone(typed_phone)
    user = queries.user_by_phone(sqla.session(), phone)
    hashed, is_active = (user.password, bool(user.active)) if user else (None, True)
    outcome = _outcome(user is not None, passwords.is_password(hashed, password[: door.LONGEST]), is_active)
    return _try(Asked(phone, outcome, hashed, otp, is_program))


def second_step(half: Half, code: str) -> str | None:
    """The code after the password; the account must stand as it stood then."""
    user = sqla.session.get(User, half.user_id)
    if user is None or not user.active:
        return None
    opened = _try(Asked(user.username, LoginOutcome.OK, user.password, code, mark=half.mark))
    return opened if isinstance(opened, str) else None


def remember(half: Half) -> None:
    """Note in the browser's own cookie, signed and for five minutes, that the password was right."""
    session[HALFWAY] = _signer().dumps([half.user_id, half.mark])


def halfway() -> Half | None:
    """Whose password was right in this browser just now."""
    try:
        user_id, mark = _signer().loads(str(session.get(HALFWAY, "")), max_age=PATIENCE_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    return Half(int(user_id), str(mark))


def leave(db: Session, shown: str) -> None:
    """End a session; who was signed in is kept, not who asked for an end of nothing."""
    actions.close_session(db, shown, datetime.now(UTC))
    if who.me().user_id is not None:
        record(db, AuditAction.SIGN_IN, "ab_user", who.me().user_id, changes={"outcome": "signed out"})


def use_reset_code(typed_phone: str, code: str, password: str) -> bool:
    """Choose a new password with an Admin's one-time code; counted, answered and timed as a password is.

    Raises RuleError for a password that is not good enough.
    """
    phone, least = door.phone(typed_phone), identity.setting("security.password_length")
    check_password(password, phone, least)
    user = queries.user_by_phone(sqla.session(), phone)
    profile = sqla.session.get(UserProfile, user.id if user else 0)
    hashed = profile.reset_code_hash if profile else None
    is_right = passwords.is_password(hashed, bare_code(code[: door.LONGEST]))
    if user is None:
        unit(lambda db: _unknown(db, phone))
        return False

    def fits(kept: UserProfile) -> bool:
        is_open = is_reset_open(kept.reset_expires_at, datetime.now(UTC))
        return is_right and is_open and kept.reset_code_hash == hashed and bool(user.active)

    def write(db: Session) -> bool:
        if not door.confirm(db, user.id, LoginOutcome.WRONG_PASSWORD, fits):
            return False
        person = db.get_one(User, user.id)
        actions.set_password(db, person, password, least=least, now=datetime.now(UTC), temporary=False)
        return True

    return unit(write)


def _unknown(db: Session, phone: str) -> None:
    """Keep the attempt of somebody unknown, with the statements that somebody known would take."""
    db.get(UserProfile, 0, with_for_update=True)
    db.get(User, 0)
    door.note(db, phone, None, LoginOutcome.UNKNOWN_PHONE)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(door.app_key(), salt="halfway")


def _outcome(is_known: bool, is_right: bool, is_active: bool) -> LoginOutcome:
    if not is_known:
        return LoginOutcome.UNKNOWN_PHONE
    if not is_right:
        return LoginOutcome.WRONG_PASSWORD
    return LoginOutcome.OK if is_active else LoginOutcome.INACTIVE


def _try(asked: Asked) -> str | Half | None:
    opened = unit(lambda db: _open(db, asked))
    if isinstance(opened, Text):
        raise NotAllowed(opened)
    return opened


def _open(db: Session, asked: Asked) -> str | Half | Text | None:
    person, outcome = queries.user_by_phone(db, asked.phone), asked.outcome
    if outcome is LoginOutcome.OK and person is not None:
        found = _second(queries.locked_profile(db, person.id), person, asked)
        if isinstance(found, Half):
            return found
        outcome = found
    outcome = door.note(db, asked.phone, person, outcome)
    if outcome is not LoginOutcome.OK or person is None:
        record(db, AuditAction.SIGN_IN, "ab_user", person.id if person else "", changes={"outcome": outcome.value})
        return None
    return (_refusal(db, person) if asked.is_program else None) or _begin(db, person, asked.is_program)


def _second(profile: UserProfile, person: User, asked: Asked) -> LoginOutcome | Half:
    """What the second factor says once the password was right. A locked account answers nothing: `_note` says so."""
    mark, now = _mark(person, profile), datetime.now(UTC)
    if person.password != asked.hashed or not person.active:
        return LoginOutcome.WRONG_PASSWORD  # changed since it was checked
    if asked.mark not in (None, mark):
        return LoginOutcome.WRONG_SECOND_FACTOR
    if not profile.totp_secret or door.is_locked(profile, now):
        return LoginOutcome.OK
    if asked.otp is None and not asked.is_program:
        return Half(person.id, mark)
    is_right = actions.use_factor(profile, asked.otp or "", door.app_key(), now)
    return LoginOutcome.OK if is_right else LoginOutcome.WRONG_SECOND_FACTOR


def _mark(person: User, profile: UserProfile) -> str:
    """Changes with the password, the second factor and each sign-in: what was half done before them is void."""
    state = f"{person.password}|{profile.totp_secret}|{person.last_login}"
    return hashlib.sha256(state.encode()).hexdigest()[:32]


def _refusal(db: Session, person: User) -> Text | None:
    """Why a program gets no session for this person."""
    roles, profile = {role.name for role in person.roles}, db.get_one(UserProfile, person.id)
    if roles == {"Patient"}:
        return NO_API
    if profile.must_change_password:
        return FIRST_OWN_PASSWORD
    is_missing = not profile.totp_secret and is_required(roles, identity.setting("security.second_factor_roles"))
    return FIRST_SECOND_FACTOR if is_missing else None


def _begin(db: Session, person: User, is_program: bool) -> str:
    """The new session; the one that this browser had ends."""
    now, is_patient = datetime.now(UTC), {role.name for role in person.roles} == {"Patient"}
    kind = SessionType.PATIENT if is_patient else SessionType.PROGRAM if is_program else SessionType.STAFF
    if not is_program and door.selector():
        actions.close_session(db, door.selector(), now)
    person.last_login = now.replace(tzinfo=None)
    record(db, AuditAction.SIGN_IN, "ab_user", person.id, by=person.id)
    return door.open_here(db, person.id, kind, now)
