"""What may be prescribed, to whom, and how a medicine is usually taken.

Source: rules.md, Clinical. The usual dosage of the catalogue is one sentence; a prescription has it in parts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.catalogue.rules import MedicineForm
from app.clinical.rules.kinds import PrescriptionStatus, Route
from app.clinical.rules.work import MOST_QUANTITY
from app.kernel.errors import RuleError
from app.kernel.text import Names, T, Text
from app.people.rules import HistoryKind


def allergies_against(allergens: Iterable[str], history: Sequence[Any], today: date) -> list[Any]:
    """The entries of a medical history that speak against a medicine with these allergens (codes) on `today`."""
    codes = set(allergens)
    return [
        entry
        for entry in history
        if entry.kind is HistoryKind.ALLERGY
        and entry.allergen in codes
        and (entry.until is None or entry.until >= today)
    ]


def check_allergies(allergies: Sequence[Any], reason: str | None, medicine: object = None) -> None:
    """Stop at an allergy, unless a reason is given. Raises RuleError (override_reason)."""
    if allergies and not reason:
        names = ", ".join(entry.name for entry in allergies)
        text = T("The patient has an allergy: %(names)s. Write a reason to prescribe it anyway.", names=names)
        if medicine is not None:
            text = T(
                "%(medicine)s: the patient has an allergy (%(names)s). Write a reason to prescribe it anyway.",
                medicine=medicine,
                names=names,
            )
        raise RuleError(text, field="override_reason")


def check_is_draft(status: PrescriptionStatus) -> None:
    """Refuse to change what was issued. Raises RuleError."""
    if status is not PrescriptionStatus.DRAFT:
        raise RuleError(T("An issued prescription can't be changed. Cancel it and write a new one."))


def check_directions(values: Mapping[str, Any]) -> None:
    """Refuse a medicine without dosage, frequency or a possible quantity. Raises RuleError."""
    errors: list[tuple[str | None, Text]] = [
        (name, T("Required")) for name in ("dosage", "frequency") if not values.get(name)
    ]
    quantity = values.get("quantity")
    if quantity is None or not 1 <= quantity <= MOST_QUANTITY:
        errors.append(("quantity", T("From %(least)s to %(most)s.", least=1, most=MOST_QUANTITY)))
    if errors:
        raise RuleError.many(errors)


@dataclass(frozen=True, slots=True)
class Directions:
    """How a medicine is taken, in parts; empty where the sentence doesn't say."""

    dosage: str = ""
    frequency: str = ""
    duration: str = ""


_FREQUENCY_MN = re.compile(r"өдөрт|тутам|нэг удаа|хоногт 1 удаа|жилд", re.IGNORECASE)
_DURATION_MN = re.compile(r"[\d–-]+ (?:долоо )?хоног(?!т)\b.*")
_FREQUENCY_EN = re.compile(
    r"(?:up to )?[\d–]+ times a (?:day|week|year)|once or twice a (?:day|week|year)|(?:once|twice) a (?:day|week|year)"
    r"|every [\d–]+ hours|a day in [\d–]+ doses|\bonce\b",
    re.IGNORECASE,
)
_DURATION_EN = re.compile(r",? for ([\d–]+ (?:days|weeks))$")


def split_directions(sentence: str) -> Directions:
    """The parts of a usual dosage, Mongolian or English.

    >>> split_directions("1 tablet twice a day for 5–7 days")
    Directions(dosage='1 tablet', frequency='twice a day', duration='5–7 days')
    """
    if re.search("[а-яөүё]", sentence.lower()):
        return _split_mongolian([part.strip() for part in sentence.split(",")])
    found = _FREQUENCY_EN.search(sentence)
    if found is None:
        return Directions(dosage=sentence)
    dosage, rest = sentence[: found.start()].strip(" ,"), sentence[found.start() :]
    duration = _DURATION_EN.search(rest)
    frequency = _DURATION_EN.sub("", rest, count=1) if duration else rest
    return Directions(dosage, frequency.strip(" ,"), duration[1] if duration else "")


def _split_mongolian(parts: Sequence[str]) -> Directions:
    at = next((i for i, part in enumerate(parts) if _FREQUENCY_MN.search(part)), None)
    if at is None:
        return Directions(dosage=", ".join(parts))
    after = parts[at:]
    duration = next((part for part in after if _DURATION_MN.fullmatch(part)), "")
    return Directions(", ".join(parts[:at]), ", ".join(part for part in after if part != duration), duration)


_THIN_LAYER, _ONCE = Names("Нимгэн түрхэнэ", "A thin layer"), Names("Нэг удаа", "Once")
# what a form is taken by where the catalogue's sentence leaves it out
USUAL_DOSAGE: Mapping[MedicineForm, Names] = {
    MedicineForm.GEL: _THIN_LAYER,
    MedicineForm.OINTMENT: _THIN_LAYER,
    MedicineForm.PASTE: _THIN_LAYER,
    MedicineForm.RINSE: Names("Амаа зайлна", "Rinse the mouth"),
}
USUAL_FREQUENCY: Mapping[MedicineForm, Names] = {MedicineForm.INJECTION: _ONCE, MedicineForm.SPRAY: _ONCE}
USUAL_ROUTE: Mapping[MedicineForm, Route] = {
    MedicineForm.RINSE: Route.RINSE,
    MedicineForm.GEL: Route.TOPICAL,
    MedicineForm.OINTMENT: Route.TOPICAL,
    MedicineForm.PASTE: Route.TOPICAL,
    MedicineForm.SPRAY: Route.TOPICAL,
    MedicineForm.INJECTION: Route.INTRAMUSCULAR,
    MedicineForm.OTHER: Route.OTHER,
}
