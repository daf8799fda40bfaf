"""When the demo clinic's visits were and will be: no two of them share a doctor, a chair, an assistant or a patient."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from app.people.models import Employee
from app.people.rules import Dentition
from app.workflows.demo.patients import Person
from app.workflows.demo.staff import Duty, duties
from app.workflows.demo.world import DAYS_AHEAD, DAYS_BEHIND, World, chosen

GRID, LUNCH, WORKS_AT_LUNCH = 15, (13 * 60, 14 * 60), 0.15
TRIES, MOST_TRIES = 14, 40
ADULT = {
    "THE-01": 8, "THE-02": 12, "THE-03": 8, "THE-04": 6, "THE-05": 4, "END-01": 4, "END-02": 4, "END-03": 4,
    "HYG-01": 12, "HYG-03": 6, "SUR-01": 4, "SUR-02": 4, "SUR-04": 3, "PRO-02": 4, "PRO-03": 3, "PER-03": 3,
    "DIA-02": 8, "DIA-03": 3, "ORT-08": 6, "COS-01": 1, "COS-04": 1, "IMP-02": 1,
}  # fmt: skip
CHILD = {"CHI-03": 6, "CHI-04": 8, "CHI-07": 9, "CHI-08": 6, "CHI-09": 3, "CHI-14": 3, "CHI-01": 4}
MIXED = {**CHILD, "CHI-05": 8, "CHI-13": 4}
FIRST = {Dentition.PERMANENT: "DIA-01", Dentition.MIXED: "CHI-01", Dentition.PRIMARY: "CHI-01"}
USUAL = {Dentition.PERMANENT: ADULT, Dentition.MIXED: MIXED, Dentition.PRIMARY: CHILD}


@dataclass(slots=True)
class Visit:
    """A visit that has a place in the calendar."""

    person: Person
    doctor: Employee
    chair_id: int
    assistant_id: int | None
    service: str
    day: date
    start: datetime
    minutes: int

    @property
    def end(self) -> datetime:
        """When its time is over."""
        return self.start + timedelta(minutes=self.minutes)


def visits(world: World, people: Sequence[Person], count: int) -> Iterator[Visit]:
    """About `count` visits, in the order of their days; the first day from today on that is open is full."""
    first, last = world.today - timedelta(days=DAYS_BEHIND), world.today + timedelta(days=DAYS_AHEAD)
    days = world.open_days(first, last)
    busy = next(day for day in days if day >= world.today)
    weights = {day: _weight(world, day) for day in days}
    each = count / sum(weights.values())
    wanted, due = _of_the_cast(days, busy), 0.0
    for day in days:
        due += each * weights[day]  # what one day is short of, the next ones make up for
        number = int(due + each * weights[day] * world.chance.uniform(-0.25, 0.25) + world.chance.random())
        places = _full_day(world, day) if day == busy else _places(world, day)
        most = None if day == busy else max(number, len(wanted.get(day, [])))
        found = list(islice(_people_for(world, day, places, people, wanted.get(day, [])), most))
        due -= min(len(found), due) if day == busy else len(found)  # the full day comes on top: tomorrow is not empty
        yield from sorted(found, key=lambda visit: (visit.start, visit.chair_id))


def _weight(world: World, day: date) -> float:
    ahead = (day - world.today).days
    return 1.0 if ahead <= 0 else max(0.1, 0.9 - ahead / 35)


def _of_the_cast(days: Sequence[date], busy: date) -> dict[date, list[int]]:
    """On which days the patients of the cast come: both were here, and both come again."""
    behind, ahead = [day for day in days if day < busy], [day for day in days if day > busy]
    found: dict[date, list[int]] = {}
    for who, marks in ((0, (behind[-70], behind[-25], ahead[2])), (1, (behind[-40], behind[-12], ahead[4]))):
        for day in marks:
            found.setdefault(day, []).append(who)
    return found


Place = tuple[Duty, int]  # who works where, and when the visit starts (minutes after midnight)


def _places(world: World, day: date) -> Iterator[Place]:
    """Starts spread over the day and its doctors; how long each visit may take is seen when it is filled."""
    found = duties(world, day)
    for place in range(MOST_TRIES * len(found)):
        duty = found[(place + day.toordinal()) % len(found)]
        start = world.chance.randrange(duty[2], duty[3] - GRID, GRID)
        if not LUNCH[0] <= start < LUNCH[1] or world.chance.random() < WORKS_AT_LUNCH:
            yield duty, start


def _full_day(world: World, day: date) -> Iterator[Place]:
    """Starts every quarter of an hour: as many of them hold a visit as fit."""
    for duty in duties(world, day):
        for start in range(duty[2], duty[3] - GRID, GRID):
            if world.chance.random() < 0.9:
                yield duty, start


def _people_for(
    world: World, day: date, places: Iterable[Place], people: Sequence[Person], first: Sequence[int]
) -> Iterator[Visit]:
    """A patient and a service for each place that is still free."""
    taken: dict[int, list[tuple[int, int]]] = {}
    used: set[int] = set()
    queue = [people[who] for who in first]
    for duty, start in places:
        person = queue[0] if queue else _somebody(world, day, people, used)
        if person is None:
            continue
        service = (
            FIRST[person.dentition] if person.first_seen is None else chosen(world.chance, USUAL[person.dentition])
        )
        minutes = world.services[service].default_duration_time
        if not _is_free(duty, start, minutes, taken.setdefault(duty[1], [])):
            continue
        if queue:
            queue.pop(0)
        used.add(person.patient_id)
        taken[duty[1]].append((start, start + minutes))
        yield _visit(world, day, duty, start, person, service)


def _is_free(duty: Duty, start: int, minutes: int, taken: Sequence[tuple[int, int]]) -> bool:
    end = start + minutes
    return end <= duty[3] and all(end <= other or start >= until for other, until in taken)


def _somebody(world: World, day: date, people: Sequence[Person], used: set[int]) -> Person | None:
    for _ in range(TRIES):
        person = people[world.chance.randrange(2, len(people))]
        is_here = person.joined <= day <= person.leaves and (not person.is_provisional or day > world.today)
        if is_here and person.patient_id not in used:
            return person
    return None


def _visit(world: World, day: date, duty: Duty, start: int, person: Person, service: str) -> Visit:
    doctor, chair, _, _ = duty
    place = world.chair_places[chair]
    helpers = world.staff.helpers
    helper = helpers[place].employee_id if place < len(helpers) and world.chance.random() < 0.6 else None
    minutes = world.services[service].default_duration_time
    return Visit(person, doctor, chair, helper, service, day, world.at(day, start), minutes)
