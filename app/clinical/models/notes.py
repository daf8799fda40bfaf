"""Notes of a visit, snapshots of the tooth chart."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.models.visits import Treatment
from app.db import AppendOnly, BigKey, Instant, Stamped, ascii_string, table_args
from app.people.models import Patient


class SoapNote(Stamped):
    """A note in four parts. Signed, it can't change: a correction is an addendum that points at it."""

    __table_args__ = table_args(Index(None, "treatment_id"), Index(None, "addendum_to"))

    soap_note_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    treatment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    subjective: Mapped[str | None] = mapped_column(Text)
    objective: Mapped[str | None] = mapped_column(Text)
    assessment: Mapped[str | None] = mapped_column(Text)
    plan: Mapped[str | None] = mapped_column(Text)
    author: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    addendum_to: Mapped[int | None] = mapped_column(BigKey, ForeignKey("soap_note.soap_note_id"))

    treatment: Mapped[Treatment] = relationship(Treatment)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The notes of the patient's treatments."""
        return cls.treatment_id.in_(select(Treatment.treatment_id).where(Treatment.patient_id == patient_id))

    @property
    def title(self) -> str:
        """Its number."""
        return f"#{self.soap_note_id}"


class OdontogramSnapshot(AppendOnly):
    """The tooth chart as it stood when an exam was completed, with its hash."""

    __table_args__ = table_args(Index(None, "patient_id", "created_at"), Index(None, "treatment_id"))
    patient_column = "patient_id"

    odontogram_snapshot_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    treatment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    chart: Mapped[dict[str, Any]] = mapped_column(JSON)
    hash: Mapped[str] = mapped_column(ascii_string(64))

    patient: Mapped[Patient] = relationship(Patient)
    treatment: Mapped[Treatment] = relationship(Treatment)

    @property
    def title(self) -> str:
        """Its number."""
        return f"#{self.odontogram_snapshot_id}"
