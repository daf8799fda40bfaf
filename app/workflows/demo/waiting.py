"""Who is due again in the demo clinic and what calling them came to, and who waits for a time."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from app.catalogue.models import ServiceCatalog
from app.clinical.models import Recall, RecallContact, Treatment, TreatmentItem
from app.clinical.rules import ContactOutcome, ContactWay, RecallStatus, TreatmentStatus
from app.clinical.rules.recalls import Due, Work, dues_of
from app.kernel.dates import clinic_date
from app.people.models import Patient
from app.scheduling.models import Appointment, WaitlistEntry
from app.scheduling.rules import AppointmentSource, AppointmentStatus, WaitPriority, WaitStatus
from app.workflows.demo.world import World, chosen

LEAST_WAITING, WAITING_SHARE, MOST_WAITING = 8, 25, 60  # one of so many patients waits for a time
TRIED = {ContactOutcome.NOT_REACHED: 45, ContactOutcome.CALL_BACK: 35, ContactOutcome.WRONG_NUMBER: 8}
NOTES = ("Ажлын цагаар утсаа авдаггүй", "Дараа сард өөрөө залгана гэсэн", "Хүүхдээ хамт үзүүлнэ гэсэн", None, None)
WISHES = (
    "Аль болох эрт орох хүсэлтэй",
    "Мессежээр мэдэгдэж болно",
    "Хоёр цагийн өмнө хэлэхэд амжина",
    None,
    None,
    None,
)
WANTED = ("HYG-01", "THE-02", "END-01", "PRO-02", "DIA-02", None, None)
OLD = 45  # days after which most of those who are due were called
HOURS = ((None, None), (None, None), (time(9), time(13)), (time(16), None), (None, time(12)))
PRIORITIES = {WaitPriority.HIGH: 20, WaitPriority.MEDIUM: 60, WaitPriority.LOW: 20}
COMING = (AppointmentStatus.RESERVED, AppointmentStatus.CONFIRMED)


class Waiting:
    """Makes recalls and the waitlist, by a chance of its own: the rest of the clinic stays as it was."""

    def __init__(self, world: World, patients: int) -> None:
        self.world, self.chance = world, random.Random(patients)
        self.alive = set(world.session.scalars(sa.select(Patient.patient_id).where(Patient.is_deceased.is_(False))))

    def add(self) -> None:
        """All of it, from the visits that are stored."""
        coming = self._coming()
        for patient_id, dues in self._dues().items():
            for due in dues:
                self._recall(patient_id, due, coming.get((patient_id, due.service_id)))
        self._waitlist()
        self.world.store.write()

    def _dues(self) -> dict[int, list[Due]]:
        columns = (Treatment.patient_id, TreatmentItem.service_id, Treatment.treatment_id, Treatment.treatment_date)
        statement = (
            sa.select(*columns, ServiceCatalog.recall_months)
            .join(Treatment, Treatment.treatment_id == TreatmentItem.treatment_id)
            .join(ServiceCatalog, ServiceCatalog.service_id == TreatmentItem.service_id)
            .where(ServiceCatalog.recall_months > 0, Treatment.status == TreatmentStatus.COMPLETED)
            .order_by(Treatment.patient_id)
        )
        work: dict[int, list[Work]] = {}
        for patient, service, treatment, at, months in self.world.session.execute(statement):
            made = Work(service, treatment, clinic_date(at, self.world.zone), months or 0)
            work.setdefault(patient, []).append(made)
        return {patient: dues_of(found) for patient, found in work.items() if patient in self.alive}

    def _coming(self) -> dict[tuple[int, int], int]:
        """(patient, service) → the next visit booked for it."""
        statement = sa.select(Appointment.patient_id, Appointment.planned_service, Appointment.appointment_id).where(
            Appointment.status.in_(COMING), Appointment.start_at > self.world.now
        )
        rows = self.world.session.execute(statement.order_by(Appointment.start_at.desc()))
        return {(patient, service): key for patient, service, key in rows if service is not None}

    def _recall(self, patient_id: int, due: Due, appointment: int | None) -> None:
        world, chance = self.world, self.chance
        late, status, tries = (world.today - due.due_on).days, RecallStatus.DUE, 0
        if appointment is not None:
            status = RecallStatus.BOOKED
        elif late > -14 and chance.random() < (0.85 if late > OLD else 0.4):
            tries = chance.choice((1, 1, 2, 3))
            refused = 0.45 if late > OLD else 0.1
            status = RecallStatus.DECLINED if chance.random() < refused else RecallStatus.CONTACTED
        made = min(world.now, world.at(due.due_on - timedelta(days=90), 18 * 60))
        rest = world.today + timedelta(days=chance.randint(5, 40)) if late > 0 and chance.random() < 0.06 else None
        key = world.store.add(
            Recall, patient_id=patient_id, service_id=due.service_id, reason=None, due_on=due.due_on,
            is_due_by_hand=False, treatment_id=due.treatment_id, do_not_contact_until=rest, status=status,
            appointment_id=appointment, created_at=made, updated_at=world.now,
        )  # fmt: skip
        for number in range(tries):
            outcome = chosen(chance, TRIED)
            if number == tries - 1 and status is RecallStatus.DECLINED:
                outcome = ContactOutcome.DECLINED
            self._contact(
                key, outcome, world.now - timedelta(days=3 * (tries - number), minutes=chance.randint(5, 400))
            )

    def _contact(self, recall: int, outcome: ContactOutcome, at: datetime) -> None:
        self.world.store.add(
            RecallContact, recall_id=recall, contacted_at=at, how=ContactWay.PHONE, by=self.world.clerk,
            outcome=outcome, note=self.chance.choice(NOTES), created_at=at, updated_at=at,
        )  # fmt: skip

    # --- the waitlist

    def _waitlist(self) -> None:
        keys = sorted(self.alive)
        count = min(MOST_WAITING, max(LEAST_WAITING, len(keys) // WAITING_SHARE))
        freed, came = self._freed(), self._booked()
        for place, patient in enumerate(self.chance.sample(keys, min(count, len(keys)))):
            if place % 8 == 3 and came:
                self._booked_entry(*came.pop())
            elif place % 10 == 5:
                self._entry(patient, WaitStatus.DROPPED)
            elif place % 9 == 2 and freed:
                start, doctor, chair = freed.pop()
                offer = {"offered_at": self.world.now - timedelta(minutes=35), "offered_by": self.world.clerk}
                place_of = {"offered_start_at": start, "offered_doctor_id": doctor, "offered_chair_id": chair}
                self._entry(patient, WaitStatus.OFFERED, **offer, **place_of)
            else:
                self._entry(patient, WaitStatus.WAITING)

    def _freed(self) -> list[Any]:
        """Times that were cancelled and are still to come."""
        statement = sa.select(Appointment.start_at, Appointment.doctor_id, Appointment.chair_id).where(
            Appointment.status == AppointmentStatus.CANCELLED, Appointment.start_at > self.world.now
        )
        return [tuple(row) for row in self.world.session.execute(statement.order_by(Appointment.appointment_id))][:6]

    def _booked(self) -> list[Any]:
        """Visits that came of the waitlist."""
        statement = sa.select(Appointment.patient_id, Appointment.appointment_id).where(
            Appointment.status.in_(COMING), Appointment.start_at > self.world.now
        )
        rows: Sequence[Any] = self.world.session.execute(statement.order_by(Appointment.appointment_id).limit(8)).all()
        return [tuple(row) for row in rows]

    def _booked_entry(self, patient: int, appointment: int) -> None:
        self._entry(patient, WaitStatus.BOOKED, appointment_id=appointment)
        change = {"appointment_id": appointment, "source": AppointmentSource.WAITLIST}
        self.world.store.change(Appointment, change)

    def _entry(self, patient: int, status: WaitStatus, **values: Any) -> None:
        world, chance = self.world, self.chance
        waited = timedelta(days=chance.randint(0, 26), minutes=chance.randint(20, 500))
        code = chance.choice(WANTED)
        earliest: date = world.today - timedelta(days=chance.choice((0, 0, 0, 5)))
        # what is offered is what was wished
        wishes = {"weekdays": ""} if status is WaitStatus.OFFERED else self._wishes(earliest)
        world.store.add(
            WaitlistEntry, patient_id=patient, service_id=world.services[code].service_id if code else None,
            earliest=earliest, priority=chosen(chance, PRIORITIES), status=status, note=chance.choice(WISHES),
            declined=[], created_at=world.now - waited, updated_at=world.now, **wishes, **values,
        )  # fmt: skip

    def _wishes(self, earliest: date) -> dict[str, Any]:
        chance = self.chance
        hours: tuple[time | None, time | None] = chance.choice(HOURS)
        doctor = chance.choice(self.world.staff.doctors).employee_id
        return {
            "doctor_id": doctor if chance.random() < 0.3 else None,
            "latest": earliest + timedelta(days=30) if chance.random() < 0.4 else None,
            "weekdays": chance.choice(("", "", "", "024", "13", "5")),
            "time_from": hours[0],
            "time_until": hours[1],
        }
