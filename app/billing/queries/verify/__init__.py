"""Recomputing the ledger: each check is one statement that finds the first row that doesn't add up.

Everything is compared inside the database, so a million invoices never pass through Python.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing.models import (
    AccountEntry,
    Invoice,
    InvoiceAdjustment,
    InvoiceItem,
    PatientAccount,
    Payment,
    PaymentAllocation,
    Refund,
)
from app.billing.queries.verify import invoices, ledger, numbers
from app.billing.queries.verify.base import Statement
from app.jobs.rules import CounterKind


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row that contradicts the others: which check, which row, what stands there and what should."""

    check: str
    row: str
    stands: str
    should: str

    def __str__(self) -> str:
        return f"{self.check}: {self.row} has {self.stands}, not {self.should}"


CHECKS: Sequence[tuple[str, Callable[[], Statement]]] = (
    ("line total", invoices.line_totals),
    ("tax of a line", invoices.line_taxes),
    ("sums of an invoice", invoices.invoice_sums),
    ("paid on an invoice", lambda: invoices.kept_on_invoice(Invoice.paid, PaymentAllocation)),
    ("adjusted on an invoice", lambda: invoices.kept_on_invoice(Invoice.adjusted, InvoiceAdjustment)),
    ("balance of an invoice", invoices.invoice_balances),
    ("negative sum of an invoice", invoices.negative_balances),
    ("status of an invoice", invoices.invoice_statuses),
    ("use of a payment", invoices.left_of_payments),
    ("negative allocation", invoices.negative_allocations),
    ("patient of an allocation", invoices.one_patient),
    ("ledger of an invoice", ledger.ledger_of_invoices),
    ("ledger of an adjustment", ledger.ledger_of_adjustments),
    ("ledger of a payment", ledger.ledger_of_payments),
    ("ledger of a refund", ledger.ledger_of_refunds),
    ("entry without an invoice", lambda: ledger.orphans("invoice", Invoice.invoice_id)),
    ("entry without a payment", lambda: ledger.orphans("payment", Payment.payment_id)),
    ("entry without a refund", lambda: ledger.orphans("refund", Refund.refund_id)),
    (
        "entry without an adjustment",
        lambda: ledger.orphans("invoice_adjustment", InvoiceAdjustment.invoice_adjustment_id),
    ),
    ("entry of an unknown table", ledger.unknown_sources),
    ("patient without an account", ledger.missing_accounts),
    ("sums of an account", ledger.account_sums),
    ("invoices and credit of an account", ledger.account_balances),
    ("invoices and credit of merged records", ledger.balances_of_merged),
    ("numbers of invoices", lambda: numbers.gaps(CounterKind.INVOICE, Invoice.number)),
    ("numbers of payments", lambda: numbers.gaps(CounterKind.PAYMENT, Payment.number)),
    ("counter of invoices", lambda: numbers.unused_counters(CounterKind.INVOICE, Invoice.number)),
    ("counter of payments", lambda: numbers.unused_counters(CounterKind.PAYMENT, Payment.number)),
)


def differences(session: Session) -> Iterator[Difference]:
    """The first difference of each check that finds one."""
    for name, make in CHECKS:
        found = session.execute(make()).first()
        if found is not None:
            yield Difference(name, *(str(value) for value in found[:3]))


def counts(session: Session) -> dict[str, int]:
    """How many rows were looked at, by table."""
    tables = (Invoice, InvoiceItem, InvoiceAdjustment, Payment, PaymentAllocation, Refund, AccountEntry, PatientAccount)
    rows = sa.select(*(sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables))
    return dict(zip((table.__tablename__ for table in tables), session.execute(rows).one(), strict=True))
