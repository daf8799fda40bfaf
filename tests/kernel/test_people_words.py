"""Dates, phones, register numbers and names as people write them: rules.md, People."""

import random
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.dates import add_months, age_on, clinic_date, clinic_moment, day_bounds, parse_date
from app.kernel.errors import RuleError
from app.kernel.folding import fold, fold_words, sort_key
from app.kernel.phones import national_digits, parse_phone, show_phone
from app.kernel.register_number import parse_register_number

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
LETTERS = "АБВГДЕЁЖЗИЙКЛМНОӨПРСТУҮФХЦЧШЩЪЫЬЭЮЯ"
WORDS = st.text(LETTERS + LETTERS.lower(), min_size=1, max_size=14)


# --- register numbers


@pytest.mark.parametrize(
    ("typed", "birthday", "is_male"),
    [
        ("УК03271614", date(2003, 7, 16), True),
        ("ЧБ85040325", date(1985, 4, 3), False),
        ("ЧБ03321614", date(2003, 12, 16), True),
    ],
)
def test_the_examples_of_the_rules(typed: str, birthday: date, is_male: bool) -> None:
    found = parse_register_number(typed)
    assert (found.birthday, found.is_male) == (birthday, is_male)


@pytest.mark.parametrize(
    "typed",
    [
        "ЧБ85130325",
        "ЧБ03223014",
        "AB85040325",
        "ЧБ8504032",
        "ЧБ850403255",
        "",
        "8504032511",
        "ЧЧЧ5040325",
        "ЧБ85003325",
        "ЧБ85330325",
    ],
)
def test_a_number_that_can_not_be_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        parse_register_number(typed)


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.booleans(),
    st.text(LETTERS, min_size=2, max_size=2),
    st.integers(0, 9),
)
def test_what_a_number_was_made_from_is_read_from_it(day: date, is_male: bool, letters: str, last: int) -> None:
    month = day.month + (20 if day.year >= 2000 else 0)
    value = f"{letters}{day.year % 100:02d}{month:02d}{day.day:02d}{1 if is_male else 2}{last}"
    for typed in (value, value.lower(), f" {value[:2]} {value[2:]} "):
        found = parse_register_number(typed)
        assert (found.value, found.birthday, found.is_male) == (value, day, is_male)


# --- phones


@pytest.mark.parametrize(
    "typed",
    [
        "9911 2233",
        "99112233",
        "9911-2233",
        "+976 9911 2233",
        "(+976) 9911 2233",
        "976 99112233",
        "97699112233",
        "+97699112233 ",
        "976-9911-2233",
    ],
)
def test_one_number_however_it_is_typed(typed: str) -> None:
    assert parse_phone(typed) == "+97699112233"


@pytest.mark.parametrize(
    "typed",
    ["", "123", "9911223", "991122334", "abcdefgh", "99112233 дотуур 5", "+1", "9" * 60, "99112233;99112234", "\x00"],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        parse_phone(typed)


def test_numbers_are_shown_as_people_say_them() -> None:
    assert show_phone("+97699112233") == "9911 2233"
    assert show_phone(parse_phone("+7 495 123-45-67")).startswith("+7 495")
    assert national_digits("+97699112233") == "99112233"


@given(st.integers(80_000_000, 99_999_999))
def test_a_shown_number_is_read_again(number: int) -> None:
    e164 = f"+976{number}"
    assert parse_phone(show_phone(e164)) == e164


# --- dates


@given(DAYS)
def test_every_usual_way_to_write_a_date_is_read(day: date) -> None:
    ways = (
        day.isoformat(), f"{day:%Y.%m.%d}", f"{day:%Y/%m/%d}", f"{day:%d.%m.%Y}", f"{day:%Y%m%d}",
        f"{day.year} оны {day.month} сарын {day.day}", f"{day.year} оны {day.month}-р сарын {day.day}", f" {day.year}-{day.month}-{day.day} ",
    )  # fmt: skip
    assert {parse_date(way) for way in ways} == {day}


@pytest.mark.parametrize(
    "typed",
    [
        "2026-02-30",
        "2026-13-01",
        "31.04.2026",
        "26-01-01",
        "tomorrow",
        "",
        "0001-01-01",
        "2026-1",
        "1/2/3",
        "20260230",
        "٢٠٢٦-٠١-٠١",
    ],
)
def test_a_day_that_does_not_exist_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        parse_date(typed)


def test_ages_count_whole_years() -> None:
    assert age_on(date(2000, 2, 29), date(2026, 2, 28)) == 25
    assert age_on(date(2000, 2, 29), date(2026, 3, 1)) == 26
    assert age_on(date(2026, 1, 1), date(2026, 12, 31)) == 0


@given(DAYS, st.integers(-240, 240))
def test_months_are_added_without_leaving_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or later.day < day.day


@pytest.mark.parametrize("zone", ["Asia/Ulaanbaatar", "Asia/Hovd", "UTC"])
@given(day=DAYS)
def test_a_clinics_day_is_its_own(zone: str, day: date) -> None:
    place = ZoneInfo(zone)
    start, end = day_bounds(day, place)
    assert clinic_date(start, place) == day
    assert clinic_date(end, place) != day
    assert clinic_moment(day, time(14, 30), place).astimezone(place).replace(tzinfo=None) == datetime.combine(
        day, time(14, 30)
    )
    assert start.tzinfo is UTC


# --- names


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("Мөнхбат", ["munkhbat", "monkhbat", "монхбат", "МӨНХБАТ", "mvnkhbat", "munhbat", "Мунхбат"]),
        ("Цэцэг", ["tsetseg", "ЦЭЦЭГ", "цецег"]),
        ("Өлзий", ["ulzii", "olzii", "олзий", "vlzii"]),
        ("Үүрийнтуяа", ["uuriintuya", "ууриинтуяа", "vvriintuyaa"]),
        ("Ёндон", ["yondon", "ендон"]),
        ("Хулан", ["khulan", "hulan", "хулан"]),
        ("Оюунчимэг", ["oyunchimeg", "oyuunchimeg"]),
        ("Эрдэнэ", ["erdene", "ердене"]),
    ],
)
def test_every_way_to_type_a_name_folds_to_one_key(name: str, ways: list[str]) -> None:
    assert {fold(way) for way in ways} == {fold(name)}


@given(WORDS)
def test_a_key_is_plain_and_stays_itself(word: str) -> None:
    key = fold(word)
    assert key == "" or (key.isascii() and key.isalnum() and key == key.lower())
    assert fold(word.upper()) == fold(word.lower()) == key
    assert fold(key) == key


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_every_word_of_a_name_is_a_key(words: list[str]) -> None:
    keys = fold_words(" ".join(words))
    assert {fold(word) for word in words} - {""} == set(keys)


def test_a_hyphenated_name_is_found_by_either_part_and_as_one() -> None:
    assert fold_words("Бат-Эрдэнэ") == ["bat", "erdene", "baterdene"]


def test_names_sort_in_the_order_of_the_mongolian_alphabet() -> None:
    names = [
        "Ариун",
        "Бат",
        "Ёндон",
        "Жаргал",
        "Отгон",
        "Өлзий",
        "Пүрэв",
        "Тулга",
        "Улаан",
        "Үүрийн",
        "Цэцэг",
        "Эрдэнэ",
        "Яргуй",
    ]
    assert sorted(random.sample(names, len(names)), key=sort_key) == names


@given(WORDS)
def test_a_sort_key_ignores_case_and_is_ascii(word: str) -> None:
    assert sort_key(word.lower()) == sort_key(word.upper())
    assert sort_key(word).isascii()
