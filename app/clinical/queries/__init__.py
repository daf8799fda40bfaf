"""Reads about treatments, the tooth chart and prescriptions."""

from app.clinical.queries.chart import findings_of_patient, missing_teeth, tooth_ids
from app.clinical.queries.prescriptions import (
    Prescribed,
    draft_of,
    items_of_prescriptions,
    prescriptions_of_patient,
    prescriptions_of_treatment,
    recent_directions,
    verify_facts,
)
from app.clinical.queries.treatments import (
    Visit,
    case_sizes,
    diagnoses_of,
    items_of,
    open_treatment_of,
    teeth_of_items,
    treatment_of_appointment,
    treatment_with_people,
    treatments_of_appointments,
    treatments_of_patient,
    visits,
)

__all__ = [
    "Prescribed",
    "Visit",
    "case_sizes",
    "diagnoses_of",
    "draft_of",
    "findings_of_patient",
    "items_of",
    "items_of_prescriptions",
    "missing_teeth",
    "open_treatment_of",
    "prescriptions_of_patient",
    "prescriptions_of_treatment",
    "recent_directions",
    "teeth_of_items",
    "tooth_ids",
    "treatment_of_appointment",
    "treatment_with_people",
    "treatments_of_appointments",
    "treatments_of_patient",
    "verify_facts",
    "visits",
]
