"""The first page of each role: its figures, its lists, and no statement that reads the whole history."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa

from app.clinical.rules import PlanStatus
from app.desk import figures
from app.lab.rules import LabRequestKind, LabRequestStatus, ResultFlag
from app.people.models import Employee
from tests.factories import clinical, lab, machine, people
from tests.factories.clinic import Clinic
from tests.reporting import common
from tests.reporting.common import close, posting

ROWS = r"\b(FROM|JOIN) (invoice|payment|appointment|treatment_item|expense|patient)\b"


def furnish(clinic: Clinic) -> None:
    """Two months with money in them, closed until yesterday."""
    patient = clinic.make(people.patient)
    for back in (60, 31, 1, 0):
        day = clinic.today - timedelta(days=back)
        made = clinic.unit(lambda s, day=day: common.invoice(s, patient, 70_000, posting(day, 5)))
        clinic.unit(lambda s, day=day, made=made: common.pay(s, patient, 30_000, posting(day, 6), made))
    close(clinic, clinic.today - timedelta(days=100), clinic.today - timedelta(days=1))


@pytest.mark.both
@pytest.mark.parametrize("role", ["Admin", "Manager", "Doctor", "Receptionist", "Coordinator", "Nurse"])
def test_each_figure_opens_what_stands_behind_it(clinic: Clinic, role: str) -> None:
    furnish(clinic)
    browser = clinic.client(role)
    answer = browser.get("/dashboard")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True).split('id="main"', 1)[-1]
    links = {unescape(link) for link in re.findall(r'<a class="tile[^"]*" href="([^"]+)"', page)}
    links |= {unescape(link) for link in re.findall(r'<td><a href="([^"]+)"', page)}
    assert len(links) >= (7 if role in ("Admin", "Manager") else 0)
    for link in links:
        assert browser.get(link, follow_redirects=True).status_code == 200, link


@pytest.mark.both
@pytest.mark.parametrize("role", ["Admin", "Manager"])
def test_the_numbers_come_from_kept_sums_and_todays_rows(clinic: Clinic, role: str) -> None:
    furnish(clinic)
    manager = clinic.client(role)
    manager.get("/dashboard")
    with clinic.statements() as seen:
        page = manager.get("/dashboard").get_data(as_text=True)
    assert len(seen) <= 15
    for sql in seen:
        if re.search(ROWS, sql):
            assert "WHERE" in sql, sql  # a day, or what is open
    assert "Invoiced this month" in page


def test_a_doctor_sees_own_lab_work_and_own_alarms(clinic: Clinic) -> None:
    mine = clinic.session.query(Employee).filter_by(user_id=clinic.user("Doctor").id).one()
    other = clinic.make(people.doctor)
    for doctor, name in ((mine, "Минийх"), (other, "Бусдын")):
        patient = clinic.make(people.patient, first_name=name)
        request = clinic.make(lab.request, doctor=doctor, patient=patient, status=LabRequestStatus.SENT)
        clinic.unit(lambda s, request=request: setattr(s.merge(request), "due_on", clinic.today - timedelta(days=1)))
        clinic.make(lab.result, of=request, flag=ResultFlag.CRITICAL)
    page = clinic.client("Doctor").get("/dashboard").get_data(as_text=True)
    assert page.count("Минийх") == 2
    assert "Бусдын" not in page


def test_a_coordinator_sees_the_plans_that_wait(clinic: Clinic) -> None:
    for name, status in (("Хүлээгч", PlanStatus.PENDING), ("Асуусан", PlanStatus.PRESENTED)):
        patient = clinic.make(people.patient, first_name=name)
        visit = clinic.make(clinical.treatment, patient=patient)
        waiting: Any = clinic.make(clinical.plan, visit=visit, status=status)
    page = clinic.client("Coordinator").get("/dashboard").get_data(as_text=True)
    assert f"/treatment-plans/{waiting.treatment_plan_id}" in page
    assert "Хүлээгч" in page
    assert "Асуусан" in page


def test_a_test_that_came_back_is_no_work_to_fit(clinic: Clinic) -> None:
    doctor = clinic.session.scalar(sa.select(Employee).where(Employee.user_id == clinic.user("Doctor").id))
    back = {"doctor": doctor, "status": LabRequestStatus.RECEIVED}
    crown = clinic.make(lab.request, **back)
    clinic.make(lab.request, kind=LabRequestKind.MEDICAL_TEST, teeth=None, shade=None, **back)
    found = figures.lab_work(clinic.session, doctor.employee_id, clinic.today)
    assert [row.lab_request_id for row in found] == [crown.lab_request_id]


def test_the_measures_look_back_as_far_as_the_clinic_set(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    assert "Did not show up, 90 days" in manager.get("/dashboard").text
    clinic.make(machine.setting, key="reporting.measure_days", value=10)
    page = manager.get("/dashboard").text
    assert "Did not show up, 10 days" in page
    assert f"start_at_from={clinic.today - timedelta(days=9)}" in page
    lately = figures.measured(clinic.today, 10)
    assert (lately.days, lately.last) == (10, clinic.today)
