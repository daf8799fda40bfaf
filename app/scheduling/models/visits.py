"""Appointments, the slots they hold, their moves, and who sits where for them."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import ServiceCatalog
from app.db import AppendOnly, Base, BigKey, CodeType, Instant, Stamped, WordType, table_args
from app.people.models import Employee, Patient
from app.scheduling.models.rooms import Chair, Room
from app.scheduling.rules import AppointmentSource, AppointmentStatus, SlotKind


class AppointmentSeries(Stamped):
    """Visits that belong together and move together: those of a treatment plan, or one that repeats."""

    __table_args__ = table_args(Index(None, "patient_id"))
    patient_column = "patient_id"

    appointment_series_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    made_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    note: Mapped[str | None] = mapped_column(String(255))

    patient: Mapped[Patient] = relationship(Patient)

    @property
    def title(self) -> str:
        """Its number and whose it is."""
        return f"#{self.appointment_series_id} {self.patient.title}"


class Appointment(Stamped):
    """A visit that was booked: [start_at, end_at) on doctor, chair, assistant and patient."""

    __table_args__ = table_args(
        CheckConstraint("end_at > start_at", name="ends_after_start"),
        Index(None, "start_at"),
        Index(None, "patient_id", "start_at"),
        Index(None, "doctor_id", "start_at"),
        Index(None, "chair_id", "start_at"),
        Index(None, "status", "start_at"),
        Index(None, "series_id", "start_at"),
    )
    patient_column = "patient_id"

    appointment_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    doctor_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    receptionist_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    created_by_user_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    assistant_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    chair_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("chair.chair_id"))
    start_at: Mapped[datetime] = mapped_column(Instant)
    end_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[AppointmentStatus] = mapped_column(CodeType(AppointmentStatus), default=AppointmentStatus.RESERVED)
    is_new_patient: Mapped[bool] = mapped_column(Boolean, default=False)
    planned_service: Mapped[int | None] = mapped_column(BigKey, ForeignKey("service_catalog.service_id"))
    series_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment_series.appointment_series_id"))
    purpose: Mapped[str | None] = mapped_column(String(255))
    source: Mapped[AppointmentSource] = mapped_column(WordType(AppointmentSource), default=AppointmentSource.PHONE)
    override_reason: Mapped[str | None] = mapped_column(String(255))
    confirmation_sent: Mapped[bool] = mapped_column(Boolean, default=False)
    reminders_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    actual_start_at: Mapped[datetime | None] = mapped_column(Instant)
    actual_end_at: Mapped[datetime | None] = mapped_column(Instant)
    cancel_reason: Mapped[str | None] = mapped_column(String(255))
    note: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1)

    patient: Mapped[Patient] = relationship(Patient)
    doctor: Mapped[Employee] = relationship(Employee, foreign_keys=[doctor_id])
    receptionist: Mapped[Employee | None] = relationship(Employee, foreign_keys=[receptionist_id])
    assistant: Mapped[Employee | None] = relationship(Employee, foreign_keys=[assistant_id])
    chair: Mapped[Chair | None] = relationship(Chair)
    service: Mapped[ServiceCatalog | None] = relationship(ServiceCatalog)
    series: Mapped[AppointmentSeries | None] = relationship(AppointmentSeries)

    @property
    def title(self) -> str:
        """The patient."""
        return self.patient.title

    @property
    def minutes(self) -> int:
        """Its length."""
        return int((self.end_at - self.start_at).total_seconds() // 60)


class RoomAllocation(Stamped):
    """Who is or was in a room, at which chair, for which visit. `seat` is the chair while somebody sits in it: its key
    makes two at once impossible.
    """

    __table_args__ = table_args(
        CheckConstraint("until IS NULL OR until >= `from`", name="ends_after_start"),
        Index(None, "room_id", "until"),
        Index(None, "seat", unique=True),
        Index(None, "from"),
        Index(None, "patient_id", "from"),
        Index(None, "appointment_id"),
    )
    patient_column = "patient_id"

    room_allocation_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    room_id: Mapped[int] = mapped_column(BigKey, ForeignKey("room.room_id"))
    chair_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("chair.chair_id"))
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    appointment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))
    from_: Mapped[datetime] = mapped_column("from", Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(Text)
    seat: Mapped[int | None] = mapped_column(
        BigKey, Computed("CASE WHEN until IS NULL THEN chair_id END", persisted=False)
    )

    room: Mapped[Room] = relationship(Room)
    chair: Mapped[Chair | None] = relationship(Chair)
    patient: Mapped[Patient] = relationship(Patient)
    appointment: Mapped[Appointment | None] = relationship(Appointment)

    @property
    def title(self) -> str:
        """The patient."""
        return self.patient.title

    @property
    def minutes(self) -> int | None:
        """How long it took; None while it lasts."""
        return None if self.until is None else int((self.until - self.from_).total_seconds() // 60)


class AppointmentStatusChange(AppendOnly):
    """Each move of an appointment: who, when, why."""

    __table_args__ = table_args(Index(None, "appointment_id", "at"))

    appointment_status_change_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))
    from_: Mapped[AppointmentStatus | None] = mapped_column("from", CodeType(AppointmentStatus))
    to: Mapped[AppointmentStatus] = mapped_column(CodeType(AppointmentStatus))
    by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str | None] = mapped_column(String(255))

    appointment: Mapped[Appointment] = relationship(Appointment)

    @property
    def title(self) -> str:
        """Which appointment."""
        return f"#{self.appointment_id}"


class BookingSlot(Base):
    """Five minutes of a doctor, a chair, an assistant or a patient. The key makes an overlap impossible."""

    __table_args__ = table_args(Index(None, "appointment_id"), Index(None, "starts_at"))
    is_audited = False

    kind: Mapped[SlotKind] = mapped_column(WordType(SlotKind), primary_key=True)
    resource_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    starts_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=0)
    appointment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))

    @property
    def title(self) -> str:
        """What it holds."""
        return f"{self.kind} {self.resource_id}"
