"""Patients, employees and what belongs to them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
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

from app.db import E164, BasisPoints, BigKey, CodeType, Instant, Stamped, WordType, ascii_string, table_args
from app.db.base import TABLE_OPTIONS, Base
from app.kernel.dates import age_on
from app.kernel.phones import show_phone
from app.kernel.text import Names
from app.people.rules import (
    Allergen,
    BloodType,
    Dentition,
    EmployeeStatus,
    Gender,
    HistoryKind,
    PatientSource,
    PatientStatus,
    PhoneLabel,
    PositionCategory,
    PositionType,
    RelationKind,
    Severity,
    ToldBy,
)
from app.security.rules import Locale


def short_name(first_name: str, last_name: str | None) -> str:
    """`О.Нэр`: the family name's letter, then the given name."""
    return f"{last_name[0]}.{first_name}" if last_name else first_name


class Employee(Stamped):
    """Somebody who works at the clinic. A doctor is one with a current DOCTOR position."""

    __table_args__ = table_args(
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission_bp_range"),
        CheckConstraint("chair_capacity BETWEEN 1 AND 4", name="chair_capacity_range"),
        Index(None, "sort_name"),
    )

    employee_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    employee_display_number: Mapped[int] = mapped_column(BigKey, unique=True)
    user_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), unique=True)
    first_name: Mapped[str] = mapped_column(String(255))
    last_name: Mapped[str] = mapped_column(String(255))
    sort_name: Mapped[str] = mapped_column(ascii_string(60), default="")
    gender: Mapped[Gender] = mapped_column(CodeType(Gender))
    status: Mapped[EmployeeStatus] = mapped_column(CodeType(EmployeeStatus), default=EmployeeStatus.ACTIVE)
    birthday: Mapped[date] = mapped_column(Date)
    email: Mapped[str | None] = mapped_column(String(255))
    home_address: Mapped[str | None] = mapped_column(String(255))
    hired_at: Mapped[date] = mapped_column(Date)
    fired_at: Mapped[date | None] = mapped_column(Date)
    licence_number: Mapped[str | None] = mapped_column(String(40))
    specialization: Mapped[str | None] = mapped_column(String(120))
    calendar_colour: Mapped[str] = mapped_column(ascii_string(7), default="#3b7a8c")
    commission_bp: Mapped[int] = mapped_column(BasisPoints, default=0)
    chair_capacity: Mapped[int] = mapped_column(SmallInteger, default=1, info={"least": 1, "most": 4})

    @property
    def title(self) -> str:
        """`О.Нэр`."""
        return short_name(self.first_name, self.last_name)

    @property
    def full_name(self) -> str:
        """Family name, then given name."""
        return f"{self.last_name} {self.first_name}"


class EmployeePhone(Stamped):
    """A phone of an employee; at least two, exactly one primary."""

    __table_args__ = table_args(UniqueConstraint("employee_id", "phone_number_val"), Index(None, "phone_number_val"))

    phone_number_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    employee_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    phone_number_val: Mapped[str] = mapped_column(E164)
    label: Mapped[PhoneLabel] = mapped_column(WordType(PhoneLabel), default=PhoneLabel.SELF)
    is_primary: Mapped[bool] = mapped_column(Boolean, default=False)

    employee: Mapped[Employee] = relationship(Employee)

    @property
    def title(self) -> str:
        """The number."""
        return show_phone(self.phone_number_val)


class Position(Stamped):
    """A kind of work: general dentist, orthodontist, nurse, …"""

    __table_args__ = table_args(UniqueConstraint("position_type", "display_name_en"), Index(None, "position_type"))

    position_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    position_type: Mapped[PositionType] = mapped_column(WordType(PositionType))
    display_name_mn: Mapped[str] = mapped_column(String(255))
    display_name_en: Mapped[str] = mapped_column(String(255))
    category: Mapped[PositionCategory] = mapped_column(CodeType(PositionCategory))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    description: Mapped[str | None] = mapped_column(Text)

    @property
    def title(self) -> Names:
        """Its name."""
        return Names(self.display_name_mn, self.display_name_en)


