"""What becomes of each row of a patient list: by the list that clinics keep, by example and by property."""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.cells import clean_cell, read_day
from app.kernel.errors import RuleError
from app.kernel.lists import Fate
from app.kernel.text import T
from app.people.models import Patient
from app.people.rules import Gender
from app.people.rules.cells import read_gender, read_name, read_phones, split_name
from app.people.rules.columns import BY_WORD, HEADERS, HEADS, ImportColumn, Layout
from app.people.rules.importing import Fault, Person, Roll, Verdict, judge
from app.people.rules.reading import LIMITS, read_row

DATA = Path(__file__).resolve().parents[1] / "data"
TODAY = date(2026, 11, 21)
HEADER = (
    "Овог",
    "Нэр",
    "Регистр",
    "Төрсөн огноо",
    "Хүйс",
    "Утас",
    "Утас 2",
    "И-мэйл",
    "Хаяг",
    "Сүүлд ирсэн",
    "Тэмдэглэл",
)
GOOD = ("Дорж", "Мөнхбат", "ЧБ85040315", "1985-04-03", "эр", "99112233", "88112233", "", "", "", "")


def row(**changes: str) -> list[str]:
    """A good row with some cells changed, by the name of the column in the header."""
    return [changes.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def read(cells: list[str], layout: Layout | None = None, line: int = 2) -> Verdict:
    """The verdict on one row of a clinic without patients."""
    return judge(read_row(line, cells, layout or HEADS.recognise([HEADER]), TODAY), Roll())


def verdicts(rows: list[list[str]], roll: Roll | None = None) -> list[Verdict]:
    """The verdicts on several rows."""
    known, layout = roll or Roll(), HEADS.recognise([HEADER])
    return [judge(read_row(line, cells, layout, TODAY), known) for line, cells in enumerate(rows, start=2)]


# --- the list


def test_each_of_the_500_rows_of_a_clinics_list_gets_its_verdict() -> None:
    expected = json.loads((DATA / "patients-import.expected.json").read_text(encoding="utf-8"))
    with (DATA / "patients-import.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    layout = HEADS.recognise([header])
    roll = Roll()
    found = []
    for line, cells in enumerate(rows, start=2):
        verdict = judge(read_row(line, cells, layout, TODAY), roll)
        found.append(f"error: {verdict.refusals[0].fault.value}" if verdict.refusals else verdict.fate.value)
    assert found == expected["verdicts"]
    assert Counter(found) == expected["counts"]


# --- columns


def test_columns_are_recognised_in_mongolian_and_english_however_they_are_written() -> None:
    mongolian = HEADS.recognise_header(
        ["ОВОГ ", "нэр", "РД", "Төрсөн огноо:", "Хүйс", "Утас", "Утас-2", "Сүүлд ирсэн огноо"]
    )
    english = HEADS.recognise_header(
        ["Surname", "First Name", "Register no.", "Date of birth", "Sex", "Mobile", "Phone 2", "LAST_VISIT"]
    )
    assert mongolian == english
    assert None not in english


def test_a_header_that_says_it_twice_is_recognised_by_a_part() -> None:
    assert HEADS.recognise_header(["Регистр/РД", "Нэр (Name)", "Утас (гар)"]) == (
        ImportColumn.REGISTER,
        ImportColumn.FIRST_NAME,
        ImportColumn.PHONE,
    )


def test_a_second_phone_column_is_the_second_phone_and_nothing_else_is_taken_twice() -> None:
    assert HEADS.recognise_header(["Утас", "Утас", "Phone", "Нэр", "Нэр", "№"]) == (
        ImportColumn.PHONE,
        ImportColumn.SECOND_PHONE,
        ImportColumn.THIRD_PHONE,
        ImportColumn.FIRST_NAME,
        None,
        None,
    )


def test_the_header_may_stand_below_a_title() -> None:
    rows = [["Эрүүл шүд ХХК"], [], ["2026 оны 11 сар"], list(HEADER), row()]
    layout = HEADS.recognise(rows)
    assert layout.header_row == 4
    assert layout.columns[:3] == (ImportColumn.LAST_NAME, ImportColumn.FIRST_NAME, ImportColumn.REGISTER)


def test_a_list_without_a_header_recognises_nothing_and_asks() -> None:
    layout = HEADS.recognise([row(), row()])
    assert layout.header_row == 0
    assert set(layout.columns) == {None}
    with pytest.raises(RuleError):
        layout.check()


def test_two_columns_can_not_be_one_thing_but_several_can_be_notes() -> None:
    columns = [ImportColumn.FIRST_NAME, ImportColumn.NOTE, ImportColumn.NOTE]
    Layout(1, ("a", "b", "c"), tuple(columns)).check()
    with pytest.raises(RuleError):
        Layout(1, ("a", "b", "c"), (*columns[:2], ImportColumn.FIRST_NAME)).check()
    with pytest.raises(RuleError):
        Layout(1, ("a", "b"), (ImportColumn.FULL_NAME, ImportColumn.FIRST_NAME)).check()


@pytest.mark.parametrize("language", ["mn", "en"])
def test_every_header_of_the_empty_list_is_recognised(language: str) -> None:
    names = [getattr(names, language) for names in HEADERS.values()]
    assert HEADS.recognise_header(names) == tuple(HEADERS)


def test_a_layout_says_what_every_patient_will_lack() -> None:
    assert HEADS.layout_at([["Нэр", "Регистр"]], 1).missing() == [ImportColumn.PHONE, ImportColumn.SECOND_PHONE]
    assert ImportColumn.BIRTHDAY in HEADS.layout_at([["Нэр", "Утас"]], 1).missing()


# --- cells


@pytest.mark.parametrize(
    ("typed", "gender"),
    [
        ("эр", Gender.MALE),
        ("Эрэгтэй", Gender.MALE),
        ("M", Gender.MALE),
        ("М", Gender.MALE),
        ("male", Gender.MALE),
        ("1", Gender.MALE),
        ("эм", Gender.FEMALE),
        ("ЭМЭГТЭЙ", Gender.FEMALE),
        ("F.", Gender.FEMALE),
        ("", None),
    ],
)
def test_genders_in_many_words(typed: str, gender: Gender | None) -> None:
    assert read_gender(typed) is gender


@pytest.mark.parametrize(
    "typed",
    [
        "1985-04-03",
        "1985.04.03",
        "1985/4/3",
        "03.04.1985",
        "1985 оны 4 сарын 3",
        "1985-04-03 00:00:00",
        "31140",
        "1985-04-03T00:00",
        "31140.0",
        "1985.04.03.",
    ],
)
def test_dates_in_many_ways_are_one_day(typed: str) -> None:
    assert read_day(typed) == date(1985, 4, 3)


@pytest.mark.parametrize("typed", ["1985-13-03", "30.02.1985", "хавар", "85", "99999999", "0"])
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        read_day(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "9911 2233",
        "9911-2233",
        "(+976) 9911 2233",
        "976 99112233",
        "+97699112233",
        "99112233.0",
        "'99112233",
        "9.9112233E7",
        "9.9112233e+07",
        "99112233 ",
    ],
)
def test_phones_in_many_ways_are_one_number(typed: str) -> None:
    assert read_phones(typed) == ["+97699112233"]


def test_several_phones_may_stand_in_one_cell() -> None:
    assert read_phones("99112233, 8811-2233/95112233") == ["+97699112233", "+97688112233", "+97695112233"]
    assert read(row(Утас="99112233, 88112233", **{"Утас 2": ""})).fate is Fate.OK


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  ҮҮРИЙНТУЯА ", "Үүрийнтуяа"),
        ("бат-эрдэнэ", "Бат-Эрдэнэ"),
        ("БАТ  ЭРДЭНЭ", "Бат Эрдэнэ"),
        ("МакКарти", "МакКарти"),
        ("Є", "Ө"),
        ("Төмєр", "Төмөр"),
        ("", ""),
    ],
)
def test_names_get_their_usual_form(typed: str, name: str) -> None:
    assert read_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "both"),
    [
        ("Дорж Мөнхбат", ("Дорж", "Мөнхбат")),
        ("Д.Мөнхбат", ("Д", "Мөнхбат")),
        ("д. мөнхбат", ("Д", "Мөнхбат")),
        ("Мөнхбат", ("", "Мөнхбат")),
        ("Боржигин Дорж Бат", ("Боржигин Дорж", "Бат")),
    ],
)
def test_one_cell_may_hold_both_names(typed: str, both: tuple[str, str]) -> None:
    assert split_name(typed) == both


