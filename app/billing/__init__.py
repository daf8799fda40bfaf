"""Invoices, payments, refunds and the ledger that they post to."""
