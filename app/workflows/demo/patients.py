"""The patients of the demo clinic: names, numbers, phones, health, insurers, families."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.clinical.rules import Condition
from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.rules import PolicyOrder, ProviderKind
from app.jobs.actions import next_number
from app.jobs.models import DocumentCounter
from app.jobs.rules import CounterKind
from app.kernel.dates import clinic_date
from app.kernel.folding import sort_key
from app.kernel.register_number import parse_register_number
from app.people import rules
from app.people.models import MedicalHistoryEntry, Patient, PatientPhone, PatientRelation, PatientSearch
from app.people.queries import search_keys
from app.people.rules import (
    Allergen,
    BloodType,
    Dentition,
    Gender,
    HistoryKind,
    PatientSource,
    PhoneLabel,
    RelationKind,
    Severity,
)
from app.security import actions as security
from app.security.rules import Locale
from app.workflows.demo import names
from app.workflows.demo.staff import PASSWORD
from app.workflows.demo.store import Row
from app.workflows.demo.world import World, chosen

CAST = (
    ("99000008", "Үйлчлүүлэгч", "Бат-Эрдэнэ", Gender.MALE, date(1986, 5, 14)),
    ("99000018", "Үйлчлүүлэгч", "Цэцэгмаа", Gender.FEMALE, date(1992, 9, 3)),
)
PREFIXES = ("99", "95", "94", "91", "96", "90", "88", "89", "86", "80", "85")
AGES = {(3, 6): 5, (7, 12): 9, (13, 18): 8, (19, 30): 25, (31, 45): 28, (46, 60): 16, (61, 82): 9}
PROVISIONAL, DECEASED, CHILD = 0.02, 0.01, 16
BOOKED_BEFORE = timedelta(days=21)  # a patient is registered before the first visit is booked
HISTORY: Sequence[tuple[float, HistoryKind, str, Allergen | None, Severity]] = (
    (0.05, HistoryKind.ALLERGY, "Пенициллин", Allergen.PENICILLIN, Severity.CRITICAL),
    (0.02, HistoryKind.ALLERGY, "Лидокаин", Allergen.LOCAL_ANAESTHETIC, Severity.CRITICAL),
    (0.02, HistoryKind.ALLERGY, "Аспирин", Allergen.ASPIRIN, Severity.CAUTION),
    (0.08, HistoryKind.CONDITION, "Артерийн даралт ихсэх өвчин", None, Severity.CAUTION),
    (0.04, HistoryKind.CONDITION, "Чихрийн шижин, 2-р хэлбэр", None, Severity.CAUTION),
    (0.02, HistoryKind.CONDITION, "В вирусийн хепатит", None, Severity.CRITICAL),
    (0.03, HistoryKind.MEDICATION, "Цус шингэлэх эм (варфарин)", None, Severity.CRITICAL),
    (0.06, HistoryKind.HABIT, "Тамхи татдаг", None, Severity.NOTE),
    (0.03, HistoryKind.DENTAL, "Мэдээ алдуулалт удаан авдаг", None, Severity.NOTE),
    (0.02, HistoryKind.SURGERY, "Мухар олгойн мэс засал", None, Severity.NOTE),
)
INSURERS = (
    ("Эрүүл мэндийн даатгалын ерөнхий газар", ProviderKind.STATE, "Улсын даатгал", None, 0),
    ("Монгол Даатгал", ProviderKind.PRIVATE, "Эрүүл мэнд Стандарт", 1_500_000, 50_000),
    ("Мандал Даатгал", ProviderKind.PRIVATE, "Гэр бүл", 2_000_000, 0),
    ("Бодь Даатгал", ProviderKind.PRIVATE, "Байгууллагын багц", 1_000_000, 30_000),
)


@dataclass(slots=True)
class Person:
    """What the calendar needs to know of a patient; the rest waits in `row`."""

    row: Row
    phones: list[str]
    dentition: Dentition
    joined: date  # from when on they may have visits
    leaves: date  # until when
    is_provisional: bool = False
    payer: int | None = None
    allergens: set[str] = field(default_factory=set)
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    caries: list[tuple[str, int]] = field(default_factory=list)  # tooth, its finding
    gone: set[str] = field(default_factory=set)  # teeth that were taken out
    marks: set[tuple[str, Condition, str]] = field(default_factory=set)  # what was done on which tooth
    is_cast: bool = False

    @property
    def patient_id(self) -> int:
        """The key."""
        return int(self.row["patient_id"])

    def note(self, seen_at: datetime) -> None:
        """They were here."""
        self.first_seen, self.last_seen = self.first_seen or seen_at, seen_at


def add_patients(world: World, count: int) -> list[Person]:
    """`count` patients, the cast's first. Their rows are stored by `finish`, when their visits are known."""
    known: set[str] = set()
    world.cards = _cards(world, count)
    people = [_of_the_cast(world, *role) for role in CAST]
    people += [_somebody(world, known) for _ in range(count - len(people))]
    insured = _insurers(world)
    for place, person in enumerate(people):
        if place and not person.is_provisional:
            _health(world, person, certain=place == 2)
            _policy(world, person, insured)
    _families(world, people)
    return people


