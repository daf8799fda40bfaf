"""The demo clinic: a year of work, and a busy day, the same for the same seed and moment.

Rows are written in bulk, with the same pure rules that the rooms' actions follow; `flask billing verify` and the
tests of the demo prove that every invariant holds.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app.db.unit import unit
from app.files.depot import Depot
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.security.models import Clinic
from app.security.queries import changed_settings
from app.security.settings import SETTINGS
from app.workflows.demo import calendar, files, patients, spending, staff, supplies
from app.workflows.demo.board import Board
from app.workflows.demo.books import Books
from app.workflows.demo.chair import Treating
from app.workflows.demo.consents import add_consents
from app.workflows.demo.contacts import Contacts
from app.workflows.demo.measures import keep_measures
from app.workflows.demo.numbers import Numbers
from app.workflows.demo.series import book_plans
from app.workflows.demo.staff import PASSWORD
from app.workflows.demo.store import Store
from app.workflows.demo.waiting import Waiting
from app.workflows.demo.world import World, look_up

__all__ = ["PASSWORD", "load_demo"]
PATIENTS, VISITS_EACH, LEAST = 300, 8, 20
VISITS_A_DAY = 5  # more doctors are hired where each would have more
WORKING_DAYS, DOCTORS = 320, 6
TOLD_EVERY = 20_000
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a clinic is."""

    patients: int
    appointments: int

    @property
    def doctors(self) -> int:
        """So many that nobody works around the clock."""
        return max(DOCTORS, math.ceil(self.appointments / (WORKING_DAYS * VISITS_A_DAY)))


def load_demo(
    patients: int = PATIENTS,
    appointments: int | None = None,
    seed: int = 1,
    now: datetime | None = None,
    tell: Tell = lambda _done, _of: None,
) -> dict[str, int]:
    """Fill an empty clinic, all or nothing. Returns how many patients and appointments there are.

    `tell(done, of)` hears now and then how many appointments there are already.

    Raises RuleError where the database holds patients already: nobody's data is mixed with this.
    """
    size = Size(max(LEAST, patients), max(LEAST, appointments if appointments is not None else patients * VISITS_EACH))
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    return unit(lambda session: _fill(session, size, seed, moment, tell))


def _fill(session: Session, size: Size, seed: int, now: datetime, tell: Tell) -> dict[str, int]:
    clinic = session.get_one(Clinic, 1, with_for_update=True)
    if session.scalar(sa.select(Patient.patient_id).limit(1)) is not None:
        raise RuleError(T("This clinic has patients. The demo is loaded into an empty one only."))
    _name(clinic)
    world = World(session, Store(session), random.Random(seed), now, now.date(), clinic)
    world.today = clinic_date(now, world.zone)
    look_up(world)
    staff.furnish(world, size.doctors)
    look_up(world)
    staff.hire(world, size.doctors)
    staff.plan_shifts(world)
    people = patients.add_patients(world, size.patients)
    patients.store_patients(world, people)
    add_consents(world, people)
    count = _work(world, people, size.appointments, tell)
    keep_measures(world)
    return {"patients": len(people), "appointments": count}


def _name(clinic: Clinic) -> None:
    clinic.name_mn, clinic.name_en, clinic.is_demo = "Соёо шүдний эмнэлэг", "Soyoo Dental Clinic", True
    clinic.address = "Улаанбаатар, Сүхбаатар дүүрэг, 1-р хороо, Бага тойруу 14"
    clinic.phones, clinic.registration_number, clinic.tax_number = "7711 2233, 9911 2233", "6123456", "6123456"


def _work(world: World, people: list[patients.Person], count: int, tell: Tell) -> int:
    due_days = changed_settings(world.session).get("billing.due_days", SETTINGS["billing.due_days"].default)
    numbers = Numbers(world)
    treating, books = Treating(world, numbers), Books(world, numbers, due_days)
    board, contacts, made = Board(world, treating, books), Contacts(world, count), 0
    for visit in calendar.visits(world, people, count):
        books.work_until(visit.start)
        board.put(visit)
        contacts.of_visit(visit)
        world.store.write_if_full()
        made += 1
        if made % TOLD_EVERY == 0:
            tell(made, count)
    books.work_until(datetime.max.replace(tzinfo=UTC))
    books.keep()
    patients.note_visits(world, people)
    contacts.finish(people)
    board.followed.sterile.finish()
    world.store.write()
    made += book_plans(world)
    Waiting(world, len(people)).add()
    files.add_files(world, Depot(current_app.config["INSTANCE"]))
    numbers.keep()
    spending.spend(world, supplies.stock_up(world))
    return made
