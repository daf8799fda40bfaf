"""The screens of what the clinic works with: teeth, diagnoses, medicines."""

from collections.abc import Sequence
from typing import Any

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue import actions, queries
from app.catalogue.models import DiagnosisCode, Medicine, ToothDefinition
from app.catalogue.views.fields import TicksField
from app.catalogue.views.services import CatalogueView
from app.kernel.text import Names, T
from app.people.rules import Allergen
from app.web import fields, forms, who
from app.web.text import lazy, say
from app.web.views import ClinicView


class DiagnosisCodeView(CatalogueView):
    """The diagnoses of ICD-10."""

    datamodel = SQLAInterface(DiagnosisCode)
    route_base = "/diagnosis-codes"
    title_one, title_many = T("Diagnosis"), T("Diagnoses")
    list_columns = ("code", "name", "is_active")
    show_columns = ("code", "name_mn", "name_en", "is_active")
    edit_columns = ("name_mn", "name_en", "is_active")
    add_columns = ("code", *edit_columns)
    search_columns = ("code", "name_mn", "name_en", "is_active")
    order_columns = ("code",)
    default_order = ("code", "asc")
    definitions = [{"label": T("Diagnoses, in use or not"), "group": "is_active", "series": [(aggregate_count, "")]}]
    chart_date = ""

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By code or name in either language."""
        return DiagnosisCode.diagnosis_code_id.in_(queries.diagnosis_ids(session, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The name without the code."""
        return {row.diagnosis_code_id: {"name": Names(row.name_mn, row.name_en)} for row in rows}

    def create(self, session: Session, values: dict[str, Any]) -> DiagnosisCode:
        """With a clean code."""
        return actions.add_diagnosis(session, values)


class ToothDefinitionView(CatalogueView):
    """The dictionary of teeth: given, never changed."""

    datamodel = SQLAInterface(ToothDefinition)
    route_base = "/teeth"
    title_one, title_many = T("Tooth"), T("Teeth")
    list_columns = ("code", "system", "dentition", "arch", "quadrant", "index_in_quadrant", "ui_key")
    show_columns = list_columns
    search_columns = ("system", "dentition", "arch", "code", "ui_key")
    order_columns = ("code", "system", "quadrant", "index_in_quadrant", "ui_key")
    default_order = ("tooth_id", "asc")  # FDI first
    definitions = [
        {"label": T("Teeth by dentition"), "group": "dentition", "series": [(aggregate_count, "")]},
        {"label": T("Teeth by arch"), "group": "arch", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""


class MedicineView(ClinicView):
    """The medicines that doctors prescribe."""

    datamodel = SQLAInterface(Medicine)
    page, route_base = "/prescriptions", "/medicines"
    import_url = "/medicines/import"
    title_one, title_many = T("Medicine"), T("Medicines")
    list_columns = ("title", "generic_name", "form", "allergens", "dosage", "sale_price", "is_active")
    show_columns = (
        "name", "generic_name", "form", "strength", "is_active", "allergens", "dosage_mn", "dosage_en",
        "instructions_mn", "instructions_en", "sale_price", "tax_type", "inventory_item",
    )  # fmt: skip
    add_columns = edit_columns = (*show_columns[:-1], "inventory_item_id")
    search_columns = ("form", "tax_type", "is_active")
    order_columns = ("title", "generic_name", "form", "sale_price")
    default_order = ("title", "asc")
    sections = (
        (T("Medicine"), ("name", "generic_name", "form", "strength", "is_active")),
        (T("Not for patients allergic to"), ("allergens",)),
        (T("How it is usually taken"), ("dosage_mn", "dosage_en", "instructions_mn", "instructions_en")),
        (T("Sale at the clinic"), ("sale_price", "tax_type", "inventory_item", "inventory_item_id")),
    )
    made_fields = {
        "allergens": TicksField(lazy(T("Allergens")), enum_class=Allergen),
        "instructions_mn": fields.LongTextField(lazy(T("Instructions, in Mongolian")), longest=255),
        "instructions_en": fields.LongTextField(lazy(T("Instructions, in English")), longest=255),
    }
    definitions = [
        {"label": T("Medicines by form"), "group": "form", "series": [(aggregate_count, "")]},
        {"label": T("Medicines, in use or not"), "group": "is_active", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""
    add_template = edit_template = "catalogue/medicine_form.html"

    def column(self, name: str) -> Any:
        """The title sorts by the name."""
        return super().column("name" if name == "title" else name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By name or generic name."""
        return Medicine.medicine_id.in_(queries.medicine_ids(session, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The allergens as words."""
        labels = {member.value: member for member in Allergen}
        return {
            row.medicine_id: {"allergens": ", ".join(say(labels[word]) for word in row.allergens if word in labels)}
            for row in rows
        }

    def render_form(self, form: forms.ClinicForm, row: Any, status: int) -> Any:
        """The sale price is only shown to who may not change it."""
        if not who.has_right("change_price"):
            form["sale_price"].render_kw = {"readonly": True}
        return super().render_form(form, row, status)

    def create(self, session: Session, values: dict[str, Any]) -> Medicine:
        """A new medicine."""
        return actions.save_medicine(session, Medicine(), values, may_price=who.has_right("change_price"))

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> Medicine:
        """The changed one."""
        return actions.save_medicine(session, row, values, may_price=who.has_right("change_price"))
