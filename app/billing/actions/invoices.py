"""Posting an invoice, and the rows that correct a posted one."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing import rules
from app.billing.actions import drafts
from app.billing.actions.ledger import Posting, Source, lock_invoice, post, put, refresh
from app.billing.models import Invoice, InvoiceAdjustment, PatientAccount, Payment, PaymentAllocation
from app.billing.rules import AdjustmentKind, EntryKind, InvoiceStatus
from app.jobs.actions import next_number
from app.jobs.rules import CounterKind, document_number
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T

ENTRY_OF = {AdjustmentKind.WRITE_OFF: EntryKind.WRITE_OFF}  # the other kinds are plain adjustments
LONGEST_REASON = 255


def issue_invoice(session: Session, invoice_id: int, posting: Posting, *, due_days: int, vat_bp: int) -> Invoice:
    """Post a draft: it gets its number, its due date and its charge in the ledger, and can't change any more.

    Raises RuleError for one without lines, Conflict where it is issued already, NotFound.
    """
    account, invoice = lock_invoice(session, invoice_id)
    if invoice.status is not InvoiceStatus.DRAFT:
        raise Conflict(T("This invoice is issued already."))
    if not drafts.tax_again(session, invoice, vat_bp=vat_bp):
        raise RuleError(T("This invoice has no lines yet. Add what is to be paid."))
    year = posting.today.year
    invoice.number = document_number(posting.prefix, year, next_number(session, CounterKind.INVOICE, year))
    invoice.issued_at, invoice.due_on = posting.now, rules.due_date(posting.today, due_days)
    refresh(invoice)
    post(session, account, posting, EntryKind.CHARGE, invoice.total, Source("invoice", invoice_id, invoice.number))
    session.flush()
    return invoice


def adjust_invoice(
    session: Session, invoice_id: int, kind: AdjustmentKind, amount: int, reason: str | None, posting: Posting
) -> InvoiceAdjustment:
    """Lower what is owed on an issued invoice without money, with a reason; a correction may take that back.

    Raises RuleError for more than is owed, Conflict for a draft or a void invoice, NotFound.
    """
    account, invoice = lock_invoice(session, invoice_id)
    check_issued(invoice)
    rules.check_adjustment(amount, invoice.balance, invoice.adjusted, only_lowers=kind is not AdjustmentKind.CORRECTION)
    row = _adjust(session, account, invoice, kind, amount, check_reason(reason), posting)
    session.flush()
    return row


def _adjust(
    session: Session,
    account: PatientAccount,
    invoice: Invoice,
    kind: AdjustmentKind,
    amount: int,
    reason: str,
    posting: Posting,
) -> InvoiceAdjustment:
    row = InvoiceAdjustment(
        invoice_id=invoice.invoice_id,
        kind=kind,
        amount=amount,
        reason=reason,
        approved_by=posting.by,
        created_at=posting.now,
    )
    session.add(row)
    session.flush()
    invoice.adjusted += amount
    refresh(invoice)
    source = Source("invoice_adjustment", row.invoice_adjustment_id, reason)
    post(session, account, posting, ENTRY_OF.get(kind, EntryKind.ADJUSTMENT), -amount, source)
    return row


def void_invoice(session: Session, invoice_id: int, reason: str | None, posting: Posting) -> Invoice:
    """Take a posted invoice back. What was paid on it becomes the patient's credit; the number stays.

    First the negative allocations and the adjustments' opposite are written, then the charge's.
    Raises RuleError without a reason, Conflict for a draft or one that is void already, NotFound.
    """
    account, invoice = lock_invoice(session, invoice_id)
    check_issued(invoice)
    why = check_reason(reason)
    for payment, amount in _allocated(session, invoice):
        put(session, posting, payment, invoice, -amount)
    if invoice.adjusted:
        _adjust(session, account, invoice, AdjustmentKind.CORRECTION, -invoice.adjusted, why, posting)
    invoice.voided_at, invoice.voided_by, invoice.void_reason = posting.now, posting.by, why
    refresh(invoice)
    post(session, account, posting, EntryKind.VOID, -invoice.total, Source("invoice", invoice_id, why))
    session.flush()
    return invoice


def _allocated(session: Session, invoice: Invoice) -> list[tuple[Payment, int]]:
    """(payment, what it has on this invoice), the latest first."""
    amount, latest = sa.func.sum(PaymentAllocation.amount), sa.func.max(PaymentAllocation.payment_allocation_id)
    held = sa.select(PaymentAllocation.payment_id, amount.label("amount"), latest.label("latest"))
    held_by = held.where(PaymentAllocation.invoice_id == invoice.invoice_id).group_by(PaymentAllocation.payment_id)
    part = held_by.having(amount != 0).subquery()
    statement = sa.select(Payment, part.c.amount).join(part, part.c.payment_id == Payment.payment_id)
    return [(payment, int(held)) for payment, held in session.execute(statement.order_by(part.c.latest.desc()))]


def check_issued(invoice: Invoice) -> None:
    """Refuse what only a posted, living invoice can take. Raises Conflict."""
    if invoice.status is InvoiceStatus.DRAFT:
        raise Conflict(T("This invoice is a draft. Issue it first."))
    if invoice.status is InvoiceStatus.VOID:
        raise Conflict(T("This invoice is void."))


def check_reason(reason: str | None) -> str:
    """The reason without the space around it. Raises RuleError where there is none."""
    clean = (reason or "").strip()
    if not clean:
        raise RuleError(T("Say why."), field="reason")
    if len(clean) > LONGEST_REASON:
        text = T("At most %(longest)s characters; this has %(length)s.", longest=LONGEST_REASON, length=len(clean))
        raise RuleError(text, field="reason")
    return clean
