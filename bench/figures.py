"""What people wait for, beside the bare query on the same data in the same run.

Ours and the bare one are measured in turns, so that what else runs on the machine slows both; the figure is the
median. It writes bookings and payments: only for a clinic that is thrown away afterwards.
"""

import contextvars
import itertools
import json
import os
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

from app.billing import queries as billing
from app.billing.actions import Posting, Tender
from app.billing.models import PatientAccount
from app.billing.rules import PaymentMethod
from app.db import sqla, unit
from app.kernel.dates import clinic_date, clinic_moment
from app.people.models import Employee, Patient
from app.reporting import queries as reporting
from app.reporting.rules import Metric, Period, Scope, Step
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentSource, Terms
from app.security import actions, identity
from app.security.models import User
from app.security.rules import SessionType
from app.workflows import checkout
from app.workflows.booking import book_visit
from bench import bare
from bench.clinics import statements
from bench.times import Times

ROUNDS, EXPORTED = 15, 10_000
RECEPTIONIST, MANAGER = "+97699000006", "+97699000002"
# figure → at most so many times the bare query
AIMS = {
    "list": 7.0, "deep page, × the first": 1.2, "search by name, × LIKE": 0.75, "search by phone, × LIKE": 0.75,
    "profile": 6.0, "add form": 6.0, "booking": 5.5, "payment": 4.5, "revenue by doctor and month": 0.3,
    "aging": 0.4, "export of 10 000 rows": 1.8, "export of all: MiB": 30.0,
    "20 free times in 14 days": 4.0, "calendar, a week of 10 doctors": 3.0,
}  # fmt: skip


@dataclass(slots=True)
class Figure:
    """What one thing takes."""

    name: str
    ms: float
    bare: float | None
    ratio: float | None
    statements: int
    cpu: tuple[float, float] | None = None  # milliseconds of this process's processor, ours and the bare one

    @property
    def is_missed(self) -> bool:
        """Whether it is over its aim."""
        return self.ratio is not None and self.ratio > AIMS.get(self.name, float("inf"))


