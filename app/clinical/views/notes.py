"""Notes of a visit, written and signed on the treatment page; snapshots as a table."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.catalogue.queries import names_of_users
from app.clinical import actions
from app.clinical.models import OdontogramSnapshot, SoapNote, Treatment
from app.clinical.numbering import shown_tooth
from app.clinical.rules import Condition, Layer
from app.clinical.views import forms, screen
from app.clinical.views.treatment import PAGE
from app.kernel.text import T
from app.people.queries import matching_condition
from app.web import cells, saving, who
from app.web.access import needs_right, writes
from app.web.forms import ClinicForm
from app.web.lookups import Lookup, add_lookup
from app.web.text import moment, say
from app.web.views import ClinicPage, ClinicView


def _of_patient(column: Any, typed: str) -> ColumnElement[bool]:
    """`column` is a treatment of a patient whom `typed` finds."""
    own = sa.select(Treatment.treatment_id).where(matching_condition(Treatment.patient_id, typed))
    return column.in_(own)


class NotePage(ClinicPage):
    """The notes on the treatment page: saved while they are written, signed once, added to afterwards."""

    page, route_base = PAGE, "/treatments"

    @expose("/<int:pk>/notes", methods=["POST"])
    @writes
    def add(self, pk: int) -> Any:
        """A new note of this visit."""
        by = who.me().user_id
        return _written(pk, lambda s, t, values: actions.add_note(s, t, values, by=by))

    @expose("/<int:pk>/notes/<int:note>", methods=["POST"])
    @writes
    def change(self, pk: int, note: int) -> Any:
        """Another wording of what isn't signed."""
        by = who.me().user_id
        return _written(pk, lambda s, t, values: actions.change_note(s, actions.locked_note(s, t, note), values, by=by))

    @expose("/<int:pk>/notes/<int:note>/addendum", methods=["POST"])
    @writes
    def addendum(self, pk: int, note: int) -> Any:
        """What is to be added to a signed note: a row of its own."""
        by = who.me().user_id
        return _written(
            pk, lambda s, t, values: actions.add_note(s, t, values, by=by, to=actions.locked_note(s, t, note))
        )

    @expose("/<int:pk>/notes/<int:note>/sign", methods=["POST"])
    @needs_right("sign_note")
    def sign(self, pk: int, note: int) -> Any:
        """Sign what one wrote."""
        by, now = who.me().user_id, datetime.now(UTC)

        def write(session: Session) -> None:
            treatment = actions.locked_treatment(session, pk)
            actions.sign_note(session, actions.locked_note(session, treatment, note), by=by, now=now)

        form = ClinicForm()
        _, status = saving.save(form, write)
        return screen.answer(pk, "notes", status, signing=form)


def _written(pk: int, write: Callable[[Session, Treatment, dict[str, Any]], Any]) -> Any:
    screen.the_treatment(pk)
    form, status = forms.NoteForm(), 422
    if form.validate():
        _, status = saving.save(form, lambda s: write(s, actions.locked_treatment(s, pk), form.values()))
    return screen.answer(pk, "notes", status, note=form)


class SoapNoteView(ClinicView):
    """The notes of all visits; they are written on the treatment page."""

    datamodel = SQLAInterface(SoapNote)
    page, route_base = "/treatments", "/soap-notes"
    title_one, title_many = T("Note of a visit"), T("Notes of visits")
    list_columns = ("number", "patient", "visit_date", "author", "assessment", "signed_at")
    show_columns = (
        "patient", "treatment", "visit_date", "author", "subjective", "objective", "assessment", "plan", "signed_at",
        "addendum_to", "created_at", "updated_at",
    )  # fmt: skip
    search_columns = ("signed_at", "created_at")
    order_columns = ("signed_at", "created_at")
    extra_types = {"author": None}
    list_template = "web/parts.html"
    definitions = [
        {"label": T("Notes by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Signed notes by month"), "group": "signed_at", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?only=unsigned`) those that wait for a signature."""
        only = request.args.get("only", "") if request else ""
        return [SoapNote.signed_at.is_(None)] if only == "unsigned" else []

    def list_context(self, found: Any) -> dict[str, Any]:
        """The parts of the list."""
        return {"parts": [("unsigned", T("Not signed yet"), None)], "only": request.args.get("only", "")}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return _of_patient(SoapNote.treatment_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Patient, day, author."""
        keys = {row.treatment_id for row in rows}
        statement = sa.select(Treatment).where(Treatment.treatment_id.in_(keys))
        visits = {row.treatment_id: row for row in session.scalars(statement.options(joinedload(Treatment.patient)))}
        names = names_of_users(session, {row.author for row in rows if row.author})
        return {
            row.row_id: {
                "number": f"#{row.row_id}",
                "patient": cells.reference(visits[row.treatment_id].patient),
                "visit_date": moment(visits[row.treatment_id].treatment_date),
                "author": names.get(row.author),
                "addendum_to": f"#{row.addendum_to}" if row.addendum_to else None,
            }
            for row in rows
        }

    def record_look(self, row: SoapNote) -> None:
        """It is the patient's record."""
        who.hooks().record("view", "soap_note", row.row_id, patient=row.treatment.patient_id)


class OdontogramSnapshotView(ClinicView):
    """The tooth charts that exams left behind; never changed."""

    datamodel = SQLAInterface(OdontogramSnapshot)
    page, route_base = "/treatments", "/odontogram-snapshots"
    title_one, title_many = T("Snapshot of a tooth chart"), T("Snapshots of tooth charts")
    list_columns = ("number", "patient", "marked", "treatment", "created_at")
    extra_types = {"marked": sa.Integer()}
    show_columns = ("patient", "treatment", "chart", "hash", "created_at")
    search_columns = ("patient_id", "treatment_id", "created_at")
    order_columns = ("created_at",)
    definitions = [{"label": T("Snapshots by month"), "group": "created_at", "series": [(aggregate_count, "")]}]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(OdontogramSnapshot.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How many teeth are marked, and with what."""
        return {
            row.row_id: {
                "number": f"#{row.row_id}",
                "marked": len(row.chart.get("teeth", {})),
                "chart": Markup("<br>").join(escape(line) for line in chart_lines(row.chart)),
            }
            for row in rows
        }


def chart_lines(chart: dict[str, Any]) -> list[str]:
    """A kept chart in the reader's words, a line for each tooth."""
    conditions, layers = ({one.value: one for one in kind} for kind in (Condition, Layer))
    lines = []
    for code, marks in chart.get("teeth", {}).items():
        said = [
            f"{say(conditions.get(mark['condition']))} {mark['surfaces']}".strip()
            + f" ({say(layers.get(mark['layer'])).lower()})"
            for mark in marks
        ]
        lines.append(f"{shown_tooth(code)}: {', '.join(said)}")
    return lines


def _notes(session: Session, typed: str, limit: int) -> Sequence[SoapNote]:
    statement = sa.select(SoapNote).order_by(SoapNote.soap_note_id.desc()).limit(limit)
    return session.scalars(statement.where(_of_patient(SoapNote.treatment_id, typed)) if typed else statement).all()


add_lookup(Lookup(SoapNote, _notes))
