"""Kept sums for tests."""

import itertools
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.reporting.models import MetricDaily, MetricMonthly
from app.reporting.rules import CLINIC, Metric

_days = itertools.count(1)


def metric_daily(session: Session, **values: Any) -> MetricDaily:
    """A measure of the clinic on a day long ago that no other row has."""
    base = {"metric": Metric.INVOICED, "day": date(2001, 1, 1) + timedelta(days=next(_days)), "value": 100_000}
    row = MetricDaily(**{"doctor_number": CLINIC, **base, **values})
    session.add(row)
    session.flush()
    return row


def metric_monthly(session: Session, **values: Any) -> MetricMonthly:
    """A measure of the clinic in a month long ago that no other row has."""
    at = next(_days)
    base = {"metric": Metric.INVOICED, "month": date(1900 + at // 12, at % 12 + 1, 1), "value": 100_000}
    row = MetricMonthly(**{"doctor_number": CLINIC, **base, **values})
    session.add(row)
    session.flush()
    return row
