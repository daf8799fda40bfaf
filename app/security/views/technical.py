"""The tables that serve the machine: an Admin may look, nobody may change."""

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface

from app.audit.models import AuditLog
from app.jobs.models import DocumentCounter, Job
from app.kernel.text import T
from app.security.models import LoginAttempt, RoleSeed, SessionToken, ShareLink
from app.security.words import LABELS
from app.web.views import ClinicView
from app.web.vocabulary import add_labels

add_labels(LABELS)


class SessionTokenView(ClinicView):
    """Sessions on all devices."""

    datamodel = SQLAInterface(SessionToken)
    page, route_base = "/system", "/session-tokens"
    title_one, title_many = T("Session"), T("Sessions")
    list_columns = ("device_name", "user", "session_type", "ip", "last_seen_at", "expires_at", "revoked_at")
    show_columns = (*list_columns, "created_at")
    search_columns = ("device_name", "session_type", "ip", "last_seen_at", "revoked_at")
    order_columns = ("last_seen_at", "expires_at")
    default_order = ("last_seen_at", "desc")


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


class RoleSeedView(ClinicView):
    """What the matrix gave each role."""

    datamodel = SQLAInterface(RoleSeed)
    page, route_base = "/system", "/role-seeds"
    title_one, title_many = T("Right given by the matrix"), T("Rights given by the matrix")
    list_columns = ("role", "permission", "view", "created_at")
    search_columns = ("role", "permission", "view")
    order_columns = ("role", "view")
    default_order = ("role", "asc")
    definitions = [{"label": T("Rights by role"), "group": "role", "series": [(aggregate_count, "")]}]


class ShareLinkView(ClinicView):
    """Secret addresses; their tokens are nowhere."""

    datamodel = SQLAInterface(ShareLink)
    page, route_base = "/system", "/share-links"
    title_one, title_many = T("Shared address"), T("Shared addresses")
    list_columns = ("table", "row", "kind", "patient_number", "expires_at", "revoked_at", "created_at")
    show_columns = list_columns
    search_columns = ("kind", "table", "created_at")
    order_columns = ("created_at",)
    default_order = ("created_at", "desc")


class AuditLogView(ClinicView):
    """Who did what."""

    datamodel = SQLAInterface(AuditLog)
    page, route_base = "/audit", "/audit"
    title_one, title_many = T("Entry of the audit log"), T("Audit log")
    list_columns = ("created_at", "actor_number", "action", "table", "row", "patient_number", "ip")
    show_columns = (*list_columns, "changes", "request_id")
    search_columns = ("action", "table", "actor_number", "patient_number", "created_at")
    order_columns = ("created_at",)
    default_order = ("created_at", "desc")
    definitions = [
        {"label": T("Entries by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Entries by what was done"), "group": "action", "series": [(aggregate_count, "")]},
    ]


class JobView(ClinicView):
    """Work that follows a commit."""

    datamodel = SQLAInterface(Job)
    page, route_base = "/system", "/jobs"
    title_one, title_many = T("Work in the background"), T("Work in the background")
    list_columns = ("title", "kind", "progress", "attempts", "run_after", "done_at", "last_error")
    show_columns = (*list_columns, "lease_until", "result", "created_at")
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
