"""`billing verify`: passes on true books, names the first row that is false, on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing import actions
from app.billing.queries import verify
from app.billing.rules import AdjustmentKind
from tests.billing.books import differences
from tests.factories import billing, people
from tests.factories.clinic import Clinic

# (what is spoiled, the checks that notice it: the first of them is named)
SPOILED: list[tuple[str, str]] = [
    ("UPDATE invoice_item SET line_total = line_total + 1 WHERE invoice_item_id = 1", "line total"),
    ("UPDATE invoice_item SET tax = line_total + 1 WHERE invoice_item_id = 1", "tax of a line"),
    ("UPDATE invoice SET subtotal = subtotal + 5 WHERE invoice_id = 1", "sums of an invoice"),
    ("UPDATE invoice SET discount = discount + 5 WHERE invoice_id = 1", "sums of an invoice"),
    ("UPDATE invoice SET tax = tax + 5 WHERE invoice_id = 1", "sums of an invoice"),
    ("UPDATE invoice SET total = total + 5 WHERE invoice_id = 1", "sums of an invoice"),
    ("UPDATE invoice SET paid = paid + 1 WHERE invoice_id = 1", "paid on an invoice"),
    ("UPDATE invoice SET adjusted = adjusted + 1 WHERE invoice_id = 1", "adjusted on an invoice"),
    ("UPDATE invoice SET balance = balance + 1 WHERE invoice_id = 1", "balance of an invoice"),
    ("UPDATE invoice SET balance = -5 WHERE invoice_id = 1", "negative sum of an invoice"),
    ("UPDATE invoice SET status = 'paid' WHERE invoice_id = 1", "status of an invoice"),
    ("UPDATE invoice SET status = 'issued' WHERE invoice_id = 1", "status of an invoice"),
    ("UPDATE payment SET amount = 1 WHERE payment_id = 1", "use of a payment"),
    ("UPDATE payment_allocation SET amount = -5 WHERE payment_allocation_id = 1", "negative allocation"),
    ("UPDATE payment SET patient_id = patient_id - 1 WHERE payment_id = 1", "patient of an allocation"),
    ("UPDATE account_entry SET debit = debit + 1 WHERE kind = 'charge'", "ledger of an invoice"),
    ("UPDATE account_entry SET patient_id = patient_id - 1 WHERE kind = 'charge'", "ledger of an invoice"),
    ("UPDATE account_entry SET credit = credit + 1 WHERE kind = 'write-off'", "ledger of an adjustment"),
    ("UPDATE account_entry SET credit = credit + 1 WHERE kind = 'payment'", "ledger of a payment"),
    ("UPDATE account_entry SET debit = debit + 1 WHERE kind = 'refund'", "ledger of a refund"),
    ("UPDATE account_entry SET source_row = 987654 WHERE kind = 'charge'", "entry without an invoice"),
    ("UPDATE account_entry SET source_row = 987654 WHERE kind = 'payment'", "entry without a payment"),
    ("UPDATE account_entry SET source_row = 987654 WHERE kind = 'refund'", "entry without a refund"),
    ("UPDATE account_entry SET source_row = 987654 WHERE kind = 'write-off'", "entry without an adjustment"),
    ("UPDATE account_entry SET source_table = 'thin air' WHERE kind = 'charge'", "entry of an unknown table"),
    ("DELETE FROM patient_account", "patient without an account"),
    ("UPDATE patient_account SET charges = charges + 1", "sums of an account"),
    ("UPDATE patient_account SET payments = payments + 1", "sums of an account"),
    ("UPDATE patient_account SET adjustments = adjustments + 1", "sums of an account"),
    ("UPDATE patient_account SET balance = balance + 1", "sums of an account"),
    ("UPDATE patient_account SET balance = balance + 1", "invoices and credit of an account"),
    ("UPDATE patient_account SET balance = balance + 1", "invoices and credit of merged records"),
    ("UPDATE invoice SET number = '2026-000009' WHERE invoice_id = 1", "numbers of invoices"),
    ("UPDATE payment SET number = '2026-000009' WHERE payment_id = 1", "numbers of payments"),
    ("UPDATE document_counter SET last_number = last_number + 1 WHERE kind = 'invoice'", "numbers of invoices"),
    ("UPDATE document_counter SET year = 2020 WHERE kind = 'invoice'", "counter of invoices"),
    ("UPDATE document_counter SET year = 2020 WHERE kind = 'payment'", "counter of payments"),
]


@pytest.fixture
def books(clinic: Clinic) -> Clinic:
    """One patient with an invoice, a payment, a write-off and a refund; ids are 1."""
    clinic.make(people.patient)  # somebody whose number is one lower
    patient = clinic.make(people.patient)
    invoice = clinic.make(billing.invoice, patient=patient, amount=100_000)
    payment = clinic.make(billing.pay, made=invoice, amount=60_000)
    clinic.make(billing.adjustment, made=invoice, amount=20_000)
    clinic.make(billing.refund, made=payment, amount=10_000)
    clinic.unit(_two_of_one)
    return clinic


def _two_of_one(session: Session) -> None:
    """Somebody with two records and an account under each."""
    one, other = people.patient(session), people.patient(session)
    for row in (one, other):
        billing.actions.lock_account(session, row.patient_id)
    other.merged_into_id = one.patient_id


OFF = {"sqlite": "PRAGMA ignore_check_constraints = ON", "mariadb": "SET check_constraint_checks = 0"}
ON = {"sqlite": "PRAGMA ignore_check_constraints = OFF", "mariadb": "SET check_constraint_checks = 1"}


def spoil(clinic: Clinic, session: Session, statement: str) -> None:
    """Write what no action would, with the database's own checks off."""
    session.execute(sa.text(OFF[clinic.backend]))
    try:
        assert session.execute(sa.text(statement)).rowcount > 0, statement  # type: ignore[attr-defined]
    finally:
        session.execute(sa.text(ON[clinic.backend]))


