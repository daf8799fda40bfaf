"""The lists of visits and of prescriptions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import request, url_for
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.clinical import actions, queries
from app.clinical.models import Prescription, Treatment
from app.clinical.views.chart import item_teeth
from app.clinical.views.lookups import ASSISTANTS, DOCTORS
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.queries import matching_condition
from app.web import who
from app.web.listing import Listing
from app.web.lookups import by_number
from app.web.text import say
from app.web.views import ClinicView


class TreatmentView(ClinicView):
    """All visits, those of one case together; the record is the treatment page."""

    datamodel = SQLAInterface(Treatment)
    page, route_base = "/treatments", "/treatments"
    title_one, title_many = T("Treatment"), T("Treatments")
    list_columns = ("treatment_date", "patient", "done", "doctor", "visit_type", "status")
    show_columns = ("patient",)
    shows_elsewhere = True
    add_columns = ("patient_id", "doctor_id", "assistant_id", "treatment_date", "visit_type", "chief_complaint")
    search_columns = ("status", "visit_type", "doctor_id", "patient_id", "treatment_date")
    order_columns = ("treatment_date", "visit_type", "status")
    default_order = ("treatment_date", "desc")
    chart_date = "treatment_date"
    lookups = {"doctor_id": DOCTORS, "assistant_id": ASSISTANTS}
    list_template, rows_template = "clinical/treatments.html", "clinical/_treatment_rows.html"
    definitions = [
        {"label": T("Visits by month"), "group": "treatment_date", "series": [(aggregate_count, "")]},
        {"label": T("Visits by doctor"), "group": "doctor_id", "series": [(aggregate_count, "")]},
        {"label": T("Visits by kind"), "group": "visit_type", "series": [(aggregate_count, "")]},
        {"label": T("Visits by how far they are"), "group": "status", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All visits, or (`?case=7`) those of one case, its first one included."""
        case = parse_key(request.args.get("case")) if request else None
        return [] if case is None else [sa.or_(Treatment.treatment_id == case, Treatment.case_id == case)]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(Treatment.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What was done, and how many visits the case has."""
        items = queries.items_of(session, [row.treatment_id for row in rows])
        teeth = queries.teeth_of_items(session, [item.row_id for found in items.values() for item in found])
        sizes = queries.case_sizes(session, [row.case_id or row.treatment_id for row in rows])
        return {
            row.treatment_id: {
                "done": _done_text(items.get(row.treatment_id, []), teeth),
                "case_size": sizes[row.case_id or row.treatment_id],
            }
            for row in rows
        }

    def cases(self, listing: Listing, rows: Sequence[Treatment]) -> list[tuple[int, list[Treatment]]]:
        """(first visit, visits of that case on this page), the newest case first; one by one in another order."""
        if listing.sort != "treatment_date":
            return [(row.case_id or row.treatment_id, [row]) for row in rows]
        found: dict[int, list[Treatment]] = {}
        for row in rows:
            found.setdefault(row.case_id or row.treatment_id, []).append(row)
        return list(found.items())

    def preset(self) -> dict[str, Any]:
        """A visit of now, by oneself."""
        own = {"doctor_id": who.me().employee_id} if "Doctor" in who.me().roles else {}
        return {"treatment_date": datetime.now(UTC), **own, **super().preset()}

    def create(self, session: Session, values: dict[str, Any]) -> Treatment:
        """A visit without an appointment."""
        return actions.add_treatment(session, values, now=datetime.now(UTC))

    def after_save(self, key: Any) -> str:
        """To the treatment page."""
        return url_for("TreatmentPage.show", pk=key)


def _done_text(items: Sequence[Any], teeth: dict[int, list[Any]]) -> str:
    parts = [
        f"{say(item.title)} {item_teeth(item, teeth.get(item.treatment_item_id, []))}".strip() for item in items[:4]
    ]
    return "; ".join(parts) + ("; …" if len(items) > 4 else "")


class PrescriptionView(ClinicView):
    """All prescriptions; they are written on the treatment page."""

    datamodel = SQLAInterface(Prescription)
    page, route_base = "/prescriptions", "/prescriptions"
    title_one, title_many = T("Prescription"), T("Prescriptions")
    list_columns = ("title", "patient", "medicines", "doctor", "issued_at", "status")
    show_columns = ("title",)
    shows_elsewhere = True
    search_columns = ("status", "doctor_id", "patient_id", "issued_at")
    order_columns = ("issued_at", "status")
    chart_date = "issued_at"
    lookups = {"doctor_id": DOCTORS}
    list_template = "clinical/prescriptions.html"
    definitions = [
        {"label": T("Prescriptions by month"), "group": "issued_at", "series": [(aggregate_count, "")]},
        {"label": T("Prescriptions by doctor"), "group": "doctor_id", "series": [(aggregate_count, "")]},
        {"label": T("Prescriptions by status"), "group": "status", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By number or patient."""
        return sa.or_(by_number(Prescription.number, typed), matching_condition(Prescription.patient_id, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The medicines."""
        items = queries.items_of_prescriptions(session, [row.prescription_id for row in rows])
        return {
            row.prescription_id: {"medicines": ", ".join(item.title for item in items.get(row.prescription_id, []))}
            for row in rows
        }
