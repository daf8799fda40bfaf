"""Calendar arithmetic on the clinic's dates, and reading dates as people write them."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from app.kernel.errors import RuleError
from app.kernel.text import T

_YEAR_FIRST = re.compile(r"([0-9]{4})\s*[-./]\s*([0-9]{1,2})\s*[-./]\s*([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})\s*[-./]\s*([0-9]{1,2})\s*[-./]\s*([0-9]{4})")
_MONGOLIAN = re.compile(
    r"([0-9]{4})\s*оны\s*([0-9]{1,2})(?:\s*-?\s*р)?\s*сарын\s*([0-9]{1,2})(?:\s*-?\s*(?:н[ыи]й?|ний|ны|нд))?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
EARLIEST, LATEST = date(1880, 1, 1), date(2199, 12, 31)  # outside of it a date is a slip of the keyboard


def age_on(birthday: date, today: date) -> int:
    """Whole years lived on `today`; 29 February counts from 1 March in ordinary years."""
    had_birthday = (today.month, today.day) >= (birthday.month, birthday.day)
    return today.year - birthday.year - (0 if had_birthday else 1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), or the month's last day where there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def parse_date(typed: str, field: str | None = None) -> date:
    """Read `2026-11-20`, `2026.11.20`, `2026/11/20`, `20.11.2026`, `20261120` or `2026 оны 11 сарын 20`.

    Raises RuleError for anything else, and for a day that does not exist.
    """
    clean = " ".join(typed.split())
    for pattern, order in (
        (_YEAR_FIRST, (1, 2, 3)),
        (_MONGOLIAN, (1, 2, 3)),
        (_COMPACT, (1, 2, 3)),
        (_DAY_FIRST, (3, 2, 1)),
    ):
        match = pattern.fullmatch(clean)
        if match:
            try:
                found = date(*(int(match[i]) for i in order))
            except ValueError:
                break
            if EARLIEST <= found <= LATEST:
                return found
    raise RuleError(T("Write a date that exists, such as 1985-04-03."), field=field)


def clinic_moment(day: date, at: time, zone: tzinfo) -> datetime:
    """The instant (UTC) at which the clinic's wall clock shows `at` on `day`."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def day_bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """[start, end) of the clinic's day as instants (UTC)."""
    return clinic_moment(day, time.min, zone), clinic_moment(day + timedelta(days=1), time.min, zone)


def clinic_date(moment: datetime, zone: tzinfo) -> date:
    """The date on the clinic's calendar at `moment`."""
    return moment.astimezone(zone).date()
