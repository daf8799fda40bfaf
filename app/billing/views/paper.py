"""Invoices and receipts on paper, in the patient's language or the one that is asked for."""

from typing import Any

from flask import abort, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.billing import queries
from app.billing.models import Invoice, Payment
from app.billing.rules import InvoiceStatus
from app.billing.views import screen
from app.db import sqla, unit
from app.kernel.errors import Conflict
from app.kernel.text import T
from app.people.models import Patient
from app.web import who
from app.web.pdf import PAPERS, breakable, pdf_answer, render_pdf
from app.web.text import LOCALES, money

# millimetres of a receipt: a roll has no pages, so its one page is as long as what stands on it
ROLL_HEAD, ROLL_LINE, ROLL_CHARACTERS = 84, 5.2, 34


def language(patient: Patient) -> str:
    """`?lang=mn` or `en`, else the patient's."""
    asked = request.args.get("lang", "")
    return asked if asked in LOCALES else str(patient.preferred_locale)


def tugrug(amount: int) -> str:
    """`1,250,000 ₮` that no line breaks."""
    return money(amount).replace(" ", "\u00a0")


HELPERS = {"tugrug": tugrug, "breakable": breakable}


def invoice_pdf(pk: int) -> Response:
    """A4. Raises Conflict for a draft, which has no number yet."""
    invoice = screen.the_invoice(pk)
    if invoice.status is InvoiceStatus.DRAFT:
        raise Conflict(T("A draft has no number yet. Issue the invoice, then print it."))
    verify_url = _printed("invoice", pk, invoice.patient_id)
    session, invoice = sqla.session(), screen.the_invoice(pk)  # what was read before a unit is read anew
    context = {
        **HELPERS,
        "invoice": invoice,
        "lines": queries.lines_of(session, [pk]).get(pk, []),
        "payments": [part for part in queries.payments_of_invoice(session, pk) if part.amount],
        "verify_url": verify_url,
    }
    return pdf_answer(render_pdf("invoice.html", language(invoice.patient), **context), str(invoice.number))


def receipt_pdf(pk: int) -> Response:
    """80 mm: the payments of one form, and the invoices they went to."""
    payment = sqla.session.get(Payment, pk) or abort(404)
    verify_url = _printed("payment", pk, payment.patient_id)
    session, payment = sqla.session(), sqla.session.get_one(Payment, pk)
    payments = queries.payments_of_form(session, payment)
    patient = session.get_one(Patient, payment.patient_id)
    parts = _by_invoice(queries.invoices_of_payments(session, [row.payment_id for row in payments]))
    lines = queries.lines_of(session, [invoice.invoice_id for invoice, _ in parts])
    refunds = queries.refunds_of(session, [row.payment_id for row in payments])
    paid = sum(row.amount for row in payments)
    refunded = sum(row.amount for rows in refunds.values() for row in rows)
    context = {
        **HELPERS,
        "payment": payment,
        "payments": payments,
        "patient": patient,
        "payer": session.get(Patient, payment.payer_id) if payment.payer_id else None,
        "parts": parts,
        "lines": lines,
        "refunded": refunded,
        "paid": paid,
        "credit": paid - refunded - sum(amount for _, amount in parts),
        "statuses": {row.payment_id: queries.status_of(row, refunds.get(row.payment_id, [])) for row in payments},
        "verify_url": verify_url,
        "height": _height(payments, lines),
    }
    return pdf_answer(render_pdf("receipt.html", language(patient), **context), payment.number)


def _by_invoice(parts: list[queries.Part]) -> list[tuple[Invoice, int]]:
    """(invoice, what these payments have on it), without those that were given back whole."""
    sums: dict[int, int] = {}
    for part in parts:
        sums[part.invoice.invoice_id] = sums.get(part.invoice.invoice_id, 0) + part.amount
    rows = {part.invoice.invoice_id: part.invoice for part in parts}
    return [(rows[key], amount) for key, amount in sums.items() if amount]


def _height(payments: Any, lines: dict[int, list[Any]]) -> int:
    """How long the roll must be, in millimetres."""
    rows = sum(2 + len(_longest(item)) // ROLL_CHARACTERS for items in lines.values() for item in items)
    head = len(who.clinic().address) // ROLL_CHARACTERS
    return int(ROLL_HEAD + ROLL_LINE * (head + rows + 2 * len(payments) + 6 * len(lines)))


def _longest(item: Any) -> str:
    title = item.service.patient_title if item.service is not None else item.title
    return max((str(getattr(title, name, title)) for name in ("mn", "en")), key=len) + (item.teeth or "")


def _printed(table: str, row: int, patient: int) -> str:
    """Note that it was printed; returns the address of its check."""
    who.hooks().record("print", table, row, patient=patient)
    return unit(lambda session: _address(session, table, row, patient))


def _address(session: Session, table: str, row: int, patient: int) -> str:
    return screen.verify_address(session, table, row, patient)


def _paper_of_invoice(row: Invoice) -> tuple[str, bytes] | None:
    if row.status is InvoiceStatus.DRAFT:
        return None
    return f"invoice-{row.number}", invoice_pdf(row.invoice_id).get_data()


def _paper_of_payment(row: Payment) -> tuple[str, bytes] | None:
    if row.idempotency_key.endswith(":1"):  # the second tender of a form stands on the receipt of the first
        return None
    return f"receipt-{row.number}", receipt_pdf(row.payment_id).get_data()


PAPERS[Invoice], PAPERS[Payment] = _paper_of_invoice, _paper_of_payment
