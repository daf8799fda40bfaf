"""What an invoice owes, what its lines come to, and who may take something off.

Source: rules.md, Money. Amounts are whole tögrög, shares basis points.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from app.billing.rules.kinds import AgeBucket, InvoiceStatus
from app.catalogue.rules import TaxType
from app.kernel.errors import NotAllowed, RuleError
from app.kernel.money import LARGEST, format_tugrug, round_half_away, share_of, spread
from app.kernel.text import T


def invoice_balance(total: int, paid: int, adjusted: int, *, is_issued: bool = True, is_void: bool = False) -> int:
    """What is still owed on an invoice: total − Σ allocations − Σ adjustments; 0 for a draft and once void.

    >>> invoice_balance(100_000, 60_000, 20_000)
    20000
    """
    return total - paid - adjusted if is_issued and not is_void else 0


def invoice_status(
    total: int, paid: int, adjusted: int, *, is_issued: bool = True, is_void: bool = False
) -> InvoiceStatus:
    """The status that follows from the amounts. An invoice of 0 is paid as soon as it is issued."""
    if is_void:
        return InvoiceStatus.VOID
    if not is_issued:
        return InvoiceStatus.DRAFT
    if invoice_balance(total, paid, adjusted) <= 0:
        return InvoiceStatus.PAID
    return InvoiceStatus.PARTLY_PAID if paid > 0 else InvoiceStatus.ISSUED


def line_total(quantity: int, unit_price: int, discount: int = 0) -> int:
    """Quantity × unit price − discount. Raises RuleError where a figure is impossible or too large.

    >>> line_total(2, 50_000, 10_000)
    90000
    """
    if quantity < 1:
        raise RuleError(T("At least one."), field="quantity")
    if unit_price < 0:
        raise RuleError(T("A price can't be negative."), field="unit_price")
    if quantity * unit_price > LARGEST:
        raise RuleError(T("This amount is too large."), field="unit_price")
    if discount < 0:
        raise RuleError(T("A discount can't be negative."), field="discount")
    if discount > quantity * unit_price:
        most = format_tugrug(quantity * unit_price)
        raise RuleError(T("At most %(most)s can be taken off this line.", most=most), field="discount")
    return quantity * unit_price - discount


def contained_tax(amount: int, vat_bp: int, tax_type: TaxType | None) -> int:
    """The VAT contained in a line of `amount`: nothing unless the service or medicine is taxed.

    >>> contained_tax(110_000, 1_000, TaxType.VAT_ABLE)
    10000
    """
    if tax_type is not TaxType.VAT_ABLE or vat_bp == 0:
        return 0
    return round_half_away(amount * vat_bp, 10_000 + vat_bp)


def spread_discount(discount: int, lines: Sequence[int]) -> list[int]:
    """What each line gives of a discount on the whole invoice, in proportion to what `lines` still come to.

    The parts always add up and none is larger than its line. Raises RuleError for more than the whole.

    >>> spread_discount(100, [100, 100, 100])
    [34, 33, 33]
    """
    if discount < 0:
        raise RuleError(T("A discount can't be negative."), field="discount")
    if discount > sum(lines):
        most = format_tugrug(sum(lines))
        raise RuleError(T("At most %(most)s can be taken off this invoice.", most=most), field="discount")
    return spread(discount, lines)


def check_discount(
    discount: int,
    subtotal: int,
    *,
    limit_bp: int,
    has_discount: bool,
    has_any: bool,
    before: tuple[int, int] = (0, 0),
) -> None:
    """Refuse a discount that the person may not give. Raises NotAllowed.

    `discount` of `subtotal` is what the invoice would have, `before` what it has: leaving a discount that
    somebody else gave is always allowed, as long as its share does not grow. The right `discount` goes up to
    `limit_bp` of the invoice, `discount_any` up to all of it.
    """
    old, old_subtotal = before
    if has_any or (discount <= old and discount * old_subtotal <= old * subtotal):
        return
    if not has_discount:
        raise NotAllowed(T("You can't give a discount. Ask somebody who may."), field="discount")
    if discount * 10_000 > subtotal * limit_bp:
        most = format_tugrug(share_of(subtotal, limit_bp) if subtotal else 0)
        raise NotAllowed(
            T("You can take off at most %(most)s of this invoice. Ask a Manager for more.", most=most),
            field="discount",
        )


def due_date(issued_on: date, days: int) -> date:
    """The last day on which an invoice can be paid in time."""
    return issued_on + timedelta(days=days)


def is_overdue(balance: int, due_on: date | None, today: date) -> bool:
    """Whether something is owed past its due date."""
    return balance > 0 and due_on is not None and due_on < today


# The first day past due that each bucket holds.
BUCKET_DAYS: Mapping[AgeBucket, int] = {
    AgeBucket.TO_30: 1,
    AgeBucket.TO_60: 31,
    AgeBucket.TO_90: 61,
    AgeBucket.OVER_90: 91,
}


def age_bucket(due_on: date | None, today: date) -> AgeBucket:
    """Where a receivable stands by its days past due: 0 not due, 1–30, 31–60, 61–90, over 90."""
    late = (today - due_on).days if due_on is not None else 0
    return max((bucket for bucket, first in BUCKET_DAYS.items() if late >= first), default=AgeBucket.NOT_DUE)


def aging(receivables: Iterable[tuple[date | None, int]], today: date) -> dict[AgeBucket, int]:
    """(due date, balance) of what is owed, summed by bucket. The buckets add up to the total."""
    buckets = dict.fromkeys(AgeBucket, 0)
    for due_on, balance in receivables:
        buckets[age_bucket(due_on, today)] += balance
    return buckets


MANY_TEETH = 8


def teeth_text(codes: Sequence[str]) -> str | None:
    """The teeth of a line as the patient reads them, in FDI: `36, 37`; whole arches as `18–28, 48–38`.

    >>> teeth_text(["37", "36"])
    '36, 37'
    """
    if len(codes) <= MANY_TEETH:
        return ", ".join(sorted(codes)) or None
    arches = ([code for code in codes if code[0] in quadrants] for quadrants in ("1256", "3478"))
    return ", ".join(f"{min(arch, key=_place)}–{max(arch, key=_place)}" for arch in arches if arch)


def _place(code: str) -> int:
    """Where a tooth stands in its arch, from the patient's right to their left."""
    quadrant, index = int(code[0]), int(code[1])
    return -index if quadrant in (1, 4, 5, 8) else index


def check_total(total: int) -> None:
    """Refuse an invoice that comes to more than an amount can hold. Raises RuleError."""
    if total > LARGEST:
        raise RuleError(T("This invoice is too large. Make several."))


def check_adjustment(amount: int, balance: int, adjusted: int, *, only_lowers: bool) -> None:
    """Refuse an adjustment that would turn the balance, or charge more than the lines. Raises RuleError.

    A positive amount lowers what is owed. A correction may be negative: it takes back earlier adjustments, and
    no more than those; further work is charged with another invoice.
    """
    if amount == 0 or (amount < 0 and only_lowers):
        raise RuleError(T("Write an amount above zero."), field="amount")
    if amount > balance:
        raise RuleError(T("Only %(most)s is owed on this invoice.", most=format_tugrug(balance)), field="amount")
    if adjusted + amount < 0:
        text = T("Only %(most)s was adjusted, so no more can be taken back.", most=format_tugrug(adjusted))
        raise RuleError(text, field="amount")
