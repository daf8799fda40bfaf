"""The demo clinic's autoclaves: two runs on each day of work, and the visits at which their packages were opened."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.clinical.models import TreatmentSterilePackage
from app.scheduling.rules import Span
from app.stock.models import SterilePackage, SterilisationCycle
from app.stock.rules import CycleResult, numbers_from, sterile_until
from app.workflows.demo.world import World

KEPT = timedelta(days=90)  # so far back
MORNING, NOON, AFTERNOON = 7 * 60 + 45, 13 * 60, 14 * 60  # minutes of the day: two runs, and when the second is done
AUTOCLAVES = ("Автоклав 1", "Автоклав 2")
PROGRAMS = ("134 °C, 5 мин", "121 °C, 20 мин")
INDICATOR = "5-р анги: өнгө бүрэн хувирсан"
UNCHANGED = "5-р анги: өнгө хувираагүй"
SPARE, DAYS = 12, 180  # packages on the shelf, days that they stay sterile
FAILS_EVERY = 37  # of the runs, and is repeated


@dataclass(slots=True)
class Run:
    """A cycle of the autoclave."""

    cycle_id: int
    day: date
    started: datetime


class Sterile:
    """Runs autoclaves as visits need them. Nothing here is by chance: the rest of the demo stays as it was."""

    def __init__(self, world: World) -> None:
        self.world, self.runs = world, dict[tuple[date, bool], Run]()
        self.last = "000000"

    def of_visit(self, treatment_id: int, begun: datetime, service: str) -> None:
        """The packages that a visit opened: an extraction or an implant takes two."""
        if self.world.now - begun > KEPT:
            return
        run = self._run(begun)
        for _ in range(2 if service.startswith(("SUR", "IMP")) else 1):
            self.world.store.add(
                TreatmentSterilePackage, treatment_id=treatment_id, created_at=begun, updated_at=begun,
                sterile_package_id=self._package(run),
            )  # fmt: skip

    def _run(self, at: datetime) -> Run:
        day = at.astimezone(self.world.zone).date()
        is_late = at >= self.world.at(day, AFTERNOON)
        if (day, is_late) not in self.runs:
            number = len(self.runs)
            started = self.world.at(day, NOON if is_late else MORNING)
            if number % FAILS_EVERY == FAILS_EVERY - 1:
                self._cycle(number, started - timedelta(minutes=50), CycleResult.FAIL)
            self.runs[day, is_late] = Run(self._cycle(number, started, CycleResult.PASS), day, started)
        return self.runs[day, is_late]

    def _cycle(self, number: int, started: datetime, result: CycleResult | None) -> int:
        said = {CycleResult.PASS: INDICATOR, CycleResult.FAIL: UNCHANGED}
        ended = started + timedelta(minutes=45)
        return self.world.store.add(
            SterilisationCycle, autoclave=AUTOCLAVES[number % 2], program=PROGRAMS[number % 2], started_at=started,
            result=result, indicator=said.get(result) if result else None, created_at=started, updated_at=ended,
        )  # fmt: skip

    def _package(self, run: Run) -> int:
        self.last = numbers_from(self.last, 2)[1]
        until = sterile_until(run.day, DAYS)
        return self.world.store.add(
            SterilePackage, number=self.last, sterilisation_cycle_id=run.cycle_id, expires_on=until,
            created_at=run.started, updated_at=run.started,
        )  # fmt: skip

    def finish(self) -> None:
        """What lies sterile on the shelf, and an autoclave that runs now, where it is a day of work."""
        if not self.runs:
            return
        last = max(self.runs.values(), key=lambda run: run.started)
        for _ in range(SPARE):
            self._package(last)
        today, now = self.world.today, self.world.now
        hours = self.world.hours(today)
        if hours is not None and Span(*(self.world.at(today, minutes) for minutes in hours)).start <= now:
            self._cycle(len(self.runs), now - timedelta(minutes=20), None)