class _UndoError(Exception):
    """Ends a unit that is not to be kept."""


def noticed(clinic: Clinic, *statements: str) -> set[str]:
    """The checks that notice these rows, which are undone again."""
    found: set[str] = set()

    def write(session: Session) -> None:
        for statement in statements:
            spoil(clinic, session, statement)
        found.update(difference.check for difference in verify.differences(session))
        raise _UndoError

    with pytest.raises(_UndoError):
        clinic.unit(write)
    return found


@pytest.mark.both
def test_true_books_pass_and_are_counted(books: Clinic) -> None:
    result = books.app.test_cli_runner().invoke(args=["billing", "verify"])
    assert result.exit_code == 0, result.output
    assert "invoice 1" in result.output
    assert "payment 1" in result.output
    assert "refund 1" in result.output


@pytest.mark.both
def test_the_first_difference_ends_the_command_with_1(books: Clinic) -> None:
    books.unit(lambda s: spoil(books, s, "UPDATE invoice SET paid = paid + 7 WHERE invoice_id = 1"))
    result = books.app.test_cli_runner().invoke(args=["billing", "verify"])
    assert result.exit_code == 1
    assert result.output.strip() == "paid on an invoice: 1 has 50007, not 50000"


@pytest.mark.both
def test_each_check_notices_what_it_is_for(books: Clinic) -> None:
    assert differences(books) == []
    blind = [(statement, check) for statement, check in SPOILED if check not in noticed(books, statement)]
    assert blind == []
    assert differences(books) == []


def test_every_check_has_a_spoiled_row_that_it_finds() -> None:
    named = {name for name, _ in verify.CHECKS}
    assert named == {check for _, check in SPOILED}


@pytest.mark.both
@pytest.mark.parametrize("prefix", ["", "UB-", "A-2026-", "2"])
def test_numbers_are_read_whatever_the_prefix(clinic: Clinic, prefix: str) -> None:
    def issue(session: Session) -> Any:
        draft = billing.draft(session)
        posting = billing.posting(prefix=prefix)
        return actions.issue_invoice(session, draft.invoice_id, posting, due_days=1, vat_bp=0)

    for _ in range(2):
        clinic.unit(issue)
    assert differences(clinic) == []


def test_a_prefix_that_changes_in_the_year_leaves_no_gap(clinic: Clinic) -> None:
    clinic.make(billing.invoice)
    draft = clinic.make(billing.draft)
    clinic.unit(
        lambda s: actions.issue_invoice(s, draft.invoice_id, billing.posting(prefix="N-"), due_days=1, vat_bp=0)
    )
    assert differences(clinic) == []


def test_books_with_every_kind_of_correction_are_true(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    clinic.make(billing.adjustment, made=invoice, amount=30_000, kind=AdjustmentKind.WAIVER)
    clinic.make(billing.adjustment, made=invoice, amount=-10_000, kind=AdjustmentKind.CORRECTION)
    clinic.make(billing.pay, made=invoice)
    clinic.make(billing.void, made=invoice)
    clinic.make(billing.draft)
    assert differences(clinic) == []
