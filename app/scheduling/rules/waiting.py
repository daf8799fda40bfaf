"""Who may get a time that became free: whether it fits what somebody waits for, and who is asked first.

Source: rules.md, Scheduling: "A cancelled time is offered to waiting patients whose wishes it fits, by priority, then
by who waited longest."
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from app.kernel.dates import clinic_moment
from app.kernel.enums import Word
from app.kernel.errors import Conflict, RuleError
from app.kernel.text import T
from app.scheduling.rules.finding import Wish
from app.scheduling.rules.states import WaitPriority, WaitStatus
from app.scheduling.rules.times import Span

ORDER = {priority: place for place, priority in enumerate(WaitPriority)}
LOOK_AHEAD = timedelta(days=60)  # how far free times are looked for where no last day is wished
OPEN = frozenset({WaitStatus.WAITING, WaitStatus.OFFERED})


@dataclass(frozen=True, slots=True)
class Opening:
    """A time that is free: when, with whom, in which chair."""

    span: Span
    doctor_id: int
    chair_id: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What somebody on the waitlist wants, and since when. No weekdays, doctor or hours: any."""

    key: int
    since: datetime
    minutes: int
    earliest: date
    latest: date | None = None
    priority: WaitPriority = WaitPriority.MEDIUM
    doctor_id: int | None = None
    weekdays: Set[int] = frozenset()
    time_from: time | None = None
    time_until: time | None = None  # by which the visit is over
    declined: Set[datetime] = frozenset()


class Weekday(Word):
    """The days of a week, by the digit that is kept of them."""

    MONDAY = "0", T("Monday")
    TUESDAY = "1", T("Tuesday")
    WEDNESDAY = "2", T("Wednesday")
    THURSDAY = "3", T("Thursday")
    FRIDAY = "4", T("Friday")
    SATURDAY = "5", T("Saturday")
    SUNDAY = "6", T("Sunday")


W = TypeVar("W", bound=Waiting)


def fits(waiting: Waiting, opening: Opening, zone: tzinfo) -> bool:
    """Whether a visit of the wished length, from the opening's start on, is all that was wished for."""
    start, end = opening.span.start, opening.span.start + timedelta(minutes=waiting.minutes)
    begins, ends = start.astimezone(zone), end.astimezone(zone)
    day = begins.date()
    return (
        end <= opening.span.end
        and waiting.doctor_id in (None, opening.doctor_id)
        and waiting.earliest <= day
        and (waiting.latest is None or day <= waiting.latest)
        and (not waiting.weekdays or day.weekday() in waiting.weekdays)
        and (waiting.time_from is None or begins.time() >= waiting.time_from)
        and (waiting.time_until is None or (ends.date() == day and ends.time() <= waiting.time_until))
        and start not in waiting.declined
    )


def in_order(entries: Iterable[W]) -> list[W]:
    """The most urgent first; of the same priority who waited longest."""
    return sorted(entries, key=lambda one: (ORDER[one.priority], one.since, one.key))


def candidates(entries: Iterable[W], opening: Opening, zone: tzinfo) -> list[W]:
    """Those whom the opening fits, in the order in which they are asked."""
    return in_order(one for one in entries if fits(one, opening, zone))


def wish_of(waiting: Waiting, *, patient_id: int, lead: int, tail: int, now: datetime, zone: tzinfo) -> Wish:
    """What to look for in the calendar."""
    first = max(now, clinic_moment(waiting.earliest, time(0), zone))
    last = first + LOOK_AHEAD
    if waiting.latest is not None:
        last = clinic_moment(waiting.latest + timedelta(days=1), time(0), zone)
    return Wish(
        minutes=waiting.minutes,
        earliest=first,
        latest=last,
        lead=lead,
        tail=tail,
        doctor_ids=() if waiting.doctor_id is None else (waiting.doctor_id,),
        patient_id=patient_id,
        weekdays=waiting.weekdays,
        time_from=waiting.time_from,
        time_until=waiting.time_until,
    )


def weekdays_of(digits: str) -> frozenset[int]:
    """`"024"` → Monday, Wednesday, Friday."""
    return frozenset(int(digit) for digit in digits if digit in "0123456")


def digits_of(weekdays: Iterable[int | str]) -> str:
    """The weekdays as they are kept: each once, in order; all seven are as good as none."""
    kept = sorted({int(day) for day in weekdays} & set(range(7)))
    return "" if len(kept) == 7 else "".join(map(str, kept))


def check_wishes(earliest: date, latest: date | None, time_from: time | None, time_until: time | None) -> None:
    """Refuse a last day before the first, or hours that end before they begin. Raises RuleError."""
    if latest is not None and latest < earliest:
        raise RuleError(T("This is before the first day."), field="latest")
    if time_from and time_until and time_until <= time_from:
        raise RuleError(T("This is not after the start."), field="time_until")


def check_waits(status: WaitStatus) -> None:
    """Only who waits can be offered a time, and only who isn't booked yet can be taken off. Raises Conflict."""
    if status is WaitStatus.OFFERED:
        raise Conflict(T("A time is offered to this patient already. Note the answer first."))
    if status is not WaitStatus.WAITING:
        raise Conflict(T("This patient does not wait any more."))


def check_offered(status: WaitStatus) -> None:
    """An answer needs an offer. Raises Conflict."""
    if status is not WaitStatus.OFFERED:
        raise Conflict(T("No time is offered to this patient any more. Look at how the entry stands now."))
