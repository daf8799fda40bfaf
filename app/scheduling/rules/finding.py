"""Where there is still room: what is looked for, and the sweep that finds it.

Source: rules.md, Scheduling (a booking must lie in a shift, outside time off, on no closed day, inside opening hours).

A stretch of days is one whole number, a bit for each five minutes: set where something is possible. What is free for
an hour is where twelve bits follow each other; all days of a doctor are looked at in one step.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache, reduce
from itertools import islice, repeat
from operator import or_

from app.kernel.dates import clinic_date, clinic_moment, day_bounds
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.rules.booking import Terms, opening_spans
from app.scheduling.rules.states import RoomType
from app.scheduling.rules.times import LONGEST, SLOT, SLOT_MINUTES, SlotKind, Span

MONTHS_AHEAD = 12  # so far times are looked for


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for. Empty doctors, weekdays or hours mean any.

    `lead` and `tail` are the minutes without the dentist. A chair is one of a room of `chair_type`, or exactly
    `chair_id`; with neither, the one of the doctor's shift, else any of a treatment room; a clinic without chairs
    books without. `blocked` are times the patient can't (such as the other visits of a series). No start lies before
    `earliest` or after `latest`, both instants.
    """

    minutes: int
    earliest: datetime
    latest: datetime
    lead: int = 0
    tail: int = 0
    doctor_ids: tuple[int, ...] = ()
    patient_id: int | None = None
    assistant_id: int | None = None
    chair_type: RoomType | None = None
    chair_id: int | None = None
    weekdays: Set[int] = frozenset()
    time_from: time | None = None
    time_until: time | None = None  # by which the visit is over
    blocked: Sequence[Span] = ()


@dataclass(frozen=True, slots=True, order=True)
class Free:
    """A time that can really be booked: with this doctor, in this chair."""

    start: datetime
    end: datetime
    doctor_id: int
    chair_id: int | None = None


def check_wish(wish: Wish) -> None:
    """Refuse what nothing can be found for. Raises RuleError (minutes, time_until, latest)."""
    if not 0 < wish.minutes <= LONGEST or wish.minutes % SLOT_MINUTES:
        text = T("From %(least)s to %(most)s minutes, in steps of five.", least=SLOT_MINUTES, most=LONGEST)
        raise RuleError(text, field="minutes")
    if wish.time_from and wish.time_until:
        start, end = _minutes(wish.time_from), _minutes(wish.time_until)
        if end - start < wish.minutes:
            raise RuleError(T("The visit doesn't fit between these hours."), field="time_until")
    if wish.latest < wish.earliest:
        raise RuleError(T("This is before the first day."), field="latest")


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


