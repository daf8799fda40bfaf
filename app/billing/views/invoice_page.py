"""`/invoices/{id}`: one invoice from draft to receipt, and the ways to it."""

from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.billing import actions
from app.billing.models import Invoice
from app.billing.views import forms, lookups, paper, screen
from app.db import sqla, unit
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.web import cells, saving, who
from app.web.access import needs_right, reads, writes
from app.web.text import say
from app.web.views import ClinicPage
from app.workflows import checkout


class InvoicePage(ClinicPage):
    """The record, its paper, and what can be put on it."""

    page, route_base = "/invoices", "/invoices"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[Invoice] = ("InvoicePage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """Lines, sums, payments, history."""
        invoice = screen.the_invoice(pk)
        who.hooks().record("view", "invoice", pk, patient=invoice.patient_id)
        return screen.page(pk)

    @expose("/<int:pk>/<any(lines,discount,payer,issue,pay,credit,adjust,void):_part>")
    @reads
    def part(self, pk: int, _part: str) -> Response:
        """The address of a refused form, loaded again."""
        return screen.back(pk)

    @expose("/<int:pk>.pdf")
    @reads
    def pdf(self, pk: int) -> Response:
        """The invoice on paper."""
        return paper.invoice_pdf(pk)

    @expose("/charges")
    @reads
    def charges(self) -> Response:
        """Services and medicines, as one types."""
        typed = " ".join(request.args.get("q", "").split())[:60]
        return jsonify(lookups.charges(sqla.session(), typed))


class InvoiceStartPage(ClinicPage):
    """Making an invoice: of a visit, or of plain lines."""

    page, route_base = "/invoices", "/invoices"

    @expose("/from-visit/<int:treatment_id>", methods=["POST"])
    @reads
    def from_visit(self, treatment_id: int) -> Response:
        """The visit's invoice: the one there is, else a draft of its work."""
        if not screen.may_write():
            return self._existing(treatment_id)
        posting, vat_bp = screen.posting(), who.setting("billing.vat_bp")
        made = unit(lambda s: checkout.invoice_from_visit(s, treatment_id, posting=posting, vat_bp=vat_bp))
        if made is not None:
            return screen.back(made.invoice_id)
        flash(say(T("There is nothing to pay for this visit.")), "success")
        return redirect("/")

    def _existing(self, treatment_id: int) -> Response:
        """Who only reads invoices opens the one there is."""
        found = screen.live_of_visit(treatment_id)
        return screen.back(found.invoice_id) if found is not None else abort(403)

    @expose("/from-visit/<int:treatment_id>/rest", methods=["POST"])
    @writes
    def rest(self, treatment_id: int) -> Response:
        """The work of the visit that stands on no invoice yet."""
        posting, vat_bp = screen.posting(), who.setting("billing.vat_bp")
        made = unit(lambda s: checkout.bill_rest(s, treatment_id, posting=posting, vat_bp=vat_bp))
        return screen.back(made.invoice_id)

    @expose("/new", methods=["GET", "POST"])
    @writes
    def new(self) -> Any:
        """A draft without a visit, for a patient."""
        preset = parse_key(request.args.get("patient_id"))
        form = forms.InvoiceForm() if request.method == "POST" else forms.InvoiceForm(patient_id=preset)
        if request.method == "GET" or not form.validate():
            return self._new(form, 200 if request.method == "GET" else 422)
        made, status = saving.save(
            form, lambda s: actions.create_invoice(s, patient_id=form.values()["patient_id"], lines=[], vat_bp=0)
        )
        return screen.back(made.invoice_id) if status == 200 else self._new(form, status)

    def _new(self, form: forms.InvoiceForm, status: int) -> Any:
        return self.render_template("billing/new_invoice.html", form=form, title=say(T("New invoice"))), status


class InvoiceDraftPage(ClinicPage):
    """Changing a draft, and posting it."""

    page, route_base = "/invoices", "/invoices"

    @expose("/<int:pk>/lines", methods=["POST"])
    @writes
    def lines(self, pk: int) -> Any:
        """Its lines, all at once."""
        form, vat_bp, posting = forms.LinesForm(), who.setting("billing.vat_bp"), screen.posting()
        allowance = screen.allowance()

        def write(session: Session) -> Invoice:
            invoice = screen.as_seen(session, pk, form.lock_token.data)
            lines = form.written()
            return actions.change_draft(session, invoice, lines, vat_bp=vat_bp, allowance=allowance, now=posting.now)

        return screen.save(pk, "lines_form", form, write)

    @expose("/<int:pk>/discount", methods=["POST"])
    @reads
    def discount(self, pk: int) -> Any:
        """A discount on the whole, by right; without an amount all of them are taken back."""
        if not (who.has_right("discount") or who.has_right("discount_any")):
            abort(403)
        form, vat_bp, now = forms.DiscountForm(), who.setting("billing.vat_bp"), screen.posting().now
        allowance = screen.allowance()

        def write(session: Session) -> Invoice:
            invoice = screen.as_seen(session, pk, form.lock_token.data)
            off, why = form.amount(invoice.total), form.reason.data
            return actions.discount_draft(session, invoice, off, why, vat_bp=vat_bp, allowance=allowance, now=now)

        return screen.save(pk, "discount_form", form, write)

    @expose("/<int:pk>/discount/clear", methods=["POST"])
    @writes
    def clear(self, pk: int) -> Response:
        """Take the discounts back that the desk gave."""
        vat_bp, now, seen = who.setting("billing.vat_bp"), screen.posting().now, request.form.get("seen", "")
        unit(lambda s: actions.clear_discounts(s, screen.as_seen(s, pk, seen), vat_bp=vat_bp, now=now))
        return screen.back(pk)

    @expose("/<int:pk>/payer", methods=["POST"])
    @writes
    def payer(self, pk: int) -> Any:
        """Who is asked to pay."""
        form, now = forms.PayerForm(), screen.posting().now

        def write(session: Session) -> None:
            actions.set_payer(session, screen.as_seen(session, pk, form.lock_token.data), form.payer_id.data, now=now)

        return screen.save(pk, "payer_form", form, write)

    @expose("/<int:pk>/discard", methods=["POST"])
    @writes
    def discard(self, pk: int) -> Response:
        """Throw the draft away."""
        unit(lambda s: actions.discard_draft(s, pk))
        flash(say(T("The draft is thrown away.")), "success")
        return redirect(url_for("InvoiceView.list"))


class InvoiceMoneyPage(ClinicPage):
    """Posting, paying, correcting."""

    page, route_base = "/invoices", "/invoices"

    @expose("/<int:pk>/issue", methods=["POST"])
    @writes
    def issue(self, pk: int) -> Any:
        """Post it without money."""
        posting, terms, seen = screen.posting(), screen.terms(), request.form.get("seen", "")
        unit(lambda s: checkout.issue(s, pk, posting=posting, terms=terms, seen=seen))
        return screen.back(pk)

    @expose("/<int:pk>/pay", methods=["POST"])
    @needs_right("take_money")
    def pay(self, pk: int) -> Any:
        """Money for it; a draft is posted in the same step."""
        if request.form.get("issue") and not screen.may_write():
            abort(403)
        return screen.pay(pk, forms.PayForm(), is_draft=bool(request.form.get("issue")))

    @expose("/<int:pk>/credit", methods=["POST"])
    @needs_right("take_money")
    def credit(self, pk: int) -> Any:
        """The patient's credit for it."""
        form, posting = forms.CreditForm(), screen.posting()

        def write(session: Session) -> None:
            screen.as_seen(session, pk, form.lock_token.data)
            checkout.use_credit(session, pk, form.amount.data, posting=posting)

        return screen.save(pk, "credit_form", form, write)

    @expose("/<int:pk>/adjust", methods=["POST"])
    @needs_right("write_off")
    def adjust(self, pk: int) -> Any:
        """Write off, waive, correct."""
        form, posting = forms.AdjustForm(), screen.posting()

        def write(session: Session) -> None:
            typed = form.values()
            screen.as_seen(session, pk, form.lock_token.data)
            checkout.adjust(session, pk, typed["kind"], typed["amount"], typed["reason"], posting=posting)

        return screen.save(pk, "adjust_form", form, write)

    @expose("/<int:pk>/void", methods=["POST"])
    @needs_right("void_invoice")
    def void(self, pk: int) -> Any:
        """Take it back."""
        form, posting = forms.VoidForm(), screen.posting()
        return screen.save(pk, "void_form", form, lambda s: checkout.void(s, pk, form.reason.data, posting=posting))
