"""`medical_record`: a read-only SQL view of all that is known of a patient's treatment, by date."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import ToothDefinition
from app.clinical.models.visits import Treatment
from app.clinical.rules import RecordKind
from app.db import Base, BigKey, Instant, WordType
from app.db.base import TABLE_OPTIONS
from app.people.models import Employee, Patient


class MedicalRecord(Base):
    """A line of the medical record: what it is, of which row, when, and its own words."""

    __table_args__ = {**TABLE_OPTIONS, "info": {"is_view": True}}
    patient_column = "patient_id"
    is_audited = False

    kind: Mapped[RecordKind] = mapped_column(WordType(RecordKind), primary_key=True)
    row_key: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    at: Mapped[datetime] = mapped_column(Instant)
    treatment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    employee_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    tooth_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("tooth_definition.tooth_id"))
    code: Mapped[str | None] = mapped_column(Text)  # the stored word or key that says what it is, by kind
    detail: Mapped[str | None] = mapped_column(Text)  # as somebody wrote it

    patient: Mapped[Patient] = relationship(Patient, viewonly=True)
    treatment: Mapped[Treatment | None] = relationship(Treatment, viewonly=True)
    employee: Mapped[Employee | None] = relationship(Employee, viewonly=True)
    tooth: Mapped[ToothDefinition | None] = relationship(ToothDefinition, viewonly=True)

    @property
    def title(self) -> str:
        """Kind and number."""
        return f"{self.kind} #{self.row_key}"
