"""A day as it was read, and the blocks that stand on its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.scheduling import queries
from app.scheduling.models import Appointment, Chair, Holiday, Shift, TimeOff
from app.scheduling.rules import LIVE, MOVABLE, AppointmentStatus, Offer, Span, Terms
from app.scheduling.rules.booking import opening_spans
from app.scheduling.rules.day import board_window
from app.web.text import clock


@dataclass(slots=True)
class Card:
    """A visit with what the desk needs to see and to do."""

    visit: Appointment
    offers: list[Offer]
    alerts: list[Any]
    phones: list[Any]
    came_at: datetime | None = None
    treatment_url: str | None = None
    checkout_url: str | None = None
    owes: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Something on a column, in minutes from the board's top."""

    top: int
    minutes: int
    what: Any = None
    lane: int = 0
    lanes: int = 1


@dataclass(slots=True)
class Column:
    """A doctor's or a chair's day."""

    key: str
    title: str
    details: list[str] = field(default_factory=list)
    colour: str | None = None
    is_own: bool = False
    work: list[Block] = field(default_factory=list)
    away: list[Block] = field(default_factory=list)
    points: list[Block] = field(default_factory=list)  # `what` is the address that books there
    cards: list[Block] = field(default_factory=list)  # `what` is a Card


@dataclass(slots=True)
class Day:
    """What was read of a day."""

    date: date
    now: datetime
    terms: Terms
    visits: Sequence[Appointment]
    shifts: Sequence[Shift]
    away: Sequence[TimeOff]
    holidays: Mapping[date, Holiday]
    chairs: Sequence[Chair]
    cards: dict[int, Card] = field(default_factory=dict)
    window: Span = field(init=False)

    def __post_init__(self) -> None:
        spans = [*opening_spans([self.date], self.terms), *(self.span_of(shift) for shift in self.shifts)]
        if not self.terms.opening_hours:
            spans = spans[1:]  # "always open" says nothing about the board's hours
        visits = [Span(visit.start_at, visit.end_at) for visit in self.live()]
        self.window = board_window(self.date, self.terms.zone, [*spans, *visits])

    def live(self) -> list[Appointment]:
        """The visits that stand on the board: all but the cancelled and missed ones."""
        return [visit for visit in self.visits if visit.status in LIVE or visit.status is AppointmentStatus.FINISHED]

    @property
    def before(self) -> date:
        """The day before."""
        return self.date - timedelta(days=1)

    @property
    def after(self) -> date:
        """The day after."""
        return self.date + timedelta(days=1)

    def is_closed(self, day: date) -> bool:
        """Whether the clinic is closed on a day of this week."""
        holiday = self.holidays.get(day)
        return bool(holiday and holiday.is_closed) or not opening_spans([day], self.terms)

    def clock(self, minutes: int) -> str:
        """`14:30`: the time that stands so many minutes under the board's top."""
        return clock(self.window.start + timedelta(minutes=minutes))

    def minutes_since(self, moment: datetime | None) -> int | None:
        """Whole minutes from a moment until now."""
        return None if moment is None else max(0, int((self.now - moment).total_seconds() // 60))

    def may_change(self, visit: Appointment) -> bool:
        """Whether a visit can still get another time, doctor or chair."""
        return visit.status in MOVABLE

    def span_of(self, shift: Shift) -> Span:
        """A shift as instants."""
        return queries.shift_span(shift, self.terms.zone)

    def block(self, span: Span, what: Any = None, lane: int = 0, lanes: int = 1) -> Block:
        """A span as minutes from the board's top, cut to its hours."""
        start, end = max(span.start, self.window.start), min(span.end, self.window.end)
        minute = timedelta(minutes=1)
        return Block((start - self.window.start) // minute, max(0, (end - start) // minute), what, lane, lanes)