def _cards(world: World, count: int) -> Iterator[int]:
    """So many numbers of cards, taken at once."""
    first = next_number(world.session, CounterKind.CARD)
    counter = world.session.get_one(DocumentCounter, (CounterKind.CARD, 0), populate_existing=True)
    counter.last_number = first + max(count, len(CAST)) - 1
    world.session.flush()
    return iter(range(first, counter.last_number + 1))


def _of_the_cast(world: World, phone: str, last: str, first: str, gender: Gender, birthday: date) -> Person:
    user = security.add_user(
        world.session, phone=phone, name=f"{last} {first}", roles=["Patient"], password=PASSWORD, by_roles=None
    )
    world.staff.users[phone] = user.id
    person = _complete(world, first, last, gender, birthday, set())
    person.row["user_id"], person.phones[0] = user.id, f"+976{phone}"
    person.joined, person.leaves, person.is_cast = world.today - timedelta(days=300), date.max, True
    return person


def _somebody(world: World, known: set[str]) -> Person:
    chance = world.chance
    gender = chance.choice((Gender.MALE, Gender.FEMALE))
    first = chance.choice(names.MALE if gender is Gender.MALE else names.FEMALE)
    last = chance.choice(names.FATHERS)
    if chance.random() < PROVISIONAL:
        row = _row(world, first, None if chance.random() < 0.5 else last, is_provisional=True)
        return Person(row, [_phone(world)], Dentition.PERMANENT, world.today, date.max, is_provisional=True)
    low, high = chosen(chance, AGES)
    birthday = world.today - timedelta(days=chance.randint(low * 365 + 10, high * 365 + 300))
    return _complete(world, first, last, gender, birthday, known)


def _complete(world: World, first: str, last: str, gender: Gender, birthday: date, known: set[str]) -> Person:
    chance = world.chance
    age = (world.today - birthday).days // 365
    dentition = Dentition.PRIMARY if age < 6 else Dentition.MIXED if age < 13 else Dentition.PERMANENT
    has_died = age > 40 and chance.random() < DECEASED
    row = _row(
        world, first, last, gender=gender, birthday=birthday, dentition=dentition, is_deceased=has_died,
        register_number=_register(world, birthday, gender, known) if chance.random() < 0.96 else None,
        address=chance.choice(names.DISTRICTS), occupation=None if age < 18 else chance.choice(names.JOBS),
        email=f"patient{chance.randint(1000, 99999)}@example.com" if chance.random() < 0.3 else None,
        blood_type=chance.choice(list(BloodType)) if chance.random() < 0.2 else None,
        note=chance.choice(names.NOTES) if chance.random() < 0.06 else None,
        preferred_locale=Locale.EN if chance.random() < 0.03 else Locale.MN,
        assigned_doctor_id=chance.choice(world.staff.doctors).employee_id if chance.random() < 0.4 else None,
        source=chance.choice(list(PatientSource)[:6]), marketing_opt_in=chance.random() < 0.4,
    )  # fmt: skip
    joined = world.today - timedelta(days=max(0, int(chance.triangular(-200, 365, 330))))
    leaves = world.today - timedelta(days=200) if has_died else date.max
    return Person(row, [_phone(world), _phone(world)], dentition, joined, leaves)


def _row(world: World, first: str, last: str | None, **values: Any) -> Row:
    defaults: Row = {
        "user_id": None, "register_number": None, "gender": None, "birthday": None, "email": None, "address": None,
        "occupation": None, "blood_type": None, "note": None, "assigned_doctor_id": None,
        "source": PatientSource.PHONE, "dentition": Dentition.PERMANENT, "is_deceased": False,
        "preferred_locale": Locale.MN, "marketing_opt_in": False, "is_provisional": False, "emergency_contact": None,
    }  # fmt: skip
    store = world.store
    key = store.keys[Patient] = store.keys.get(Patient, 0) + 1
    card = f"{next(world.cards):06d}"
    names_ = {"first_name": first, "last_name": last, "sort_name": sort_key(f"{first} {last or ''}")}
    return {**defaults, **values, **names_, "patient_id": key, "card_number": card}


