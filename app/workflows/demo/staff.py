"""The cast of the demo clinic, its other doctors, and everybody's shifts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

import sqlalchemy as sa

from app.people import actions
from app.people.models import Employee, Position
from app.people.rules import Gender, PositionType
from app.scheduling.models import Chair, Room, Shift, ShiftPattern, TimeOff
from app.scheduling.rules import RoomType, ShiftKind
from app.security import actions as security
from app.workflows.demo import names
from app.workflows.demo.world import DAYS_AHEAD, DAYS_BEHIND, World

WEEKS_AHEAD = 12  # as the setting comes
PASSWORD = "soyoo-demo-1"  # noqa: S105 - contract.md: of each of the cast, in demo clinics alone
HALF_DAY = {False: 14 * 60, True: 13 * 60}  # when the chair changes hands, on weekdays and on Saturdays
COLOURS = ("#3b7a8c", "#8c5a3b", "#5a7d3a", "#7a4a8c", "#b0713a", "#4a5fa5", "#a54a6b", "#3a8c6e")


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody of the cast: role, phone, name as it is shown, position, and for doctors what they do best."""

    role: str
    phone: str
    last_name: str
    first_name: str
    position: str
    gender: Gender
    field: str | None = None


M, F = Gender.MALE, Gender.FEMALE
CAST = (
    Role("Admin", "99000001", "Админ", "Солонго", "IT engineer", F),
    Role("Manager", "99000002", "Менежер", "Батзориг", "Clinic manager", M),
    Role("Doctor", "99000003", "Эмч", "Сарангэрэл", "General dentist", F, "Шүдний эмчилгээ, согог засал"),
    Role("Doctor", "99000013", "Эмч", "Ганбаатар", "Oral surgeon", M, "Нүүр амны мэс засал, имплант"),
    Role("Nurse", "99000004", "Сувилагч", "Оюунаа", "Nurse", F),
    Role("Assistant", "99000005", "Туслах", "Тэмүүлэн", "Dental assistant", M),
    Role("Receptionist", "99000006", "Ресепшн", "Номин", "Receptionist", F),
    Role("Coordinator", "99000007", "Зохицуулагч", "Ариунзаяа", "Treatment coordinator", F),
)
DOCTORS = (
    ("Endodontist", F, "Сувгийн эмчилгээ"),
    ("Orthodontist", F, "Гажиг засал"),
    ("Prosthodontist", M, "Согог засал"),
    ("Paediatric dentist", F, "Хүүхдийн шүдний эмчилгээ"),
)


def hire(world: World, doctors: int) -> None:
    """The cast, and other doctors until there are `doctors`; assistants for all of them."""
    for role in CAST:
        name = f"{role.last_name} {role.first_name}"
        user = security.add_user(
            world.session, phone=role.phone, name=name, roles=[role.role], password=PASSWORD, by_roles=None
        )
        world.staff.users[role.phone] = user.id
        held = {"first_name": role.first_name, "last_name": role.last_name, "user_id": user.id}
        employee = _employ(world, held, role.position, role.gender, role.field, f"+976{role.phone}")
        _place(world, role.role, employee)
    for number in range(doctors - len(world.staff.doctors)):
        position, gender, work = DOCTORS[number % len(DOCTORS)]
        _place(world, "Doctor", _employ(world, _named(world, gender), position, gender, work))
    while len(world.staff.helpers) * 2 < doctors:
        _place(world, "Assistant", _employ(world, _named(world, F), "Dental assistant", F, None))


def _place(world: World, role: str, employee: Employee) -> None:
    staff = world.staff
    place = {"Doctor": staff.doctors, "Nurse": staff.helpers, "Assistant": staff.helpers}.get(role, staff.others)
    place.append(employee)


def _named(world: World, gender: Gender) -> dict[str, str]:
    given = names.MALE if gender is Gender.MALE else names.FEMALE
    return {"first_name": world.chance.choice(given), "last_name": world.chance.choice(names.FATHERS)}


