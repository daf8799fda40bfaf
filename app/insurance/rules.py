"""What an insurer pays.

Source: rules.md, Money (Insurance).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.kernel.enums import Code, Word
from app.kernel.errors import RuleError
from app.kernel.money import share_of
from app.kernel.text import T, Text


def insurer_part(
    fee: int, deductible_left: int, coverage_bp: int, annual_left: int, service_left: int | None = None
) -> int:
    """The insurer's part of a fee, in tögrög: never below 0, never above what is left of the limits.

    min((fee − deductible left) × coverage, what is left of the annual and of the service limit).
    The secondary policy works on what the primary left: call it again with the patient's part as the fee.

    >>> insurer_part(400_000, 50_000, 6_000, 180_000)
    180000
    """
    covered = share_of(max(0, fee - deductible_left), coverage_bp)
    limits = [covered, annual_left] if service_left is None else [covered, annual_left, service_left]
    return max(0, min(limits))


@dataclass(frozen=True, slots=True)
class PolicyLeft:
    """What is left of a policy for one fee: tögrög, and the share it covers in basis points."""

    deductible: int
    coverage_bp: int
    annual: int
    service: int | None = None


def shares(fee: int, policies: Sequence[PolicyLeft]) -> tuple[list[int], int]:
    """What each insurer pays of a fee, the primary first, and what the patient pays: they add up to the fee.

    Each policy works on what the ones before it left.

    >>> shares(400_000, [PolicyLeft(50_000, 6_000, 180_000), PolicyLeft(0, 5_000, 1_000_000)])
    ([180000, 110000], 110000)
    """
    parts: list[int] = []
    for policy in policies:
        left = fee - sum(parts)
        parts.append(insurer_part(left, policy.deductible, policy.coverage_bp, policy.annual, policy.service))
    return parts, fee - sum(parts)


class ProviderKind(Word):
    """Whose insurance it is."""

    STATE = "state", T("State")
    PRIVATE = "private", T("Private")


class PolicyOrder(Code):
    """Which policy pays first."""

    PRIMARY = 1, T("Primary")
    SECONDARY = 2, T("Secondary")


SOON_DAYS = 30  # a policy that ends within so many days is told beforehand


class Standing(Word):
    """How a policy stands on a day."""

    VALID = "valid", T("Valid")
    LATER = "later", T("Not yet valid")
    ENDS_SOON = "soon", T("Ends soon")
    EXPIRED = "expired", T("Expired")


def standing(first: date | None, last: date | None, today: date) -> Standing:
    """How a policy that holds from `first` to `last`, both included, stands today.

    >>> standing(None, date(2026, 11, 30), date(2026, 12, 1))
    <Standing.EXPIRED: 'expired'>
    """
    if last is not None and last < today:
        return Standing.EXPIRED
    if first is not None and first > today:
        return Standing.LATER
    return Standing.ENDS_SOON if last is not None and (last - today).days <= SOON_DAYS else Standing.VALID


def left_of_year(maximum: int | None, used: int) -> int | None:
    """What is left of a year's limit, never below 0; None where there is no limit."""
    return None if maximum is None else max(0, maximum - used)


def check_policies(policies: Sequence[tuple[int, Mapping[str, Any]]], name: str = "insurance") -> list[dict[str, Any]]:
    """The policies of one patient: each with plan and number, dates in order, one primary at most.

    `policies` are (position on the form, values). Raises RuleError on the field it concerns.
    """
    errors: list[tuple[str | None, Text]] = []
    seen: set[PolicyOrder] = set()
    for position, policy in policies:
        field = f"{name}-{position}-"
        errors.extend(
            (field + key, T("Required")) for key in ("insurance_plan_id", "policy_number") if not policy.get(key)
        )
        first, last = policy.get("valid_from"), policy.get("valid_until")
        if first and last and last < first:
            errors.append((field + "valid_until", T("This is before the first day.")))
        order = policy.get("order") or PolicyOrder.PRIMARY
        if order in seen:
            errors.append((field + "order", T("Only one policy can be the primary, and one the secondary.")))
        seen.add(order)
    if errors:
        raise RuleError.many(errors)
    return [{**policy, "order": policy.get("order") or PolicyOrder.PRIMARY} for _, policy in policies]
