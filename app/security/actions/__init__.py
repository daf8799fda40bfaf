"""Writes about users, sessions, rights and settings; each inside the caller's transaction."""

from app.security.actions.rights import bump, change_clinic, change_grants, change_setting, reset_setting, sync_roles
from app.security.actions.sessions import (
    close_session,
    device_name,
    note_attempt,
    open_session,
    revoke_sessions,
    touch_session,
)
from app.security.actions.shares import share
from app.security.actions.users import add_user, change_phone, change_roles, reset_password, set_password, switch_user

__all__ = [
    "add_user",
    "bump",
    "change_clinic",
    "change_grants",
    "change_phone",
    "change_roles",
    "change_setting",
    "close_session",
    "device_name",
    "note_attempt",
    "open_session",
    "reset_password",
    "reset_setting",
    "revoke_sessions",
    "set_password",
    "share",
    "switch_user",
    "sync_roles",
    "touch_session",
]
