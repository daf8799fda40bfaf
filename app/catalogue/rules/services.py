"""Services: which price holds on a day, and what a service must be.

Source: rules.md, Scheduling and Money; tables.md, service_catalog and service_price.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

from app.catalogue.rules.kinds import Scope, TaxType
from app.kernel.errors import RuleError
from app.kernel.text import T, Text


class Dated(Protocol):
    """A price and the day from which it holds."""

    @property
    def price(self) -> int:
        """Whole tögrög."""

    @property
    def valid_from(self) -> date:
        """The clinic's date."""


def price_on(prices: Iterable[Dated], day: date) -> int | None:
    """The price (tögrög) that holds on `day`, None before the first.

    `prices` are in the order in which they were written: of two from the same day the later one counts.
    """
    found: Dated | None = None
    for price in prices:
        if price.valid_from <= day and (found is None or price.valid_from >= found.valid_from):
            found = price
    return found.price if found else None


GRID = 5  # minutes
MEDICAL_TAX_CODE, DENTAL_CLASS = "410", "9312300"  # e-barimt: health services; dentists' services
_CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]*")
_TAX_CODE = re.compile(r"[A-Za-z0-9.-]+")
_ICD_10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9A-Z]{1,4})?")
# Cyrillic capitals that look like Latin ones: what a Mongolian keyboard gives for `K02`
_TWINS = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")


def clean_code(typed: str, field: str = "code") -> str:
    """A code in Latin capitals, digits, `-` and `.`; Cyrillic letters that look Latin become so. Raises RuleError."""
    code = typed.strip().upper().translate(_TWINS)
    if not _CODE.fullmatch(code):
        raise RuleError(T("Only Latin letters, digits, hyphens and dots."), field=field)
    return code


def clean_diagnosis_code(typed: str, field: str = "code") -> str:
    """A code of ICD-10 such as `K02.1`, also typed with a Cyrillic К. Raises RuleError."""
    code = typed.strip().upper().translate(_TWINS)
    if not _ICD_10.fullmatch(code):
        raise RuleError(T("Write a code of ICD-10 such as K02.1."), field=field)
    return code


def complete_service(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with the tax codes of medical work filled in where e-barimt asks for them and none were typed."""
    filled = dict(values)
    if filled.get("tax_type") is TaxType.VAT_FREE:
        filled["tax_product_code"] = filled.get("tax_product_code") or MEDICAL_TAX_CODE
    filled["classification_code"] = filled.get("classification_code") or DENTAL_CLASS
    return filled


def check_service(values: Mapping[str, Any]) -> None:
    """Refuse a service that can't be booked, priced or taxed. Raises RuleError with one sentence a field."""
    errors = [*_minute_errors(values), *_work_errors(values)]
    if values["price"] < 0:
        errors.append(("price", T("A price can't be negative.")))
    if values.get("tax_type") is TaxType.VAT_ZERO and not values.get("tax_product_code"):
        errors.append(("tax_product_code", T("E-barimt needs a tax product code for this kind of tax.")))
    for name in ("tax_product_code", "classification_code"):
        if (code := values.get(name)) and not _TAX_CODE.fullmatch(code):
            errors.append((name, T("Only Latin letters, digits, hyphens and dots.")))
    if errors:
        raise RuleError.many(errors)


Errors = list[tuple[str | None, Text]]


def _minute_errors(values: Mapping[str, Any]) -> Errors:
    """The length and its parts: multiples of the grid, and the dentist has a part of it."""
    minutes = ("default_duration_time", "assistant_lead_minutes", "assistant_tail_minutes", "fitting_minutes")
    errors: Errors = [
        (name, T("Minutes in steps of %(grid)s.", grid=GRID)) for name in minutes if (values.get(name) or 0) % GRID
    ]
    alone = (values.get("assistant_lead_minutes") or 0) + (values.get("assistant_tail_minutes") or 0)
    if alone >= values["default_duration_time"]:
        errors.append(("default_duration_time", T("The assistant's minutes leave no time for the dentist.")))
    return errors


def _work_errors(values: Mapping[str, Any]) -> Errors:
    """What is asked of the teeth and of the lab."""
    errors: Errors = []
    if values.get("surfaces_required") and values.get("default_scope") not in (Scope.SINGLE_TOOTH, Scope.SEVERAL_TEETH):
        errors.append(("surfaces_required", T("Surfaces need a service on one tooth or on several teeth.")))
    if values.get("fitting_minutes") is not None and values["fitting_minutes"] < GRID:
        errors.append(("fitting_minutes", T("A fitting takes at least %(least)s minutes.", least=GRID)))
    return errors


def next_display_number(taken: Iterable[int]) -> int:
    """The number behind the last one of a service type."""
    return max(taken, default=0) + 1


def may_price_change(old: int | None, new: int | None, has_right: bool) -> bool:
    """Whether a price may go from `old` (None: there was none) to `new`: unchanged, or by who holds `change_price`."""
    return has_right or old == new
