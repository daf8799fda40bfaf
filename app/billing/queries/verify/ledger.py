"""Checks of the ledger against the rows it stands for, and of the sums that are kept of it."""

from typing import Any

import sqlalchemy as sa

from app.billing.models import (
    AccountEntry,
    Invoice,
    InvoiceAdjustment,
    PatientAccount,
    Payment,
    PaymentAllocation,
    Refund,
)
from app.billing.queries.accounts import OPEN
from app.billing.queries.verify.base import Statement, compare, compare_groups, sum_of
from app.billing.rules import ADJUSTMENTS, CHARGES, PAYMENTS, EntryKind
from app.people.models import Patient


def _ledger_of(table: str, key: Any, owed: Any, patient: Any, source: Any, entries: Any) -> Statement:
    """The first row whose entries in the ledger don't say what it says: amount, number of entries, patient."""
    entry = AccountEntry
    joined = sa.outerjoin(source, entry, sa.and_(entry.source_table == table, entry.source_row == key))
    same = sa.func.coalesce(sa.func.max(entry.patient_id), sa.func.max(patient))
    return compare_groups(
        key,
        joined,
        (sum_of(entry.debit - entry.credit), sa.func.max(owed)),
        (sa.func.count(entry.account_entry_id), sa.func.max(entries)),
        (same, sa.func.max(patient)),
        (sa.func.coalesce(sa.func.min(entry.patient_id), sa.func.max(patient)), sa.func.max(patient)),
    )


def ledger_of_invoices() -> Statement:
    """An issued invoice is charged once, a void one charged and taken back."""
    is_void, is_draft = Invoice.voided_at.is_not(None), Invoice.number.is_(None)
    owed = sa.case((sa.or_(is_void, is_draft), 0), else_=Invoice.total)
    entries = sa.case((sa.or_(is_draft, Invoice.total == 0), 0), (is_void, 2), else_=1)
    return _ledger_of("invoice", Invoice.invoice_id, owed, Invoice.patient_id, Invoice, entries)


def ledger_of_payments() -> Statement:
    """A payment is one credit of its amount."""
    return _ledger_of("payment", Payment.payment_id, -Payment.amount, Payment.patient_id, Payment, sa.literal(1))


def ledger_of_adjustments() -> Statement:
    """An adjustment is one entry of its amount."""
    row = InvoiceAdjustment
    joined = sa.join(row, Invoice, Invoice.invoice_id == row.invoice_id)
    key = row.invoice_adjustment_id
    return _ledger_of("invoice_adjustment", key, -row.amount, Invoice.patient_id, joined, sa.literal(1))


def ledger_of_refunds() -> Statement:
    """A refund is one debit of its amount."""
    joined = sa.join(Refund, Payment, Payment.payment_id == Refund.payment_id)
    return _ledger_of("refund", Refund.refund_id, Refund.amount, Payment.patient_id, joined, sa.literal(1))


def orphans(table: str, key: Any) -> Statement:
    """No entry stands for a row that is not there."""
    entry = AccountEntry
    joined = sa.outerjoin(entry, key.class_, entry.source_row == key)
    statement = sa.select(entry.account_entry_id, entry.source_row, sa.literal(f"a row of {table}"))
    return statement.select_from(joined).where(entry.source_table == table, key.is_(None)).limit(1)


def unknown_sources() -> Statement:
    """Every entry stands for a known kind of row."""
    entry = AccountEntry
    known = ("invoice", "invoice_adjustment", "payment", "refund")
    statement = sa.select(entry.account_entry_id, entry.source_table, sa.literal(" or ".join(known)))
    return statement.where(entry.source_table.not_in(known)).limit(1)


def account_sums() -> Statement:
    """The kept sums of an account are those of its entries."""
    account, entry = PatientAccount, AccountEntry
    joined = sa.outerjoin(account, entry, entry.patient_id == account.patient_id)
    owed = entry.debit - entry.credit
    parts = (
        (account.charges, CHARGES, owed),
        (account.payments, PAYMENTS, -owed),
        (account.adjustments, ADJUSTMENTS, -owed),
        (account.balance, frozenset(EntryKind), owed),
    )
    pairs = [
        (sa.func.max(kept), sum_of(sa.case((entry.kind.in_(kinds), amount), else_=0))) for kept, kinds, amount in parts
    ]
    return compare_groups(account.patient_id, joined, *pairs)


def missing_accounts() -> Statement:
    """Whoever has entries has an account."""
    entry = AccountEntry
    joined = sa.outerjoin(entry, PatientAccount, PatientAccount.patient_id == entry.patient_id)
    statement = sa.select(entry.patient_id, sa.literal("no account"), sa.literal("one")).select_from(joined)
    return statement.where(PatientAccount.patient_id.is_(None)).limit(1)


def account_balances() -> Statement:
    """Kept balance = Σ balances of issued invoices − unallocated credit."""
    account, rows = PatientAccount, _owed()
    joined = sa.outerjoin(account, rows, rows.c.patient_id == account.patient_id)
    alone = account.patient_id.not_in(sa.select(_members().c.patient_id))
    return compare(account.patient_id, account.balance, sa.func.coalesce(rows.c.should, 0), joined).where(alone)


def balances_of_merged() -> Statement:
    """The same of several records that are one person, together: their money moves between them."""
    account, members = PatientAccount, _members()
    rows = _owed(sa.select(_members().c.patient_id))
    joined = sa.outerjoin(members, account, account.patient_id == members.c.patient_id).outerjoin(
        rows, rows.c.patient_id == members.c.patient_id
    )
    return compare_groups(members.c.person, joined, (sum_of(account.balance), sum_of(rows.c.should)))


def _members() -> Any:
    """(patient, person) of everybody who has more than one record."""
    one, merged = Patient, Patient.merged_into_id.is_not(None)
    records = sa.select(one.patient_id.label("patient_id"), one.merged_into_id.label("person")).where(merged)
    return records.union(sa.select(one.merged_into_id, one.merged_into_id).where(merged)).subquery()


def _owed(only: Any = None) -> Any:
    """patient → Σ balances of issued invoices − unallocated credit."""
    pieces = [
        sa.select(Invoice.patient_id, Invoice.balance.label("owed")).where(Invoice.status.in_(OPEN)),
        sa.select(Payment.patient_id, (-Payment.amount).label("owed")),
        sa.select(Payment.patient_id, PaymentAllocation.amount).join(
            PaymentAllocation, PaymentAllocation.payment_id == Payment.payment_id
        ),
        sa.select(Payment.patient_id, Refund.amount).join(Refund, Refund.payment_id == Payment.payment_id),
    ]
    if only is not None:
        pieces = [piece.where((Invoice if i == 0 else Payment).patient_id.in_(only)) for i, piece in enumerate(pieces)]
    all_ = sa.union_all(*pieces).subquery()
    return sa.select(all_.c.patient_id, sum_of(all_.c.owed).label("should")).group_by(all_.c.patient_id).subquery()
