"""Reads about what is owed: invoices of a visit and of a patient, accounts, credit, receivables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.billing.models import Invoice, InvoiceItem, PatientAccount, Payment, PaymentAllocation, Refund
from app.billing.rules import BUCKET_DAYS, AgeBucket, InvoiceStatus, PaymentMethod
from app.clinical.models import TreatmentItem
from app.people.models import Patient
from app.people.queries import is_of

OPEN = (InvoiceStatus.ISSUED, InvoiceStatus.PARTLY_PAID)  # something is owed on these, and on no others


@dataclass(frozen=True, slots=True)
class Account:
    """A patient's money at a glance, in tögrög. A negative balance: the clinic owes them."""

    charges: int = 0
    payments: int = 0
    adjustments: int = 0
    balance: int = 0
    credit: int = 0  # paid and not yet on any invoice
    last_payment_at: datetime | None = None


def is_visit_settled(session: Session, treatment_id: int) -> bool:
    """Whether a visit is paid for: its invoices owe nothing, or there was nothing to pay."""
    live = (Invoice.treatment_id == treatment_id, Invoice.status != InvoiceStatus.VOID)
    statement = sa.select(Invoice.status, Invoice.balance).where(*live)
    invoices = session.execute(statement).all()
    if invoices:
        return all(status is not InvoiceStatus.DRAFT and balance <= 0 for status, balance in invoices)
    net = TreatmentItem.quantity * TreatmentItem.unit_price - TreatmentItem.discount
    charged = sa.select(TreatmentItem.treatment_item_id).where(TreatmentItem.treatment_id == treatment_id, net > 0)
    return session.scalar(charged.limit(1)) is None


def live_invoices_of_visit(session: Session, treatment_id: int) -> Sequence[Invoice]:
    """The invoices of a visit that are not void, the first one first."""
    live = (Invoice.treatment_id == treatment_id, Invoice.status != InvoiceStatus.VOID)
    return session.scalars(sa.select(Invoice).where(*live).order_by(Invoice.invoice_id)).all()


def unbilled_items(session: Session, treatment_id: int) -> Sequence[TreatmentItem]:
    """The work of a visit that stands on no live invoice, with its services."""
    billed = (
        sa.select(InvoiceItem.treatment_item_id)
        .join(Invoice, Invoice.invoice_id == InvoiceItem.invoice_id)
        .where(Invoice.treatment_id == treatment_id, Invoice.status != InvoiceStatus.VOID)
        .where(InvoiceItem.treatment_item_id.is_not(None))
    )
    statement = (
        sa.select(TreatmentItem)
        .where(TreatmentItem.treatment_id == treatment_id, TreatmentItem.treatment_item_id.not_in(billed))
        .options(sa.orm.joinedload(TreatmentItem.service))
        .order_by(TreatmentItem.treatment_item_id)
    )
    return session.scalars(statement).all()


def changed_lines(session: Session, invoice_id: int) -> Sequence[InvoiceItem]:
    """The lines of a draft whose work was changed in the treatment after they were written."""
    item = TreatmentItem
    differs = sa.or_(
        InvoiceItem.quantity != item.quantity,
        InvoiceItem.unit_price != item.unit_price,
        InvoiceItem.service_id != item.service_id,
        InvoiceItem.discount < item.discount,
    )
    statement = sa.select(InvoiceItem).join(item, item.treatment_item_id == InvoiceItem.treatment_item_id)
    return session.scalars(statement.where(InvoiceItem.invoice_id == invoice_id, differs)).all()


def visits_of_payments(session: Session, payment_ids: Iterable[int]) -> Sequence[int]:
    """The visits whose invoices these payments went to."""
    statement = (
        sa.select(Invoice.treatment_id)
        .join(PaymentAllocation, PaymentAllocation.invoice_id == Invoice.invoice_id)
        .where(PaymentAllocation.payment_id.in_(list(payment_ids)), Invoice.treatment_id.is_not(None))
        .distinct()
        .order_by(Invoice.treatment_id)
    )
    return [key for key in session.scalars(statement) if key is not None]


def invoices_of_patient(session: Session, patient_id: int, limit: int = 50) -> Sequence[Invoice]:
    """The invoices of a patient, the newest first, drafts included."""
    statement = sa.select(Invoice).where(is_of(session, Invoice.patient_id, patient_id))
    return session.scalars(statement.order_by(Invoice.invoice_id.desc()).limit(limit)).all()


