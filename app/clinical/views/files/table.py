"""The table of medical files: list with small pictures, record, form. None is ever removed."""

from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue.queries import names_of_users
from app.clinical import actions, queries
from app.clinical.models import MedicalFile
from app.clinical.rules import FileCategory, Known, dicom_day, doubts
from app.clinical.views.files.looking import PAGE
from app.files.rules import said_size
from app.kernel.text import T, Text
from app.people.models import Patient
from app.people.queries import matching_condition
from app.web.text import day, say, today
from app.web.views import ClinicView

# what is shown of the header of a DICOM file, in this order
HEADER: dict[str, Text] = {
    "PatientName": T("Patient's name in the machine"),
    "PatientID": T("Patient's number in the machine"),
    "PatientBirthDate": T("Patient's birthday in the machine"),
    "StudyDate": T("Taken on"),
    "Modality": T("Kind of picture (DICOM)"),
    "Manufacturer": T("Maker of the machine"),
    "ManufacturerModelName": T("Model of the machine"),
    "StudyDescription": T("Description of the study"),
    "SeriesDescription": T("Description of the series"),
    "InstitutionName": T("Where it was taken"),
    "NumberOfFrames": T("Pictures in the file"),
}
DAYS = ("PatientBirthDate", "StudyDate")


class MedicalFileView(ClinicView):
    """X-rays, photos and papers of patients."""

    datamodel = SQLAInterface(MedicalFile)
    page, route_base = PAGE, "/medical-files"
    title_one, title_many = T("Medical file"), T("Medical files")
    list_columns = ("name", "picture", "patient", "category", "taken_on", "tooth", "file", "size")
    show_columns = (
        "name", "patient", "category", "taken_on", "tooth", "file", "size", "media_type", "treatment", "note",
        "uploader", "sha256", "created_at", "updated_at",
    )  # fmt: skip
    edit_columns = ("name", "category", "taken_on", "tooth_id", "note")
    search_columns = ("patient_id", "treatment_id", "category", "tooth_id", "taken_on", "invalid_at")
    order_columns = ("taken_on", "category", "name")
    default_order = ("taken_on", "desc")
    chart_date = "taken_on"
    list_template, show_template = "clinical/files.html", "clinical/file.html"
    column_labels = {"media_type": T("Type by its content"), "sha256": T("Checksum"), "uploader": T("Uploaded by")}
    definitions = [
        {"label": T("Files by month"), "group": "taken_on", "series": [(aggregate_count, "")]},
        {"label": T("Files by category"), "group": "category", "series": [(aggregate_count, "")]},
        {"label": T("Files by tooth"), "group": "tooth_id", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(MedicalFile.patient_id, typed)

    def list_context(self, found: Any) -> dict[str, Any]:
        """The kinds, each a filter."""
        return {"kinds": list(FileCategory), "kind": request.args.get("category", "")}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The file's own facts."""
        stored = queries.stored_files(session, [row.stored_file_id for row in rows])
        users = {row.invalid_by for row in rows} | {one.uploaded_by for one in stored.values()}
        names = names_of_users(session, users - {None})
        return {row.row_id: _facts(stored[row.stored_file_id], names, row) for row in rows}

    def show_context(self, row: MedicalFile) -> dict[str, Any]:
        """What the machine wrote, and what of it speaks against this patient."""
        header = row.dicom or {}
        return {"header": header_facts(header), "doubts": doubts(header, known(row.patient))}

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> MedicalFile:
        """Another kind, name, day, tooth or note."""
        return actions.change_file(session, row, values, today=today())


def _facts(stored: Any, names: dict[int, str], row: MedicalFile) -> dict[str, Any]:
    return {
        "picture": small_picture(row),
        "file": stored.original_name,
        "size": said_size(stored.bytes),
        "media_type": stored.media_type,
        "sha256": stored.sha256,
        "uploader": names.get(stored.uploaded_by),
        "invalid_by": names.get(row.invalid_by or 0),
    }


def small_picture(row: MedicalFile) -> Markup:
    """The small picture of a list, fetched when one comes to it; it leads to the viewer."""
    mark = Markup("") if row.is_valid else Markup('<span class="tag tag-danger">{}</span>').format(say(T("Mistake")))
    if row.preview_id is None:
        return mark
    view, thumb = url_for("ViewerPage.view", pk=row.row_id), url_for("FilePage.thumb", pk=row.row_id)
    picture = Markup('<img src="{}" alt="{}" loading="lazy" width="64" height="48">').format(thumb, say(T("View")))
    return Markup('<a class="thumb" href="{}">{}</a> {}').format(view, picture, mark)


def header_facts(header: dict[str, Any]) -> list[tuple[Text, Any]]:
    """(what, value) of a DICOM header, days as days are written."""
    facts = [
        (text, day(dicom_day(header[name])) or header[name] if name in DAYS else header[name])
        for name, text in HEADER.items()
        if name in header
    ]
    if "Rows" in header and "Columns" in header:
        facts.append((T("Size of the picture"), f"{header['Columns']} × {header['Rows']}"))
    return facts


def known(patient: Patient) -> Known:
    """What the clinic knows of a patient that an X-ray machine may know too."""
    numbers = (patient.register_number, patient.card_number, patient.passport_number)
    return Known(patient.first_name, patient.last_name, patient.birthday, numbers)
