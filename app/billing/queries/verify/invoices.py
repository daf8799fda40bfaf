"""Checks of invoices, their lines, and where payments went."""

from typing import Any

import sqlalchemy as sa

from app.billing.models import Invoice, InvoiceItem, Payment, PaymentAllocation, Refund
from app.billing.queries.verify.base import Statement, compare, compare_groups, sum_of
from app.billing.rules import InvoiceStatus
from app.people.queries import person_of


def line_totals() -> Statement:
    """A line is quantity × unit price − discount."""
    item = InvoiceItem
    return compare(item.invoice_item_id, item.line_total, item.quantity * item.unit_price - item.discount, item)


def line_taxes() -> Statement:
    """The tax is contained in the line."""
    item = InvoiceItem
    statement = sa.select(item.invoice_item_id, item.tax, item.line_total)
    return statement.where(sa.or_(item.tax < 0, item.tax > item.line_total)).limit(1)


def invoice_sums() -> Statement:
    """The kept sums of an invoice are those of its lines."""
    item = InvoiceItem
    joined = sa.outerjoin(Invoice, item, item.invoice_id == Invoice.invoice_id)
    parts = (
        (Invoice.subtotal, item.quantity * item.unit_price),
        (Invoice.discount, item.discount),
        (Invoice.tax, item.tax),
        (Invoice.total, item.line_total),
    )
    pairs = [(sa.func.max(kept), sum_of(part)) for kept, part in parts]
    return compare_groups(Invoice.invoice_id, joined, *pairs)


def kept_on_invoice(kept: Any, table: Any) -> Statement:
    """Paid and adjusted are the sums of their rows."""
    joined = sa.outerjoin(Invoice, table, table.invoice_id == Invoice.invoice_id)
    return compare_groups(Invoice.invoice_id, joined, (sa.func.max(kept), sum_of(table.amount)))


def invoice_balances() -> Statement:
    """What is owed follows from total, paid and adjusted; nothing on drafts and void ones."""
    owed = Invoice.total - Invoice.paid - Invoice.adjusted
    nothing = Invoice.status.in_([InvoiceStatus.DRAFT, InvoiceStatus.VOID])
    return compare(Invoice.invoice_id, Invoice.balance, sa.case((nothing, 0), else_=owed), Invoice)


def negative_balances() -> Statement:
    """Nothing is paid or adjusted beyond the total."""
    statement = sa.select(Invoice.invoice_id, Invoice.balance, sa.literal("0 or more"))
    return statement.where(sa.or_(Invoice.balance < 0, Invoice.paid < 0, Invoice.adjusted < 0)).limit(1)


def invoice_statuses() -> Statement:
    """The status follows from the amounts."""
    S = InvoiceStatus  # noqa: N806 - short, for the table below
    should = sa.case(
        (Invoice.voided_at.is_not(None), S.VOID.value),
        (Invoice.number.is_(None), S.DRAFT.value),
        (Invoice.total - Invoice.paid - Invoice.adjusted <= 0, S.PAID.value),
        (Invoice.paid > 0, S.PARTLY_PAID.value),
        else_=S.ISSUED.value,
    )
    return compare(Invoice.invoice_id, sa.cast(Invoice.status, sa.String(24)), should, Invoice)


def left_of_payments() -> Statement:
    """What is allocated and given back of a payment is no more than it was."""
    by_payment = PaymentAllocation.payment_id
    allocated = sa.select(by_payment, sum_of(PaymentAllocation.amount).label("part")).group_by(by_payment).subquery()
    refunded = sa.select(Refund.payment_id, sum_of(Refund.amount).label("part")).group_by(Refund.payment_id).subquery()
    used = sa.func.coalesce(allocated.c.part, 0) + sa.func.coalesce(refunded.c.part, 0)
    joined = sa.outerjoin(Payment, allocated, allocated.c.payment_id == Payment.payment_id).outerjoin(
        refunded, refunded.c.payment_id == Payment.payment_id
    )
    statement = sa.select(Payment.payment_id, used, Payment.amount).select_from(joined)
    return statement.where(sa.or_(used > Payment.amount, sa.func.coalesce(allocated.c.part, 0) < 0)).limit(1)


def negative_allocations() -> Statement:
    """No more is taken off an invoice than was put on it."""
    held = sum_of(PaymentAllocation.amount)
    statement = sa.select(sa.func.min(PaymentAllocation.payment_allocation_id), held, sa.literal("0 or more"))
    pair = (PaymentAllocation.payment_id, PaymentAllocation.invoice_id)
    return statement.group_by(*pair).having(held < 0).limit(1)


def one_patient() -> Statement:
    """A payment goes to invoices of its own patient, under whichever of their numbers."""
    joined = sa.join(PaymentAllocation, Payment, Payment.payment_id == PaymentAllocation.payment_id).join(
        Invoice, Invoice.invoice_id == PaymentAllocation.invoice_id
    )
    differs = sa.select(PaymentAllocation.payment_allocation_id, Payment.patient_id, Invoice.patient_id)
    other = (Payment.patient_id != Invoice.patient_id, person_of(Payment.patient_id) != person_of(Invoice.patient_id))
    return differs.select_from(joined).where(*other).limit(1)
