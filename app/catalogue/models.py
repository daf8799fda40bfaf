"""Services and their prices, the dictionary of teeth, diagnoses, medicines."""

from datetime import date

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

from app.catalogue.rules import (
    Arch,
    ConsentKind,
    MedicineForm,
    Scope,
    TaxType,
    ToothDentition,
    ToothSystem,
    TreatmentStage,
)
from app.db import AppendOnly, BigKey, CodeType, Stamped, Tugrug, WordType, ascii_string, table_args
from app.kernel.text import Names
from app.people.rules import Allergen
from app.stock.models import InventoryItem


class ServiceType(Stamped):
    """A chapter of the catalogue: children, orthodontics, surgery, …"""

    service_type_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(ascii_string(20), unique=True)
    name_mn: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    sort_order: Mapped[int] = mapped_column(SmallInteger, default=0)

    @property
    def title(self) -> Names:
        """Its name."""
        return Names(self.name_mn, self.name_en)


class ServiceCatalog(Stamped):
    """A service with its price and how long it takes. Never deleted, only switched off."""

    __table_args__ = table_args(
        UniqueConstraint("service_type_id", "display_number"),
        CheckConstraint("default_duration_time > 0 AND default_duration_time % 5 = 0", name="duration_on_grid"),
        CheckConstraint("assistant_lead_minutes >= 0 AND assistant_lead_minutes % 5 = 0", name="lead_on_grid"),
        CheckConstraint("assistant_tail_minutes >= 0 AND assistant_tail_minutes % 5 = 0", name="tail_on_grid"),
        CheckConstraint(
            "assistant_lead_minutes + assistant_tail_minutes < default_duration_time", name="dentist_needed"
        ),
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("complexity BETWEEN 0 AND 10", name="complexity_range"),
        Index(None, "service_type_id", "display_number"),
    )

    service_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    service_type_id: Mapped[int] = mapped_column(BigKey, ForeignKey("service_type.service_type_id"))
    code: Mapped[str] = mapped_column(ascii_string(20), unique=True)
    display_number: Mapped[int] = mapped_column(Integer)
    doctor_display_name_mn: Mapped[str] = mapped_column(String(255))
    doctor_display_name_en: Mapped[str] = mapped_column(String(255))
    patient_display_name_mn: Mapped[str] = mapped_column(String(255))
    patient_display_name_en: Mapped[str] = mapped_column(String(255))
    default_duration_time: Mapped[int] = mapped_column(SmallInteger, default=30, info={"least": 5, "most": 720})
    assistant_lead_minutes: Mapped[int] = mapped_column(SmallInteger, default=0, info={"most": 240})
    assistant_tail_minutes: Mapped[int] = mapped_column(SmallInteger, default=0, info={"most": 240})
    price: Mapped[int] = mapped_column(Tugrug)
    disclaimer_mn: Mapped[str | None] = mapped_column(Text)
    disclaimer_en: Mapped[str | None] = mapped_column(Text)
    complexity: Mapped[int] = mapped_column(SmallInteger, default=1, info={"most": 10})
    treatment_stage: Mapped[TreatmentStage] = mapped_column(WordType(TreatmentStage), default=TreatmentStage.OTHER)
    default_scope: Mapped[Scope] = mapped_column(CodeType(Scope), default=Scope.NONE)
    surfaces_required: Mapped[bool] = mapped_column(Boolean, default=False)
    lab_days: Mapped[int | None] = mapped_column(SmallInteger, info={"most": 365})
    fitting_minutes: Mapped[int | None] = mapped_column(SmallInteger, info={"most": 480})
    recall_months: Mapped[int | None] = mapped_column(SmallInteger, info={"least": 1, "most": 120})
    warranty_months: Mapped[int | None] = mapped_column(SmallInteger, info={"least": 1, "most": 240})
    tax_type: Mapped[TaxType] = mapped_column(WordType(TaxType), default=TaxType.VAT_FREE)
    tax_product_code: Mapped[str | None] = mapped_column(ascii_string(20))
    classification_code: Mapped[str | None] = mapped_column(ascii_string(20))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    service_type: Mapped[ServiceType] = relationship(ServiceType)

    @property
    def title(self) -> Names:
        """What the doctor calls it."""
        return Names(self.doctor_display_name_mn, self.doctor_display_name_en)

    @property
    def patient_title(self) -> Names:
        """What the patient reads on plans, invoices and receipts."""
        return Names(self.patient_display_name_mn, self.patient_display_name_en)


