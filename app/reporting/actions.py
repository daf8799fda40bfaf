"""Keeping the measures of closed days, and of their months."""

from datetime import datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.reporting.models import MetricDaily, MetricMonthly
from app.reporting.queries import Span, measured, months_of_days
from app.reporting.rules import CLINIC, Metric, Period, Step, buckets, months_around
from app.security.models import Clinic


def close_days(session: Session, period: Period, zone: tzinfo, now: datetime) -> int:
    """Keep the measures of these days, computed anew, in the database itself, and add up their months. Returns how
    many rows of days are kept.

    Two who close at once wait for each other at the clinic's row.
    """
    session.get_one(Clinic, 1, with_for_update=True)
    _forget(session, period)
    kept = sum(_keep(session, part, zone, now) for part in buckets(period, Step.MONTH))
    kept += _mark(session, period, now)
    _keep_months(session, months_around(period), now)
    return kept


def _forget(session: Session, period: Period) -> None:
    within = (MetricDaily.day >= period.first, MetricDaily.day <= period.last)
    session.execute(sa.delete(MetricDaily).where(*within).execution_options(synchronize_session=False))


def _keep(session: Session, period: Period, zone: tzinfo, now: datetime) -> int:
    part = measured(Span(period, zone)).subquery("computed")
    stamp = sa.literal(now, MetricDaily.created_at.type)
    rows = sa.select(part.c.metric, part.c.day, part.c.doctor_number, part.c.value, stamp, stamp)
    columns = ("metric", "day", "doctor_number", "value", "created_at", "updated_at")
    done = session.execute(sa.insert(MetricDaily).from_select(columns, rows, include_defaults=False))
    return int(done.rowcount)  # type: ignore[attr-defined]  # an insert has it


def _mark(session: Session, period: Period, now: datetime) -> int:
    """A day on which nobody was booked is closed too: its row says 0."""
    mark = {"metric": Metric.BOOKED, "doctor_number": CLINIC, "value": 0, "created_at": now, "updated_at": now}
    known = set(
        session.scalars(
            sa.select(MetricDaily.day).where(
                MetricDaily.metric == Metric.BOOKED,
                MetricDaily.doctor_number == CLINIC,
                MetricDaily.day >= period.first,
                MetricDaily.day <= period.last,
            )
        )
    )
    empty = [{**mark, "day": day.first} for day in buckets(period, Step.DAY) if day.first not in known]
    if empty:
        session.execute(sa.insert(MetricDaily), empty)
    return len(empty)


def _keep_months(session: Session, months: Period, now: datetime) -> None:
    """The months' rows as their days add up now, in the same unit: no reader ever sees one without the other."""
    row = MetricMonthly
    old = sa.delete(row).where(row.month >= months.first, row.month <= months.last)
    session.execute(old.execution_options(synchronize_session=False))
    part, stamp = months_of_days(months).subquery("added"), sa.literal(now, row.created_at.type)
    rows = sa.select(part.c.metric, part.c.month, part.c.doctor_number, part.c.value, stamp, stamp)
    columns = ("metric", "month", "doctor_number", "value", "created_at", "updated_at")
    session.execute(sa.insert(row).from_select(columns, rows, include_defaults=False))