class EmployeePosition(Stamped):
    """Which work an employee does, since when."""

    __table_args__ = table_args(
        Index(None, "employee_id"),
        Index(None, "position_id"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
    )

    employee_position_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    employee_id: Mapped[int] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    position_id: Mapped[int] = mapped_column(BigKey, ForeignKey("position.position_id"))
    is_primary: Mapped[bool] = mapped_column(Boolean, default=False)
    started_at: Mapped[date] = mapped_column(Date)
    ended_at: Mapped[date | None] = mapped_column(Date)

    employee: Mapped[Employee] = relationship(Employee)
    position: Mapped[Position] = relationship(Position)

    @property
    def title(self) -> Names:
        """The position's name."""
        return self.position.title


class Patient(Stamped):
    """Somebody the clinic treats."""

    __table_args__ = table_args(
        CheckConstraint(
            "is_provisional OR (birthday IS NOT NULL AND gender IS NOT NULL)", name="complete_or_provisional"
        ),
        Index(None, "sort_name", "patient_id"),
        Index(None, "last_seen_at"),
        Index(None, "created_at"),
        Index(None, "birthday"),
        Index(None, "merged_into_id"),
    )
    patient_column = "patient_id"

    patient_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    card_number: Mapped[str] = mapped_column(ascii_string(20), unique=True, info={"filled": True})
    user_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), unique=True)
    register_number: Mapped[str | None] = mapped_column(String(10), unique=True, info={"typed": 20})
    passport_number: Mapped[str | None] = mapped_column(String(20), unique=True)
    first_name: Mapped[str] = mapped_column(String(30))
    last_name: Mapped[str | None] = mapped_column(String(30))
    sort_name: Mapped[str] = mapped_column(ascii_string(60), default="")
    email: Mapped[str | None] = mapped_column(String(255))
    birthday: Mapped[date | None] = mapped_column(Date)
    gender: Mapped[Gender | None] = mapped_column(CodeType(Gender))
    is_provisional: Mapped[bool] = mapped_column(Boolean, default=False)
    status: Mapped[PatientStatus] = mapped_column(CodeType(PatientStatus), default=PatientStatus.ACTIVE)
    is_deceased: Mapped[bool] = mapped_column(Boolean, default=False)
    dentition: Mapped[Dentition] = mapped_column(WordType(Dentition), default=Dentition.PERMANENT)
    address: Mapped[str | None] = mapped_column(String(255))
    occupation: Mapped[str | None] = mapped_column(String(120))
    blood_type: Mapped[BloodType | None] = mapped_column(WordType(BloodType))
    emergency_contact: Mapped[str | None] = mapped_column(String(160))
    source: Mapped[PatientSource | None] = mapped_column(WordType(PatientSource))
    assigned_doctor_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    preferred_locale: Mapped[Locale] = mapped_column(WordType(Locale), default=Locale.MN)
    sms_opt_in: Mapped[bool] = mapped_column(Boolean, default=True)
    email_opt_in: Mapped[bool] = mapped_column(Boolean, default=True)
    marketing_opt_in: Mapped[bool] = mapped_column(Boolean, default=False)
    first_seen_at: Mapped[datetime | None] = mapped_column(Instant)
    last_seen_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(Text)
    # Whose record this one is part of since they were found to be one person; kept with `patient_merge`, never a chain.
    merged_into_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    anonymised_at: Mapped[datetime | None] = mapped_column(Instant)

    assigned_doctor: Mapped[Employee | None] = relationship(Employee)

    @property
    def title(self) -> str:
        """`О.Нэр`."""
        return short_name(self.first_name, self.last_name)

    @property
    def full_name(self) -> str:
        """Family name, then given name."""
        return f"{self.last_name} {self.first_name}" if self.last_name else self.first_name

    def age_on(self, today: date) -> int | None:
        """Whole years on the clinic's date; None for a caller whose birthday nobody asked yet."""
        return age_on(self.birthday, today) if self.birthday else None


