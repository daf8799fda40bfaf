"""The words of this room: what a visit was for, what a tooth has, how a medicine is taken; and the allowed moves."""

from app.kernel.enums import Word
from app.kernel.moves import Moves
from app.kernel.text import T


class VisitType(Word):
    """What a visit was for."""

    EXAM = "exam", T("Examination")
    TREATMENT = "treatment", T("Treatment")
    EMERGENCY = "emergency", T("Emergency")
    FOLLOW_UP = "follow-up", T("Follow-up visit")


class TreatmentStatus(Word):
    """How far a visit is."""

    SCHEDULED = "scheduled", T("Scheduled")
    IN_PROGRESS = "in progress", T("In progress")
    COMPLETED = "completed", T("Completed")
    CANCELLED = "cancelled", T("Cancelled")


class Outcome(Word):
    """How a piece of work turned out later."""

    GOOD = "good", T("Good")
    PARTIAL = "partial", T("Partly good")
    FAILED = "failed", T("Failed")
    REDONE = "redone", T("Done again")


class Condition(Word):
    """What a tooth has."""

    CARIES = "caries", T("Caries")
    FILLING = "filling", T("Filling")
    CROWN = "crown", T("Crown")
    ROOT_CANAL = "root canal", T("Root canal treatment")
    MISSING = "missing", T("Missing tooth")
    IMPLANT = "implant", T("Implant")
    BRIDGE = "bridge", T("Bridge")
    VENEER = "veneer", T("Veneer")
    DENTURE = "denture", T("Denture")
    FRACTURE = "fracture", T("Fracture")
    MOBILITY = "mobility", T("Mobility")
    UNERUPTED = "unerupted", T("Not erupted")
    SEALANT = "sealant", T("Sealant")
    BRACKET = "bracket", T("Braces")


# the others concern the whole tooth
ON_SURFACES = frozenset(
    {Condition.CARIES, Condition.FILLING, Condition.VENEER, Condition.FRACTURE, Condition.SEALANT, Condition.BRACKET}
)


class Layer(Word):
    """Whether a finding was found, is planned, or was done here."""

    EXISTING = "existing", T("Existing")
    PLANNED = "planned", T("Planned")
    DONE = "done", T("Done here")


class PrescriptionStatus(Word):
    """A prescription is a draft until it is issued; issued, it can't change."""

    DRAFT = "draft", T("Draft")
    ISSUED = "issued", T("Issued")
    CANCELLED = "cancelled", T("Cancelled")


class Route(Word):
    """How a medicine is taken."""

    ORAL = "oral", T("By mouth")
    RINSE = "rinse", T("Rinse the mouth")
    TOPICAL = "topical", T("On the gum or skin")
    SUBLINGUAL = "sublingual", T("Under the tongue")
    INTRAMUSCULAR = "intramuscular", T("Into a muscle")
    INTRAVENOUS = "intravenous", T("Into a vein")
    OTHER = "other", T("Other")


PRESCRIPTION_MOVES: Moves[PrescriptionStatus] = Moves(
    {
        PrescriptionStatus.DRAFT: {PrescriptionStatus.ISSUED},
        PrescriptionStatus.ISSUED: {PrescriptionStatus.CANCELLED},
        PrescriptionStatus.CANCELLED: set(),
    }
)
TREATMENT_MOVES: Moves[TreatmentStatus] = Moves(
    {
        TreatmentStatus.SCHEDULED: {TreatmentStatus.IN_PROGRESS, TreatmentStatus.CANCELLED},
        TreatmentStatus.IN_PROGRESS: {TreatmentStatus.COMPLETED, TreatmentStatus.CANCELLED},
        TreatmentStatus.COMPLETED: {TreatmentStatus.IN_PROGRESS},
        TreatmentStatus.CANCELLED: {TreatmentStatus.IN_PROGRESS},
    }
)
