"""`/medical-records`: all that is known of a patient's treatment, by date. One patient at a time."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.clinical import queries
from app.clinical.models import (
    MedicalFile,
    MedicalRecord,
    Prescription,
    SoapNote,
    ToothFinding,
    Treatment,
)
from app.clinical.rules import Condition, FileCategory, PrescriptionStatus, RecordKind, VisitType
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.models import Patient
from app.people.queries import is_of
from app.web import cells, who
from app.web.access import reads
from app.web.listing import like
from app.web.text import day, say
from app.web.views import ClinicView

PAGE = "/medical-records"
# whose record a line opens; a diagnosis stands on its visit's page
OPENS: dict[RecordKind, type[Any]] = {
    RecordKind.TREATMENT: Treatment,
    RecordKind.NOTE: SoapNote,
    RecordKind.FINDING: ToothFinding,
    RecordKind.PRESCRIPTION: Prescription,
    RecordKind.FILE: MedicalFile,
}


class MedicalRecordView(ClinicView):
    """The record of one patient; without one it asks whose."""

    datamodel = SQLAInterface(MedicalRecord)
    page, route_base = PAGE, PAGE
    title_one, title_many = T("Line of the medical record"), T("Medical records")
    list_columns = ("at", "kind", "tooth", "what", "employee")
    search_columns = ("patient_id", "kind", "tooth_id", "employee_id", "at")
    order_columns = ("at", "kind")
    default_order = ("at", "desc")
    chart_date = "at"
    list_template, rows_template = "clinical/record.html", "clinical/_record_rows.html"
    definitions = [{"label": T("Lines of medical records by kind"), "group": "kind", "series": [(aggregate_count, "")]}]

    def base_where(self) -> list[ColumnElement[bool]]:
        """The patient's own lines: the condition reaches each part of the view, and nobody's are read without it."""
        if not request or request.endpoint == f"{self.endpoint}.chart":
            return []
        return [is_of(sqla.session(), MedicalRecord.patient_id, chosen_patient() or 0)]

    @expose("/")
    @expose("/list/")
    @reads
    def list(self) -> Any:
        """The record of the patient in the address; each look is kept."""
        key = chosen_patient()
        if key is not None and sqla.session.get(Patient, key) is not None:
            who.hooks().record("view", "medical_record", key, patient=key)
        return super().list()

    def list_context(self, found: Any) -> dict[str, Any]:
        """Whose it is."""
        key = chosen_patient()
        return {"patient": sqla.session.get(Patient, key) if key else None}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """In what somebody wrote."""
        return like(MedicalRecord.detail, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What each line says, in the reader's words, and where it opens."""
        names = queries.diagnosis_names(session, _codes(rows, RecordKind.DIAGNOSIS))
        medicines = queries.items_of_prescriptions(session, _keys(rows, RecordKind.PRESCRIPTION))
        items = queries.items_of(session, _keys(rows, RecordKind.TREATMENT))
        found = {}
        for row in rows:
            told = {
                RecordKind.DIAGNOSIS: say(names.get(row.code, row.code)),
                RecordKind.PRESCRIPTION: ", ".join(one.medicine.title for one in medicines.get(row.row_key, [])),
                RecordKind.TREATMENT: "; ".join(say(one.title) for one in items.get(row.row_key, [])),
            }.get(row.kind, "")
            found[row.row_id] = {"what": _sentence(row, told), "url": _url(row), "at": day(row.at)}
        return found


def chosen_patient() -> int | None:
    """The patient in the address."""
    return parse_key(request.args.get("patient_id"))


def _codes(rows: Sequence[Any], kind: RecordKind) -> list[str]:
    return [row.code for row in rows if row.kind is kind]


def _keys(rows: Sequence[Any], kind: RecordKind) -> list[int]:
    return [row.row_key for row in rows if row.kind is kind]


def _sentence(row: MedicalRecord, told: str) -> str:
    """What a line says: its word, what belongs to it, and what somebody wrote."""
    words: dict[RecordKind, Any] = {
        RecordKind.TREATMENT: VisitType,
        RecordKind.FINDING: Condition,
        RecordKind.PRESCRIPTION: PrescriptionStatus,
        RecordKind.FILE: FileCategory,
    }
    word = ""
    if row.kind in words:
        word = say(next((one for one in words[row.kind] if one.value == row.code), row.code))
    elif row.kind is RecordKind.NOTE:
        word = say(T("Signed") if row.code == "signed" else T("Not signed yet"))
    return " · ".join(part for part in (word, told, row.detail or "") if part)


def _url(row: MedicalRecord) -> str | None:
    model = OPENS.get(row.kind)
    target = model if model is not None else Treatment
    key = row.row_key if model is not None else row.treatment_id
    return cells.record_url_of(target, key) if key else None