def payments_of_patient(session: Session, patient_id: int, limit: int = 50) -> Sequence[Payment]:
    """The payments of a patient, the newest first."""
    statement = sa.select(Payment).where(is_of(session, Payment.patient_id, patient_id))
    return session.scalars(statement.order_by(Payment.payment_id.desc()).limit(limit)).all()


def balances(session: Session, patient_ids: Iterable[int]) -> dict[int, int]:
    """What each of these patients owes (negative: the clinic owes them), from the kept sums of all their records."""
    wanted = list(patient_ids)
    account = PatientAccount
    own = sa.select(account.patient_id, account.balance).where(account.patient_id.in_(wanted))
    merged = sa.select(Patient.merged_into_id, account.balance).join(account, account.patient_id == Patient.patient_id)
    rows = session.execute(own.union_all(merged.where(Patient.merged_into_id.in_(wanted))))
    sums: dict[int, int] = {}
    for key, balance in rows:
        sums[key] = sums.get(key, 0) + int(balance)
    return sums


def account_of(session: Session, patient_id: int) -> Account:
    """A person's kept sums and credit, of all their records together; zeros for somebody without a ledger."""
    owed = sa.select(_sum(Invoice.balance)).where(
        is_of(session, Invoice.patient_id, patient_id), Invoice.status.in_(OPEN)
    )
    account = PatientAccount
    kept = (_sum(account.charges), _sum(account.payments), _sum(account.adjustments), _sum(account.balance))
    statement = sa.select(*kept, sa.func.max(account.last_payment_at), owed.scalar_subquery())
    found = session.execute(statement.where(is_of(session, account.patient_id, patient_id))).one()
    *sums, last_payment_at, open_balance = found
    charges, payments, adjustments, balance = map(int, sums)
    credit = int(open_balance) - balance  # balance = what is open − credit, at any moment
    return Account(charges, payments, adjustments, balance, credit=credit, last_payment_at=last_payment_at)


def left_of_payments(session: Session, patient_id: int) -> list[tuple[Payment, int]]:
    """(payment, what is neither allocated nor given back) of a patient, the oldest first, without the used up."""
    allocated = sa.select(_sum(PaymentAllocation.amount)).where(PaymentAllocation.payment_id == Payment.payment_id)
    refunded = sa.select(_sum(Refund.amount)).where(Refund.payment_id == Payment.payment_id)
    left = Payment.amount - allocated.scalar_subquery() - refunded.scalar_subquery()
    statement = sa.select(Payment, left).where(is_of(session, Payment.patient_id, patient_id), left > 0)
    return [(row, int(rest)) for row, rest in session.execute(statement.order_by(Payment.payment_id))]


def open_receivable(session: Session) -> int:
    """What all patients together owe on issued invoices."""
    return int(session.scalar(sa.select(_sum(Invoice.balance)).where(Invoice.status.in_(OPEN))) or 0)


def is_overdue_condition(today: date) -> ColumnElement[bool]:
    """The condition "something is owed past its due date", as an index on status and due date answers it."""
    return sa.and_(Invoice.status.in_(OPEN), Invoice.due_on < today)


def aging(session: Session, today: date) -> dict[AgeBucket, int]:
    """What is owed, by days past due; the buckets add up to `open_receivable`. One statement over the open ones."""
    buckets: list[tuple[Any, Any]] = [
        (Invoice.due_on <= today - timedelta(days=first), int(bucket))
        for bucket, first in sorted(BUCKET_DAYS.items(), reverse=True)
    ]
    bucket = sa.case(*buckets, else_=int(AgeBucket.NOT_DUE))
    statement = sa.select(bucket, _sum(Invoice.balance)).where(Invoice.status.in_(OPEN)).group_by(bucket)
    found = {int(key): int(value) for key, value in session.execute(statement)}
    return {bucket: found.get(int(bucket), 0) for bucket in AgeBucket}


def taken_today(session: Session, start: datetime, end: datetime) -> dict[PaymentMethod, int]:
    """What came in within [start, end) by method, less what was given back or reversed in that time."""
    came = sa.select(Payment.method, _sum(Payment.amount)).group_by(Payment.method)
    gone = sa.select(Refund.method, _sum(Refund.amount)).group_by(Refund.method)
    taken: dict[PaymentMethod, int] = {}
    for method, amount in session.execute(came.where(Payment.received_at >= start, Payment.received_at < end)):
        taken[method] = int(amount)
    for method, amount in session.execute(gone.where(Refund.created_at >= start, Refund.created_at < end)):
        taken[method] = taken.get(method, 0) - int(amount)
    return taken


def _sum(column: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(column), 0)
