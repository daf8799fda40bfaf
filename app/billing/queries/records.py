"""Reads for the pages and papers of an invoice and of a payment: all that stands on one, in few statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.billing.models import (
    AccountEntry,
    Invoice,
    InvoiceAdjustment,
    InvoiceItem,
    Payment,
    PaymentAllocation,
    Refund,
)
from app.billing.rules import InvoiceStatus, PaymentStatus, RefundKind, payment_status
from app.clinical.models import Treatment
from app.kernel.money import format_tugrug
from app.kernel.text import T, Text

Facts = list[tuple[Text, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """What a payment has on an invoice, all its rows together."""

    payment: Payment
    invoice: Invoice
    amount: int


def invoice_with_people(session: Session, invoice_id: int) -> Invoice | None:
    """An invoice with its patient, its payer and its visit's doctor."""
    visit = joinedload(Invoice.treatment).joinedload(Treatment.doctor)
    statement = sa.select(Invoice).where(Invoice.invoice_id == invoice_id)
    return session.scalar(statement.options(joinedload(Invoice.patient), joinedload(Invoice.payer), visit))


def lines_of(session: Session, invoice_ids: Iterable[int]) -> dict[int, list[InvoiceItem]]:
    """invoice → its lines in their order, with what they charge for; one statement."""
    statement = (
        sa.select(InvoiceItem)
        .where(InvoiceItem.invoice_id.in_(list(invoice_ids)))
        .options(joinedload(InvoiceItem.service), joinedload(InvoiceItem.medicine))
        .order_by(InvoiceItem.invoice_item_id)
    )
    found: dict[int, list[InvoiceItem]] = {}
    for item in session.scalars(statement):
        found.setdefault(item.invoice_id, []).append(item)
    return found


def payments_of_invoice(session: Session, invoice_id: int) -> list[Part]:
    """What each payment has, or had, on an invoice, the first one first; one statement."""
    return _parts(session, PaymentAllocation.invoice_id == invoice_id)


def invoices_of_payments(session: Session, payment_ids: Iterable[int]) -> list[Part]:
    """Where payments went, the first invoice first; one statement."""
    return _parts(session, PaymentAllocation.payment_id.in_(list(payment_ids)))


def _parts(session: Session, where: sa.ColumnElement[bool]) -> list[Part]:
    pair = (PaymentAllocation.payment_id, PaymentAllocation.invoice_id)
    first = sa.func.min(PaymentAllocation.payment_allocation_id).label("first")
    held = sa.select(*pair, sa.func.sum(PaymentAllocation.amount).label("amount"), first)
    rows = held.where(where).group_by(*pair).subquery()
    statement = (
        sa.select(Payment, Invoice, rows.c.amount)
        .join(rows, rows.c.payment_id == Payment.payment_id)
        .join(Invoice, Invoice.invoice_id == rows.c.invoice_id)
        .order_by(rows.c.first)
    )
    return [Part(payment, invoice, int(amount)) for payment, invoice, amount in session.execute(statement)]


def adjustments_of(session: Session, invoice_id: int) -> Sequence[InvoiceAdjustment]:
    """The adjustments of an invoice, the first one first."""
    statement = sa.select(InvoiceAdjustment).where(InvoiceAdjustment.invoice_id == invoice_id)
    return session.scalars(statement.order_by(InvoiceAdjustment.invoice_adjustment_id)).all()


def refunds_of(session: Session, payment_ids: Iterable[int]) -> dict[int, list[Refund]]:
    """payment → what was given back of it, the first one first; one statement."""
    statement = sa.select(Refund).where(Refund.payment_id.in_(list(payment_ids))).order_by(Refund.refund_id)
    found: dict[int, list[Refund]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.payment_id, []).append(row)
    return found


def status_of(payment: Payment, refunds: Sequence[Refund]) -> PaymentStatus:
    """What became of a payment."""
    is_reversed = any(row.kind is RefundKind.REVERSAL for row in refunds)
    return payment_status(payment.amount, sum(row.amount for row in refunds), is_reversed=is_reversed)


def entries_of(
    session: Session, *, invoice_id: int, adjustment_ids: Sequence[int], payment_ids: Sequence[int]
) -> Sequence[AccountEntry]:
    """The ledger of an invoice: charge and void, adjustments, the payments that touched it and their refunds."""
    entry = AccountEntry
    refunds = sa.select(Refund.refund_id).where(Refund.payment_id.in_(payment_ids))
    sources = (
        sa.and_(entry.source_table == "invoice", entry.source_row == invoice_id),
        sa.and_(entry.source_table == "invoice_adjustment", entry.source_row.in_(adjustment_ids)),
        sa.and_(entry.source_table == "payment", entry.source_row.in_(payment_ids)),
        sa.and_(entry.source_table == "refund", entry.source_row.in_(refunds)),
    )
    return session.scalars(sa.select(entry).where(sa.or_(*sources)).order_by(entry.account_entry_id)).all()


def payments_of_form(session: Session, payment: Payment) -> Sequence[Payment]:
    """The payments that were made with the same form: one, or two tenders."""
    form, _, line = payment.idempotency_key.rpartition(":")
    if not form or not line.isdigit():
        return [payment]
    keys = [f"{form}:{number}" for number in range(2)]
    same = (Payment.idempotency_key.in_(keys), Payment.patient_id == payment.patient_id)
    return session.scalars(sa.select(Payment).where(*same).order_by(Payment.payment_id)).all()


def verify_facts_invoice(session: Session, invoice_id: int) -> Facts | None:
    """What a check of an invoice's paper says, without anybody's name; None for a draft."""
    row = session.get(Invoice, invoice_id)
    if row is None or row.status is InvoiceStatus.DRAFT:
        return None
    return [
        (T("Invoice"), row.number),
        (T("Issued on"), row.issued_at),
        (T("Total"), format_tugrug(row.total)),
        (T("Paid amount"), format_tugrug(row.paid)),
        (T("Balance"), format_tugrug(row.balance)),
        (T("Status"), row.status),
    ]


def verify_facts_payment(session: Session, payment_id: int) -> Facts | None:
    """What a check of a receipt says, without anybody's name."""
    row = session.get(Payment, payment_id)
    if row is None:
        return None
    status = status_of(row, refunds_of(session, [payment_id]).get(payment_id, []))
    return [
        (T("Receipt"), row.number),
        (T("Date"), row.received_at),
        (T("Amount"), format_tugrug(row.amount)),
        (T("Method"), row.method),
        (T("Status"), status),
    ]
