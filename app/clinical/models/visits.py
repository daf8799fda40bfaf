"""Treatments with their items, teeth and diagnoses; findings; prescriptions."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ToothDefinition
from app.catalogue.rules import Scope
from app.clinical.rules import Condition, Layer, Outcome, PrescriptionStatus, Route, TreatmentStatus, VisitType
from app.db import BigKey, CodeType, Instant, Stamped, Tugrug, WordType, ascii_string, table_args
from app.kernel.text import Names
from app.people.models import Employee, Patient
from app.scheduling.models import Appointment


class Treatment(Stamped):
    """The visit: header of all that was done, made when the patient goes into treatment."""

    __table_args__ = table_args(
        Index(None, "patient_id", "treatment_date"),
        Index(None, "doctor_id", "treatment_date"),
        Index(None, "treatment_date"),
        Index(None, "case_id"),
        Index(None, "next_appointment_id"),
    )
    patient_column = "patient_id"

    treatment_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    treatment_date: Mapped[datetime] = mapped_column(Instant)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    doctor_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    assistant_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    # one visit each: the key makes a second "into treatment" find the first one's row
    appointment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"), unique=True)
    next_appointment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    visit_type: Mapped[VisitType] = mapped_column(WordType(VisitType), default=VisitType.TREATMENT)
    chief_complaint: Mapped[str | None] = mapped_column(Text)
    status: Mapped[TreatmentStatus] = mapped_column(WordType(TreatmentStatus), default=TreatmentStatus.IN_PROGRESS)
    exam_step: Mapped[int] = mapped_column(SmallInteger, default=0)
    exam_completed_at: Mapped[datetime | None] = mapped_column(Instant)
    checkout_started_at: Mapped[datetime | None] = mapped_column(Instant)
    checkout_completed_at: Mapped[datetime | None] = mapped_column(Instant)
    next_visit_scheduled: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str | None] = mapped_column(Text)

    patient: Mapped[Patient] = relationship(Patient)
    doctor: Mapped[Employee] = relationship(Employee, foreign_keys=[doctor_id])
    assistant: Mapped[Employee | None] = relationship(Employee, foreign_keys=[assistant_id])
    appointment: Mapped[Appointment | None] = relationship(Appointment, foreign_keys=[appointment_id])

    @property
    def title(self) -> str:
        """The patient and the day (UTC; pages show the clinic's)."""
        return self.patient.title


class TreatmentItem(Stamped):
    """One service that was done, on its teeth, at the price of that time."""

    __table_args__ = table_args(
        Index(None, "treatment_id"),
        Index(None, "service_id"),
        # work by service over a year is read from it alone
        Index(
            "ix_treatment_item_report",
            "created_at",
            "service_id",
            "performed_by",
            "outcome",
            "quantity",
            "unit_price",
            "discount",
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price >= 0", name="unit_price_not_negative"),
        CheckConstraint("discount >= 0 AND discount <= quantity * unit_price", name="discount_within_line"),
    )

    treatment_item_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    treatment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    service_id: Mapped[int] = mapped_column(BigKey, ForeignKey("service_catalog.service_id"))
    scope: Mapped[Scope] = mapped_column(CodeType(Scope), default=Scope.NONE)
    surfaces: Mapped[str] = mapped_column(ascii_string(8), default="")
    quantity: Mapped[int] = mapped_column(Integer, default=1, info={"least": 1, "most": 999})
    unit_price: Mapped[int] = mapped_column(Tugrug)
    discount: Mapped[int] = mapped_column(Tugrug, default=0)
    performed_by: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    outcome: Mapped[Outcome | None] = mapped_column(WordType(Outcome))
    outcome_on: Mapped[date | None] = mapped_column(Date)

    treatment: Mapped[Treatment] = relationship(Treatment)
    service: Mapped[ServiceCatalog] = relationship(ServiceCatalog)
    performer: Mapped[Employee] = relationship(Employee)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The items of the patient's treatments."""
        own = sa.select(Treatment.treatment_id).where(Treatment.patient_id == patient_id)
        return cls.treatment_id.in_(own)

    @property
    def title(self) -> Names:
        """The service."""
        return self.service.title


class TreatmentItemTooth(Stamped):
    """A tooth that an item was done on."""

    __table_args__ = table_args(UniqueConstraint("treatment_item_id", "tooth_id"), Index(None, "tooth_id"))

    treatment_item_tooth_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    treatment_item_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment_item.treatment_item_id"))
    tooth_id: Mapped[int] = mapped_column(BigKey, ForeignKey("tooth_definition.tooth_id"))
    surfaces: Mapped[str] = mapped_column(ascii_string(8), default="")
    note: Mapped[str | None] = mapped_column(Text)

    treatment_item: Mapped[TreatmentItem] = relationship(TreatmentItem)
    tooth: Mapped[ToothDefinition] = relationship(ToothDefinition)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The teeth of the patient's treatments."""
        own = (
            sa.select(TreatmentItem.treatment_item_id)
            .join(Treatment, Treatment.treatment_id == TreatmentItem.treatment_id)
            .where(Treatment.patient_id == patient_id)
        )
        return cls.treatment_item_id.in_(own)

    @property
    def title(self) -> str:
        """The tooth."""
        return self.tooth.code


class TreatmentDiagnosis(Stamped):
    """A diagnosis made in a visit."""

    __table_args__ = table_args(Index(None, "treatment_id"), Index(None, "diagnosis_code_id"))

    treatment_diagnosis_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    treatment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    diagnosis_code_id: Mapped[int] = mapped_column(BigKey, ForeignKey("diagnosis_code.diagnosis_code_id"))
    tooth_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("tooth_definition.tooth_id"))
    note: Mapped[str | None] = mapped_column(Text)

    treatment: Mapped[Treatment] = relationship(Treatment)
    diagnosis_code: Mapped[DiagnosisCode] = relationship(DiagnosisCode)
    tooth: Mapped[ToothDefinition | None] = relationship(ToothDefinition)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The diagnoses of the patient's treatments."""
        own = sa.select(Treatment.treatment_id).where(Treatment.patient_id == patient_id)
        return cls.treatment_id.in_(own)

    @property
    def title(self) -> Names:
        """Code and name."""
        return self.diagnosis_code.title


class ToothFinding(Stamped):
    """What a tooth has: found, planned, or done here; ended when it no longer holds."""

    __table_args__ = table_args(
        Index(None, "patient_id", "tooth_id"),
        Index(None, "treatment_id"),
        CheckConstraint("ended_on IS NULL OR ended_on >= noted_on", name="ends_after_start"),
    )
    patient_column = "patient_id"

    tooth_finding_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    tooth_id: Mapped[int] = mapped_column(BigKey, ForeignKey("tooth_definition.tooth_id"))
    surfaces: Mapped[str] = mapped_column(ascii_string(8), default="")
    condition: Mapped[Condition] = mapped_column(WordType(Condition))
    layer: Mapped[Layer] = mapped_column(WordType(Layer), default=Layer.EXISTING)
    treatment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    noted_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    noted_on: Mapped[date] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)

    patient: Mapped[Patient] = relationship(Patient)
    tooth: Mapped[ToothDefinition] = relationship(ToothDefinition)
    noted_by_employee: Mapped[Employee | None] = relationship(Employee)

    @property
    def title(self) -> str:
        """The tooth."""
        return self.tooth.code


