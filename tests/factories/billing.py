"""Money for tests: each factory goes through the room's actions, so that the ledger adds up."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing import actions
from app.billing.actions import Line, Posting, Tender
from app.billing.models import (
    AccountEntry,
    Invoice,
    InvoiceAdjustment,
    InvoiceItem,
    PatientAccount,
    Payment,
    PaymentAllocation,
    Refund,
)
from app.billing.rules import AdjustmentKind, PaymentMethod, RefundKind
from app.catalogue.models import ServiceCatalog, ServiceType
from app.catalogue.rules import TaxType
from app.people.models import Patient
from tests.factories import people

_keys = itertools.count(1)
VAT_BP = 1_000


def posting(day: date | None = None, **values: Any) -> Posting:
    """Now, today, by nobody in particular."""
    moment = datetime.now(UTC) if day is None else datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return Posting(now=moment, today=day or moment.date(), **values)


def key() -> str:
    """An idempotency key that no other form has."""
    return f"test-{next(_keys)}"


def text_lines(*amounts: int) -> list[Line]:
    """Plain lines of these amounts."""
    return [Line(text=f"Үйлчилгээ {i}", unit_price=amount) for i, amount in enumerate(amounts, start=1)]


def service(session: Session, *, price: int = 100_000, is_taxed: bool = False, **values: Any) -> ServiceCatalog:
    """A service with a price."""
    number = next(_keys)
    kind = session.scalar(sa.select(ServiceType).limit(1)) or ServiceType(
        code="TEST", name_mn="Туршилт", name_en="Test"
    )
    session.add(kind)
    session.flush()
    base = {
        "service_type_id": kind.service_type_id, "code": f"TEST{number}", "display_number": 10_000 + number,
        "doctor_display_name_mn": "Ломбо", "doctor_display_name_en": "Filling", "price": price,
        "patient_display_name_mn": "Гэрлэн ломбо", "patient_display_name_en": "Light-cured filling",
        "tax_type": TaxType.VAT_ABLE if is_taxed else TaxType.VAT_FREE,
    }  # fmt: skip
    row = ServiceCatalog(**{**base, **values})
    session.add(row)
    session.flush()
    return row


def draft(
    session: Session, *, patient: Patient | None = None, lines: Sequence[Line] | None = None, amount: int = 100_000,
    **values: Any,
) -> Invoice:  # fmt: skip
    """A draft with one line of `amount`."""
    owner = patient or people.patient(session)
    base = {"patient_id": owner.patient_id, "lines": lines or text_lines(amount), "vat_bp": VAT_BP}
    return actions.create_invoice(session, **{**base, **values})


def invoice(session: Session, *, day: date | None = None, **values: Any) -> Invoice:
    """An issued invoice of 100 000 ₮."""
    made = draft(session, **values)
    return actions.issue_invoice(session, made.invoice_id, posting(day), due_days=14, vat_bp=VAT_BP)


def pay(
    session: Session, made: Invoice | None = None, amount: int = 100_000, *, patient: Patient | None = None,
    method: PaymentMethod = PaymentMethod.CASH, day: date | None = None, **values: Any,
) -> Payment:  # fmt: skip
    """A payment on an invoice, or on account."""
    owner = made.patient_id if made is not None else (patient or people.patient(session)).patient_id
    base = {
        "patient_id": owner, "tender": Tender(amount, method), "key": key(), "posting": posting(day),
        "invoice_id": made.invoice_id if made is not None else None,
    }  # fmt: skip
    return actions.record_payment(session, **{**base, **values})


def item(session: Session, **values: Any) -> InvoiceItem:
    """A line."""
    return session.query(InvoiceItem).filter_by(invoice_id=draft(session, **values).invoice_id).one()


def adjustment(session: Session, made: Invoice | None = None, amount: int = 20_000, **values: Any) -> InvoiceAdjustment:
    """A write-off."""
    owner = made or invoice(session)
    kind = values.pop("kind", AdjustmentKind.WRITE_OFF)
    return actions.adjust_invoice(session, owner.invoice_id, kind, amount, "Эвдрэл", posting())


def allocation(session: Session) -> PaymentAllocation:
    """A payment's part on an invoice."""
    made = pay(session, invoice(session), 60_000)
    return session.query(PaymentAllocation).filter_by(payment_id=made.payment_id).one()


def refund(
    session: Session, made: Payment | None = None, amount: int | None = None, *, kind: RefundKind = RefundKind.REFUND,
    **values: Any,
) -> Refund:  # fmt: skip
    """Money given back: all of it unless told."""
    base = {"kind": kind, "amount": amount, "method": None, "reason": "Буруу", "key": key(), "posting": posting()}
    owner = made or pay(session)
    return actions.refund_payment(session, owner.payment_id, **{**base, **values})


def void(session: Session, made: Invoice) -> Invoice:
    """A void invoice."""
    return actions.void_invoice(session, made.invoice_id, "Андуурсан", posting())


def entry(session: Session) -> AccountEntry:
    """An entry of the ledger."""
    made = invoice(session)
    return session.query(AccountEntry).filter_by(source_table="invoice", source_row=made.invoice_id).one()


def account(session: Session) -> PatientAccount:
    """An account with a balance."""
    return session.get_one(PatientAccount, invoice(session).patient_id)
