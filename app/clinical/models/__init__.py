"""The tables of this room: visits and what was done, notes, plans, recalls, files, and the record they make."""

from app.clinical.models.consents import Consent
from app.clinical.models.files import MedicalFile
from app.clinical.models.notes import OdontogramSnapshot, SoapNote
from app.clinical.models.packages import TreatmentSterilePackage
from app.clinical.models.plans import PlannedProcedure, PlannedStep, TreatmentPlan
from app.clinical.models.recalls import Recall, RecallContact
from app.clinical.models.record import MedicalRecord
from app.clinical.models.visits import (
    Prescription,
    PrescriptionItem,
    ToothFinding,
    Treatment,
    TreatmentDiagnosis,
    TreatmentItem,
    TreatmentItemTooth,
)

__all__ = [
    "Consent",
    "MedicalFile",
    "MedicalRecord",
    "OdontogramSnapshot",
    "PlannedProcedure",
    "PlannedStep",
    "Prescription",
    "PrescriptionItem",
    "Recall",
    "RecallContact",
    "SoapNote",
    "ToothFinding",
    "Treatment",
    "TreatmentDiagnosis",
    "TreatmentItem",
    "TreatmentItemTooth",
    "TreatmentPlan",
    "TreatmentSterilePackage",
]
