"""Writes about users, sessions, rights and settings; each inside the caller's transaction."""

from app.security.actions.factors import renew_codes, turn_off, turn_on, use_factor
from app.security.actions.rights import bump, change_clinic, change_grants, change_setting, reset_setting, sync_roles
from app.security.actions.sessions import (
    close_session,
    device_name,
    keep_told,
    note_attempt,
    open_session,
    revoke_own,
    revoke_sessions,
    sign_out,
    touch_session,
)
from app.security.actions.shares import share
from app.security.actions.users import (
    add_user,
    change_phone,
    change_roles,
    give_reset_code,
    set_password,
    switch_user,
)

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
    "give_reset_code",
    "keep_told",
    "note_attempt",
    "open_session",
    "renew_codes",
    "reset_setting",
    "revoke_own",
    "revoke_sessions",
    "set_password",
    "share",
    "sign_out",
    "switch_user",
    "sync_roles",
    "touch_session",
    "turn_off",
    "turn_on",
    "use_factor",
]
