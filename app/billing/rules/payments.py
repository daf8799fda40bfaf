"""Where money goes: allocation, giving back, instalments, the cash drawer.

Source: rules.md, Money. Amounts are whole tögrög.
"""

from collections.abc import Iterable, Sequence

from app.billing.rules.kinds import EntryKind, PaymentStatus
from app.kernel.errors import RuleError
from app.kernel.money import format_tugrug, share_of
from app.kernel.text import T


def patient_balance(entries: Iterable[tuple[int, int]]) -> int:
    """Σ debit − Σ credit of a patient's ledger: what they owe; negative: the clinic owes them.

    >>> patient_balance([(100_000, 0), (0, 60_000), (0, 20_000), (0, 50_000)])
    -30000
    """
    return sum(debit - credit for debit, credit in entries)


def allocate(amount: int, owed: Sequence[tuple[int, int]], first: int | None = None) -> list[tuple[int, int]]:
    """Which part of a payment goes to which invoice: first to `first`, then in the order of `owed`.

    `owed` are (invoice, balance), the oldest first. What is left over is the patient's credit.

    >>> allocate(70, [(1, 50), (2, 40)], first=2)
    [(2, 40), (1, 30)]
    """
    ordered = sorted(owed, key=lambda pair: pair[0] != first)
    parts: list[tuple[int, int]] = []
    for invoice, balance in ordered:
        part = min(amount, balance)
        if part > 0:
            parts.append((invoice, part))
            amount -= part
    return parts


def take_back(amount: int, allocated: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which allocations give back how much, the latest first; `allocated` are (invoice, amount), oldest first.

    >>> take_back(70, [(1, 50), (2, 40)])
    [(2, 40), (1, 30)]
    """
    return allocate(amount, list(reversed(allocated)))


def check_refund(amount: int, left: int, *, takes_all: bool) -> None:
    """Refuse to give back nothing, or more than what is left of a payment. Raises RuleError.

    `takes_all` is a reversal: money that was never received is taken back whole.
    """
    if left <= 0:
        raise RuleError(T("Nothing is left of this payment."), field="amount")
    if amount <= 0:
        raise RuleError(T("Write an amount above zero."), field="amount")
    if amount > left:
        raise RuleError(T("Only %(most)s is left of this payment.", most=format_tugrug(left)), field="amount")
    if takes_all and amount != left:
        raise RuleError(T("A reversal takes the whole payment back."), field="amount")


def payment_status(amount: int, refunded: int, *, is_reversed: bool) -> PaymentStatus:
    """What became of a payment of which `refunded` was given back."""
    if is_reversed:
        return PaymentStatus.REVERSED
    if refunded <= 0:
        return PaymentStatus.POSTED
    return PaymentStatus.REFUNDED if refunded >= amount else PaymentStatus.PARTLY_REFUNDED


def change_due(received: int, amount: int) -> int:
    """What a cashier gives back of the cash received. Raises RuleError where it is too little.

    >>> change_due(100_000, 85_000)
    15000
    """
    if received < amount:
        raise RuleError(T("This is less than the amount that is paid in cash."), field="received")
    return received - amount


# Which of a patient's kept sums an entry moves.
CHARGES = frozenset({EntryKind.CHARGE, EntryKind.VOID})
PAYMENTS = frozenset({EntryKind.PAYMENT, EntryKind.REFUND})
ADJUSTMENTS = frozenset({EntryKind.ADJUSTMENT, EntryKind.WRITE_OFF})


def instalments(total: int, down_bp: int, count: int) -> tuple[int, list[int]]:
    """The down payment and `count` instalments: equal, each rounded up, the last one smallest.

    Raises RuleError where the last would not be positive.

    >>> instalments(1_000_000, 2_000, 3)
    (200000, [266667, 266667, 266666])
    """
    if count < 1:
        raise RuleError(T("At least one."), field="count")
    down = share_of(total, down_bp)
    each = -(-(total - down) // count)
    last = total - down - each * (count - 1)
    if last <= 0:
        raise RuleError(T("Too many instalments for this amount: nothing would be left for the last."), field="count")
    return down, [*([each] * (count - 1)), last]


def expected_cash(opening: int, payments: int, refunds: int, expenses: int, movements: Iterable[int] = ()) -> int:
    """What should lie in the drawer: float + cash payments − cash refunds − cash expenses ± movements."""
    return opening + payments - refunds - expenses + sum(movements)


def cash_difference(counted: int, expected: int) -> int:
    """Counted against expected: kept with the day, never corrected away. Negative: money is missing."""
    return counted - expected
