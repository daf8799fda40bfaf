"""From plan to visits: which step goes into which visit, whatever is planned."""

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.rules import TreatmentStage
from app.clinical.rules import Priority, Urgency
from app.clinical.rules.visits import (
    LONGEST_VISIT,
    PlannedVisit,
    Wait,
    Work,
    arranged,
    broken_order,
    check_visits,
    comes_before,
    group,
    reasons,
    step_minutes,
)
from app.kernel.errors import RuleError

G, U = TreatmentStage, Urgency
LIMIT = 120
EXTRACTION = Work(1, 40, tooth="48", stage=G.EXTRACTION, urgency=U.URGENT, service=1)
CANAL = Work(2, 90, tooth="36", stage=G.ROOT_CANAL, service=2)
CROWN = Work(3, 60, tooth="36", stage=G.CROWN, service=3)
FITTING = Work(3, 30, 2, "36", G.CROWN, service=3, lab_days=7)
FILLINGS = [Work(number, 30, tooth=tooth, stage=G.FILLING, service=4) for number, tooth in ((4, "35"), (5, "37"))]
EXAMPLE = [EXTRACTION, CANAL, CROWN, FITTING, *FILLINGS]


def shape(visits: list[PlannedVisit]) -> list[set[tuple[int, int]]]:
    return [{work.key for work in visit.works} for visit in visits]


def test_the_example_of_the_rules() -> None:
    visits = group(EXAMPLE, LIMIT)
    assert shape(visits) == [{(1, 1), (4, 1), (5, 1)}, {(2, 1)}, {(3, 1)}, {(3, 2)}]
    assert [visit.minutes for visit in visits] == [100, 90, 60, 30]
    assert [visit.waits for visit in visits] == [(), (), (), (Wait(3, 7),)]
    assert visits[0].works[0] == EXTRACTION


def made(number: int, minutes: int, **values: Any) -> Work:
    return Work(number, minutes, **values)


@pytest.mark.parametrize(
    ("works", "expected"),
    [
        ([], []),
        # an urgent crown takes what has to be done before it along
        ([made(1, 100), made(2, 60, tooth="11", stage=G.ROOT_CANAL),
          made(3, 50, tooth="11", stage=G.CROWN, urgency=U.URGENT)], [{(2, 1), (3, 1)}, {(1, 1)}]),
        # priority, then the quadrant
        ([made(1, 70, tooth="11", priority=Priority.LOW), made(2, 70, tooth="46")], [{(2, 1)}, {(1, 1)}]),
        ([made(1, 70, tooth="46"), made(2, 50, tooth="11"), made(3, 50, tooth="12")], [{(2, 1), (3, 1)}, {(1, 1)}]),
        # a later gap is filled, an earlier one first
        ([made(1, 70), made(2, 70), made(3, 50), made(4, 50)], [{(1, 1), (3, 1)}, {(2, 1), (4, 1)}]),
        # exactly the limit fits, five minutes more don't; what is longer has a visit of its own
        ([made(1, 60), made(2, 60)], [{(1, 1), (2, 1)}]), ([made(1, 60), made(2, 65)], [{(1, 1)}, {(2, 1)}]),
        ([made(1, 150), made(2, 5)], [{(1, 1)}, {(2, 1)}]),
        # two fillings of one tooth stay together, though the first visit has room
        ([made(1, 90, tooth="11", urgency=U.URGENT), made(2, 90, tooth="21", service=1), made(3, 30, tooth="21", service=2)],
         [{(1, 1)}, {(2, 1), (3, 1)}]),
        # while the lab works the others are done; the fitting joins them where there is room
        ([made(1, 90), Work(1, 30, 2, lab_days=7), made(2, 90)], [{(1, 1)}, {(2, 1), (1, 2)}]),
        # but nothing urgent waits for a lab
        ([made(1, 90, urgency=U.URGENT), Work(1, 30, 2, lab_days=7), made(2, 90, urgency=U.URGENT)],
         [{(1, 1)}, {(2, 1)}, {(1, 2)}]),
    ],
)  # fmt: skip
def test_visits_by_example(works: list[Work], expected: list[set[tuple[int, int]]]) -> None:
    assert shape(group(works, LIMIT)) == expected


def test_a_service_has_a_second_step_only_where_something_is_fitted() -> None:
    assert [step_minutes(60, None), step_minutes(60, 30)] == [[60], [60, 30]]


