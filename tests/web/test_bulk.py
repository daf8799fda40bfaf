"""One thing done to many rows: asked by name first, then all of them or none, under the same rights as one by one."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.catalogue.models import Medicine, ServiceCatalog
from app.scheduling.models import Appointment, Holiday
from app.scheduling.rules import AppointmentStatus as S
from app.stock.models import Expense
from app.web.views import ClinicView
from app.web.views.bulk import MOST
from tests.factories import catalogue, people, scheduling, stock
from tests.factories.clinic import Clinic


def send(browser: Any, path: str, keys: list[Any], sure: bool = True) -> Any:
    data: dict[str, Any] = {"row": [str(key) for key in keys], "next": "/services/list/?q=a"}
    return browser.submit(path, {**data, "sure": "yes"} if sure else data)


@pytest.mark.both
def test_it_names_the_rows_then_does_all_of_them(clinic: Clinic) -> None:
    rows = [clinic.make(catalogue.service) for _ in range(3)]
    keys = [row.service_id for row in rows]
    admin = clinic.client("Admin")
    asked = send(admin, "/services/bulk/off", keys[:2], sure=False)
    assert asked.status_code == 200
    assert all(row.display_name_en in asked.text for row in rows[:2]) if hasattr(rows[0], "display_name_en") else True
    assert clinic.count(ServiceCatalog, ServiceCatalog.service_id.in_(keys), ServiceCatalog.is_active.is_(False)) == 0
    assert send(admin, "/services/bulk/off", keys[:2]).location == "/services/list/?q=a"
    off = clinic.session.scalars(sa.select(ServiceCatalog.service_id).where(ServiceCatalog.is_active.is_(False))).all()
    assert set(off) & set(keys) == set(keys[:2])
    assert clinic.count(AuditLog, AuditLog.table == "service_catalog", AuditLog.row.in_(list(map(str, keys[:2])))) >= 4
    send(admin, "/services/bulk/on", keys)
    assert clinic.count(ServiceCatalog, ServiceCatalog.service_id.in_(keys), ServiceCatalog.is_active.is_(True)) == 3


def appointments(clinic: Clinic, *statuses: S) -> list[int]:
    def make(session: Any) -> list[int]:
        doctor, chair, day = people.doctor(session), scheduling.chair(session), scheduling.open_day(session)
        keys = []
        for number, status in enumerate(statuses):
            start = scheduling.at(day, f"{10 + number}:00")
            made = scheduling.appointment(
                session, patient=people.patient(session), doctor=doctor, chair=chair, start_at=start, minutes=30,
                status=status,
            )  # fmt: skip
            keys.append(made.appointment_id)
        return keys

    return clinic.unit(make)


@pytest.mark.both
def test_one_that_can_not_be_done_leaves_all_as_they_were(clinic: Clinic) -> None:
    keys = appointments(clinic, S.RESERVED, S.RESERVED, S.CANCELLED)
    desk = clinic.client("Receptionist")
    send(desk, "/appointments/bulk/confirm", keys)
    assert clinic.count(Appointment, Appointment.status == S.CONFIRMED) == 0
    send(desk, "/appointments/bulk/confirm", [*keys[:2], 987_654])
    assert clinic.count(Appointment, Appointment.status == S.CONFIRMED) == 0
    send(desk, "/appointments/bulk/confirm", keys[:2])
    assert clinic.count(Appointment, Appointment.status == S.CONFIRMED) == 2


def test_holidays_and_expenses(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    holiday = clinic.make(scheduling.holiday).holiday_id
    for key, closed in (("open", False), ("closed", True)):
        send(manager, f"/holidays/bulk/{key}", [holiday])
        assert clinic.session.get_one(Holiday, holiday).is_closed is closed
    expense = clinic.make(stock.expense).expense_id
    send(manager, "/expenses/bulk/approve", [expense])
    assert clinic.session.get_one(Expense, expense).approved_by == clinic.user("Manager").id


def test_only_who_may_change_the_rows(clinic: Clinic) -> None:
    key = clinic.make(catalogue.medicine).medicine_id
    for role in ("Receptionist", "Nurse", "Manager"):
        browser = clinic.client(role)
        assert send(browser, "/medicines/bulk/off", [key]).status_code == 403, role
    assert send(clinic.client(), "/medicines/bulk/off", [key]).status_code == 302
    assert clinic.session.get_one(Medicine, key).is_active
    reader = clinic.client("Receptionist").get("/services/list/").text
    assert 'class="tick"' not in reader
    assert "/services/bulk/" not in reader
    assert 'name="row"' in clinic.client("Admin").get("/services/list/").text


def test_a_token_is_asked_for(clinic: Clinic) -> None:
    key = clinic.make(catalogue.medicine).medicine_id
    assert clinic.client("Admin").post("/medicines/bulk/off", data={"row": key, "sure": "yes"}).status_code == 400
    assert clinic.session.get_one(Medicine, key).is_active


@pytest.mark.parametrize(
    "keys",
    [[], ["-1"], ["x"], ["' or 1=1"], ["9" * 30], ["1.5", ""], list(range(1, MOST + 2))],
    ids=lambda k: str(k)[:9],
)
def test_odd_choices_change_nothing(clinic: Clinic, keys: list[Any]) -> None:
    admin, before = clinic.client("Admin"), clinic.count(AuditLog, AuditLog.table == "service_catalog")
    for sure in (True, False):
        answer = send(admin, "/services/bulk/off", keys, sure)
        assert answer.status_code == 302
    assert clinic.count(AuditLog, AuditLog.table == "service_catalog") == before
    assert send(admin, "/services/bulk/no-such", [1]).status_code == 404
    away = admin.submit("/services/bulk/off", {"row": ["1"], "sure": "yes", "next": "//evil.example/"})
    assert away.location == "/services/list/"


def test_every_table_that_can_be_switched_off_can_be_switched_in_bulk(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    seen = set()
    for view in clinic.app.extensions["appbuilder"].baseviews:
        if isinstance(view, ClinicView) and {"on", "off"} <= set(view.bulk):
            key = clinic.session.scalar(sa.select(sa.func.max(view.key_columns()[0])))
            if key is None:
                continue
            seen.add(view.endpoint)
            for action, state in (("off", False), ("on", True)):
                send(admin, f"{view.route_base}/bulk/{action}", [key])
                assert clinic.session.get_one(view.model, key).is_active is state, view.endpoint
    assert {"ServiceCatalogView", "MedicineView", "DiagnosisCodeView", "PositionView"} <= seen
