"""Policies in a list: what is left of the year, until when they hold, and the parts."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.rules import SOON_DAYS, Standing, left_of_year, standing
from tests.factories import machine
from tests.factories.clinic import Clinic

TODAY = date(2026, 11, 21)
LAST = TODAY + timedelta(days=SOON_DAYS)
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2035, 1, 1))


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, Standing.VALID),
        (TODAY, None, Standing.VALID),
        (TODAY + timedelta(days=1), None, Standing.LATER),
        (None, TODAY, Standing.ENDS_SOON),
        (None, LAST, Standing.ENDS_SOON),
        (None, LAST + timedelta(days=1), Standing.VALID),
        (None, TODAY - timedelta(days=1), Standing.EXPIRED),
    ],
)
def test_how_a_policy_stands(first: date | None, last: date | None, found: Standing) -> None:
    assert standing(first, last, TODAY) is found


@given(first=DAYS, last=DAYS, today=st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_a_policy_that_holds_has_begun_and_goes_on(first: date | None, last: date | None, today: date) -> None:
    holds = (first is None or first <= today) and (last is None or last >= today)
    assert (standing(first, last, today) in (Standing.VALID, Standing.ENDS_SOON)) is holds


@pytest.mark.parametrize(("maximum", "used", "left"), [(None, 5, None), (100, 30, 70), (100, 100, 0), (100, 130, 0)])
def test_what_is_left_of_a_year(maximum: int | None, used: int, left: int | None) -> None:
    assert left_of_year(maximum, used) == left


def policy(clinic: Clinic, number: str, maximum: int | None = 1_000_000, **values: Any) -> None:
    def make(session: Any) -> None:
        row = machine.policy(session)
        row.policy_number = number
        session.get_one(InsurancePlan, row.insurance_plan_id).annual_maximum = maximum
        for name, value in values.items():
            setattr(row, name, value)

    clinic.unit(make)


@pytest.mark.both
def test_the_list_says_what_is_left_and_what_is_over(clinic: Clinic) -> None:
    policy(clinic, "P-LEFT", used_this_year=300_000)
    policy(clinic, "P-USED", used_this_year=1_000_000)
    policy(clinic, "P-FREE", maximum=None)
    policy(clinic, "P-OVER", valid_until=clinic.today - timedelta(days=1))
    policy(clinic, "P-SOON", valid_until=clinic.today + timedelta(days=3))
    policy(clinic, "P-LATER", valid_from=clinic.today + timedelta(days=3))
    page = clinic.client("Receptionist").get("/insurance").text
    rows = {line.split("<")[0]: line for line in page.split('">P-')[1:]}
    said = {"LEFT": "700,000", "USED": "Used up", "FREE": "No limit", "OVER": "Expired", "SOON": "Ends soon",
            "LATER": "Not yet valid"}  # fmt: skip
    for key, word in said.items():
        assert word in rows[key].split("</tr>")[0]
    assert clinic.client("Receptionist").get("/insurance/export.csv").status_code == 200


@pytest.mark.parametrize(
    ("part", "seen"),
    [("valid", {"SOON", "CHECKED"}), ("soon", {"SOON"}), ("expired", {"OVER"}), ("unchecked", {"SOON"}), ("?", None)],
)
def test_the_parts(clinic: Clinic, part: str, seen: set[str] | None) -> None:
    policy(clinic, "P-OVER", valid_until=clinic.today - timedelta(days=1))
    policy(clinic, "P-SOON", valid_until=clinic.today + timedelta(days=3))
    policy(clinic, "P-CHECKED", verified_at=clinic.today)
    page = clinic.client("Admin").get(f"/insurance?only={part}").text
    assert {key for key in ("OVER", "SOON", "CHECKED") if f">P-{key}<" in page} == (seen or {"OVER", "SOON", "CHECKED"})


@pytest.mark.both
def test_plans_and_insurers_count_the_policies_that_hold(clinic: Clinic) -> None:
    policy(clinic, "P-1")
    policy(clinic, "P-2", valid_until=clinic.today - timedelta(days=1))
    admin = clinic.client("Admin")
    assert clinic.count(PatientInsurance) >= 2
    assert clinic.count(InsuranceProvider) >= 2
    for path in ("/insurance-plans", "/insurance-providers"):
        page = admin.get(f"{path}/").text
        cells = [part.split("</td>")[0] for part in page.split('data-label="Policies that hold"')[1:]]
        assert {cell.split(">")[-1] for cell in cells} >= {"0", "1"}
