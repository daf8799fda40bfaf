"""`/sms`: texts in and out, linked by their number; writing one puts it into the outbox."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.communication import actions
from app.communication.models import Sms
from app.communication.rules import ContactType
from app.communication.views import shared
from app.communication.views.calls import found_by, typed_number
from app.kernel.text import T
from app.web import fields, who
from app.web.text import lazy
from app.web.views import ClinicView


class SmsView(ClinicView):
    """The texts that came in and that went out."""

    datamodel = SQLAInterface(Sms)
    page, route_base = "/sms", "/sms"
    title_one, title_many = T("Text message"), T("Text messages")
    list_columns = ("phone_number", "person", "direction", "time", "sms_text", "note")
    show_columns = (
        "phone_number", "person", "contact_type", "direction", "time", "sms_text", "message", "note", "created_at",
    )  # fmt: skip
    add_columns = ("phone_number", "time", "sms_text", "note")
    edit_columns = ("note",)
    search_columns = ("contact_type", "direction", "time")
    order_columns = ("time", "phone_number")
    default_order = ("time", "desc")
    column_labels = {"person": T("Person")}
    made_fields = {
        "sms_text": fields.LongTextField(lazy(T("Text")), longest=2_000, validators=[fields.required]),
        "time": fields.MomentField(lazy(T("Time")), validators=[fields.required]),
    }
    list_template, show_template = "communication/texts.html", "communication/text.html"
    definitions = [
        {"label": T("Texts by month"), "group": "time", "series": [(aggregate_count, "")]},
        {"label": T("Texts by direction"), "group": "direction", "series": [(aggregate_count, "")]},
        {"label": T("Texts by whose number it is"), "group": "contact_type", "series": [(aggregate_count, "")]},
    ]
    chart_date = "time"

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the beginning of the number, or by patient."""
        return found_by(Sms, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Who is behind the numbers; of a list only the beginning of each text."""
        people = shared.people_of(session, rows)
        if len(rows) > 1:
            for key, text in shared.shortened(rows, "sms_text").items():
                people[key]["sms_text"] = text
        return people

    def show_context(self, row: Any) -> dict[str, Any]:
        """What can be done with the number."""
        return {"register_url": shared.register_url(row.phone_number) if row.contact_type is ContactType.NEW else ""}

    def preset(self) -> dict[str, Any]:
        """A text that came in just now."""
        return {"time": datetime.now(UTC), **typed_number()}

    def create(self, session: Session, values: dict[str, Any]) -> Sms:
        """A text that came in, linked by its number."""
        return actions.record_text(session, values, by=who.me().user_id, now=datetime.now(UTC))
