"""One ledger: the locks under which it is written, its entries, and the sums that are kept with them.

Everything that moves a patient's money locks their `patient_account` row first and invoices after it, so that two
clerks wait for each other instead of for a deadlock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.billing import rules
from app.billing.models import AccountEntry, Invoice, PatientAccount, Payment, PaymentAllocation
from app.billing.rules import EntryKind
from app.db.unit import TryAgain
from app.kernel.errors import NotFound
from app.kernel.text import T
from app.people.models import Patient
from app.people.queries import patient_ids


@dataclass(frozen=True, slots=True)
class Posting:
    """Who posts, when, and how the clinic's documents are numbered: the same for all that one click writes."""

    now: datetime
    today: date  # the clinic's date: it decides the year of the number and the due date
    by: int | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The row an entry of the ledger stands for."""

    table: str
    row: int
    note: str | None = None


def lock_account(session: Session, patient_id: int) -> PatientAccount:
    """The patient's account, locked until the unit ends; made with the first money. Raises NotFound.

    With it, in the order of their keys, the accounts of records merged with this one: money moves between them.
    """
    found = lock_accounts(session, patient_ids(session, patient_id))
    if patient_id in found:
        return found[patient_id]
    if session.get(Patient, patient_id) is None:
        raise NotFound(T("This patient does not exist."))
    account = PatientAccount(patient_id=patient_id, charges=0, payments=0, adjustments=0, balance=0)
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:
        raise TryAgain from error  # somebody else made it a moment ago
    return account


def lock_accounts(session: Session, keys: Iterable[int]) -> dict[int, PatientAccount]:
    """Those of these patients' accounts that are there, locked in the order of their keys."""
    statement = sa.select(PatientAccount).where(PatientAccount.patient_id.in_(list(keys)))
    ordered = statement.order_by(PatientAccount.patient_id).with_for_update()
    return {row.patient_id: row for row in session.scalars(ordered.execution_options(populate_existing=True))}


def lock_invoice(session: Session, invoice_id: int) -> tuple[PatientAccount, Invoice]:
    """An invoice and its patient's account, both locked, the account first. Raises NotFound."""
    patient_id = session.scalar(sa.select(Invoice.patient_id).where(Invoice.invoice_id == invoice_id))
    if patient_id is None:
        raise NotFound(T("This invoice does not exist."))
    account = lock_account(session, patient_id)
    invoice = session.get(Invoice, invoice_id, with_for_update=True)
    if invoice is None:
        raise NotFound(T("This invoice does not exist."))
    return account, invoice


def lock_payment(session: Session, payment_id: int) -> tuple[PatientAccount, Payment]:
    """A payment and its patient's account; payments themselves never change. Raises NotFound."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotFound(T("This payment does not exist."))
    return lock_account(session, payment.patient_id), payment


def lock_invoices(session: Session, invoice_ids: Iterable[int]) -> dict[int, Invoice]:
    """Several invoices of a patient whose account is locked already."""
    wanted = sorted(set(invoice_ids))
    if not wanted:
        return {}
    statement = sa.select(Invoice).where(Invoice.invoice_id.in_(wanted)).order_by(Invoice.invoice_id).with_for_update()
    return {row.invoice_id: row for row in session.scalars(statement.execution_options(populate_existing=True))}


def post(session: Session, account: PatientAccount, posting: Posting, kind: EntryKind, owed: int, of: Source) -> None:
    """Write an entry and move the account's sums. `owed` is what the patient owes more by it (negative: less).

    Nothing is written for 0, such as the charge of an invoice that costs nothing.
    """
    if owed == 0:
        return
    session.add(
        AccountEntry(
            patient_id=account.patient_id,
            at=posting.now,
            kind=kind,
            debit=max(owed, 0),
            credit=max(-owed, 0),
            source_table=of.table,
            source_row=of.row,
            note=of.note,
            created_at=posting.now,
        )
    )
    if kind in rules.CHARGES:
        account.charges += owed
    elif kind in rules.PAYMENTS:
        account.payments -= owed
    else:
        account.adjustments -= owed
    account.balance += owed


def put(session: Session, posting: Posting, payment: Payment, invoice: Invoice, amount: int) -> None:
    """Put a part of a payment on an invoice (negative: take it off again) and keep the invoice's sums."""
    session.add(
        PaymentAllocation(
            payment_id=payment.payment_id, invoice_id=invoice.invoice_id, amount=amount, created_at=posting.now
        )
    )
    invoice.paid += amount
    refresh(invoice)


def refresh(invoice: Invoice) -> None:
    """The balance and the status that follow from an invoice's amounts."""
    state = {"is_issued": invoice.number is not None, "is_void": invoice.voided_at is not None}
    invoice.balance = rules.invoice_balance(invoice.total, invoice.paid, invoice.adjusted, **state)
    invoice.status = rules.invoice_status(invoice.total, invoice.paid, invoice.adjusted, **state)