def _employ(
    world: World,
    values: Mapping[str, object],
    position: str,
    gender: Gender,
    work: str | None,
    own_phone: str | None = None,
) -> Employee:
    chance = world.chance
    number = len(world.staff.doctors) + len(world.staff.helpers) + len(world.staff.others) + 1
    hired = world.today - timedelta(days=chance.randint(500, 3_000))
    held = world.session.scalars(sa.select(Position).where(Position.display_name_en == position)).one()
    is_doctor = held.position_type is PositionType.DOCTOR
    phones = [own_phone or f"+9769910{number:04d}", f"+9768810{number:04d}"]
    facts = {
        "gender": gender,
        "birthday": world.today - timedelta(days=chance.randint(25 * 365, 58 * 365)),
        "hired_at": hired,
        "home_address": chance.choice(names.DISTRICTS),
        "specialization": work,
        "licence_number": f"ШЭ-{1000 + number}" if is_doctor else None,
        "calendar_colour": COLOURS[len(world.staff.doctors) % len(COLOURS)] if is_doctor else None,
        "commission_bp": 3_000 if is_doctor else None,
    }
    rows = [(place, {"phone_number_val": phone, "is_primary": place == 0}) for place, phone in enumerate(phones)]
    positions = [(0, {"position_id": held.position_id, "started_at": hired, "is_primary": True})]
    return actions.add_employee(world.session, {**facts, **values}, rows, positions, today=world.today)


def furnish(world: World, doctors: int) -> None:
    """A chair for every two doctors beyond the first two, at least those that a new clinic has."""
    for number in range(len(world.chairs) + 1, 2 + (doctors - 1) // 2 + 1):
        room = Room(name=f"{number}-р кабинет", room_type=RoomType.SURGERY)
        world.session.add_all([room, Chair(name=f"{number}-р сандал", room=room)])
    world.session.flush()


Duty = tuple[Employee, int, int, int]  # doctor, chair, from, until (minutes after midnight)


def duties(world: World, day: date) -> list[Duty]:
    """Who works at which chair on an open day: the first doctors all day, the others share a chair."""
    hours = world.hours(day)
    if hours is None:
        return []
    doctors, chairs = world.staff.doctors, world.chairs
    whole = max(0, 2 * len(chairs) - len(doctors))
    noon = HALF_DAY[day.weekday() == 5]
    found: list[Duty] = [
        (doctor, chair.chair_id, *hours) for doctor, chair in zip(doctors[:whole], chairs, strict=False)
    ]
    pairs = doctors[whole:]
    turn = day.weekday() % 2  # the same each week, so that a pattern says it
    for place, doctor in enumerate(pairs):
        is_early = (place + turn) % 2 == 0
        chair = chairs[whole + place // 2].chair_id
        found.append((doctor, chair, hours[0], noon) if is_early else (doctor, chair, noon, hours[1]))
    return found


Span = tuple[int, int, int | None]  # from, until (minutes after midnight), chair


def plan_shifts(world: World) -> None:
    """Everybody's weekly patterns, with their shifts a year behind and as far ahead as they are made; and a few days
    off in between.
    """
    first, last = world.today - timedelta(days=DAYS_BEHIND), world.today + timedelta(weeks=WEEKS_AHEAD)
    days = world.open_days(first, last)
    patterns: dict[tuple[int, int, Span], int] = {}
    for day in days:
        for employee, span in _spans(world, day):
            key = (employee.employee_id, day.weekday(), span)
            if key not in patterns:
                patterns[key] = _pattern(world, employee, day.weekday(), span, first, last)
            _shift(world, employee, day, span, patterns[key])
    _days_off(world, days)


def _spans(world: World, day: date) -> Iterator[tuple[Employee, Span]]:
    """Who works from when until when, and where."""
    for doctor, chair, first, last in duties(world, day):
        yield doctor, (first, last, chair)
    hours = world.hours(day)
    if hours is not None:
        for employee in (*world.staff.helpers, *world.staff.others):
            yield employee, (*hours, None)


def _columns(span: Span) -> dict[str, object]:
    first, last, chair = span
    return {"start_time": time(first // 60, first % 60), "end_time": time(last // 60, last % 60), "chair_id": chair}


def _pattern(world: World, employee: Employee, weekday: int, span: Span, first: date, last: date) -> int:
    return world.store.add(
        ShiftPattern, employee_id=employee.employee_id, weekday=weekday, **_columns(span), valid_from=first,
        generated_until=last,
    )  # fmt: skip


def _shift(world: World, employee: Employee, day: date, span: Span, pattern: int) -> None:
    world.store.add(
        Shift, employee_id=employee.employee_id, shift_date=day, kind=ShiftKind.WORK, **_columns(span),
        shift_pattern_id=pattern,
    )  # fmt: skip


def _days_off(world: World, days: Sequence[date]) -> None:
    """The last doctor is away on one coming day: the desk sees what that looks like. Nobody is booked there."""
    coming = [day for day in days if day > world.today + timedelta(days=DAYS_AHEAD)]
    if coming:
        doctor, day = world.staff.doctors[-1], coming[0]
        first, last = world.hours(day) or (0, 0)
        world.store.add(
            TimeOff, employee_id=doctor.employee_id, from_=world.at(day, first), until=world.at(day, last),
            reason="Сургалт",
        )  # fmt: skip
