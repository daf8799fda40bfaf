"""The Mongolian register number: two Cyrillic letters and eight digits.

Source: rules.md, People. Digits 1–2 year, 3–4 month (21–32: born from 2000 on), 5–6 day,
the seventh odd for a male and even for a female. No public check digit is known.
"""

import re
from dataclasses import dataclass
from datetime import date

from app.kernel.errors import RuleError
from app.kernel.text import T

_SHAPE = re.compile(r"[А-ЯЁӨҮ]{2}[0-9]{8}")
# Keyboards differ in how they write the two Mongolian letters; the Unicode letters are stored.
_TWINS = str.maketrans({"Є": "Ө", "Ї": "Ү", "Ɵ": "Ө"})


@dataclass(frozen=True, slots=True)
class RegisterNumber:
    """A register number that is well formed, and what it says."""

    value: str
    birthday: date
    is_male: bool


def parse_register_number(typed: str, field: str | None = None) -> RegisterNumber:
    """Read a register number in either case, with or without spaces.

    Raises RuleError where the shape is wrong or its date does not exist.

    >>> parse_register_number("ук03271614").birthday
    datetime.date(2003, 7, 16)
    """
    value = re.sub(r"[\s\-]", "", typed).upper().translate(_TWINS)
    if not _SHAPE.fullmatch(value):
        raise RuleError(
            T("A register number is two Cyrillic letters and eight digits, such as УК03271614."), field=field
        )
    digits = value[2:]
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    century, month = (2000, month - 20) if month > 20 else (1900, month)
    try:
        birthday = date(century + year, month, day)
    except ValueError:
        raise RuleError(T("The date inside this register number does not exist."), field=field) from None
    return RegisterNumber(value, birthday, int(digits[6]) % 2 == 1)
