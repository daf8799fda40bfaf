"""What the autoclave made sterile: its cycles and their packages."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import BigKey, Instant, Stamped, WordType, ascii_string, table_args
from app.stock.rules import CycleResult


class SterilisationCycle(Stamped):
    """One run of an autoclave, with what its indicator said."""

    __table_args__ = table_args(
        UniqueConstraint("autoclave", "started_at"), Index(None, "started_at"), Index(None, "result", "started_at")
    )

    sterilisation_cycle_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    autoclave: Mapped[str] = mapped_column(String(60))
    program: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[datetime] = mapped_column(Instant)
    result: Mapped[CycleResult | None] = mapped_column(WordType(CycleResult))
    indicator: Mapped[str | None] = mapped_column(String(60))

    @property
    def title(self) -> str:
        """Its number and the autoclave."""
        return f"#{self.sterilisation_cycle_id} {self.autoclave}"


class SterilePackage(Stamped):
    """A package of instruments that came out of a cycle, and until when it stays sterile."""

    __table_args__ = table_args(Index(None, "sterilisation_cycle_id"), Index(None, "expires_on"))

    sterile_package_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    number: Mapped[str] = mapped_column(ascii_string(24), unique=True)
    sterilisation_cycle_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("sterilisation_cycle.sterilisation_cycle_id")
    )
    expires_on: Mapped[date] = mapped_column(Date)

    cycle: Mapped[SterilisationCycle] = relationship(SterilisationCycle)

    @property
    def title(self) -> str:
        """Its number."""
        return self.number
