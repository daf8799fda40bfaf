"""What the catalogue's words mean: services and their prices, teeth, kinds of things.

Which surfaces a tooth has is `teeth.check_surfaces`; what a service costs on a day is `services.price_on`.
"""

from app.catalogue.rules.kinds import (
    Arch,
    ConsentKind,
    MedicineForm,
    Scope,
    Surface,
    TaxType,
    ToothDentition,
    ToothSystem,
    TreatmentStage,
)
from app.catalogue.rules.services import (
    DENTAL_CLASS,
    GRID,
    MEDICAL_TAX_CODE,
    check_service,
    clean_code,
    clean_diagnosis_code,
    complete_service,
    may_price_change,
    next_display_number,
    price_on,
)
from app.catalogue.rules.teeth import (
    TEETH,
    Tooth,
    check_surfaces,
    show_tooth,
    surface_name,
    teeth_of,
    tooth_from,
    tooth_of,
)

__all__ = [
    "DENTAL_CLASS",
    "GRID",
    "MEDICAL_TAX_CODE",
    "TEETH",
    "Arch",
    "ConsentKind",
    "MedicineForm",
    "Scope",
    "Surface",
    "TaxType",
    "Tooth",
    "ToothDentition",
    "ToothSystem",
    "TreatmentStage",
    "check_service",
    "check_surfaces",
    "clean_code",
    "clean_diagnosis_code",
    "complete_service",
    "may_price_change",
    "next_display_number",
    "price_on",
    "show_tooth",
    "surface_name",
    "teeth_of",
    "tooth_from",
    "tooth_of",
]
