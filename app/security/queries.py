"""Reads about users, sessions and settings."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from sqlalchemy.orm import Session

from app.security.models import Clinic, LoginAttempt, RoleSeed, SessionToken, Setting, UserProfile
from app.security.rules import FAILURES, Limits, LoginOutcome

RIGHTS_EPOCH, SETTINGS_EPOCH = "epoch.rights", "epoch.settings"


def user_by_phone(session: Session, e164: str) -> User | None:
    """The user who signs in with this number."""
    return session.scalar(sa.select(User).where(User.username == e164))


def session_statement() -> "sa.Select[*tuple[Any, ...]]":
    """Everything a request needs of the session `selector` in one statement, the epochs of the caches included."""
    return (
        sa.select(
            SessionToken.user_id,
            SessionToken.session_token_hash,
            SessionToken.created_at.label("opened_at"),
            SessionToken.expires_at,
            SessionToken.last_seen_at,
            SessionToken.revoked_at,
            SessionToken.session_type,
            SessionToken.told,
            UserProfile.display_name,
            UserProfile.locale,
            UserProfile.theme,
            UserProfile.must_change_password,
            UserProfile.totp_secret.is_not(None).label("has_second_factor"),
            UserProfile.preferences,
            User.active.label("active"),
            User.username.label("phone"),
            epoch(RIGHTS_EPOCH).label("rights_epoch"),
            epoch(SETTINGS_EPOCH).label("settings_epoch"),
        )
        .select_from(SessionToken)
        .join(User, User.id == SessionToken.user_id)
        .join(UserProfile, UserProfile.user_id == User.id)
        .where(SessionToken.selector == sa.bindparam("selector"))
    )


def is_live(now: datetime, limits: Limits) -> "sa.ColumnElement[bool]":
    """The sessions that still sign somebody in, as `rules.is_session_alive` says of one."""
    return sa.and_(
        SessionToken.revoked_at.is_(None),
        SessionToken.expires_at > now,
        SessionToken.created_at > now - limits.longest,
        SessionToken.last_seen_at > now - limits.idle,
    )


def live_sessions(session: Session, user_id: int, now: datetime, limits: Limits) -> list[SessionToken]:
    """A user's devices that are signed in, the last used first."""
    statement = sa.select(SessionToken).where(SessionToken.user_id == user_id, is_live(now, limits))
    return list(session.scalars(statement.order_by(SessionToken.last_seen_at.desc(), SessionToken.session_token_id)))


def locked_profile(session: Session, user_id: int) -> UserProfile:
    """A user's profile, locked until the unit ends."""
    return session.get_one(UserProfile, user_id, with_for_update=True, populate_existing=True)


def epoch(key: str) -> "sa.ScalarSelect[Any]":
    """The counter that says whether what a process remembers is still true."""
    return sa.select(Setting.value).where(Setting.key == key).scalar_subquery()


def role_names(session: Session, user_id: int) -> frozenset[str]:
    """The names of the roles a user holds."""
    statement = sa.select(Role.name).join(assoc_user_role).where(assoc_user_role.c.user_id == user_id)
    return frozenset(session.scalars(statement))


def permissions_of_user(session: Session, user_id: int) -> frozenset[tuple[str, str]]:
    """(permission, resource) of all roles of a user: rights add up."""
    statement = _grants().join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
    rows = session.execute(statement.where(assoc_user_role.c.user_id == user_id))
    return frozenset((str(row[1]), str(row[2])) for row in rows)


def _grants() -> "sa.Select[str, str, str]":
    return (
        sa.select(Role.name, Permission.name, ViewMenu.name)
        .select_from(Role)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == Role.id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )


def all_grants(session: Session, roles: Iterable[str]) -> set[tuple[str, str, str]]:
    """(role, permission, resource) as the database has them now."""
    return {tuple(row) for row in session.execute(_grants().where(Role.name.in_(list(roles))))}  # type: ignore[misc]


def seeded_grants(session: Session) -> set[tuple[str, str, str]]:
    """What the matrix gave at the last sync."""
    return {(seed.role, seed.permission, seed.view) for seed in session.scalars(sa.select(RoleSeed))}


def grant_ids(session: Session) -> dict[tuple[str, str], int]:
    """(permission, resource) → id of `ab_permission_view`."""
    statement = sa.select(Permission.name, ViewMenu.name, PermissionView.id).select_from(PermissionView)
    statement = statement.join(Permission).join(ViewMenu)
    return {(permission, view): key for permission, view, key in session.execute(statement)}


def recent_failures(session: Session, phone: str, since: datetime) -> list[datetime]:
    """When this number failed to sign in since `since` and since its last success."""
    last_ok = sa.select(sa.func.max(LoginAttempt.created_at)).where(
        LoginAttempt.phone == phone, LoginAttempt.outcome == LoginOutcome.OK
    )
    last = session.scalar(last_ok)
    statement = sa.select(LoginAttempt.created_at).where(
        LoginAttempt.phone == phone,
        LoginAttempt.outcome.in_(FAILURES),
        LoginAttempt.created_at > (max(since, last) if last else since),
    )
    return list(session.scalars(statement))


def changed_settings(session: Session) -> dict[str, Any]:
    """The settings that differ from their defaults, by key."""
    return {row.key: row.value for row in session.execute(sa.select(Setting.key, Setting.value))}


def the_clinic(session: Session) -> Clinic | None:
    """The clinic's one row; None before it was set up."""
    return session.get(Clinic, 1)


def roles_by_user(session: Session, user_ids: Iterable[int]) -> dict[int, list[str]]:
    """The role names of several users, in one statement."""
    statement = (
        sa.select(assoc_user_role.c.user_id, Role.name)
        .join(Role, Role.id == assoc_user_role.c.role_id)
        .where(assoc_user_role.c.user_id.in_(list(user_ids)))
        .order_by(Role.name)
    )
    found: dict[int, list[str]] = {}
    for user_id, name in session.execute(statement):
        found.setdefault(user_id, []).append(name)
    return found
