"""Users: created by an Admin, who gives roles and resets passwords, never above their own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import PasswordField

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.security import actions, queries
from app.security.models import User, UserProfile
from app.security.rules import Role
from app.security.rules.second_factor import RESET_HOURS, spelled
from app.security.views.devices import RIGHT
from app.security.views.fields import RolesField
from app.web import cells, fields, forms, saving, who
from app.web.access import needs_right
from app.web.listing import like
from app.web.text import lazy, say
from app.web.views import ClinicPage, ClinicView


class UserView(ClinicView):
    """`/users/list/`."""

    datamodel = SQLAInterface(UserProfile)
    page, route_base = "/users/list/", "/users"
    title_one, title_many = T("User"), T("Users")
    column_labels = {"password": T("Password"), "phone": T("Phone number"), "second_factor": T("Second factor")}
    list_columns = ("display_name", "phone", "roles", "active", "last_login", "locked_until")
    show_columns = (*list_columns, "second_factor", "failed_count", "must_change_password", "locale", "created_at")
    add_columns = ("display_name", "phone", "roles", "password", "locale")
    edit_columns = ("display_name", "phone", "roles", "active")
    search_columns = ("display_name", "locale", "locked_until")
    order_columns = ("display_name",)
    default_order = ("display_name", "asc")
    show_template = "security/user.html"
    made_fields = {
        "phone": fields.PhoneField(lazy(T("Phone number")), validators=[fields.required]),
        "roles": RolesField(lazy(T("Roles"))),
        "active": fields.YesField(lazy(T("May sign in"))),
        "password": PasswordField(lazy(T("First password, to be changed at the first sign-in"))),
    }
    definitions = [{"label": T("Users by language"), "group": "locale", "series": [(aggregate_count, "")]}]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By name."""
        return like(UserProfile.display_name, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Roles and what Flask-AppBuilder keeps."""
        roles = queries.roles_by_user(session, [row.user_id for row in rows])
        labels = {role.role_name: role for role in Role}
        return {
            row.user_id: {
                "roles": ", ".join(say(labels[name]) for name in roles.get(row.user_id, []) if name in labels),
                "active": bool(row.user.active),
                "second_factor": bool(row.totp_secret),
                "last_login": row.user.last_login.replace(tzinfo=UTC) if row.user.last_login else None,
            }
            for row in rows
        }

    def render_form(self, form: forms.ClinicForm, row: Any, status: int) -> Any:
        """A form of a user that exists starts with what Flask-AppBuilder keeps."""
        if row is not None and status == 200:
            form.phone.data = row.user.username
            form.active.data = row.user.active
            form.roles.data = [role.name for role in row.user.roles]
        return super().render_form(form, row, status)

    def create(self, session: Session, values: dict[str, Any]) -> UserProfile:
        """With a first password that must be changed."""
        user = actions.add_user(
            session,
            phone=values["phone"] or "",
            name=values["display_name"] or "",
            roles=values["roles"] or [],
            password=values["password"] or "",
            by_roles=who.me().roles,
            locale=values["locale"],
            must_change_password=True,
            least_length=who.setting("security.password_length"),
        )
        _record_roles(session, user.id, [], values["roles"] or [])
        return session.get_one(UserProfile, user.id)

    def change(self, session: Session, row: UserProfile, values: dict[str, Any]) -> UserProfile:
        """Name, number, roles, and whether they may sign in."""
        mine, user, now = who.me().roles, row.user, datetime.now(UTC)
        row.display_name = values["display_name"]
        if values["phone"] != user.username:
            actions.change_phone(session, user, values["phone"], mine)
        before = [role.name for role in user.roles]
        if set(values["roles"]) != set(before):
            actions.change_roles(session, user, values["roles"], mine, now)
            _record_roles(session, user.id, before, values["roles"])
        if bool(values["active"]) != bool(user.active):
            actions.switch_user(session, user, bool(values["active"]), mine, now)
        return row


class UserResetPage(ClinicPage):
    """`/users/<number>/reset`: what helps somebody who can't sign in any more."""

    page, route_base = "/users/list/", "/users"

    @expose("/<int:pk>/reset", methods=["GET", "POST"])
    @needs_right(RIGHT, level="write")
    def reset(self, pk: int) -> Any:
        """A one-time code for a new password, shown this once; with it, if asked, the second factor goes."""
        row, drops = sqla.session.get(UserProfile, pk) or abort(404), bool(request.form.get("drops_factor"))
        if request.method == "GET":  # a reload, or the other language: the code is not shown again
            return redirect(cells.record_url(row) or "/")
        try:
            code = unit(lambda s: _reset(s, pk, drops))
        except RuleError as error:
            flash(say(error.text), "danger")
            return redirect(cells.record_url(row) or "/")
        title = say(T("One-time code for %(name)s", name=row.display_name))
        shown = {"code": spelled(code), "hours": RESET_HOURS, "phone": row.phone, "drops": drops}
        return self.render_template("security/reset.html", title=title, row=row, **shown)


def _reset(session: Session, user_id: int, drops_factor: bool) -> str:
    me, user = who.me(), saving.locked(session, User, user_id)
    now = datetime.now(UTC)
    code = actions.give_reset_code(session, user, by=me.user_id, by_roles=me.roles, now=now, drops_factor=drops_factor)
    what = "one-time code, second factor dropped" if drops_factor else "one-time code"
    record(session, AuditAction.PERMISSION, "ab_user", user_id, changes={"reset": [None, what]})
    return code


def _record_roles(session: Session, user_id: int, before: Sequence[str], after: Sequence[str]) -> None:
    record(session, AuditAction.PERMISSION, "ab_user", user_id, changes={"roles": [sorted(before), sorted(after)]})
