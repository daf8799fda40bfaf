"""Who waits for a time that isn't free yet."""

from datetime import date, datetime, time

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, SmallInteger, Text, Time
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import ServiceCatalog
from app.db import BigKey, Instant, Stamped, WordType, ascii_string, table_args
from app.people.models import Employee, Patient
from app.scheduling.models.rooms import Chair
from app.scheduling.models.visits import Appointment
from app.scheduling.rules import WaitPriority, WaitStatus


class WaitlistEntry(Stamped):
    """A patient who wants an earlier or another time, and the time that is offered meanwhile.

    `weekdays` holds the digits of the days that suit (0 Monday), empty for all; the `offered_…` columns hold one free
    time that was put before the patient, held for nobody.
    """

    __table_args__ = table_args(
        Index(None, "status", "priority", "created_at"),
        Index(None, "patient_id"),
        Index(None, "doctor_id"),
        CheckConstraint("latest IS NULL OR latest >= earliest", name="latest_after_earliest"),
        CheckConstraint("time_until IS NULL OR time_from IS NULL OR time_until > time_from", name="ends_after_start"),
        CheckConstraint("minutes IS NULL OR minutes BETWEEN 5 AND 720", name="minutes_range"),
    )
    patient_column = "patient_id"

    waitlist_entry_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    doctor_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    service_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("service_catalog.service_id"))
    minutes: Mapped[int | None] = mapped_column(SmallInteger, info={"least": 5, "most": 720})
    earliest: Mapped[date] = mapped_column(Date)
    latest: Mapped[date | None] = mapped_column(Date)
    weekdays: Mapped[str] = mapped_column(ascii_string(7), default="")
    time_from: Mapped[time | None] = mapped_column(Time)
    time_until: Mapped[time | None] = mapped_column(Time)
    priority: Mapped[WaitPriority] = mapped_column(WordType(WaitPriority), default=WaitPriority.MEDIUM)
    status: Mapped[WaitStatus] = mapped_column(WordType(WaitStatus), default=WaitStatus.WAITING)
    note: Mapped[str | None] = mapped_column(Text)
    offered_at: Mapped[datetime | None] = mapped_column(Instant)
    offered_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    offered_start_at: Mapped[datetime | None] = mapped_column(Instant)
    offered_doctor_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    offered_chair_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("chair.chair_id"))
    declined: Mapped[list[str]] = mapped_column(JSON, default=list)  # the starts that the patient said no to
    appointment_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("appointment.appointment_id"))

    patient: Mapped[Patient] = relationship(Patient)
    doctor: Mapped[Employee | None] = relationship(Employee, foreign_keys=[doctor_id])
    service: Mapped[ServiceCatalog | None] = relationship(ServiceCatalog)
    offered_doctor: Mapped[Employee | None] = relationship(Employee, foreign_keys=[offered_doctor_id])
    offered_chair: Mapped[Chair | None] = relationship(Chair)
    appointment: Mapped[Appointment | None] = relationship(Appointment)

    @property
    def title(self) -> str:
        """The patient."""
        return self.patient.title

    @property
    def declined_starts(self) -> list[datetime]:
        """The times that the patient said no to."""
        return [datetime.fromisoformat(start) for start in self.declined or ()]