def _register(world: World, birthday: date, gender: Gender, known: set[str]) -> str:
    month = birthday.month + (20 if birthday.year >= 2000 else 0)
    while True:
        sex = world.chance.randrange(0, 10, 2) + (1 if gender is Gender.MALE else 0)
        letters, last = world.chance.choice(names.REGISTER_LETTERS), world.chance.randint(0, 9)
        number = f"{letters}{birthday:%y}{month:02d}{birthday:%d}{sex}{last}"
        if number not in known:
            known.add(number)
            return parse_register_number(number).value


def _phone(world: World) -> str:
    return f"+976{world.chance.choice(PREFIXES)}{world.chance.randint(110_000, 999_999)}"


def _health(world: World, person: Person, *, certain: bool) -> None:
    for number, (share, kind, name, allergen, severity) in enumerate(HISTORY):
        if world.chance.random() < share or (certain and number == 0):
            person.allergens |= {allergen.value} if allergen else set()
            world.store.add(
                MedicalHistoryEntry, patient_id=person.patient_id, kind=kind, name=name, allergen=allergen,
                severity=severity, recorded_by=world.clerk,
            )  # fmt: skip


def _insurers(world: World) -> list[int]:
    plans = []
    for name, kind, plan, most, deductible in INSURERS:
        provider = InsuranceProvider(name=name, kind=kind)
        world.session.add(provider)
        world.session.flush()
        row = InsurancePlan(
            insurance_provider_id=provider.insurance_provider_id, name=plan, annual_maximum=most, deductible=deductible
        )
        world.session.add(row)
        world.session.flush()
        plans.append(row.insurance_plan_id)
    return plans


def _policy(world: World, person: Person, plans: Sequence[int]) -> None:
    if world.chance.random() < 0.35:
        first = date(world.today.year, 1, 1)
        world.store.add(
            PatientInsurance, patient_id=person.patient_id, insurance_plan_id=world.chance.choice(plans),
            policy_number=f"D{world.chance.randint(100_000, 999_999)}", order=PolicyOrder.PRIMARY,
            valid_from=first, valid_until=date(world.today.year, 12, 31),
        )  # fmt: skip


def _families(world: World, people: Sequence[Person]) -> None:
    """Children get a parent who pays."""
    grown = [p for p in people if p.row["birthday"] and (world.today - p.row["birthday"]).days > 25 * 365]
    for child in people:
        birthday = child.row["birthday"]
        if birthday is None or (world.today - birthday).days > CHILD * 365 or not grown:
            continue
        parent = world.chance.choice(grown)
        if (birthday - parent.row["birthday"]).days > 18 * 365 and not parent.row["is_deceased"]:
            child.payer = parent.patient_id
            is_mother = parent.row["gender"] is Gender.FEMALE
            child.phones[1] = parent.phones[0]
            child.row["emergency_contact"] = f"{'Ээж' if is_mother else 'Аав'} {parent.row['first_name']}"
            world.store.add(
                PatientRelation, patient_id=child.patient_id, related_patient_id=parent.patient_id,
                kind=RelationKind.PARENT, is_payer=True,
            )  # fmt: skip


def store_patients(world: World, people: Sequence[Person]) -> None:
    """The patients with their phones and search keys. What their visits change, `note_visits` adds."""
    store = world.store
    for person in people:
        made = min(world.at(person.joined, 9 * 60), world.now) - BOOKED_BEFORE
        store.put(Patient, {**person.row, "created_at": made})
    store.write()
    for person in people:
        for place, phone in enumerate(dict.fromkeys(person.phones)):
            second = PhoneLabel.SPOUSE if person.dentition is Dentition.PERMANENT else PhoneLabel.MOTHER
            label = (PhoneLabel.GUARDIAN if person.payer else second) if place else PhoneLabel.SELF
            store.add(
                PatientPhone, patient_id=person.patient_id, phone_number_val=phone, label=label, is_primary=place == 0
            )
        for kind, key in sorted(search_keys(Patient(**_searched(person.row)), person.phones)):
            store.put(PatientSearch, {"patient_id": person.patient_id, "kind": kind, "key": key})
        store.write_if_full()


def note_visits(world: World, people: Sequence[Person]) -> None:
    """First and last visit of each patient, and the status that follows."""
    for person in people:
        if person.last_seen is not None:
            status = rules.patient_status(clinic_date(person.last_seen, world.zone), world.today)
            seen = {"first_seen_at": person.first_seen, "last_seen_at": person.last_seen, "status": status}
            world.store.change(Patient, {"patient_id": person.patient_id, **seen})


def _searched(row: Row) -> Row:
    names_ = ("first_name", "last_name", "card_number", "register_number")
    return {name: row[name] for name in names_} | {"passport_number": None}
