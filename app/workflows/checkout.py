"""From the chair to the receipt: a visit's invoice, its payments, and the visit that is finished by them.

Locks are taken in one order: the patient's account, the appointment, the treatment, then invoices and numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing import actions, queries
from app.billing.actions import Line, Posting, Tender
from app.billing.models import Invoice, Payment
from app.billing.rules import AdjustmentKind, InvoiceStatus, teeth_text
from app.clinical.actions import locked_treatment
from app.clinical.models import Treatment, TreatmentItem
from app.clinical.queries import teeth_of_items
from app.clinical.rules import TreatmentStatus
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.scheduling.models import Appointment
from app.workflows import stock
from app.workflows.visit_moves import finish_if_settled


@dataclass(frozen=True, slots=True)
class Terms:
    """The clinic's settings that an invoice follows."""

    due_days: int
    vat_bp: int


def invoice_from_visit(session: Session, treatment_id: int, *, posting: Posting, vat_bp: int) -> Invoice | None:
    """The invoice to pay for a visit: the one there is, also under a double click, else a draft of its work.

    A draft is brought up to date with the treatment. None: there is nothing to pay, and the visit is finished.
    Raises RuleError for a cancelled visit, NotFound.
    """
    treatment = _locked_visit(session, treatment_id)
    if treatment.checkout_started_at is None:
        treatment.checkout_started_at = posting.now
    live = queries.live_invoices_of_visit(session, treatment_id)
    waiting = [row for row in live if row.status is InvoiceStatus.DRAFT or row.balance > 0]
    if waiting:
        _take_over(session, waiting[0], posting, vat_bp)
        return waiting[0]
    work = queries.unbilled_items(session, treatment_id)
    if any(_net(item) for item in work):
        return _draft(session, treatment, work, vat_bp)
    settle(session, [treatment_id], posting)
    return live[-1] if live else None


def bill_rest(session: Session, treatment_id: int, *, posting: Posting, vat_bp: int) -> Invoice:
    """Put the work of a visit that is on no invoice yet on its draft, or on a new one. Raises RuleError, NotFound."""
    treatment = _locked_visit(session, treatment_id)
    work = queries.unbilled_items(session, treatment_id)
    live = queries.live_invoices_of_visit(session, treatment_id)
    draft = next((row for row in live if row.status is InvoiceStatus.DRAFT), None)
    if draft is None:
        if not work:
            raise RuleError(T("All work of this visit is on an invoice."))
        return _draft(session, treatment, work, vat_bp)
    _, draft = actions.lock_invoice(session, draft.invoice_id)
    _take_over(session, draft, posting, vat_bp)
    return actions.add_lines(session, draft, _lines(session, work), vat_bp=vat_bp, now=posting.now)


def issue(session: Session, invoice_id: int, *, posting: Posting, terms: Terms, seen: str | None = None) -> Invoice:
    """Post a draft as the desk saw it (`seen`: its last change); one that costs nothing settles its visit.

    Its medicines leave the stock.
    Raises Conflict where it or the work it charges was changed since, RuleError, NotFound.
    """
    patient_id, treatment_id = _of_invoice(session, invoice_id)
    actions.lock_account(session, patient_id)
    if treatment_id is not None:
        _locked_visit(session, treatment_id)
    _, invoice = actions.lock_invoice(session, invoice_id)
    check_seen(invoice, seen)
    if queries.changed_lines(session, invoice_id):
        raise Conflict(T("The work of this visit was changed after this draft. Take the changes over first."))
    actions.issue_invoice(session, invoice_id, posting, due_days=terms.due_days, vat_bp=terms.vat_bp)
    stock.hand_out(session, invoice, posting)
    if treatment_id is not None:
        settle(session, [treatment_id], posting)
    return invoice


def void(session: Session, invoice_id: int, reason: str | None, *, posting: Posting) -> Invoice:
    """Take a posted invoice back; its medicines are in stock again. Raises RuleError, Conflict, NotFound."""
    invoice = actions.void_invoice(session, invoice_id, reason, posting)
    stock.take_back(session, invoice, posting)
    return invoice


def issue_and_pay(
    session: Session,
    invoice_id: int,
    tenders: Sequence[Tender],
    *,
    key: str,
    posting: Posting,
    terms: Terms,
    seen: str | None = None,
    payer_id: int | None = None,
) -> list[Payment]:
    """Post a draft and take one or two tenders for it, all or nothing; the same form again answers the same payments.

    Raises Conflict where the draft was changed since, RuleError, NotFound.
    """
    patient_id, _ = _of_invoice(session, invoice_id)
    actions.lock_account(session, patient_id)
    if actions.payment_of_key(session, f"{key}:0") is None:
        issue(session, invoice_id, posting=posting, terms=terms, seen=seen)
    return take_payment(
        session, patient_id, tenders, key=key, posting=posting, invoice_id=invoice_id, payer_id=payer_id
    )


def take_payment(
    session: Session,
    patient_id: int,
    tenders: Sequence[Tender],
    *,
    key: str,
    posting: Posting,
    invoice_id: int | None = None,
    payer_id: int | None = None,
) -> list[Payment]:
    """Take money for an issued invoice, or on account, and finish the visits that are paid by it.

    Raises RuleError, Conflict (the key was used for something else), NotFound.
    """
    payments = actions.record_tenders(
        session,
        patient_id=patient_id,
        tenders=tenders,
        key=key,
        posting=posting,
        invoice_id=invoice_id,
        payer_id=payer_id,
    )
    settle(session, queries.visits_of_payments(session, [row.payment_id for row in payments]), posting)
    return payments


