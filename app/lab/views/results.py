"""`/lab-results`: what came back, and what a doctor made of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.queries import names_of_users
from app.db import sqla
from app.kernel.text import T
from app.lab import actions, queries
from app.lab.models import LabRequest, LabResult
from app.people.queries import matching_condition
from app.web import cells, fields, saving, who
from app.web.access import needs_right
from app.web.forms import ClinicForm
from app.web.listing import like
from app.web.text import lazy, say, today
from app.web.views import ClinicView
from app.workflows import lab as workflow

PAGE = "/lab-results"
PARTS = (("waiting", T("Not reviewed yet")), ("alarming", T("Critical, not reviewed")))


class ReviewForm(ClinicForm):
    """What a doctor says to a result."""

    action = fields.LongTextField(lazy(T("What was done about it")))
    follow_up = fields.LongTextField(lazy(T("What follows")))


class LabResultView(ClinicView):
    """The results, those that wait for a doctor first of all."""

    datamodel = SQLAInterface(LabResult)
    page, route_base = PAGE, PAGE
    title_one, title_many = T("Lab result"), T("Lab results")
    list_columns = ("test_name", "patient", "value", "reference_range", "flag", "doctor", "reported_at", "reviewed_at")
    show_columns = (
        "test_name", "value", "reference_range", "flag", "reported_at", "patient", "doctor", "request", "reviewed_by",
        "reviewed_at", "action", "follow_up", "created_at", "updated_at",
    )  # fmt: skip
    edit_columns = ("test_name", "value", "unit", "reference_range", "flag", "reported_at")
    add_columns = ("lab_request_id", *edit_columns)
    search_columns = ("flag", "lab_request_id", "reported_at", "reviewed_at")
    order_columns = ("reported_at", "reviewed_at", "flag", "test_name")
    default_order = ("reported_at", "desc")
    twins = ("lab_request_id", "reported_at", "value", "test_name")
    chart_date = "reported_at"
    list_template, show_template = "lab/results.html", "lab/result.html"
    definitions = [
        {"label": T("Results by month"), "group": "reported_at", "series": [(aggregate_count, "")]},
        {"label": T("Results by what they mean"), "group": "flag", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?only=waiting`) those that nobody has reviewed."""
        only = request.args.get("only", "") if request else ""
        return {"waiting": [LabResult.reviewed_at.is_(None)], "alarming": [queries.unreviewed_alarms()]}.get(only, [])

    def list_context(self, found: Any) -> dict[str, Any]:
        """The parts of the list."""
        return {"parts": [(key, text, None) for key, text in PARTS], "only": request.args.get("only", "")}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient or by test."""
        own = sa.select(LabRequest.lab_request_id).where(matching_condition(LabRequest.patient_id, typed))
        return sa.or_(LabResult.lab_request_id.in_(own), like(LabResult.test_name, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Patient, doctor, the value with its unit, and who reviewed it."""
        asked = queries.requests_by_id(session, (row.lab_request_id for row in rows))
        names = names_of_users(session, {row.reviewed_by for row in rows if row.reviewed_by})
        return {
            row.row_id: {
                "patient": cells.reference(asked[row.lab_request_id].patient),
                "doctor": cells.reference(asked[row.lab_request_id].doctor),
                "value": f"{row.value} {row.unit or ''}".strip(),
                "reviewed_by": names.get(row.reviewed_by),
            }
            for row in rows
        }

    def record_look(self, row: LabResult) -> None:
        """It is the patient's record."""
        who.hooks().record("view", "lab_result", row.row_id, patient=row.request.patient_id)

    def is_open(self, row: LabResult) -> bool:
        """Until a doctor has reviewed it."""
        return row.reviewed_at is None

    def show_context(self, row: LabResult) -> dict[str, Any]:
        """The form of a review."""
        may_review = row.reviewed_at is None and who.has_right("sign_note")
        return {"review_form": ReviewForm(formdata=None), "may_review": may_review}

    def preset(self) -> dict[str, Any]:
        """Reported now, to the minute."""
        return {"reported_at": datetime.now(UTC).replace(second=0, microsecond=0), **super().preset()}

    def create(self, session: Session, values: dict[str, Any]) -> LabResult:
        """With its alarm where it is critical."""
        self._refuse_twin(session, values)
        return workflow.record_result(session, values, now=datetime.now(UTC), today=today())

    def change(self, session: Session, row: LabResult, values: dict[str, Any]) -> LabResult:
        """Until a doctor has reviewed it."""
        return workflow.correct_result(session, row, values, now=datetime.now(UTC))

    @expose("/<int:pk>/review", methods=["POST"])
    @needs_right("sign_note")
    def review(self, pk: int) -> Any:
        """A doctor has looked at it."""
        form, by, now, status = ReviewForm(), who.me().user_id, datetime.now(UTC), 422
        row = self.find(pk, self.show_columns)
        if form.validate():
            _, status = saving.save(form, lambda s: _reviewed(s, pk, form.values(), by, now))
        if status != 200:
            title = f"{say(self.title_one)}: {cells.name_of(row)}"
            context = {**self.show_context(row), "review_form": form, "extras": self.extras(sqla.session(), [row])}
            return self.render_template(self.show_template, view=self, row=row, title=title, **context), status
        flash(say(T("Reviewed.")), "success")
        return redirect(url_for("LabResultView.show", pk=pk), 303)


def _reviewed(session: Session, pk: int, values: dict[str, Any], by: int | None, now: datetime) -> None:
    actions.review_result(session, actions.locked_result(session, pk), values, by=by or 0, now=now)
