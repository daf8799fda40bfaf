"""The kept sums of closed days, and of the months they lie in."""

from datetime import date

from sqlalchemy import BigInteger, Date, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, Stamped, WordType, table_args
from app.reporting.rules import Metric


class MetricDaily(Stamped):
    """What a measure was on a day. Kept by the nightly job, recomputed by `reports verify`."""

    __table_args__ = table_args(
        UniqueConstraint("metric", "day", "doctor_number"),
        Index(None, "metric", "day", "doctor_number", "value"),  # a report is read from it alone
        Index(None, "day"),
    )
    is_audited = False

    metric_daily_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    metric: Mapped[Metric] = mapped_column(WordType(Metric))
    day: Mapped[date] = mapped_column(Date)
    doctor_number: Mapped[int] = mapped_column(BigKey, default=0)  # an employee's key; 0 is the whole clinic
    value: Mapped[int] = mapped_column(BigInteger, default=0)

    @property
    def title(self) -> str:
        """The day."""
        return self.day.isoformat()


class MetricMonthly(Stamped):
    """What a measure was on the closed days of a month: what asks for years reads a row where it would read thirty."""

    __table_args__ = table_args(
        UniqueConstraint("metric", "month", "doctor_number"),
        Index(None, "metric", "month", "doctor_number", "value"),
        Index(None, "month"),
    )
    is_audited = False

    metric_monthly_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    metric: Mapped[Metric] = mapped_column(WordType(Metric))
    month: Mapped[date] = mapped_column(Date)  # its first day
    doctor_number: Mapped[int] = mapped_column(BigKey, default=0)  # as of a day
    value: Mapped[int] = mapped_column(BigInteger, default=0)

    @property
    def title(self) -> str:
        """The month."""
        return f"{self.month:%Y-%m}"
