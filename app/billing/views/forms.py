"""The forms of the money pages. Each carries what makes a double click or a stale page harmless."""

import re
from typing import Any

from wtforms import HiddenField

from app.billing.actions import Line, Tender
from app.billing.rules import AdjustmentKind, PaymentMethod, RefundKind, change_due
from app.billing.views.lookups import charge_field, charge_parts, patient_field
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.money import parse_tugrug, share_of
from app.kernel.text import T
from app.web import fields
from app.web.forms import ClinicForm, RowForm, RowsField
from app.web.keys import KeyField
from app.web.text import lazy, percent

MOST_LINES = 300


# --- drafts


class LineRow(RowForm):
    """A line: a service or medicine, or a text with a price of its own."""

    item_id = HiddenField()
    charge = charge_field(label=lazy(T("Service or medicine")))
    text = fields.TextField(lazy(T("Or another text")), longest=255)
    teeth = fields.TextField(lazy(T("Teeth")), longest=120)
    quantity = fields.NumberField(lazy(T("Quantity")), default=1, least=1, most=9_999)
    unit_price = fields.MoneyField(lazy(T("Price")))
    discount = fields.MoneyField(lazy(T("Discount")))


class LinesForm(ClinicForm):
    """The lines of a draft."""

    lines = RowsField(LineRow, label=T("Lines"), spare=0, most=MOST_LINES)

    def written(self) -> list[Line]:
        """The lines as they were written, each with the name its errors belong to."""
        found = []
        for entry in self.lines.entries:
            if entry.form.is_blank():
                continue
            row = entry.data
            service, medicine = charge_parts(row["charge"])
            found.append(
                Line(
                    item_id=parse_key(row["item_id"]),
                    service_id=service,
                    medicine_id=medicine,
                    text=row["text"],
                    teeth=row["teeth"],
                    quantity=row["quantity"] or 1,
                    unit_price=row["unit_price"],
                    discount=row["discount"] or 0,
                    name=entry.name,
                )
            )
        return found


class OffField(fields._Typed):
    """What is taken off: an amount, or a share such as `5 %`."""

    css, inputmode = "num", "decimal"

    def read(self, typed: str) -> int | tuple[int]:
        """Tögrög, or (basis points,)."""
        if not typed.rstrip().endswith("%"):
            return parse_tugrug(typed)
        match = re.fullmatch(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%", typed.strip())
        points = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else -1
        if not 0 <= points <= 10_000:
            raise RuleError(T("Write a share from 0 to 100 %%."))
        return (points,)

    def show(self, value: Any) -> str:
        return percent(value[0]) if isinstance(value, tuple) else f"{value:,}"


class DiscountForm(ClinicForm):
    """A discount on the whole invoice."""

    discount = OffField(lazy(T("Amount or percent")), validators=[fields.required])
    reason = fields.TextField(lazy(T("Reason")), longest=255)

    def amount(self, total: int) -> int:
        """In tögrög, of what the lines still come to."""
        value: Any = self.discount.data
        return share_of(total, value[0]) if isinstance(value, tuple) else int(value)


class InvoiceForm(ClinicForm):
    """A new invoice without a visit."""

    patient_id = patient_field(label=lazy(T("Patient")), validators=[fields.required])


class PayerForm(ClinicForm):
    """Who is asked to pay."""

    payer_id = patient_field(label=lazy(T("Paid by somebody else")), id="invoice-payer")  # the payment has one too


# --- money


class TenderRow(RowForm):
    """Money as it is handed over."""

    amount = fields.MoneyField(lazy(T("Amount")), least=1)
    method = fields.ChoiceField(lazy(T("Method")), enum_class=PaymentMethod)
    reference = fields.TextField(lazy(T("Reference")), longest=80)

    def is_blank(self) -> bool:
        """A tender without an amount is none, whatever method is chosen."""
        return not self.amount.raw_data or not str(self.amount.raw_data[0]).strip()


class PayForm(ClinicForm):
    """A payment with one or two tenders."""

    key = KeyField(lazy(T("Key of the form")))
    tenders = RowsField(TenderRow, label=T("Payment"), spare=2, most=2)
    received = fields.MoneyField(lazy(T("Cash received")))
    payer_id = patient_field(label=lazy(T("Paid by somebody else")))

    def written(self) -> list[Tender]:
        """The tenders. Raises RuleError for one without a method."""
        found = []
        for entry in self.tenders.entries:
            if entry.form.is_blank():
                continue
            row = entry.data
            if row["method"] is None:
                raise RuleError(T("Choose one of the list."), field=f"{entry.name}-method")
            found.append(Tender(row["amount"], row["method"], row["reference"], entry.name))
        if not found:
            raise RuleError(T("Write what is paid."), field="tenders-0-amount")
        return found

    def change(self, tenders: list[Tender]) -> int:
        """What goes back of the cash received. Raises RuleError where it is too little."""
        cash = sum(tender.amount for tender in tenders if tender.method is PaymentMethod.CASH)
        return change_due(self.received.data, cash) if self.received.data and cash else 0


class AccountPayForm(PayForm):
    """A payment on account: to the patient's oldest open invoices, the rest is credit."""

    patient_id = patient_field(label=lazy(T("Patient")), validators=[fields.required])


class CreditForm(ClinicForm):
    """Using a patient's credit."""

    amount = fields.MoneyField(lazy(T("Amount")), least=1, validators=[fields.required], id="credit-amount")


class AdjustForm(ClinicForm):
    """Lowering what is owed without money."""

    kind = fields.ChoiceField(lazy(T("Kind")), enum_class=AdjustmentKind, validators=[fields.required])
    amount = fields.MoneyField(lazy(T("Amount")), least=None, validators=[fields.required], id="adjust-amount")
    reason = fields.TextField(lazy(T("Reason")), longest=255, validators=[fields.required], id="adjust-reason")


class VoidForm(ClinicForm):
    """Why an invoice is taken back."""

    reason = fields.TextField(lazy(T("Reason")), longest=255, validators=[fields.required], id="void-reason")


class RefundForm(ClinicForm):
    """Giving money back, or taking back what was never received."""

    key = KeyField(lazy(T("Key of the form")))
    kind = fields.ChoiceField(lazy(T("Kind")), enum_class=RefundKind, validators=[fields.required])
    amount = fields.MoneyField(lazy(T("Amount")), least=1, validators=[fields.required])
    # not `method`: a form's own property in the browser
    by_method = fields.ChoiceField(lazy(T("Method")), enum_class=PaymentMethod, validators=[fields.required])
    reason = fields.TextField(lazy(T("Reason")), longest=255, validators=[fields.required])
