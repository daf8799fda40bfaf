"""What the clinic's work means for people.

Source: rules.md, People.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.kernel.dates import add_months
from app.kernel.enums import Code, Word
from app.kernel.errors import RuleError
from app.kernel.register_number import parse_register_number
from app.kernel.text import T, Text

LEAST_PHONES = 2
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def patient_status(last_visit: date | None, today: date) -> "PatientStatus":
    """The status from the last completed visit: up to 6 months, 12 months, 5 years, longer.

    A patient who never came is active, and shown as new.
    """
    if last_visit is None or last_visit >= add_months(today, -6):
        return PatientStatus.ACTIVE
    if last_visit >= add_months(today, -12):
        return PatientStatus.WITHIN_YEAR
    if last_visit >= add_months(today, -60):
        return PatientStatus.WITHIN_FIVE_YEARS
    return PatientStatus.LONG_AGO


class PatientStatus(Code):
    """How long ago a patient was here (the seed's codes)."""

    ACTIVE = 0, T("Within half a year")
    WITHIN_YEAR = 1, T("Within a year")
    WITHIN_FIVE_YEARS = 2, T("Within five years")
    LONG_AGO = 3, T("More than five years ago")


class Gender(Code):
    """The seed's codes."""

    MALE = 0, T("Male")
    FEMALE = 1, T("Female")
    OTHER = 2, T("Other")


class Dentition(Word):
    """Which teeth a patient's chart shows."""

    PERMANENT = "permanent", T("Permanent teeth")
    MIXED = "mixed", T("Permanent and primary teeth")
    PRIMARY = "primary", T("Primary teeth")


class BloodType(Word):
    """Blood groups with the rhesus factor."""

    O_POS = "O+", T("I (O) +")
    O_NEG = "O-", T("I (O) −")
    A_POS = "A+", T("II (A) +")
    A_NEG = "A-", T("II (A) −")
    B_POS = "B+", T("III (B) +")
    B_NEG = "B-", T("III (B) −")
    AB_POS = "AB+", T("IV (AB) +")
    AB_NEG = "AB-", T("IV (AB) −")


class PatientSource(Word):
    """How a patient came to the clinic."""

    WALK_IN = "walk-in", T("Walked in")
    PHONE = "phone", T("By phone")
    FRIEND = "friend", T("A friend's advice")
    FACEBOOK = "facebook", T("Facebook")
    WEBSITE = "website", T("The website")
    REFERRAL = "referral", T("Another clinic")
    IMPORT = "import", T("Taken over from a list")
    OTHER = "other", T("Other")


class RelationKind(Word):
    """What the related person is to the patient."""

    PARENT = "parent", T("Parent")
    GUARDIAN = "guardian", T("Guardian")
    SPOUSE = "spouse", T("Husband or wife")
    CHILD = "child", T("Child")
    SIBLING = "sibling", T("Brother or sister")


class HistoryKind(Word):
    """What an entry of the medical history is about."""

    ALLERGY = "allergy", T("Allergy")
    CONDITION = "condition", T("Chronic condition")
    MEDICATION = "medication", T("Medication")
    SURGERY = "surgery", T("Operation")
    PREGNANCY = "pregnancy", T("Pregnancy")
    HABIT = "habit", T("Habit")
    DENTAL = "dental history", T("Dental history")


class Allergen(Word):
    """What medicines and materials can carry; an entry without one warns by its text only."""

    PENICILLIN = "penicillin", T("Penicillins")
    CEPHALOSPORIN = "cephalosporin", T("Cephalosporins")
    MACROLIDE = "macrolide", T("Macrolides")
    LINCOSAMIDE = "lincosamide", T("Lincosamides")
    TETRACYCLINE = "tetracycline", T("Tetracyclines")
    METRONIDAZOLE = "metronidazole", T("Metronidazole")
    SULFONAMIDE = "sulfonamide", T("Sulphonamides")
    NSAID = "nsaid", T("Anti-inflammatory painkillers")
    ASPIRIN = "aspirin", T("Aspirin")
    PARACETAMOL = "paracetamol", T("Paracetamol")
    OPIOID = "opioid", T("Opioids")
    LOCAL_ANAESTHETIC = "local anaesthetic", T("Local anaesthetics")
    ADRENALINE = "adrenaline", T("Adrenaline")
    CHLORHEXIDINE = "chlorhexidine", T("Chlorhexidine")
    IODINE = "iodine", T("Iodine")
    LATEX = "latex", T("Latex")
    NICKEL = "nickel", T("Nickel")
    ACRYLATE = "acrylate", T("Acrylates")


class Severity(Code):
    """How loudly an entry speaks: critical ones show on every screen of the patient."""

    NOTE = 0, T("Note")
    CAUTION = 1, T("Caution")
    CRITICAL = 2, T("Critical")


class ToldBy(Word):
    """Who said it."""

    PATIENT = "patient", T("Told by the patient")
    STAFF = "staff", T("Noted by staff")


class EmployeeStatus(Code):
    """The seed's codes."""

    NOT_WORKING = 0, T("Not working")
    ACTIVE = 1, T("Working")
    VACATION = 2, T("On vacation")
    TRAINING = 3, T("In training")
    INTERN = 4, T("Intern")


class PositionType(Word):
    """What kind of work a position is."""

    DOCTOR = "DOCTOR", T("Doctor")
    NURSE = "NURSE", T("Nurse")
    ASSISTANT = "ASSISTANT", T("Assistant")
    RECEPTION = "RECEPTION", T("Reception")
    COORDINATOR = "COORDINATOR", T("Treatment coordinator")
    MANAGER = "MANAGER", T("Manager")
    FINANCE = "FINANCE", T("Finance")
    SUPPORT = "SUPPORT", T("Support")


class PositionCategory(Code):
    """The seed's codes."""

    CLINICAL = 0, T("Clinical")
    SUPPORT = 1, T("Support")
    OFFICE = 2, T("Front desk and office")


class PhoneLabel(Word):
    """Whose number it is."""

    SELF = "self", T("Own")
    MOTHER = "mother", T("Mother")
    FATHER = "father", T("Father")
    SPOUSE = "spouse", T("Husband or wife")
    CHILD = "child", T("Child")
    SIBLING = "sibling", T("Brother or sister")
    GUARDIAN = "guardian", T("Guardian")
    FRIEND = "friend", T("Friend")
    WORK = "work", T("Work")
    HOME = "home", T("Home")
    OTHER = "other", T("Other")


def complete_from_register(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with the register number normalised, and birthday and gender filled from it where empty.

    What a clerk typed is never overwritten: a contradiction is an error that names both. Gender "other"
    never contradicts. Raises RuleError (register_number, birthday, gender).
    """
    filled = dict(values)
    if not filled.get("register_number"):
        filled["register_number"] = None
        return filled
    found = parse_register_number(filled["register_number"], field="register_number")
    filled["register_number"] = found.value
    birthday, gender = filled.get("birthday"), filled.get("gender")
    says = Gender.MALE if found.is_male else Gender.FEMALE
    errors: list[tuple[str | None, Text]] = []
    if birthday and birthday != found.birthday:
        text = T("The register number says %(says)s, the birthday says %(typed)s.", says=found.birthday, typed=birthday)
        errors.append(("birthday", text))
    if gender in (Gender.MALE, Gender.FEMALE) and gender != says:
        text = T("The register number says %(says)s, the gender says %(typed)s.", says=says, typed=gender)
        errors.append(("gender", text))
    if errors:
        raise RuleError.many(errors)
    filled["birthday"] = birthday or found.birthday
    filled["gender"] = says if gender is None else gender
    return filled


def check_patient(values: Mapping[str, Any], today: date) -> None:
    """Refuse a patient who is not complete and not provisional, or who isn't born yet. Raises RuleError."""
    errors: list[tuple[str | None, Text]] = []
    if not values.get("first_name"):
        errors.append(("first_name", T("Required")))
    if not values.get("is_provisional"):
        errors.extend((field, T("Required")) for field in ("birthday", "gender") if values.get(field) is None)
    errors.extend(_birthday_errors(values.get("birthday"), today))
    errors.extend(_email_errors(values.get("email")))
    if errors:
        raise RuleError.many(errors)


def is_email(typed: str) -> bool:
    """Whether this can be an email address."""
    return _EMAIL.fullmatch(typed) is not None


def _email_errors(email: str | None) -> list[tuple[str | None, Text]]:
    return [("email", T("Invalid email address."))] if email and not is_email(email) else []


def _birthday_errors(birthday: date | None, today: date) -> list[tuple[str | None, Text]]:
    if birthday and birthday > today:
        return [("birthday", T("A birthday can't be in the future."))]
    if birthday and birthday.year < today.year - 130:
        return [("birthday", T("Nobody is this old."))]
    return []


Phone = Mapping[str, Any]


def check_phones(
    phones: Sequence[tuple[int, Phone]], least: int = LEAST_PHONES, name: str = "phones"
) -> list[dict[str, Any]]:
    """The phones of one person: at least `least`, no number twice, exactly one primary (else the first).

    `phones` are (position on the form, values). Raises RuleError on the field of the phone it concerns.
    """
    if len(phones) < least:
        raise RuleError(T("At least %(least)s phone numbers.", least=least), field=name)
    errors: list[tuple[str | None, Text]] = []
    seen: set[str] = set()
    for position, phone in phones:
        number = phone.get("phone_number_val")
        field = f"{name}-{position}-phone_number_val"
        if not number:
            errors.append((field, T("Required")))
        elif number in seen:
            errors.append((field, T("This number is here twice.")))
        seen.add(number or "")
    primary = [position for position, phone in phones if phone.get("is_primary")]
    if len(primary) > 1:
        errors.append((f"{name}-{primary[1]}-is_primary", T("Only one number can be the primary one.")))
    if errors:
        raise RuleError.many(errors)
    first = primary[0] if primary else phones[0][0]
    return [{**phone, "is_primary": position == first} for position, phone in phones]


def alerts(entries: Sequence[Any], today: date) -> list[Any]:
    """The critical entries that hold on `today`: they show on every screen of the patient."""
    return [
        entry
        for entry in entries
        if entry.severity == Severity.CRITICAL and (entry.until is None or entry.until >= today)
    ]


def has_ended(until: date | None, today: date) -> bool:
    """Whether an entry of the medical history was said to hold no longer."""
    return until is not None and until <= today


def waits_for_doctor(told_by: ToldBy, confirmed_by: int | None) -> bool:
    """Whether an entry is only what the patient told, and no doctor has confirmed it."""
    return told_by is ToldBy.PATIENT and confirmed_by is None


def check_employee(values: Mapping[str, Any], today: date) -> None:
    """Refuse an employee without a name or with dates that contradict each other. Raises RuleError."""
    errors: list[tuple[str | None, Text]] = [
        (field, T("Required")) for field in ("first_name", "last_name") if not values.get(field)
    ]
    errors.extend(_birthday_errors(values.get("birthday"), today))
    errors.extend(_email_errors(values.get("email")))
    if (colour := values.get("calendar_colour")) and not _COLOUR.fullmatch(colour):
        errors.append(("calendar_colour", T("This value is not allowed here.")))
    hired, fired = values.get("hired_at"), values.get("fired_at")
    if hired and fired and fired < hired:
        errors.append(("fired_at", T("This is before the first working day.")))
    if errors:
        raise RuleError.many(errors)
