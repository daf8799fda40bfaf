"""The teeth: examples of rules.md and tables.md, and what holds for all 52."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.rules import (
    TEETH,
    Arch,
    Surface,
    ToothDentition,
    ToothSystem,
    check_surfaces,
    show_tooth,
    surface_name,
    teeth_of,
    tooth_from,
    tooth_of,
)
from app.kernel.errors import RuleError
from app.people.rules import Dentition

codes = st.sampled_from(sorted(TEETH))
systems = st.sampled_from(list(ToothSystem))


@pytest.mark.parametrize(
    ("fdi", "universal"), [("36", "19"), ("11", "8"), ("48", "32"), ("18", "1"), ("55", "A"), ("75", "K"), ("85", "T")]
)
def test_universal_numbers_of_the_rules(fdi, universal):
    assert show_tooth(fdi, ToothSystem.UNIVERSAL) == universal
    assert tooth_from(ToothSystem.UNIVERSAL, universal).code == fdi


def test_the_two_teeth_of_the_tables():
    first, second = tooth_of("36"), tooth_of("75")
    assert (first.palmer, first.quadrant, first.index, first.ui_key) == ("6LL", 3, 6, "p36")
    assert (first.arch, first.dentition) == (Arch.LOWER, ToothDentition.PERMANENT)
    assert (second.palmer, second.quadrant, second.index, second.ui_key) == ("ELL", 7, 5, "d75")
    assert second.dentition is ToothDentition.PRIMARY


def test_there_are_52_teeth_and_each_quadrant_has_its_own():
    expected = [f"{q}{i}" for q in range(1, 5) for i in range(1, 9)] + [
        f"{q}{i}" for q in range(5, 9) for i in range(1, 6)
    ]
    assert sorted(TEETH) == sorted(expected)


@given(codes, systems)
def test_a_tooth_shown_in_a_system_is_found_again(code, system):
    assert tooth_from(system, show_tooth(code, system)).code == code


@pytest.mark.parametrize("system", list(ToothSystem))
def test_no_two_teeth_share_a_code_in_a_system(system):
    assert len({tooth.shown_in(system) for tooth in TEETH.values()}) == 52


def test_universal_runs_clockwise_from_the_upper_right_wisdom_tooth():
    permanent = [t.universal for t in TEETH.values() if t.dentition is ToothDentition.PERMANENT]
    primary = [t.universal for t in TEETH.values() if t.dentition is ToothDentition.PRIMARY]
    assert permanent == [str(n) for n in range(1, 33)]
    assert "".join(primary) == "ABCDEFGHIJKLMNOPQRST"


def test_palmer_is_read_in_any_case():
    assert tooth_from(ToothSystem.PALMER, "6ll").code == "36"


@pytest.mark.parametrize("code", ["", "00", "19", "49", "56", "91", "36x", "p36", "３６", "366"])
def test_what_is_no_tooth_is_refused(code):
    with pytest.raises(RuleError):
        tooth_of(code)
    with pytest.raises(RuleError):
        check_surfaces(code, "M")


@pytest.mark.parametrize(
    ("code", "typed", "stored"),
    [
        ("36", "dom", "MOD"),
        ("36", "MODBL", "MODBL"),
        ("36", "L, B", "BL"),
        ("36", "P", "L"),
        ("16", "f-p", "BL"),
        ("11", "im", "MI"),
        ("13", "FF", "B"),
        ("74", "o", "O"),
        ("53", "I", "I"),
        ("36", "", ""),
    ],
)
def test_surfaces_take_one_form(code, typed, stored):
    assert check_surfaces(code, typed) == stored


@pytest.mark.parametrize(
    ("code", "typed"), [("11", "O"), ("36", "I"), ("73", "MO"), ("74", "I"), ("36", "X"), ("36", "MОD")]
)
def test_a_surface_that_the_tooth_does_not_have_is_refused_on_its_field(code, typed):
    with pytest.raises(RuleError) as refusal:
        check_surfaces(code, typed, "items-0-surfaces")
    assert refusal.value.field == "items-0-surfaces"


@given(codes, st.lists(st.sampled_from("MOIDBLFPmoidblfp")))
def test_surfaces_pass_exactly_when_the_tooth_has_them_all(code, letters):
    tooth = tooth_of(code)
    wanted = {{"F": "B", "P": "L"}.get(letter.upper(), letter.upper()) for letter in letters}
    if wanted <= set(tooth.surfaces):
        found = check_surfaces(code, "".join(letters))
        assert set(found) == wanted
        assert check_surfaces(code, found) == found
    else:
        with pytest.raises(RuleError):
            check_surfaces(code, "".join(letters))


def test_front_teeth_have_an_edge_and_back_teeth_a_chewing_side():
    for tooth in TEETH.values():
        assert ("I" in tooth.surfaces) == (tooth.index <= 3)
        assert ("O" in tooth.surfaces) == (tooth.index >= 4)
        assert len(tooth.surfaces) == 5


def test_the_charts_teeth_by_dentition_and_arch():
    counts = {
        (Dentition.PERMANENT, None): 32, (Dentition.PRIMARY, None): 20, (Dentition.MIXED, None): 52,
        (Dentition.PERMANENT, Arch.UPPER): 16, (Dentition.PRIMARY, Arch.LOWER): 10, (Dentition.MIXED, Arch.UPPER): 26,
    }  # fmt: skip
    for (dentition, arch), count in counts.items():
        assert len(teeth_of(dentition, arch)) == count
    for dentition in Dentition:
        both = itertools.chain(teeth_of(dentition, Arch.UPPER), teeth_of(dentition, Arch.LOWER))
        assert sorted(both) == sorted(teeth_of(dentition))
    assert teeth_of(Dentition.PERMANENT, Arch.UPPER)[0] == "18"


def test_dentists_words_for_surfaces_follow_the_tooth():
    assert surface_name("11", Surface.BUCCAL) != surface_name("16", Surface.BUCCAL)
    assert surface_name("16", Surface.LINGUAL) != surface_name("46", Surface.LINGUAL)
    assert surface_name("46", Surface.MESIAL) == Surface.MESIAL.label
