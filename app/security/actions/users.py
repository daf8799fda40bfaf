"""Creating users and changing how they sign in."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from sqlalchemy.orm import Session

from app.kernel.errors import Conflict, RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T
from app.security import passwords, queries, second_factor
from app.security.actions import factors
from app.security.actions.rights import bump
from app.security.actions.sessions import revoke_sessions
from app.security.matrix import ROLES
from app.security.models import UserProfile
from app.security.rules import Locale, check_may_hand_out, check_not_above
from app.security.rules.passwords import check_password
from app.security.rules.second_factor import RESET_HOURS


def add_user(
    session: Session,
    *,
    phone: str,
    name: str,
    roles: Iterable[str],
    password: str,
    by_roles: Iterable[str] | None = None,
    email: str | None = None,
    locale: Locale = Locale.MN,
    must_change_password: bool = False,
    least_length: int = 10,
) -> User:
    """Create a user who signs in with `phone`. Raises RuleError (phone, password, roles).

    `by_roles` are the roles of whoever creates it; None is the command line.
    """
    e164 = parse_phone(phone, field="phone")
    wanted = list(roles)
    if by_roles is not None:
        check_may_hand_out(by_roles, wanted)
    check_password(password, e164, least_length)
    if queries.user_by_phone(session, e164) is not None:
        raise Conflict(T("Somebody signs in with this number already."), field="phone")
    first, _, last = name.strip().partition(" ")
    user = User(
        username=e164,
        first_name=first[:64],
        last_name=last[:64],
        email=email or f"{e164[1:]}@phone.invalid",
        active=True,
        password=passwords.hash_password(password),
    )
    user.roles = _roles(session, wanted)
    session.add(user)
    session.flush()
    session.add(
        UserProfile(
            user_id=user.id, display_name=name.strip()[:255], locale=locale, must_change_password=must_change_password
        )
    )
    session.flush()
    return user


def _roles(session: Session, names: Sequence[str]) -> list[Role]:
    found = list(session.scalars(sa.select(Role).where(Role.name.in_(names))))
    if len(found) != len(set(names)) or not set(names) <= set(ROLES):
        raise RuleError(T("Choose one of the list."), field="roles")
    return found


def change_roles(session: Session, user: User, names: Sequence[str], by_roles: Iterable[str], now: datetime) -> None:
    """Give a user exactly these roles; it ends their sessions. Raises NotAllowed for one above the giver's own, both
    ways."""
    before = {role.name for role in user.roles}
    check_may_hand_out(by_roles, before ^ set(names))
    check_may_hand_out(by_roles, before)
    user.roles = _roles(session, names)
    session.flush()
    _keep_an_admin(session)
    revoke_sessions(session, user.id, now)
    bump(session, queries.RIGHTS_EPOCH)


def switch_user(session: Session, user: User, is_active: bool, by_roles: Iterable[str], now: datetime) -> None:
    """Let a user sign in or not; switching off ends their sessions at once."""
    check_may_hand_out(by_roles, (role.name for role in user.roles))
    user.active = is_active
    session.flush()
    if not is_active:
        _keep_an_admin(session)
        revoke_sessions(session, user.id, now)


def change_phone(session: Session, user: User, typed: str, by_roles: Iterable[str]) -> None:
    """Change the number a user signs in with. Raises RuleError, Conflict, NotAllowed."""
    check_may_hand_out(by_roles, (role.name for role in user.roles))
    e164 = parse_phone(typed, field="phone")
    other = queries.user_by_phone(session, e164)
    if other is not None and other.id != user.id:
        raise Conflict(T("Somebody signs in with this number already."), field="phone")
    if user.email == f"{user.username[1:]}@phone.invalid":
        user.email = f"{e164[1:]}@phone.invalid"
    user.username = e164


def forget_user(session: Session, user_id: int, name: str, now: datetime) -> None:
    """A patient whose data is removed signs in no more, and is called `name`; somebody who works here stays."""
    user = session.get_one(User, user_id, with_for_update=True)
    if {role.name for role in user.roles} - {"Patient"}:
        return
    user.active = False
    user.username, user.email = f"gone-{user_id}", f"gone-{user_id}@phone.invalid"
    user.first_name, user.last_name = name, ""
    session.get_one(UserProfile, user_id).display_name = name
    session.flush()
    revoke_sessions(session, user_id, now)
    bump(session, queries.RIGHTS_EPOCH)


def _keep_an_admin(session: Session) -> None:
    statement = (
        sa.select(sa.func.count())
        .select_from(User)
        .join(assoc_user_role, assoc_user_role.c.user_id == User.id)
        .join(Role, Role.id == assoc_user_role.c.role_id)
        .where(Role.name == "Admin", User.active.is_(True))
    )
    if not session.scalar(statement):
        raise RuleError(T("The clinic needs at least one Admin who can sign in."), field="roles")


def set_password(session: Session, user: User, password: str, *, least: int, now: datetime, temporary: bool) -> None:
    """Change a password and end every session of the user. Raises RuleError."""
    check_password(password, user.username, least)
    user.password = passwords.hash_password(password)
    profile = session.get_one(UserProfile, user.id)
    profile.must_change_password = temporary
    profile.failed_count, profile.locked_until = 0, None
    profile.reset_code_hash, profile.reset_expires_at = None, None
    revoke_sessions(session, user.id, now)


def give_reset_code(
    session: Session, user: User, *, by: int | None, by_roles: Iterable[str] | None, now: datetime, drops_factor: bool
) -> str:
    """A one-time code with which somebody chooses a new password; the old one and all sessions end at once.

    Never for somebody above, and not for oneself. Returns the code, of which only a hash is kept. Raises NotAllowed,
    RuleError. `by_roles` None is the command line.
    """
    if by_roles is not None:
        check_not_above(by_roles, queries.role_names(session, user.id))
    if user.id == by:
        raise RuleError(T("Change your own password on your profile."))
    code = second_factor.new_code()
    user.password = passwords.hash_password(second_factor.new_seed())  # which nobody knows
    profile = queries.locked_profile(session, user.id)
    profile.reset_code_hash = passwords.hash_password(code)
    profile.reset_expires_at = now + timedelta(hours=RESET_HOURS)
    profile.failed_count, profile.locked_until = 0, None
    if drops_factor:
        factors.turn_off(profile)
    revoke_sessions(session, user.id, now)
    return code
