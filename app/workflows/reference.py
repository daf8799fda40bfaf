"""What comes with a new clinic, room by room in the ladder's order. Run by each deploy: adds what is missing."""

from datetime import date

from sqlalchemy.orm import Session

from app.catalogue import reference as catalogue
from app.communication import reference as communication
from app.people import reference as people
from app.scheduling import reference as scheduling
from app.security import reference as security
from app.stock import reference as stock


def load_all(session: Session, today: date, time_zone: str) -> None:
    """Load every room's reference data; a new clinic starts in `time_zone`."""
    security.load(session, time_zone)
    for room in (people, stock, catalogue, scheduling, communication):
        room.load(session, today)
