"""When a lab is done, where a request can go, what a result asks for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.lab import rules
from app.lab.rules import LAB_MOVES, LabRequestKind, LabRequestStatus, ResultFlag

S = LabRequestStatus
FRIDAY = date(2026, 11, 20)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@pytest.mark.parametrize(
    ("days", "closed", "due"),
    [
        (1, (), date(2026, 11, 21)), (2, (), date(2026, 11, 23)), (7, (), date(2026, 11, 28)),
        (2, (date(2026, 11, 23), date(2026, 11, 24)), date(2026, 11, 25)), (0, (), FRIDAY),
    ],
)  # fmt: skip
def test_a_lab_works_on_neither_sundays_nor_holidays(days: int, closed: tuple[date, ...], due: date) -> None:
    assert rules.due_day(FRIDAY, days, closed) == due


@given(DAYS, st.integers(0, 60), st.sets(DAYS, max_size=30))
def test_a_due_day_is_a_day_of_work_with_so_many_before_it(sent: date, days: int, closed: set[date]) -> None:
    due = rules.due_day(sent, days, closed)
    assert due.weekday() != rules.SUNDAY
    assert due not in closed
    passed = (sent + timedelta(days=n) for n in range(1, (due - sent).days + 1))
    worked = sum(day.weekday() != rules.SUNDAY and day not in closed for day in passed)
    assert worked == days or (days == 0 and worked == 1)


@pytest.mark.parametrize("status", list(S))
def test_only_what_is_at_the_lab_is_overdue(status: LabRequestStatus) -> None:
    yesterday = FRIDAY - timedelta(days=1)
    assert rules.is_overdue(status, yesterday, FRIDAY) is (status in (S.SENT, S.IN_PROGRESS))
    assert not rules.is_overdue(status, FRIDAY, FRIDAY)
    assert not rules.is_overdue(status, None, FRIDAY)


def test_every_state_but_the_ends_leads_on_and_a_test_is_never_fitted() -> None:
    for kind in LabRequestKind:
        for status in S:
            moves = rules.moves_of(kind, status)
            assert set(moves) <= LAB_MOVES.after(status)
            assert S.FITTED not in moves or kind is LabRequestKind.PROSTHETIC_WORK
            assert moves or status in (S.FITTED, S.CANCELLED)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("37 36;11", "11, 36, 37"), ("36,36", "36"), ("75", "75"), ("", None), (None, None), (" , ", None),
    ],
)  # fmt: skip
def test_teeth_are_kept_as_fdi_codes_in_order(typed: str | None, kept: str | None) -> None:
    assert rules.clean_teeth(typed) == kept


@pytest.mark.parametrize("typed", ["19", "36O", "<b>", "=1", "9" * 300, "36.37"])
def test_what_is_no_tooth_is_refused_on_its_field(typed: str) -> None:
    with pytest.raises(RuleError) as refused:
        rules.clean_teeth(typed)
    assert refused.value.field == "teeth"


def test_a_lab_works_by_what_it_was_sent() -> None:
    before = dict.fromkeys(rules.WORKED_BY) | {"teeth": "36"}
    rules.check_change(S.DRAFT, before, {**before, "teeth": "37"})
    rules.check_change(S.SENT, before, dict(before))
    for status in set(S) - {S.DRAFT, S.REJECTED}:
        with pytest.raises(RuleError) as refused:
            rules.check_change(status, before, {**before, "teeth": "37", "shade": "A3"})
        assert [name for name, _ in refused.value.errors] == ["teeth", "shade"]


@pytest.mark.parametrize("flag", list(ResultFlag))
def test_what_is_not_normal_needs_an_action(flag: ResultFlag) -> None:
    rules.check_review(flag, None, "Дахин шинжилнэ")
    if flag is ResultFlag.NORMAL:
        rules.check_review(flag, None, None)
    else:
        with pytest.raises(RuleError):
            rules.check_review(flag, None, None)
