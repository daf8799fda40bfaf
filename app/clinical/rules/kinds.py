"""The words of this room: what a visit was for, what a tooth has, how a medicine is taken; and the allowed moves."""

from app.kernel.enums import Word
from app.kernel.moves import Moves
from app.kernel.text import TC, T


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


class PlanStatus(Word):
    """How far a treatment plan is. Paid is no status: the ledger knows."""

    PENDING = "pending", T("Being prepared")
    PRESENTED = "presented", TC("plan", "Presented")
    ACCEPTED = "accepted", TC("plan", "Accepted")
    DECLINED = "declined", TC("plan", "Declined")
    IN_PROGRESS = "in progress", T("In progress")
    COMPLETED = "completed", T("Completed")


class ValueCategory(Word):
    """How much a plan is worth."""

    LOW = "low", TC("value", "Low")
    MEDIUM = "medium", TC("value", "Medium")
    HIGH = "high", TC("value", "High")


class Urgency(Word):
    """How soon work has to be done."""

    ROUTINE = "routine", T("Routine")
    SOON = "soon", T("Soon")
    URGENT = "urgent", T("Urgent")


class Priority(Word):
    """Which work comes first among equals."""

    HIGH = "high", TC("priority", "High")
    MEDIUM = "medium", TC("priority", "Medium")
    LOW = "low", TC("priority", "Low")


class ProcedureStatus(Word):
    """How far a planned procedure is."""

    PLANNED = "planned", T("Planned")
    SCHEDULED = "scheduled", T("Scheduled")
    IN_PROGRESS = "in progress", T("In progress")
    COMPLETED = "completed", T("Completed")
    DECLINED = "declined", TC("plan", "Declined")
    PENDING = "pending", T("Put off")


class FileCategory(Word):
    """What a medical file is."""

    X_RAY = "x-ray", T("X-ray")
    SCAN = "scan", T("Scan")
    PHOTO = "photo", T("Photo")
    CONSENT = "consent", T("Consent form")
    REFERRAL = "referral", T("Referral")
    OTHER = "other", T("Other")


class ConsentWay(Word):
    """How a consent was given."""

    PAPER = "paper", T("Signed on paper")
    ELECTRONIC = "electronic", T("Electronically")
    SPOKEN = "spoken", T("Spoken, before a witness")


class RecordKind(Word):
    """What a line of the medical record is."""

    TREATMENT = "treatment", T("Treatment")
    DIAGNOSIS = "diagnosis", T("Diagnosis")
    NOTE = "note", T("Note")
    FINDING = "finding", T("Finding")
    PRESCRIPTION = "prescription", T("Prescription")
    FILE = "file", T("Medical file")


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
PLAN_MOVES: Moves[PlanStatus] = Moves(
    {
        PlanStatus.PENDING: {PlanStatus.PRESENTED},
        PlanStatus.PRESENTED: {PlanStatus.ACCEPTED, PlanStatus.DECLINED, PlanStatus.PENDING},
        PlanStatus.ACCEPTED: {PlanStatus.IN_PROGRESS, PlanStatus.DECLINED},
        PlanStatus.DECLINED: {PlanStatus.PENDING},
        PlanStatus.IN_PROGRESS: {PlanStatus.COMPLETED},
        PlanStatus.COMPLETED: {PlanStatus.IN_PROGRESS},
    }
)


class RecallStatus(Word):
    """How a recall stands."""

    DUE = "due", T("Due")
    CONTACTED = "contacted", T("Contacted")
    BOOKED = "booked", TC("recall", "Booked")
    DECLINED = "declined", T("Declined")
    DONE = "done", T("Done")


class ContactWay(Word):
    """How a patient was asked to come again."""

    PHONE = "phone", T("By phone")
    SMS = "sms", T("By text message")
    EMAIL = "email", T("By e-mail")
    IN_PERSON = "in person", T("In person")


class ContactOutcome(Word):
    """What came of it."""

    NOT_REACHED = "not reached", T("Not reached")
    CALL_BACK = "call back", T("Will think about it")
    BOOKED = "booked", TC("recall", "Booked")
    DECLINED = "declined", T("Doesn't want to come")
    WRONG_NUMBER = "wrong number", T("Wrong number")
