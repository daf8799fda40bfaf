"""`medical_file`: the X-rays, photos and papers of patients. The file itself is a row of `stored_file`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import ToothDefinition
from app.clinical.models.visits import Treatment
from app.clinical.rules import FileCategory
from app.db import BigKey, Instant, Stamped, WordType, table_args
from app.files.models import StoredFile
from app.people.models import Patient


class MedicalFile(Stamped):
    """An X-ray, a photo or a paper of a patient. It is never removed: a wrong one is marked invalid with a reason."""

    __table_args__ = table_args(
        Index(None, "patient_id", "taken_on"),
        Index(None, "treatment_id"),
        CheckConstraint("(invalid_at IS NULL) = (invalid_reason IS NULL)", name="invalid_has_a_reason"),
    )
    patient_column = "patient_id"

    medical_file_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    treatment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    tooth_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("tooth_definition.tooth_id"))
    stored_file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.stored_file_id"))
    preview_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.stored_file_id"))
    category: Mapped[FileCategory] = mapped_column(WordType(FileCategory))
    name: Mapped[str] = mapped_column("title", String(160))
    taken_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(String(500))
    dicom: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    invalid_at: Mapped[datetime | None] = mapped_column(Instant)
    invalid_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    invalid_reason: Mapped[str | None] = mapped_column(String(255))

    patient: Mapped[Patient] = relationship(Patient)
    treatment: Mapped[Treatment | None] = relationship(Treatment)
    tooth: Mapped[ToothDefinition | None] = relationship(ToothDefinition)
    file: Mapped[StoredFile] = relationship(StoredFile, foreign_keys=[stored_file_id])
    preview: Mapped[StoredFile | None] = relationship(StoredFile, foreign_keys=[preview_id])

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name

    @property
    def is_valid(self) -> bool:
        """Whether it counts: nobody marked it as a mistake."""
        return self.invalid_at is None


def _originals(patient_id: int) -> Any:
    return select(MedicalFile.stored_file_id).where(MedicalFile.patient_id == patient_id)


def _previews(patient_id: int) -> Any:
    return select(MedicalFile.preview_id).where(MedicalFile.patient_id == patient_id)


StoredFile.shown_to.extend((_originals, _previews))