class PatientPhone(Stamped):
    """A phone of a patient; at least two, exactly one primary, saved with the patient."""

    __table_args__ = table_args(UniqueConstraint("patient_id", "phone_number_val"), Index(None, "phone_number_val"))
    patient_column = "patient_id"

    phone_number_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    phone_number_val: Mapped[str] = mapped_column(E164)
    label: Mapped[PhoneLabel] = mapped_column(WordType(PhoneLabel), default=PhoneLabel.SELF)
    is_primary: Mapped[bool] = mapped_column(Boolean, default=False)

    patient: Mapped[Patient] = relationship(Patient)

    @property
    def title(self) -> str:
        """The number."""
        return show_phone(self.phone_number_val)


class PatientRelation(Stamped):
    """Who belongs to whom, and who pays."""

    __table_args__ = table_args(
        UniqueConstraint("patient_id", "related_patient_id"),
        Index(None, "related_patient_id"),
        CheckConstraint("patient_id <> related_patient_id", name="not_oneself"),
    )
    patient_column = "patient_id"

    patient_relation_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    related_patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    kind: Mapped[RelationKind] = mapped_column(WordType(RelationKind))
    is_payer: Mapped[bool] = mapped_column(Boolean, default=False)

    patient: Mapped[Patient] = relationship(Patient, foreign_keys=[patient_id])
    related_patient: Mapped[Patient] = relationship(Patient, foreign_keys=[related_patient_id])

    @property
    def title(self) -> str:
        """The related person."""
        return self.related_patient.title


class PatientMerge(Stamped):
    """Two records that were found to be one person: what was put together, so that it can be undone for a day."""

    __table_args__ = table_args(
        Index(None, "kept_id"),
        Index(None, "merged_id"),
        CheckConstraint("kept_id <> merged_id", name="two_records"),
    )
    patient_column = "kept_id"
    is_audited = False  # the workflow writes one line into the log of each of the two

    patient_merge_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kept_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    merged_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info={"secret": True})

    kept: Mapped[Patient] = relationship(Patient, foreign_keys=[kept_id])
    merged: Mapped[Patient] = relationship(Patient, foreign_keys=[merged_id])

    @property
    def title(self) -> str:
        """Whose record was put into another."""
        return self.merged.title


class PatientSearch(Base):
    """One row for each key by which a patient is found; see `app.people.queries`."""

    # Nothing but its two indexes is ever read: on SQLite the first of them is the table.
    __table_args__ = (Index(None, "kind", "key", "patient_id"), {**TABLE_OPTIONS, "sqlite_with_rowid": False})
    patient_column = "patient_id"
    is_audited = False

    patient_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("patient.patient_id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(ascii_string(8), primary_key=True)
    key: Mapped[str] = mapped_column(ascii_string(40), primary_key=True)

    @property
    def title(self) -> str:
        """The key."""
        return self.key


class MedicalHistoryEntry(Stamped):
    """An allergy, a condition, a medication, … of a patient."""

    __table_args__ = table_args(
        Index(None, "patient_id", "severity"),
        CheckConstraint("until IS NULL OR since IS NULL OR until >= since", name="ends_after_start"),
    )
    patient_column = "patient_id"

    medical_history_entry_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    kind: Mapped[HistoryKind] = mapped_column(WordType(HistoryKind))
    name: Mapped[str] = mapped_column(String(120))
    allergen: Mapped[Allergen | None] = mapped_column(WordType(Allergen))
    detail: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[Severity] = mapped_column(CodeType(Severity), default=Severity.NOTE)
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    told_by: Mapped[ToldBy] = mapped_column(WordType(ToldBy), default=ToldBy.STAFF)
    confirmed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("employee.employee_id"))
    recorded_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))

    patient: Mapped[Patient] = relationship(Patient)
    confirmed_by_employee: Mapped[Employee | None] = relationship(Employee)

    @property
    def title(self) -> str:
        """What it is."""
        return self.name
