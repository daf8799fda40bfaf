"""What a movement does to the count, when an item is low, and when a budget is overspent."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.stock import rules
from app.stock.rules import Level, Movement


@pytest.mark.parametrize(
    ("on_hand", "minimum", "level"),
    [
        (0, 0, Level.OUT),
        (0, 5, Level.OUT),
        (1, 0, Level.ENOUGH),
        (4, 5, Level.LOW),
        (5, 5, Level.LOW),
        (6, 5, Level.ENOUGH),
    ],
)
def test_low_is_at_or_below_the_minimum(on_hand: int, minimum: int, level: Level) -> None:
    assert rules.level_of(on_hand, minimum) is level


@given(st.integers(1, rules.MOST_MOVED), st.sampled_from(sorted(rules.COMES | rules.GOES)))
def test_what_comes_is_added_and_what_goes_taken_off(count: int, kind: Movement) -> None:
    assert rules.change_of(kind, count) == (count if kind is Movement.RECEIVED else -count)


@pytest.mark.parametrize("count", [0, -1, rules.MOST_MOVED + 1, 10**30])
def test_nothing_and_too_much_do_not_move(count: int) -> None:
    with pytest.raises(RuleError) as refused:
        rules.change_of(Movement.USED, count)
    assert refused.value.field == "quantity"


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_a_recount_ends_at_what_was_counted(counted: int, known: int) -> None:
    if counted == known:
        with pytest.raises(RuleError):
            rules.correction(counted, known)
    else:
        assert known + rules.correction(counted, known) == counted


@pytest.mark.parametrize("kind", list(Movement))
@pytest.mark.parametrize("typed", [None, "", "   "])
def test_what_is_corrected_or_lost_needs_a_reason(kind: Movement, typed: str | None) -> None:
    if kind in (Movement.ADJUSTED, Movement.LOST):
        with pytest.raises(RuleError) as refused:
            rules.check_reason(kind, typed)
        assert refused.value.field == "reason"
    else:
        assert rules.check_reason(kind, typed) is None
    assert rules.check_reason(kind, "  хагарсан ") == "хагарсан"


@pytest.mark.parametrize("typed", ["", "бээлий", "A B", "=CMD", "X" * 41, "<b>", "-A"])
def test_a_code_is_what_a_label_carries(typed: str) -> None:
    with pytest.raises(RuleError):
        rules.clean_sku(typed)


def test_a_code_is_in_capitals() -> None:
    assert rules.clean_sku(" glv-m.2 ") == "GLV-M.2"


@given(st.integers(0, 10**12), st.one_of(st.none(), st.integers(0, 10**12)))
def test_exactly_spent_is_not_overspent(spent: int, budget: int | None) -> None:
    share = rules.budget_share(spent, budget)
    assert rules.is_over(spent, budget) == (budget is not None and spent > budget)
    assert (share is None) == (budget is None)
    if share is not None and share > 100:
        assert rules.is_over(spent, budget)


@pytest.mark.parametrize(
    ("spent_on", "amount", "field"),
    [(date(2026, 11, 22), 1, "spent_on"), (date(2026, 11, 21), 0, "amount"), (date(2026, 1, 1), 10**13, "amount")],
)
def test_what_is_not_spent_yet_is_no_expense(spent_on: date, amount: int, field: str) -> None:
    with pytest.raises(RuleError) as refused:
        rules.check_expense({"spent_on": spent_on, "amount": amount}, date(2026, 11, 21))
    assert refused.value.field == field
