"""Reports whose sums are kept: they read `metric_daily`, never the rows themselves."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.kernel.text import T
from app.people.models import Employee
from app.reporting.queries import Span, measures
from app.reporting.reports.asking import Ask
from app.reporting.reports.kinds import Group
from app.reporting.rules import CLINIC, Metric, Step

# the columns of the subquery that `measures` makes
DAY = sa.literal_column("measures.day", sa.Date())
DOCTOR = sa.literal_column("measures.doctor_number", sa.BigInteger())
_METRIC: Any = sa.literal_column("measures.metric")
_VALUE: Any = sa.literal_column("measures.value")
BY_DOCTOR = Group("doctor", T("Doctor"), DOCTOR, names=Employee, param="doctor_id", narrows="doctor")


def kept_parts(metrics: Iterable[Metric]) -> dict[str, Any]:
    """Metric's name in lower case → its sum."""
    return {
        metric.name.lower(): sa.func.sum(sa.case((sa.literal_column(f"'{metric.value}'") == _METRIC, _VALUE), else_=0))
        for metric in metrics
    }


def kept_source(metrics: Iterable[Metric]) -> Callable[[Ask, Span, date | None], Any]:
    """Kept sums of closed days, the others computed from their rows, of the clinic or of doctors."""
    wanted = tuple(metrics)

    def source(ask: Ask, span: Span, closed: date | None) -> Any:
        by = ask.step or Step.MONTH  # lines that are no time tell no days apart
        return measures(span.period, wanted, ask.scope, closed, span.zone, ask.doctor or CLINIC, by)

    return source
