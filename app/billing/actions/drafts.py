"""Drafts: what a patient is going to be asked to pay, until it is issued."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.billing import rules
from app.billing.actions.ledger import lock_account, lock_invoice
from app.billing.models import Invoice, InvoiceItem
from app.billing.rules import InvoiceStatus
from app.catalogue.models import Medicine, ServiceCatalog
from app.catalogue.rules import TaxType
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.people.queries import kept_id, patient_ids


@dataclass(frozen=True, slots=True)
class Line:
    """A line as somebody wrote it. One of service, medicine and text; the price is the catalogue's where it has one.

    `item_id` is the line it changes; `name` is where its errors belong on the form, such as `lines-2`.
    """

    item_id: int | None = None
    service_id: int | None = None
    medicine_id: int | None = None
    text: str | None = None
    treatment_item_id: int | None = None
    teeth: str | None = None
    quantity: int = 1
    unit_price: int | None = None
    discount: int = 0
    discount_reason: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Which discounts the person may give: rights `discount` (up to `limit_bp` of the invoice), `discount_any`."""

    limit_bp: int = 0
    has_discount: bool = False
    has_any: bool = False


NO_LIMIT = Allowance(has_any=True)  # the discounts were decided in the treatment


@dataclass(slots=True)
class _Catalogue:
    """The services and medicines that some lines name, read in two statements."""

    services: dict[int, ServiceCatalog] = field(default_factory=dict)
    medicines: dict[int, Medicine] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, lines: Sequence[Line]) -> "_Catalogue":
        """What these lines name."""
        found = cls()
        services = {line.service_id for line in lines if line.service_id is not None}
        medicines = {line.medicine_id for line in lines if line.medicine_id is not None}
        if services:
            wanted = sa.select(ServiceCatalog).where(ServiceCatalog.service_id.in_(services))
            found.services = {row.service_id: row for row in session.scalars(wanted)}
        if medicines:
            drugs = sa.select(Medicine).where(Medicine.medicine_id.in_(medicines))
            found.medicines = {row.medicine_id: row for row in session.scalars(drugs)}
        return found

    def price(self, line: Line) -> int | None:
        """The catalogue's price of what a line names."""
        if line.service_id is not None:
            return self.services[line.service_id].price
        return self.medicines[line.medicine_id].sale_price if line.medicine_id is not None else None


def create_invoice(
    session: Session,
    *,
    patient_id: int,
    lines: Sequence[Line],
    vat_bp: int,
    treatment_id: int | None = None,
    payer_id: int | None = None,
    allowance: Allowance = NO_LIMIT,
) -> Invoice:
    """A draft with these lines. Raises RuleError, NotAllowed, NotFound."""
    patient_id = kept_id(session, patient_id)
    lock_account(session, patient_id)
    payer = check_payer(session, patient_id, payer_id)
    invoice = Invoice(patient_id=patient_id, treatment_id=treatment_id, payer_id=payer)
    session.add(invoice)
    session.flush()
    _write_lines(session, invoice, lines, vat_bp, allowance)
    return invoice


def change_draft(
    session: Session, invoice: Invoice, lines: Sequence[Line], *, vat_bp: int, allowance: Allowance, now: datetime
) -> Invoice:
    """Make these the lines of a locked draft: known ones change, new ones are added, the others go.

    What a line charges for, and the price of a service that was done, stay. Raises RuleError, NotAllowed, Conflict.
    """
    _touch(invoice, now)
    _write_lines(session, invoice, lines, vat_bp, allowance)
    return invoice


def add_lines(session: Session, invoice: Invoice, lines: Sequence[Line], *, vat_bp: int, now: datetime) -> Invoice:
    """Add lines to a locked draft, such as work that was done later. Raises RuleError, Conflict."""
    return replace_lines(session, invoice, frozenset(), lines, vat_bp=vat_bp, now=now)


def replace_lines(
    session: Session,
    invoice: Invoice,
    gone: Set[int],
    lines: Sequence[Line],
    *,
    vat_bp: int,
    now: datetime,
) -> Invoice:
    """Take the lines `gone` off a locked draft and add `lines`, with the discounts decided in the treatment."""
    kept = [_as_line(item) for item in items_of(session, invoice) if item.invoice_item_id not in gone]
    return change_draft(session, invoice, [*kept, *lines], vat_bp=vat_bp, allowance=NO_LIMIT, now=now)


