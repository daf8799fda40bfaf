"""What comes with a new clinic: its own row, to be filled in on /settings."""

from sqlalchemy.orm import Session

from app.security import queries
from app.security.models import Clinic

HOURS = {**{str(day): ["09:00", "19:00"] for day in range(5)}, "5": ["10:00", "16:00"], "6": None}


def load(session: Session, time_zone: str) -> None:
    """Add the clinic's row where there is none."""
    if queries.the_clinic(session) is None:
        names = {"name_mn": "Шүдний эмнэлэг", "name_en": "Dental clinic"}
        session.add(Clinic(clinic_id=1, **names, time_zone=time_zone, opening_hours=HOURS))
        session.flush()
