"""The tables behind invoices and payments, read-only: what was posted stays as it is."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
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
from app.billing.views.lookups import found_by
from app.kernel.text import T
from app.people.queries import matching_condition
from app.web import who
from app.web.views import ClinicView
from app.web.vocabulary import table_name


def _on_invoice(session: Session, column: Any, typed: str) -> ColumnElement[bool]:
    """Rows of the invoices that a number or a patient finds."""
    found = found_by(session, Invoice.number, Invoice.patient_id, typed)
    return column.in_(sa.select(Invoice.invoice_id).where(found))  # type: ignore[no-any-return]


def _on_payment(session: Session, column: Any, typed: str) -> ColumnElement[bool]:
    """Rows of the payments that a number or a patient finds."""
    found = found_by(session, Payment.number, Payment.patient_id, typed)
    return column.in_(sa.select(Payment.payment_id).where(found))  # type: ignore[no-any-return]


class InvoiceItemView(ClinicView):
    """What was charged: changed on the invoice."""

    datamodel = SQLAInterface(InvoiceItem)
    page, route_base = "/invoices", "/invoice-items"
    title_one, title_many = T("Line of an invoice"), T("Lines of invoices")
    list_columns = ("title", "invoice", "teeth", "quantity", "unit_price", "discount", "line_total")
    show_columns = (*list_columns, "tax", "discount_reason", "service", "medicine", "created_at", "updated_at")
    search_columns = ("invoice_id", "service_id", "medicine_id", "created_at", "line_total")
    order_columns = ("quantity", "unit_price", "discount", "line_total")
    definitions = [
        {"label": T("Charged by service"), "group": "service_id", "series": [(aggregate_sum, "line_total")]},
        {"label": T("Discounts by month"), "group": "created_at", "series": [(aggregate_sum, "discount")]},
    ]

    def references(self, columns: Iterable[str] | None = None) -> list[str]:
        """A line is called by its service or medicine."""
        return list(dict.fromkeys([*super().references(columns), "service", "medicine"]))

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the invoice's number or patient."""
        return _on_invoice(session, InvoiceItem.invoice_id, typed)


class InvoiceAdjustmentView(ClinicView):
    """What was taken off without money."""

    datamodel = SQLAInterface(InvoiceAdjustment)
    page, route_base = "/invoices", "/invoice-adjustments"
    title_one, title_many = T("Adjustment"), T("Adjustments")
    list_columns = ("created_at", "invoice", "kind", "amount", "reason")
    show_columns = list_columns
    search_columns = ("kind", "invoice_id", "created_at", "amount")
    order_columns = ("created_at", "amount")
    definitions = [
        {"label": T("Adjustments by kind"), "group": "kind", "series": [(aggregate_sum, "amount")]},
        {"label": T("Adjustments by month"), "group": "created_at", "series": [(aggregate_sum, "amount")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the invoice's number or patient."""
        return _on_invoice(session, InvoiceAdjustment.invoice_id, typed)


class PaymentAllocationView(ClinicView):
    """Which part of a payment went to which invoice."""

    datamodel = SQLAInterface(PaymentAllocation)
    page, route_base = "/payments", "/payment-allocations"
    title_one, title_many = T("Allocation"), T("Allocations")
    list_columns = ("created_at", "payment", "invoice", "amount")
    show_columns = list_columns
    search_columns = ("payment_id", "invoice_id", "created_at", "amount")
    order_columns = ("created_at", "amount")
    definitions = [
        {"label": T("Allocated by month"), "group": "created_at", "series": [(aggregate_sum, "amount")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the payment's number or patient."""
        return _on_payment(session, PaymentAllocation.payment_id, typed)


class RefundView(ClinicView):
    """Money given back, and payments that were never received."""

    datamodel = SQLAInterface(Refund)
    page, route_base = "/payments", "/refunds"
    title_one, title_many = T("Refund"), T("Refunds")
    list_columns = ("created_at", "payment", "kind", "amount", "method", "reason")
    show_columns = list_columns
    search_columns = ("kind", "method", "payment_id", "created_at", "amount")
    order_columns = ("created_at", "amount")
    definitions = [
        {"label": T("Given back by month"), "group": "created_at", "series": [(aggregate_sum, "amount")]},
        {"label": T("Given back by kind"), "group": "kind", "series": [(aggregate_sum, "amount")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the payment's number or patient."""
        return _on_payment(session, Refund.payment_id, typed)


class _OfPatients(ClinicView):
    """What a patient owes is seen by those who hold the right to."""

    def base_where(self) -> list[ColumnElement[bool]]:
        """Nothing without the right `see_balance`."""
        return [] if who.has_right("see_balance") else [sa.false()]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return matching_condition(self.model.patient_id, typed)


class AccountEntryView(_OfPatients):
    """The ledger."""

    datamodel = SQLAInterface(AccountEntry)
    page, route_base = "/payments", "/account-entries"
    title_one, title_many = T("Entry of the ledger"), T("Ledger")
    list_columns = ("at", "patient", "kind", "debit", "credit", "note")
    show_columns = (*list_columns, "source_table", "source_row", "created_at")
    search_columns = ("kind", "patient_id", "at")
    order_columns = ("at", "debit", "credit")
    default_order = ("account_entry_id", "desc")
    definitions = [
        {"label": T("Charged by month"), "group": "at", "series": [(aggregate_sum, "debit")]},
        {"label": T("Credited by month"), "group": "at", "series": [(aggregate_sum, "credit")]},
        {"label": T("Entries by kind"), "group": "kind", "series": [(aggregate_count, "")]},
    ]
    chart_date = "at"

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What each was posted from, in words."""
        return {row.account_entry_id: {"source_table": table_name(row.source_table)} for row in rows}


class PatientAccountView(_OfPatients):
    """What each patient owes, and is owed."""

    datamodel = SQLAInterface(PatientAccount)
    page, route_base = "/payments", "/patient-accounts"
    title_one, title_many = T("Patient's account"), T("Patients' accounts")
    list_columns = ("patient", "charges", "payments", "adjustments", "balance", "last_payment_at")
    show_columns = list_columns
    search_columns = ("balance", "last_payment_at", "patient_id")
    order_columns = ("charges", "payments", "balance", "last_payment_at")
    default_order = ("balance", "desc")
    definitions = [
        {"label": T("Balances by month of the last payment"), "group": "last_payment_at",
         "series": [(aggregate_sum, "balance")]},
    ]  # fmt: skip
