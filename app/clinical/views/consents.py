"""Consents: given with the text that was shown, and withdrawn."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.models import ConsentTemplate
from app.clinical.actions import consents as actions
from app.clinical.models import Consent
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.queries import matching_condition
from app.security.rules import Locale
from app.web import fields, saving, who
from app.web.access import writes
from app.web.forms import ClinicForm
from app.web.text import lazy, say
from app.web.views import ClinicPage, ClinicView


class ConsentView(ClinicView):
    """What patients agreed to. A consent is never edited: it is withdrawn, and given anew."""

    datamodel = SQLAInterface(Consent)
    page, route_base = "/patients", "/consents"
    title_one, title_many = T("Consent"), T("Consents")
    list_columns = ("kind", "patient", "signed_at", "signed_by", "way", "withdrawn_at")
    show_columns = (
        "kind", "patient", "signed_at", "signed_by", "way", "witness", "recorder", "text", "locale", "template",
        "treatment", "withdrawn_at", "withdraw_reason",
    )  # fmt: skip
    add_columns = ("patient_id", "consent_template_id", "locale", "signed_by", "way", "witness", "treatment_id")
    search_columns = ("patient_id", "kind", "way", "signed_at", "withdrawn_at", "consent_template_id", "treatment_id")
    order_columns = ("signed_at", "kind", "withdrawn_at")
    default_order = ("signed_at", "desc")
    chart_date = "signed_at"
    add_template, show_template = "clinical/consent_form.html", "clinical/consent.html"
    made_fields = {"locale": fields.ChoiceField(lazy(T("Language of the text")), enum_class=Locale)}
    definitions = [
        {"label": T("Consents by kind"), "group": "kind", "series": [(aggregate_count, "")]},
        {"label": T("Consents by month"), "group": "signed_at", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(Consent.patient_id, typed)

    def form_context(self, row: Any) -> dict[str, Any]:
        """The texts, to be read before anybody agrees."""
        statement = sa.select(ConsentTemplate).where(ConsentTemplate.is_active.is_(True))
        return {"texts": sqla.session.scalars(statement.order_by(ConsentTemplate.consent_template_id)).all()}

    def create(self, session: Session, values: dict[str, Any]) -> Consent:
        """With the text as it stands now, and who recorded it."""
        return actions.give_consent(session, values, by=who.me().user_id, now=datetime.now(UTC))

    def show_context(self, row: Consent) -> dict[str, Any]:
        """Whether it can be taken back."""
        return {"may_withdraw": row.withdrawn_at is None and who.may("write", self.page)}

    def after_save(self, key: Any) -> str:
        """Back to the patient, where there is one in the address."""
        patient = parse_key(request.form.get("patient_id"))
        return f"/patients/{patient}" if patient else super().after_save(key)


class WithdrawForm(ClinicForm):
    """Why, if somebody says so."""

    withdraw_reason = fields.TextField(lazy(T("Why it was withdrawn")))


class ConsentPage(ClinicPage):
    """`/consents/{id}/withdraw`."""

    page, route_base = "/patients", "/consents"

    @expose("/<int:pk>/withdraw", methods=["POST"])
    @writes
    def withdraw(self, pk: int) -> Any:
        """A patient takes it back."""
        form, by, now = WithdrawForm(), who.me().user_id, datetime.now(UTC)
        status = 422
        if form.validate():
            reason = form.withdraw_reason.data
            _, status = saving.save(form, lambda s: actions.withdraw_consent(s, pk, reason, by=by, now=now))
        if status == 404:
            abort(404)
        problems = " ".join(text for _, _, text in form.problems())
        flash(problems or say(T("The consent is withdrawn.")), "danger" if problems else "success")
        return redirect(url_for("ConsentView.show", pk=pk), 303)
