"""Phone numbers: parsed with `phonenumbers`, stored in E.164, shown as people say them.

Source: rules.md, People. Default region Mongolia (+976).
"""

import phonenumbers

from app.kernel.errors import RuleError
from app.kernel.text import T

REGION = "MN"


def parse_phone(typed: str, field: str | None = None) -> str:
    """`9911 2233` → `+97699112233`. Raises RuleError where it is not a possible number."""
    clean = typed.strip()
    if len(clean) > 40:
        raise _refusal(field)
    if clean.startswith("976") and len(phonenumbers.normalize_digits_only(clean)) == 11:
        clean = "+" + clean  # the country code without its plus, as many lists keep it
    try:
        number = phonenumbers.parse(clean, REGION)
    except phonenumbers.NumberParseException:
        raise _refusal(field) from None
    if number.extension or not phonenumbers.is_possible_number(number):
        raise _refusal(field)
    if number.country_code == 976 and len(str(number.national_number)) != 8:
        raise _refusal(field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _refusal(field: str | None) -> RuleError:
    return RuleError(T("Write a phone number of eight digits, such as 9911 2233."), field=field)


def show_phone(e164: str) -> str:
    """`+97699112233` → `9911 2233`; a foreign number keeps its country code."""
    if e164.startswith("+976") and len(e164) == 12:
        return f"{e164[4:8]} {e164[8:]}"
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return e164


def national_digits(e164: str) -> str:
    """The digits people search by: `+97699112233` → `99112233`; a foreign number whole, without plus."""
    return e164[4:] if e164.startswith("+976") else e164.lstrip("+")
