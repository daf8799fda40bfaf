"""What a doctor changes on the treatment page: work, teeth, findings, diagnoses. Plain forms, or parts by htmx."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.clinical import actions
from app.clinical.views import forms, screen
from app.clinical.views.treatment import PAGE
from app.web import saving, who
from app.web.access import writes
from app.web.forms import ClinicForm
from app.web.text import today
from app.web.views import ClinicPage
from app.workflows import treating

WORK = ("service_id", "scope", "quantity", "discount", "performed_by")


def _written(pk: int, name: str, form: ClinicForm, write: Callable[[Session], Any]) -> Any:
    """Validate, write in one unit, and answer with the part of the page."""
    status = 422
    if form.validate():
        _, status = saving.save(form, write)
    return screen.answer(pk, "work", status, **{name: form})


class WorkPage(ClinicPage):
    """The items of a visit."""

    page, route_base = PAGE, "/treatments"

    @expose("/<int:pk>/items", methods=["POST"])
    @writes
    def add(self, pk: int) -> Any:
        """Add work on the picked teeth."""
        form, teeth, writer = forms.WorkForm(), forms.picked(request.form), screen.writer()

        def write(session: Session) -> Any:
            values = forms.values_of(form, *WORK)
            return treating.add_item(session, pk, values, teeth, writer=writer, after=form.newest)

        return _written(pk, "work", form, write)

    @expose("/<int:pk>/items/<int:item>", methods=["POST"])
    @writes
    def change(self, pk: int, item: int) -> Any:
        """Change an item and its teeth."""
        form, teeth, writer = forms.WorkForm(), forms.picked(request.form), screen.writer()
        now, token = datetime.now(UTC), form.lock_token.data or ""

        def write(session: Session) -> Any:
            values = forms.values_of(form, *WORK[1:])
            return treating.change_item(session, pk, item, values, teeth, writer=writer, now=now, known=token)

        return _written(pk, "work", form, write)

    @expose("/<int:pk>/items/<int:item>/remove", methods=["POST"])
    @writes
    def remove(self, pk: int, item: int) -> Any:
        """Take work off the visit."""
        return _written(pk, "problem", ClinicForm(), lambda session: treating.remove_item(session, pk, item))

    @expose("/<int:pk>/items/<int:item>/outcome", methods=["POST"])
    @writes
    def outcome(self, pk: int, item: int) -> Any:
        """How it turned out later."""
        form, now, zone = forms.OutcomeForm(), today(), who.clinic().zone

        def write(session: Session) -> None:
            treatment = actions.locked_treatment(session, pk)
            row = actions.locked_item(session, treatment, item)
            worked_on = treatment.treatment_date.astimezone(zone).date()
            actions.set_outcome(session, row, form.outcome.data, form.outcome_on.data, worked_on=worked_on, today=now)

        return _written(pk, "problem", form, write)


class MarksPage(ClinicPage):
    """Findings on the chart, and diagnoses."""

    page, route_base = PAGE, "/treatments"

    @expose("/<int:pk>/findings", methods=["POST"])
    @writes
    def mark(self, pk: int) -> Any:
        """Mark what the picked teeth have."""
        form, teeth = forms.FindingForm(), forms.picked(request.form)
        now, on, by = datetime.now(UTC), today(), who.me().employee_id

        def write(session: Session) -> Any:
            values = {**forms.values_of(form, "condition", "layer"), "noted_by": by}
            return treating.mark_teeth(session, pk, teeth, values, now=now, today=on)

        return _written(pk, "finding", form, write)

    @expose("/<int:pk>/findings/<int:finding>/end", methods=["POST"])
    @writes
    def end(self, pk: int, finding: int) -> Any:
        """A finding no longer holds."""
        now, on = datetime.now(UTC), today()
        return _written(
            pk, "problem", ClinicForm(), lambda session: treating.end_finding(session, pk, finding, now=now, today=on)
        )

    @expose("/<int:pk>/diagnoses", methods=["POST"])
    @writes
    def diagnose(self, pk: int) -> Any:
        """A diagnosis on the picked teeth, or on none."""
        form, teeth = forms.DiagnosisForm(), forms.picked(request.form)

        def write(session: Session) -> Any:
            treatment = actions.locked_treatment(session, pk)
            return actions.add_diagnosis(session, treatment, form.diagnosis_code_id.data, teeth)

        return _written(pk, "diagnosis", form, write)

    @expose("/<int:pk>/diagnoses/<int:diagnosis>/remove", methods=["POST"])
    @writes
    def undiagnose(self, pk: int, diagnosis: int) -> Any:
        """Take a diagnosis off the visit."""

        def write(session: Session) -> None:
            actions.remove_diagnosis(session, actions.locked_treatment(session, pk), diagnosis)

        return _written(pk, "problem", ClinicForm(), write)