def take_tender(
    session: Session,
    patient_id: int,
    tender: Tender,
    *,
    key: str,
    posting: Posting,
    invoice_id: int | None = None,
    payer_id: int | None = None,
) -> Payment:
    """One payment under exactly this key, as a program sends it; the same again answers the first one.

    Raises as `take_payment`.
    """
    payment = actions.record_payment(
        session,
        patient_id=patient_id,
        tender=tender,
        key=key,
        posting=posting,
        invoice_id=invoice_id,
        payer_id=payer_id,
    )
    settle(session, queries.visits_of_payments(session, [payment.payment_id]), posting)
    return payment


def use_credit(session: Session, invoice_id: int, amount: int | None, *, posting: Posting) -> int:
    """Pay an invoice with what the patient has paid too much. Returns what was used. Raises RuleError, Conflict."""
    used = actions.allocate_credit(session, invoice_id, amount, posting)
    _settle_invoice(session, invoice_id, posting)
    return used


def adjust(
    session: Session, invoice_id: int, kind: AdjustmentKind, amount: int, reason: str | None, *, posting: Posting
) -> None:
    """Write off or waive a part of what is owed, and finish the visit that owes nothing any more."""
    actions.adjust_invoice(session, invoice_id, kind, amount, reason, posting)
    _settle_invoice(session, invoice_id, posting)


def settle(session: Session, treatment_ids: Sequence[int], posting: Posting) -> None:
    """Note the end of the checkout of visits that owe nothing any more, and finish those that were treated."""
    session.flush()
    for key in treatment_ids:
        finish_if_settled(session, key, now=posting.now, by=posting.by)
        if queries.is_visit_settled(session, key):
            treatment = locked_treatment(session, key)
            if treatment.checkout_completed_at is None:
                treatment.checkout_completed_at = posting.now
    session.flush()


def check_seen(invoice: Invoice, seen: str | None) -> None:
    """Refuse a form that was made from an older state of an invoice. Raises Conflict."""
    if seen is not None and seen != invoice.updated_at.isoformat():
        raise Conflict(T("Somebody changed this invoice while you were looking at it. Compare, then try again."))


def _settle_invoice(session: Session, invoice_id: int, posting: Posting) -> None:
    _, treatment_id = _of_invoice(session, invoice_id)
    if treatment_id is not None:
        settle(session, [treatment_id], posting)


def _of_invoice(session: Session, invoice_id: int) -> tuple[int, int | None]:
    found = session.execute(
        sa.select(Invoice.patient_id, Invoice.treatment_id).where(Invoice.invoice_id == invoice_id)
    ).first()
    if found is None:
        raise NotFound(T("This invoice does not exist."))
    return found[0], found[1]


def _locked_visit(session: Session, treatment_id: int) -> Treatment:
    """The visit, with its patient's account, its appointment and itself locked, in this order."""
    owner = sa.select(Treatment.patient_id, Treatment.appointment_id).where(Treatment.treatment_id == treatment_id)
    found = session.execute(owner).first()
    if found is None:
        raise NotFound(T("This visit does not exist."))
    actions.lock_account(session, found[0])
    if found[1] is not None:
        session.get(Appointment, found[1], with_for_update=True)
    treatment = locked_treatment(session, treatment_id)
    if treatment.status is TreatmentStatus.CANCELLED:
        raise RuleError(T("This visit was cancelled."))
    return treatment


def _draft(session: Session, treatment: Treatment, work: Sequence[TreatmentItem], vat_bp: int) -> Invoice:
    return actions.create_invoice(
        session,
        patient_id=treatment.patient_id,
        lines=_lines(session, work),
        vat_bp=vat_bp,
        treatment_id=treatment.treatment_id,
    )


def _lines(session: Session, work: Sequence[TreatmentItem]) -> list[Line]:
    """What was done, as lines: service, teeth, quantity, the price and the discount of that time."""
    teeth = teeth_of_items(session, [item.treatment_item_id for item in work])
    return [
        Line(
            service_id=item.service_id,
            treatment_item_id=item.treatment_item_id,
            teeth=teeth_text([row.tooth.code for row in teeth.get(item.treatment_item_id, [])]),
            quantity=item.quantity,
            unit_price=item.unit_price,
            discount=item.discount,
        )
        for item in work
    ]


def _take_over(session: Session, invoice: Invoice, posting: Posting, vat_bp: int) -> None:
    """Write the lines of a draft anew whose work was changed in the treatment."""
    if invoice.status is not InvoiceStatus.DRAFT:
        return
    changed = queries.changed_lines(session, invoice.invoice_id)
    if not changed:
        return
    wanted = {line.treatment_item_id for line in changed}
    work = session.scalars(sa.select(TreatmentItem).where(TreatmentItem.treatment_item_id.in_(wanted))).all()
    gone = {line.invoice_item_id for line in changed}
    actions.replace_lines(session, invoice, gone, _lines(session, work), vat_bp=vat_bp, now=posting.now)


def _net(item: TreatmentItem) -> int:
    return item.quantity * item.unit_price - item.discount