def discount_draft(
    session: Session,
    invoice: Invoice,
    discount: int,
    reason: str | None,
    *,
    vat_bp: int,
    allowance: Allowance,
    now: datetime,
) -> Invoice:
    """Take `discount` off a locked draft, spread over what its lines still come to. Raises RuleError, NotAllowed."""
    _touch(invoice, now)
    if discount <= 0:
        raise RuleError(T("Write an amount above zero."), field="discount")
    items = items_of(session, invoice)
    parts = rules.spread_discount(discount, [item.line_total for item in items])
    before = (invoice.discount, invoice.subtotal)
    for item, part in zip(items, parts, strict=True):
        item.discount += part
        if part and reason:
            item.discount_reason = reason
    _sum_up(invoice, items, vat_bp)
    _check_allowance(invoice, before, allowance)
    session.flush()
    return invoice


def clear_discounts(session: Session, invoice: Invoice, *, vat_bp: int, now: datetime) -> Invoice:
    """Take back every discount of a locked draft but those given in the treatment itself."""
    _touch(invoice, now)
    items = items_of(session, invoice)
    for item in items:
        given = item.treatment_item.discount if item.treatment_item is not None else 0
        item.discount = min(given, item.quantity * item.unit_price)
        item.discount_reason = None
    _sum_up(invoice, items, vat_bp)
    session.flush()
    return invoice


def set_payer(session: Session, invoice: Invoice, payer_id: int | None, *, now: datetime) -> None:
    """Who is asked to pay a locked draft, where it is somebody else. Raises RuleError, Conflict."""
    _touch(invoice, now)
    invoice.payer_id = check_payer(session, invoice.patient_id, payer_id)


def discard_draft(session: Session, invoice_id: int) -> None:
    """Throw a draft away: it never had a number. Raises Conflict once it is issued, NotFound."""
    _, invoice = lock_invoice(session, invoice_id)
    check_draft(invoice)
    for item in items_of(session, invoice):
        session.delete(item)
    session.flush()
    session.delete(invoice)
    session.flush()


def _touch(invoice: Invoice, now: datetime) -> None:
    """A draft that changes is a new state of it even where its sums stay: an older form is stale then."""
    check_draft(invoice)
    invoice.updated_at = now


def check_draft(invoice: Invoice) -> None:
    """Refuse to change an invoice that is issued. Raises Conflict."""
    if invoice.status is not InvoiceStatus.DRAFT:
        raise Conflict(T("This invoice is issued and can't be changed. Adjust it, or void it and make another."))


def check_payer(session: Session, patient_id: int, payer_id: int | None) -> int | None:
    """The payer, None where it is the patient. Raises RuleError for somebody who does not exist."""
    if payer_id is None or payer_id in patient_ids(session, patient_id):
        return None
    if session.get(Patient, payer_id) is None:
        raise RuleError(T("Choose one of the list."), field="payer_id")
    return payer_id


def items_of(session: Session, invoice: Invoice) -> list[InvoiceItem]:
    """The lines of an invoice in their order, with what they charge for."""
    names = (InvoiceItem.service, InvoiceItem.medicine, InvoiceItem.treatment_item)
    statement = sa.select(InvoiceItem).where(InvoiceItem.invoice_id == invoice.invoice_id)
    found = session.scalars(
        statement.options(*(joinedload(name) for name in names)).order_by(InvoiceItem.invoice_item_id)
    )
    return list(found)


def _as_line(item: InvoiceItem) -> Line:
    columns = (
        "service_id", "medicine_id", "text", "treatment_item_id", "teeth", "quantity", "unit_price", "discount",
        "discount_reason",
    )  # fmt: skip
    return Line(item_id=item.invoice_item_id, **{name: getattr(item, name) for name in columns})


