"""SQL that both databases understand: the clinic's date of an instant, weeks and months of a date, minutes between.

Rows are grouped by the clinic's own date: a visit at half past midnight belongs to the day it is on the wall.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from app.db.types import Instant
from app.kernel.dates import day_bounds
from app.reporting.rules import Period, Step


class _Function(sa.sql.functions.GenericFunction[Any]):
    """A function that each database writes in its own way."""

    inherit_cache = True

    def parts(self, compiler: Any, kw: dict[str, Any]) -> list[str]:
        """Its arguments as SQL."""
        return [compiler.process(clause, **kw) for clause in self.clauses]


class shifted_date(_Function):  # noqa: N801 - an SQL function's name
    """The date of an instant, shifted from UTC by minutes."""

    type, name, inherit_cache = sa.Date(), "shifted_date", True


class week_start(_Function):  # noqa: N801
    """The Monday of a date's week."""

    type, name, inherit_cache = sa.Date(), "week_start", True


class month_start(_Function):  # noqa: N801
    """The first of a date's month."""

    type, name, inherit_cache = sa.Date(), "month_start", True


class minutes_between(_Function):  # noqa: N801
    """Whole minutes from one instant to another."""

    type, name, inherit_cache = sa.Integer(), "minutes_between", True


class clock_minutes(_Function):  # noqa: N801
    """Whole minutes from one time of the day to another."""

    type, name, inherit_cache = sa.Integer(), "clock_minutes", True


_WRITTEN = {
    shifted_date: ("DATE({0} + INTERVAL ({1}) MINUTE)", "date({0}, ({1}) || ' minutes')"),
    week_start: ("DATE({0} - INTERVAL WEEKDAY({0}) DAY)", "date({0}, 'weekday 0', '-6 days')"),
    month_start: ("DATE({0} - INTERVAL (DAYOFMONTH({0}) - 1) DAY)", "date({0}, 'start of month')"),
    minutes_between: ("TIMESTAMPDIFF(MINUTE, {0}, {1})", "((strftime('%s', {1}) - strftime('%s', {0})) / 60)"),
    clock_minutes: (
        "((TIME_TO_SEC({1}) - TIME_TO_SEC({0})) DIV 60)",
        "((strftime('%s', {1}) - strftime('%s', {0})) / 60)",
    ),
}


def _teach(function: type[_Function], mariadb: str, sqlite: str) -> None:
    def written(how: str) -> Any:
        return lambda element, compiler, **kw: how.format(*element.parts(compiler, kw))

    compiles(function, "mysql")(written(mariadb))
    compiles(function, "mariadb")(written(mariadb))
    compiles(function, "sqlite")(written(sqlite))


for _function, (_mariadb, _sqlite) in _WRITTEN.items():
    _teach(_function, _mariadb, _sqlite)


@dataclass(frozen=True, slots=True)
class Span:
    """A period of the clinic's days, and how a column lies in it."""

    period: Period
    zone: tzinfo

    def within(self, column: Any) -> Any:
        """The condition that a date or instant lies in the period; an index on the column answers it."""
        if not isinstance(column.type, Instant):
            return sa.and_(column >= self.period.first, column <= self.period.last)
        start, end = day_bounds(self.period.first, self.zone)[0], day_bounds(self.period.last, self.zone)[1]
        return sa.and_(column >= start, column < end)

    def day(self, column: Any) -> Any:
        """The clinic's date of a column of the period's rows."""
        return shifted_date(column, self._shift(column)) if isinstance(column.type, Instant) else column

    def step(self, column: Any, step: Step) -> Any:
        """The day, week or month of a column of the period's rows, as its first date."""
        day = self.day(column)
        return {Step.DAY: day, Step.WEEK: week_start(day), Step.MONTH: month_start(day)}[step]

    def _shift(self, column: Any) -> Any:
        """Minutes that the clinic's clock is ahead of UTC; where summer time begins or ends inside, by the instant."""
        start, end = day_bounds(self.period.first, self.zone)[0], day_bounds(self.period.last, self.zone)[1]
        offset, changes = _offset(start, self.zone), _changes(self.period, self.zone)
        if not changes:
            return sa.literal_column(str(offset))
        later: list[Any] = [
            (column >= at, sa.literal_column(str(minutes))) for at, minutes in reversed(changes) if at < end
        ]
        return sa.case(*later, else_=sa.literal_column(str(offset)))


def _offset(moment: datetime, zone: tzinfo) -> int:
    shift = moment.astimezone(zone).utcoffset()
    return int(shift.total_seconds() // 60) if shift else 0


def _changes(period: Period, zone: tzinfo) -> list[tuple[datetime, int]]:
    """(instant, minutes from then on) where the clinic's clock is put forward or back inside the period."""
    found, first = [], _noon(period.first - timedelta(days=1))
    days = period.days + 2
    step = 14  # no clock is put forward and back within two weeks
    for at in range(0, days, step):
        low, high = first + timedelta(days=at), first + timedelta(days=min(at + step, days))
        if _offset(low, zone) == (after := _offset(high, zone)):
            continue
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) / 2
            low, high = (middle, high) if _offset(middle, zone) != after else (low, middle)
        found.append((high.replace(second=0, microsecond=0), after))
    return found


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
