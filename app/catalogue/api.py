"""The catalogue for programs."""

from flask_appbuilder.models.sqla.interface import SQLAInterface

from app.catalogue.models import ServiceCatalog
from app.catalogue.views import ServiceCatalogView
from app.web.api.fields import NumberField
from app.web.api.rest import ClinicApi


class ServiceApi(ClinicApi):
    """`/api/v1/services`. Never deleted, only switched off."""

    datamodel, resource_name = SQLAInterface(ServiceCatalog), "services"
    page, screens = "/services", ServiceCatalogView
    edit_columns = (
        "service_type_id", "display_number", "is_active", "doctor_display_name_mn", "doctor_display_name_en",
        "patient_display_name_mn", "patient_display_name_en", "price", "tax_type", "tax_product_code",
        "classification_code", "default_duration_time", "assistant_lead_minutes", "assistant_tail_minutes",
        "treatment_stage", "default_scope", "surfaces_required", "complexity", "lab_days", "fitting_minutes",
        "recall_months", "warranty_months", "disclaimer_mn", "disclaimer_en",
    )  # fmt: skip
    add_columns = ("code", *edit_columns)
    show_columns = ("service_id", *add_columns, "created_at", "updated_at")
    list_columns = (
        "service_id", "code", "service_type_id", "display_number", "doctor_display_name_mn", "doctor_display_name_en",
        "patient_display_name_mn", "patient_display_name_en", "default_duration_time", "price", "is_active",
        "updated_at",
    )  # fmt: skip
    search_columns = (
        "code", "service_type_id", "price", "treatment_stage", "default_scope", "tax_type", "is_active", "updated_at",
    )  # fmt: skip
    order_columns = ("service_id", "service_type", "code", "default_duration_time", "price")
    base_order = ("service_type", "asc")
    added_fields = {"display_number": NumberField(1, 9_999, allow_none=True)}
    edited_fields = added_fields


VIEWS = (ServiceApi,)
