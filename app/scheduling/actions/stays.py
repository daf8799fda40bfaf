"""Who is in which room: a row opens with the treatment and closes with it, or is written by hand.

Locks are taken in one order: the patient, the stay, the room. The key on `seat` keeps two out of one chair whoever
writes, also on another server.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.unit import TryAgain
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.scheduling import queries
from app.scheduling.actions.placing import live_patient
from app.scheduling.models import Appointment, Chair, Room, RoomAllocation
from app.scheduling.rules import RoomStatus, check_order
from app.scheduling.rules.rooms import check_times, check_undo_stay, has_place, room_now

AT_ONCE = timedelta(minutes=2)  # who is back so soon never left
Place = tuple[int, int | None]  # a room, and the chair in it where it has chairs


def enter_room(
    session: Session, appointment: Appointment, *, now: datetime, cleaning: timedelta, chair_id: int | None = None
) -> RoomAllocation | None:
    """The patient of a locked appointment sits down in its chair; None where it has none.

    Somebody may have chosen another chair, or this one although it is being cleaned: `chair_id`. Who was let into a
    room before stays there. Raises RuleError (chair_id) where the chair is taken, out of service or being cleaned.
    """
    chair = session.get(Chair, chair_id or appointment.chair_id or 0)
    if chair is None:
        return None
    _lock_patient(session, appointment.patient_id)
    inside = queries.open_stays(session, appointment.patient_id)
    here = next((stay for stay in inside if stay.appointment_id == appointment.appointment_id), None)
    if here is not None and chair_id in (None, here.chair_id):
        return here
    room = _locked_room(session, chair.room_id)
    _check_place(session, room, chair)
    last = queries.last_stay(session, appointment.appointment_id)
    is_back = last is not None and last.until is not None and now - last.until < AT_ONCE
    if chair_id is None and not (is_back and last is not None and last.chair_id == chair.chair_id):
        _check_clean(session, room, chair, now, cleaning)
    for stay in inside:
        stay.until = max(now, stay.from_)
    if last is not None and is_back and not inside and last.chair_id == chair.chair_id:
        last.until = None
        return _written(session, last)
    return _open(session, room, (chair.room_id, chair.chair_id), appointment, now)


def leave_room(session: Session, appointment: Appointment, *, now: datetime) -> None:
    """The patient of a locked appointment gets up."""
    last = queries.last_stay(session, appointment.appointment_id)
    if last is not None and last.until is None:
        last.until = max(now, last.from_)
        session.flush()


def put_into_room(
    session: Session, patient_id: int, place: Place, *, now: datetime, note: str | None = None
) -> RoomAllocation:
    """Let somebody into a room by hand, for the visit they are here for if there is one. Raises RuleError, Conflict."""
    patient = live_patient(session, patient_id)
    _lock_patient(session, patient.patient_id)
    _refuse_twice(session, patient, None)
    here = queries.visit_here(session, patient.patient_id)
    row = _open(session, _checked(session, place), place, here or patient, now)
    row.note = note
    session.flush()
    return row


def move_to_place(session: Session, stay_id: int, place: Place, *, now: datetime) -> RoomAllocation:
    """Somebody who is in a room goes to another, or to another chair. Raises RuleError, Conflict, NotFound."""
    row = _locked_open(session, stay_id)
    if (row.room_id, row.chair_id) == place:
        return row
    room = _checked(session, place)
    row.until = max(now, row.from_)
    session.flush()
    made = _open(session, room, place, row, max(now, row.from_))
    made.note = row.note
    session.flush()
    return made


def take_out(session: Session, stay_id: int, *, now: datetime) -> RoomAllocation:
    """Somebody left the room. Raises Conflict where it is told already, NotFound."""
    row = _locked_open(session, stay_id)
    row.until = max(now, row.from_)
    session.flush()
    return row


def undo_stay(session: Session, stay_id: int, *, now: datetime, seconds: int) -> RoomAllocation | None:
    """Take back the last thing that happened to somebody in a room. Returns where they are again, if anywhere.

    Raises RuleError where it is too late or the place is taken meanwhile, NotFound.
    """
    row = _locked(session, stay_id)
    check_undo_stay(row.from_, row.until, now, seconds)
    if row.until is not None:
        back: RoomAllocation | None = row
    else:
        back = queries.stay_until(session, row.patient_id, row.from_, but=row.room_allocation_id)
        session.delete(row)
        session.flush()
    if back is not None:
        _refuse_twice(session, session.get_one(Patient, back.patient_id), back)
        _checked(session, (back.room_id, back.chair_id))
        back.until = None
        _written(session, back)
    return back


def fill_stay(session: Session, row: RoomAllocation, values: Mapping[str, Any], *, now: datetime) -> RoomAllocation:
    """A stay written by hand. Raises RuleError, Conflict."""
    with session.no_autoflush:
        for name, value in values.items():
            setattr(row, name, value)
        _check_stay(session, row, now)
        if row.until is None:
            _lock_patient(session, row.patient_id)
            _refuse_twice(session, session.get_one(Patient, row.patient_id), row)
            _checked(session, (row.room_id, row.chair_id), but=row.room_allocation_id)
    session.add(row)
    return _written(session, row)


def _check_stay(session: Session, row: RoomAllocation, now: datetime) -> None:
    """It was or is, it ends after it begins, and the chair stands in the room. Raises RuleError."""
    check_times(row.from_, row.until, now)
    if row.until is not None:
        check_order(row.from_, row.until, "until")
    chair = session.get(Chair, row.chair_id) if row.chair_id else None
    if chair is not None and chair.room_id != row.room_id:
        raise RuleError(T("This chair stands in another room."), field="chair_id")


# --- locks and checks


def _lock_patient(session: Session, patient_id: int) -> None:
    session.get_one(Patient, patient_id, with_for_update=True)


def _locked(session: Session, stay_id: int) -> RoomAllocation:
    """The stay, locked after its patient. Raises NotFound."""
    found = session.get(RoomAllocation, stay_id)
    if found is not None:
        _lock_patient(session, found.patient_id)
        found = session.get(RoomAllocation, stay_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(T("This record no longer exists."))
    return found


def _locked_open(session: Session, stay_id: int) -> RoomAllocation:
    row = _locked(session, stay_id)
    if row.until is not None:
        raise Conflict(T("%(name)s is not in this room any more.", name=row.patient.title))
    return row


def _locked_room(session: Session, room_id: int) -> Room:
    room = session.get(Room, room_id, with_for_update=True, populate_existing=True)
    if room is None:
        raise RuleError(T("Choose one of the list."), field="room_id")
    return room


def _checked(session: Session, place: Place, but: int | None = None) -> Room:
    """The room of a place into which one more may come, locked. Raises RuleError, Conflict."""
    room = _locked_room(session, place[0])
    chair = session.get(Chair, place[1]) if place[1] else None
    if place[1] and (chair is None or chair.room_id != room.room_id):
        raise RuleError(T("This chair stands in another room."), field="chair_id")
    _check_place(session, room, chair, but)
    return room


def _check_place(session: Session, room: Room, chair: Chair | None, but: int | None = None) -> None:
    field = "chair_id" if chair is not None else "room_id"
    if room.status is RoomStatus.OUT_OF_SERVICE:
        why = room.status_reason or room.status.label
        raise RuleError(T("%(room)s is out of service: %(reason)s", room=room.name, reason=why), field=field)
    inside = [stay for stay in queries.stays_in(session, room.room_id) if stay.room_allocation_id != but]
    if chair is not None:
        other = next((stay for stay in inside if stay.chair_id == chair.chair_id), None)
        if other is not None:
            text = T("%(chair)s is taken: %(name)s sits in it.", chair=chair.name, name=other.patient.title)
            raise Conflict(text, field=field)
    elif not has_place(room, len([stay for stay in inside if stay.chair_id is None])):
        name = next(stay.patient.title for stay in inside if stay.chair_id is None)
        raise Conflict(T("%(name)s is in %(room)s.", name=name, room=room.name), field=field)


def _check_clean(session: Session, room: Room, chair: Chair, now: datetime, cleaning: timedelta) -> None:
    left_at = queries.left_at(session, room.room_id, chair.chair_id, now - cleaning)
    status = room_now(room.status, kept_at=room.status_at, left_at=left_at, cleaning=cleaning, now=now)
    if status is not RoomStatus.FREE:
        text = T("%(chair)s, %(room)s: %(status)s.", chair=chair.name, room=room.name, status=status.label)
        raise RuleError(text, field="chair_id", data={"may_stay": True})


def _refuse_twice(session: Session, patient: Patient, row: RoomAllocation | None) -> None:
    """Nobody is in two rooms. Raises Conflict."""
    for stay in queries.open_stays(session, patient.patient_id):
        if stay is not row:
            text = T("%(name)s is in %(room)s already.", name=patient.title, room=stay.room.name)
            raise Conflict(text, field="patient_id")


def _open(
    session: Session, room: Room, place: Place, whose: Appointment | RoomAllocation | Patient, now: datetime
) -> RoomAllocation:
    """Let somebody into a locked room; what was set by hand there is over."""
    if room.status is not RoomStatus.FREE:
        room.status, room.status_at = RoomStatus.FREE, None
    row = RoomAllocation(
        room_id=place[0], chair_id=place[1], patient_id=whose.patient_id,
        appointment_id=getattr(whose, "appointment_id", None), from_=now,
    )  # fmt: skip
    session.add(row)
    return _written(session, row)


def _written(session: Session, row: RoomAllocation) -> RoomAllocation:
    try:
        session.flush()
    except IntegrityError as error:
        if "seat" in str(error.orig):
            raise TryAgain from error  # somebody sat down there at this very moment: the next time it is seen
        raise
    return row