@given(st.text(max_size=60))
def test_a_clean_cell_has_nothing_that_can_not_be_seen_and_stays_as_it_is(text: str) -> None:
    clean = clean_cell(text)
    assert not {"\x00", "\u200b", "\ufeff"} & set(clean)
    assert clean_cell(clean) == clean or clean[:1] == "'"


# --- rows


def test_a_row_is_read_as_it_would_be_stored() -> None:
    entry = read(
        row(
            **{"Овог": " ДОРЖ ", "Регистр": "чб 85040315", "Төрсөн огноо": "", "Хүйс": "", "Сүүлд ирсэн": "20.10.2026"},
            Тэмдэглэл="Новокаинд харшилтай  ",
        )
    ).entry
    assert entry.values["last_name"] == "Дорж"
    assert entry.values["register_number"] == "ЧБ85040315"
    assert (entry.values["birthday"], entry.values["gender"]) == (date(1985, 4, 3), Gender.MALE)
    assert entry.phones == ["+97699112233", "+97688112233"]
    assert entry.last_visit == date(2026, 10, 20)
    assert entry.values["note"] == "Новокаинд харшилтай"


@pytest.mark.parametrize(
    ("changes", "fault", "column"),
    [
        ({"Нэр": ""}, Fault.FIRST_NAME, "first_name"),
        ({"Регистр": "ЧБ85130315"}, Fault.REGISTER, "register_number"),
        ({"Регистр": "XX85040315"}, Fault.REGISTER, "register_number"),
        ({"Төрсөн огноо": "1985-04-04"}, Fault.CONTRADICTS, "birthday"),
        ({"Регистр": "", "Төрсөн огноо": "2031-01-01"}, Fault.FUTURE, "birthday"),
        ({"Регистр": "", "Төрсөн огноо": ""}, Fault.BIRTHDAY, "birthday"),
        ({"Регистр": "", "Төрсөн огноо": "1701-01-01"}, Fault.BIRTHDAY, "birthday"),
        ({"Регистр": "", "Төрсөн огноо": "хавар"}, Fault.BIRTHDAY, "birthday"),
        ({"Хүйс": "эм"}, Fault.GENDER, "gender"),
        ({"Хүйс": "?"}, Fault.GENDER, "gender"),
        ({"Регистр": "", "Хүйс": ""}, Fault.GENDER, "gender"),
        ({"Утас": "9911223"}, Fault.PHONE, "phone"),
        ({"Утас": "", "Утас 2": "99112233"}, Fault.PHONE, "phone"),
        ({"Утас 2": ""}, Fault.SECOND_PHONE, "second_phone"),
        ({"Утас 2": "123"}, Fault.SECOND_PHONE, "second_phone"),
        ({"Утас 2": "9911-2233"}, Fault.SECOND_PHONE, "second_phone"),
        ({"Нэр": "Б" * 31}, Fault.LENGTH, "first_name"),
        ({"Хаяг": "х" * 256}, Fault.LENGTH, "address"),
    ],
)
def test_a_row_with_one_thing_wrong_says_that_one_thing(changes: dict[str, str], fault: Fault, column: str) -> None:
    verdict = read(row(**changes))
    assert verdict.fate is Fate.REFUSED
    assert [(refusal.fault, refusal.column) for refusal in verdict.refusals] == [(fault, BY_WORD[column])]


