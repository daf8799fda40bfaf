"""Recomputing the kept sums: everything is compared inside the database."""

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.reporting.models import MetricDaily, MetricMonthly
from app.reporting.queries.daily import measured
from app.reporting.queries.kept import MARK, first_day, months_of_days
from app.reporting.queries.sql import Span
from app.reporting.rules import Period, Step, buckets, months_around


@dataclass(frozen=True, slots=True)
class Difference:
    """The first kept sum that is not what its rows add up to."""

    metric: str
    day: date
    doctor_number: int
    stands: int
    should: int

    def __str__(self) -> str:
        whose = f"doctor {self.doctor_number}" if self.doctor_number else "the clinic"
        return f"{self.metric} of {whose} on {self.day} is kept as {self.stands}, not {self.should}"


def closed_days(session: Session) -> Period | None:
    """The first and the last closed day."""
    first, last = session.execute(
        sa.select(sa.func.min(MetricDaily.day), sa.func.max(MetricDaily.day)).where(*MARK)
    ).one()
    return Period(first, last) if first is not None else None


def missing_day(session: Session, closed: Period, zone: tzinfo) -> date | None:
    """The first day up to the last closed one that is not closed."""
    first = first_day(session, zone)
    if first is not None and first < closed.first:
        return first
    days = set(session.scalars(sa.select(MetricDaily.day).where(*MARK)))
    return next((day for n in range(closed.days) if (day := closed.first + timedelta(days=n)) not in days), None)


def first_difference(session: Session, closed: Period, zone: tzinfo) -> Difference | None:
    """The first kept sum, month by month, that its rows do not add up to."""
    for month in buckets(closed, Step.MONTH):
        found = session.execute(_differing(Span(month, zone))).first()
        if found is not None:
            metric, day, number, stands, should = found
            return Difference(str(metric), day, int(number), int(stands), int(should))
    return None


def differing_month(session: Session, closed: Period) -> Difference | None:
    """The first month that its kept days do not add up to."""
    row = MetricMonthly
    zero: Any = sa.literal_column("0")
    there = sa.select(row.metric, row.month, row.doctor_number, row.value.label("stands"), zero.label("should"))
    part = months_of_days(months_around(closed)).subquery("added")
    should = sa.select(part.c.metric, part.c.month, part.c.doctor_number, zero, part.c.value)
    both = there.union_all(should).subquery("both")
    key = (both.c.month, both.c.metric, both.c.doctor_number)
    have, want = sa.func.sum(both.c.stands), sa.func.sum(both.c.should)
    statement = sa.select(both.c.metric, both.c.month, both.c.doctor_number, have, want).group_by(*key)
    found = session.execute(statement.having(have != want).order_by(*key).limit(1)).first()
    return Difference(str(found[0]), found[1], int(found[2]), int(found[3]), int(found[4])) if found else None


def _differing(span: Span) -> Any:
    row = MetricDaily
    zero: Any = sa.literal_column("0")
    there = sa.select(row.metric.label("metric"), row.day.label("day"), row.doctor_number.label("doctor_number"),
                      row.value.label("stands"), zero.label("should")).where(span.within(row.day))  # fmt: skip
    part = measured(span).subquery("computed")
    should = sa.select(part.c.metric, part.c.day, part.c.doctor_number, zero, part.c.value)
    both = there.union_all(should).subquery("both")
    key = (both.c.day, both.c.metric, both.c.doctor_number)
    have, want = sa.func.sum(both.c.stands), sa.func.sum(both.c.should)
    statement = sa.select(both.c.metric, both.c.day, both.c.doctor_number, have, want)
    return statement.group_by(*key).having(have != want).order_by(*key).limit(1)
