"""Shares and means of what was counted."""

from app.kernel.money import round_half_away


def share_bp(part: int, whole: int) -> int | None:
    """`part` of `whole` in basis points; None of nothing."""
    return ratio(part * 10_000, whole)


def ratio(value: int, count: int) -> int | None:
    """`value` for each one of `count`, rounded half away from zero; None of nothing."""
    return round_half_away(value, count) if count else None
