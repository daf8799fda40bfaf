"""Tögrög: rules.md, Money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.kernel.money import LARGEST, format_tugrug, parse_tugrug, round_half_away, share_of, spread

AMOUNTS = st.integers(-LARGEST, LARGEST)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (-4, 3, -1), (0, 7, 0), (7, 2, 4), (1, -2, -1)],
)
def test_halves_round_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_away(numerator, denominator) == rounded


@given(AMOUNTS, st.integers(1, 10**9))
def test_rounding_is_never_off_by_more_than_a_half_and_is_symmetric(amount: int, parts: int) -> None:
    rounded = round_half_away(amount, parts)
    assert abs(amount - rounded * parts) * 2 <= parts
    assert round_half_away(-amount, parts) == -rounded


def test_a_discount_of_a_hundred_on_three_equal_lines() -> None:
    assert spread(100, [100, 100, 100]) == [34, 33, 33]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_the_parts_always_add_up_and_are_fair(amount: int, weights: list[int]) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert all(part >= 0 for part in parts)
    total = sum(weights)
    if total:
        assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_share_stays_between_nothing_and_all(amount: int, points: int) -> None:
    assert 0 <= share_of(amount, points) <= amount


@given(AMOUNTS)
def test_what_is_shown_is_read_again(amount: int) -> None:
    assert parse_tugrug(format_tugrug(amount)) == amount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1 250 000", 1_250_000),
        ("1,250,000 ₮", 1_250_000),
        ("50000", 50_000),
        ("12 500.00", 12_500),
        ("50 000төг", 50_000),
        ("-5", -5),
        ("0", 0),
    ],
)
def test_amounts_are_read_as_people_write_them(typed: str, amount: int) -> None:
    assert parse_tugrug(typed) == amount


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "1.5", "1e5", "NaN", "∞", "=1+1", "10^30", "1" * 31, "٣", "--5", "999999999999999", "12.345.678"],
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        parse_tugrug(typed)


def test_an_amount_is_shown_with_commas_and_its_sign() -> None:
    assert format_tugrug(1_250_000) == "1,250,000 ₮"
