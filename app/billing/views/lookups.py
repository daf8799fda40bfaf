"""How invoices, payments and what can be charged are found by typing, and this room's words."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.billing.models import Invoice, Payment
from app.billing.words import LABELS
from app.catalogue.models import Medicine, ServiceCatalog
from app.db import sqla
from app.kernel.keys import parse_key
from app.people.models import Patient
from app.people.queries import matching_condition
from app.web import fields
from app.web.cells import name_of
from app.web.listing import like
from app.web.lookups import LOOKUPS, Lookup, add_lookup, by_number
from app.web.text import money, say
from app.web.vocabulary import add_labels

add_labels(LABELS)
MOST = 20


def found_by(session: Session, number: Any, patient: Any, typed: str) -> ColumnElement[bool]:
    """Rows with this number, or of the patients whom `typed` finds.

    The patients are looked up first: with an OR over a subquery MariaDB would read the whole table.
    """
    whom = sa.select(Patient.patient_id).where(matching_condition(Patient.patient_id, typed))
    return sa.or_(by_number(number, typed), patient.in_(list(session.scalars(whom))))


def _invoices(session: Session, typed: str, limit: int) -> Sequence[Invoice]:
    statement = sa.select(Invoice).options(joinedload(Invoice.patient))
    if typed:
        statement = statement.where(found_by(session, Invoice.number, Invoice.patient_id, typed))
    return session.scalars(statement.order_by(Invoice.invoice_id.desc()).limit(limit)).all()


def _payments(session: Session, typed: str, limit: int) -> Sequence[Payment]:
    statement = sa.select(Payment).options(joinedload(Payment.patient))
    if typed:
        statement = statement.where(found_by(session, Payment.number, Payment.patient_id, typed))
    return session.scalars(statement.order_by(Payment.payment_id.desc()).limit(limit)).all()


add_lookup(Lookup(Invoice, _invoices, lambda row: f"{row.patient.title} · {money(row.total)}"))
add_lookup(Lookup(Payment, _payments, lambda row: f"{row.patient.title} · {money(row.amount)}"))


def charges(session: Session, typed: str) -> list[dict[str, Any]]:
    """Services and medicines in use that can be put on an invoice, with their prices."""
    names = (ServiceCatalog.patient_display_name_mn, ServiceCatalog.patient_display_name_en, ServiceCatalog.code)
    services = sa.select(ServiceCatalog).where(ServiceCatalog.is_active.is_(True))
    medicines = sa.select(Medicine).where(Medicine.is_active.is_(True), Medicine.sale_price.is_not(None))
    if typed:
        services = services.where(sa.or_(*(like(name, typed) for name in names)))
        medicines = medicines.where(sa.or_(like(Medicine.name, typed), like(Medicine.generic_name, typed)))
    order = (ServiceCatalog.service_type_id, ServiceCatalog.display_number)
    found = [
        *(
            (f"service-{row.service_id}", row, row.price)
            for row in session.scalars(services.order_by(*order).limit(MOST))
        ),
        *(
            (f"medicine-{row.medicine_id}", row, row.sale_price)
            for row in session.scalars(medicines.order_by(Medicine.name).limit(MOST))
        ),
    ]
    return [{"id": key, "text": charge_name(row), "detail": money(price), "price": price} for key, row, price in found]


def charge_name(row: ServiceCatalog | Medicine) -> str:
    """What is charged for, as the patient reads it."""
    return say(row.patient_title) if isinstance(row, ServiceCatalog) else name_of(row)


def charge_parts(value: str | None) -> tuple[int | None, int | None]:
    """(service, medicine) of `service-12` or `medicine-7`."""
    kind, _, typed = (value or "").partition("-")
    number = parse_key(typed)
    return (number, None) if kind == "service" else (None, number) if kind == "medicine" else (None, None)


class ChargeField(fields.ReferenceField):
    """A service or a medicine, found in one search: `service-12`, `medicine-7`."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = typed or None

    def _row(self) -> Any:
        service, medicine = charge_parts(self.data)
        if service is not None:
            return sqla.session.get(ServiceCatalog, service)
        return sqla.session.get(Medicine, medicine) if medicine is not None else None


def charge_field(**common: Any) -> ChargeField:
    """The search for what is charged."""
    return ChargeField(**common, url=lambda: url_for("InvoicePage.charges"), name_of=charge_name)


def patient_field(**common: Any) -> fields.ReferenceField:
    """A patient, found as everywhere: by name, register number, card or phone."""
    return fields.ReferenceField(
        **common,
        url=lambda: url_for("InvoiceView.lookup", column="patient_id"),
        find=lambda key: LOOKUPS["patient"].find(key),
        name_of=name_of,
    )
