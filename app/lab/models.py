"""Labs, requests to them, results."""

from datetime import date, datetime

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
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.models import Treatment
from app.db import BigKey, Instant, Stamped, Tugrug, WordType, ascii_string, table_args
from app.files.models import StoredFile
from app.lab.rules import LabRequestKind, LabRequestStatus, ResultFlag
from app.people.models import Employee, Patient


class Lab(Stamped):
    """A dental or medical laboratory. Never deleted, only switched off."""

    __table_args__ = table_args(CheckConstraint("working_days BETWEEN 0 AND 365", name="working_days_range"))

    lab_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    phones: Mapped[str | None] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(255))
    working_days: Mapped[int] = mapped_column(SmallInteger, default=7, info={"least": 0, "most": 365})
    turnaround_note: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def title(self) -> str:
        """Its name."""
        return self.name


class LabRequest(Stamped):
    """Work or a test that a doctor asks a lab for."""

    __table_args__ = table_args(
        CheckConstraint("cost >= 0", name="cost_not_negative"),
        Index(None, "patient_id", "created_at"),
        Index(None, "doctor_id", "status"),
        Index(None, "status", "due_on"),
        Index(None, "lab_id"),
        Index(None, "treatment_id"),
    )
    patient_column = "patient_id"

    lab_request_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    doctor_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    treatment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    lab_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("lab.lab_id"))
    kind: Mapped[LabRequestKind] = mapped_column(WordType(LabRequestKind), default=LabRequestKind.PROSTHETIC_WORK)
    description: Mapped[str] = mapped_column(Text)
    teeth: Mapped[str | None] = mapped_column(ascii_string(160))  # FDI codes with commas between them
    shade: Mapped[str | None] = mapped_column(String(20))
    material: Mapped[str | None] = mapped_column(String(80))
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    due_on: Mapped[date | None] = mapped_column(Date)
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    status: Mapped[LabRequestStatus] = mapped_column(WordType(LabRequestStatus), default=LabRequestStatus.DRAFT)
    cost: Mapped[int] = mapped_column(Tugrug, default=0)

    patient: Mapped[Patient] = relationship(Patient)
    doctor: Mapped[Employee] = relationship(Employee)
    treatment: Mapped[Treatment | None] = relationship(Treatment)
    lab: Mapped[Lab | None] = relationship(Lab)

    @property
    def title(self) -> str:
        """Its number and whose it is."""
        return f"#{self.lab_request_id} {self.patient.title}"


class LabResult(Stamped):
    """A value that came back for a request."""

    __table_args__ = table_args(
        Index(None, "lab_request_id"), Index(None, "reported_at"), Index(None, "flag", "reviewed_at")
    )

    lab_result_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    lab_request_id: Mapped[int] = mapped_column(BigKey, ForeignKey("lab_request.lab_request_id"))
    test_name: Mapped[str] = mapped_column(String(120))
    value: Mapped[str] = mapped_column(String(80))
    unit: Mapped[str | None] = mapped_column(String(24))
    reference_range: Mapped[str | None] = mapped_column(String(80))
    flag: Mapped[ResultFlag] = mapped_column(WordType(ResultFlag), default=ResultFlag.NORMAL)
    stored_file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.stored_file_id"))
    reported_at: Mapped[datetime] = mapped_column(Instant)
    reviewed_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    action: Mapped[str | None] = mapped_column(Text)
    follow_up: Mapped[str | None] = mapped_column(Text)

    request: Mapped[LabRequest] = relationship(LabRequest)
    file: Mapped[StoredFile | None] = relationship(StoredFile)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The results of the patient's requests."""
        return cls.lab_request_id.in_(select(LabRequest.lab_request_id).where(LabRequest.patient_id == patient_id))

    @property
    def title(self) -> str:
        """The test."""
        return self.test_name
