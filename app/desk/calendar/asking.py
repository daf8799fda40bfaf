"""What an address asks of the calendar: some days, and which doctors, chairs, rooms, services and statuses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement

from app.kernel.dates import day_bounds, parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.scheduling.models import Appointment, Chair
from app.scheduling.rules import AppointmentStatus
from app.web import who

MOST_DAYS, MOST_KEYS = 45, 100
EARLIEST, LATEST = date(2000, 1, 1), date(2150, 1, 1)
DROPPED = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW})
WORDS = {status.word: status for status in AppointmentStatus}
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Days:
    """[first, end) on the clinic's calendar."""

    first: date
    end: date

    def bounds(self) -> tuple[datetime, datetime]:
        """The same as instants."""
        zone = who.clinic().zone
        return day_bounds(self.first, zone)[0], day_bounds(self.end, zone)[0]

    @property
    def last(self) -> date:
        """The last day that is asked for."""
        return self.end - timedelta(days=1)

    def dates(self) -> list[date]:
        """Each of them."""
        return [self.first + timedelta(days=number) for number in range((self.end - self.first).days)]


def days_of(args: Mapping[str, str]) -> Days:
    """`?start=2026-11-16&end=2026-11-23`, a time behind a date is left aside. Raises RuleError."""
    first, end = (_day(args.get(name, ""), name) for name in ("start", "end"))
    if not first < end <= first + timedelta(days=MOST_DAYS):
        raise RuleError(T("The calendar shows 1 to %(most)s days at once.", most=MOST_DAYS), field="end")
    return Days(first, end)


def _day(typed: str, field: str) -> date:
    found = parse_date(typed.partition("T")[0][:40], field=field)
    if not EARLIEST <= found < LATEST:
        raise RuleError(T("Write a date that exists, such as 1985-04-03."), field=field)
    return found


def keys_of(args: Mapping[str, str], name: str) -> tuple[int, ...]:
    """`?doctor=3,7`. Raises RuleError."""
    parts = [part for part in args.get(name, "").split(",") if part]
    found = [parse_key(part) for part in parts[: MOST_KEYS + 1]]
    if len(found) > MOST_KEYS or None in found:
        raise RuleError(T("Choose one of the list."), field=name)
    return tuple(key for key in found if key is not None)


def visits_asked(args: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The conditions on a visit; without a status all but who cancelled or did not come. Raises RuleError."""
    where: list[ColumnElement[bool]] = []
    columns = (("doctor", Appointment.doctor_id), ("chair", Appointment.chair_id), ("room", Chair.room_id))
    for name, column in (*columns, ("service", Appointment.planned_service)):
        if keys := keys_of(args, name):
            where.append(column.in_(keys))
    words = [word for word in args.get("status", "").split(",") if word]
    if not set(words) <= set(WORDS):
        raise RuleError(T("Choose one of the list."), field="status")
    statuses = {WORDS[word] for word in words} or set(AppointmentStatus) - DROPPED
    return [*where, Appointment.status.in_(sorted(statuses))]
