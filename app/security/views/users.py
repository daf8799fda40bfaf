"""Users: created by an Admin, who gives roles and resets passwords, never above their own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import PasswordField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.kernel.text import T
from app.security import actions, queries
from app.security.models import UserProfile
from app.security.rules import Role
from app.web import fields, forms, who
from app.web.listing import like
from app.web.text import lazy, say
from app.web.views import ClinicView


class RolesField(SelectMultipleField):
    """The roles, as ticks."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=lambda: [(r.role_name, say(r)) for r in Role], **kwargs)


class UserView(ClinicView):
    """`/users/list/`."""

    datamodel = SQLAInterface(UserProfile)
    page, route_base = "/users/list/", "/users"
    title_one, title_many = T("User"), T("Users")
    column_labels = {"password": T("Password"), "phone": T("Phone number")}
    list_columns = ("display_name", "phone", "roles", "active", "last_login", "locked_until")
    show_columns = (*list_columns, "failed_count", "must_change_password", "locale", "created_at")
    add_columns = ("display_name", "phone", "roles", "password", "locale")
    edit_columns = ("display_name", "phone", "roles", "active", "password")
    search_columns = ("display_name", "locale", "locked_until")
    order_columns = ("display_name",)
    default_order = ("display_name", "asc")
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
        if row is not None:
            form.password.label.text = say(T("New password, if it was forgotten"))
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
        """Name, number, roles, whether they may sign in, and a new password where one was typed."""
        mine, user, now = who.me().roles, row.user, datetime.now(UTC)
        row.display_name = values["display_name"]
        if values["phone"] != user.username:
            actions.change_phone(session, user, values["phone"], mine)
        before = [role.name for role in user.roles]
        if set(values["roles"]) != set(before):
            actions.change_roles(session, user, values["roles"], mine)
            _record_roles(session, user.id, before, values["roles"])
        if bool(values["active"]) != bool(user.active):
            actions.switch_user(session, user, bool(values["active"]), mine, now)
        if values["password"]:
            least = who.setting("security.password_length")
            actions.reset_password(session, user, values["password"], by_roles=mine, least=least, now=now)
        return row


def _record_roles(session: Session, user_id: int, before: Sequence[str], after: Sequence[str]) -> None:
    record(session, AuditAction.PERMISSION, "ab_user", user_id, changes={"roles": [sorted(before), sorted(after)]})