class Prescription(Stamped):
    """Medicines for a patient. Issued, it has a number and can't change."""

    __table_args__ = table_args(
        Index(None, "patient_id", "issued_at"), Index(None, "treatment_id"), Index(None, "doctor_id", "issued_at")
    )
    patient_column = "patient_id"

    prescription_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    doctor_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    issued_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    treatment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    number: Mapped[str | None] = mapped_column(ascii_string(24), unique=True)
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    status: Mapped[PrescriptionStatus] = mapped_column(WordType(PrescriptionStatus), default=PrescriptionStatus.DRAFT)
    note: Mapped[str | None] = mapped_column(Text)

    patient: Mapped[Patient] = relationship(Patient)
    doctor: Mapped[Employee] = relationship(Employee)
    treatment: Mapped[Treatment] = relationship(Treatment)

    @property
    def title(self) -> str:
        """Its number, or the draft's key."""
        return self.number or f"#{self.prescription_id}"


class PrescriptionItem(Stamped):
    """One medicine of a prescription."""

    __table_args__ = table_args(
        Index(None, "prescription_id"),
        Index(None, "medicine_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    prescription_item_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    prescription_id: Mapped[int] = mapped_column(BigKey, ForeignKey("prescription.prescription_id"))
    medicine_id: Mapped[int] = mapped_column(BigKey, ForeignKey("medicine.medicine_id"))
    dosage: Mapped[str] = mapped_column(String(160))
    frequency: Mapped[str] = mapped_column(String(160))
    duration: Mapped[str | None] = mapped_column(String(80))
    route: Mapped[Route] = mapped_column(WordType(Route), default=Route.ORAL)
    quantity: Mapped[int] = mapped_column(Integer, default=1, info={"least": 1, "most": 999})
    instructions: Mapped[str | None] = mapped_column(String(255))
    override_reason: Mapped[str | None] = mapped_column(String(255))

    prescription: Mapped[Prescription] = relationship(Prescription)
    medicine: Mapped[Medicine] = relationship(Medicine)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The medicines of the patient's prescriptions."""
        own = sa.select(Prescription.prescription_id).where(Prescription.patient_id == patient_id)
        return cls.prescription_id.in_(own)

    @property
    def title(self) -> str:
        """The medicine."""
        return self.medicine.title
