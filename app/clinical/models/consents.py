"""What patients agreed to, and what they took back."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.catalogue.models import ConsentTemplate
from app.catalogue.rules import ConsentKind
from app.clinical.models.visits import Treatment
from app.clinical.rules import ConsentWay
from app.db import BigKey, Instant, Stamped, WordType, table_args
from app.people.models import Patient
from app.security.models import UserProfile
from app.security.rules import Locale


class Consent(Stamped):
    """A consent with the text that was shown. It is never edited: withdrawn, it stays with the day of that."""

    __table_args__ = table_args(
        Index(None, "patient_id", "kind", "signed_at"),
        Index(None, "treatment_id"),
        Index(None, "signed_at"),
        CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= signed_at", name="withdrawn_later"),
    )
    patient_column = "patient_id"

    consent_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    treatment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    consent_template_id: Mapped[int] = mapped_column(BigKey, ForeignKey("consent_template.consent_template_id"))
    kind: Mapped[ConsentKind] = mapped_column(WordType(ConsentKind))
    locale: Mapped[Locale] = mapped_column(WordType(Locale))
    text: Mapped[str] = mapped_column(Text)  # heading and body as they were shown
    signed_by: Mapped[str] = mapped_column(String(120))
    signed_at: Mapped[datetime] = mapped_column(Instant)
    way: Mapped[ConsentWay] = mapped_column(WordType(ConsentWay))
    witness: Mapped[str | None] = mapped_column(String(120))
    recorded_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    withdraw_reason: Mapped[str | None] = mapped_column(String(255))

    patient: Mapped[Patient] = relationship(Patient)
    treatment: Mapped[Treatment | None] = relationship(Treatment)
    template: Mapped[ConsentTemplate] = relationship(ConsentTemplate)
    recorder: Mapped[UserProfile | None] = relationship(
        UserProfile, primaryjoin=lambda: foreign(Consent.recorded_by) == UserProfile.user_id, viewonly=True
    )

    @property
    def title(self) -> ConsentKind:
        """What it is for."""
        return self.kind
