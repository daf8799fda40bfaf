"""The texts that people are asked to agree to."""

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface

from app.catalogue.models import ConsentTemplate
from app.catalogue.views.services import CatalogueView
from app.kernel.text import T
from app.web import fields
from app.web.lookups import add_lookup, by_text
from app.web.text import lazy

add_lookup(by_text(ConsentTemplate, "title_mn", "title_en"))


class ConsentTemplateView(CatalogueView):
    """Templates of consents in both languages; a consent that was given keeps the text it was given to."""

    datamodel = SQLAInterface(ConsentTemplate)
    route_base = "/consent-templates"
    title_one, title_many = T("Text of a consent"), T("Texts of consents")
    list_columns = ("title", "kind", "service_type", "is_active", "updated_at")
    show_columns = (
        "code", "kind", "title_mn", "title_en", "body_mn", "body_en", "service_type", "is_active", "updated_at",
    )  # fmt: skip
    edit_columns = ("kind", "title_mn", "body_mn", "title_en", "body_en", "service_type_id", "is_active")
    add_columns = ("code", *edit_columns)
    search_columns = ("kind", "service_type_id", "is_active", "title_mn", "title_en")
    order_columns = ("title", "kind")
    default_order = ("title", "asc")
    made_fields = {
        "body_mn": fields.LongTextField(lazy(T("Text, in Mongolian")), validators=[fields.required]),
        "body_en": fields.LongTextField(lazy(T("Text, in English")), validators=[fields.required]),
    }
    definitions = [{"label": T("Texts of consents by kind"), "group": "kind", "series": [(aggregate_count, "")]}]
    chart_date = ""

    def column(self, name: str) -> object:
        """The heading sorts as it is written in Mongolian."""
        return super().column("title_mn" if name == "title" else name)
