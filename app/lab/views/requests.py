"""`/lab-requests`: what labs are asked for, how far it is, and the labs themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, aggregate_sum, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.clinical.models import Treatment
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.lab import actions, queries, rules
from app.lab.models import Lab, LabRequest
from app.lab.rules import LabRequestStatus
from app.lab.views import paper
from app.lab.views.lookups import DOCTORS
from app.people.queries import matching_condition
from app.web import saving, who
from app.web.access import reads, writes
from app.web.cells import with_word
from app.web.forms import ClinicForm
from app.web.pdf import pdf_answer
from app.web.text import day, say, today
from app.web.views import ClinicPage, ClinicView

PAGE = "/lab-requests"
SHORT = 120  # characters of a description in a list
PARTS = (
    ("open", T("Still open")),
    ("at_lab", T("At the lab")),
    ("overdue", T("Overdue")),
    ("back", T("Back, not fitted yet")),
)


def _part(key: str) -> list[ColumnElement[bool]]:
    """The condition of a part of the list."""
    conditions: dict[str, ColumnElement[bool]] = {
        "open": queries.is_open(),
        "at_lab": LabRequest.status.in_(rules.AT_LAB),
        "overdue": queries.overdue(today()),
        "back": queries.waits_for_fitting(),
    }
    return [conditions[key]] if key in conditions else []


def due_cell(row: LabRequest) -> Any:
    """The day it is due; overdue in colour and word."""
    if not rules.is_overdue(row.status, row.due_on, today()):
        return day(row.due_on)
    return with_word(day(row.due_on), T("Overdue"), "tag-danger")


def shortened(text: str, most: int | None) -> str:
    """The beginning of a text, for a list."""
    return text if most is None or len(text) <= most else f"{text[:most]}…"


class LabRequestView(ClinicView):
    """All requests, with what is overdue."""

    datamodel = SQLAInterface(LabRequest)
    page, route_base = PAGE, PAGE
    title_one, title_many = T("Lab request"), T("Lab requests")
    list_columns = ("number", "patient", "description", "teeth", "lab", "doctor", "due_on", "status", "cost")
    show_columns = (
        "patient", "doctor", "lab", "kind", "description", "teeth", "shade", "material", "status", "sent_at",
        "due_on", "received_at", "cost", "treatment", "created_at", "updated_at",
    )  # fmt: skip
    edit_columns = (
        "doctor_id", "kind", "lab_id", "description", "teeth", "shade", "material", "due_on", "cost",
    )  # fmt: skip
    add_columns = ("patient_id", "treatment_id", *edit_columns)
    search_columns = ("status", "kind", "lab_id", "doctor_id", "patient_id", "due_on", "sent_at", "created_at")
    order_columns = ("due_on", "status", "cost")
    lookups = {"doctor_id": DOCTORS}
    extra_types = {"number": None, "due_on": None, "description": None}
    list_template, show_template = "lab/requests.html", "lab/request.html"
    add_template = edit_template = "lab/request_form.html"
    definitions = [
        {"label": T("Lab requests by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Lab requests by lab"), "group": "lab_id", "series": [(aggregate_count, "")]},
        {"label": T("Lab requests by state"), "group": "status", "series": [(aggregate_count, "")]},
        {"label": T("What labs cost, by lab"), "group": "lab_id", "series": [(aggregate_sum, "cost")]},
        {"label": T("What labs cost, by month"), "group": "created_at", "series": [(aggregate_sum, "cost")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?only=overdue`) a part."""
        return _part(request.args.get("only", "")) if request else []

    def list_context(self, found: Any) -> dict[str, Any]:
        """The parts with their counts."""
        counts = queries.open_counts(sqla.session(), today())
        return {"parts": [(key, text, counts[key]) for key, text in PARTS], "only": request.args.get("only", "")}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By number (`#12`) or patient."""
        key = parse_key(typed.removeprefix("#")) if typed.startswith("#") else None
        return LabRequest.lab_request_id == key if key else matching_condition(LabRequest.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Number, when it is due, and on a list the beginning of what is asked."""
        most = SHORT if request.endpoint == f"{self.endpoint}.list" else None
        return {
            row.row_id: {
                "number": f"#{row.row_id}",
                "due_on": due_cell(row),
                "description": shortened(row.description, most),
            }
            for row in rows
        }

    def show_context(self, row: LabRequest) -> dict[str, Any]:
        """Where it can go, and what came back."""
        may_see = who.may("read", "/lab-results")
        results = queries.results_of(sqla.session(), [row.row_id]).get(row.row_id, []) if may_see else []
        return {"moves": rules.moves_of(row.kind, row.status), "results": results, "may_see_results": may_see}

    def preset(self) -> dict[str, Any]:
        """From the visit in the address: its patient and doctor; else by oneself."""
        found = super().preset()
        visit = sqla.session.get(Treatment, found.get("treatment_id") or 0)
        own = {"doctor_id": who.me().employee_id} if "Doctor" in who.me().roles else {}
        return {**own, **({"patient_id": visit.patient_id, "doctor_id": visit.doctor_id} if visit else {}), **found}

    def create(self, session: Session, values: dict[str, Any]) -> LabRequest:
        """A draft."""
        return actions.add_request(session, values)

    def change(self, session: Session, row: LabRequest, values: dict[str, Any]) -> LabRequest:
        """As far as the lab doesn't work by it."""
        return actions.change_request(session, row, values)


class LabRequestPage(ClinicPage):
    """A request on its way, and on paper."""

    page, route_base = PAGE, PAGE

    @expose("/<int:pk>/move", methods=["POST"])
    @writes
    def move(self, pk: int) -> Any:
        """To the lab, back from it, fitted, rejected, cancelled."""
        to = {status.word: status for status in LabRequestStatus}.get(request.form.get("to", "")) or abort(422)
        now, on = datetime.now(UTC), today()

        def write(session: Session) -> None:
            actions.move_request(session, actions.locked_request(session, pk), to, now=now, today=on)

        form = ClinicForm()
        _, status = saving.save(form, write)
        if status == 404:
            abort(404)
        problems = " ".join(text for _, _, text in form.problems())
        flash(problems or f"{say(T('Lab request'))} #{pk}: {say(to)}", "danger" if problems else "success")
        return redirect(url_for("LabRequestView.show", pk=pk), 303)

    @expose("/<int:pk>.pdf")
    @reads
    def pdf(self, pk: int) -> Any:
        """The slip that goes to the lab, in both languages."""
        row = sqla.session.get(LabRequest, pk) or abort(404)
        return pdf_answer(paper.slip(row), f"lab-request-{pk}")


class LabView(ClinicView):
    """The labs the clinic works with. Never deleted, only switched off."""

    datamodel = SQLAInterface(Lab)
    page, route_base = PAGE, "/labs"
    title_one, title_many = T("Laboratory"), T("Laboratories")
    list_columns = ("name", "phones", "email", "working_days", "is_active")
    show_columns = (*list_columns, "turnaround_note", "created_at", "updated_at")
    add_columns = edit_columns = ("name", "phones", "email", "working_days", "turnaround_note", "is_active")
    search_columns = ("name", "is_active", "working_days")
    order_columns = ("name", "working_days")
    default_order = ("name", "asc")
    definitions = [
        {"label": T("Labs by working days"), "group": "working_days", "series": [(aggregate_count, "")]},
        {"label": T("Labs in use"), "group": "is_active", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""
