"""Booking slots: the rows whose key makes an overlap impossible. Written here and nowhere else."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.unit import TryAgain
from app.kernel.errors import Conflict
from app.kernel.text import T, Text
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.models import Appointment, BookingSlot
from app.scheduling.rules import Holding, SlotKind, lanes_for, slots_of


def take_slots(session: Session, appointment: Appointment, visit: Holding) -> None:
    """Take every slot of a visit. Raises Conflict (start_at) whose data names who is `busy`; TryAgain.

    The read before only finds lanes and names who is busy: what decides is the key. Slots are taken in one order
    everywhere, so that two bookings wait for each other in a line and not in a circle.
    """
    capacity = _capacity(session, visit.doctor_id)
    taken: dict[tuple[SlotKind, int], dict[datetime, set[int]]] = {}
    for slot in queries.slots_taken(session, visit.resources(), visit.span):
        taken.setdefault((slot.kind, slot.resource_id), {}).setdefault(slot.starts_at, set()).add(slot.lane)
    wanted = {
        key: lanes_for(slots, taken.get(key, {}), capacity if key[0] is SlotKind.DOCTOR else 1)
        for key, slots in slots_of(visit).items()
    }
    busy = [kind for (kind, _), lanes in wanted.items() if lanes is None]
    if busy:
        raise time_taken(busy)
    rows = [
        {
            "kind": kind,
            "resource_id": key,
            "starts_at": slot,
            "lane": lane,
            "appointment_id": appointment.appointment_id,
        }
        for (kind, key), lanes in wanted.items()
        for slot, lane in (lanes or {}).items()
    ]
    try:
        session.execute(sa.insert(BookingSlot), rows)
    except IntegrityError as error:
        raise TryAgain from error  # somebody was quicker: the next look tells who is busy, or finds another lane


def _capacity(session: Session, doctor_id: int) -> int:
    """How many chairs the doctor works at; shared lock, so that it can't be lowered in between."""
    doctor = session.get_one(Employee, doctor_id, with_for_update={"read": True})
    return doctor.chair_capacity


def time_taken(busy: Sequence[SlotKind]) -> Conflict:
    """The refusal of a time that somebody holds already."""
    who: Text = busy[0].label
    for kind in busy[1:]:
        who = T("%(first)s, %(second)s", first=who, second=kind.label)
    text = T("This time has just been taken. Busy then: %(who)s.", who=who)
    return Conflict(text, field="start_at", data={"busy": [kind.value for kind in busy]})


def release_slots(session: Session, appointment: Appointment) -> None:
    """Give back every slot of an appointment."""
    session.execute(
        sa.delete(BookingSlot)
        .where(BookingSlot.appointment_id == appointment.appointment_id)
        .execution_options(synchronize_session=False)
    )


def hand_over_slots(session: Session, giver: int, taker: int, appointment_ids: Sequence[int]) -> None:
    """The slots that these visits hold as one patient's become another number's of the same person.

    Raises Conflict where that number is booked at the same time.
    """
    mine = (BookingSlot.kind == SlotKind.PATIENT, BookingSlot.resource_id == giver)
    change = sa.update(BookingSlot).where(*mine, BookingSlot.appointment_id.in_(appointment_ids))
    try:
        session.execute(change.values(resource_id=taker).execution_options(synchronize_session=False))
    except IntegrityError as error:
        raise time_taken([SlotKind.PATIENT]) from error


def purge_slots(session: Session, before: datetime) -> int:
    """Drop the slots that lie before this moment: nothing can be booked there any more. Returns how many."""
    gone = session.execute(
        sa.delete(BookingSlot).where(BookingSlot.starts_at < before).execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a delete has it