def test_a_row_with_several_things_wrong_names_them_all() -> None:
    verdict = read(row(**{"Нэр": "", "Утас": "1", "Утас 2": "2", "Регистр": "?"}))
    assert {refusal.fault for refusal in verdict.refusals} == {
        Fault.FIRST_NAME,
        Fault.REGISTER,
        Fault.PHONE,
        Fault.SECOND_PHONE,
    }


def test_what_is_not_needed_never_refuses_a_row_and_is_never_lost() -> None:
    verdict = read(row(**{"И-мэйл": "байхгүй", "Сүүлд ирсэн": "хавар", "Тэмдэглэл": "ам зайтай"}))
    assert verdict.fate is Fate.OK
    assert verdict.entry.values["email"] is None
    assert verdict.entry.last_visit is None
    assert verdict.entry.values["note"].split("\n") == ["ам зайтай", "И-мэйл: байхгүй", "Сүүлд ирсэн: хавар"]
    assert len(verdict.entry.remarks) == 2


def test_a_visit_that_is_still_to_come_is_no_last_visit() -> None:
    entry = read(row(**{"Сүүлд ирсэн": "2026-11-22"})).entry
    assert entry.last_visit is None
    assert "2026-11-22" in entry.values["note"]


def test_a_blank_row_is_blank_and_nothing_else() -> None:
    assert [v.fate for v in verdicts([["", " ", "\t"], []])] == [Fate.BLANK, Fate.BLANK]


