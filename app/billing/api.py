"""Invoices and payments for programs: drafts, posting, money; by the same workflows as on their pages."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from flask_appbuilder.api import expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import Session

from app.billing import actions, queries
from app.billing.actions import Line, Tender
from app.billing.models import Invoice, InvoiceItem, Payment
from app.billing.rules import PaymentStatus
from app.billing.views import InvoiceView, PaymentView, screen
from app.clinical.models import Treatment
from app.kernel.errors import RuleError
from app.kernel.money import LARGEST
from app.kernel.text import T
from app.people.models import Patient
from app.web import who
from app.web.access import needs_right, writes
from app.web.api.documents import operation
from app.web.api.fields import KeyField, NumberField, RowsField, TextField, WordField, fields_of
from app.web.api.rest import ClinicApi
from app.web.api.sent import read_body
from app.workflows import checkout

FIGURES = ("quantity", "unit_price", "discount", "discount_reason", "tax", "line_total")
NAMED = ("service_id", "medicine_id", "text", "teeth")
WRITTEN = {
    **fields_of(InvoiceItem, NAMED, is_new=False),
    **fields_of(InvoiceItem, ("quantity", "discount", "discount_reason"), is_new=False),
    "unit_price": NumberField(0, LARGEST, allow_none=True),
    "invoice_item_id": KeyField(None, allow_none=True),
}


class InvoiceApi(ClinicApi):
    """`/api/v1/invoices`. A draft can be written, an issued one can't."""

    datamodel, resource_name = SQLAInterface(Invoice), "invoices"
    page, screens = "/invoices", InvoiceView
    list_columns = (
        "invoice_id", "number", "patient_id", "payer_id", "treatment_id", "status", "issued_at", "due_on", "subtotal",
        "discount", "tax", "total", "adjusted", "paid", "balance", "updated_at",
    )  # fmt: skip
    show_columns = (*list_columns, "voided_at", "void_reason", "items", "created_at")
    add_columns = ("patient_id", "payer_id", "treatment_id", "items")
    edit_columns = ("payer_id", "items")
    search_columns = (
        "status", "number", "issued_at", "due_on", "patient_id", "payer_id", "treatment_id", "total", "balance",
        "updated_at",
    )  # fmt: skip
    order_columns = ("invoice_id", "number", "issued_at", "total", "balance", "due_on")
    base_order = ("invoice_id", "desc")
    may_delete = True
    shown_fields = {
        "items": RowsField(
            {
                "invoice_item_id": KeyField(None),
                **fields_of(InvoiceItem, (*NAMED, *FIGURES), is_new=False),
                "treatment_item_id": KeyField(None, allow_none=True),
            },
            name="invoice_item",
        )
    }
    added_fields = {
        "patient_id": KeyField(Patient, allow_none=True),
        "treatment_id": KeyField(Treatment, allow_none=True),
        "items": RowsField(WRITTEN, name="new_invoice_item"),
    }
    edited_fields = {"items": RowsField(WRITTEN, name="changed_invoice_item")}
    more_operations = {
        "/{pk}/issue": operation(
            "Post a draft: it gets its number and is owed from now on",
            answer="invoices.record",
            conflict="It is no draft any more, or its work was changed since",
        )
    }

    def extras(self, session: Session, rows: Sequence[Any], names: Sequence[str]) -> dict[Any, dict[str, Any]]:
        """The lines."""
        if "items" not in names:
            return {}
        lines = queries.lines_of(session, [row.invoice_id for row in rows])
        columns = ("invoice_item_id", *NAMED, *FIGURES, "treatment_item_id")
        return {
            row.invoice_id: {
                "items": [{name: getattr(line, name) for name in columns} for line in lines.get(row.invoice_id, [])]
            }
            for row in rows
        }

    def create(self, session: Session, values: dict[str, Any]) -> Invoice:
        """A draft: of a visit's work, or of plain lines."""
        posting, vat_bp = screen.posting(), who.setting("billing.vat_bp")
        if values["treatment_id"] is not None:
            return self._of_visit(session, values, posting, vat_bp)
        if values["patient_id"] is None:
            raise RuleError(T("Required"), field="patient_id")
        return actions.create_invoice(
            session,
            patient_id=values["patient_id"],
            lines=_lines(values["items"]),
            vat_bp=vat_bp,
            payer_id=values["payer_id"],
            allowance=screen.allowance(),
        )

    def _of_visit(self, session: Session, values: dict[str, Any], posting: Any, vat_bp: int) -> Invoice:
        if values["items"] or values["payer_id"]:
            raise RuleError(T("The lines of a visit's invoice come from its work."), field="treatment_id")
        if values["patient_id"] not in (None, session.get_one(Treatment, values["treatment_id"]).patient_id):
            raise RuleError(T("This visit is another patient's."), field="treatment_id")
        found = checkout.invoice_from_visit(session, values["treatment_id"], posting=posting, vat_bp=vat_bp)
        if found is None:
            raise RuleError(T("There is nothing to pay for this visit."), field="treatment_id")
        return found

    def current(self, session: Session, row: Any) -> dict[str, Any]:
        """What isn't named stays."""
        return {}

    def change(self, session: Session, row: Invoice, values: dict[str, Any]) -> Invoice:
        """The lines and the payer of a draft."""
        posting, vat_bp = screen.posting(), who.setting("billing.vat_bp")
        if "payer_id" in values:
            actions.set_payer(session, row, values["payer_id"], now=posting.now)
        if "items" in values:
            lines, allowed = _lines(values["items"]), screen.allowance()
            actions.change_draft(session, row, lines, vat_bp=vat_bp, allowance=allowed, now=posting.now)
        return row

    def locked(self, session: Session, pk: int) -> Invoice:
        """The invoice under its patient's account, in the order in which everybody locks them."""
        return actions.lock_invoice(session, pk)[1]

    def remove(self, session: Session, pk: int) -> None:
        """Throw a draft away."""
        actions.discard_draft(session, pk)

    @expose("/<int:pk>/issue", methods=["POST"])
    @writes
    def issue(self, pk: int) -> Response:
        """Post a draft without money."""
        self.find(pk)
        posting, terms = screen.posting(), screen.terms()
        self.save(lambda session: checkout.issue(session, pk, posting=posting, terms=terms))
        return self.written(pk, 200)


