"""The words of the catalogue: stages, scopes, taxes, systems of teeth, forms of medicines.

Source: tables.md, catalogue.
"""

from app.kernel.enums import Code, Word
from app.kernel.text import TC, T


class TreatmentStage(Word):
    """The clinical order of work on one tooth: diagnosis first, crown last."""

    DIAGNOSIS = "diagnosis", T("Diagnosis")
    PERIODONTAL = "periodontal", T("Gum treatment")
    EXTRACTION = "extraction", T("Extraction")
    ROOT_CANAL = "root canal", T("Root canal treatment")
    FILLING = "filling", T("Filling")
    POST = "post", T("Post")
    CROWN = "crown", T("Crown")
    OTHER = "other", T("Other")


class Scope(Code):
    """Which teeth a service concerns (the seed's codes)."""

    NONE = 0, T("No tooth")
    SINGLE_TOOTH = 1, T("One tooth")
    SEVERAL_TEETH = 2, T("Several teeth")
    UPPER_ARCH = 3, T("Upper arch")
    LOWER_ARCH = 4, T("Lower arch")
    FULL_MOUTH = 5, T("Full mouth")


class TaxType(Word):
    """How a service or medicine is taxed (the words of e-barimt)."""

    VAT_FREE = "VAT_FREE", T("Free of VAT")
    VAT_ABLE = "VAT_ABLE", T("With VAT")
    VAT_ZERO = "VAT_ZERO", T("VAT 0 %%")
    NO_VAT = "NO_VAT", T("Outside VAT")


class ToothSystem(Code):
    """The ways to number teeth (the seed's codes)."""

    UNIVERSAL = 0, T("Universal")
    FDI = 1, T("FDI")
    PALMER = 2, T("Palmer")


class Arch(Code):
    """The seed's codes."""

    UPPER = 0, T("Upper arch")
    LOWER = 1, T("Lower arch")


class ToothDentition(Code):
    """The seed's codes."""

    PERMANENT = 0, T("Permanent teeth")
    PRIMARY = 1, T("Primary teeth")


class Surface(Word):
    """A side of a tooth; `I` stands on incisors and canines where the others have `O`."""

    MESIAL = "M", T("Mesial")
    OCCLUSAL = "O", T("Occlusal")
    INCISAL = "I", T("Incisal")
    DISTAL = "D", T("Distal")
    BUCCAL = "B", T("Buccal")
    LINGUAL = "L", T("Lingual")


class MedicineForm(Word):
    """What a medicine looks like."""

    TABLET = "tablet", T("Tablet")
    CAPSULE = "capsule", T("Capsule")
    SYRUP = "syrup", T("Syrup")
    SUSPENSION = "suspension", T("Suspension")
    INJECTION = "injection", T("Injection")
    GEL = "gel", T("Gel")
    OINTMENT = "ointment", T("Ointment")
    RINSE = "rinse", T("Mouth rinse")
    SPRAY = "spray", T("Spray")
    DROPS = "drops", T("Drops")
    PASTE = "paste", T("Paste")
    LOZENGE = "lozenge", T("Lozenge")
    POWDER = "powder", T("Powder")
    OTHER = "other", T("Other")


class ConsentKind(Word):
    """What somebody agrees to."""

    PERSONAL_DATA = "personal data", T("Personal data")
    MARKETING = "marketing", T("Offers and news")
    TREATMENT = "treatment", TC("consent", "Treatment")
    ANAESTHESIA = "anaesthesia", T("Anaesthesia")
    PHOTOS = "photos", T("Photos of the teeth")
