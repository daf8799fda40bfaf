"""Periods: what they are called, what they are compared with, and how they are cut."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.reporting.reports import REPORTS, ask_of
from app.reporting.rules import (
    Period,
    Preset,
    Step,
    before,
    bucket_of,
    buckets,
    check_period,
    months_in,
    period_of,
    ratio,
    share_bp,
    step_for,
)
from app.reporting.rules.periods import MOST_BUCKETS

DAY = st.dates(date(1990, 1, 1), date(2099, 12, 31))


def days(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("preset", "today", "period", "earlier"),
    [
        (Preset.WEEK, "2026-11-21", ("2026-11-16", "2026-11-21"), ("2026-11-09", "2026-11-14")),
        (Preset.WEEK, "2026-11-16", ("2026-11-16", "2026-11-16"), ("2026-11-09", "2026-11-09")),
        (Preset.WEEK, "2027-01-01", ("2026-12-28", "2027-01-01"), ("2026-12-21", "2026-12-25")),
        (Preset.MONTH, "2026-11-21", ("2026-11-01", "2026-11-21"), ("2026-10-01", "2026-10-21")),
        (Preset.MONTH, "2028-02-29", ("2028-02-01", "2028-02-29"), ("2028-01-01", "2028-01-31")),
        (Preset.MONTH, "2028-03-30", ("2028-03-01", "2028-03-30"), ("2028-02-01", "2028-02-29")),
        (Preset.LAST_MONTH, "2028-03-05", ("2028-02-01", "2028-02-29"), ("2028-01-01", "2028-01-31")),
        (Preset.LAST_MONTH, "2026-01-31", ("2025-12-01", "2025-12-31"), ("2025-11-01", "2025-11-30")),
        (Preset.QUARTER, "2026-02-15", ("2026-01-01", "2026-02-15"), ("2025-10-01", "2025-11-15")),
        (Preset.QUARTER, "2026-12-31", ("2026-10-01", "2026-12-31"), ("2026-07-01", "2026-09-30")),
        (Preset.YEAR, "2028-02-29", ("2028-01-01", "2028-02-29"), ("2027-01-01", "2027-02-28")),
        (Preset.YEAR, "2026-12-31", ("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
        (Preset.LAST_YEAR, "2026-01-01", ("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31")),
        (Preset.MONTHS, "2026-11-21", ("2025-12-01", "2026-11-21"), ("2024-12-01", "2025-11-21")),
    ],
)
def test_what_a_preset_means_and_what_it_is_compared_with(preset, today, period, earlier):
    found = period_of(preset, date.fromisoformat(today))
    assert found == days(*period)
    assert before(preset, found) == days(*earlier)


@pytest.mark.parametrize(
    ("period", "earlier"),
    [
        (("2026-11-05", "2026-11-14"), ("2026-10-26", "2026-11-04")),
        (("2028-02-01", "2028-02-29"), ("2028-01-01", "2028-01-31")),
        (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
        (("2028-02-29", "2028-02-29"), ("2028-02-28", "2028-02-28")),
    ],
)
def test_chosen_days_are_compared_with_as_many_before_and_whole_months_with_whole_months(period, earlier):
    assert before(Preset.CUSTOM, days(*period)) == days(*earlier)


@given(DAY, st.sampled_from(list(Preset)))
def test_the_period_before_ends_before_this_one_begins(today, preset):
    period = period_of(preset, today)
    assert period.first <= period.last <= today
    assert before(preset, period).last < period.first


@given(DAY, st.integers(0, 900), st.sampled_from(list(Step)))
def test_days_weeks_and_months_cover_a_period_once_and_weeks_start_on_monday(first, more, step):
    period = Period(first, first + timedelta(days=more))
    cut = buckets(period, step)
    assert (cut[0].first, cut[-1].last) == (period.first, period.last)
    assert all(one.last + timedelta(days=1) == other.first for one, other in pairwise(cut))
    assert len({bucket_of(part.first, step) for part in cut}) == len(cut)
    if step is Step.WEEK:
        assert all(part.first.weekday() == 0 for part in cut[1:])
    chosen = step_for(period, step)
    assert len(buckets(period, chosen)) <= MOST_BUCKETS[chosen]


def test_a_budget_of_part_of_a_month_is_the_share_of_its_days():
    assert months_in(290_000, days("2028-02-01", "2028-02-29")) == 290_000
    assert months_in(290_000, days("2028-02-20", "2028-03-31")) == 100_000 + 290_000
    assert months_in(0, days("2026-01-01", "2026-12-31")) == 0


def test_shares_of_nothing_are_not_told():
    assert share_bp(1, 0) is None
    assert share_bp(1, 3) == 3_333
    assert ratio(5, 2) == 3


@pytest.mark.parametrize(("first", "last"), [("2026-03-02", "2026-03-01"), ("2016-01-01", "2026-01-01")])
def test_a_period_that_ends_before_it_begins_or_is_too_long_is_refused(first, last):
    with pytest.raises(RuleError):
        check_period(date.fromisoformat(first), date.fromisoformat(last))


def test_the_address_of_a_question_asks_the_same_again():
    today = date(2028, 2, 29)
    for report in REPORTS:
        for group in report.groups:
            asked = {"period": "custom", "from": "2027-12-31", "to": "2028-01-01", "by": group.key, "doctor": "7"}
            ask, problem = ask_of(report, asked, today)
            assert problem is None
            again, _ = ask_of(report, ask.query(), today)
            assert (again.period, again.by, again.doctor, again.query()) == (
                ask.period,
                ask.by,
                ask.doctor,
                ask.query(),
            )
