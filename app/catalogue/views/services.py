"""The screens of the catalogue: services, their types and prices."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_avg, aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.catalogue import actions, queries
from app.catalogue.models import ServiceCatalog, ServicePrice, ServiceType
from app.db.base import sqla
from app.kernel.text import T, Text
from app.web import fields, forms, listing, who
from app.web.cells import in_both
from app.web.text import lazy, today
from app.web.views import ClinicView

# the lists of the room, shown as tabs on each of them
TABS: tuple[tuple[str, Text], ...] = (
    ("ServiceCatalogView", T("Services")),
    ("ServiceTypeView", T("Service types")),
    ("ServicePriceView", T("Price changes")),
    ("DiagnosisCodeView", T("Diagnoses")),
    ("ToothDefinitionView", T("Teeth")),
    ("ConsentTemplateView", T("Texts of consents")),
)


class CatalogueView(ClinicView):
    """What the room's lists share: their tabs."""

    page = "/services"
    list_template = "catalogue/list.html"

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """The tabs."""
        return {"tabs": TABS}


class ServiceCatalogView(CatalogueView):
    """The services and what they cost. Never deleted, only switched off."""

    datamodel = SQLAInterface(ServiceCatalog)
    route_base, import_url = "/services", "/services/import"
    title_one, title_many = T("Service"), T("Services")
    list_columns = ("title", "code", "service_type", "default_duration_time", "price", "is_active")
    show_columns = (
        "doctor_names", "patient_names", "code", "service_type", "display_number", "is_active", "treatment_stage",
        "default_scope", "surfaces_required", "complexity", "lab_days", "fitting_minutes", "recall_months",
        "warranty_months", "tax_product_code", "classification_code", "disclaimer_mn", "disclaimer_en",
    )  # fmt: skip
    edit_columns = (
        "service_type_id", "display_number", "is_active", "doctor_display_name_mn", "doctor_display_name_en",
        "patient_display_name_mn", "patient_display_name_en", "price", "tax_type", "tax_product_code",
        "classification_code", "default_duration_time", "assistant_lead_minutes", "assistant_tail_minutes",
        "treatment_stage", "default_scope", "surfaces_required", "complexity", "lab_days", "fitting_minutes",
        "recall_months", "warranty_months", "disclaimer_mn", "disclaimer_en",
    )  # fmt: skip
    add_columns = ("code", *edit_columns)
    search_columns = ("service_type_id", "treatment_stage", "default_scope", "tax_type", "is_active")
    order_columns = ("service_type", "title", "code", "default_duration_time", "price")
    default_order = ("service_type", "asc")
    sections = (
        (
            T("Name and place"),
            (
                "doctor_names", "patient_names", "code", "service_type_id", "service_type", "display_number",
                "is_active", "doctor_display_name_mn", "doctor_display_name_en",
                "patient_display_name_mn", "patient_display_name_en",
            ),
        ),
        (T("Price and tax"), ("price", "tax_type", "tax_product_code", "classification_code")),
        (T("Minutes in the chair"), ("default_duration_time", "assistant_lead_minutes", "assistant_tail_minutes")),
        (
            T("What it needs"),
            (
                "treatment_stage", "default_scope", "surfaces_required", "complexity", "lab_days", "fitting_minutes",
                "recall_months", "warranty_months",
            ),
        ),
        (T("Advice after treatment"), ("disclaimer_mn", "disclaimer_en")),
    )  # fmt: skip
    made_fields = {"display_number": fields.NumberField(lazy(T("Number within the type")), least=1, most=9_999)}
    definitions = [
        {"label": T("Services by type"), "group": "service_type_id", "series": [(aggregate_count, "")]},
        {"label": T("Average price by type"), "group": "service_type_id", "series": [(aggregate_avg, "price")]},
        {
            "label": T("Average minutes by type"),
            "group": "service_type_id",
            "series": [(aggregate_avg, "default_duration_time")],
        },
        {"label": T("Services by stage of treatment"), "group": "treatment_stage", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""  # the catalogue as it stands: no period
    show_template, add_template, edit_template = "catalogue/service.html", *("catalogue/service_form.html",) * 2

    def column(self, name: str) -> Any:
        """A type sorts by its place in the catalogue, then by the number within it."""
        if name == "service_type":
            place = sa.select(ServiceType.sort_order * 1_000_000 + ServiceType.service_type_id)
            matching = place.where(ServiceType.service_type_id == ServiceCatalog.service_type_id)
            return matching.scalar_subquery() * 100_000 + ServiceCatalog.display_number
        return super().column("doctor_display_name_mn" if name == "title" else name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By code or name in either language."""
        return ServiceCatalog.service_id.in_(queries.service_ids(session, typed))

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """The chapters of the catalogue, to go to with one click."""
        chosen = next((flt.value for flt in found.filters if flt.key == "service_type_id"), "")
        return {**super().list_context(found), "chapters": queries.chapters(sqla.session()), "chosen": chosen}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The names in both languages."""
        return {
            row.service_id: {
                "doctor_names": in_both(row.doctor_display_name_mn, row.doctor_display_name_en),
                "patient_names": in_both(row.patient_display_name_mn, row.patient_display_name_en),
            }
            for row in rows
        }

    def show_context(self, row: Any) -> dict[str, Any]:
        """What it cost before."""
        return {"prices": queries.price_history(sqla.session(), row.service_id)}

    def render_form(self, form: forms.ClinicForm, row: Any, status: int) -> Any:
        """The price is only shown to who may not change it."""
        if not who.has_right("change_price"):
            form["price"].render_kw = {"readonly": True}
        return super().render_form(form, row, status)

    def create(self, session: Session, values: dict[str, Any]) -> ServiceCatalog:
        """Service and first price."""
        may = who.has_right("change_price")
        return actions.add_service(session, values, today=today(), by=who.me().user_id, may_price=may)

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> ServiceCatalog:
        """Service, and its new price where that changed."""
        may = who.has_right("change_price")
        return actions.change_service(session, row, values, today=today(), by=who.me().user_id, may_price=may)


class ServiceTypeView(CatalogueView):
    """The chapters of the catalogue."""

    datamodel = SQLAInterface(ServiceType)
    route_base = "/service-types"
    title_one, title_many = T("Service type"), T("Service types")
    list_columns = ("title", "code", "services", "sort_order")
    extra_types = {"services": sa.Integer()}
    show_columns = ("name_mn", "name_en", "code", "services", "sort_order")
    edit_columns = ("name_mn", "name_en", "sort_order")
    add_columns = ("code", *edit_columns)
    search_columns = ("code", "name_mn", "name_en")
    order_columns = ("sort_order", "code")
    default_order = ("sort_order", "asc")
    definitions = [{"label": T("Service types by month"), "group": "created_at", "series": [(aggregate_count, "")]}]

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How many services each has."""
        counts = {kind.service_type_id: count for kind, count in queries.chapters(session)}
        return {row.service_type_id: {"services": counts.get(row.service_type_id, 0)} for row in rows}

    def create(self, session: Session, values: dict[str, Any]) -> ServiceType:
        """With a clean code."""
        return actions.add_service_type(session, values)


class ServicePriceView(CatalogueView):
    """What services cost from when on: written with each change of a price, never changed."""

    datamodel = SQLAInterface(ServicePrice)
    route_base = "/service-prices"
    title_one, title_many = T("Price change"), T("Price changes")
    list_columns = ("service", "price", "valid_from", "set_by", "created_at")
    show_columns = list_columns
    search_columns = ("service_id", "valid_from")
    order_columns = ("valid_from", "price", "created_at")
    default_order = ("created_at", "desc")
    definitions = [{"label": T("Price changes by month"), "group": "valid_from", "series": [(aggregate_count, "")]}]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """As the services."""
        return ServicePrice.service_id.in_(queries.service_ids(session, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Who set them; nobody for those that came with the clinic."""
        names = queries.names_of_users(session, {row.changed_by for row in rows if row.changed_by})
        return {row.service_price_id: {"set_by": names.get(row.changed_by)} for row in rows}
