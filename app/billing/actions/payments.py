"""Taking money and giving it back. A payment is never changed: a mistake is refunded or reversed by a new row."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.billing import queries, rules
from app.billing.actions.drafts import check_payer
from app.billing.actions.invoices import check_issued, check_reason
from app.billing.actions.ledger import (
    Posting,
    Source,
    lock_account,
    lock_invoice,
    lock_invoices,
    lock_payment,
    post,
    put,
)
from app.billing.models import AccountEntry, Invoice, Payment, PaymentAllocation, Refund
from app.billing.rules import EntryKind, PaymentMethod, RefundKind
from app.db.unit import TryAgain
from app.jobs.actions import next_number
from app.jobs.rules import CounterKind, document_number
from app.kernel.errors import Conflict, RuleError
from app.kernel.money import LARGEST, format_tugrug
from app.kernel.text import T
from app.people.queries import is_of, kept_id, patient_ids

LONGEST_KEY = 78  # leaves room for the line of a form


@dataclass(frozen=True, slots=True)
class Tender:
    """Money as it is handed over. `name` is where its errors belong on the form, such as `tenders-1`."""

    amount: int
    method: PaymentMethod
    reference: str | None = None
    name: str = ""


def record_payment(
    session: Session,
    *,
    patient_id: int,
    tender: Tender,
    key: str,
    posting: Posting,
    invoice_id: int | None = None,
    payer_id: int | None = None,
) -> Payment:
    """Record money once: the same key again answers the first payment.

    It goes to the invoice it was opened from, then to the patient's oldest open ones; the rest is their credit.
    Raises RuleError for an impossible amount, Conflict where the key was used for something else or the invoice is
    a draft or void, NotFound.
    """
    _check_tender(tender, key)
    patient_id = kept_id(session, patient_id)
    account = lock_account(session, patient_id)
    invoice = _invoice_of(session, patient_id, invoice_id)
    known = payment_of_key(session, key)
    if known is not None:
        return _same(session, known, patient_id, tender, invoice)
    if invoice is not None:
        check_issued(invoice)
    payer = check_payer(session, patient_id, payer_id)
    payment = _add_payment(session, patient_id, payer, tender, key, posting)
    note = invoice.number if invoice is not None else None
    post(session, account, posting, EntryKind.PAYMENT, -tender.amount, Source("payment", payment.payment_id, note))
    account.last_payment_at = posting.now
    _spread(session, payment, tender.amount, invoice_id, posting)
    session.flush()
    return payment


def record_tenders(
    session: Session,
    *,
    patient_id: int,
    tenders: Sequence[Tender],
    key: str,
    posting: Posting,
    invoice_id: int | None = None,
    payer_id: int | None = None,
) -> list[Payment]:
    """One form with one or two tenders: a payment for each, under the keys `key:0`, `key:1`, all or none."""
    if not tenders:
        raise RuleError(T("Write what is paid."), field="tenders-0-amount")
    return [
        record_payment(
            session,
            patient_id=patient_id,
            tender=tender,
            key=f"{key}:{line}",
            posting=posting,
            invoice_id=invoice_id,
            payer_id=payer_id,
        )
        for line, tender in enumerate(tenders)
    ]


def payment_of_key(session: Session, key: str) -> Payment | None:
    """The payment that was recorded under this key."""
    return session.scalar(sa.select(Payment).where(Payment.idempotency_key == key))


def allocate_credit(session: Session, invoice_id: int, amount: int | None, posting: Posting) -> int:
    """Use the patient's credit on an open invoice: all that fits, or `amount`. Returns what was used.

    Nothing is posted to the ledger: the money was counted when it came. Raises RuleError, Conflict, NotFound.
    """
    _, invoice = lock_invoice(session, invoice_id)
    check_issued(invoice)
    left = queries.left_of_payments(session, invoice.patient_id)
    most = min(invoice.balance, sum(rest for _, rest in left))
    wanted = most if amount is None else amount
    if most <= 0:
        raise RuleError(T("There is no credit to use, or nothing to pay."), field="amount")
    if not 0 < wanted <= most:
        raise RuleError(T("From 1 ₮ to %(most)s.", most=format_tugrug(most)), field="amount")
    by_id = {payment.payment_id: payment for payment, _ in left}
    for payment_id, part in rules.allocate(wanted, [(payment.payment_id, rest) for payment, rest in left]):
        put(session, posting, by_id[payment_id], invoice, part)
    session.flush()
    return wanted


def refund_payment(
    session: Session,
    payment_id: int,
    *,
    kind: RefundKind,
    amount: int | None,
    method: PaymentMethod | None,
    reason: str | None,
    key: str,
    posting: Posting,
) -> Refund:
    """Give money back, or take back a payment that was never received; the same key again answers the first refund.

    What is on no invoice goes first; then the negative allocations are written, the latest first. A reversal takes
    the whole payment back. Raises RuleError, Conflict, NotFound.
    """
    account, payment = lock_payment(session, payment_id)
    known = session.scalar(sa.select(Refund).where(Refund.idempotency_key == key))
    if known is not None:
        return _same_refund(known, payment_id, kind, amount)
    refunded = _refunded(session, payment)
    left = payment.amount - refunded
    wanted = left if amount is None else amount
    rules.check_refund(wanted, left, takes_all=kind is RefundKind.REVERSAL)
    if kind is RefundKind.REVERSAL and refunded:
        raise RuleError(T("A part of it was given back, so it was received. Refund the rest instead."), field="kind")
    why = check_reason(reason)
    _free(session, payment, wanted, left, posting)
    row = _add_refund(session, payment, kind, wanted, method or payment.method, why, key, posting)
    post(session, account, posting, EntryKind.REFUND, wanted, Source("refund", row.refund_id, why))
    session.flush()
    return row


# --- payments


def _check_tender(tender: Tender, key: str) -> None:
    at = f"{tender.name}-" if tender.name else ""
    if tender.amount <= 0:
        raise RuleError(T("Write an amount above zero."), field=at + "amount")
    if tender.amount > LARGEST:
        raise RuleError(T("This amount is too large."), field=at + "amount")
    if not key or not key.isascii() or len(key) > LONGEST_KEY + 2:
        raise RuleError(T("This form is incomplete. Load the page again."))


def _invoice_of(session: Session, patient_id: int, invoice_id: int | None) -> Invoice | None:
    if invoice_id is None:
        return None
    _, invoice = lock_invoice(session, invoice_id)
    if invoice.patient_id not in patient_ids(session, patient_id):
        raise Conflict(T("This invoice is another patient's."))
    return invoice


def _same(session: Session, known: Payment, patient_id: int, tender: Tender, invoice: Invoice | None) -> Payment:
    """The payment a used key stands for. Raises Conflict where this is not the same one."""
    posted = (AccountEntry.source_table == "payment", AccountEntry.source_row == known.payment_id)
    opened_from = session.scalar(sa.select(AccountEntry.note).where(*posted))
    wanted = (patient_id, tender.amount, tender.method, invoice.number if invoice is not None else None)
    if (kept_id(session, known.patient_id), known.amount, known.method, opened_from) != wanted:
        raise Conflict(
            T(
                "This form recorded payment %(number)s of %(amount)s already. Load the page again for another one.",
                number=known.number,
                amount=format_tugrug(known.amount),
            ),
            data={"payment_id": known.payment_id},
        )
    return known


def _add_payment(
    session: Session, patient_id: int, payer_id: int | None, tender: Tender, key: str, posting: Posting
) -> Payment:
    year = posting.today.year
    payment = Payment(
        number=document_number(posting.prefix, year, next_number(session, CounterKind.PAYMENT, year)),
        patient_id=patient_id,
        payer_id=payer_id,
        amount=tender.amount,
        method=tender.method,
        reference=tender.reference or None,
        received_by=posting.by,
        received_at=posting.now,
        idempotency_key=key,
        created_at=posting.now,
    )
    session.add(payment)
    _flush_once(session)
    return payment


def _flush_once(session: Session) -> None:
    """Write the row; where its key came from somewhere else at this very moment, run again and find it."""
    try:
        session.flush()
    except IntegrityError as error:
        if "idempotency_key" in str(error.orig):
            raise TryAgain from error
        raise


def _spread(session: Session, payment: Payment, amount: int, first: int | None, posting: Posting) -> None:
    """Put a payment on open invoices: on `first`, then on the oldest of the patient."""
    open_ = sa.select(Invoice.invoice_id, Invoice.balance).where(
        is_of(session, Invoice.patient_id, payment.patient_id), Invoice.status.in_(queries.OPEN)
    )
    owed = session.execute(open_.order_by(Invoice.issued_at, Invoice.invoice_id)).all()
    parts = rules.allocate(amount, [(key, int(balance)) for key, balance in owed], first)
    invoices = lock_invoices(session, [key for key, _ in parts])
    for key, part in parts:
        put(session, posting, payment, invoices[key], part)


# --- refunds


def _refunded(session: Session, payment: Payment) -> int:
    total = sa.select(sa.func.coalesce(sa.func.sum(Refund.amount), 0))
    return int(session.scalar(total.where(Refund.payment_id == payment.payment_id)) or 0)


def _same_refund(known: Refund, payment_id: int, kind: RefundKind, amount: int | None) -> Refund:
    if (known.payment_id, known.kind) != (payment_id, kind) or amount not in (None, known.amount):
        raise Conflict(T("This form was used already. Load the page again to give back more."))
    return known


def _free(session: Session, payment: Payment, wanted: int, left: int, posting: Posting) -> None:
    """Take as much off the invoices as the payment's own credit does not cover, the latest allocation first."""
    amount, latest = sa.func.sum(PaymentAllocation.amount), sa.func.max(PaymentAllocation.payment_allocation_id)
    statement = sa.select(PaymentAllocation.invoice_id, amount).where(
        PaymentAllocation.payment_id == payment.payment_id
    )
    held = session.execute(statement.group_by(PaymentAllocation.invoice_id).having(amount != 0).order_by(latest))
    allocated = [(key, int(part)) for key, part in held]
    credit = left - sum(part for _, part in allocated)
    parts = rules.take_back(wanted - credit, allocated) if wanted > credit else []
    invoices = lock_invoices(session, [key for key, _ in parts])
    for key, part in parts:
        put(session, posting, payment, invoices[key], -part)


def _add_refund(
    session: Session,
    payment: Payment,
    kind: RefundKind,
    amount: int,
    method: PaymentMethod,
    reason: str,
    key: str,
    posting: Posting,
) -> Refund:
    if not key or not key.isascii() or len(key) > LONGEST_KEY + 2:
        raise RuleError(T("This form is incomplete. Load the page again."))
    row = Refund(
        payment_id=payment.payment_id,
        kind=kind,
        amount=amount,
        method=method,
        reason=reason,
        approved_by=posting.by,
        idempotency_key=key,
        created_at=posting.now,
    )
    session.add(row)
    _flush_once(session)
    return row
