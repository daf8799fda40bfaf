"""Autoclave cycles and their packages: numbers, results, who is told, who may."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.communication.models import Notification
from app.kernel.errors import RuleError
from app.security.actions import change_setting
from app.stock import actions
from app.stock.models import SterilePackage, SterilisationCycle
from app.stock.rules import CycleResult, clean_number, numbers_from, sterile_until, why_not_sterile
from tests.factories import clinical, stock
from tests.scheduling.common import at_once

PASS, FAIL = CycleResult.PASS, CycleResult.FAIL
WRITERS, OTHERS = ("Admin", "Manager", "Nurse", "Assistant"), ("Doctor", "Receptionist", "Coordinator", "Patient")


# --- rules


@pytest.mark.parametrize(
    ("first", "count", "last"),
    [
        ("000123", 20, "000142"), ("a-099", 3, "A-101"), ("9", 2, "10"), ("X1", 1, "X1"), ("2026/0007", 4, "2026/0010"),
    ],
)  # fmt: skip
def test_packages_are_numbered_on(first, count, last):
    assert numbers_from(first, count)[-1] == last


@given(st.from_regex(r"[A-Z]{0,3}[0-9]{1,8}", fullmatch=True), st.integers(1, 200))
def test_numbers_in_a_row_are_all_different_can_be_read_and_begin_with_the_first(first, count):
    found = numbers_from(first, count)
    assert found[0] == first
    assert len(set(found)) == count
    assert [clean_number(one) for one in found] == found


@pytest.mark.parametrize(
    ("first", "count", "field"),
    [
        ("ABC", 2, "first"), ("", 1, "first"), ("12 34", 2, "first"), ("Дугаар1", 2, "first"), ("1" * 25, 1, "first"),
        ("9" * 24, 2, "first"), ("1", 0, "count"), ("1", 201, "count"),
    ],
)  # fmt: skip
def test_numbers_that_can_not_be_are_refused_on_their_field(first, count, field):
    with pytest.raises(RuleError) as refused:
        numbers_from(first, count)
    assert refused.value.field == field


def test_a_package_is_sterile_when_its_cycle_passed_and_until_its_day():
    day = date(2026, 5, 1)
    assert sterile_until(day, 180) == date(2026, 10, 28)
    assert why_not_sterile(PASS, day, day) is None
    assert why_not_sterile(PASS, day, day + timedelta(days=1)) is not None
    assert why_not_sterile(None, day, day) is not None
    assert why_not_sterile(FAIL, day + timedelta(days=9), day) is not None


# --- the record of a cycle


@pytest.mark.parametrize("role", [*WRITERS, *OTHERS])
def test_who_opens_and_who_writes(clinic, role):
    key = clinic.make(stock.cycle, result=None).row_id
    browser, may = clinic.client(role), role in WRITERS
    for path in ("/sterilisation", f"/sterilisation/{key}", "/sterilisation/add", "/sterile-packages"):
        assert browser.get(path).status_code == (200 if may else 403), path
    assert browser.submit(f"/sterilisation/{key}/result", {"result": "pass"}).status_code == (303 if may else 403)
    values = {"count": "2", "first": "000001", "expires_on": str(stock.today())}
    assert browser.submit(f"/sterilisation/{key}/packages", values).status_code == (303 if may else 403)
    assert clinic.count(SterilePackage) == (2 if may else 0)


def test_a_nurse_writes_a_cycle_down_says_what_it_came_to_and_makes_its_packages(clinic):
    clinic.unit(lambda s: change_setting(s, "stock.sterile_days", 30, None))
    nurse, day = clinic.client("Nurse"), stock.today()
    values = {"autoclave": "Автоклав 1", "program": "134 °C", "started_at": f"{day} 00:01", "indicator": "5-р анги"}
    assert nurse.submit("/sterilisation/add", values).status_code == 302
    assert nurse.submit("/sterilisation/add", values).status_code == 409, "sent twice"
    key = clinic.session.scalars(sa.select(SterilisationCycle.sterilisation_cycle_id)).one()
    page = nurse.get(f"/sterilisation/{key}").text
    assert str(day + timedelta(days=30)) in page
    assert nurse.submit(f"/sterilisation/{key}/result", {"result": "pass"}).status_code == 303
    made = {"count": "20", "first": "000123", "expires_on": str(day + timedelta(days=30))}
    assert nurse.submit(f"/sterilisation/{key}/packages", made).status_code == 303
    numbers = clinic.session.scalars(sa.select(SterilePackage.number).order_by(SterilePackage.number)).all()
    assert (len(numbers), numbers[0], numbers[-1]) == (20, "000123", "000142")
    assert 'value="000143"' in nurse.get(f"/sterilisation/{key}").text
    refused = nurse.submit(f"/sterilisation/{key}/packages", {**made, "first": "000140"})
    assert refused.status_code == 409
    assert 'id="first-error"' in refused.text
    assert "000140" in refused.text
    assert clinic.count(SterilePackage) == 20


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"started_at": "2100-01-01 10:00"}, "started_at"), ({"autoclave": ""}, "autoclave"), ({"program": ""}, "program"),
        ({"started_at": "юу ч биш"}, "started_at"),
    ],
)  # fmt: skip
def test_a_cycle_that_can_not_be_is_refused_on_its_field(clinic, values, field):
    base = {"autoclave": "Автоклав", "program": "134 °C", "started_at": "2026-01-05 10:00"}
    answer = clinic.client("Nurse").submit("/sterilisation/add", {**base, **values})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert clinic.count(SterilisationCycle) == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"count": "0"}, "count"), ({"count": "201"}, "count"), ({"count": "олон"}, "count"), ({"first": "№"}, "first"),
        ({"expires_on": "2020-01-01"}, "expires_on"), ({"expires_on": ""}, "expires_on"), ({"first": ""}, "first"),
    ],
)  # fmt: skip
def test_packages_that_can_not_be_are_refused_and_what_was_typed_stays(clinic, values, field):
    key = clinic.make(stock.cycle).row_id
    base = {"count": "3", "first": "777001", "expires_on": str(stock.today())}
    answer = clinic.client("Nurse").submit(f"/sterilisation/{key}/packages", {**base, **values})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert clinic.count(SterilePackage) == 0


def test_nothing_of_a_failed_cycle_becomes_a_package(clinic):
    key = clinic.make(stock.cycle, result=FAIL).row_id
    values = {"count": "3", "first": "000001", "expires_on": str(stock.today())}
    assert clinic.client("Nurse").submit(f"/sterilisation/{key}/packages", values).status_code == 422
    assert clinic.count(SterilePackage) == 0


def test_garbage_is_refused_and_never_an_error(clinic):
    nurse, key = clinic.client("Nurse"), clinic.make(stock.cycle).row_id
    assert nurse.submit("/sterilisation/999999/result", {"result": "pass"}).status_code == 404
    assert nurse.submit(f"/sterilisation/{key}/result", {"result": "maybe"}).status_code == 422
    assert nurse.submit("/sterilisation/999999/packages", {}).status_code == 404
    assert nurse.get("/sterilisation?q=%23x&result=nonsense").status_code == 200
    assert nurse.get("/sterile-packages?q=Ө&sterilisation_cycle_id=x").status_code == 200


@pytest.mark.both
def test_of_many_who_make_the_same_numbers_at_once_one_does(clinic):
    keys = [clinic.make(stock.cycle).row_id for _ in range(6)]
    day = stock.today()

    def make(key):
        return lambda s: len(actions.add_packages(s, key, "000001", 10, expires_on=day, today=day))

    results = at_once(clinic, [make(key) for key in keys])
    assert [one for one in results if isinstance(one, int)] == [10], results
    assert all(one.field == "first" for one in results if not isinstance(one, int)), results
    assert clinic.count(SterilePackage) == 10


# --- a cycle that failed after all


def told(clinic):
    return clinic.session.scalars(sa.select(Notification).where(Notification.link.like("/sterilisation/%"))).all()


@pytest.mark.both
def test_where_packages_of_a_failed_cycle_were_used_those_responsible_are_told_once(clinic):
    cycle = clinic.make(stock.cycle)
    package = clinic.make(stock.package, of=cycle)
    visit = clinic.make(clinical.treatment)
    clinic.make(clinical.opened_package, visit=visit, number=package.number)
    nurse = clinic.client("Assistant")
    for result in ("fail", "pass", "fail"):
        assert nurse.submit(f"/sterilisation/{cycle.row_id}/result", {"result": result}).status_code == 303
    rows = told(clinic)
    assert {row.role for row in rows} == {"Manager", "Nurse"}
    assert len({row.user_id for row in rows}) == len(rows), "once each"
    page = nurse.get(f"/sterilisation/{cycle.row_id}").text
    assert package.number in page
    assert f"/treatments/{visit.treatment_id}" not in page, "an assistant opens no treatment"
    assert f"/treatments/{visit.treatment_id}" in clinic.client("Nurse").get(f"/sterilisation/{cycle.row_id}").text


def test_nobody_is_told_of_a_failed_cycle_of_which_nothing_was_used(clinic):
    cycle = clinic.make(stock.cycle)
    clinic.make(stock.package, of=cycle)
    clinic.client("Nurse").submit(f"/sterilisation/{cycle.row_id}/result", {"result": "fail"})
    assert told(clinic) == []


def test_a_package_goes_only_while_nobody_has_used_it(clinic):
    free, used = clinic.make(stock.package), clinic.make(stock.package)
    clinic.make(clinical.opened_package, number=used.number)
    nurse = clinic.client("Nurse")
    for row in (free, used):
        assert nurse.submit(f"/sterile-packages/{row.row_id}/delete").status_code == 302
    assert clinic.session.scalars(sa.select(SterilePackage.number)).all() == [used.number]


def test_the_list_tells_which_package_may_be_opened(clinic):
    failed = clinic.make(stock.package, of=clinic.make(stock.cycle, result=FAIL))
    page = clinic.client("Nurse").get("/sterile-packages").text
    assert failed.number in page
    assert "its sterilisation failed" in page
