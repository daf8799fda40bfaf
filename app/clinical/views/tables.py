"""The generated screens of what a visit holds: all of it is changed on the treatment page."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.clinical import queries
from app.clinical.models import (
    Prescription,
    PrescriptionItem,
    ToothFinding,
    Treatment,
    TreatmentDiagnosis,
    TreatmentItem,
    TreatmentItemTooth,
)
from app.clinical.numbering import shown_tooth
from app.clinical.rules import Layer
from app.clinical.views.chart import item_teeth
from app.kernel.text import TC, T
from app.people.queries import matching_condition
from app.web.cells import reference, with_word
from app.web.text import day, say
from app.web.views import ClinicView


def _treatments(session: Session, keys: Iterable[int]) -> dict[int, Treatment]:
    statement = sa.select(Treatment).where(Treatment.treatment_id.in_(set(keys))).options(joinedload(Treatment.patient))
    return {row.treatment_id: row for row in session.scalars(statement)}


def _of_patient(column: Any, typed: str) -> ColumnElement[bool]:
    """`column` is a treatment of a patient whom `typed` finds."""
    own = sa.select(Treatment.treatment_id).where(matching_condition(Treatment.patient_id, typed))
    return column.in_(own)


class TreatmentItemView(ClinicView):
    """The work of all visits."""

    datamodel = SQLAInterface(TreatmentItem)
    page, route_base = "/treatments", "/treatment-items"
    title_one, title_many = T("Work of a visit"), T("Work done")
    list_columns = (
        "service", "teeth", "patient", "visit_date", "performer", "quantity", "unit_price", "discount", "outcome",
    )  # fmt: skip
    show_columns = (*list_columns, "scope", "outcome_on", "created_at", "updated_at")
    search_columns = ("service_id", "performed_by", "scope", "outcome", "created_at")
    order_columns = ("quantity", "unit_price", "discount")
    definitions = [
        {"label": T("Work by service"), "group": "service_id", "series": [(aggregate_count, "")]},
        {"label": T("Work by month"), "group": "created_at", "series": [(aggregate_count, "")]},
        {"label": T("Work by who did it"), "group": "performed_by", "series": [(aggregate_count, "")]},
        {"label": T("Outcomes of work"), "group": "outcome", "series": [(aggregate_count, "")]},
        {"label": T("Discounts by service"), "group": "service_id", "series": [(aggregate_sum, "discount")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return _of_patient(TreatmentItem.treatment_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Teeth, patient and day."""
        treatments = _treatments(session, (row.treatment_id for row in rows))
        teeth = queries.teeth_of_items(session, [row.treatment_item_id for row in rows])
        return {
            row.treatment_item_id: {
                "teeth": item_teeth(row, teeth.get(row.treatment_item_id, [])),
                "patient": reference(treatments[row.treatment_id]),
                "visit_date": day(treatments[row.treatment_id].treatment_date),
            }
            for row in rows
        }


