"""Free times and the proposal of a plan's visits, beside a sweep by hand over the driver's rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from app.db import sqla
from app.kernel.dates import clinic_date, clinic_moment
from app.scheduling.models import Appointment, Shift
from app.scheduling.queries import first_free
from app.scheduling.rules import Terms
from app.scheduling.rules.finding import Free, Wish
from bench import bare

COUNT, DAYS, MINUTES = 20, 14, 30
GRID = timedelta(minutes=15)
SHIFTS = (
    "SELECT shift_date, start_time, end_time, chair_id FROM shift WHERE employee_id = {m} AND kind = 'work' "
    "AND shift_date BETWEEN {m} AND {m}"
)
VISITS = (
    "SELECT start_at, end_at FROM appointment WHERE doctor_id = {m} AND start_at >= {m} AND start_at < {m} "
    "AND status IN (0, 2, 4, 6, 7)"
)
IN_CHAIR = VISITS.replace("doctor_id", "chair_id")


class Times:
    """One doctor's next fortnight: ours, and by hand."""

    def __init__(self, driver: bare.Driver, terms: Terms, now: datetime) -> None:
        self.driver, self.terms, self.now = driver, terms, now
        self.today = clinic_date(now, terms.zone)
        ahead = self.today + timedelta(days=DAYS)
        busiest = (
            sa.select(Shift.employee_id)
            .where(Shift.shift_date.between(self.today, ahead), Shift.chair_id.is_not(None))
            .group_by(Shift.employee_id)
            .order_by(sa.func.count().desc(), Shift.employee_id)
        )
        self.doctor = sqla.session.scalar(busiest.limit(1)) or 0

    def ten_doctors(self) -> list[int]:
        """Ten who have visits this week, the busiest first."""
        monday = self.today - timedelta(days=self.today.weekday())
        start, end = (clinic_moment(monday + timedelta(days=n), time(0), self.terms.zone) for n in (0, 7))
        busy = (
            sa.select(Appointment.doctor_id)
            .where(Appointment.start_at >= start, Appointment.start_at < end)
            .group_by(Appointment.doctor_id)
            .order_by(sa.func.count().desc(), Appointment.doctor_id)
        )
        return list(sqla.session.scalars(busy.limit(10)))

    def ours(self) -> list[Free]:
        """The first twenty, each with its chair."""
        latest = self.now + timedelta(days=DAYS)
        wish = Wish(MINUTES, self.now, latest, doctor_ids=(self.doctor,))
        return first_free(sqla.session(), wish, now=self.now, terms=self.terms, count=COUNT)

    def by_hand(self) -> list[datetime]:
        """What the plainest loop finds in shifts, the doctor's visits and those in the shift's chair."""
        last = self.today + timedelta(days=DAYS)
        shifts = self.driver.ask(SHIFTS, self.doctor, *self._days(self.today, last))
        window = self._moments(self.now - timedelta(days=1), self.now + timedelta(days=DAYS))
        taken = self._spans(self.driver.ask(VISITS, self.doctor, *window))
        for chair in {row[3] for row in shifts if row[3]}:
            taken += self._spans(self.driver.ask(IN_CHAIR, chair, *window))
        found: list[datetime] = []
        for day, start, end, _ in sorted(shifts, key=lambda row: (str(row[0]), str(row[1]))):
            found += self._in_shift(day, start, end, taken, COUNT - len(found))
            if len(found) >= COUNT:
                break
        return found

    def _in_shift(self, day: Any, start: Any, end: Any, taken: Sequence[tuple[Any, Any]], count: int) -> list[datetime]:
        at, over = self._at(day, start), self._at(day, end)
        found, length = [], timedelta(minutes=MINUTES)
        while at + length <= over and len(found) < count:
            if at >= self.now and not any(first < at + length and at < last for first, last in taken):
                found.append(at)
            at += GRID
        return found

    def _days(self, *days: Any) -> list[Any]:
        return [day.isoformat() for day in days]

    def _moments(self, *moments: datetime) -> list[str]:
        return [moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") for moment in moments]

    def _spans(self, rows: Sequence[Sequence[Any]]) -> list[tuple[datetime, datetime]]:
        def read(value: Any) -> datetime:
            found = datetime.fromisoformat(value) if isinstance(value, str) else value
            return found.replace(tzinfo=UTC)  # type: ignore[no-any-return]

        return [(read(start), read(end)) for start, end in rows]

    def _at(self, day: Any, clock: Any) -> datetime:
        if isinstance(clock, timedelta):  # the driver of MariaDB
            clock = (datetime.min.replace(tzinfo=UTC) + clock).time()
        day = datetime.fromisoformat(str(day)).date()
        return clinic_moment(day, clock if isinstance(clock, time) else time.fromisoformat(str(clock)), self.terms.zone)
