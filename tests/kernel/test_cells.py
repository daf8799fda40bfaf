"""Cells of spreadsheets, by example and by property: read or refused with a sentence, never anything else."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.cells import clean_cell, read_amount, read_text, read_whole, read_word, read_words, read_yes, word_key
from app.kernel.errors import RuleError
from app.kernel.money import LARGEST, format_tugrug

WORDS = {word_key(word): word for word in ("root canal", "ломбо", "VAT 0 %")}
READERS: dict[str, Callable[[str], Any]] = {
    "amount": read_amount,
    "whole": read_whole(0, 720),
    "text": read_text(40),
    "yes": read_yes,
    "word": read_word(WORDS),
    "words": read_words(WORDS),
}
AMOUNTS = [
    "30000", "30 000", "30,000", "30,000 ₮", "30000.0", "30000.00", "3E+04", "3.0e4", "30'000", "30000 төгрөг",
    "₮30,000", "30,000.00", "\u00a030\u202f000 MNT",
]  # fmt: skip


@pytest.mark.parametrize("typed", AMOUNTS)
def test_an_amount_in_many_ways(typed: str) -> None:
    assert read_amount(clean_cell(typed)) == 30_000


@pytest.mark.parametrize(
    "typed",
    [
        "-1", "-0.5", "1.5", "30.000", "1.250.000", "30,5", "3,00", "1e30", "1E+999", "9" * 31, "9" * 100, "2026-11-21",
        "=1+1", "үнэгүй", "12:30", "1-2", "NaN", "Infinity", "1/2", "0x10", "٣٠",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        read_amount(typed)


@pytest.mark.parametrize(("typed", "number"), [("30", 30), ("30.0", 30), (" 3 0 ", 30), ("3E+01", 30), ("", None)])
def test_a_whole_number_in_many_ways(typed: str, number: int | None) -> None:
    assert read_whole(0, 720)(typed) == number


@pytest.mark.parametrize("typed", ["-1", "721", "2.5", "1e30", "2026-11-21", "x", "1,5", "--1"])
def test_what_is_no_such_number_is_refused(typed: str) -> None:
    with pytest.raises(RuleError):
        read_whole(0, 720)(typed)


def test_yes_and_no_in_both_languages() -> None:
    assert [read_yes(word) for word in ("Тийм", "YES", "1", "x", "үгүй", "No", "0", "")] == [True] * 4 + [False] * 3 + [
        None
    ]
    with pytest.raises(RuleError):
        read_yes("магадгүй")


def test_words_are_known_whatever_their_case_and_signs() -> None:
    assert read_word(WORDS)(" Root-Canal ") == "root canal"
    assert read_words(WORDS)("ЛОМБО; root canal, ломбо") == ["ломбо", "root canal"]
    assert read_words(WORDS)(" , ") is None
    with pytest.raises(RuleError):
        read_word(WORDS)("титэм")


@pytest.mark.parametrize("name", READERS)
@given(typed=st.one_of(st.text(max_size=60), st.from_regex(r"-?[0-9.,eE+ ₮%:/-]{1,40}", fullmatch=True)))
def test_no_cell_however_odd_does_anything_but_be_read_or_refused(name: str, typed: str) -> None:
    with contextlib.suppress(RuleError):
        READERS[name](clean_cell(typed))


@given(st.integers(min_value=0, max_value=LARGEST))
def test_an_amount_is_read_as_it_is_shown_and_as_it_is_written(amount: int) -> None:
    assert read_amount(format_tugrug(amount)) == read_amount(str(amount)) == read_amount(f"{amount}.0") == amount


@given(st.one_of(st.integers(max_value=-1), st.integers(min_value=LARGEST + 1)))
def test_no_amount_is_negative_or_larger_than_any_clinic_bills(amount: int) -> None:
    with pytest.raises(RuleError):
        read_amount(str(amount))
