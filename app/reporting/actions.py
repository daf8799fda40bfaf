"""Keeping the measures of closed days."""

from datetime import datetime, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.reporting.models import MetricDaily
from app.reporting.queries import Span, measured
from app.reporting.rules import CLINIC, Metric, Period, Step, buckets
from app.security.models import Clinic


def close_days(session: Session, period: Period, zone: tzinfo, now: datetime) -> int:
    """Keep the measures of these days, computed anew, in the database itself. Returns how many rows are kept.

    Two who close at once wait for each other at the clinic's row.
    """
    session.get_one(Clinic, 1, with_for_update=True)
    _forget(session, period)
    kept = sum(_keep(session, part, zone, now) for part in buckets(period, Step.MONTH))
    return kept + _mark(session, period, now)


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
