"""The screens of the catalogue."""

from typing import Any

from app.catalogue.views import lookups  # noqa: F401 - labels and lookups are declared before the views are made
from app.catalogue.views.consents import ConsentTemplateView
from app.catalogue.views.dictionaries import DiagnosisCodeView, MedicineView, ToothDefinitionView
from app.catalogue.views.services import ServiceCatalogView, ServicePriceView, ServiceTypeView

VIEWS: tuple[Any, ...] = (
    ServiceCatalogView,
    ServiceTypeView,
    ServicePriceView,
    DiagnosisCodeView,
    ToothDefinitionView,
    MedicineView,
    ConsentTemplateView,
)
