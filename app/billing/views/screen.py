"""What the page of an invoice shows, and how each of its parts answers after a change."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import abort, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.billing import actions, queries
from app.billing.actions import Allowance, Posting
from app.billing.models import Invoice, Payment
from app.billing.rules import InvoiceStatus, PaymentMethod, is_overdue
from app.billing.views import forms
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.security.actions.shares import share
from app.security.rules import ShareKind
from app.web import saving, who
from app.web.forms import ClinicForm
from app.web.keys import new_key
from app.web.text import say, today
from app.workflows import checkout
from app.workflows.checkout import Terms


def posting() -> Posting:
    """Now, by this person, in this clinic's numbers."""
    return Posting(datetime.now(UTC), today(), who.me().user_id, who.clinic().document_prefix)


def terms() -> Terms:
    """The clinic's settings that an invoice follows."""
    return Terms(who.setting("billing.due_days"), who.setting("billing.vat_bp"))


def allowance() -> Allowance:
    """Which discounts this person may give."""
    limit = who.setting("billing.discount_bp")
    return Allowance(limit, who.has_right("discount"), who.has_right("discount_any"))


def may_write() -> bool:
    """Whether this person makes and issues invoices."""
    return who.may("write", "/invoices")


def as_seen(session: Session, pk: int, seen: str | None) -> Invoice:
    """The invoice, locked, as the form knew it: one that was sent twice is stale the second time.

    Raises NotFound, Conflict.
    """
    _, invoice = actions.lock_invoice(session, pk)
    checkout.check_seen(invoice, seen or "")
    return invoice


def live_of_visit(treatment_id: int) -> Invoice | None:
    """The visit's invoice that waits, else its last one."""
    live = queries.live_invoices_of_visit(sqla.session(), treatment_id)
    return next((row for row in live if row.balance > 0), live[-1] if live else None)


def the_invoice(pk: int) -> Invoice:
    """The invoice with its people, or 404."""
    return queries.invoice_with_people(sqla.session(), pk) or abort(404)


def page(pk: int, status: int = 200, **refused: ClinicForm) -> Any:
    """The page of an invoice; `refused` are the forms that keep what was typed."""
    session = sqla.session()
    invoice = the_invoice(pk)
    context = _record(session, invoice)
    is_draft = invoice.status is InvoiceStatus.DRAFT
    shown = {
        "title": say(T("Invoice")) if is_draft else say(T("Invoice %(number)s", number=invoice.number)),
        "invoice": invoice,
        "is_draft": is_draft,
        "is_open": invoice.status in queries.OPEN,
        "overdue": is_overdue(invoice.balance, invoice.due_on, today()),
        "can_write": may_write(),
        "can_pay": who.has_right("take_money") and (may_write() or not is_draft),
        "can_discount": who.has_right("discount") or who.has_right("discount_any"),
        "seen": saving.lock_token(invoice),
        **just_paid({part.payment.payment_id: part.payment for part in context["payments"]}),
        **context,
        **_forms(invoice, context, refused),
    }
    return render_template("billing/invoice.html", **shown), status


def just_paid(payments: dict[int, Payment]) -> dict[str, Any]:
    """The payment that was recorded a moment ago, as the address says it, with the change to give."""
    numbers = {key: parse_key(request.args.get(key)) or 0 for key in ("receipt", "change")}
    return {"receipt": payments.get(numbers["receipt"]), "change": numbers["change"]}


def _record(session: Session, invoice: Invoice) -> dict[str, Any]:
    """All that stands on an invoice."""
    pk, visit = invoice.invoice_id, invoice.treatment_id
    lines = queries.lines_of(session, [pk]).get(pk, [])
    found: dict[str, Any] = {
        "lines": lines,
        "account": queries.account_of(session, invoice.patient_id) if who.has_right("see_balance") else None,
        "unbilled": queries.unbilled_items(session, visit) if visit and invoice.voided_at is None else [],
    }
    if invoice.status is InvoiceStatus.DRAFT:
        return {
            **found,
            "changed": queries.changed_lines(session, pk),
            "payments": [],
            "adjustments": [],
            "entries": [],
        }
    payments, adjustments = queries.payments_of_invoice(session, pk), queries.adjustments_of(session, pk)
    entries = queries.entries_of(
        session,
        invoice_id=pk,
        adjustment_ids=[row.invoice_adjustment_id for row in adjustments],
        payment_ids=[part.payment.payment_id for part in payments],
    )
    return {**found, "changed": [], "payments": payments, "adjustments": adjustments, "entries": entries}


