"""What the tests of booking share: many hands at once, and the promises that must hold whatever happened."""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import unit
from app.kernel.dates import day_bounds
from app.scheduling.actions.placing import holding
from app.scheduling.models import Appointment, AppointmentStatusChange, BookingSlot
from app.scheduling.rules import LIVE, Span, slots_of
from tests.factories import scheduling

ROUNDS = int(os.environ.get("SOYOO_RACES", "5"))  # `make fuzz` has fifty


def at_once(clinic: Any, jobs: Sequence[Callable[[Session], Any]]) -> list[Any]:
    """Run every job in a unit of its own, all starting together. Returns what each returned or raised."""
    gate, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def work(number: int) -> None:
        with clinic.app.app_context():
            gate.wait()
            try:
                results[number] = unit(jobs[number])
            except Exception as error:  # what went wrong is the result
                results[number] = error

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def state(session: Session, day: date | None = None) -> tuple[Any, ...]:
    """Everything a booking may have changed."""
    where = []
    if day is not None:
        start, end = day_bounds(day, scheduling.ZONE)
        where = [Appointment.start_at >= start, Appointment.start_at < end]
    columns = [c for key, c in sa.inspect(Appointment).columns.items() if key not in ("updated_at", "created_at")]
    visits = session.execute(sa.select(*columns).where(*where).order_by(Appointment.appointment_id)).all()
    slots = session.execute(sa.select(BookingSlot.__table__).order_by(*BookingSlot.__table__.primary_key)).all()
    moves = session.scalar(sa.select(sa.func.count()).select_from(AppointmentStatusChange))
    return [tuple(row) for row in visits], [tuple(row) for row in slots], moves


def broken_promises(session: Session) -> list[str]:
    """What must never be: two live visits on a resource beyond its capacity, a slot without its visit, or the other
    way round. The overlap is told from the visits themselves, not from their slots.
    """
    live = session.scalars(sa.select(Appointment).where(Appointment.status.in_(LIVE))).all()
    wrong = [*_slots_that_differ(session, live)]
    for one, other in combinations([(visit, holding(session, visit)) for visit in live], 2):
        wrong += _shared(one, other)
    return wrong


def _slots_that_differ(session: Session, live: Iterable[Appointment]) -> Iterable[str]:
    wanted = {
        (visit.appointment_id, kind, key, start)
        for visit in live
        for (kind, key), starts in slots_of(holding(session, visit)).items()
        for start in starts
    }
    have = {(s.appointment_id, s.kind, s.resource_id, s.starts_at) for s in session.scalars(sa.select(BookingSlot))}
    if wanted != have:
        yield f"missing {sorted(map(str, wanted - have))[:3]}, left over {sorted(map(str, have - wanted))[:3]}"


def _shared(one: Any, other: Any) -> list[str]:
    (first, holds), (second, also) = one, other
    found = []
    if holds.span.overlaps(also.span):
        for name in ("chair_id", "assistant_id", "patient_id"):
            if getattr(holds, name) is not None and getattr(holds, name) == getattr(also, name):
                found.append(f"{name}: {first.appointment_id} and {second.appointment_id}")
    return found


def dentist_spans(session: Session) -> list[tuple[int, Span]]:
    """(doctor, minutes in which they are needed) of every live visit."""
    live = session.scalars(sa.select(Appointment).where(Appointment.status.in_(LIVE)))
    return [(visit.doctor_id, holding(session, visit).dentist_span) for visit in live]


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)
