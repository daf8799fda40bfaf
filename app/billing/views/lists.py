"""The lists of invoices and of payments."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.billing import queries
from app.billing.models import Invoice, Payment
from app.billing.rules import is_overdue
from app.billing.views.lookups import found_by
from app.kernel.text import T
from app.web import cells, listing
from app.web.text import say, today
from app.web.views import ClinicView


class _Overdue:
    """A filter that is no column: yes and no, answered by the index on status and due date."""

    type, key, foreign_keys = sa.Boolean(), "is_overdue", frozenset[Any]()

    def is_(self, wanted: bool) -> ColumnElement[bool]:
        """The condition for yes, or for no."""
        late = queries.is_overdue_condition(today())
        return late if wanted else sa.not_(late)


def sums_of(found: listing.Listing, *columns: Any) -> dict[str, int]:
    """The sums of what is filtered; nothing for a whole history, which the charts are for."""
    if not (found.filters or found.search) and found.count() >= listing.COUNT_CAP:
        return {}
    totals = [sa.func.coalesce(sa.func.sum(column), 0) for column in columns]
    row = found.session.execute(found.matching().with_only_columns(*totals)).one()
    return {column.key: int(value) for column, value in zip(columns, row, strict=True)}


class InvoiceView(ClinicView):
    """`/invoices`."""

    datamodel = SQLAInterface(Invoice)
    page, route_base = "/invoices", "/invoices"
    title_one, title_many = T("Invoice"), T("Invoices")
    list_columns = ("title", "issued_at", "patient", "total", "paid", "balance", "due_on", "status")
    show_columns = ("title",)
    shows_elsewhere = True
    search_columns = ("status", "is_overdue", "issued_at", "due_on", "patient_id", "payer_id", "balance")
    order_columns = ("title", "issued_at", "total", "balance", "due_on")
    default_order = ("invoice_id", "desc")
    list_template, rows_template = "billing/invoices.html", "billing/_rows_with_sums.html"
    chart_date = "issued_at"
    definitions = [
        {"label": T("Revenue by month"), "group": "issued_at", "series": [(aggregate_sum, "charged")]},
        {"label": T("Receivable by status"), "group": "status", "series": [(aggregate_sum, "balance")]},
        {"label": T("Receivable by due month"), "group": "due_on", "series": [(aggregate_sum, "balance")]},
        {"label": T("Invoices by status"), "group": "status", "series": [(aggregate_count, "")]},
    ]

    def column(self, name: str) -> Any:
        """Numbers sort as numbers; what is void was not earned."""
        if name == "is_overdue":
            return _Overdue()
        if name == "charged":
            return sa.case((Invoice.voided_at.is_(None), Invoice.total), else_=0)
        return super().column({"title": "number"}.get(name, name))

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By number or by patient."""
        return found_by(session, Invoice.number, Invoice.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The status with its mark for what is late."""
        late = Markup(' <span class="tag tag-danger">{}</span>').format(say(T("Overdue")))
        return {
            row.invoice_id: {"status": cells.badge(row.status) + late}
            for row in rows
            if is_overdue(row.balance, row.due_on, today())
        }

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """The foot of the list."""
        return {"sums": sums_of(found, Invoice.total, Invoice.paid, Invoice.balance)}


class PaymentView(ClinicView):
    """`/payments`."""

    datamodel = SQLAInterface(Payment)
    page, route_base = "/payments", "/payments"
    title_one, title_many = T("Payment"), T("Payments")
    list_columns = ("title", "received_at", "patient", "amount", "method", "reference", "payer", "became")
    show_columns = ("title",)
    shows_elsewhere = True
    search_columns = ("method", "received_at", "patient_id", "payer_id", "amount")
    order_columns = ("title", "received_at", "amount")
    default_order = ("payment_id", "desc")
    list_template, rows_template = "billing/payments.html", "billing/_rows_with_sums.html"
    chart_date = "received_at"
    definitions = [
        {"label": T("Payments by month"), "group": "received_at", "series": [(aggregate_sum, "amount")]},
        {"label": T("Payments by method"), "group": "method", "series": [(aggregate_sum, "amount")]},
        {"label": T("Number of payments by method"), "group": "method", "series": [(aggregate_count, "")]},
    ]

    def column(self, name: str) -> Any:
        """Numbers sort as numbers."""
        return super().column({"title": "number"}.get(name, name))

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By number or by patient."""
        return found_by(session, Payment.number, Payment.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What became of each."""
        refunds = queries.refunds_of(session, [row.payment_id for row in rows])
        return {row.payment_id: {"became": queries.status_of(row, refunds.get(row.payment_id, []))} for row in rows}

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """The foot of the list."""
        return {"sums": sums_of(found, Payment.amount)}
