"""The outbox and the wordings of what is sent."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.communication import actions, queries, rules
from app.communication.models import Message, MessageTemplate
from app.communication.rules import MOVES, PLACEHOLDERS, Channel, MessageStatus
from app.communication.views import shared
from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.phones import show_phone
from app.kernel.text import T
from app.people import queries as people
from app.web import saving
from app.web.access import writes
from app.web.listing import like
from app.web.lookups import add_lookup, by_text
from app.web.text import say
from app.web.views import ClinicView

add_lookup(by_text(MessageTemplate, "code"))


class MessageView(ClinicView):
    """Everything that is sent, was sent or could not be sent."""

    datamodel = SQLAInterface(Message)
    page, route_base = "/communication", "/messages"
    title_one, title_many = T("Message"), T("Outbox")
    list_columns = ("to", "patient", "channel", "body", "status", "send_after", "sent_at")
    show_columns = (
        "to", "patient", "channel", "locale", "subject", "body", "template", "appointment", "status", "send_after",
        "sent_at", "attempts", "last_error", "created_at", "updated_at",
    )  # fmt: skip
    search_columns = ("status", "channel", "patient_id", "message_template_id", "send_after")
    order_columns = ("send_after", "sent_at", "status")
    default_order = ("send_after", "desc")
    list_template, show_template = "communication/messages.html", "communication/message.html"
    definitions = [
        {"label": T("Messages by month"), "group": "send_after", "series": [(aggregate_count, "")]},
        {"label": T("Messages by status"), "group": "status", "series": [(aggregate_count, "")]},
        {"label": T("Messages by template"), "group": "message_template_id", "series": [(aggregate_count, "")]},
    ]
    chart_date = "send_after"

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient, or by the beginning of a number or of an address."""
        start = shared.digits(typed) or typed
        return people.matching_condition(Message.patient_id, typed) | (
            (Message.to >= start) & (Message.to < start + "\x7f")
        )

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Numbers as people say them; of a list only the beginning of each text."""
        texts = shared.shortened(rows, "body") if len(rows) > 1 else {row.row_id: row.body for row in rows}
        return {row.row_id: {"to": _address(row), "body": texts[row.row_id]} for row in rows}

    def list_context(self, found: Any) -> dict[str, Any]:
        """How many wait, and how many need somebody."""
        return {"counts": queries.counts(sqla.session()), "states": MessageStatus}

    def show_context(self, row: Any) -> dict[str, Any]:
        """What may be done with it."""
        return {
            "may_cancel": MOVES.allows(row.status, MessageStatus.CANCELLED),
            "may_retry": row.status is MessageStatus.FAILED,
        }

    @expose("/<int:pk>/cancel", methods=["POST"])
    @writes
    def cancel(self, pk: int) -> Response:
        """Take it back before it goes out."""
        return self._do(pk, actions.cancel)

    @expose("/<int:pk>/retry", methods=["POST"])
    @writes
    def retry(self, pk: int) -> Response:
        """Try again what failed."""
        now = datetime.now(UTC)
        return self._do(pk, lambda row: actions.retry(row, now))

    def _do(self, pk: int, change: Any) -> Response:
        row = self.find(pk, ())
        try:
            unit(lambda s: change(saving.locked(s, Message, row.message_id)))
            flash(say(T("Saved.")), "success")
        except RuleError as error:
            flash(say(error.text), "danger")
        return redirect(url_for("MessageView.show", pk=pk))


class MessageTemplateView(ClinicView):
    """The wordings, in both languages; each shows how it reads and how many texts it takes."""

    datamodel = SQLAInterface(MessageTemplate)
    page, route_base = "/communication", "/message-templates"
    title_one, title_many = T("Template"), T("Templates")
    list_columns = ("code", "variant", "channel", "body_mn", "weight", "latin", "is_active")
    show_columns = (
        "code", "variant", "channel", "weight", "latin", "is_active", "subject_mn", "subject_en", "body_mn", "body_en",
        "created_at", "updated_at",
    )  # fmt: skip
    add_columns = edit_columns = (
        "code", "variant", "channel", "weight", "latin", "is_active", "subject_mn", "body_mn", "subject_en", "body_en",
    )  # fmt: skip
    search_columns = ("code", "channel", "variant", "latin", "is_active")
    order_columns = ("code", "weight")
    default_order = ("code", "asc")
    sections = (
        (T("In Mongolian"), ("subject_mn", "body_mn")),
        (T("In English"), ("subject_en", "body_en")),
    )
    rule = actions.check_template
    add_template = edit_template = "communication/template_form.html"
    show_template = "communication/template.html"
    definitions = [
        {"label": T("Templates by channel"), "group": "channel", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By code or by any part of the text."""
        columns = (MessageTemplate.code, MessageTemplate.body_mn, MessageTemplate.body_en)
        return like(columns[0], typed) | like(columns[1], typed) | like(columns[2], typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Of a list only the beginning of each text."""
        if len(rows) < 2:
            return {}
        return {key: {"body_mn": text} for key, text in shared.shortened(rows, "body_mn").items()}

    def form_context(self, row: Any) -> dict[str, Any]:
        """What may stand between braces."""
        return {"placeholders": PLACEHOLDERS}

    def show_context(self, row: Any) -> dict[str, Any]:
        """How it reads."""
        return {"previews": [preview(row, language) for language in ("mn", "en")]}


def _address(row: Message) -> Markup:
    shown = show_phone(row.to) if row.channel is Channel.SMS else row.to
    return Markup('<span class="nowrap">{}</span>').format(shown)


def preview(row: MessageTemplate, language: str) -> dict[str, Any]:
    """A template with example values, and how many texts it takes, as written and in Latin letters."""
    examples = {name: getattr(example, language) for name, (_, example) in PLACEHOLDERS.items()}
    body = rules.fill_in(getattr(row, f"body_{language}"), examples)
    subject = rules.fill_in(getattr(row, f"subject_{language}") or "", examples)
    latin = rules.in_latin(body)
    return {
        "language": language, "subject": subject, "body": body, "latin": latin, "size": rules.size_of(body),
        "size_in_latin": rules.size_of(latin),
    }  # fmt: skip
