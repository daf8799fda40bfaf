"""Invoices with their lines and adjustments; payments, allocations, refunds; the ledger and its kept sums."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.billing.rules import AdjustmentKind, EntryKind, InvoiceStatus, PaymentMethod, RefundKind
from app.catalogue.models import Medicine, ServiceCatalog
from app.clinical.models import Treatment, TreatmentItem, TreatmentPlan
from app.db import AppendOnly, BigKey, Instant, Stamped, Tugrug, WordType, ascii_string, table_args
from app.people.models import Patient


class Invoice(Stamped):
    """What a patient is asked to pay. Issued, its lines can't change: corrections are new rows."""

    __table_args__ = table_args(
        Index(None, "patient_id", "issued_at"),
        Index(None, "status", "due_on", "balance"),  # what is owed, and since when, is read from the index alone
        Index(None, "treatment_id"),
        Index(None, "plan_id"),
        Index(None, "issued_at"),
        Index(None, "voided_at"),
        Index(None, "payer_id"),
        CheckConstraint("subtotal >= 0 AND discount >= 0 AND tax >= 0 AND total >= 0", name="not_negative"),
        CheckConstraint("total = subtotal - discount", name="total_adds_up"),
        CheckConstraint("(status = 'draft') = (number IS NULL)", name="numbered_when_issued"),
    )
    patient_column = "patient_id"

    invoice_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    number: Mapped[str | None] = mapped_column(ascii_string(24), unique=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    payer_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    treatment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    plan_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment_plan.treatment_plan_id"))
    status: Mapped[InvoiceStatus] = mapped_column(WordType(InvoiceStatus), default=InvoiceStatus.DRAFT)
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    voided_at: Mapped[datetime | None] = mapped_column(Instant)
    voided_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    void_reason: Mapped[str | None] = mapped_column(String(255))
    due_on: Mapped[date | None] = mapped_column(Date)
    subtotal: Mapped[int] = mapped_column(Tugrug, default=0)  # Σ quantity × unit price
    discount: Mapped[int] = mapped_column(Tugrug, default=0)  # Σ line discounts
    tax: Mapped[int] = mapped_column(Tugrug, default=0)  # contained in the total
    total: Mapped[int] = mapped_column(Tugrug, default=0)
    adjusted: Mapped[int] = mapped_column(Tugrug, default=0)  # Σ adjustments
    paid: Mapped[int] = mapped_column(Tugrug, default=0)  # Σ allocations
    balance: Mapped[int] = mapped_column(Tugrug, default=0)

    patient: Mapped[Patient] = relationship(Patient, foreign_keys=[patient_id])
    payer: Mapped[Patient | None] = relationship(Patient, foreign_keys=[payer_id])
    treatment: Mapped[Treatment | None] = relationship(Treatment)
    plan: Mapped[TreatmentPlan | None] = relationship(TreatmentPlan)

    @property
    def title(self) -> str:
        """Its number, or the draft's key."""
        return self.number or f"#{self.invoice_id}"


class InvoiceItem(Stamped):
    """A line: a service, a medicine or a text."""

    __table_args__ = table_args(
        Index(None, "invoice_id"),
        Index(None, "treatment_item_id"),
        Index(None, "service_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0 AND discount >= 0 AND tax >= 0 AND line_total >= 0", name="not_negative"),
        CheckConstraint("line_total = quantity * unit_price - discount", name="line_adds_up"),
    )

    invoice_item_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigKey, ForeignKey("invoice.invoice_id"))
    service_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("service_catalog.service_id"))
    medicine_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("medicine.medicine_id"))
    text: Mapped[str | None] = mapped_column(String(255))
    treatment_item_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment_item.treatment_item_id"))
    teeth: Mapped[str | None] = mapped_column(String(120))
    quantity: Mapped[int] = mapped_column(Integer, default=1, info={"least": 1, "most": 9_999})
    unit_price: Mapped[int] = mapped_column(Tugrug)
    discount: Mapped[int] = mapped_column(Tugrug, default=0)
    discount_reason: Mapped[str | None] = mapped_column(String(255))
    tax: Mapped[int] = mapped_column(Tugrug, default=0)
    line_total: Mapped[int] = mapped_column(Tugrug)

    invoice: Mapped[Invoice] = relationship(Invoice)
    service: Mapped[ServiceCatalog | None] = relationship(ServiceCatalog)
    medicine: Mapped[Medicine | None] = relationship(Medicine)
    treatment_item: Mapped[TreatmentItem | None] = relationship(TreatmentItem)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The lines of the patient's invoices."""
        return cls.invoice_id.in_(sa.select(Invoice.invoice_id).where(Invoice.patient_id == patient_id))

    @property
    def title(self) -> object:
        """What is charged for, as the patient reads it."""
        if self.service is not None:
            return self.service.patient_title
        return self.medicine.title if self.medicine is not None else self.text or ""


