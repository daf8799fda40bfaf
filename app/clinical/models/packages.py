"""Which sterile packages were opened for a visit."""

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clinical.models.visits import Treatment
from app.db import BigKey, Stamped, table_args
from app.stock.models import SterilePackage


class TreatmentSterilePackage(Stamped):
    """A sterile package that was opened for a visit: each one serves one visit only."""

    __table_args__ = table_args(UniqueConstraint("sterile_package_id"), Index(None, "treatment_id"))

    treatment_sterile_package_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    treatment_id: Mapped[int] = mapped_column(BigKey, ForeignKey("treatment.treatment_id"))
    sterile_package_id: Mapped[int] = mapped_column(BigKey, ForeignKey("sterile_package.sterile_package_id"))

    treatment: Mapped[Treatment] = relationship(Treatment)
    package: Mapped[SterilePackage] = relationship(SterilePackage)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """Those of the patient's visits."""
        return cls.treatment_id.in_(select(Treatment.treatment_id).where(Treatment.patient_id == patient_id))

    @property
    def title(self) -> str:
        """The package's number."""
        return self.package.title
