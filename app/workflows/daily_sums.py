"""The night's closing of days: which ones, and each week of them in a unit of its own."""

from datetime import date, datetime, tzinfo

from sqlalchemy.orm import Session

from app.db.unit import unit
from app.reporting import actions, queries
from app.reporting.rules import Period, Step, buckets, days_to_close


def open_days(session: Session, today: date, zone: tzinfo) -> Period | None:
    """The days that tonight closes, or closes again."""
    return days_to_close(queries.first_day(session, zone), queries.closed_until(session), today)


def close_in_units(period: Period, zone: tzinfo, now: datetime) -> int:
    """Close the days week by week, so that nobody at the desk waits for all of them. Returns how many rows are kept."""
    return sum(
        unit(lambda session, part=part: actions.close_days(session, part, zone, now))  # type: ignore[misc]  # bound now
        for part in buckets(period, Step.WEEK)
    )