def _write_lines(session: Session, invoice: Invoice, lines: Sequence[Line], vat_bp: int, allowance: Allowance) -> None:
    before = (invoice.discount or 0, invoice.subtotal or 0)
    have = {item.invoice_item_id: item for item in items_of(session, invoice)}
    catalogue = _Catalogue.of(session, lines)
    items = []
    for line in lines:
        item = have.pop(line.item_id, None) if line.item_id is not None else None
        if line.item_id is not None and item is None:
            raise Conflict(T("Somebody changed this record while you were writing. Compare, then save again."))
        items.append(_fill(item or _new_item(invoice, line, catalogue), line))
    with session.no_autoflush:
        for item in have.values():
            session.delete(item)
        session.add_all(items)
        _sum_up(invoice, items, vat_bp, catalogue)
        _check_allowance(invoice, before, allowance)
    session.flush()


def _new_item(invoice: Invoice, line: Line, catalogue: _Catalogue) -> InvoiceItem:
    """A line of its own: exactly one of service, medicine and text, and a price. Raises RuleError."""
    at = f"{line.name}-" if line.name else ""
    named = [value for value in (line.service_id, line.medicine_id, line.text) if value not in (None, "")]
    if len(named) != 1:
        raise RuleError(T("Choose a service or a medicine, or write a text: one of them."), field=at + "charge")
    is_known = line.service_id is None or line.service_id in catalogue.services
    if not is_known or (line.medicine_id is not None and line.medicine_id not in catalogue.medicines):
        raise RuleError(T("Choose one of the list."), field=at + "charge")
    # the price of what was done stands in the treatment, any other is the catalogue's, and a text has its own
    price = line.unit_price if line.treatment_item_id is not None else catalogue.price(line)
    price = line.unit_price if price is None else price
    if price is None:
        raise RuleError(T("Write a price."), field=at + "unit_price")
    return InvoiceItem(
        invoice_id=invoice.invoice_id,
        service_id=line.service_id,
        medicine_id=line.medicine_id,
        text=line.text or None,
        treatment_item_id=line.treatment_item_id,
        unit_price=price,
    )


def _fill(item: InvoiceItem, line: Line) -> InvoiceItem:
    """The figures of a line. Raises RuleError on the line's own field."""
    if item.service_id is None and item.medicine_id is None:
        item.text = line.text or item.text
        item.unit_price = item.unit_price if line.unit_price is None else line.unit_price
    try:
        item.line_total = rules.line_total(line.quantity, item.unit_price, line.discount)
    except RuleError as error:
        raise RuleError(error.text, field=f"{line.name}-{error.field}" if line.name else error.field) from error
    item.quantity, item.discount, item.teeth = line.quantity, line.discount, line.teeth
    item.discount_reason = line.discount_reason if line.discount else None
    return item


def _sum_up(invoice: Invoice, items: Sequence[InvoiceItem], vat_bp: int, catalogue: _Catalogue | None = None) -> None:
    """Line totals, contained taxes and the invoice's sums. Raises RuleError for more than an amount holds."""
    for item in items:
        item.line_total = rules.line_total(item.quantity, item.unit_price, item.discount)
        item.tax = rules.contained_tax(item.line_total, vat_bp, _tax_type(item, catalogue))
    invoice.subtotal = sum(item.quantity * item.unit_price for item in items)
    invoice.discount = sum(item.discount for item in items)
    invoice.tax = sum(item.tax for item in items)
    invoice.total = invoice.subtotal - invoice.discount
    rules.check_total(invoice.subtotal)


def _tax_type(item: InvoiceItem, catalogue: _Catalogue | None) -> TaxType | None:
    known: Any = None
    if catalogue is not None:
        known = catalogue.services.get(item.service_id or 0) or catalogue.medicines.get(item.medicine_id or 0)
    known = known or item.service or item.medicine
    return known.tax_type if known is not None else None


def _check_allowance(invoice: Invoice, before: tuple[int, int], allowance: Allowance) -> None:
    rules.check_discount(
        invoice.discount,
        invoice.subtotal,
        limit_bp=allowance.limit_bp,
        has_discount=allowance.has_discount,
        has_any=allowance.has_any,
        before=before,
    )


def tax_again(session: Session, invoice: Invoice, *, vat_bp: int) -> list[InvoiceItem]:
    """The lines of a draft that is being issued, taxed as the law says on that day."""
    items = items_of(session, invoice)
    _sum_up(invoice, items, vat_bp)
    return items
