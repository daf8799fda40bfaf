"""Insurers, plans, policies of patients."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import BigKey, CodeType, Stamped, Tugrug, WordType, table_args
from app.insurance.rules import PolicyOrder, ProviderKind
from app.people.models import Patient


class InsuranceProvider(Stamped):
    """An insurer."""

    insurance_provider_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    contact: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[ProviderKind] = mapped_column(WordType(ProviderKind))

    @property
    def title(self) -> str:
        """Its name."""
        return self.name


class InsurancePlan(Stamped):
    """What an insurer offers."""

    __table_args__ = table_args(
        UniqueConstraint("insurance_provider_id", "name"),
        CheckConstraint("annual_maximum IS NULL OR annual_maximum >= 0", name="annual_maximum_not_negative"),
        CheckConstraint("deductible >= 0", name="deductible_not_negative"),
    )

    insurance_plan_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    insurance_provider_id: Mapped[int] = mapped_column(BigKey, ForeignKey("insurance_provider.insurance_provider_id"))
    name: Mapped[str] = mapped_column(String(120))
    annual_maximum: Mapped[int | None] = mapped_column(Tugrug)
    deductible: Mapped[int] = mapped_column(Tugrug, default=0)

    provider: Mapped[InsuranceProvider] = relationship(InsuranceProvider, lazy="joined", innerjoin=True)  # its name

    @property
    def title(self) -> str:
        """Insurer and plan."""
        return f"{self.provider.name} · {self.name}"


class PatientInsurance(Stamped):
    """A patient's policy."""

    __table_args__ = table_args(
        UniqueConstraint("patient_id", "insurance_plan_id", "policy_number"),
        Index(None, "patient_id", "order"),
        Index(None, "insurance_plan_id"),
        CheckConstraint(
            "valid_until IS NULL OR valid_from IS NULL OR valid_until >= valid_from", name="ends_after_start"
        ),
        CheckConstraint("used_this_year >= 0", name="used_not_negative"),
    )
    patient_column = "patient_id"

    patient_insurance_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    patient_id: Mapped[int] = mapped_column(BigKey, ForeignKey("patient.patient_id"))
    insurance_plan_id: Mapped[int] = mapped_column(BigKey, ForeignKey("insurance_plan.insurance_plan_id"))
    policy_number: Mapped[str] = mapped_column(String(40))
    holder: Mapped[str | None] = mapped_column(String(120))
    order: Mapped[PolicyOrder] = mapped_column(CodeType(PolicyOrder), default=PolicyOrder.PRIMARY)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    verified_at: Mapped[date | None] = mapped_column(Date)
    used_this_year: Mapped[int] = mapped_column(Tugrug, default=0)

    patient: Mapped[Patient] = relationship(Patient)
    plan: Mapped[InsurancePlan] = relationship(InsurancePlan)

    @property
    def title(self) -> str:
        """Plan and number."""
        return f"{self.plan.title} {self.policy_number}"
