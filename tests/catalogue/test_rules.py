"""Prices and services as rules."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import rules
from app.catalogue.rules import Scope, TaxType
from app.kernel.errors import RuleError


@dataclass(frozen=True)
class Price:
    price: int
    valid_from: date


DAY = date(2026, 1, 1)
GOOD = {"price": 1, "default_duration_time": 30, "tax_type": TaxType.VAT_FREE, "default_scope": Scope.SINGLE_TOOTH}


def test_the_price_of_a_day_is_the_last_one_that_had_begun():
    prices = [Price(100, DAY), Price(120, date(2026, 5, 1)), Price(150, date(2027, 1, 1))]
    assert rules.price_on(prices, date(2026, 4, 30)) == 100
    assert rules.price_on(prices, date(2026, 5, 1)) == 120
    assert rules.price_on(prices, date(2026, 12, 31)) == 120
    assert rules.price_on(prices, date(2030, 1, 1)) == 150


def test_before_the_first_price_there_is_none():
    assert rules.price_on([Price(100, DAY)], date(2025, 12, 31)) is None
    assert rules.price_on([], DAY) is None


def test_of_two_prices_from_the_same_day_the_one_written_later_counts():
    assert rules.price_on([Price(100, DAY), Price(90, DAY)], DAY) == 90


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 60))), st.integers(0, 60))
def test_the_price_agrees_with_replaying_history_day_by_day(written, until):
    prices = [Price(amount, DAY + timedelta(offset)) for amount, offset in written]
    replayed = None
    for offset in range(until + 1):
        for price in prices:
            if price.valid_from == DAY + timedelta(offset):
                replayed = price.price
    assert rules.price_on(prices, DAY + timedelta(until)) == replayed


@pytest.mark.parametrize(
    ("typed", "code"), [("the-01", "THE-01"), (" k02.1 ", "K02.1"), ("К02.1", "K02.1"), ("ТЕ-1", "TE-1")]
)
def test_codes_become_latin_capitals_also_from_a_mongolian_keyboard(typed, code):
    assert rules.clean_code(typed) == code


@pytest.mark.parametrize("typed", ["", "-1", "ЛОМБО", "a b", "a_b", "É", "x" * 3 + "\n1"])
def test_other_codes_are_refused(typed):
    with pytest.raises(RuleError):
        rules.clean_code(typed)


@pytest.mark.parametrize("typed", ["K02.1", "к02", "S02.5", "K08.1A"])
def test_codes_of_icd_10_are_read(typed):
    assert rules.clean_diagnosis_code(typed)[1:3].isdigit()


@pytest.mark.parametrize("typed", ["K2", "K02.", "02.1", "KK2", "K02.12345"])
def test_what_is_no_code_of_icd_10_is_refused(typed):
    with pytest.raises(RuleError):
        rules.clean_diagnosis_code(typed)


def test_a_sound_service_passes():
    rules.check_service({**GOOD, "assistant_lead_minutes": 5, "assistant_tail_minutes": 10, "fitting_minutes": 30})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"default_duration_time": 32}, "default_duration_time"),
        ({"assistant_lead_minutes": 3}, "assistant_lead_minutes"),
        ({"assistant_tail_minutes": 3}, "assistant_tail_minutes"),
        ({"fitting_minutes": 12}, "fitting_minutes"),
        ({"fitting_minutes": 0}, "fitting_minutes"),
        ({"assistant_lead_minutes": 20, "assistant_tail_minutes": 10}, "default_duration_time"),
        ({"price": -1}, "price"),
        ({"surfaces_required": True, "default_scope": Scope.FULL_MOUTH}, "surfaces_required"),
        ({"tax_type": TaxType.VAT_ZERO}, "tax_product_code"),
    ],
)
def test_a_service_that_cannot_work_is_refused_on_its_field(wrong, field):
    with pytest.raises(RuleError) as refusal:
        rules.check_service({**GOOD, **wrong})
    assert field in [name for name, _ in refusal.value.errors]


def test_everything_wrong_is_said_at_once():
    with pytest.raises(RuleError) as refusal:
        rules.check_service({**GOOD, "default_duration_time": 33, "price": -1})
    assert {name for name, _ in refusal.value.errors} == {"default_duration_time", "price"}


def test_medical_work_gets_its_tax_codes_and_what_was_typed_stays():
    assert rules.complete_service(GOOD)["tax_product_code"] == "410"
    assert rules.complete_service(GOOD)["classification_code"] == "9312300"
    assert rules.complete_service({**GOOD, "tax_product_code": "447"})["tax_product_code"] == "447"
    assert rules.complete_service({**GOOD, "tax_type": TaxType.VAT_ABLE}).get("tax_product_code") is None


@given(st.lists(st.integers(1, 9_999)))
def test_the_next_number_is_free_and_behind_all(taken):
    number = rules.next_display_number(taken)
    assert number not in taken
    assert number == max([0, *taken]) + 1


def test_a_price_changes_only_by_right():
    assert rules.may_price_change(100, 100, has_right=False)
    assert not rules.may_price_change(100, 101, has_right=False)
    assert not rules.may_price_change(None, 100, has_right=False)
    assert rules.may_price_change(100, 101, has_right=True)
