"""`/audit`: who did what, filtered by person, action, table, patient and time; and the chain's own rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import url_for
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement, String
from sqlalchemy.orm import Session

from app.audit.models import AuditLog, AuditSeal
from app.audit.queries import seal as seals
from app.db import sqla
from app.kernel.text import T
from app.people.models import Patient
from app.security.models import UserProfile
from app.security.views import in_words
from app.security.views.trail import TrailPage
from app.web.listing import Listing
from app.web.lookups import LOOKUPS, Lookup, by_text
from app.web.text import say
from app.web.views import ClinicView
from app.web.vocabulary import TABLES


def _tables() -> list[tuple[str, str]]:
    return sorted(((name, say(text)) for name, text in TABLES.items()), key=lambda pair: pair[1].casefold())


def _patients(session: Session, typed: str, limit: int) -> Sequence[Any]:
    return LOOKUPS[Patient.__tablename__].search(session, typed, limit)


class AuditLogView(ClinicView):
    """Who did what."""

    datamodel = SQLAInterface(AuditLog)
    page, route_base = "/audit", "/audit"
    title_one, title_many = T("Entry of the audit log"), T("Audit log")
    list_columns = ("created_at", "actor_number", "action", "table", "row", "patient_number", "ip")
    show_columns = (*list_columns, "changes", "request_id")
    search_columns = ("actor_number", "action", "table", "patient_number", "created_at")
    order_columns = ("created_at",)
    default_order = ("created_at", "desc")
    lookups = {"actor_number": by_text(UserProfile, "display_name"), "patient_number": Lookup(Patient, _patients)}
    filter_choices = {"table": _tables}
    extra_types = {"actor_number": String(), "patient_number": String()}  # shown by name
    list_template, show_template = "security/audit.html", "security/entry.html"
    definitions = [
        {"label": T("Entries by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Entries by what was done"), "group": "action", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By what was changed or looked at."""
        return AuditLog.table.in_([name for name, text in _tables() if typed.casefold() in text.casefold()])

    def list_context(self, found: Listing) -> dict[str, Any]:
        """Whether the chain is up to date."""
        return {"chain": seals.state(sqla.session(), datetime.now(UTC))}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The row in words, with links to the person's days, the record and the patient."""
        people = in_words.users(session, [row.actor_number for row in rows])
        patients = in_words.patients(session, [row.patient_number for row in rows])
        return {
            row.row_id: {
                "changes": in_words.told(row.table, row.changes),
                "table": in_words.what(row.table, row.row),
                "row": in_words.record_link(row.table, row.row),
                "actor_number": _person(people, row.actor_number),
                "patient_number": patients.get(row.patient_number, row.patient_number),
            }
            for row in rows
        }


def _person(people: dict[int, str], actor: int | None) -> Any:
    if actor is None:
        return None
    url = url_for("TrailPage.person", pk=actor)
    return Markup('<a href="{}">{}</a>').format(url, people.get(actor) or f"#{actor}")


class AuditSealView(ClinicView):
    """The chain."""

    datamodel = SQLAInterface(AuditSeal)
    page, route_base = "/audit", "/audit-seals"
    title_one, title_many = T("Seal of the audit log"), T("Seals of the audit log")
    list_columns = ("sequence", "entry", "hash", "created_at")
    show_columns = (*list_columns, "previous_hash", "key_name")
    search_columns = ("sequence", "created_at")
    order_columns = ("sequence",)
    default_order = ("sequence", "desc")
    definitions = [{"label": T("Seals by month"), "group": "created_at", "series": [(aggregate_count, "")]}]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the beginning of the hash, as a kept head has it behind the colon."""
        return AuditSeal.hash.startswith(typed.rpartition(":")[2].lower(), autoescape=True)


VIEWS = (AuditLogView, AuditSealView, TrailPage)
