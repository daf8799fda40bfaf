"""What a medical file needs, and whether an X-ray machine's file is of this patient."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.clinical.rules.kinds import FileCategory
from app.kernel.errors import RuleError
from app.kernel.folding import fold, fold_words
from app.kernel.text import T, Text

TWICE = 60  # seconds within which the same content from the same hands is a double click
# what an X-ray machine's word says a file is; all others are X-rays
KINDS_BY_MODALITY = {
    "CT": FileCategory.SCAN, "OT": FileCategory.SCAN, "XC": FileCategory.PHOTO, "OP": FileCategory.PHOTO,
}  # fmt: skip


def check_taken_on(taken_on: date | None, today: date) -> None:
    """Raise RuleError for a day that has not come yet."""
    if taken_on is not None and taken_on > today:
        raise RuleError(T("A file can't have been taken on a day that has not come yet."), field="taken_on")


@dataclass(frozen=True, slots=True)
class Known:
    """What the clinic knows of a patient that a machine may know too."""

    first_name: str
    last_name: str | None
    birthday: date | None
    numbers: tuple[str | None, ...] = ()


def doubts(header: Mapping[str, Any], patient: Known) -> list[Text]:
    """What in the header of a DICOM file speaks against this patient; one of the patient's numbers speaks for them."""
    found: list[Text] = []
    name, born = str(header.get("PatientName", "")), dicom_day(header.get("PatientBirthDate"))
    if name and not _is_number_of(header.get("PatientID"), patient.numbers) and not _is_name_of(name, patient):
        found.append(T("The machine knows this patient by another name: %(name)s.", name=name))
    if born and patient.birthday and born != patient.birthday:
        found.append(T("The machine knows this patient by another birthday: %(day)s.", day=born))
    return found


def _is_number_of(number: Any, numbers: tuple[str | None, ...]) -> bool:
    typed = fold(str(number or ""))
    return bool(typed) and typed in {fold(one) for one in numbers if one}


def _is_name_of(name: str, patient: Known) -> bool:
    """Whether the first name is there, and no last name but the patient's (an initial is enough)."""
    first, last = {fold(patient.first_name), *fold_words(patient.first_name)}, fold(patient.last_name or "")
    written = set(fold_words(name))
    rest = written - first
    is_first = bool(first & written) or fold(name) in first
    return is_first and (not rest or not last or any(last.startswith(word) for word in rest))


def dicom_day(written: Any) -> date | None:
    """`20030716` as a day."""
    text = str(written or "")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 and text.isascii() else None
    except ValueError:
        return None
