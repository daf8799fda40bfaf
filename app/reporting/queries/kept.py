"""The kept sums: which days are closed, and the measures of a period from them and from their months.

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
from app.reporting.models import MetricDaily, MetricMonthly
from app.reporting.queries.daily import measured
from app.reporting.queries.sql import Span, month_start
from app.reporting.rules import CLINIC, Metric, Period, Scope, Step, months_within
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


def months_of_days(months: Period) -> Any:
    """SELECT metric, month, doctor_number, value: what the kept days of these months add up to."""
    row, month = MetricDaily, month_start(MetricDaily.day)
    key, value = (row.metric, month, row.doctor_number), sa.func.sum(row.value)
    made = sa.select(row.metric, month.label("month"), row.doctor_number, value.label("value"))
    return made.where(row.day >= months.first, row.day <= months.last).group_by(*key).having(value != 0)


def measures(
    period: Period,
    metrics: Iterable[Metric],
    scope: Scope,
    closed: date | None,
    zone: tzinfo,
    doctor: int | None = None,
    by: Step = Step.DAY,
) -> Any:
    """A subquery (metric, day, doctor_number, value) of the period: kept where it is closed, computed where not.

    Whoever tells no days apart asks `by` months: a whole month is one row then, on its first day.
    """
    wanted, own = list(metrics), doctor or CLINIC
    is_one = bool(doctor) or scope is Scope.CLINIC
    found: list[Any] = []

    def kept(row: Any, day: Any, part: Period) -> None:
        whose = row.doctor_number == own if is_one else row.doctor_number > CLINIC
        made = sa.select(row.metric, day.label("day"), row.doctor_number, row.value)
        found.append(made.where(row.metric.in_(wanted), day >= part.first, day <= part.last, whose))

    there = Period(period.first, min(period.last, closed or EARLIEST))
    months = months_within(there) if by is Step.MONTH and there.days > 0 else None
    if months is not None:
        kept(MetricMonthly, MetricMonthly.month, months)
    for part in _around(there, months):
        kept(MetricDaily, MetricDaily.day, part)
    rest = Period(max(period.first, there.last + timedelta(days=1)), period.last)
    live = measured(Span(rest, zone), wanted, (scope,)) if rest.days > 0 else None
    if live is not None:
        part = live.subquery("live")
        today = sa.select(part.c.metric, part.c.day, part.c.doctor_number, part.c.value)
        found.append(today.where(part.c.doctor_number == doctor) if doctor else today)
    if not found:
        kept(MetricDaily, MetricDaily.day, rest)  # nothing is known of these days: no row
    return sa.union_all(*found).subquery("measures") if len(found) > 1 else found[0].subquery("measures")


def _around(whole: Period, middle: Period | None) -> list[Period]:
    """What is left of a period before and after its middle."""
    day = timedelta(days=1)
    parts = [Period(whole.first, middle.first - day), Period(middle.last + day, whole.last)] if middle else [whole]
    return [part for part in parts if part.days > 0]


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
