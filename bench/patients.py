"""A deterministic crowd of patients with plausible Mongolian names, written in bulk."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.kernel.folding import sort_key
from app.people.models import Patient, PatientPhone, PatientSearch
from app.people.queries import search_keys
from app.people.rules import Gender, PatientSource

FIRST = (
    "Бат", "Мөнх", "Эрдэнэ", "Ган", "Төмөр", "Сүх", "Энх", "Оюун", "Цэцэг", "Алтан", "Наран", "Болд", "Дорж", "Отгон",
    "Баяр", "Туул", "Сайн", "Өлзий", "Жаргал", "Амар", "Ариун", "Уранчимэг", "Золбоо", "Хулан", "Нямд", "Пүрэв",
    "Лхагва", "Баасан", "Мягмар", "Даваа", "Цэнд", "Үүрийн", "Анх", "Билэг", "Тэмүү", "Ням", "Содном", "Чулуун",
    "Ёндон", "Юмжи", "Ян", "Хишиг", "Зул", "Гэрэл", "Ихбат", "Нямбу", "Ундрах", "Идэр", "Галба", "Шүр",
)  # fmt: skip
SECOND = (
    "баатар", "болд", "зориг", "төгс", "жаргал", "тулга", "чимэг", "цэцэг", "туяа", "маа", "гэрэл", "сайхан", "баяр",
    "эрдэнэ", "сүрэн", "дорж", "хүү", "хүслэн", "мөнх", "нар", "зул", "бат", "гоо", "мандах", "санаа", "очир", "хуяг",
    "жин", "өлзий", "чулуун", "дэлгэр", "буян", "төмөр", "хорол", "цэрэн", "лхам", "урт", "ням", "заяа", "учрал",
)  # fmt: skip
LETTERS = "АБВГДЕЖЗИЙКЛМНОӨПРСТУҮФХЦЧШЭЯ"
AT_ONCE = 2_000
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def people(count: int, seed: int = 1) -> Iterator[tuple[Patient, list[str]]]:
    """(patient, phones) of each, the same ones each time."""
    chance = random.Random(seed)  # noqa: S311 - a deterministic crowd, no secret
    for number in range(1, count + 1):
        birthday = date(1940, 1, 1) + timedelta(days=chance.randrange(30_000))
        is_male = chance.random() < 0.5
        yield (
            Patient(
                patient_id=number,
                card_number=f"{number:06d}",
                register_number=_register(chance, birthday, is_male),
                first_name=_name(chance),
                last_name=_name(chance),
                birthday=birthday,
                gender=Gender.MALE if is_male else Gender.FEMALE,
                source=PatientSource.IMPORT,
                last_seen_at=_EPOCH + timedelta(hours=chance.randrange(60_000)),
            ),
            [f"+976{chance.choice('89')}{chance.randrange(10**7):07d}" for _ in range(2)],
        )


def _name(chance: random.Random) -> str:
    start, end = chance.choice(FIRST), chance.choice(SECOND)
    return f"{start}-{end.capitalize()}" if chance.random() < 0.1 else start + end


def _register(chance: random.Random, birthday: date, is_male: bool) -> str:
    month = birthday.month + (20 if birthday.year >= 2000 else 0)
    seventh = chance.randrange(0, 10, 2) + is_male
    letters = chance.choice(LETTERS) + chance.choice(LETTERS)
    return f"{letters}{birthday.year % 100:02d}{month:02d}{birthday.day:02d}{seventh}{chance.randrange(10)}"


def fill(connection: Connection, count: int) -> None:
    """Write them with their phones and search keys, in bulk. Two with one register number: the second has none."""
    taken: set[str] = set()
    patients: list[dict[str, Any]] = []
    phones: list[dict[str, Any]] = []
    keys: list[dict[str, Any]] = []
    for patient, numbers in people(count):
        if patient.register_number in taken:
            patient.register_number = None
        taken.add(patient.register_number or "")
        patients.append(_values(patient))
        phones += [
            {"patient_id": patient.patient_id, "phone_number_val": phone, "is_primary": place == 0}
            for place, phone in enumerate(dict.fromkeys(numbers))
        ]
        keys += [{"patient_id": patient.patient_id, "kind": k, "key": v} for k, v in search_keys(patient, numbers)]
        if len(patients) == AT_ONCE or patient.patient_id == count:
            for table, rows in ((Patient, patients), (PatientPhone, phones), (PatientSearch, keys)):
                connection.execute(sa.insert(table.__table__), rows)
                rows.clear()


def _values(patient: Patient) -> dict[str, Any]:
    names = ("patient_id", "card_number", "register_number", "first_name", "last_name", "birthday", "gender", "source")
    values = {name: getattr(patient, name) for name in (*names, "last_seen_at")}
    return values | {"sort_name": sort_key(f"{patient.first_name} {patient.last_name}")}
