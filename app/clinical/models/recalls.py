"""Who is to be asked to come again, and what was tried."""

from datetime import date, datetime

from sqlalchemy import Boolean, ColumnElement, Date, ForeignKey, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import ServiceCatalog
from app.clinical.models.visits import Treatment
from app.clinical.rules import ContactOutcome, ContactWay, RecallStatus
from app.db import BigKey, Instant, Stamped, WordType, table_args
from app.people.models import Patient
from app.scheduling.models import Appointment


class Recall(Stamped):
    """A patient who is due again: so many months after a service, or because somebody said so."""

    __table_args__ = table_args(
        Index(None, "status", "due_on"),
        Index(None, "due_on"),
        Index(None, "patient_id", "due_on"),
        Index(None, "appointment_id"),
        Index(None, "treatment_id"),
    )
    patient_column = "patient_id"

    recall_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    service_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("service_catalog.service_id"))
    reason: Mapped[str | None] = mapped_column(String(255))
    due_on: Mapped[date] = mapped_column(Date)
    is_due_by_hand: Mapped[bool] = mapped_column(Boolean, default=False)
    treatment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    do_not_contact_until: Mapped[date | None] = mapped_column(Date)
    status: Mapped[RecallStatus] = mapped_column(WordType(RecallStatus), default=RecallStatus.DUE)
    appointment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))

    patient: Mapped[Patient] = relationship(Patient)
    service: Mapped[ServiceCatalog | None] = relationship(ServiceCatalog)
    treatment: Mapped[Treatment | None] = relationship(Treatment)
    appointment: Mapped[Appointment | None] = relationship(Appointment)

    @property
    def title(self) -> str:
        """The patient."""
        return self.patient.title


class RecallContact(Stamped):
    """One attempt to reach the patient of a recall."""

    __table_args__ = table_args(Index(None, "recall_id", "contacted_at"), Index(None, "contacted_at"))

    recall_contact_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    recall_id: Mapped[int] = mapped_column(BigKey, ForeignKey("recall.recall_id"))
    contacted_at: Mapped[datetime] = mapped_column(Instant)
    how: Mapped[ContactWay] = mapped_column(WordType(ContactWay), default=ContactWay.PHONE)
    by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    outcome: Mapped[ContactOutcome] = mapped_column(WordType(ContactOutcome))
    note: Mapped[str | None] = mapped_column(Text)

    recall: Mapped[Recall] = relationship(Recall)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The attempts to reach this patient."""
        return cls.recall_id.in_(select(Recall.recall_id).where(Recall.patient_id == patient_id))

    @property
    def title(self) -> ContactOutcome:
        """What came of it."""
        return self.outcome
