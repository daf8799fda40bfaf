"""Who is where in the clinic: a patient sits down as the visit goes into treatment, or is told where else to."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.kernel.dates import clinic_date, day_bounds
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import actions, queries
from app.scheduling.models import Appointment, Chair
from app.scheduling.rules import AppointmentStatus
from app.security.queries import changed_settings, the_clinic
from app.security.settings import SETTINGS

S = AppointmentStatus
KEY = "scheduling.cleaning_minutes"


def follow(
    session: Session, appointment: Appointment, before: AppointmentStatus, now: datetime, chair_id: int | None = None
) -> None:
    """After a move: who goes into treatment sits down, who is neither waiting nor treated any more has left.

    Raises RuleError (chair_id) whose data holds the free `chairs`, and whether they `may_stay` with this one.
    """
    if appointment.status is S.IN_TREATMENT:
        _sit_down(session, appointment, now, chair_id)
    elif before in (S.CAME, S.IN_TREATMENT):
        actions.leave_room(session, appointment, now=now)


def follow_back(session: Session, appointment: Appointment, before: AppointmentStatus, now: datetime) -> None:
    """After a move was taken back. Where the chair is taken meanwhile, they are in treatment but in no chair."""
    if appointment.status is not S.IN_TREATMENT:
        follow(session, appointment, before, now)
        return
    try:
        actions.enter_room(session, appointment, now=now, cleaning=timedelta())
    except RuleError:
        session.flush()


def _sit_down(session: Session, appointment: Appointment, now: datetime, chair_id: int | None) -> None:
    try:
        actions.enter_room(session, appointment, now=now, cleaning=_cleaning(session), chair_id=chair_id)
    except RuleError as error:
        chairs, text = free_chairs(session, now), error.text
        if chairs:
            text = T("%(sentence)s Free now: %(chairs)s.", sentence=text, chairs=_names(chairs))
        planned = chair_id or appointment.chair_id
        data = {"chairs": chairs, "may_stay": error.data.get("may_stay", False), "planned": planned}
        raise type(error)(text, field="chair_id", data=data) from error


def _names(chairs: list[Chair]) -> str:
    return ", ".join(chair.name for chair in chairs)


def free_chairs(session: Session, now: datetime) -> list[Chair]:
    """The chairs in which somebody could sit down at this minute."""
    start, end = day_bounds(clinic_date(now, _zone(session)), _zone(session))
    visits = queries.appointments_between(session, start, end)
    rooms = queries.rooms_of(session, visits, now, _cleaning(session))
    return [seat.chair for seat in rooms.free]  # type: ignore[misc]  # the rule knows chairs by what it asks of them


def _cleaning(session: Session) -> timedelta:
    return timedelta(minutes=changed_settings(session).get(KEY, SETTINGS[KEY].default))


def _zone(session: Session) -> tzinfo:
    clinic = the_clinic(session)
    return ZoneInfo(clinic.time_zone if clinic else "Asia/Ulaanbaatar")
