"""What a visit's work needs, and what may be prescribed: by example and by property."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.rules import TEETH, Arch, Scope, teeth_of
from app.clinical import rules
from app.clinical.rules import Condition, Outcome, PrescriptionStatus, TreatmentStatus
from app.kernel.errors import RuleError
from app.people.rules import Dentition, HistoryKind

TODAY = date(2026, 11, 20)
CODES = st.sampled_from(sorted(TEETH))
SCOPES = st.sampled_from(list(Scope))


@pytest.mark.parametrize(
    ("scope", "teeth", "surfaces_required", "is_ready"),
    [
        (Scope.NONE, {}, False, True),
        (Scope.NONE, {"36": ""}, False, False),
        (Scope.SINGLE_TOOTH, {}, False, False),
        (Scope.SINGLE_TOOTH, {"36": ""}, False, True),
        (Scope.SINGLE_TOOTH, {"36": "", "37": ""}, False, False),
        (Scope.SINGLE_TOOTH, {"36": ""}, True, False),
        (Scope.SINGLE_TOOTH, {"36": "MO"}, True, True),
        (Scope.SEVERAL_TEETH, {"36": ""}, False, False),
        (Scope.SEVERAL_TEETH, {"36": "", "37": ""}, False, True),
        (Scope.SEVERAL_TEETH, {"36": "O", "37": ""}, True, False),
        (Scope.UPPER_ARCH, {}, False, True),  # a full denture stands on an arch without teeth
        (Scope.FULL_MOUTH, {"11": ""}, True, True),
    ],
)
def test_what_an_item_needs_before_its_visit_is_treated(
    scope: Scope, teeth: dict[str, str], surfaces_required: bool, is_ready: bool
) -> None:
    assert (rules.still_needed(scope, teeth, surfaces_required) is None) is is_ready


@pytest.mark.parametrize(("code", "surface"), [("11", "O"), ("36", "I"), ("55", "I"), ("83", "O"), ("36", "X")])
def test_a_surface_that_the_tooth_does_not_have_is_refused(code: str, surface: str) -> None:
    with pytest.raises(RuleError):
        rules.check_teeth(Scope.SINGLE_TOOTH, {code: surface})


@pytest.mark.parametrize("code", ["19", "30", "56", "00", "", "abc", "3６"])
def test_a_tooth_that_nobody_has_is_refused(code: str) -> None:
    with pytest.raises(RuleError):
        rules.check_teeth(Scope.SEVERAL_TEETH, {code: ""})


@given(scope=SCOPES, codes=st.sets(CODES, max_size=6))
def test_open_teeth_pass_until_the_visit_is_treated_and_too_many_never_do(scope: Scope, codes: set[str]) -> None:
    teeth = dict.fromkeys(codes, "")
    most = {Scope.NONE: 0, Scope.SINGLE_TOOTH: 1}.get(scope, 52)
    if len(teeth) > most:
        with pytest.raises(RuleError) as refused:
            rules.check_teeth(scope, teeth)
        assert refused.value.field == "scope"
    else:
        assert set(rules.check_teeth(scope, teeth)) == codes


@given(
    dentition=st.sampled_from(list(Dentition)),
    scope=st.sampled_from([Scope.UPPER_ARCH, Scope.LOWER_ARCH, Scope.FULL_MOUTH]),
    missing=st.sets(CODES, max_size=52),
)
def test_an_arch_is_all_its_teeth_but_the_missing_ones(dentition: Dentition, scope: Scope, missing: set[str]) -> None:
    chosen = set(rules.teeth_of_scope(scope, dentition, missing))
    assert not chosen & missing
    assert chosen | missing >= set(teeth_of(dentition)) if scope is Scope.FULL_MOUTH else True
    if scope is Scope.UPPER_ARCH:
        assert {TEETH[code].arch for code in chosen} <= {Arch.UPPER}
        assert chosen == set(teeth_of(dentition, Arch.UPPER)) - missing
    if scope is Scope.LOWER_ARCH:
        assert chosen == set(teeth_of(dentition, Arch.LOWER)) - missing


@pytest.mark.parametrize(
    ("usual", "count", "expected"),
    [
        (Scope.SINGLE_TOOTH, 0, (Scope.SINGLE_TOOTH, 1)),
        (Scope.SINGLE_TOOTH, 1, (Scope.SINGLE_TOOTH, 1)),
        (Scope.SINGLE_TOOTH, 3, (Scope.SEVERAL_TEETH, 3)),  # a filling on three teeth is three fillings
        (Scope.SEVERAL_TEETH, 1, (Scope.SEVERAL_TEETH, 1)),
        (Scope.SEVERAL_TEETH, 4, (Scope.SEVERAL_TEETH, 1)),
        (Scope.NONE, 0, (Scope.NONE, 1)),
        (Scope.NONE, 1, (Scope.SINGLE_TOOTH, 1)),
        (Scope.FULL_MOUTH, 2, (Scope.FULL_MOUTH, 1)),
    ],
)
def test_scope_and_quantity_follow_from_the_service_and_the_picked_teeth(
    usual: Scope, count: int, expected: tuple[Scope, int]
) -> None:
    assert rules.preset(usual, count) == expected


@given(
    quantity=st.integers(1, 20),
    price=st.integers(0, 5_000_000),
    discount=st.integers(0, 10_000_000),
    limit=st.sampled_from([0, 1_000, 10_000]),
)
def test_a_discount_stays_within_the_line_and_the_right(quantity: int, price: int, discount: int, limit: int) -> None:
    line = quantity * price
    allowed = discount <= line and discount * 10_000 <= line * limit + 5_000
    if allowed:
        rules.check_line(quantity, price, discount, limit)
    else:
        with pytest.raises(RuleError) as refused:
            rules.check_line(quantity, price, discount, limit)
        assert refused.value.field == "discount"


def test_a_discount_that_somebody_else_gave_may_stay_or_be_lowered_but_not_raised() -> None:
    rules.check_line(1, 100_000, 50_000, 1_000, given=50_000)
    rules.check_line(1, 100_000, 40_000, 1_000, given=50_000)
    with pytest.raises(RuleError):
        rules.check_line(1, 100_000, 50_001, 1_000, given=50_000)


@pytest.mark.parametrize("quantity", [0, -1, 1_000, 10**12])
def test_a_quantity_that_can_not_be_is_refused(quantity: int) -> None:
    with pytest.raises(RuleError) as refused:
        rules.check_line(quantity, 100, 0, 10_000)
    assert refused.value.field == "quantity"


def test_an_outcome_has_a_day_between_the_work_and_today() -> None:
    worked = TODAY - timedelta(days=30)
    rules.check_outcome(Outcome.GOOD, TODAY, worked, TODAY)
    rules.check_outcome(None, None, worked, TODAY)
    for outcome, on in (
        (Outcome.GOOD, None),
        (None, TODAY),
        (Outcome.FAILED, worked - timedelta(days=1)),
        (Outcome.REDONE, TODAY + timedelta(days=1)),
    ):
        with pytest.raises(RuleError):
            rules.check_outcome(outcome, on, worked, TODAY)


def test_what_concerns_the_whole_tooth_has_no_surfaces() -> None:
    assert rules.check_finding(Condition.MISSING, {"36": "MO"}) == {"36": ""}
    assert rules.check_finding(Condition.CARIES, {"36": "OM"}) == {"36": "MO"}


@pytest.mark.parametrize(
    ("marked", "known", "left"),
    [("O", [], "O"), ("", [], ""), ("O", ["O"], None), ("MO", ["O"], "M"), ("", [""], None), ("", ["O"], None)],
)
def test_only_what_is_new_is_marked(marked: str, known: list[str], left: str | None) -> None:
    assert rules.new_surfaces(marked, known) == left


@dataclass
class Entry:
    """A line of a medical history."""

    kind: HistoryKind = HistoryKind.ALLERGY
    allergen: str | None = "penicillin"
    name: str = "Пенициллин"
    until: date | None = None


@pytest.mark.parametrize(
    ("entry", "speaks"),
    [
        (Entry(), True),
        (Entry(until=TODAY), True),
        (Entry(until=TODAY - timedelta(days=1)), False),
        (Entry(allergen="latex"), False),
        (Entry(allergen=None), False),
        (Entry(kind=HistoryKind.MEDICATION), False),
    ],
)
def test_an_allergy_speaks_against_a_medicine_with_its_code(entry: Entry, speaks: bool) -> None:
    found = rules.allergies_against(["penicillin", "nsaid"], [entry], TODAY)
    assert bool(found) is speaks
    if speaks:
        with pytest.raises(RuleError) as refused:
            rules.check_allergies(found, "")
        assert refused.value.field == "override_reason"
    rules.check_allergies(found, "no other choice")


def test_a_medicine_needs_its_directions() -> None:
    whole: dict[str, Any] = {"dosage": "1 шахмал", "frequency": "өдөрт 3 удаа", "quantity": 2}
    rules.check_directions(whole)
    for name, value in (("dosage", None), ("frequency", ""), ("quantity", 0), ("quantity", None), ("quantity", 1_000)):
        with pytest.raises(RuleError) as refused:
            rules.check_directions({**whole, name: value})
        assert refused.value.field == name


@pytest.mark.parametrize("status", list(PrescriptionStatus))
def test_only_a_draft_changes(status: PrescriptionStatus) -> None:
    if status is PrescriptionStatus.DRAFT:
        rules.check_is_draft(status)
    else:
        with pytest.raises(RuleError):
            rules.check_is_draft(status)


def test_a_cancelled_prescription_is_never_issued_again_and_a_draft_is_never_cancelled() -> None:
    moves = rules.PRESCRIPTION_MOVES
    assert not moves.after(PrescriptionStatus.CANCELLED)
    assert moves.after(PrescriptionStatus.DRAFT) == {PrescriptionStatus.ISSUED}
    assert not rules.TREATMENT_MOVES.allows(TreatmentStatus.CANCELLED, TreatmentStatus.COMPLETED)


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("1 капсул, өдөрт 3 удаа, 5–7 хоног", ("1 капсул", "өдөрт 3 удаа", "5–7 хоног")),
        ("1 tablet twice a day for 5–7 days", ("1 tablet", "twice a day", "5–7 days")),
        ("10 мл, өдөрт 1 удаа, орой", ("10 мл", "өдөрт 1 удаа, орой", "")),
        (
            "1 tablet 3–4 times a day, not longer than 3 days",
            ("1 tablet", "3–4 times a day, not longer than 3 days", ""),
        ),
        ("1 капсул, 7 хоногт 1 удаа, 2–3 долоо хоног", ("1 капсул", "7 хоногт 1 удаа", "2–3 долоо хоног")),
        ("Өдөрт 2 удаа, 7–14 хоног", ("", "Өдөрт 2 удаа", "7–14 хоног")),
        ("Children 5–10 mg/kg every 6–8 hours", ("Children 5–10 mg/kg", "every 6–8 hours", "")),
        ("2–5 мл", ("2–5 мл", "", "")),
        ("", ("", "", "")),
    ],
)
def test_the_usual_dosage_falls_into_its_parts(sentence: str, parts: tuple[str, str, str]) -> None:
    found = rules.split_directions(sentence)
    assert (found.dosage, found.frequency, found.duration) == parts


@given(st.text(max_size=60))
def test_no_sentence_loses_its_words_by_being_split(sentence: str) -> None:
    found = rules.split_directions(sentence)
    letters = sorted(letter for letter in f"{found.dosage}{found.frequency}{found.duration}" if letter.isalnum())
    assert set(letters) <= {letter for letter in sentence if letter.isalnum()}
