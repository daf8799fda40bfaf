"""What the makers of the demo clinic share: chance, the day it is loaded, its people and its catalogue."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ToothDefinition
from app.catalogue.rules import ToothSystem
from app.kernel.dates import clinic_moment
from app.people.models import Employee
from app.scheduling import queries as scheduling
from app.scheduling.models import Chair
from app.scheduling.rules import Terms
from app.security.models import Clinic
from app.workflows.demo.store import Store

DAYS_BEHIND, DAYS_AHEAD = 365, 31
Key = TypeVar("Key")


@dataclass(slots=True)
class Staff:
    """Who works here, and their users."""

    doctors: list[Employee] = field(default_factory=list)
    helpers: list[Employee] = field(default_factory=list)  # nurses and assistants
    others: list[Employee] = field(default_factory=list)
    users: dict[str, int] = field(default_factory=dict)  # phone → user


@dataclass(slots=True)
class World:
    """Everything the makers look things up in."""

    session: Session
    store: Store
    chance: random.Random
    now: datetime
    today: date
    clinic: Clinic
    staff: Staff = field(default_factory=Staff)
    chairs: Sequence[Chair] = ()
    services: Mapping[str, ServiceCatalog] = field(default_factory=dict)
    teeth: Mapping[str, int] = field(default_factory=dict)
    diagnoses: Mapping[str, int] = field(default_factory=dict)
    medicines: Mapping[str, Medicine] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()
    chair_places: Mapping[int, int] = field(default_factory=dict)  # chair → its place among them
    cards: Iterator[int] = field(default_factory=lambda: iter(()))
    zone: ZoneInfo = field(init=False)
    known_hours: dict[date, tuple[int, int] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.clinic.time_zone)

    @property
    def terms(self) -> Terms:
        """The clinic's terms of booking, with the settings as they come."""
        return Terms(self.zone, self.clinic.opening_hours)

    def at(self, day: date, minutes: int) -> datetime:
        """The moment at which the clinic's clock shows `minutes` after midnight."""
        return clinic_moment(day, time(minutes // 60, minutes % 60), self.zone)

    def hours(self, day: date) -> tuple[int, int] | None:
        """Opening hours of a day in minutes after midnight; None where the clinic is closed."""
        if day not in self.known_hours:
            opens = self.clinic.opening_hours.get(str(day.weekday()))
            is_open = opens is not None and day not in self.closed
            self.known_hours[day] = (_minutes(opens[0]), _minutes(opens[1])) if opens and is_open else None
        return self.known_hours[day]

    def open_days(self, first: date, last: date) -> list[date]:
        """The days from `first` to `last` on which the clinic is open."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [day for day in days if self.hours(day)]

    @property
    def clerk(self) -> int:
        """The user of the receptionist."""
        return self.staff.users["99000006"]


def look_up(world: World) -> None:
    """Load what every maker needs: catalogue, chairs, closed days."""
    session = world.session
    world.chairs = scheduling.chairs(session)
    world.chair_places = {row.chair_id: place for place, row in enumerate(world.chairs)}
    world.services = {row.code: row for row in session.scalars(sa.select(ServiceCatalog))}
    fdi = sa.select(ToothDefinition.code, ToothDefinition.tooth_id).where(ToothDefinition.system == ToothSystem.FDI)
    world.teeth = {row.code: row.tooth_id for row in session.execute(fdi)}
    codes = sa.select(DiagnosisCode.code, DiagnosisCode.diagnosis_code_id)
    world.diagnoses = {row.code: row.diagnosis_code_id for row in session.execute(codes)}
    medicines = session.scalars(sa.select(Medicine).order_by(Medicine.medicine_id))
    world.medicines = {f"{row.generic_name} {row.strength}": row for row in medicines}
    first, last = world.today - timedelta(days=DAYS_BEHIND + 5), world.today + timedelta(days=100)
    found = scheduling.holidays_between(session, first, last)
    world.closed = frozenset(row.date for row in found if row.is_closed)
    world.known_hours.clear()


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def chosen(chance: random.Random, weights: Mapping[Key, float]) -> Key:
    """One of the keys, by its weight."""
    rest = chance.random() * sum(weights.values())
    for key, weight in weights.items():
        rest -= weight
        if rest < 0:
            return key
    return key