def test_a_short_row_is_read_as_far_as_it_goes() -> None:
    assert read(["Дорж", "Бат"]).fate is Fate.REFUSED


def test_several_note_columns_are_kept_apart() -> None:
    layout = HEADS.layout_at([["Нэр", "Тэмдэглэл", "Тайлбар", "Утас", "Утас 2", "Регистр"]], 1)
    entry = read_row(2, ["Бат", "нэг", "хоёр", "99112233", "88112233", "ЧБ85040315"], layout, TODAY)
    assert entry.values["note"] == "Тэмдэглэл: нэг\nТайлбар: хоёр"


def test_the_longest_texts_are_those_of_the_table() -> None:
    for column, longest in LIMITS.items():
        type_ = Patient.__table__.c[column.value].type
        assert getattr(type_, "length", None) in (longest, None), column


@given(st.lists(st.text(max_size=30), max_size=len(HEADER)))
def test_no_row_however_odd_stops_an_import(cells: list[str]) -> None:
    assert read(cells).fate in Fate


@given(
    st.lists(
        st.sampled_from(["", "1985-04-03", "9.9e99", "99112233", "=cmd()", "ЧБ85040315", "\x00", "нэр"]), min_size=11
    )
)
def test_no_row_of_cells_in_the_wrong_places_stops_an_import(cells: list[str]) -> None:
    assert read(cells).fate in Fate


# --- duplicates


def somebody(**known: object) -> Roll:
    """A clinic that knows one person."""
    roll = Roll()
    base = {"given": "munkhbat", "family": "durj", "birthday": date(1985, 4, 3), "phones": ("+97695555555",)}
    roll.add(Person(T("somebody"), patient_id=7, **{**base, **known}))  # type: ignore[arg-type]
    return roll


def fate(roll: Roll, **changes: str) -> Fate:
    return verdicts([row(**changes)], roll)[0].fate


def test_the_same_register_number_is_the_same_person_whatever_the_name() -> None:
    assert fate(somebody(register="ЧБ85040315", given="dulmaa", birthday=None)) is Fate.DUPLICATE


def test_another_register_number_is_another_person_even_with_the_same_name_and_birthday() -> None:
    assert fate(somebody(register="ЧБ85040395")) is Fate.OK


@pytest.mark.parametrize("changes", [{}, {"Нэр": "МӨНХБАТ"}, {"Овог": "Д"}, {"Овог": ""}, {"Нэр": "Munkhbat"}])
def test_without_a_number_to_compare_it_is_the_name_and_the_birthday(changes: dict[str, str]) -> None:
    assert fate(somebody(), **{"Регистр": "", **changes}) is Fate.DUPLICATE


def test_without_a_number_to_compare_it_is_the_name_and_a_phone() -> None:
    known = somebody(birthday=None)
    assert fate(known, Утас="9555 5555") is Fate.DUPLICATE
    assert fate(somebody(birthday=None)) is Fate.OK


@pytest.mark.parametrize("changes", [{"Нэр": "Мөнхзул"}, {"Овог": "Болд"}, {"Төрсөн огноо": "1985-04-04"}])
def test_the_same_birthday_alone_or_the_same_name_alone_is_somebody_else(changes: dict[str, str]) -> None:
    assert fate(somebody(), **{"Регистр": "", **changes}) is Fate.OK


def test_whoever_is_known_is_a_duplicate_even_if_the_row_lacks_something() -> None:
    assert fate(somebody(register="ЧБ85040315"), **{"Утас 2": ""}) is Fate.DUPLICATE


def test_a_refused_row_does_not_make_a_later_good_one_a_duplicate() -> None:
    assert [v.fate for v in verdicts([row(**{"Утас 2": ""}), row(), row()])] == [Fate.REFUSED, Fate.OK, Fate.DUPLICATE]


def test_a_duplicate_names_the_row_above() -> None:
    last = verdicts([row(), row()])[1]
    assert last.reasons[0].params == {"line": 2}


def test_a_card_number_of_somebody_else_is_refused() -> None:
    layout = HEADS.recognise([(*HEADER, "Картын дугаар")])
    roll = somebody(card="A-17", given="zul", birthday=None)
    verdict = judge(read_row(2, [*GOOD, "A-17"], layout, TODAY), roll)
    assert [refusal.fault for refusal in verdict.refusals] == [Fault.NUMBER]
    assert judge(read_row(3, [*GOOD, "карт"], layout, TODAY), Roll()).fate is Fate.REFUSED
