"""Signed-in devices: everybody's own on the profile, everybody's for an Admin on `/sessions`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import flash, g, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.db import unit
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.security import actions, door, identity, queries
from app.security.models import SessionToken, UserProfile
from app.security.rules import is_session_alive
from app.web import saving, who
from app.web.access import needs_right, writes
from app.web.listing import like
from app.web.text import say
from app.web.views import ClinicPage, ClinicView
from app.web.views.bulk import BulkAction

RIGHT = "manage_users"


class OwnDevicesPage(ClinicPage):
    """`/profile/devices/…`: one's own devices, listed on the profile."""

    page, route_base = "/profile", "/profile/devices"

    @expose("/<int:key>/end", methods=["POST"])
    @writes
    def end(self, key: int) -> Response:
        """Sign one device out."""
        user_id = who.me().user_id or 0
        unit(lambda s: actions.revoke_own(s, user_id, key, datetime.now(UTC)))
        flash(say(T("The device is signed out.")), "success")
        return redirect("/profile#devices")

    @expose("/end-others", methods=["POST"])
    @writes
    def end_others(self) -> Response:
        """Sign out every device but this one."""
        user_id, this = who.me().user_id or 0, door.selector()
        unit(lambda s: actions.revoke_sessions(s, user_id, datetime.now(UTC), but=this))
        flash(say(T("All other devices are signed out.")), "success")
        return redirect("/profile#devices")


def _end(view: Any, session: Session, token: SessionToken, everywhere: bool = False) -> None:
    """An Admin's revoke, kept in the audit log of the user."""
    roles, now = who.me().roles, datetime.now(UTC)
    user_id = actions.sign_out(session, token, by_roles=roles, now=now, everywhere=everywhere)
    what = "all devices" if everywhere else token.device_name
    record(session, AuditAction.PERMISSION, "ab_user", user_id, changes={"signed_out": [None, what]})


class SessionTokenView(ClinicView):
    """`/sessions`: the devices on which somebody is signed in; `?ended=yes` shows those that were, too."""

    datamodel = SQLAInterface(SessionToken)
    page, route_base = "/sessions", "/sessions"
    title_one, title_many = T("Signed-in device"), T("Signed-in devices")
    column_labels = {"person": T("User"), "state": T("Status"), "created_at": T("Signed in at")}
    list_columns = ("device_name", "person", "session_type", "ip", "created_at", "last_seen_at", "state")
    show_columns = (*list_columns, "expires_at", "revoked_at")
    search_columns = ("session_type", "ip", "created_at", "last_seen_at", "revoked_at")
    order_columns = ("last_seen_at", "created_at", "expires_at")
    default_order = ("last_seen_at", "desc")
    list_template, show_template = "security/sessions.html", "security/session.html"
    bulk = {
        "end": BulkAction(T("Sign out the device"), _end, right=RIGHT),
        "end_all": BulkAction(T("Sign out everywhere"), lambda v, s, row: _end(v, s, row, True), right=RIGHT),
    }
    definitions = [
        {"label": T("Devices by kind"), "group": "session_type", "series": [(aggregate_count, "")]},
        {"label": T("Sign-ins by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """Those that are signed in; a record is found whatever became of it."""
        shows_ended = request.args.get("ended") == "yes" or request.endpoint in ENDED_TOO
        return [] if shows_ended else [queries.is_live(datetime.now(UTC), identity.limits())]

    def bulk_actions(self) -> dict[str, BulkAction]:
        """What has ended needs none."""
        return {} if request.args.get("ended") == "yes" else super().bulk_actions()

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the person's name, the device or the address."""
        people = sa.select(UserProfile.user_id).where(like(UserProfile.display_name, typed))
        return SessionToken.user_id.in_(people) | like(SessionToken.device_name, typed) | like(SessionToken.ip, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Whose it is, and whether it is signed in."""
        keys = {row.user_id for row in rows}
        found = session.scalars(sa.select(UserProfile).where(UserProfile.user_id.in_(keys)))
        people = {profile.user_id: profile for profile in found}
        return {row.row_id: {"person": people.get(row.user_id), "state": _state(row)} for row in rows}

    def show_context(self, row: Any) -> dict[str, Any]:
        """Whether it can be signed out."""
        return {"is_live": _is_live(row), "right": RIGHT}

    @expose("/<int:pk>/end", methods=["POST"])
    @needs_right(RIGHT, level="write")
    def end(self, pk: int) -> Response:
        """Sign this device out."""
        return self._write(pk, False)

    @expose("/<int:pk>/end-all", methods=["POST"])
    @needs_right(RIGHT, level="write")
    def end_all(self, pk: int) -> Response:
        """Sign its user out on every device."""
        return self._write(pk, True)

    def _write(self, pk: int, everywhere: bool) -> Response:
        try:
            unit(lambda s: _end(self, s, saving.locked(s, SessionToken, pk), everywhere))
            flash(say(T("Signed out.")), "success")
        except RuleError as error:
            flash(say(error.text), "danger")
        return redirect(url_for("SessionTokenView.list"))


ENDED_TOO = ("SessionTokenView.show", "SessionTokenView.chart", "SessionTokenView.by")


def _is_live(row: SessionToken) -> bool:
    now, limits = datetime.now(UTC), identity.limits()
    return is_session_alive(now, row.created_at, row.expires_at, row.last_seen_at, row.revoked_at, limits)


def _state(row: SessionToken) -> str:
    if row.selector == g.get("session_selector"):
        return say(T("This device"))
    if _is_live(row):
        return say(T("Signed in"))
    return say(T("Signed out") if row.revoked_at else T("Ended by itself"))
