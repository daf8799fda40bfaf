"""The kept sums: which days are closed, and the measures of a period from them.

What would read the whole history reads `metric_daily`; the days that are not closed yet, as a rule today alone, are
computed from their rows and joined to it in the same statement.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing.models import Invoice, Payment
from app.clinical.models import TreatmentItem
from app.kernel.dates import EARLIEST, clinic_date
from app.people.models import Patient
from app.reporting.models import MetricDaily
from app.reporting.queries.daily import measured
from app.reporting.queries.sql import Span
from app.reporting.rules import CLINIC, Metric, Period, Scope
from app.scheduling.models import Appointment, Shift
from app.stock.models import Expense

_WORDS = {metric.value: metric for metric in Metric}
# Each closed day has this row of the whole clinic, also where it is 0.
MARK = (MetricDaily.metric == Metric.BOOKED, MetricDaily.doctor_number == CLINIC)


def closed_until(session: Session) -> date | None:
    """The last day that is closed; all before it are."""
    return session.scalar(sa.select(sa.func.max(MetricDaily.day)).where(*MARK))


def first_day(session: Session, zone: tzinfo) -> date | None:
    """The first day on which anything that is measured happened; each is the first entry of an index."""
    instants = (
        Appointment.start_at,
        Patient.created_at,
        TreatmentItem.created_at,
        Invoice.issued_at,
        Payment.received_at,
    )
    days = (Shift.shift_date, Expense.spent_on)
    least = [sa.select(sa.func.min(column)).scalar_subquery() for column in (*instants, *days)]
    values: list[Any] = list(session.execute(sa.select(*least)).one())
    found = [clinic_date(value, zone) for value in values[: len(instants)] if value is not None]
    found += [value for value in values[len(instants) :] if value is not None]
    return max(min(found), EARLIEST) if found else None


def measures(
    period: Period,
    metrics: Iterable[Metric],
    scope: Scope,
    closed: date | None,
    zone: tzinfo,
    doctor: int | None = None,
) -> Any:
    """A subquery (metric, day, doctor_number, value) of the period: kept where it is closed, computed where not."""
    row, wanted = MetricDaily, list(metrics)
    number = row.doctor_number == (doctor or CLINIC) if doctor or scope is Scope.CLINIC else row.doctor_number > CLINIC
    kept = sa.select(row.metric, row.day, row.doctor_number, row.value).where(
        row.metric.in_(wanted), row.day >= period.first, row.day <= period.last, number
    )
    start = period.first if closed is None else max(period.first, closed + timedelta(days=1))
    if start > period.last:
        return kept.subquery("measures")
    live = measured(Span(Period(start, period.last), zone), wanted, (scope,))
    kept = kept.where(row.day < start)
    if live is None:
        return kept.subquery("measures")
    part = live.subquery("live")
    today = sa.select(part.c.metric, part.c.day, part.c.doctor_number, part.c.value)
    return kept.union_all(today.where(part.c.doctor_number == doctor) if doctor else today).subquery("measures")


def totals(
    session: Session, periods: Mapping[str, Period], metrics: Iterable[Metric], closed: date | None, zone: tzinfo
) -> dict[str, dict[Metric, int]]:
    """The clinic's measures of several periods, in one statement: {period: {metric: value}}."""
    wanted = list(metrics)
    whole = Period(min(p.first for p in periods.values()), max(p.last for p in periods.values()))
    days = measures(whole, wanted, Scope.CLINIC, closed, zone)
    sums = [
        sa.func.sum(sa.case((sa.and_(days.c.day >= p.first, days.c.day <= p.last), days.c.value), else_=0))
        for p in periods.values()
    ]
    found = {name: dict.fromkeys(wanted, 0) for name in periods}
    for metric, *values in session.execute(sa.select(days.c.metric, *sums).group_by(days.c.metric)):
        for name, value in zip(periods, values, strict=True):
            found[name][_WORDS[str(metric)]] = int(value or 0)
    return found