class Bench:
    """One clinic, measured."""

    def __init__(self, app: Flask) -> None:
        self.app, self.chance = app, random.Random(7)  # noqa: S311 - the same sample each time
        self.figures: list[Figure] = []
        self.numbers = itertools.count(1)
        with app.app_context():
            self.driver = bare.Driver()
            self.desk, self.manager = self._browser(RECEPTIONIST), self._browser(MANAGER)
            self.clinic = identity.the_clinic()
            sqla.session.remove()

    def _browser(self, phone: str) -> FlaskClient:
        key = sqla.session.scalar(sa.select(User.id).where(User.username == phone)) or 0
        token = unit(
            lambda s: actions.open_session(
                s, key, now=datetime.now(UTC), hours=12, ip="", device="bench", session_type=SessionType.STAFF
            )
        )
        browser = self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie["token"], cookie["csrf_token"] = token, "x" * 40
        return browser

    def open(self, browser: FlaskClient, path: str) -> Any:
        """An answer, in a context of its own as a server's."""
        answer = contextvars.Context().run(browser.get, path, buffered=True)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer

    def compare(self, name: str, ours: Callable[[], object], plain: Callable[[], object] | None) -> None:
        """Measure both in turns."""
        ours()
        with statements() as seen:
            ours()
        took, least = [], []
        for _ in range(ROUNDS):
            took.append(_both(ours))
            if plain is not None:
                least.append(_both(plain))
        (ms, cpu), (other, other_cpu) = _median(took), _median(least) if least else (0.0, 0.0)
        beside = (other, ms / other) if least else (None, None)
        self.add(Figure(name, ms, *beside, len(seen), (cpu, other_cpu)))

    def add(self, figure: Figure) -> None:
        """Note a figure and print it."""
        self.figures.append(figure)
        print(as_line(figure), flush=True)

    def page(self, name: str, browser: FlaskClient, path: str, plain: Callable[[], Any] | None) -> None:
        """A page of ours beside a page that `plain` writes."""
        other = Client(bare.page(plain)) if plain is not None else None
        self.compare(name, lambda: self.open(browser, path), (lambda: other.get("/")) if other else None)

    def run(self) -> list[Figure]:
        """Everything."""
        with self.app.app_context():
            for measure in (self.lists, self.searches, self.pages, self.times, self.writes, self.sums, self.exports):
                measure()
                sqla.session.remove()
                self.driver.end()
        return self.figures

    # --- what is measured

    def lists(self) -> None:
        """The list of appointments: its first page, and one in its depth."""
        sql = bare.APPOINTMENTS.format(where="", limit="LIMIT 26")

        def plain() -> list[str]:
            count = self.driver.ask(bare.COUNT)
            return [bare.table(self.driver.ask(sql)), str(count)]

        path = "/appointments/list"
        self.page("list", self.desk, path, plain)
        deep = self._deep()
        first, there = _medians(lambda: self.open(self.desk, path), lambda: self.open(self.desk, f"{path}?{deep}"))
        with statements() as seen:
            self.open(self.desk, f"{path}?{deep}")
        self.add(Figure("deep page, × the first", there, first, there / first, len(seen)))

    def _deep(self) -> str:
        count = sqla.session.scalar(sa.select(sa.func.count()).select_from(Appointment)) or 0
        order = (Appointment.start_at.desc(), Appointment.appointment_id.desc())
        place = count * 9 // 10 // 25 * 25
        row = sqla.session.scalar(sa.select(Appointment.appointment_id).order_by(*order).offset(place - 1).limit(1))
        return f"page={place // 25 + 1}&after={row}"

    def searches(self) -> None:
        """A name, and the end of a phone."""
        row = sqla.session.scalars(sa.select(Patient).order_by(Patient.patient_id).offset(500).limit(1)).one()
        phone = self.driver.ask("SELECT phone_number_val FROM patient_phone WHERE patient_id = {m}", row.patient_id)
        for name, typed in (("name", row.first_name[:5]), ("phone", str(phone[0][0])[-4:])):
            pattern = f"%{typed}%"

            def plain(pattern: str = pattern) -> list[str]:
                return [bare.table(self.driver.ask(bare.SEARCH, pattern))]

            self.page(f"search by {name}, × LIKE", self.desk, f"/patients?q={typed}", plain)

    def pages(self) -> None:
        """A profile, a form, the board and a dashboard."""
        key = sqla.session.scalar(sa.select(Patient.patient_id).order_by(Patient.patient_id).offset(300).limit(1))

        def profile() -> list[str]:
            return [bare.table(self.driver.ask(sql, key)) for sql in bare.PROFILE]

        self.page("profile", self.desk, f"/patients/{key}", profile)
        fields = _fields(self.open(self.desk, "/patients/add").text)
        person = "SELECT u.*, p.* FROM ab_user u JOIN user_profile p ON p.user_id = u.id WHERE u.username = {m}"
        self.page(
            "add form", self.desk, "/patients/add", lambda: [str(self.driver.ask(person, MANAGER)), bare.form(fields)]
        )
        self.page("day board", self.desk, "/appointments", None)
        self.page("dashboard", self.manager, "/dashboard", None)

    def times(self) -> None:
        """The first free times of a doctor, beside a loop by hand over the driver's rows."""
        terms = Terms(self.clinic.zone, self.clinic.opening_hours)
        times = Times(self.driver, terms, datetime.now(UTC))
        self.compare("20 free times in 14 days", times.ours, times.by_hand)
        doctors, monday = times.ten_doctors(), times.today - timedelta(days=times.today.weekday())
        sql = bare.WEEK.replace("%(doctors)s", ", ".join(map(str, doctors)))
        week = [clinic_moment(day, _clock(0), self.clinic.zone) for day in (monday, monday + timedelta(days=7))]
        asked = [monday.isoformat(), *(f"{moment:%Y-%m-%d %H:%M:%S}.000000" for moment in week)]
        path = f"/calendar/events?start={monday}&end={monday + timedelta(days=7)}&doctor={','.join(map(str, doctors))}"

        def plain() -> list[str]:
            return [json.dumps(self.driver.ask(sql, *asked), default=str, ensure_ascii=False)]

        self.page("calendar, a week of 10 doctors", self.desk, path, plain)

    def writes(self) -> None:
        """A booking and a payment beside the rows alone that they leave."""
        living = sa.select(Patient.patient_id).where(Patient.is_deceased.is_(False))
        patients = list(sqla.session.scalars(living.limit(400)))
        doctors = list(sqla.session.scalars(sa.select(Appointment.doctor_id).distinct().limit(8)))
        owing = list(sqla.session.scalars(sa.select(PatientAccount.patient_id).limit(400)))
        clerk = sqla.session.scalar(sa.select(User.id).where(User.username == RECEPTIONIST))
        staff = sqla.session.scalar(sa.select(Employee.employee_id).where(Employee.user_id == clerk))
        terms = Terms(self.clinic.zone, self.clinic.opening_hours, may_override=True)
        now = datetime.now(UTC)
        last = sqla.session.scalar(sa.select(sa.func.max(Appointment.start_at))) or now
        day = clinic_date(last, self.clinic.zone) + timedelta(days=1)

        def book() -> object:
            number = next(self.numbers)
            start = clinic_moment(day + timedelta(days=number // 8), _clock(9 + number % 8), self.clinic.zone)
            values = {
                "patient_id": patients[number], "doctor_id": doctors[number % len(doctors)], "start_at": start,
                "source": AppointmentSource.PHONE, "override_reason": "x",
            }  # fmt: skip
            return unit(lambda s: book_visit(s, values, by_user=clerk, by_employee=staff, now=now, terms=terms))

        def pay() -> object:
            number = next(self.numbers)
            posting = Posting(now=now, today=clinic_date(now, self.clinic.zone), by=clerk)
            tender, key = Tender(1_000, PaymentMethod.CASH), f"bench-{os.getpid()}-{number}"
            return unit(lambda s: checkout.take_payment(s, owing[number], [tender], key=key, posting=posting))

        self._beside_inserts("booking", book)
        self._beside_inserts("payment", pay)

    def _beside_inserts(self, name: str, ours: Callable[[], object]) -> None:
        """Each round: ours, then the very rows it inserted once more, by the driver."""
        ours()
        took, least, count = [], [], 0
        for _ in range(ROUNDS):
            with statements() as seen:
                took.append(_ms(ours))
            count = len(seen)
            least.append(self._again([(s, p) for s, p in seen if s.startswith("INSERT")]))
        ms, rows = statistics.median(took), statistics.median(least)
        self.add(Figure(name, ms, rows, ms / rows, count))

    def _again(self, inserts: Sequence[tuple[str, Any]]) -> float:
        """Milliseconds of the same rows in empty tables with the same keys and indexes, committed."""
        cursor = self.driver.connection.cursor()
        made = [sql.split("(")[0].split()[-1].strip('`"') for sql, _ in inserts]
        for table in dict.fromkeys(made):
            self.driver.make_like(table)
        again = [(sql.replace(table, f"bench_{table}", 1), p) for table, (sql, p) in zip(made, inserts, strict=True)]
        again = [(sql.split(" RETURNING ")[0], p) for sql, p in again]
        started = time.perf_counter()
        if self.driver.is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        for sql, values in again:
            is_many = not isinstance(values, dict) and bool(values) and isinstance(values[0], tuple | list | dict)
            (cursor.executemany if is_many else cursor.execute)(sql, values)
        self.driver.end(keep=True)
        return (time.perf_counter() - started) * 1_000

    def sums(self) -> None:
        """Revenue by doctor and month from what is kept, beside grouping every invoice; and what is owed."""
        zone = self.clinic.zone
        today = clinic_date(datetime.now(UTC), zone)
        closed = reporting.closed_until(sqla.session())
        period = Period(today - timedelta(days=365), today)
        month = "strftime('%Y-%m', i.issued_at)" if self.driver.is_sqlite else "DATE_FORMAT(i.issued_at, '%%Y-%%m')"
        sql = bare.REVENUE.format(month=month if self.driver.is_sqlite else month.replace("%%", "%"))

        def revenue() -> object:
            wanted = (Metric.INVOICED, Metric.PAID)
            kept = reporting.measures(period, wanted, Scope.DOCTORS, closed, zone, by=Step.MONTH)
            by_month = sa.func.substr(sa.cast(kept.c.day, sa.String(10)), 1, 7)
            sums = (sa.func.sum(sa.case((kept.c.metric == one, kept.c.value), else_=0)) for one in wanted)
            asked = sa.select(kept.c.doctor_number, by_month, *sums).group_by(kept.c.doctor_number, by_month)
            return sqla.session.execute(asked).all()

        self.compare("revenue by doctor and month", revenue, lambda: self.driver.ask(sql))
        self.compare("aging", lambda: billing.aging(sqla.session(), today), lambda: self.driver.ask(bare.AGING))

    def exports(self) -> None:
        """About 10 000 rows as CSV, and what the process grows by while it sends all of them."""
        order = (Appointment.start_at.desc(), Appointment.appointment_id.desc())
        statement = sa.select(Appointment.start_at).order_by(*order).offset(EXPORTED).limit(1)
        start = sqla.session.scalar(statement)
        day = clinic_date(start, self.clinic.zone) if start else None
        midnight = clinic_moment(day, _clock(0), self.clinic.zone) if day else datetime(2000, 1, 1, tzinfo=UTC)
        sql = bare.APPOINTMENTS.format(where="WHERE start_at >= {m}", limit="")
        typed = f"{midnight.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        path = f"/appointments/export.csv?start_at_from={day or ''}"
        self.page("export of 10 000 rows", self.desk, path, lambda: bare.as_csv(self.driver.ask(sql, typed)))
        before = _megabytes()
        most, rows = contextvars.Context().run(self._stream, "/appointments/export.csv")
        self.add(Figure("export of all: MiB", most, before, most - before, rows))

    def _stream(self, path: str) -> tuple[float, int]:
        """(most megabytes of this process, lines) while an answer is read and thrown away."""
        answer = self.manager.get(path, buffered=False)
        most, rows = 0.0, 0
        for part in answer.iter_encoded():
            rows += part.count(b"\n")
            most = max(most, _megabytes())
        answer.close()
        return most, rows


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def _both(work: Callable[[], object]) -> tuple[float, float]:
    """(milliseconds on the clock, milliseconds of the processor in this process)."""
    cpu = time.process_time()
    took = _ms(work)
    return took, (time.process_time() - cpu) * 1_000


def _median(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _medians(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    pairs = [(_ms(one), _ms(other)) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _clock(hour: int) -> Any:
    return datetime(2026, 1, 1, hour).time()  # noqa: DTZ001 - a wall clock's time


def _fields(page: str) -> list[tuple[str, list[str]]]:
    """(name, options) of every field of our form, so that the bare one has the same."""
    body = page.split('class="panel js-form"')[1].split("</form>")[0]
    found = []
    for tag in re.finditer(r'<(input|textarea|select)[^>]*? name="([^"]+)"[^>]*>', body):
        inner = body[tag.end() :].split("</select>")[0] if tag[1] == "select" else ""
        found.append((tag[2], re.findall(r"<option[^>]*>([^<]*)", inner)))
    return found


def _megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def as_line(figure: Figure) -> str:
    """A figure as a line of the table that is printed."""
    aim = AIMS.get(figure.name)
    least = f"{figure.bare:>10.2f}" if figure.bare is not None else f"{'':>10}"
    ratio = f"{figure.ratio:>8.2f}" if figure.ratio is not None else f"{'':>8}"
    over = "  OVER" if figure.is_missed else ""
    return (
        f"  {figure.name:<30}{figure.ms:>10.2f}{least}{ratio}{aim or '':>8}{figure.statements:>8}{cpu_of(figure)}{over}"
    )


def cpu_of(figure: Figure) -> str:
    """What this process did itself, in milliseconds and beside the bare query's, however busy the machine is."""
    if figure.cpu is None:
        return f"{'':>18}"
    ours, least = figure.cpu
    return f"{ours:>10.2f}{ours / least:>8.2f}" if least else f"{ours:>10.2f}{'':>8}"
