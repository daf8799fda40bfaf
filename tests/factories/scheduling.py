"""Rooms, shifts and appointments for tests: appointments go through the workflow, so that their slots are there."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog, ServiceType
from app.kernel.dates import clinic_moment
from app.people.models import Employee, Patient
from app.scheduling.actions import fill_stay
from app.scheduling.models import (
    Appointment,
    AppointmentSeries,
    AppointmentStatusChange,
    BookingSlot,
    Chair,
    Holiday,
    Room,
    RoomAllocation,
    Shift,
    ShiftPattern,
    TimeOff,
)
from app.scheduling.rules import AppointmentStatus, RoomType, ShiftKind, Terms
from app.workflows.booking import book_visit
from app.workflows.visit_moves import move_visit
from tests.factories import people

ZONE = ZoneInfo("Asia/Ulaanbaatar")
TERMS = Terms(ZONE, may_override=True)
_numbers = itertools.count(1)
S = AppointmentStatus
# The moves that lead from "reserved" to a state.
WAYS: dict[AppointmentStatus, tuple[AppointmentStatus, ...]] = {
    S.RESERVED: (),
    S.CONFIRMED: (S.CONFIRMED,),
    S.CANCELLED: (S.CANCELLED,),
    S.NO_SHOW: (S.NO_SHOW,),
    S.CAME: (S.CAME,),
    S.IN_TREATMENT: (S.CAME, S.IN_TREATMENT),
    S.TREATED: (S.CAME, S.IN_TREATMENT, S.TREATED),
    S.FINISHED: (S.CAME, S.IN_TREATMENT, S.TREATED, S.FINISHED),
}


def today() -> date:
    """The clinic's date."""
    return datetime.now(ZONE).date()


def open_day(session: Session, ahead: int = 3) -> date:
    """A day at least `ahead` days from now that is no public holiday."""
    closed = set(session.scalars(sa.select(Holiday.date)))
    day = today() + timedelta(days=ahead)
    while day in closed:
        day += timedelta(days=1)
    return day


def open_days(session: Session, count: int, ahead: int = 3) -> list[date]:
    """The next `count` such days."""
    days = [open_day(session, ahead)]
    while len(days) < count:
        days.append(open_day(session, (days[-1] - today()).days + 1))
    return days


def at(day: date, clock: str) -> datetime:
    """The instant of a time on the clinic's clock: `at(day, "14:30")`."""
    return clinic_moment(day, time.fromisoformat(clock), ZONE)


def room(session: Session, **values: Any) -> Room:
    """A treatment room."""
    number = next(_numbers)
    row = Room(**{"name": f"Өрөө {number}", "room_type": RoomType.SURGERY, **values})
    session.add(row)
    session.flush()
    return row


def chair(session: Session, **values: Any) -> Chair:
    """A chair in a room of its own."""
    number = next(_numbers)
    base = {"name": f"Сандал {number}", "room_id": values.pop("room_id", None) or room(session).room_id}
    row = Chair(**{**base, **values})
    session.add(row)
    session.flush()
    return row


def shift(session: Session, employee: Employee | None = None, day: date | None = None, **values: Any) -> Shift:
    """Work from nine to six."""
    who = employee or people.doctor(session)
    base = {"start_time": time(9), "end_time": time(18), "kind": ShiftKind.WORK}
    row = Shift(employee_id=who.employee_id, shift_date=day or open_day(session), **{**base, **values})
    session.add(row)
    session.flush()
    return row


def shift_pattern(session: Session, employee: Employee | None = None, **values: Any) -> ShiftPattern:
    """Every Monday from nine to six, from today on; no shifts are made of it."""
    who = employee or people.doctor(session)
    base = {"weekday": 0, "start_time": time(9), "end_time": time(18), "valid_from": today()}
    row = ShiftPattern(employee_id=who.employee_id, **{**base, **values})
    session.add(row)
    session.flush()
    return row