class InvoiceAdjustment(AppendOnly):
    """A change of an issued invoice's balance without money; positive lowers it."""

    __table_args__ = table_args(
        Index(None, "invoice_id"), Index(None, "created_at"), CheckConstraint("amount <> 0", name="amount_not_zero")
    )

    invoice_adjustment_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigKey, ForeignKey("invoice.invoice_id"))
    kind: Mapped[AdjustmentKind] = mapped_column(WordType(AdjustmentKind))
    amount: Mapped[int] = mapped_column(Tugrug)
    reason: Mapped[str] = mapped_column(String(255))
    approved_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))

    invoice: Mapped[Invoice] = relationship(Invoice)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """Those of the patient's invoices."""
        return cls.invoice_id.in_(sa.select(Invoice.invoice_id).where(Invoice.patient_id == patient_id))

    @property
    def title(self) -> str:
        """Why."""
        return self.reason


class Payment(AppendOnly):
    """Money received. Never edited or deleted: a mistake is refunded or reversed by a new row."""

    __table_args__ = table_args(
        Index(None, "patient_id", "received_at"),
        Index(None, "received_at"),
        Index(None, "received_at", "method", "amount"),  # money by method over a year is read from it alone
        Index(None, "payer_id"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )
    patient_column = "patient_id"

    payment_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    number: Mapped[str] = mapped_column(ascii_string(24), unique=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    payer_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    amount: Mapped[int] = mapped_column(Tugrug)
    method: Mapped[PaymentMethod] = mapped_column(WordType(PaymentMethod))
    reference: Mapped[str | None] = mapped_column(String(80))
    received_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    received_at: Mapped[datetime] = mapped_column(Instant)
    idempotency_key: Mapped[str] = mapped_column(ascii_string(80), unique=True)

    patient: Mapped[Patient] = relationship(Patient, foreign_keys=[patient_id])
    payer: Mapped[Patient | None] = relationship(Patient, foreign_keys=[payer_id])

    @property
    def title(self) -> str:
        """Its number."""
        return self.number


class PaymentAllocation(AppendOnly):
    """Which part of a payment went to which invoice; a reversal is a negative row."""

    __table_args__ = table_args(
        Index(None, "payment_id"), Index(None, "invoice_id"), CheckConstraint("amount <> 0", name="amount_not_zero")
    )

    payment_allocation_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    payment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("payment.payment_id"))
    invoice_id: Mapped[int] = mapped_column(BigKey, ForeignKey("invoice.invoice_id"))
    amount: Mapped[int] = mapped_column(Tugrug)

    payment: Mapped[Payment] = relationship(Payment)
    invoice: Mapped[Invoice] = relationship(Invoice)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """Those of the patient's invoices."""
        return cls.invoice_id.in_(sa.select(Invoice.invoice_id).where(Invoice.patient_id == patient_id))

    @property
    def title(self) -> str:
        """The payment's number."""
        return self.payment.number


class Refund(AppendOnly):
    """Money given back, or a payment that was never received."""

    __table_args__ = table_args(
        Index(None, "payment_id"), Index(None, "created_at"), CheckConstraint("amount > 0", name="amount_positive")
    )

    refund_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    payment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("payment.payment_id"))
    kind: Mapped[RefundKind] = mapped_column(WordType(RefundKind))
    amount: Mapped[int] = mapped_column(Tugrug)
    method: Mapped[PaymentMethod] = mapped_column(WordType(PaymentMethod))
    reason: Mapped[str] = mapped_column(String(255))
    approved_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    idempotency_key: Mapped[str] = mapped_column(ascii_string(80), unique=True)

    payment: Mapped[Payment] = relationship(Payment)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """Those of the patient's payments."""
        return cls.payment_id.in_(sa.select(Payment.payment_id).where(Payment.patient_id == patient_id))

    @property
    def title(self) -> str:
        """Why."""
        return self.reason


class AccountEntry(AppendOnly):
    """The ledger: Σ debit − Σ credit is what a patient owes."""

    __table_args__ = table_args(
        Index(None, "patient_id", "at"),
        Index(None, "source_table", "source_row"),
        CheckConstraint("debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)", name="one_side"),
    )
    patient_column = "patient_id"

    account_entry_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[EntryKind] = mapped_column(WordType(EntryKind))
    debit: Mapped[int] = mapped_column(Tugrug, default=0)
    credit: Mapped[int] = mapped_column(Tugrug, default=0)
    source_table: Mapped[str] = mapped_column(ascii_string(40))
    source_row: Mapped[int] = mapped_column(BigKey)
    note: Mapped[str | None] = mapped_column(Text)

    patient: Mapped[Patient] = relationship(Patient)

    @property
    def title(self) -> EntryKind:
        """What it is."""
        return self.kind


class PatientAccount(Stamped):
    """The kept sums of a patient's ledger; its row is also the lock under which the ledger is written."""

    __table_args__ = table_args(Index(None, "balance"))
    patient_column = "patient_id"

    patient_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("patient.patient_id"), primary_key=True, autoincrement=False
    )
    charges: Mapped[int] = mapped_column(Tugrug, default=0)
    payments: Mapped[int] = mapped_column(Tugrug, default=0)
    adjustments: Mapped[int] = mapped_column(Tugrug, default=0)
    balance: Mapped[int] = mapped_column(Tugrug, default=0)
    last_payment_at: Mapped[datetime | None] = mapped_column(Instant)

    patient: Mapped[Patient] = relationship(Patient)

    @property
    def title(self) -> str:
        """The patient."""
        return self.patient.title
