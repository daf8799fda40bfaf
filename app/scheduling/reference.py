"""What comes with a new clinic: rooms and chairs where there are none, and the public holidays."""

from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.scheduling import queries
from app.scheduling.models import Chair, Holiday, Room
from app.scheduling.rules import RoomType

TREATMENT_ROOMS = 4
EARLIEST_YEAR, LATEST_YEAR = 2010, 2099
OTHER_ROOMS = (
    ("Рентген кабинет", RoomType.X_RAY),
    ("Ариутгалын өрөө", RoomType.STERILISATION),
    ("Зөвлөгөөний өрөө", RoomType.CONSULTATION),
)


def load(session: Session, today: date) -> None:
    """Add what is missing; nothing that is there is changed."""
    if session.scalar(sa.select(Room.room_id).limit(1)) is None:
        _load_rooms(session)
    load_years(session, [today.year - 1, today.year, today.year + 1])
    session.flush()


def _load_rooms(session: Session) -> None:
    for number in range(1, TREATMENT_ROOMS + 1):
        room = Room(name=f"{number}-р кабинет", room_type=RoomType.SURGERY)
        session.add_all([room, Chair(name=f"{number}-р сандал", room=room)])
    session.add_all([Room(name=name, room_type=kind) for name, kind in OTHER_ROOMS])


def load_years(session: Session, years: Iterable[int]) -> int:
    """The holidays of those years of which there are hardly any yet. Returns how many were added.

    A holiday that somebody has taken away stays away: a year is loaded by itself only once.
    """
    return sum(_add(session, days) for year in years if not _is_loaded(session, days := holidays_of(year)))


def load_holidays(session: Session, years: Iterable[int]) -> int:
    """Every holiday of these years that isn't there. Returns how many were added."""
    return sum(_add(session, holidays_of(year)) for year in years)


def holidays_of(year: int) -> dict[date, tuple[str, str]]:
    """The public holidays of Mongolia in a year, by day: (Mongolian, English) name. Lunar ones are reckoned."""
    import holidays  # slow to import, and needed only here

    mongolian = holidays.country_holidays("MN", years=[year], language="mn")
    english = holidays.country_holidays("MN", years=[year], language="en_US")
    return {day: (mongolian[day][:120], english[day][:120]) for day in sorted(mongolian)}


def _there(session: Session, days: Mapping[date, object]) -> set[date]:
    return {row.date for row in queries.holidays_between(session, min(days), max(days))} if days else set()


def _is_loaded(session: Session, days: Mapping[date, object]) -> bool:
    return 2 * len(_there(session, days) & set(days)) >= len(days)


def _add(session: Session, days: Mapping[date, tuple[str, str]]) -> int:
    there = _there(session, days)
    rows = [Holiday(date=day, name_mn=mn, name_en=en) for day, (mn, en) in days.items() if day not in there]
    session.add_all(rows)
    session.flush()
    return len(rows)
