"""The search for patients: by any part of name or number, in every way people write it, the same on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import assume, given
from hypothesis import strategies as st

from app.db import unit
from app.people import actions, queries
from app.people.models import Patient, PatientSearch
from tests.factories import people

# Names with every letter that folds in a way of its own, double vowels, signs, hyphens, дж and дз.
NAMES = (
    "Мөнхбат", "Цэцэгмаа", "Өлзийсайхан", "Үүрийнтуяа", "Хүрэлбаатар", "Ёндон", "Бат-Эрдэнэ", "Лхагвасүрэн",
    "Юмжирдулам", "Эрдэнэчимэг", "Шүрэнцэцэг", "Жаргалсайхан", "Янжинлхам", "Гончигсүрэн", "Санджаа",
    "Лодзойдамба", "Соёл-Эрдэнэ", "Энхтуяа", "Оюунчимэг", "Хишигжаргал", "Цогтбаяр", "Щербаков", "Отгонбаяр",
    "Нандин-Эрдэнэ", "Ихбаяр",
)  # fmt: skip
LATIN = {"ө": ("u", "o", "v"), "ү": ("u", "v"), "х": ("kh", "h"), "ц": ("ts",), "ж": ("j", "zh"), "ё": ("yo",)}
PLAIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "з": "z", "и": "i", "й": "i", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "ч": "ch", "ш": "sh",
    "щ": "sh", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "-": "-",
}  # fmt: skip
WITHOUT_OUR_KEYBOARD = str.maketrans("үөёэҮӨЁЭ", "уоееУОЕЕ")


def is_found(name: str, typed: str) -> bool:
    """Whether the keys of somebody with this name are found by what was typed: as the statements would."""
    keys = queries.search_keys(Patient(first_name=name, card_number="000001"), [])
    words = queries._words(typed)
    ranges = [queries._ranges(word, True) for word in words]
    return bool(words) and all(
        any(kind == k and key.startswith(start) for kind, start in found for k, key in keys) for found in ranges
    )


@st.composite
def parts(draw: st.DrawFn) -> tuple[str, str]:
    """A name and a part of it of at least two letters."""
    name = draw(st.sampled_from(NAMES))
    start = draw(st.integers(0, len(name) - 2))
    return name, name[start : draw(st.integers(start + 2, len(name)))]


@given(parts(), st.sampled_from([str, str.upper, str.lower]))
def test_any_part_of_a_name_in_any_case_finds_it(pair: tuple[str, str], case: Any) -> None:
    name, part = pair
    assume(part.strip("-ьъЬЪ"))
    assert is_found(name, case(part)), part


@given(parts())
def test_any_part_of_a_name_typed_without_the_mongolian_keyboard_finds_it(pair: tuple[str, str]) -> None:
    name, part = pair
    assume(part.strip("-ьъ"))
    assert is_found(name, part.translate(WITHOUT_OUR_KEYBOARD)), part


@given(parts(), st.data())
def test_any_part_of_a_name_in_latin_letters_as_people_write_them_finds_it(pair: tuple[str, str], data: Any) -> None:
    name, part = pair
    latin = "".join(
        data.draw(st.sampled_from(LATIN[letter])) if letter in LATIN else PLAIN[letter] for letter in part.lower()
    )
    assume(len(latin.strip("-")) > 1)
    assert is_found(name, latin), latin


@given(parts())
def test_a_word_that_is_not_in_a_name_does_not_find_it(pair: tuple[str, str]) -> None:
    name, part = pair
    assert not is_found(name, part + "щщфф")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("munkhbat", "Мөнхбат"),
        ("monkhbat", "Мөнхбат"),
        ("монхбат", "Мөнхбат"),
        ("МӨНХБАТ", "Мөнхбат"),
        ("мунхбат", "Мөнхбат"),
        ("Mönhbat", "Мөнхбат"),
        ("mvnhbat", "Мөнхбат"),
        ("tsetseg", "Цэцэг"),
        ("cecEG", "Цэцэг"),
        ("ulzii", "Өлзий"),
        ("олзий", "Өлзий"),
        ("bat erdene", "Бат-Эрдэнэ"),
        ("баатар", "Бат-Баатар"),
        ("sandjaa", "Санджаа"),
        ("sanjaa", "Санджаа"),
    ],
)
@pytest.mark.both
def test_the_examples_of_the_rules(clinic: Any, typed: str, name: str) -> None:
    wanted = clinic.make(people.patient, first_name=name, last_name="Ганзориг")
    clinic.make(people.patient, first_name="Сувд", last_name="Лувсан")
    assert [row.patient_id for row in queries.find_patients(clinic.session, typed)] == [wanted.patient_id]


def one(clinic: Any, **values: Any) -> Patient:
    """A patient whose numbers are known."""
    rows = [(0, {"phone_number_val": "+97699112244"}), (1, {"phone_number_val": "+97688765432"})]
    base = {"first_name": "Мөнхбат", "last_name": "Дорж", "register_number": "УБ85040315", "card_number": "A-1207"}
    found: Patient = clinic.make(people.patient, own_phones=rows, **{**base, **values})
    return found


@pytest.mark.parametrize(
    "typed",
    [
        "9911 2244",
        "99112244",
        "+976 9911-2244",
        "97699112244",
        "9911",
        "2244",
        "1122",
        "876543",
        "уб85040315",
        "УБ85",
        "ub8504",
        "850403",
        "0403",
        "40315",
        "А-1207",
        "A-1207",
        "1207",
        "20",
        "дорж мөнх",
        "monh dorj",
        "dorj 9911",
        "д м",
        "мөнхбат дорж 2244",
    ],
)
@pytest.mark.both
def test_any_part_of_any_number_finds_a_patient(clinic: Any, typed: str) -> None:
    clinic.make(people.patient, first_name="Сувд", last_name="Лувсан", card_number="000777")
    assert one(clinic).patient_id in queries.matching_ids(clinic.session, typed), typed


@pytest.mark.parametrize(
    "typed",
    ["", " ", "---", "%", "_", "ь", "'", "~", "~4422", "\x7f", "ъъ", "дорж сувд", "9911 сувд", "x" * 500],
)
@pytest.mark.both
def test_what_nobody_is_called_finds_nobody_and_breaks_nothing(clinic: Any, typed: str) -> None:
    one(clinic)
    assert queries.matching_ids(clinic.session, typed) == []
    assert queries.find_patients(clinic.session, typed) == []


@pytest.mark.both
def test_whoever_begins_so_comes_before_whoever_contains_it(clinic: Any) -> None:
    inside = clinic.make(people.patient, first_name="Ганболд", last_name="Цэрэн")
    begins = clinic.make(people.patient, first_name="Болд", last_name="Цэрэн")
    assert queries.matching_ids(clinic.session, "болд") == [begins.patient_id, inside.patient_id]
    assert queries.matching_ids(clinic.session, "болд", 1) == [begins.patient_id]


@pytest.mark.both
def test_one_letter_finds_beginnings_only(clinic: Any) -> None:
    begins = clinic.make(people.patient, first_name="Ёндон", last_name="Цэрэн")
    clinic.make(people.patient, first_name="Соёл", last_name="Цэрэн")
    assert queries.matching_ids(clinic.session, "Ё") == [begins.patient_id]


@pytest.mark.both
def test_pages_of_what_was_found_follow_each_other_without_gap_and_repeat(clinic: Any) -> None:
    wanted = {clinic.make(people.patient, first_name="Зандан", last_name="Цэрэн").patient_id for _ in range(7)}
    pages = [queries.find_patients(clinic.session, "зандан", 3, offset) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert {row.patient_id for page in pages for row in page} == wanted


@pytest.mark.both
def test_a_changed_name_or_phone_is_found_and_the_old_one_no_longer(clinic: Any) -> None:
    key = one(clinic).patient_id

    def change(session: Any) -> None:
        patient = session.get(Patient, key, with_for_update=True)
        rows = [(0, {"phone_number_val": "+97695000001"}), (1, {"phone_number_val": "+97688765432"})]
        actions.change_patient(session, patient, {"first_name": "Золзаяа"}, rows, today=clinic.today)

    unit(change)
    assert queries.matching_ids(clinic.session, "золзаяа") == queries.matching_ids(clinic.session, "9500") == [key]
    for gone in ("мөнхбат", "9911", "2244", "нхба"):
        assert queries.matching_ids(clinic.session, gone) == [], gone


@pytest.mark.both
def test_lists_of_other_tables_find_by_the_same_words(clinic: Any) -> None:
    key = one(clinic).patient_id

    for typed in ("мөнх", "нхбат", "2244", "дорж мөнх"):
        condition = queries.matching_condition(Patient.patient_id, typed)
        assert clinic.session.scalars(sa.select(Patient.patient_id).where(condition)).all() == [key], typed
    assert not clinic.session.scalars(
        sa.select(Patient.patient_id).where(queries.matching_condition(Patient.patient_id, "ь"))
    ).all()


@pytest.mark.both
@pytest.mark.parametrize("typed", ["мөнх", "нхб", "2244", "122", "дорж мөнх"])
def test_every_step_of_a_search_is_a_range_on_an_index(clinic: Any, typed: str) -> None:
    """Trap 16: no step may go through all keys, however many there are."""
    for n in range(40):
        one(clinic, register_number=None, card_number=f"B-{n}", first_name=f"Дарь{'абвгд'[n % 5]}")
    session = clinic.session
    with clinic.statements() as seen:
        queries.matching_ids(session, typed)
    assert len(seen) <= 4
    with clinic.statements() as seen_later:
        queries.matching_ids(session, typed)
    assert len(seen) == len(seen_later)
    assert all("LIKE" not in statement for statement in seen)
    for plan in plans(session, typed):
        assert "SCAN patient_search" not in plan, plan


def plans(session: Any, typed: str) -> list[str]:
    """What the database does with the keys in each statement of a search: on MariaDB in SQLite's words."""
    words, found = queries._words(typed), []
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    for anywhere in (False, True):
        statement = queries._matching(session, words, anywhere, 25).compile(
            session.get_bind(), compile_kwargs={"literal_binds": True}
        )
        bare = str(statement).replace("%%", "%").replace(":", "\\:")
        rows = session.execute(sa.text(f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {bare}")).all()
        if is_sqlite:
            found += [row[3] for row in rows]
        else:
            found += [f"{'SCAN' if row.type in ('ALL', 'index') else 'SEARCH'} {row.table} {row.key}" for row in rows]
    assert [plan for plan in found if "patient_search" in plan]
    return found


def test_a_patient_has_as_many_keys_as_letters_and_not_more(clinic: Any) -> None:
    """The keys are the price of the speed: they must not grow out of proportion."""
    key = one(clinic, first_name="Үүрийнтуяа", last_name="Лхагвасүрэн").patient_id
    assert clinic.count(PatientSearch, PatientSearch.patient_id == key) < 70