def time_off(session: Session, employee: Employee | None = None, **values: Any) -> TimeOff:
    """A day off."""
    who, day = employee or people.doctor(session), open_day(session)
    row = TimeOff(employee_id=who.employee_id, **{"from_": at(day, "00:00"), "until": at(day, "23:55"), **values})
    session.add(row)
    session.flush()
    return row


def holiday(session: Session, **values: Any) -> Holiday:
    """A closed day far ahead."""
    base = {"date": date(2090, 1, 1) + timedelta(days=next(_numbers)), "name_mn": "Баяр", "name_en": "Feast"}
    row = Holiday(**{**base, **values})
    session.add(row)
    session.flush()
    return row


def service(session: Session, **values: Any) -> ServiceCatalog:
    """A service of forty minutes, ten of them before and five after the dentist."""
    number = next(_numbers)
    kind = session.scalar(sa.select(ServiceType).where(ServiceType.code == "TEST"))
    if kind is None:
        kind = ServiceType(code="TEST", name_mn="Туршилт", name_en="Test")
        session.add(kind)
        session.flush()
    base = {
        "service_type_id": kind.service_type_id, "code": f"TEST-{number}", "display_number": number, "price": 50_000,
        "doctor_display_name_mn": "Ломбо", "doctor_display_name_en": "Filling", "patient_display_name_mn": "Ломбо",
        "patient_display_name_en": "Filling", "default_duration_time": 40, "assistant_lead_minutes": 10,
        "assistant_tail_minutes": 5,
    }  # fmt: skip
    row = ServiceCatalog(**{**base, **values})
    session.add(row)
    session.flush()
    return row


def appointment(
    session: Session,
    *,
    patient: Patient | None = None,
    doctor: Employee | None = None,
    chair: Chair | None = None,
    start_at: datetime | None = None,
    status: AppointmentStatus = AppointmentStatus.RESERVED,
    now: datetime | None = None,
    **values: Any,
) -> Appointment:
    """A visit of half an hour at ten, moved to `status` step by step; outside every shift, with a reason."""
    wanted = {
        "patient_id": (patient or people.patient(session)).patient_id,
        "doctor_id": (doctor or people.doctor(session)).employee_id,
        "chair_id": chair.chair_id if chair else None,
        "start_at": start_at or at(open_day(session), "10:00"),
        "minutes": 30,
        "override_reason": "test",
        **values,
    }
    moment = now or datetime.now(UTC)
    row = book_visit(session, wanted, by_user=None, now=moment, terms=TERMS)
    for step in WAYS[status]:
        move_visit(session, row.appointment_id, step, now=moment, by=None)
    return row


def status_change(session: Session, **values: Any) -> AppointmentStatusChange:
    """The first row of an appointment's history."""
    row = appointment(session, **values)
    found = session.scalar(
        sa.select(AppointmentStatusChange).where(AppointmentStatusChange.appointment_id == row.appointment_id)
    )
    assert found is not None
    return found


def booking_slot(session: Session, **values: Any) -> BookingSlot:
    """A slot of an appointment."""
    row = appointment(session, **values)
    found = session.scalar(sa.select(BookingSlot).where(BookingSlot.appointment_id == row.appointment_id).limit(1))
    assert found is not None
    return found


def stay(session: Session, **values: Any) -> RoomAllocation:
    """Somebody who is in a room."""
    base = {"patient_id": people.patient(session).patient_id, "from_": datetime.now(UTC) - timedelta(minutes=10)}
    if "room_id" not in values:
        at = chair(session)
        base |= {"room_id": at.room_id, "chair_id": at.chair_id}
    return fill_stay(session, RoomAllocation(), {**base, **values}, now=datetime.now(UTC))


def series(session: Session, count: int = 3, *, patient: Patient | None = None, **values: Any) -> AppointmentSeries:
    """Visits of one patient on days in a row, at ten."""
    who = patient or people.patient(session)
    row = AppointmentSeries(patient_id=who.patient_id, note="Цуврал")
    session.add(row)
    session.flush()
    for day in open_days(session, count):
        visit = appointment(session, patient=who, **{"start_at": at(day, "10:00"), **values})
        visit.series_id = row.appointment_series_id
    session.flush()
    return row