class TreatmentItemToothView(ClinicView):
    """The teeth that were worked on."""

    datamodel = SQLAInterface(TreatmentItemTooth)
    page, route_base = "/treatments", "/treatment-item-teeth"
    title_one, title_many = T("Treated tooth"), T("Treated teeth")
    list_columns = ("tooth", "surfaces", "service", "patient", "created_at")
    show_columns = (*list_columns, "note")
    search_columns = ("tooth_id", "surfaces", "created_at")
    order_columns = ("surfaces", "created_at")
    definitions = [
        {"label": T("Work by tooth"), "group": "tooth_id", "series": [(aggregate_count, "")]},
        {"label": T("Work by surfaces"), "group": "surfaces", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        own = sa.select(TreatmentItem.treatment_item_id).where(_of_patient(TreatmentItem.treatment_id, typed))
        return TreatmentItemTooth.treatment_item_id.in_(own)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Service and patient."""
        to_patient = joinedload(TreatmentItem.treatment).joinedload(Treatment.patient)
        statement = sa.select(TreatmentItem).options(joinedload(TreatmentItem.service), to_patient)
        keys = {row.treatment_item_id for row in rows}
        items = {
            item.treatment_item_id: item
            for item in session.scalars(statement.where(TreatmentItem.treatment_item_id.in_(keys)))
        }
        return {
            row.treatment_item_tooth_id: {
                "service": reference(items[row.treatment_item_id].service),
                "patient": reference(items[row.treatment_item_id].treatment),
            }
            for row in rows
        }


class TreatmentDiagnosisView(ClinicView):
    """The diagnoses of all visits."""

    datamodel = SQLAInterface(TreatmentDiagnosis)
    page, route_base = "/treatments", "/treatment-diagnoses"
    title_one, title_many = T("Diagnosis of a visit"), T("Diagnoses of visits")
    list_columns = ("diagnosis_code", "tooth", "patient", "created_at")
    show_columns = (*list_columns, "note")
    search_columns = ("diagnosis_code_id", "tooth_id", "created_at")
    order_columns = ("created_at",)
    definitions = [
        {"label": T("Diagnoses by code"), "group": "diagnosis_code_id", "series": [(aggregate_count, "")]},
        {"label": T("Diagnoses by tooth"), "group": "tooth_id", "series": [(aggregate_count, "")]},
        {"label": T("Diagnoses by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return _of_patient(TreatmentDiagnosis.treatment_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The patient."""
        found = _treatments(session, (row.treatment_id for row in rows))
        return {row.treatment_diagnosis_id: {"patient": reference(found[row.treatment_id])} for row in rows}


def _findings(key: str) -> list[ColumnElement[bool]]:
    """The condition of a part of the findings."""
    if key == "ended":
        return [ToothFinding.ended_on.is_not(None)]
    layer = next((one for one in Layer if one.value == key), None)
    return [ToothFinding.layer == layer, ToothFinding.ended_on.is_(None)] if layer else []


class ToothFindingView(ClinicView):
    """What teeth have, of all patients; what has ended is told apart."""

    datamodel = SQLAInterface(ToothFinding)
    page, route_base = "/treatments", "/tooth-findings"
    title_one, title_many = T("Finding on a tooth"), T("Findings on teeth")
    list_columns = ("tooth", "surfaces", "condition", "layer", "patient", "noted_by_employee", "noted_on", "ended_on")
    show_columns = (*list_columns, "created_at", "updated_at")
    search_columns = ("patient_id", "tooth_id", "condition", "layer", "noted_on", "ended_on")
    list_template = "web/parts.html"
    order_columns = ("noted_on", "ended_on", "condition", "layer")
    definitions = [
        {"label": T("Findings by condition"), "group": "condition", "series": [(aggregate_count, "")]},
        {"label": T("Findings by tooth"), "group": "tooth_id", "series": [(aggregate_count, "")]},
        {"label": T("Findings by layer"), "group": "layer", "series": [(aggregate_count, "")]},
        {"label": T("Findings by month"), "group": "noted_on", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?only=planned`) those of a layer that still hold, or those that have ended."""
        return _findings(request.args.get("only", "")) if request else []

    def list_context(self, found: Any) -> dict[str, Any]:
        """The parts of the list."""
        parts = [*((layer.value, layer.label, None) for layer in Layer), ("ended", T("No longer so"), None)]
        return {"parts": parts, "only": request.args.get("only", "")}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(ToothFinding.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The tooth in the reader's notation, and a word beside what has ended."""
        found: dict[Any, dict[str, Any]] = {
            row.row_id: {"tooth": shown_tooth(row.tooth.code), "condition": say(row.condition)} for row in rows
        }
        for row in rows:
            if row.ended_on is not None:
                found[row.row_id]["ended_on"] = with_word(day(row.ended_on), TC("state", "Ended"), "is-over")
        return found


class PrescriptionItemView(ClinicView):
    """The medicines of all prescriptions."""

    datamodel = SQLAInterface(PrescriptionItem)
    page, route_base = "/prescriptions", "/prescription-items"
    title_one, title_many = T("Prescribed medicine"), T("Prescribed medicines")
    list_columns = ("medicine", "patient", "prescription", "dosage", "frequency", "duration", "quantity")
    show_columns = (*list_columns, "route", "instructions", "override_reason", "created_at")
    search_columns = ("medicine_id", "route", "created_at")
    order_columns = ("quantity",)
    definitions = [
        {"label": T("Prescriptions by medicine"), "group": "medicine_id", "series": [(aggregate_count, "")]},
        {"label": T("Packs prescribed by medicine"), "group": "medicine_id", "series": [(aggregate_sum, "quantity")]},
        {"label": T("Prescribed medicines by month"), "group": "created_at", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        own = sa.select(Prescription.prescription_id).where(matching_condition(Prescription.patient_id, typed))
        return PrescriptionItem.prescription_id.in_(own)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The patient."""
        keys = {row.prescription_id for row in rows}
        statement = sa.select(Prescription).options(joinedload(Prescription.patient))
        found = session.scalars(statement.where(Prescription.prescription_id.in_(keys)))
        patients = {row.prescription_id: reference(row.patient) for row in found}
        return {row.prescription_item_id: {"patient": patients[row.prescription_id]} for row in rows}
