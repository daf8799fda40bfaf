"""Employees: at least two phones, numbers that are never used again, positions, and who is a doctor."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.kernel.errors import RuleError
from app.people import actions, queries
from app.people.models import Employee, EmployeePhone, EmployeePosition, PatientPhone
from app.people.rules import EmployeeStatus, PositionType
from tests.factories import people
from tests.factories.clinic import CAST, Browser, Clinic

TODAY = people.TODAY


def form_of(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    position = clinic.make(people.position).position_id
    return {
        "first_name": "Сарангэрэл", "last_name": "Болд", "gender": "female", "birthday": "1980-01-02",
        "hired_at": "2020-01-01", "status": "active", "phones-0-phone_number_val": "9911 2233",
        "phones-1-phone_number_val": "8811 2233", "positions-0-position_id": str(position),
        "positions-0-started_at": "2020-01-01", "calendar_colour": "#3b7a8c", "commission_bp": "0",
        "chair_capacity": "1", **changes,
    }  # fmt: skip


def only(clinic: Clinic) -> Employee:
    return clinic.session.scalars(sa.select(Employee).where(Employee.first_name == "Сарангэрэл")).one()


def lock_of(browser: Browser, path: str) -> str:
    found = re.search(r'name="lock_token"[^>]*value="([^"]*)"', browser.get(path).text)
    assert found
    return found[1]


@pytest.mark.both
def test_one_form_makes_the_employee_with_phones_and_position(clinic: Clinic) -> None:
    answer = clinic.client("Admin").submit("/employees/add", form_of(clinic))
    assert answer.status_code == 302, answer.text
    employee = only(clinic)
    key = employee.employee_id
    assert [p.is_primary for p in queries.phones_of_employees(clinic.session, [key])[key]] == [True, False]
    assert [p.is_primary for p in queries.positions_of(clinic.session, [key])[key]] == [True]
    assert key in {doctor.employee_id for doctor in queries.doctors(clinic.session, clinic.today)}
    assert "Сарангэрэл" in clinic.client("Admin").get("/doctors").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phones-1-phone_number_val": ""}, "phones"),
        ({"phones-1-phone_number_val": "9911 2233"}, "phones-1-phone_number_val"),
        ({"fired_at": "2019-12-31"}, "fired_at"),
        ({"birthday": "2999-01-01"}, "birthday"),
        ({"positions-0-ended_at": "2019-12-31"}, "positions-0-ended_at"),
        ({"chair_capacity": "5"}, "chair_capacity"),
        ({"last_name": ""}, "last_name"),
        ({"email": "=cmd"}, "email"),
        ({"calendar_colour": "red;x:y"}, "calendar_colour"),
    ],
)
def test_wrong_input_is_told_on_its_field_and_nothing_is_kept(
    clinic: Clinic, wrong: dict[str, str], field: str
) -> None:
    before = clinic.count(Employee), clinic.count(EmployeePhone), clinic.count(EmployeePosition)
    answer = clinic.client("Admin").submit("/employees/add", form_of(clinic, **wrong))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'value="9911 2233"' in answer.text
    assert (clinic.count(Employee), clinic.count(EmployeePhone), clinic.count(EmployeePosition)) == before


@pytest.mark.both
def test_numbers_ascend_and_are_never_used_again(clinic: Clinic) -> None:
    first, second = (clinic.make(people.employee) for _ in range(2))
    assert second.employee_display_number == first.employee_display_number + 1

    def leave(session: Any) -> None:
        for model in (EmployeePhone, EmployeePosition):
            for row in session.scalars(sa.select(model).where(model.employee_id == second.employee_id)):
                session.delete(row)
        session.flush()
        session.delete(session.get_one(Employee, second.employee_id))

    clinic.unit(leave)
    assert clinic.make(people.employee).employee_display_number == second.employee_display_number + 1


@pytest.mark.parametrize(
    ("started", "ended", "status", "is_listed"),
    [
        (TODAY, None, EmployeeStatus.ACTIVE, True),
        (TODAY - timedelta(days=9), TODAY, EmployeeStatus.VACATION, True),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), EmployeeStatus.ACTIVE, False),
        (TODAY + timedelta(days=1), None, EmployeeStatus.ACTIVE, False),
        (TODAY, None, EmployeeStatus.NOT_WORKING, False),
    ],
)
def test_a_doctor_is_who_holds_such_a_position_today_and_works_here(
    clinic: Clinic, started: date, ended: date | None, status: EmployeeStatus, is_listed: bool
) -> None:
    def build(session: Any) -> Employee:
        held = {"position_id": people.position(session).position_id, "started_at": started, "ended_at": ended}
        row = people.employee(session, kind=PositionType.NURSE, status=status)
        rows = people.phones()
        actions.change_employee(session, row, _own(row), rows, [(0, held)], today=TODAY)
        return row

    key = clinic.make(build).employee_id
    assert (key in {row.employee_id for row in queries.doctors(clinic.session, TODAY)}) is is_listed


def _own(row: Employee) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("first_name", "last_name", "birthday", "hired_at", "fired_at")}


def test_two_positions_can_not_both_be_the_primary_one(clinic: Clinic) -> None:
    row = clinic.make(people.employee)
    position = clinic.make(people.position).position_id
    held = [
        (i, {"position_id": position, "started_at": TODAY - timedelta(days=i), "is_primary": True}) for i in range(2)
    ]
    with pytest.raises(RuleError) as caught:
        clinic.unit(lambda s: actions._set_positions(s, s.get_one(Employee, row.employee_id), held))
    assert caught.value.field == "positions"


@pytest.mark.parametrize("role", [*CAST, None])
def test_who_sees_and_who_changes(clinic: Clinic, role: str | None) -> None:
    browser = clinic.client(role)
    expected = {"Admin": 200, "Manager": 200, None: 302}.get(role, 403)
    for path in ("/employees", "/employees/add", "/doctors"):
        assert browser.get(path).status_code == expected, path


@pytest.mark.both
def test_an_employee_whose_form_is_sent_twice_is_one(clinic: Clinic) -> None:
    admin, form = clinic.client("Admin"), form_of(clinic)
    assert [admin.submit("/employees/add", form).status_code for _ in range(2)] == [302, 409]
    assert only(clinic).last_name == "Болд"


# --- one's own phones


@pytest.mark.both
def test_ones_own_phones_can_be_changed_but_not_the_number_one_signs_in_with(clinic: Clinic) -> None:
    for role, model in (("Nurse", EmployeePhone), ("Patient", PatientPhone)):
        username, browser = clinic.user(role).username, clinic.client(role)
        page = browser.get("/profile")
        assert page.status_code == 200
        form = {"phones-0-phone_number_val": "9511 2233", "phones-1-phone_number_val": "9411 2233"}
        assert browser.submit("/profile/phones", form).status_code == 302
        assert clinic.count(model, model.phone_number_val.in_(["+97695112233", "+97694112233"])) == 2
        assert clinic.user(role).username == username
        one = {"phones-0-phone_number_val": "9511 2233"}
        assert browser.submit("/profile/phones", one).status_code == 422


def test_a_stale_form_of_an_employee_is_refused(clinic: Clinic) -> None:
    key = clinic.make(people.employee, first_name="Сарангэрэл").employee_id
    first, second = clinic.client("Admin"), clinic.client("Manager")
    forms = [{**form_of(clinic), "lock_token": lock_of(b, f"/employees/{key}/edit")} for b in (first, second)]
    assert second.submit(f"/employees/{key}/edit", {**forms[1], "specialization": "Гажиг"}).status_code == 302
    assert first.submit(f"/employees/{key}/edit", {**forms[0], "specialization": "Мэс"}).status_code == 409
    assert only(clinic).specialization == "Гажиг"
