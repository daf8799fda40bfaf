"""What comes with a new clinic: rooms and chairs where there are none, and the public holidays."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.scheduling import queries
from app.scheduling.models import Chair, Holiday, Room
from app.scheduling.rules import RoomType

TREATMENT_ROOMS = 4
OTHER_ROOMS = (
    ("Рентген кабинет", RoomType.X_RAY),
    ("Ариутгалын өрөө", RoomType.STERILISATION),
    ("Зөвлөгөөний өрөө", RoomType.CONSULTATION),
)


def load(session: Session, today: date) -> None:
    """Add what is missing; nothing that is there is changed."""
    if session.scalar(sa.select(Room.room_id).limit(1)) is None:
        _load_rooms(session)
    _load_holidays(session, [today.year - 1, today.year, today.year + 1])
    session.flush()


def _load_rooms(session: Session) -> None:
    for number in range(1, TREATMENT_ROOMS + 1):
        room = Room(name=f"{number}-р кабинет", room_type=RoomType.SURGERY)
        session.add_all([room, Chair(name=f"{number}-р сандал", room=room)])
    session.add_all([Room(name=name, room_type=kind) for name, kind in OTHER_ROOMS])


def _load_holidays(session: Session, years: list[int]) -> None:
    import holidays  # slow to import, and needed only here

    there = {row.date for row in queries.holidays_between(session, date(years[0], 1, 1), date(years[-1], 12, 31))}
    mongolian = holidays.country_holidays("MN", years=years, language="mn")
    english = holidays.country_holidays("MN", years=years, language="en_US")
    for day in sorted(mongolian):
        if day not in there:
            session.add(Holiday(date=day, name_mn=mongolian[day][:120], name_en=english[day][:120], is_closed=True))
