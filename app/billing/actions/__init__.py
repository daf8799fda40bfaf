"""Writes about money, inside the caller's transaction. Every row that is posted stays as it is."""

from app.billing.actions.drafts import (
    NO_LIMIT,
    Allowance,
    Line,
    add_lines,
    change_draft,
    clear_discounts,
    create_invoice,
    discard_draft,
    discount_draft,
    replace_lines,
    set_payer,
)
from app.billing.actions.invoices import adjust_invoice, issue_invoice, void_invoice
from app.billing.actions.ledger import Posting, lock_account, lock_invoice
from app.billing.actions.payments import (
    Tender,
    allocate_credit,
    payment_of_key,
    record_payment,
    record_tenders,
    refund_payment,
)

__all__ = [
    "NO_LIMIT",
    "Allowance",
    "Line",
    "Posting",
    "Tender",
    "add_lines",
    "adjust_invoice",
    "allocate_credit",
    "change_draft",
    "clear_discounts",
    "create_invoice",
    "discard_draft",
    "discount_draft",
    "issue_invoice",
    "lock_account",
    "lock_invoice",
    "payment_of_key",
    "record_payment",
    "record_tenders",
    "refund_payment",
    "replace_lines",
    "set_payer",
    "void_invoice",
]
