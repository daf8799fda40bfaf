"""Reads about rooms, chairs and who sits where."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.people.models import Employee
from app.people.queries import patient_ids
from app.scheduling.models import Appointment, Chair, Room, RoomAllocation
from app.scheduling.queries.visits import WITH_NAMES
from app.scheduling.rules import AppointmentStatus
from app.scheduling.rules.rooms import EXPECTED, Rooms, rooms_now

MOST_COMING = 60


def rooms(session: Session) -> Sequence[Room]:
    """The rooms, by name."""
    return session.scalars(sa.select(Room).order_by(Room.name)).all()


def chairs(session: Session) -> Sequence[Chair]:
    """The chairs in use with their rooms, by name."""
    statement = sa.select(Chair).where(Chair.is_active.is_(True)).options(joinedload(Chair.room))
    return session.scalars(statement.order_by(Chair.name)).all()


def recent_stays(session: Session, rooms: Iterable[int], since: datetime) -> Sequence[RoomAllocation]:
    """Who is in one of these rooms, or left one since, with patient and visit; one statement."""
    stay, keys = RoomAllocation, list(rooms)
    # said twice, each half begins in the middle of an index
    open_ = sa.and_(stay.room_id.in_(keys), stay.until.is_(None))
    left = sa.and_(stay.room_id.in_(keys), stay.until >= since)
    names = (joinedload(stay.patient), joinedload(stay.appointment).options(*WITH_NAMES))
    return session.scalars(sa.select(stay).where(sa.or_(open_, left)).options(*names).order_by(stay.from_)).all()


def rooms_of(
    session: Session, visits: Iterable[Appointment], now: datetime, cleaning: timedelta
) -> Rooms[Appointment, RoomAllocation]:
    """All rooms now; three statements."""
    known = rooms(session)
    stays = recent_stays(session, [room.room_id for room in known], now - cleaning)
    return rooms_now(known, chairs(session), visits, stays, now=now, cleaning=cleaning)


def chairs_now(
    session: Session, own: Sequence[Chair], visits: Iterable[Appointment], now: datetime, cleaning: timedelta
) -> Rooms[Appointment, RoomAllocation]:
    """The rooms of chairs that are loaded already, as they are now; one statement."""
    known = list({chair.room_id: chair.room for chair in own}.values())
    stays = recent_stays(session, [room.room_id for room in known], now - cleaning)
    return rooms_now(known, own, visits, stays, now=now, cleaning=cleaning)


def coming_into(session: Session, rooms: Iterable[int], now: datetime) -> Sequence[Appointment]:
    """The visits still expected on the chairs of these rooms, the next first."""
    own = sa.select(Chair.chair_id).where(Chair.room_id.in_(list(rooms)))
    where = (Appointment.chair_id.in_(own), Appointment.start_at >= now, Appointment.status.in_(EXPECTED))
    statement = sa.select(Appointment).where(*where).options(*WITH_NAMES)
    return session.scalars(statement.order_by(Appointment.start_at).limit(MOST_COMING)).all()


def last_stay(session: Session, appointment_id: int) -> RoomAllocation | None:
    """Where the patient of an appointment sat last."""
    statement = sa.select(RoomAllocation).where(RoomAllocation.appointment_id == appointment_id)
    return session.scalar(statement.order_by(RoomAllocation.room_allocation_id.desc()).limit(1))


def open_stays(session: Session, patient_id: int) -> Sequence[RoomAllocation]:
    """The rooms in which a person is, which are one or none."""
    own = RoomAllocation.patient_id.in_(patient_ids(session, patient_id))
    return session.scalars(sa.select(RoomAllocation).where(own, RoomAllocation.until.is_(None))).all()


def stays_in(session: Session, room_id: int) -> Sequence[RoomAllocation]:
    """Who is in a room."""
    where = (RoomAllocation.room_id == room_id, RoomAllocation.until.is_(None))
    return session.scalars(sa.select(RoomAllocation).where(*where).options(joinedload(RoomAllocation.patient))).all()


def left_at(session: Session, room_id: int, chair_id: int, since: datetime) -> datetime | None:
    """When somebody got up from a chair last, if it was since then."""
    stay = RoomAllocation
    where = (stay.room_id == room_id, stay.until >= since, stay.chair_id == chair_id)
    return session.scalar(sa.select(sa.func.max(stay.until)).where(*where))


def stay_until(session: Session, patient_id: int, moment: datetime, but: int) -> RoomAllocation | None:
    """Where a patient was before they went somewhere else at this moment."""
    stay = RoomAllocation
    where = (stay.patient_id == patient_id, stay.until == moment, stay.room_allocation_id != but)
    return session.scalar(sa.select(stay).where(*where).order_by(stay.room_allocation_id.desc()).limit(1))


def visit_here(session: Session, patient_id: int) -> Appointment | None:
    """The visit for which a patient is in the clinic now."""
    here = (AppointmentStatus.CAME, AppointmentStatus.IN_TREATMENT)
    where = (Appointment.patient_id == patient_id, Appointment.status.in_(here))
    return session.scalar(sa.select(Appointment).where(*where).order_by(Appointment.start_at.desc()).limit(1))


def places(
    session: Session, doctor_ids: Iterable[int], chair_ids: Iterable[int | None]
) -> tuple[dict[int, Employee], dict[int, Chair]]:
    """These doctors and chairs by their numbers."""
    doctors = session.scalars(sa.select(Employee).where(Employee.employee_id.in_(set(doctor_ids))))
    wanted = {key for key in chair_ids if key is not None}
    found = session.scalars(sa.select(Chair).where(Chair.chair_id.in_(wanted))) if wanted else ()
    return {row.employee_id: row for row in doctors}, {row.chair_id: row for row in found}
