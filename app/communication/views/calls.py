"""`/calls`: who called and whom we called; one click begins a call, one ends it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.communication import actions, queries
from app.communication.models import Call
from app.communication.rules import LONGEST_CALL, ContactType, Direction
from app.communication.views import shared
from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T
from app.people import queries as people
from app.web import fields, saving, who
from app.web.access import local, writes
from app.web.text import say
from app.web.views import ClinicView

LONGEST_NOTE = 2_000


class CallView(ClinicView):
    """The calls, each linked to the patient or employee who has the number."""

    datamodel = SQLAInterface(Call)
    page, route_base = "/calls", "/calls"
    title_one, title_many = T("Call"), T("Calls")
    list_columns = ("phone_number", "person", "direction", "begin_call", "minutes", "note", "taker")
    show_columns = (
        "phone_number", "person", "contact_type", "direction", "begin_call", "end_call", "minutes", "taker", "note",
        "created_at", "updated_at",
    )  # fmt: skip
    add_columns = edit_columns = ("phone_number", "direction", "begin_call", "end_call", "note")
    search_columns = ("contact_type", "direction", "begin_call")
    order_columns = ("begin_call", "phone_number")
    default_order = ("begin_call", "desc")
    column_labels = {"person": T("Person"), "taker": T("Taken by"), "minutes": T("Minutes")}
    extra_types = {"minutes": sa.Integer()}
    list_template, show_template = "communication/calls.html", "communication/call.html"
    definitions = [
        {"label": T("Calls by month"), "group": "begin_call", "series": [(aggregate_count, "")]},
        {"label": T("Calls by direction"), "group": "direction", "series": [(aggregate_count, "")]},
        {"label": T("Calls by whose number it is"), "group": "contact_type", "series": [(aggregate_count, "")]},
    ]
    chart_date = "begin_call"

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the beginning of the number, or by patient."""
        return found_by(Call, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Who is behind the numbers."""
        notes = shared.shortened(rows, "note") if len(rows) > 1 else {}
        people_ = shared.people_of(session, rows)
        return {key: {**found, **({"note": notes[key]} if notes else {})} for key, found in people_.items()}

    def list_context(self, found: Any) -> dict[str, Any]:
        """The calls that the person is in."""
        session, now = sqla.session(), datetime.now(UTC)
        running = queries.running_calls(session, who.me().user_id, now - LONGEST_CALL)
        return {"running": running, "behind": queries.whose(session, running) if running else {}, "shared": shared}

    def show_context(self, row: Any) -> dict[str, Any]:
        """What can be done with the number."""
        return {"register_url": shared.register_url(row.phone_number) if row.contact_type is ContactType.NEW else ""}

    def preset(self) -> dict[str, Any]:
        """A new call began just now."""
        return {"begin_call": datetime.now(UTC), **typed_number()}

    def create(self, session: Session, values: dict[str, Any]) -> Call:
        """Linked by its number."""
        return actions.record_call(session, values, by=who.me().user_id, now=datetime.now(UTC))

    def change(self, session: Session, row: Call, values: dict[str, Any]) -> Call:
        """Linked again where the number was corrected."""
        return actions.change_call(session, row, values, now=datetime.now(UTC))

    @expose("/start", methods=["POST"])
    @writes
    def start(self) -> Response:
        """Begin a call now."""
        direction = Direction.OUT if request.form.get("direction") == Direction.OUT.word else Direction.IN
        by, now = who.me().user_id, datetime.now(UTC)
        try:
            number = parse_phone(request.form.get("phone_number", ""))
            unit(lambda s: actions.start_call(s, number, direction, by=by, now=now))
        except RuleError as error:
            flash(say(error.text), "danger")
        return redirect(url_for("CallView.list"))

    @expose("/<int:pk>/end", methods=["POST"])
    @writes
    def end(self, pk: int) -> Response:
        """End a call now."""
        row, now = self.find(pk, ()), datetime.now(UTC)
        try:
            note = fields.clean(request.form.get("note", "").strip(), LONGEST_NOTE)
            unit(lambda s: actions.end_call(saving.locked(s, Call, row.call_id), note or None, now))
        except RuleError as error:
            flash(say(error.text), "danger")
        return redirect(local(request.form.get("next"), url_for("CallView.list")))


def found_by(model: Any, typed: str) -> ColumnElement[bool]:
    """The calls or texts of a number that begins like this, or of a patient who is found by what was typed."""
    of_patient = sa.and_(
        model.contact_type == ContactType.PATIENT, people.matching_condition(model.contacter_id, typed)
    )
    start = shared.digits(typed)
    if not start:
        return of_patient
    return sa.or_(of_patient, sa.and_(model.phone_number >= start, model.phone_number < start + "\x7f"))


def typed_number() -> dict[str, Any]:
    """`?phone=` of the address, where it is a number."""
    try:
        return {"phone_number": parse_phone(request.args.get("phone", ""))}
    except RuleError:
        return {}
