"""How a day is laid out: the board's hours, visits side by side, points where one can book, who is where.

Source: look.md, Frame (the Receptionist's day); rules.md, Scheduling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Generic, Protocol, TypeVar

from app.kernel.dates import day_bounds
from app.scheduling.rules.booking import Terms
from app.scheduling.rules.states import AppointmentStatus
from app.scheduling.rules.times import Span

S = AppointmentStatus
HOUR = timedelta(hours=1)
FIRST_HOUR, LAST_HOUR = 9, 18  # of a board on which nothing says otherwise


class Visit(Protocol):
    """What is asked of an appointment here."""

    status: AppointmentStatus
    start_at: datetime
    end_at: datetime


V = TypeVar("V", bound=Visit)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card stands in its column: in the `lane`-th of `lanes` equal parts."""

    lane: int
    lanes: int


def side_by_side(spans: Sequence[Span], least: int = 1) -> list[Place]:
    """Places for spans that may overlap, in their own order: no two that overlap share a lane.

    Spans that overlap through others share one number of lanes; `least` keeps room for what may still come.
    """
    order = sorted(range(len(spans)), key=lambda i: (spans[i].start, spans[i].end))
    lanes: dict[int, int] = {}
    places: dict[int, Place] = {}
    ends: list[datetime] = []  # of the lanes of the present group
    group: list[int] = []

    def close() -> None:
        places.update({i: Place(lanes[i], max(least, len(ends))) for i in group})
        group.clear()
        ends.clear()

    for i in order:
        if group and spans[i].start >= max(ends):
            close()
        free = next((lane for lane, end in enumerate(ends) if end <= spans[i].start), len(ends))
        ends[free : free + 1] = [spans[i].end]
        lanes[i] = free
        group.append(i)
    close()
    return [places[i] for i in range(len(spans))]


def board_window(day: date, zone: tzinfo, spans: Iterable[Span]) -> Span:
    """The hours of the board: whole hours around everything that happens on the day, never beyond it."""
    start, end = day_bounds(day, zone)
    inside = [Span(max(span.start, start), min(span.end, end)) for span in spans if span.overlaps(Span(start, end))]
    first = min((span.start for span in inside), default=start + FIRST_HOUR * HOUR)
    last = max((span.end for span in inside), default=start + LAST_HOUR * HOUR)
    return Span(start + (first - start) // HOUR * HOUR, start + -(-(last - start) // HOUR) * HOUR)


def free_points(window: Span, visits: Sequence[Span], terms: Terms, capacity: int = 1) -> list[datetime]:
    """The points of the desk's grid inside `window` at which one more visit could begin."""
    points = []
    at = window.start
    while at < window.end:
        cell = Span(at, min(at + terms.grid, window.end))
        if sum(visit.overlaps(cell) for visit in visits) < capacity:
            points.append(at)
        at += terms.grid
    return points


def is_late(visit: Visit, now: datetime) -> bool:
    """Whether the time has come and the patient has not."""
    return visit.status in (S.RESERVED, S.CONFIRMED) and visit.start_at <= now


@dataclass(slots=True)
class Floor(Generic[V]):
    """Who is where in the clinic now, each list in the order in which somebody should look at it."""

    late: list[V] = field(default_factory=list)
    here: list[V] = field(default_factory=list)
    in_treatment: list[V] = field(default_factory=list)
    to_pay: list[V] = field(default_factory=list)
    dropped: list[V] = field(default_factory=list)  # cancelled, or did not show up


def on_the_floor(visits: Iterable[V], now: datetime) -> Floor[V]:
    """Sort the day's visits by where their patients are."""
    floor: Floor[V] = Floor()
    states = {
        S.CAME: floor.here,
        S.IN_TREATMENT: floor.in_treatment,
        S.TREATED: floor.to_pay,
        S.CANCELLED: floor.dropped,
        S.NO_SHOW: floor.dropped,
    }
    for visit in sorted(visits, key=lambda visit: visit.start_at):
        if is_late(visit, now):
            floor.late.append(visit)
        elif visit.status in states:
            states[visit.status].append(visit)
    return floor
