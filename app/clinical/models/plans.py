"""Treatment plans, their procedures, and the steps that stand between a plan and its appointments."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import DiagnosisCode, ServiceCatalog, ToothDefinition
from app.clinical.models.visits import Treatment
from app.clinical.rules import PlanStatus, Priority, ProcedureStatus, Urgency, ValueCategory
from app.db import BigKey, Instant, Stamped, Tugrug, WordType, ascii_string, table_args
from app.kernel.text import Names
from app.people.models import Patient
from app.scheduling.models import Appointment


class TreatmentPlan(Stamped):
    """What a doctor proposes to a patient. Its sums are those of its procedures, kept by the actions."""

    __table_args__ = table_args(
        CheckConstraint("total >= 0", name="total_not_negative"),
        CheckConstraint("insurance_share + patient_share = total", name="shares_add_up"),
        CheckConstraint("complexity_score BETWEEN 0 AND 10", name="complexity_score_range"),
        Index(None, "patient_id", "created_at"),
        Index(None, "status", "created_at"),
        Index(None, "treatment_id"),
    )
    patient_column = "patient_id"

    treatment_plan_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    treatment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    created_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    status: Mapped[PlanStatus] = mapped_column(WordType(PlanStatus), default=PlanStatus.PENDING)
    presented_at: Mapped[datetime | None] = mapped_column(Instant)
    presented_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    decline_reason: Mapped[str | None] = mapped_column(String(255))
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    total: Mapped[int] = mapped_column(Tugrug, default=0)
    insurance_share: Mapped[int] = mapped_column(Tugrug, default=0)
    patient_share: Mapped[int] = mapped_column(Tugrug, default=0)
    value_category: Mapped[ValueCategory] = mapped_column(WordType(ValueCategory), default=ValueCategory.LOW)
    complexity_score: Mapped[int] = mapped_column(SmallInteger, default=0)
    urgency: Mapped[Urgency] = mapped_column(WordType(Urgency), default=Urgency.ROUTINE)
    option_group: Mapped[str | None] = mapped_column(String(40))
    clinical_notes: Mapped[str | None] = mapped_column(Text)
    signed_hash: Mapped[str | None] = mapped_column(ascii_string(64))
    signature: Mapped[str | None] = mapped_column(Text, info={"secret": True})
    signed_at: Mapped[datetime | None] = mapped_column(Instant)

    patient: Mapped[Patient] = relationship(Patient)
    treatment: Mapped[Treatment] = relationship(Treatment)

    @property
    def title(self) -> str:
        """Its number and whose it is."""
        return f"#{self.treatment_plan_id} {self.patient.title}"


class PlannedProcedure(Stamped):
    """One piece of work of a plan, with the service's code, name and fee as they were then."""

    __table_args__ = table_args(
        CheckConstraint("fee >= 0", name="fee_not_negative"),
        CheckConstraint("insurance_part + patient_part = fee", name="parts_add_up"),
        Index(None, "treatment_plan_id"),
        Index(None, "service_id"),
        Index(None, "status", "created_at"),
    )

    planned_procedure_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    treatment_plan_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment_plan.treatment_plan_id"))
    service_id: Mapped[int] = mapped_column(BigKey, ForeignKey("service_catalog.service_id"))
    procedure_code: Mapped[str] = mapped_column(ascii_string(24))
    procedure_name_mn: Mapped[str] = mapped_column(String(255))
    procedure_name_en: Mapped[str] = mapped_column(String(255))
    tooth_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("tooth_definition.tooth_id"))
    surfaces: Mapped[str] = mapped_column(ascii_string(8), default="")
    diagnosis_code_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("diagnosis_code.diagnosis_code_id"))
    note: Mapped[str | None] = mapped_column(Text)
    urgency: Mapped[Urgency] = mapped_column(WordType(Urgency), default=Urgency.ROUTINE)
    priority: Mapped[Priority] = mapped_column(WordType(Priority), default=Priority.MEDIUM)
    fee: Mapped[int] = mapped_column(Tugrug, default=0)
    insurance_part: Mapped[int] = mapped_column(Tugrug, default=0)
    patient_part: Mapped[int] = mapped_column(Tugrug, default=0)
    status: Mapped[ProcedureStatus] = mapped_column(WordType(ProcedureStatus), default=ProcedureStatus.PLANNED)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    actual_duration: Mapped[int | None] = mapped_column(Integer, info={"least": 1, "most": 1_440})  # minutes
    complications: Mapped[str | None] = mapped_column(Text)

    plan: Mapped[TreatmentPlan] = relationship(TreatmentPlan)
    service: Mapped[ServiceCatalog] = relationship(ServiceCatalog)
    tooth: Mapped[ToothDefinition | None] = relationship(ToothDefinition)
    diagnosis_code: Mapped[DiagnosisCode | None] = relationship(DiagnosisCode)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The procedures of the patient's plans."""
        own = select(TreatmentPlan.treatment_plan_id).where(TreatmentPlan.patient_id == patient_id)
        return cls.treatment_plan_id.in_(own)

    @property
    def title(self) -> Names:
        """The work."""
        return Names(self.procedure_name_mn, self.procedure_name_en)


class PlannedStep(Stamped):
    """What of a procedure is done in one visit: all of it, or 1 the preparation and 2 the fitting of what a lab made.

    The link from plan to appointments: its visit in the series, and the appointment once there is one.
    """

    __table_args__ = table_args(
        UniqueConstraint("planned_procedure_id", "step"),
        CheckConstraint("step BETWEEN 1 AND 2", name="step_range"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
        Index(None, "appointment_id"),
    )

    planned_step_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    planned_procedure_id: Mapped[int] = mapped_column(BigKey, ForeignKey("planned_procedure.planned_procedure_id"))
    step: Mapped[int] = mapped_column(SmallInteger, default=1)
    minutes: Mapped[int] = mapped_column(SmallInteger)
    visit_number: Mapped[int | None] = mapped_column(SmallInteger)
    appointment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))

    procedure: Mapped[PlannedProcedure] = relationship(PlannedProcedure)
    appointment: Mapped[Appointment | None] = relationship(Appointment)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The steps of the patient's plans."""
        own = select(PlannedProcedure.planned_procedure_id).where(PlannedProcedure.owned_by(patient_id))
        return cls.planned_procedure_id.in_(own)

    @property
    def title(self) -> Names:
        """The work."""
        return self.procedure.title
