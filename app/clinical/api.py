"""Visits for programs."""

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import Session

from app.clinical import actions, queries
from app.clinical.models import Treatment, TreatmentItem
from app.clinical.views import TreatmentView
from app.web.api.fields import KeyField, RowsField, TextField, fields_of
from app.web.api.rest import ClinicApi

ITEM = (
    "treatment_item_id", "service_id", "scope", "surfaces", "quantity", "unit_price", "discount", "outcome",
    "outcome_on",
)  # fmt: skip


class TreatmentApi(ClinicApi):
    """`/api/v1/treatments`: the visits with what was done; the work itself is written in the chair, on its page."""

    datamodel, resource_name = SQLAInterface(Treatment), "treatments"
    page, screens = "/treatments", TreatmentView
    show_columns = (
        "treatment_id", "treatment_date", "patient_id", "doctor_id", "assistant_id", "appointment_id",
        "next_appointment_id", "case_id", "visit_type", "chief_complaint", "status", "exam_completed_at",
        "checkout_started_at", "checkout_completed_at", "note", "items", "created_at", "updated_at",
    )  # fmt: skip
    list_columns = (
        "treatment_id", "treatment_date", "patient_id", "doctor_id", "assistant_id", "appointment_id", "case_id",
        "visit_type", "status", "updated_at",
    )  # fmt: skip
    add_columns = ("patient_id", "doctor_id", "assistant_id", "treatment_date", "visit_type", "chief_complaint")
    edit_columns = ("visit_type", "chief_complaint", "note", "assistant_id", "case_id")
    search_columns = (
        "status", "visit_type", "doctor_id", "patient_id", "appointment_id", "case_id", "treatment_date", "updated_at",
    )  # fmt: skip
    order_columns = ("treatment_id", "treatment_date", "visit_type", "status")
    base_order = ("treatment_date", "desc")
    shown_fields = {
        "items": RowsField(
            {
                **fields_of(TreatmentItem, ITEM[1:], is_new=False),
                "treatment_item_id": KeyField(None),
                "performed_by_id": KeyField(None),
                "teeth": TextField(),
            },
            name="treatment_item",
        )
    }

    def extras(self, session: Session, rows: Sequence[Any], names: Sequence[str]) -> dict[Any, dict[str, Any]]:
        """What was done, tooth by tooth."""
        if "items" not in names:
            return {}
        items = queries.items_of(session, [row.treatment_id for row in rows])
        teeth = queries.teeth_of_items(session, [item.row_id for found in items.values() for item in found])
        return {
            row.treatment_id: {
                "items": [_item(item, teeth.get(item.row_id, [])) for item in items.get(row.treatment_id, [])]
            }
            for row in rows
        }

    def change(self, session: Session, row: Treatment, values: dict[str, Any]) -> Treatment:
        """Complaint, kind of visit, note, assistant and case."""
        actions.change_visit(session, row, values)
        return row


def _item(item: TreatmentItem, teeth: Sequence[Any]) -> dict[str, Any]:
    plain = {name: getattr(item, name) for name in ITEM}
    return {**plain, "performed_by_id": item.performed_by, "teeth": ",".join(row.tooth.code for row in teeth)}


VIEWS = (TreatmentApi,)
