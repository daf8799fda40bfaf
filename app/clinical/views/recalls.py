"""The screens of recalls and of the attempts to reach patients; the day's work is done on `/scheduling/recalls`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.clinical.actions import recalls as actions
from app.clinical.models import Recall, RecallContact
from app.clinical.queries.recalls import names_of_contacts, tried
from app.clinical.rules.recalls import OPEN
from app.kernel.text import T
from app.people.queries import matching_condition
from app.web import who
from app.web.cells import reference
from app.web.lookups import Lookup, add_lookup
from app.web.text import day, today
from app.web.views import BulkAction, ClinicView


def _recalls(session: Session, typed: str, limit: int) -> Sequence[Recall]:
    statement = sa.select(Recall).options(joinedload(Recall.patient))
    if typed:
        statement = statement.where(matching_condition(Recall.patient_id, typed))
    return session.scalars(statement.order_by(Recall.due_on.desc()).limit(limit)).all()


add_lookup(Lookup(Recall, _recalls, lambda row: day(row.due_on)))


def _decline(view: Any, session: Session, row: Recall) -> None:
    actions.decline_recall(session, row)


def _postpone(days: int) -> Callable[[Any, Session, Recall], None]:
    def run(view: Any, session: Session, row: Recall) -> None:
        actions.postpone_recall(session, row, today() + timedelta(days=days), today=today())

    return run


class RecallView(ClinicView):
    """Every recall, settled ones too."""

    datamodel = SQLAInterface(Recall)
    page, route_base = "/scheduling", "/recalls"
    title_one, title_many = T("Recall"), T("Recalls")
    list_columns = ("patient", "service", "reason", "due_on", "status", "attempts", "do_not_contact_until")
    show_columns = (
        "patient", "service", "reason", "due_on", "is_due_by_hand", "status", "attempts", "do_not_contact_until",
        "treatment_id", "appointment_id", "created_at",
    )  # fmt: skip
    add_columns = ("patient_id", "service_id", "reason", "due_on", "do_not_contact_until")
    edit_columns = ("service_id", "reason", "due_on", "do_not_contact_until")
    extra_types = {"attempts": sa.Integer()}
    search_columns = (
        "status", "due_on", "patient_id", "service_id", "do_not_contact_until", "treatment_id", "appointment_id",
        "created_at",
    )  # fmt: skip
    order_columns = ("due_on", "status")
    default_order = ("due_on", "asc")
    chart_date = "due_on"
    bulk = {
        "decline": BulkAction(T("Note that they don't want to come"), _decline),
        "week": BulkAction(T("Put off by a week"), _postpone(7)),
        "month": BulkAction(T("Put off by a month"), _postpone(30)),
    }
    definitions = [
        {"label": T("Recalls by the month they are due"), "group": "due_on", "series": [(aggregate_count, "")]},
        {"label": T("Recalls by status"), "group": "status", "series": [(aggregate_count, "")]},
        {"label": T("Recalls by service"), "group": "service_id", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(Recall.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How often somebody tried to reach the patient."""
        known = tried(session, [row.recall_id for row in rows])
        return {
            row.recall_id: {"attempts": known[row.recall_id].count if row.recall_id in known else 0} for row in rows
        }

    def is_open(self, row: Any) -> bool:
        """A settled recall stays as it was."""
        return row.status in OPEN

    def create(self, session: Session, values: dict[str, Any]) -> Recall:
        """One that a person asks for."""
        return actions.add_recall(session, values)

    def change(self, session: Session, row: Recall, values: dict[str, Any]) -> Recall:
        """A due date that a person wrote is theirs."""
        return actions.change_recall(session, row, values)


class RecallContactView(ClinicView):
    """Every attempt to reach a patient."""

    datamodel = SQLAInterface(RecallContact)
    page, route_base = "/scheduling", "/recall-contacts"
    title_one, title_many = T("Attempt to reach"), T("Attempts to reach")
    list_columns = ("contacted_at", "patient", "how", "outcome", "user", "note")
    show_columns = ("contacted_at", "patient", "recall_id", "how", "outcome", "user", "note")
    add_columns = ("recall_id", "outcome", "how", "note")
    search_columns = ("contacted_at", "outcome", "how", "recall_id")
    order_columns = ("contacted_at", "outcome", "how")
    default_order = ("contacted_at", "desc")
    chart_date = "contacted_at"
    definitions = [
        {"label": T("Attempts by what came of them"), "group": "outcome", "series": [(aggregate_count, "")]},
        {"label": T("Attempts by month"), "group": "contacted_at", "series": [(aggregate_count, "")]},
        {"label": T("Attempts by way"), "group": "how", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        own = sa.select(Recall.recall_id).where(matching_condition(Recall.patient_id, typed))
        return RecallContact.recall_id.in_(own)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Whom it was about, and who tried."""
        found = names_of_contacts(session, [row.recall_contact_id for row in rows])
        return {key: {"patient": reference(patient), "user": name or ""} for key, (patient, name) in found.items()}

    def create(self, session: Session, values: dict[str, Any]) -> RecallContact:
        """Noted as made now by whoever is signed in."""
        row = actions.locked_recall(session, values["recall_id"])
        me, now = who.me().user_id, datetime.now(UTC)
        told = {"how": values["how"], "note": values["note"]}
        return actions.note_contact(session, row, values["outcome"], now=now, by=me, **told)
