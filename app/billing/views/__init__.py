"""The screens of invoices, payments and the ledger."""

from typing import Any

from app.billing.views.invoice_page import InvoiceDraftPage, InvoiceMoneyPage, InvoicePage, InvoiceStartPage
from app.billing.views.lists import InvoiceView, PaymentView
from app.billing.views.payment_page import PaymentPage, TakePaymentPage
from app.billing.views.tables import (
    AccountEntryView,
    InvoiceAdjustmentView,
    InvoiceItemView,
    PatientAccountView,
    PaymentAllocationView,
    RefundView,
)

VIEWS: tuple[Any, ...] = (
    InvoiceView,
    InvoicePage,
    InvoiceStartPage,
    InvoiceDraftPage,
    InvoiceMoneyPage,
    PaymentView,
    PaymentPage,
    TakePaymentPage,
    InvoiceItemView,
    InvoiceAdjustmentView,
    PaymentAllocationView,
    RefundView,
    AccountEntryView,
    PatientAccountView,
)
