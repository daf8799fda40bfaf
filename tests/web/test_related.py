"""Related lists inside records: the newest rows of what belongs here, under the rights and row rules of their table."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.people.models import Employee, Patient
from app.scheduling.models import Appointment
from app.web import related
from tests.factories import billing, people, scheduling
from tests.factories.clinic import Clinic

PARTS = re.compile(r'hx-get="(/[^"]+/by/[^"]+)"')


def parts(page: str) -> list[str]:
    return list(dict.fromkeys(PARTS.findall(page)))


@pytest.mark.both
def test_a_record_shows_what_belongs_to_it_and_nothing_else(clinic: Clinic) -> None:
    mine, other = clinic.make(people.doctor), clinic.make(people.doctor)
    shifts = [clinic.make(scheduling.shift, employee=doctor, day=clinic.today) for doctor in (mine, other)]
    manager = clinic.client("Manager")
    page = manager.get(f"/employees/{mine.employee_id}").text
    assert f"/shifts/by/employee/employee_id/{mine.employee_id}" in parts(page)
    rows = manager.get(f"/shifts/by/employee/employee_id/{mine.employee_id}").text
    assert f"/shifts/{shifts[0].shift_id}" in rows
    assert f"/shifts/{shifts[1].shift_id}" not in rows
    assert f"/shifts/list/?employee_id={mine.employee_id}" in rows or f"/shifts/?employee_id={mine.employee_id}" in rows
    assert f"/shifts/add?employee_id={mine.employee_id}" in rows


def test_the_newest_few_rows_with_how_many_there_are(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    invoices = [clinic.make(billing.invoice, patient=patient, amount=1_000) for _ in range(related.NEWEST + 2)]
    rows = clinic.client("Receptionist").get(f"/invoices/by/patient/patient_id/{patient.patient_id}").text
    shown = [int(key) for key in re.findall(r'href="/invoices/(\d+)"', rows)]
    assert shown == [row.invoice_id for row in reversed(invoices)][: related.NEWEST]
    assert str(len(invoices)) in rows.split("table-foot")[1]
    assert f"/invoices/new?patient_id={patient.patient_id}" in rows


def test_only_who_may_open_the_table_sees_its_list(clinic: Clinic) -> None:
    patient = clinic.make(people.patient).patient_id
    address = f"/invoices/by/patient/patient_id/{patient}"
    for role, allowed in (("Receptionist", True), ("Manager", True), ("Nurse", False), ("Doctor", False)):
        browser = clinic.client(role)
        assert browser.get(address).status_code == (200 if allowed else 403), role
        assert (address in browser.get(f"/patients/{patient}?tab=more").text) is False
    chair = clinic.make(scheduling.chair)
    for role, stands in (("Receptionist", True), ("Assistant", False)):
        page = clinic.client(role).get(f"/chairs/{chair.chair_id}").text
        assert (f"/appointments/by/chair/chair_id/{chair.chair_id}" in page) is stands, role


def test_who_only_reads_is_offered_no_new_row(clinic: Clinic) -> None:
    doctor = clinic.make(people.doctor).employee_id
    rows = clinic.client("Receptionist").get(f"/shifts/by/employee/employee_id/{doctor}").text
    assert "/shifts/add" not in rows


@pytest.mark.parametrize(
    "path",
    [
        "/shifts/by/employee/shift_id/1",
        "/shifts/by/patient/employee_id/1",
        "/shifts/by/ab_user/employee_id/1",
        "/shifts/by/employee/employee_id/-1",
        "/shifts/by/employee/employee_id/99999999999999999999999",
        "/users/by/employee/password/1",
    ],
)
def test_only_declared_lists_are_there(clinic: Clinic, path: str) -> None:
    assert clinic.client("Admin").get(path).status_code == 404


def test_the_whole_list_stays_narrowed_and_says_to_what(clinic: Clinic) -> None:
    chair = clinic.make(scheduling.chair)
    shift = clinic.make(scheduling.shift, employee=clinic.make(people.doctor), day=clinic.today)
    page = clinic.client("Manager").get(f"/appointments/list/?chair_id={chair.chair_id}").text
    assert chair.name in page.split('class="chips"')[1].split("</div>")[0]
    assert clinic.client("Manager").get(f"/shifts/list/?room_id=1&chair_id={shift.chair_id or 1}").status_code == 200


@pytest.mark.parametrize(
    ("parent", "one"),
    [(parent, one) for parent, lists in related.LISTS.items() for one in lists],
    ids=lambda value: getattr(value, "__name__", None) or f"{value.model.__name__}.{value.by}",
)
def test_every_declared_list_names_columns_that_exist(parent: Any, one: related.Related) -> None:
    columns = sa.inspect(one.model).columns
    assert one.by in columns or one.by in related.VIEWS[one.model].search_columns  # of a row that stands above it
    assert not one.order or one.order in columns
    for name, word in one.only.items():
        assert word in {member.word for member in columns[name].type.enum_class}


def test_every_list_that_a_record_shows_opens(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    for parent, lists in related.LISTS.items():
        for one in lists:
            view = related.VIEWS.get(one.model)
            if view is not None:
                path = f"{view.route_base}/by/{parent.__tablename__}/{one.by}/1"
                with clinic.statements() as seen:
                    assert admin.get(path).status_code == 200, path
                assert len(seen) <= 8, path


def test_a_patient_with_everything_keeps_its_statements(clinic: Clinic) -> None:
    keys = [
        clinic.session.scalar(sa.select(sa.func.max(column))) for column in (Patient.patient_id, Employee.employee_id)
    ]
    admin = clinic.client("Admin")
    for path in (f"/patients/{keys[0]}?tab=more", f"/employees/{keys[1]}"):
        admin.get(path)
        with clinic.statements() as seen:
            assert admin.get(path).status_code == 200
        assert len(seen) <= 15
    assert clinic.count(Appointment) == 0
