"""The arithmetic of money: every example and formula of the rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.billing import rules
from app.billing.rules import AgeBucket, InvoiceStatus, PaymentStatus
from app.catalogue.rules import TaxType
from app.insurance.rules import PolicyLeft, insurer_part, shares
from app.kernel.errors import NotAllowed, RuleError
from app.kernel.money import LARGEST

AMOUNT = st.integers(0, 10_000_000)
SOME = st.integers(1, 10_000_000)


# --- lines


def test_a_line_is_quantity_times_price_less_its_discount() -> None:
    assert rules.line_total(3, 50_000, 20_000) == 130_000


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "field"),
    [
        (0, 100, 0, "quantity"),
        (1, -1, 0, "unit_price"),
        (1, LARGEST + 1, 0, "unit_price"),
        (1, 100, -1, "discount"),
        (1, 100, 101, "discount"),
    ],
)
def test_an_impossible_line_is_refused_on_its_field(quantity: int, price: int, discount: int, field: str) -> None:
    with pytest.raises(RuleError) as refused:
        rules.line_total(quantity, price, discount)
    assert refused.value.field == field


@pytest.mark.parametrize(("amount", "tax"), [(110_000, 10_000), (100, 9), (5, 0), (6, 1), (0, 0), (105, 10), (104, 9)])
def test_vat_is_contained_in_the_line_and_rounded_half_away_from_zero(amount: int, tax: int) -> None:
    assert rules.contained_tax(amount, 1_000, TaxType.VAT_ABLE) == tax


@pytest.mark.parametrize("kind", [TaxType.VAT_FREE, TaxType.VAT_ZERO, TaxType.NO_VAT, None])
def test_only_what_is_taxed_contains_vat(kind: TaxType | None) -> None:
    assert rules.contained_tax(110_000, 1_000, kind) == 0


def test_medical_work_contains_no_vat_while_the_setting_is_0() -> None:
    assert rules.contained_tax(110_000, 0, TaxType.VAT_ABLE) == 0


@given(SOME, st.integers(1, 10_000))
def test_the_net_and_its_vat_make_the_line(amount: int, points: int) -> None:
    tax = rules.contained_tax(amount, points, TaxType.VAT_ABLE)
    assert abs((amount - tax) * points / 10_000 - tax) <= 1 + points / 10_000


def test_a_discount_of_100_on_three_lines_of_100() -> None:
    assert rules.spread_discount(100, [100, 100, 100]) == [34, 33, 33]


@given(st.lists(AMOUNT, min_size=1, max_size=12), st.data())
def test_a_spread_discount_adds_up_and_leaves_no_line_below_zero(lines: list[int], data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, sum(lines)))
    parts = rules.spread_discount(discount, lines)
    assert sum(parts) == discount
    assert all(0 <= part <= line for part, line in zip(parts, lines, strict=True))


def test_a_discount_larger_than_the_invoice_is_refused() -> None:
    with pytest.raises(RuleError):
        rules.spread_discount(301, [100, 200])
    with pytest.raises(RuleError):
        rules.spread_discount(-1, [100, 200])


# --- who may take something off


def may(
    discount: int, subtotal: int, *, has: bool = True, any_: bool = False, before: tuple[int, int] = (0, 0)
) -> bool:
    try:
        rules.check_discount(discount, subtotal, limit_bp=1_000, has_discount=has, has_any=any_, before=before)
    except NotAllowed:
        return False
    return True


def test_the_right_to_discount_goes_up_to_a_tenth_of_the_invoice() -> None:
    assert may(10_000, 100_000)
    assert not may(10_001, 100_000)
    assert may(100_000, 100_000, any_=True)
    assert not may(1, 100_000, has=False)


def test_a_discount_that_somebody_else_gave_may_stay() -> None:
    assert may(50_000, 100_000, has=False, before=(50_000, 100_000))
    assert may(50_000, 200_000, has=False, before=(50_000, 100_000))
    assert not may(50_001, 100_000, before=(50_000, 100_000))


def test_shrinking_the_invoice_around_a_discount_is_giving_more() -> None:
    assert not may(100_000, 100_000, before=(100_000, 1_000_000))


@given(AMOUNT, AMOUNT)
def test_no_discount_needs_no_right(subtotal: int, before: int) -> None:
    assert may(0, subtotal, has=False, before=(before, before * 2))


# --- what is owed


def test_the_worked_example_of_an_invoice() -> None:
    assert rules.invoice_balance(100_000, 0, 0) == 100_000
    assert rules.invoice_balance(100_000, 60_000, 0) == 40_000
    assert rules.invoice_balance(100_000, 60_000, 20_000) == 20_000
    assert rules.invoice_balance(100_000, 80_000, 20_000) == 0
    assert rules.invoice_balance(100_000, 60_000, 0, is_void=True) == 0
    assert rules.invoice_balance(100_000, 0, 0, is_issued=False) == 0


def test_the_worked_example_of_a_ledger() -> None:
    entries = [(100_000, 0), (0, 60_000), (0, 20_000)]
    assert rules.patient_balance(entries) == 20_000
    entries.append((0, 50_000))
    assert rules.patient_balance(entries) == -30_000
    entries.append((30_000, 0))
    assert rules.patient_balance(entries) == 0


@pytest.mark.parametrize(
    ("total", "paid", "adjusted", "status"),
    [
        (100, 0, 0, InvoiceStatus.ISSUED),
        (100, 0, 40, InvoiceStatus.ISSUED),
        (100, 1, 0, InvoiceStatus.PARTLY_PAID),
        (100, 60, 40, InvoiceStatus.PAID),
        (100, 0, 100, InvoiceStatus.PAID),
        (0, 0, 0, InvoiceStatus.PAID),
    ],
)
def test_the_status_follows_from_the_amounts(total: int, paid: int, adjusted: int, status: InvoiceStatus) -> None:
    assert rules.invoice_status(total, paid, adjusted) is status
    assert rules.invoice_status(total, paid, adjusted, is_issued=False) is InvoiceStatus.DRAFT
    assert rules.invoice_status(total, paid, adjusted, is_void=True) is InvoiceStatus.VOID


def test_an_invoice_is_due_so_many_days_after_it_is_issued() -> None:
    assert rules.due_date(date(2026, 11, 20), 14) == date(2026, 12, 4)


def test_overdue_is_what_is_owed_after_the_due_date() -> None:
    day = date(2026, 12, 4)
    assert not rules.is_overdue(100, day, day)
    assert rules.is_overdue(100, day, day + timedelta(days=1))
    assert not rules.is_overdue(0, day, day + timedelta(days=1))
    assert not rules.is_overdue(100, None, day)


@pytest.mark.parametrize(
    ("late", "bucket"),
    [
        (-5, AgeBucket.NOT_DUE), (0, AgeBucket.NOT_DUE), (1, AgeBucket.TO_30), (30, AgeBucket.TO_30),
        (31, AgeBucket.TO_60), (60, AgeBucket.TO_60), (61, AgeBucket.TO_90), (90, AgeBucket.TO_90),
        (91, AgeBucket.OVER_90), (4_000, AgeBucket.OVER_90),
    ],
)  # fmt: skip
def test_aging_by_days_past_due(late: int, bucket: AgeBucket) -> None:
    today = date(2026, 11, 20)
    assert rules.age_bucket(today - timedelta(days=late), today) is bucket


@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)) | st.none(), SOME)))
def test_the_buckets_add_up_to_the_receivable(owed: list[tuple[date | None, int]]) -> None:
    assert sum(rules.aging(owed, date(2026, 11, 20)).values()) == sum(balance for _, balance in owed)


# --- payments


def test_a_payment_goes_to_its_invoice_first_then_to_the_oldest() -> None:
    assert rules.allocate(90, [(1, 50), (2, 40), (3, 30)], first=3) == [(3, 30), (1, 50), (2, 10)]
    assert rules.allocate(90, [(1, 50), (2, 40), (3, 30)]) == [(1, 50), (2, 40)]


@given(SOME, st.dictionaries(st.integers(1, 50), AMOUNT, max_size=10), st.integers(1, 50))
def test_allocation_never_exceeds_the_payment_or_an_invoice(amount: int, owed: dict[int, int], first: int) -> None:
    parts = rules.allocate(amount, list(owed.items()), first)
    assert len({key for key, _ in parts}) == len(parts)
    assert all(0 < part <= owed[key] for key, part in parts)
    assert sum(part for _, part in parts) == min(amount, sum(owed.values()))
    assert not parts or not owed.get(first) or parts[0][0] == first


def test_giving_back_takes_from_the_latest_first() -> None:
    assert rules.take_back(50, [(1, 50), (2, 40)]) == [(2, 40), (1, 10)]


def test_no_more_is_given_back_than_is_left() -> None:
    rules.check_refund(100, 100, takes_all=True)
    rules.check_refund(40, 100, takes_all=False)
    for amount, left, takes_all in (
        (101, 100, False),
        (0, 100, False),
        (-1, 100, False),
        (1, 0, False),
        (40, 100, True),
    ):
        with pytest.raises(RuleError):
            rules.check_refund(amount, left, takes_all=takes_all)


def test_what_became_of_a_payment() -> None:
    assert rules.payment_status(100, 0, is_reversed=False) is PaymentStatus.POSTED
    assert rules.payment_status(100, 1, is_reversed=False) is PaymentStatus.PARTLY_REFUNDED
    assert rules.payment_status(100, 100, is_reversed=False) is PaymentStatus.REFUNDED
    assert rules.payment_status(100, 100, is_reversed=True) is PaymentStatus.REVERSED


def test_an_adjustment_never_turns_a_balance() -> None:
    rules.check_adjustment(100, 100, 0, only_lowers=True)
    rules.check_adjustment(-20, 80, 20, only_lowers=False)
    for amount, adjusted, only_lowers in ((101, 0, True), (0, 0, False), (-1, 20, True), (-21, 20, False)):
        with pytest.raises(RuleError):
            rules.check_adjustment(amount, 100, adjusted, only_lowers=only_lowers)


def test_the_change_of_cash() -> None:
    assert rules.change_due(100_000, 85_000) == 15_000
    with pytest.raises(RuleError):
        rules.change_due(80_000, 85_000)


# --- instalments, cash, insurance


def test_a_million_with_a_fifth_down_in_three_instalments() -> None:
    assert rules.instalments(1_000_000, 2_000, 3) == (200_000, [266_667, 266_667, 266_666])


@given(AMOUNT, st.integers(0, 10_000), st.integers(1, 24))
def test_instalments_add_up_and_the_last_is_the_smallest_and_positive(total: int, down: int, count: int) -> None:
    try:
        first, rates = rules.instalments(total, down, count)
    except RuleError:
        rest = total - total * down // 10_000
        assert rest < count * count + count  # only refused where so little is left that rounding up eats it
        return
    assert first + sum(rates) == total
    assert len(rates) == count
    assert len(set(rates[:-1])) <= 1
    assert 0 < rates[-1] <= rates[0]
    assert rates[0] - rates[-1] < count


def test_instalments_that_leave_nothing_for_the_last_are_refused() -> None:
    for total, down, count in ((10, 0, 6), (100, 10_000, 3), (100, 0, 0)):
        with pytest.raises(RuleError):
            rules.instalments(total, down, count)


def test_a_day_of_cash() -> None:
    expected = rules.expected_cash(50_000, 400_000, 30_000, 20_000, [100_000, -150_000])
    assert expected == 350_000
    assert rules.cash_difference(349_000, expected) == -1_000


def test_the_insurers_example() -> None:
    assert insurer_part(400_000, 50_000, 6_000, 180_000) == 180_000
    assert shares(400_000, [PolicyLeft(50_000, 6_000, 180_000)]) == ([180_000], 220_000)


@pytest.mark.parametrize(
    ("fee", "deductible", "annual", "service", "part"),
    [
        (40_000, 50_000, 180_000, None, 0),
        (400_000, 0, 1_000_000, None, 240_000),
        (400_000, 0, 1_000_000, 90_000, 90_000),
        (400_000, 0, -5_000, None, 0),
    ],
)
def test_an_insurer_pays_within_its_limits(
    fee: int, deductible: int, annual: int, service: int | None, part: int
) -> None:
    assert insurer_part(fee, deductible, 6_000, annual, service) == part


def test_the_second_policy_works_on_what_the_first_left() -> None:
    first, second = PolicyLeft(50_000, 6_000, 180_000), PolicyLeft(0, 5_000, 1_000_000)
    assert shares(400_000, [first, second]) == ([180_000, 110_000], 110_000)


@given(SOME, st.lists(st.tuples(AMOUNT, st.integers(0, 10_000), AMOUNT), max_size=2))
def test_insurers_and_patient_together_pay_the_fee(fee: int, policies: list[tuple[int, int, int]]) -> None:
    parts, patient = shares(fee, [PolicyLeft(*policy) for policy in policies])
    assert sum(parts) + patient == fee
    assert patient >= 0
    assert all(part >= 0 for part in parts)
