"""The tables that serve the machine: an Admin may look, nobody may change."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.jobs.models import DocumentCounter, Job
from app.kernel.text import T, Text
from app.security import actions
from app.security.actions.shares import revoke_address
from app.security.models import LoginAttempt, RoleSeed, ShareLink
from app.security.views.in_words import PLACES, ROLES, VERBS
from app.security.words import LABELS
from app.web.text import say
from app.web.views import BulkAction, ClinicView
from app.web.vocabulary import TABLES, add_labels, table_name

add_labels(LABELS)
TABLES |= {"ab_user": T("User"), "ab_role": T("Role")}


class LoginAttemptView(ClinicView):
    """Attempts to sign in."""

    datamodel = SQLAInterface(LoginAttempt)
    page, route_base = "/system", "/login-attempts"
    title_one, title_many = T("Attempt to sign in"), T("Attempts to sign in")
    list_columns = ("created_at", "phone", "outcome", "ip", "user_agent")
    show_columns = (*list_columns, "user")
    search_columns = ("phone", "outcome", "ip", "created_at")
    order_columns = ("created_at", "phone")
    default_order = ("created_at", "desc")
    definitions = [
        {"label": T("Attempts by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Attempts by outcome"), "group": "outcome", "series": [(aggregate_count, "")]},
    ]

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The browser as the list of devices names it."""
        return {row.row_id: {"user_agent": actions.device_name(row.user_agent or "")} for row in rows}


def _called(names: Mapping[str, Text], typed: str) -> list[str]:
    return [key for key, name in names.items() if typed.casefold() in say(name).casefold()]


def _tables(rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    """What the tables of rows about rows are called."""
    return {row.row_id: {"table": table_name(row.table)} for row in rows}


class RoleSeedView(ClinicView):
    """What the matrix gave each role."""

    datamodel = SQLAInterface(RoleSeed)
    page, route_base = "/system", "/role-seeds"
    title_one, title_many = T("Right given by the matrix"), T("Rights given by the matrix")
    list_columns = ("role", "permission", "view", "created_at")
    search_columns = ("created_at",)
    order_columns = ("role", "view")
    default_order = ("role", "asc")
    definitions = [{"label": T("Rights by role"), "group": "role", "series": [(aggregate_count, "")]}]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By role and by page, as they are called in the reader's language."""
        return RoleSeed.role.in_(_called(ROLES, typed)) | RoleSeed.view.in_(_called(PLACES, typed))

    def group_name(self, column: str, value: Any) -> Any:
        """The role."""
        return ROLES.get(value, value)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The row in words."""
        return {
            row.row_id: {
                "role": ROLES.get(row.role, row.role),
                "permission": VERBS.get(row.permission, row.permission),
                "view": PLACES.get(row.view, row.view),
            }
            for row in rows
        }


def _revoke(view: Any, session: Session, row: ShareLink) -> None:
    revoke_address(session, row, datetime.now(UTC))


class ShareLinkView(ClinicView):
    """Secret addresses; their tokens are nowhere."""

    datamodel = SQLAInterface(ShareLink)
    page, route_base = "/system", "/share-links"
    title_one, title_many = T("Shared address"), T("Shared addresses")
    list_columns = ("table", "row", "kind", "patient_number", "expires_at", "revoked_at", "created_at")
    show_columns = list_columns
    search_columns = ("kind", "created_at")
    order_columns = ("created_at",)
    default_order = ("created_at", "desc")
    bulk = {"revoke": BulkAction(T("Revoke"), _revoke)}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By what they open."""
        return ShareLink.table.in_(_called(TABLES, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What they open, in words."""
        return _tables(rows)


class JobView(ClinicView):
    """Work that follows a commit."""

    datamodel = SQLAInterface(Job)
    page, route_base = "/system", "/jobs"
    title_one, title_many = T("Work in the background"), T("Work in the background")
    list_columns = ("title", "kind", "progress", "attempts", "run_after", "done_at", "last_error")
    show_columns = (*list_columns, "lease_until", "created_at")
    search_columns = ("kind", "run_after", "done_at")
    order_columns = ("run_after", "done_at")
    default_order = ("run_after", "desc")


class DocumentCounterView(ClinicView):
    """The last numbers."""

    datamodel = SQLAInterface(DocumentCounter)
    page, route_base = "/system", "/document-counters"
    title_one, title_many = T("Counter"), T("Counters")
    list_columns = ("kind", "year", "last_number")
    search_columns = ("kind", "year")
    order_columns = ("kind", "year")
    default_order = ("kind", "asc")
