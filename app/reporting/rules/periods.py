"""Periods: what "this month" is, what it is compared with, and how it is cut into days, weeks and months.

Weeks start on Monday. All dates are the clinic's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.kernel.dates import add_months
from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.money import round_half_away
from app.kernel.text import T

DAY = timedelta(days=1)
LONGEST_YEARS = 10


class Preset(Word):
    """A period that is chosen by its name."""

    WEEK = "week", T("This week")
    MONTH = "month", T("This month")
    LAST_MONTH = "last-month", T("Last month")
    QUARTER = "quarter", T("This quarter")
    YEAR = "year", T("This year")
    LAST_YEAR = "last-year", T("Last year")
    MONTHS = "12-months", T("The last 12 months")
    CUSTOM = "custom", T("From … to …")


class Step(Word):
    """How a period is cut."""

    DAY = "day", T("Day")
    WEEK = "week", T("Week")
    MONTH = "month", T("Month")


MOST_BUCKETS: Mapping[Step, int] = {Step.DAY: 92, Step.WEEK: 106, Step.MONTH: 130}


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return self.first.isoformat() if self.days == 1 else f"{self.first} – {self.last}"


def period_of(preset: Preset, today: date) -> Period:
    """What a preset means today; a period that isn't over ends today. CUSTOM is the month until other dates come."""
    month = today.replace(day=1)
    starts = {
        Preset.WEEK: today - timedelta(days=today.weekday()),
        Preset.QUARTER: add_months(month, -((today.month - 1) % 3)),
        Preset.YEAR: date(today.year, 1, 1),
        Preset.MONTHS: add_months(month, -11),
    }
    if preset is Preset.LAST_MONTH:
        return Period(add_months(month, -1), month - DAY)
    if preset is Preset.LAST_YEAR:
        return Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    return Period(starts.get(preset, month), today)


def before(preset: Preset, period: Period) -> Period:
    """The period that `period` is compared with: as much of the one before as has passed of this one.

    The first 21 days of November against those of October; a whole month against a whole month; freely chosen
    days against as many directly before them.
    """
    months = {Preset.MONTH: 1, Preset.LAST_MONTH: 1, Preset.QUARTER: 3, Preset.MONTHS: 12}
    back = months.get(preset, 12 if preset in (Preset.YEAR, Preset.LAST_YEAR) else 0)
    if preset is Preset.CUSTOM and _are_whole_months(period):
        back = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
    if back:
        last = (
            add_months(period.last + DAY, -back) - DAY if _ends_month(period.last) else add_months(period.last, -back)
        )
        return Period(add_months(period.first, -back), last)
    length = timedelta(days=7 if preset is Preset.WEEK else period.days)
    return Period(period.first - length, period.last - length)


def _ends_month(day: date) -> bool:
    return (day + DAY).day == 1


def _are_whole_months(period: Period) -> bool:
    return period.first.day == 1 and _ends_month(period.last)


def check_period(first: date, last: date) -> Period:
    """The period somebody chose. Raises RuleError where it ends before it begins, or is too long."""
    if last < first:
        raise RuleError(T("The period ends before it begins."), field="to")
    if last >= add_months(first, 12 * LONGEST_YEARS):
        raise RuleError(T("Choose a period of at most %(years)s years.", years=LONGEST_YEARS), field="to")
    return Period(first, last)


def step_for(period: Period, wanted: Step) -> Step:
    """`wanted`, or the next coarser one where it would be too many to look at."""
    for step in list(Step)[list(Step).index(wanted) :]:
        if len(buckets(period, step)) <= MOST_BUCKETS[step]:
            return step
    return Step.MONTH


def bucket_of(day: date, step: Step) -> date:
    """The first day of the week or month that `day` lies in; the day itself for days."""
    if step is Step.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step is Step.MONTH else day


def buckets(period: Period, step: Step) -> list[Period]:
    """The days, weeks or months of a period, in order; the outer ones only as far as it goes."""
    found, start = [], period.first
    while start <= period.last:
        begin = bucket_of(start, step)
        end = {Step.DAY: begin, Step.WEEK: begin + 6 * DAY, Step.MONTH: add_months(begin, 1) - DAY}[step]
        found.append(Period(start, min(end, period.last)))
        start = end + DAY
    return found


def months_around(period: Period) -> Period:
    """The whole months that a period touches."""
    return Period(period.first.replace(day=1), add_months(period.last.replace(day=1), 1) - DAY)


def months_within(period: Period) -> Period | None:
    """The months that lie in a period with all their days."""
    begun = period.first.replace(day=1)
    first = begun if begun == period.first else add_months(begun, 1)
    last = period.last if _ends_month(period.last) else period.last.replace(day=1) - DAY
    return Period(first, last) if first <= last else None


def months_in(amount: int, period: Period) -> int:
    """An `amount` a month for a period: of a month that is not all in it, the share of its days."""
    total = 0
    for part in buckets(period, Step.MONTH):
        month = part.first.replace(day=1)
        total += round_half_away(amount * part.days, (add_months(month, 1) - month).days)
    return total
