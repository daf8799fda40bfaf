"""Minutes, spans and slots: what a visit holds, five minutes at a time.

Source: rules.md, Scheduling; lessons.md, booking (the dentist is needed only in the middle of some services).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from app.kernel.dates import clinic_date
from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.text import T

SLOT_MINUTES = 5
SLOT = timedelta(minutes=SLOT_MINUTES)
LONGEST = 720  # minutes


class SlotKind(Word):
    """What a slot holds."""

    DOCTOR = "doctor", T("Doctor")
    CHAIR = "chair", T("Chair")
    ASSISTANT = "assistant", T("Assistant")
    PATIENT = "patient", T("Patient")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[start, end): two visits that touch don't overlap."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether both hold at some moment."""
        return self.start < other.end and other.start < self.end

    def holds(self, other: "Span") -> bool:
        """Whether all of `other` lies in this."""
        return self.start <= other.start and other.end <= self.end

    def slots(self) -> Iterator[datetime]:
        """The starts of its five-minute slots."""
        at = self.start
        while at < self.end:
            yield at
            at += SLOT


@dataclass(frozen=True, slots=True)
class Holding:
    """What a visit holds, and when. `lead` and `tail` are the minutes that the assistant works without the dentist."""

    span: Span
    doctor_id: int
    patient_id: int
    chair_id: int | None = None
    assistant_id: int | None = None
    lead: int = 0
    tail: int = 0

    @property
    def dentist_span(self) -> Span:
        """The minutes that need the dentist: all of them where lead and tail would leave none."""
        start, end = self.span.start + timedelta(minutes=self.lead), self.span.end - timedelta(minutes=self.tail)
        return Span(start, end) if start < end else self.span

    def resources(self) -> list[tuple[SlotKind, int]]:
        """The doctor, chair, assistant and patient, in the order in which their slots are taken everywhere."""
        found = (
            (SlotKind.DOCTOR, self.doctor_id),
            (SlotKind.CHAIR, self.chair_id),
            (SlotKind.ASSISTANT, self.assistant_id),
            (SlotKind.PATIENT, self.patient_id),
        )
        return [(kind, key) for kind, key in found if key is not None]


def slots_of(visit: Holding) -> dict[tuple[SlotKind, int], list[datetime]]:
    """The slots of a visit: the doctor's for the dentist's minutes, chair, assistant and patient for all of it."""
    return {
        (kind, key): list((visit.dentist_span if kind is SlotKind.DOCTOR else visit.span).slots())
        for kind, key in visit.resources()
    }


def lanes_for(
    slots: Iterable[datetime], taken: Mapping[datetime, Set[int]], capacity: int = 1
) -> dict[datetime, int] | None:
    """The lowest free lane of each slot, or None where a slot is full.

    A slot is full when as many lanes are taken as the capacity, also where a lowered capacity left a higher lane taken.
    """
    lanes: dict[datetime, int] = {}
    for slot in slots:
        here = taken.get(slot, frozenset())
        free = next((lane for lane in range(capacity) if lane not in here), None)
        if free is None or len(here) >= capacity:
            return None
        lanes[slot] = free
    return lanes


def visit_minutes(typed: int | None, service: int | None, default: int) -> int:
    """The length: what was typed, else the service's duration, else the setting. Raises RuleError (minutes)."""
    if typed is None:
        return service or -(-default // SLOT_MINUTES) * SLOT_MINUTES
    if not 0 < typed <= LONGEST or typed % SLOT_MINUTES:
        text = T("From %(least)s to %(most)s minutes, in steps of five.", least=SLOT_MINUTES, most=LONGEST)
        raise RuleError(text, field="minutes")
    return typed


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        elif span.start < span.end:
            merged.append(span)
    return merged


def intersect(first: Sequence[Span], second: Sequence[Span]) -> list[Span]:
    """The time that is in both."""
    both = (Span(max(a.start, b.start), min(a.end, b.end)) for a in first for b in second if a.overlaps(b))
    return merge(both)


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The time of `spans` that is in none of the holes."""
    left = merge(spans)
    for hole in merge(holes):
        left = [
            part
            for span in left
            for part in ((Span(span.start, hole.start), Span(hole.end, span.end)) if span.overlaps(hole) else (span,))
            if part.start < part.end
        ]
    return left


def check_order(start: datetime | None, end: datetime | None, field: str) -> None:
    """Refuse an end that isn't after its start. Raises RuleError on the end's field."""
    if start and end and end <= start:
        raise RuleError(T("This is not after the start."), field=field)


def length_of(start: time, end: time) -> tuple[int, int]:
    """Hours and minutes from one time of a day to another.

    >>> length_of(time(9), time(17, 30))
    (8, 30)
    """
    return divmod((end.hour - start.hour) * 60 + end.minute - start.minute, 60)


def days_away(start: datetime, end: datetime, zone: tzinfo) -> int:
    """How many days of the clinic's calendar [start, end) touches."""
    last = clinic_date(end - timedelta(microseconds=1), zone)
    return (last - clinic_date(start, zone)).days + 1


MOST_WEEKS = 100


def repeated_days(first: date, until: date | None, weekdays: Set[int], closed: Set[date]) -> list[date]:
    """The days of a shift that repeats: the first one, then each of these weekdays (0 Monday) until the last one.

    Without weekdays it is the first day's; closed days are left out, the first never. Raises RuleError (repeat_until).
    """
    if until is None:
        return [first]
    if not 0 < (until - first).days <= 7 * MOST_WEEKS:
        raise RuleError(T("Choose a day after the first one, at most a hundred weeks later."), field="repeat_until")
    chosen = weekdays or {first.weekday()}
    later = (first + timedelta(days=number) for number in range(1, (until - first).days + 1))
    return [first, *(day for day in later if day.weekday() in chosen and day not in closed)]