@st.composite
def plans(draw: st.DrawFn) -> list[Work]:
    """Anything a doctor may plan: procedures on few teeth, some with a fitting."""
    found = []
    for number in range(draw(st.integers(0, 14))):
        values: dict[str, Any] = {
            "tooth": draw(st.sampled_from(["", "11", "16", "26", "36", "37", "75"])), "stage": draw(st.sampled_from(G)),
            "urgency": draw(st.sampled_from(U)), "priority": draw(st.sampled_from(Priority)),
            "service": draw(st.integers(1, 4)),
        }  # fmt: skip
        found.append(Work(number, draw(st.integers(1, 36)) * 5, **values))
        if draw(st.booleans()):
            found.append(Work(number, draw(st.integers(1, 12)) * 5, 2, lab_days=draw(st.integers(0, 21)), **values))
    return found


@given(plans(), st.integers(6, 36), st.randoms())
def test_every_promise_holds_for_any_plan(works: list[Work], fives: int, chance: random.Random) -> None:
    limit = fives * 5
    visits = group(works, limit)
    at = {work.key: visit.number for visit in visits for work in visit.works}
    # each step once, none lost
    assert sorted(work.key for visit in visits for work in visit.works) == sorted(work.key for work in works)
    # the minutes: nothing joins where it would be too long
    assert all(visit.minutes <= limit or len(visit.works) == 1 for visit in visits)
    # the order of a tooth, and the fitting in a later visit that waits for its preparation
    assert broken_order(visits) is None
    for one in works:
        for other in works:
            if one.tooth and one.tooth == other.tooth and list(G).index(one.stage) < list(G).index(other.stage):
                assert at[one.key] <= at[other.key]
        if one.is_fitting:
            assert at[one.procedure, 1] < at[one.key]
            assert any(
                wait.visit == at[one.procedure, 1] and wait.days >= one.lab_days
                for wait in visits[at[one.key] - 1].waits
            )
    # whatever the order in which they are given
    again = list(works)
    chance.shuffle(again)
    assert group(again, limit) == visits
    check_visits(visits, max(limit, LONGEST_VISIT))


@given(plans())
def test_a_step_stands_in_the_earliest_visit_that_has_room(works: list[Work]) -> None:
    visits = group(works, LIMIT)
    for visit in visits:
        for work in visit.works:
            if work.is_fitting or work.tooth:
                continue  # the lab, what is urgent, and the tooth have a say there
            for earlier in visits[: visit.number - 1]:
                before = sum(one.minutes for one in earlier.works if one.urgency is work.urgency)
                assert before + work.minutes > LIMIT or earlier.minutes + work.minutes > LIMIT


def refused(visits: list[list[Work]], limit: int = LIMIT) -> str:
    with pytest.raises(RuleError) as refusal:
        check_visits(arranged(visits), limit)
    return str(refusal.value.text)


def test_what_is_arranged_by_hand_is_checked() -> None:
    assert "can't come before" in refused([[CROWN], [CANAL]])
    assert "visit of its own" in refused([[CROWN, FITTING]])
    assert "visit of its own" in refused([[FITTING], [CROWN]])
    assert "185" in refused([[made(1, 100), made(2, 85)]])
    assert "Split it into two" in refused([[made(1, 185)]])
    # over the proposed length it may stay, and a clinic that allows more allows more
    check_visits(arranged([[made(1, 100), made(2, 80)]]), LIMIT)
    check_visits(arranged([[made(1, 100), made(2, 85)]]), 240)
    check_visits(arranged([[CANAL, CROWN], [], [FITTING]]), LIMIT)


def test_each_visit_says_why_it_stands_where_it_does() -> None:
    found = {number: [str(text) for text in texts] for number, texts in reasons(group(EXAMPLE, LIMIT), LIMIT).items()}
    assert found[1] == ["Urgent work comes first."]
    assert found[2] == ["The visits before have no room left for it."]
    assert "follows" in found[3][0]
    assert found[4] == ["7 days for the lab."]
    long = reasons(group([made(1, 150)], LIMIT), LIMIT)[1]
    assert "150" not in str(long[0])
    assert str(LIMIT) in str(long[0])


def test_the_order_on_a_tooth_is_that_of_the_stages() -> None:
    works = [made(number, 10, tooth="36", stage=stage) for number, stage in enumerate(G)]
    assert all(comes_before(one, other) and not comes_before(other, one) for one, other in pairwise(works))
    assert not comes_before(made(1, 10, stage=G.DIAGNOSIS), made(2, 10, stage=G.CROWN))
