"""`/medical-history`: allergies, conditions, medications: the alerts first, and what nobody has confirmed yet."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.keys import parse_key
from app.kernel.text import TC, T, Text
from app.people import actions, queries
from app.people.models import MedicalHistoryEntry
from app.people.rules import Severity, ToldBy, has_ended, waits_for_doctor
from app.people.views.lookups import DOCTORS
from app.web import saving, who
from app.web.access import needs_right, writes
from app.web.cells import quietly, with_word
from app.web.forms import ClinicForm
from app.web.listing import like
from app.web.text import day, say, today
from app.web.views import BulkAction, ClinicPage, ClinicView

CONFIRM = T("Confirm what the patient told")
PARTS = (
    ("alerts", T("Critical")),
    ("told", T("Told by patients, not confirmed")),
    ("ended", T("No longer so")),
)


def _part(key: str) -> list[ColumnElement[bool]]:
    """The condition of a part of the list."""
    entry = MedicalHistoryEntry
    # ended today it still warns today, as on the patient's screens
    still = sa.or_(entry.until.is_(None), entry.until >= today())
    conditions: dict[str, ColumnElement[bool]] = {
        "alerts": sa.and_(entry.severity == Severity.CRITICAL, still),
        "told": sa.and_(entry.told_by == ToldBy.PATIENT, entry.confirmed_by.is_(None)),
        "ended": entry.until <= today(),
    }
    return [conditions[key]] if key in conditions else []


def _confirm(view: Any, session: Session, row: MedicalHistoryEntry) -> Any:
    return actions.confirm_entry(session, row, by=who.me().employee_id)


class MedicalHistoryEntryView(ClinicView):
    """Allergies, conditions, medications."""

    datamodel = SQLAInterface(MedicalHistoryEntry)
    page, route_base = "/patients", "/medical-history"
    title_one, title_many = T("Entry of the medical history"), T("Medical history")
    list_columns = (
        "name", "severity", "patient", "kind", "allergen", "confirmed_by_employee", "since", "until",
    )  # fmt: skip
    show_columns = (*list_columns, "told_by", "detail", "created_at", "updated_at")
    add_columns = edit_columns = (
        "patient_id", "kind", "name", "allergen", "severity", "detail", "since", "until", "told_by", "confirmed_by",
    )  # fmt: skip
    search_columns = ("patient_id", "kind", "severity", "allergen", "told_by")
    order_columns = ("name", "severity", "since", "until")
    default_order = ("alert", "desc")
    bulk = {"confirm": BulkAction(CONFIRM, _confirm, right="sign_note", level="read")}
    list_template, show_template = "web/parts.html", "people/history_entry.html"
    lookups = {"confirmed_by": DOCTORS}
    twins = ("patient_id", "kind", "since", "until", "name")
    definitions = [
        {"label": T("Entries by kind"), "group": "kind", "series": [(aggregate_count, "")]},
        {"label": T("Entries by allergen"), "group": "allergen", "series": [(aggregate_count, "")]},
        {"label": T("Entries by severity"), "group": "severity", "series": [(aggregate_count, "")]},
        {"label": T("Entries by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?only=told`) a part."""
        return _part(request.args.get("only", "")) if request else []

    def list_context(self, found: Any) -> dict[str, Any]:
        """The parts of the list."""
        return {"parts": [(key, text, None) for key, text in PARTS], "only": request.args.get("only", "")}

    def column(self, name: str) -> Any:
        """`alert`: the gravest first, what has ended last."""
        if name == "alert":
            return sa.case((MedicalHistoryEntry.until < today(), -1), else_=MedicalHistoryEntry.severity)
        return super().column(name)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What waits for a doctor, and what has ended, in a word."""
        found: dict[Any, dict[str, Any]] = {row.row_id: {"kind": say(row.kind)} for row in rows}
        for row in rows:
            if row.allergen is not None:
                found[row.row_id]["allergen"] = say(row.allergen)
            if row.confirmed_by is None:
                found[row.row_id]["confirmed_by_employee"] = quietly(ToldBy.STAFF.label)
            if waits_for_doctor(row.told_by, row.confirmed_by):
                found[row.row_id]["confirmed_by_employee"] = with_word("", T("Not confirmed"), "tag-warn")
            if has_ended(row.until, today()):
                found[row.row_id]["until"] = with_word(day(row.until), TC("state", "Ended"), "is-over")
        return found

    def show_context(self, row: MedicalHistoryEntry) -> dict[str, Any]:
        """What can be done with it."""
        waits = waits_for_doctor(row.told_by, row.confirmed_by)
        return {
            "may_confirm": waits and who.has_right("sign_note"),
            "may_end": who.may("write", self.page) and not has_ended(row.until, today()),
        }

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient, or by what it is."""
        return sa.or_(
            queries.matching_condition(MedicalHistoryEntry.patient_id, typed), like(MedicalHistoryEntry.name, typed)
        )

    def create(self, session: Session, values: dict[str, Any]) -> Any:
        """With who wrote it."""
        return super().create(session, {**values, "recorded_by": who.me().user_id})

    def after_save(self, key: Any) -> str:
        """Back to the patient, where there is one in the address."""
        patient = parse_key(request.form.get("patient_id"))
        return f"/patients/{patient}" if patient else super().after_save(key)


class HistoryEntryPage(ClinicPage):
    """An entry of the medical history is confirmed by a doctor, or no longer holds."""

    page, route_base = "/patients", "/medical-history"

    @expose("/<int:pk>/confirm", methods=["POST"])
    @needs_right("sign_note")
    def confirm(self, pk: int) -> Any:
        """What a patient told is so."""
        by = who.me().employee_id
        return _told(pk, lambda s: actions.confirm_entry(s, actions.locked_entry(s, pk), by=by), T("Confirmed."))

    @expose("/<int:pk>/end", methods=["POST"])
    @writes
    def end(self, pk: int) -> Any:
        """It no longer holds."""
        on = today()
        return _told(pk, lambda s: actions.end_entry(s, actions.locked_entry(s, pk), today=on), T("Saved."))


def _told(pk: int, write: Callable[[Session], Any], message: Text) -> Any:
    """Write, and back to the entry with what happened, or why nothing did."""
    form = ClinicForm()
    _, status = saving.save(form, write)
    if status == 404:
        abort(404)
    problems = " ".join(text for _, _, text in form.problems())
    flash(problems or say(message), "danger" if problems else "success")
    return redirect(url_for("MedicalHistoryEntryView.show", pk=pk), 303)
