"""Who called whom in the demo clinic: calls, texts, the outbox in every state, and what waits in the cast's bells."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.communication.models import Call, Message, MessageTemplate, Notification, Sms
from app.communication.rules import Channel, ContactType, Direction, MessageStatus, as_json, by_day, fill_in, in_latin
from app.communication.rules.sending import QUIET
from app.kernel.text import T, Text
from app.security.rules import Locale
from app.workflows.demo.calendar import Visit
from app.workflows.demo.patients import Person
from app.workflows.demo.world import World

MOST, SHARE = 60_000, 0.3  # of a large clinic, no more than so many calls and reminders
INCOMING = (
    "Цаг авах хүсэлтэй", "Цагаа өөрчлөх хүсэлт гаргасан", "Үзлэгийн үнэ асуусан", "Хаяг, цагийн хуваарь асуусан",
    "Шүд өвдсөн, яаралтай цаг авсан", "Ломбо унасан", "Гажиг заслын үнэ асуусан", None,
)  # fmt: skip
OUTGOING = (
    "Маргаашийн цагийг баталгаажуулсан", "Утсаа аваагүй", "Эмчилгээний дараах байдлыг асуусан",
    "Төлбөрийн үлдэгдлийг сануулсан", None,
)  # fmt: skip
ANSWERS = ("За, очно оо", "Баярлалаа", "Цагаа өөрчилж болох уу?", "Ok", "Uuchlaarai, margaash ochij chadahgui bolloo")
QUESTIONS = ("Имплант хэд вэ?", "Бямба гарагт ажиллах уу?", "Hayag haana ve?", "Шүд цайруулах үнэ хэд вэ?")
FAILURES = ("No answer from the gateway", "The number is not in use")


@dataclass(slots=True)
class Contacts:
    """Writes what was said, visit by visit."""

    world: World
    visits: int
    chance: random.Random = field(default_factory=lambda: random.Random("contacts"))
    templates: dict[str, MessageTemplate] = field(default_factory=dict)
    upcoming: list[Visit] = field(default_factory=list)
    used: set[tuple[str, datetime]] = field(default_factory=set)

    def __post_init__(self) -> None:
        found = self.world.session.scalars(sa.select(MessageTemplate))
        self.templates = {row.code: row for row in found}

    def of_visit(self, visit: Visit) -> None:
        """The call before a visit, its reminder, and what the patient answered."""
        share = min(SHARE, MOST / max(1, self.visits))
        person, now = visit.person, self.world.now
        if visit.start > now:
            self.upcoming.append(visit)
        elif self.chance.random() < share:
            self._remind(visit)
        if self.chance.random() < share:
            before = visit.day - timedelta(days=self.chance.randint(1, 20))
            way = Direction.IN if self.chance.random() < 0.7 else Direction.OUT
            self._call(person, way, self._somewhen(before))

    def finish(self, people: Sequence[Person]) -> None:
        """What is not of one visit: strangers, today, the outbox as it stands, the bells."""
        days = self.world.open_days(self.world.today - timedelta(days=360), self.world.today)
        for _ in range(min(2_000, len(people) // 4)):
            self._stranger(self._somewhen(self.chance.choice(days)))
        for minutes in (8, 21, 47, 75, 130, 170):
            at = self.world.now - timedelta(minutes=minutes)
            self._call(self.chance.choice(people[2:]), self.chance.choice(list(Direction)), at)
        self._wait()
        self._ring(people)

    # --- calls and texts

    def _somewhen(self, day: Any) -> datetime:
        return self.world.at(day, self.chance.randint(9 * 60, 18 * 60)) + timedelta(seconds=self.chance.randrange(60))

    def _call(self, person: Person | None, way: Direction, at: datetime, number: str = "") -> None:
        number = person.phones[0] if person else number
        if at > self.world.now or (number, at) in self.used:
            return
        self.used.add((number, at))
        end = at + timedelta(seconds=self.chance.randint(20, 420))
        self.world.store.add(
            Call, phone_number=number, direction=way, begin_call=at, end_call=min(end, self.world.now),
            contact_type=ContactType.PATIENT if person else ContactType.NEW,
            contacter_id=person.patient_id if person else None,
            note=self.chance.choice(INCOMING if way is Direction.IN else OUTGOING), taken_by=self.world.clerk,
            created_at=at,
        )  # fmt: skip

    def _stranger(self, at: datetime) -> None:
        number = f"+976{self.chance.choice(('8', '9'))}{self.chance.randint(0, 9_999_999):07d}"
        if self.chance.random() < 0.7:
            self._call(None, Direction.IN, at, number)
        else:
            self._text(None, Direction.IN, at, self.chance.choice(QUESTIONS), number=number)

    def _text(
        self, person: Person | None, way: Direction, at: datetime, said: str, number: str = "", message: Any = None
    ) -> None:
        if at > self.world.now:
            return
        self.world.store.add(
            Sms, phone_number=person.phones[0] if person else number, direction=way, time=at, sms_text=said,
            contact_type=ContactType.PATIENT if person else ContactType.NEW,
            contacter_id=person.patient_id if person else None, message_id=message, created_at=at,
        )  # fmt: skip

    # --- the outbox

    def _remind(self, visit: Visit) -> None:
        at = by_day(visit.start - timedelta(days=1), self.world.zone, *QUIET)
        status = MessageStatus.DELIVERED if self.chance.random() < 0.9 else MessageStatus.SENT
        key, body = self._message("appointment-reminder-24hr", visit, at, status, sent_at=at, attempts=1)
        self._text(visit.person, Direction.OUT, at, body, message=key)
        if self.chance.random() < 0.15:
            answer = at + timedelta(minutes=self.chance.randint(2, 240))
            self._text(visit.person, Direction.IN, answer, self.chance.choice(ANSWERS))

    def _wait(self) -> None:
        """Reminders of the visits to come wait; of a few, something else became."""
        now, S = self.world.now, MessageStatus  # noqa: N806 - read as a table
        soon = sorted(self.upcoming, key=lambda visit: visit.start)[:400]
        for place, visit in enumerate(soon):
            at = max(by_day(visit.start - timedelta(days=1), self.world.zone, *QUIET), now)
            status = {3: S.CANCELLED, 7: S.FAILED, 11: S.SENDING, 19: S.FAILED, 23: S.CANCELLED}.get(place, S.QUEUED)
            more: dict[str, Any] = {"attempts": 0}
            if status is S.FAILED:
                at = now - timedelta(hours=3)
                more = {"attempts": 5, "last_error": FAILURES[place % 2]}
            self._message("appointment-reminder-24hr", visit, at, status, **more)

    def _message(self, code: str, visit: Visit, at: datetime, status: MessageStatus, **more: Any) -> tuple[int, str]:
        template, row = self.templates[code], visit.person.row
        known = {
            "patient": row["first_name"], "doctor": visit.doctor.title, "clinic": self.world.clinic.name_mn,
            "phone": str(self.world.clinic.phones).split(",")[0], "date": visit.day.isoformat(),
            "time": f"{visit.start.astimezone(self.world.zone):%H:%M}",
        }  # fmt: skip
        body = fill_in(template.body_mn, known)
        body = in_latin(body) if template.latin else body
        values = {"sent_at": None, "last_error": None, "attempts": 0, **more}
        key = self.world.store.add(
            Message, channel=Channel.SMS, to=visit.person.phones[0], message_template_id=template.message_template_id,
            locale=Locale.MN, body=body, patient_id=visit.person.patient_id, send_after=at, status=status,
            created_at=min(at, self.world.now), **values,
        )  # fmt: skip
        return key, body

    # --- the bells

    def _ring(self, people: Sequence[Person]) -> None:
        users, visits = self.world.staff.users, sorted(self.upcoming, key=lambda visit: visit.start)
        for place, visit in reversed(list(enumerate(visits[:6]))):
            told = T("%(patient)s is booked for %(time)s.", patient=visit.person.row["first_name"], time=visit.start)
            for phone in ("99000003", "99000013"):
                self._tell(users[phone], told, f"/appointments?day={visit.day}", 30 * place + 5, is_read=place > 2)
        for phone in ("99000006", "99000007", "99000002"):
            for place in reversed(range(4)):
                number = T("Messages that could not be sent: %(count)s.", count=2 + place)
                self._tell(users[phone], number, "/messages?status=failed", 600 * place + 20, is_read=place > 1)
        for phone in ("99000001", "99000002", "99000004", "99000005"):
            self._tell(users[phone], T("Welcome to the clinic's system."), "/profile", 50_000, is_read=True)
        for phone, person in (("99000008", people[0]), ("99000018", people[1])):
            mine = next((visit for visit in visits if visit.person is person), None)
            if mine is not None:
                told = T("You are expected on %(time)s by %(doctor)s.", time=mine.start, doctor=mine.doctor.title)
                self._tell(users[phone], told, "/profile", 300, is_read=False)

    def _tell(self, user_id: int, told: Text, link: str, minutes_ago: int, *, is_read: bool) -> None:
        at = self.world.now - timedelta(minutes=minutes_ago)
        self.world.store.add(
            Notification, user_id=user_id, text=as_json(told), link=link, created_at=at, updated_at=at,
            read_at=at + timedelta(minutes=4) if is_read else None, read_by=user_id if is_read else None,
        )  # fmt: skip
