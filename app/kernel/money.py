"""Whole tögrög: rounding, shares, spreading, reading and writing amounts.

Source: rules.md, Money. Amounts are `int`, shares are basis points (0–10 000).
"""

import re
from collections.abc import Sequence

from app.kernel.errors import RuleError
from app.kernel.text import T

LARGEST = 999_999_999_999  # a thousand milliard: more than any clinic bills, well inside BIGINT
_NOISE = re.compile(r"[\s\u00a0\u202f,'’₮]|төг(?:рөг)?\.?|mnt", re.IGNORECASE)


def round_half_away(numerator: int, denominator: int) -> int:
    """numerator / denominator in whole tögrög, halves away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    quotient, rest = divmod(abs(numerator), abs(denominator))
    return sign * (quotient + (1 if rest * 2 >= abs(denominator) else 0))


def share_of(amount: int, basis_points: int) -> int:
    """`basis_points` of `amount`, rounded once: 10 000 basis points are the whole."""
    return round_half_away(amount * basis_points, 10_000)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` over `weights` in proportion, by the largest remainder; the parts always add up.

    Equal remainders go to the earlier part. All weights zero: everything is put on the first.

    >>> spread(100, [100, 100, 100])
    [34, 33, 33]
    """
    if not weights:
        return []
    total = sum(weights)
    if total == 0:
        return [amount, *([0] * (len(weights) - 1))]
    sign, size = (-1, -amount) if amount < 0 else (1, amount)
    parts = [size * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(size * weights[i] % total), i))
    for i in by_remainder[: size - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]


def format_tugrug(amount: int) -> str:
    """`1250000` → `1,250,000 ₮`."""
    return f"{amount:,} ₮"


def parse_tugrug(typed: str, field: str | None = None) -> int:
    """Read an amount as people type it: `1 250 000`, `1,250,000 ₮`, `50000`, `12 500.00`.

    Raises RuleError for anything else, for a fraction of a tögrög and for more than `LARGEST`.
    """
    bare = _NOISE.sub("", typed.strip())
    whole, _, fraction = bare.partition(".")
    if not re.fullmatch(r"-?[0-9]{1,30}", whole) or fraction.strip("0"):
        raise RuleError(T("Write a whole amount in tögrög, such as 50,000."), field=field)
    amount = int(whole)
    if abs(amount) > LARGEST:
        raise RuleError(T("This amount is too large."), field=field)
    return amount
