"""`/payments/{id}`: one payment, where it went, and giving it back; and money on account."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.billing import actions, queries
from app.billing.models import Payment
from app.billing.rules import PaymentMethod, RefundKind
from app.billing.views import forms, paper, screen
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.models import Patient
from app.web import cells, saving, who
from app.web.access import needs_right, reads
from app.web.keys import new_key
from app.web.text import say
from app.web.views import ClinicPage
from app.workflows import checkout


class PaymentPage(ClinicPage):
    """The record, its receipt, refund and reversal."""

    page, route_base = "/payments", "/payments"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[Payment] = ("PaymentPage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """Amount, allocations, what was given back."""
        payment = sqla.session.get(Payment, pk) or abort(404)
        who.hooks().record("view", "payment", pk, patient=payment.patient_id)
        return self._page(pk)

    def _page(self, pk: int, status: int = 200, refund_form: forms.RefundForm | None = None) -> Any:
        session = sqla.session()
        payment = session.get(Payment, pk) or abort(404)
        refunds = queries.refunds_of(session, [pk]).get(pk, [])
        left = payment.amount - sum(row.amount for row in refunds)
        context = {
            "payment": payment,
            "patient": session.get(Patient, payment.patient_id),
            "payer": session.get(Patient, payment.payer_id) if payment.payer_id else None,
            "parts": queries.invoices_of_payments(session, [pk]),
            "refunds": refunds,
            "left": left,
            "became": queries.status_of(payment, refunds),
            "refund_form": refund_form or _refund_form(payment, left),
            "is_refused": refund_form is not None,
            **screen.just_paid({pk: payment}),
        }
        title = say(T("Payment %(number)s", number=payment.number))
        return self.render_template("billing/payment.html", title=title, **context), status

    @expose("/<int:pk>/refund", methods=["GET"])
    @reads
    def part(self, pk: int) -> Response:
        """The address of a refused form, loaded again."""
        return redirect(url_for("PaymentPage.show", pk=pk))

    @expose("/<int:pk>/refund", methods=["POST"])
    @needs_right("refund")
    def refund(self, pk: int) -> Any:
        """Give money back, or take back a payment that was never received."""
        form, posting = forms.RefundForm(), screen.posting()
        if not form.validate():
            return self._page(pk, 422, form)
        values = {name: form[name].data for name in ("kind", "amount", "reason", "key")}
        values["method"] = form.by_method.data
        if values["kind"] is RefundKind.REVERSAL:
            values["amount"] = None  # whatever stands in the field, a reversal takes all of it
        _, status = saving.save(form, lambda s: actions.refund_payment(s, pk, posting=posting, **values))
        return redirect(url_for("PaymentPage.show", pk=pk)) if status == 200 else self._page(pk, status, form)

    @expose("/<int:pk>.pdf")
    @reads
    def pdf(self, pk: int) -> Response:
        """The receipt."""
        return paper.receipt_pdf(pk)


def _refund_form(payment: Payment, left: int) -> forms.RefundForm:
    return forms.RefundForm(formdata=None, key=new_key(), kind=RefundKind.REFUND, amount=left, by_method=payment.method)


class TakePaymentPage(ClinicPage):
    """`/payments/take`: money without an invoice in hand."""

    page, route_base = "/payments", "/payments"

    @expose("/take", methods=["GET", "POST"])
    @needs_right("take_money")
    def take(self) -> Any:
        """To the patient's oldest open invoices; the rest is their credit."""
        if request.method == "GET":
            return self._page(_fresh(request.args.get("patient_id", "")), 200)
        form, posting = forms.AccountPayForm(), screen.posting()
        if not form.validate():
            return self._page(form, 422)
        values = form.values()
        patient, payer, key = values["patient_id"], values["payer_id"], values["key"]

        def write(session: Session) -> tuple[int, int]:
            tenders = form.written()
            change = form.change(tenders)
            made = checkout.take_payment(session, patient, tenders, key=key, posting=posting, payer_id=payer)
            return made[0].payment_id, change

        result, status = saving.save(form, write)
        if status != 200:
            return self._page(form, status)
        return redirect(url_for("PaymentPage.show", pk=result[0], receipt=result[0], change=result[1] or None))

    def _page(self, form: forms.AccountPayForm, status: int) -> Any:
        session, patient = sqla.session(), form.patient_id.data
        account = queries.account_of(session, patient) if patient and who.has_right("see_balance") else None
        owed = [row for row in queries.invoices_of_patient(session, patient) if row.balance] if patient else []
        context = {"form": form, "account": account, "owed": owed, "title": say(T("Take a payment"))}
        return self.render_template("billing/take_payment.html", **context), status


def _fresh(typed: str) -> forms.AccountPayForm:
    known = parse_key(typed)
    owed = queries.balances(sqla.session(), [known]).get(known, 0) if known and who.has_right("see_balance") else 0
    first = {"method": PaymentMethod.CASH, "amount": owed if owed > 0 else None}
    data = {"key": new_key(), "patient_id": known, "tenders": [first, {}]}
    return forms.AccountPayForm(formdata=None, data=data)
