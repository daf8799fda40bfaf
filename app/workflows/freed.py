"""A time that became free is told to the desk, where somebody waits for one like it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.communication.actions import notify
from app.kernel.text import T
from app.people.models import Employee
from app.scheduling.queries.waiting import who_fits
from app.scheduling.rules import Span, Terms
from app.scheduling.rules.waiting import Opening
from app.security import queries as security
from app.security.settings import SETTINGS

DESK = ("Receptionist", "Coordinator")
SETTLED = timedelta(minutes=1)  # a visit that was only just put somewhere may be put back: its place was free before


def tell_freed(session: Session, appointment_id: int, opening: Opening, *, now: datetime, terms: Terms) -> int:
    """Tell the desk once of a time that became free. Returns how many who wait it fits: without any, nobody is told."""
    if opening.span.start <= now:
        return 0
    found = who_fits(session, opening, terms.zone, terms.default_minutes)
    doctor = session.get(Employee, opening.doctor_id)
    if not found or doctor is None:
        return 0
    start = opening.span.start
    text = T(
        "A time became free: %(when)s, %(doctor)s. Waiting patients whom it suits: %(count)s",
        when=start,
        doctor=doctor.title,
        count=len(found),
    )
    key = f"freed:{appointment_id}:{start.astimezone(UTC):%Y%m%dT%H%M}"
    notify(session, text=text, link=freed_url(appointment_id, opening), roles=DESK, dedupe_key=key, now=now)
    return len(found)


def freed_url(appointment_id: int, opening: Opening) -> str:
    """Where the desk sees a freed time and who it suits. It names the time: the visit may stand elsewhere by then."""
    start = opening.span.start.astimezone(UTC)
    at = {"freed": appointment_id, "start": f"{start:%Y%m%dT%H%M}Z", "minutes": _minutes(opening.span)}
    place = {"doctor": opening.doctor_id, "chair": opening.chair_id}
    return "/scheduling/waitlist?" + urlencode({**at, **{k: v for k, v in place.items() if v is not None}})


def _minutes(span: Span) -> int:
    return int((span.end - span.start).total_seconds() // 60)


def usual_minutes(session: Session) -> int:
    """The length of a visit without a service."""
    key = "scheduling.default_minutes"
    return int(security.changed_settings(session).get(key, SETTINGS[key].default))