def _forms(invoice: Invoice, context: dict[str, Any], refused: dict[str, ClinicForm]) -> dict[str, Any]:
    """The forms of the page: fresh ones, and those that were refused."""
    credit = context["account"].credit if context["account"] is not None else 0
    fresh: dict[str, Callable[[], ClinicForm]] = {
        "pay_form": lambda: pay_form(invoice.total if invoice.status is InvoiceStatus.DRAFT else invoice.balance),
    }
    if invoice.status is InvoiceStatus.DRAFT:
        fresh |= {
            "lines_form": lambda: lines_form(context["lines"]),
            "discount_form": lambda: forms.DiscountForm(formdata=None),
            "payer_form": lambda: forms.PayerForm(formdata=None, obj=invoice),
        }
    else:
        fresh |= {
            "credit_form": lambda: forms.CreditForm(formdata=None, amount=min(credit, invoice.balance)),
            "adjust_form": lambda: forms.AdjustForm(formdata=None, amount=invoice.balance),
            "void_form": lambda: forms.VoidForm(formdata=None),
        }
    made = {name: refused.get(name) or make() for name, make in fresh.items()}
    for form in made.values():
        form.lock_token.data = saving.lock_token(invoice)  # also of a refused one: what stands now is shown beside it
    return {**made, "refused": set(refused)}


def pay_form(amount: int) -> forms.PayForm:
    """A payment of what is owed, in cash unless another method is chosen, under a key of its own."""
    rows = [{"amount": amount or None, "method": PaymentMethod.CASH}, {}]
    return forms.PayForm(formdata=None, data={"key": new_key(), "tenders": rows})


def lines_form(lines: list[Any]) -> forms.LinesForm:
    """The lines of a draft as they stand."""
    columns = ("text", "teeth", "quantity", "unit_price", "discount")
    rows = [
        {"item_id": str(item.invoice_item_id), **{name: getattr(item, name) or None for name in columns}}
        for item in lines
    ]
    return forms.LinesForm(formdata=None, data={"lines": rows or [{}]})


def save(pk: int, name: str, form: ClinicForm, write: Callable[[Session], Any]) -> Any:
    """Check a form of the page, run its unit and go back to the page; refused, the page with what was typed."""
    if not form.validate():
        return page(pk, 422, **{name: form})
    _, status = saving.save(form, write)
    return back(pk) if status == 200 else page(pk, status, **{name: form})


def pay(pk: int, form: forms.PayForm, *, is_draft: bool) -> Any:
    """Take money for an invoice, posting it first where it is a draft; then back to it, with the receipt at hand."""
    if not form.validate():
        return page(pk, 422, pay_form=form)
    invoice, now, rules = the_invoice(pk), posting(), terms()
    key, payer, seen = form.key.data, form.payer_id.data or invoice.payer_id, form.lock_token.data or ""

    def write(session: Session) -> tuple[int, int]:
        tenders = form.written()
        change = form.change(tenders)
        common: dict[str, Any] = {"key": key, "posting": now, "payer_id": payer}
        if is_draft:
            made = checkout.issue_and_pay(session, pk, tenders, terms=rules, seen=seen, **common)
        else:
            made = checkout.take_payment(session, invoice.patient_id, tenders, invoice_id=pk, **common)
        return made[0].payment_id, change

    result, status = saving.save(form, write)
    if status == 409 and form.refusal.get("payment_id"):
        form.key.data = new_key()  # the old one is used up; what follows is another payment
    return page(pk, status, pay_form=form) if status != 200 else back(pk, receipt=result[0], change=result[1] or None)


def back(pk: int, **more: Any) -> Response:
    """To the page of an invoice."""
    return redirect(url_for("InvoicePage.show", pk=pk, **more))


def verify_address(session: Session, table: str, row: int, patient: int) -> str:
    """The address in the QR code of a paper: it says whether the paper is genuine."""
    token = share(session, current_app.config["SECRET_KEY"], ShareKind.VERIFY, table, row, patient)
    return url_for("SharedPage.open", token=token, _external=True)