def _lines(items: Sequence[tuple[int, dict[str, Any]]]) -> list[Line]:
    return [
        Line(
            item_id=row.get("invoice_item_id"),
            service_id=row.get("service_id"),
            medicine_id=row.get("medicine_id"),
            text=row.get("text"),
            teeth=row.get("teeth"),
            quantity=row.get("quantity", 1),
            unit_price=row.get("unit_price"),
            discount=row.get("discount", 0),
            discount_reason=row.get("discount_reason"),
            name=f"items-{place}",
        )
        for place, row in items
    ]


class PaymentApi(ClinicApi):
    """`/api/v1/payments`. Money is recorded once for each key, and never changed."""

    datamodel, resource_name = SQLAInterface(Payment), "payments"
    page, screens = "/payments", PaymentView
    columns_of = {"received_by_id": "received_by"}
    show_columns = (
        "payment_id", "number", "patient_id", "payer_id", "amount", "method", "reference", "received_by_id",
        "received_at", "idempotency_key", "status", "allocations", "created_at",
    )  # fmt: skip
    list_columns = tuple(name for name in show_columns if name != "allocations")
    add_columns = ("patient_id", "amount", "method", "reference", "payer_id", "invoice_id", "idempotency_key")
    search_columns = ("number", "method", "received_at", "patient_id", "payer_id", "amount", "idempotency_key")
    order_columns = ("payment_id", "number", "received_at", "amount")
    base_order = ("payment_id", "desc")
    made_answers = {"201": "The new payment", "200": "The payment that this key recorded before"}
    shown_fields = {
        "status": WordField(PaymentStatus),
        "allocations": RowsField({"invoice_id": KeyField(None), "amount": NumberField(-LARGEST, LARGEST)}, name="part"),
    }
    added_fields = {
        "amount": NumberField(1, LARGEST, required=True),
        "invoice_id": KeyField(Invoice, allow_none=True),
        "idempotency_key": TextField(80, required=True),
    }

    def extras(self, session: Session, rows: Sequence[Any], names: Sequence[str]) -> dict[Any, dict[str, Any]]:
        """What became of each, and where it went."""
        keys = [row.payment_id for row in rows]
        refunds = queries.refunds_of(session, keys)
        parts = queries.invoices_of_payments(session, keys) if "allocations" in names else []
        return {
            row.payment_id: {
                "status": queries.status_of(row, refunds.get(row.payment_id, [])),
                "allocations": [
                    {"invoice_id": part.invoice.invoice_id, "amount": part.amount}
                    for part in parts
                    if part.payment.payment_id == row.payment_id
                ],
            }
            for row in rows
        }

    @expose("/", methods=["POST"])
    @needs_right("take_money")
    def post(self) -> Response:
        """Record money: 201, and 200 with the first payment where the key was used for the same one."""
        asked = {**self.blank(), **read_body(self.add_model_schema)}
        tender = Tender(asked["amount"], asked["method"], asked["reference"])
        key, posting, patient = asked["idempotency_key"], screen.posting(), asked["patient_id"]
        more = {name: asked[name] for name in ("invoice_id", "payer_id")}
        made = self.save(lambda s: checkout.take_tender(s, patient, tender, key=key, posting=posting, **more))
        return self.written(made.payment_id, 201 if made.received_at == posting.now else 200)


VIEWS = (InvoiceApi, PaymentApi)