class ServicePrice(AppendOnly):
    """A price of a service, from when on, and who set it."""

    __table_args__ = table_args(
        Index(None, "service_id", "valid_from"), CheckConstraint("price >= 0", name="price_not_negative")
    )

    service_price_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    service_id: Mapped[int] = mapped_column(BigKey, ForeignKey("service_catalog.service_id"))
    price: Mapped[int] = mapped_column(Tugrug)
    valid_from: Mapped[date] = mapped_column(Date)
    changed_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))

    service: Mapped[ServiceCatalog] = relationship(ServiceCatalog)

    @property
    def title(self) -> Names:
        """The service."""
        return self.service.title


class ToothDefinition(Stamped):
    """One tooth in one way of numbering; everything else points at the FDI rows only."""

    __table_args__ = table_args(UniqueConstraint("system", "code"), Index(None, "ui_key"))

    tooth_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    system: Mapped[ToothSystem] = mapped_column(CodeType(ToothSystem))
    code: Mapped[str] = mapped_column(ascii_string(8))
    arch: Mapped[Arch] = mapped_column(CodeType(Arch))
    quadrant: Mapped[int] = mapped_column(SmallInteger)
    index_in_quadrant: Mapped[int] = mapped_column(SmallInteger)
    dentition: Mapped[ToothDentition] = mapped_column(CodeType(ToothDentition))
    ui_key: Mapped[str] = mapped_column(ascii_string(32))

    @property
    def title(self) -> str:
        """Its code."""
        return self.code


class DiagnosisCode(Stamped):
    """A diagnosis of ICD-10, chapter K00–K14."""

    diagnosis_code_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(ascii_string(10), unique=True)
    name_mn: Mapped[str] = mapped_column(String(255))
    name_en: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def title(self) -> Names:
        """Code and name."""
        return Names(f"{self.code} {self.name_mn}", f"{self.code} {self.name_en}")


class Medicine(Stamped):
    """A medicine that doctors prescribe."""

    __table_args__ = table_args(UniqueConstraint("name", "form", "strength"), Index(None, "generic_name"))

    medicine_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    generic_name: Mapped[str] = mapped_column(String(120))
    form: Mapped[MedicineForm] = mapped_column(WordType(MedicineForm))
    strength: Mapped[str] = mapped_column(String(40))
    allergens: Mapped[list[str]] = mapped_column(JSON, default=list, info={"words": Allergen})
    dosage_mn: Mapped[str | None] = mapped_column(String(160))
    dosage_en: Mapped[str | None] = mapped_column(String(160))
    instructions_mn: Mapped[str | None] = mapped_column(String(255))
    instructions_en: Mapped[str | None] = mapped_column(String(255))
    sale_price: Mapped[int | None] = mapped_column(Tugrug)
    tax_type: Mapped[TaxType] = mapped_column(WordType(TaxType), default=TaxType.VAT_FREE)
    inventory_item_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("inventory_item.inventory_item_id"))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    inventory_item: Mapped[InventoryItem | None] = relationship(InventoryItem)

    @property
    def title(self) -> str:
        """Name and strength."""
        return f"{self.name} {self.strength}"

    @property
    def dosage(self) -> Names:
        """The usual dosage."""
        return Names(self.dosage_mn or "", self.dosage_en or "")

    @property
    def instructions(self) -> Names:
        """The usual instructions."""
        return Names(self.instructions_mn or "", self.instructions_en or "")


class ConsentTemplate(Stamped):
    """What people are asked to agree to. A changed text holds for those asked from then on: a consent keeps its own."""

    __table_args__ = table_args(Index(None, "service_type_id"))

    consent_template_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(ascii_string(40), unique=True)
    kind: Mapped[ConsentKind] = mapped_column(WordType(ConsentKind))
    title_mn: Mapped[str] = mapped_column(String(160))
    title_en: Mapped[str] = mapped_column(String(160))
    body_mn: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    service_type_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("service_type.service_type_id"))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    service_type: Mapped[ServiceType | None] = relationship(ServiceType)

    @property
    def title(self) -> Names:
        """Its heading."""
        return Names(self.title_mn, self.title_en)