@dataclass(frozen=True, slots=True)
class Stretch:
    """The five minutes of [start, start + length slots) as bits of a whole number; bit 0 is the first."""

    start: datetime
    length: int

    @property
    def all(self) -> int:
        """Every bit."""
        return (1 << self.length) - 1

    def mask(self, spans: Iterable[Span], *, touched: bool = True) -> int:
        """The bits of these spans: every five minutes that they touch, or only those that they hold wholly."""
        bits = 0
        for span in spans:
            first, last = span.start - self.start, span.end - self.start
            low, high = (first // SLOT, -(-last // SLOT)) if touched else (-(-first // SLOT), last // SLOT)
            low, high = max(low, 0), min(high, self.length)
            if low < high:
                bits |= ((1 << (high - low)) - 1) << low
        return bits

    def moment(self, bit: int) -> datetime:
        """When a bit's five minutes begin."""
        return self.start + bit * SLOT


def runs(mask: int, length: int) -> int:
    """The bits at which `length` set bits begin.

    >>> bin(runs(0b0111011, 3))
    '0b10000'
    """
    done = 1
    while mask and done < length:
        step = min(done, length - done)
        mask &= mask >> step
        done += step
    return mask


def full(masks: Iterable[int], capacity: int) -> int:
    """The bits that are set in at least `capacity` of the masks.

    >>> bin(full([0b0110, 0b0011, 0b0010], 2))
    '0b10'
    """
    levels = [0] * (capacity + 1)  # levels[k]: set in at least k of those seen so far
    for mask in masks:
        for level in range(capacity, 1, -1):
            levels[level] |= levels[level - 1] & mask
        levels[1] |= mask
    return levels[capacity]


def bits_of(mask: int) -> Iterator[int]:
    """The places of the set bits, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(slots=True)
class Seen:
    """What was read of a stretch of days."""

    shifts: Mapping[int, Sequence[tuple[Span, int | None]]]  # doctor → spans of work, each with its chair
    away: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    closed: Set[date] = frozenset()
    taken: Mapping[tuple[SlotKind, int], Sequence[Span]] = field(default_factory=dict)  # (kind, whose) → visit by visit
    capacities: Mapping[int, int] = field(default_factory=dict)
    chairs: Sequence[int] = ()  # those that may be used, the preferred ones first


def sweep(wish: Wish, stretch: Stretch, seen: Seen, terms: Terms, count: int) -> list[Free]:
    """The first `count` free times of a stretch, earliest first; of simultaneous ones the doctor named first."""
    length, days = wish.minutes // SLOT_MINUTES, _days(stretch, terms)
    closed = [Span(*day_bounds(day, terms.zone)) for day in days if day in seen.closed]
    busy = [span for (kind, _), spans in seen.taken.items() if kind in _OTHERS for span in spans]
    possible = stretch.mask(opening_spans(days, terms), touched=False)
    possible &= ~stretch.mask([*closed, *busy, *wish.blocked])
    chairs = {key: runs(stretch.all & ~stretch.mask(seen.taken.get((_CHAIR, key), ())), length) for key in seen.chairs}
    begins = _begins(wish, stretch, days, terms) & (_any(chairs.values()) if chairs else stretch.all)
    found = []
    for place, doctor in enumerate(wish.doctor_ids or sorted(seen.shifts)):
        works = stretch.mask((span for span, _ in seen.shifts.get(doctor, ())), touched=False) & possible
        works &= ~stretch.mask(seen.away.get(doctor, ()))
        starts = begins & runs(works, length) & _dentist_can(wish, stretch, seen, doctor)
        found.append(zip(bits_of(starts), repeat(place), repeat(doctor)))
    first = islice(heapq.merge(*found), count)
    return [_free(wish, stretch, seen, chairs, bit, doctor) for bit, _, doctor in first]


_OTHERS, _CHAIR, _DOCTOR = (SlotKind.PATIENT, SlotKind.ASSISTANT), SlotKind.CHAIR, SlotKind.DOCTOR


def _days(stretch: Stretch, terms: Terms) -> list[date]:
    first = clinic_date(stretch.start, terms.zone)
    last = clinic_date(stretch.moment(stretch.length - 1), terms.zone)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _begins(wish: Wish, stretch: Stretch, days: Iterable[date], terms: Terms) -> int:
    """Where the patient's wishes and the desk's grid let a visit begin."""
    bits, grid = 0, _grid(terms.grid // SLOT)
    length = timedelta(minutes=wish.minutes)
    for day in days:
        if wish.weekdays and day.weekday() not in wish.weekdays:
            continue
        midnight, last = day_bounds(day, terms.zone)
        first = clinic_moment(day, wish.time_from, terms.zone) if wish.time_from else midnight
        if wish.time_until:
            last = clinic_moment(day, wish.time_until, terms.zone) - length + SLOT
        at = (midnight - stretch.start) // SLOT
        on_grid = grid << at if at >= 0 else grid >> -at
        bits |= on_grid & stretch.mask([Span(first, last)], touched=False)
    return bits & stretch.mask([Span(wish.earliest, wish.latest + SLOT)], touched=False)


@lru_cache
def _grid(step: int) -> int:
    """The points of a day at which the desk offers times, as bits from midnight on."""
    return sum(1 << bit for bit in range(0, 25 * 60 // SLOT_MINUTES, step))


def _any(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _dentist_can(wish: Wish, stretch: Stretch, seen: Seen, doctor: int) -> int:
    """Where a visit can begin so that the doctor has a hand free for the minutes that need the dentist."""
    lead, tail = (wish.lead, wish.tail) if wish.lead + wish.tail < wish.minutes else (0, 0)
    spans = seen.taken.get((_DOCTOR, doctor), ())
    busy = full((stretch.mask([span]) for span in spans), seen.capacities.get(doctor, 1))
    needed = (wish.minutes - lead - tail) // SLOT_MINUTES
    return runs(stretch.all & ~busy, needed) >> lead // SLOT_MINUTES


def _free(wish: Wish, stretch: Stretch, seen: Seen, chairs: Mapping[int, int], bit: int, doctor: int) -> Free:
    start = stretch.moment(bit)
    own = next((chair for span, chair in seen.shifts[doctor] if span.start <= start < span.end), None)
    order = [own, *chairs] if own in chairs else list(chairs)
    chair = next((key for key in order if key is not None and chairs[key] >> bit & 1), None)
    return Free(start, start + timedelta(minutes=wish.minutes), doctor, chair)
