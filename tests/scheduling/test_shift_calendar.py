"""The calendar of shifts: what it shows, and what is done in it."""

from datetime import date, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.people.models import Employee
from app.people.rules import PositionType
from app.scheduling.actions import shifts as actions
from app.scheduling.models import Holiday, Shift
from app.scheduling.rules import AppointmentStatus, ShiftKind
from tests.factories import people, scheduling
from tests.factories.clinic import Clinic
from tests.factories.scheduling import at, today
from tests.scheduling.common import at_once

READERS = ("Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator")


def monday(ahead: int = 1) -> date:
    return today() + timedelta(days=7 * ahead - today().weekday())


@pytest.fixture
def week(clinic: Clinic) -> date:
    """A Monday without a holiday in its week and the next ones."""
    clinic.unit(lambda s: s.query(Holiday).delete())
    return monday()


def one(clinic: Clinic, key: int) -> Shift | None:
    clinic.session.rollback()
    found: Shift | None = clinic.session.get(Shift, key)
    return found


def row_of(page: str, who: Employee) -> str:
    return page.split(f'data-employee="{who.employee_id}"')[1].split("</tr>")[0]


def cell(page: str, who: Employee, day: date) -> str:
    return row_of(page, who).split(f'data-day="{day}"')[1].split("</td>")[0]


@pytest.mark.both
def test_a_week_shows_shifts_hours_time_off_visits_and_what_stands_outside(clinic: Clinic, week: date) -> None:
    who, chair = clinic.make(people.doctor), clinic.make(scheduling.chair, name="Зүүн сандал")
    clinic.make(scheduling.shift, employee=who, day=week, chair_id=chair.chair_id, end_time=time(17, 30))
    clinic.make(scheduling.shift, employee=who, day=week + timedelta(1), kind=ShiftKind.TRAINING)
    clinic.make(scheduling.time_off, employee=who, from_=at(week + timedelta(2), "00:00"),
                until=at(week + timedelta(3), "00:00"), reason="Сургалт явна")  # fmt: skip
    clinic.make(scheduling.appointment, doctor=who, start_at=at(week, "10:00"))
    clinic.make(scheduling.appointment, doctor=who, start_at=at(week, "12:00"), status=AppointmentStatus.CANCELLED)
    clinic.make(scheduling.appointment, doctor=who, start_at=at(week + timedelta(1), "10:00"))
    clinic.make(scheduling.holiday, date=week + timedelta(4), name_mn="Сорилтын баяр", name_en="Feast of tests")
    page = clinic.client("Receptionist").get(f"/shifts?week={week + timedelta(3)}").text
    first = cell(page, who, week)
    assert "09:00–17:30" in first
    assert "Зүүн сандал" in first
    assert "Visits: 1" in first
    assert "Outside" not in first
    second = cell(page, who, week + timedelta(1))
    assert "Training" in second
    assert "Outside: 1" in second
    assert "Сургалт явна" in cell(page, who, week + timedelta(2))
    assert "Feast of tests" in page
    assert "17 h 30 min" in row_of(page, who)
    assert "/shifts/add" not in page


def test_who_works_is_shown_doctors_first_and_everybody_on_demand(clinic: Clinic, week: date) -> None:
    nurse = clinic.make(people.employee, kind=PositionType.NURSE, first_name="Сувилагчаа")
    idle, doctor = clinic.make(people.doctor, first_name="Завтай"), clinic.make(people.doctor, first_name="Ажилтай")
    for who in (nurse, doctor):
        clinic.make(scheduling.shift, employee=who, day=week)
    desk = clinic.client("Manager")
    page = desk.get(f"/shifts?week={week}").text
    assert page.index(f'data-employee="{doctor.employee_id}"') < page.index(f'data-employee="{nurse.employee_id}"')
    assert f'data-employee="{idle.employee_id}"' not in page
    assert f'data-employee="{idle.employee_id}"' in desk.get(f"/shifts?week={week}&all=yes").text
    only = desk.get(f"/shifts?week={week}&group=assistants").text
    assert f'data-employee="{doctor.employee_id}"' not in only
    assert f'data-employee="{nurse.employee_id}"' in only
    found = desk.get(f"/shifts?week={week}&q=АЖИЛТ").text
    assert f'data-employee="{nurse.employee_id}"' not in found
    assert f'data-employee="{doctor.employee_id}"' in found


def test_the_calendar_asks_no_more_for_more_people(clinic: Clinic, week: date) -> None:
    desk, counts = clinic.client("Manager"), []
    for _ in range(3):
        for _ in range(4):
            who = clinic.make(people.doctor)
            clinic.make(scheduling.shift, employee=who, day=week)
            clinic.make(scheduling.appointment, doctor=who, start_at=at(week, "10:00"))
        for path in (f"/shifts?week={week}", f"/shifts?month={week.isoformat()[:7]}"):
            with clinic.statements() as seen:
                assert desk.get(path).status_code == 200
            counts.append(len(seen))
    assert max(counts) <= 12
    assert max(counts[2:]) <= max(counts[:2])


@pytest.mark.parametrize(
    "query",
    ["week=x", "week=0001-01-01", "week=9999-12-31", "month=2026-13", "month=x", "group=%00", "q=%25_%27", "all=maybe"],
)
def test_a_bad_address_is_no_error(clinic: Clinic, query: str) -> None:
    assert clinic.client("Manager").get(f"/shifts?{query}").status_code == 200


def put(clinic: Clinic, shift: Shift, who: Employee, day: date, role: str = "Manager", **more: str) -> Any:
    values = {"employee_id": str(who.employee_id), "day": day.isoformat(), **more}
    return clinic.client(role).submit(f"/shifts/{shift.shift_id}/put", values)


def test_a_shift_moves_to_another_day_and_person_or_is_copied(clinic: Clinic, week: date) -> None:
    who, other = clinic.make(people.doctor), clinic.make(people.doctor)
    shift = clinic.make(scheduling.shift, employee=who, day=week)
    put(clinic, shift, who, week + timedelta(2))
    assert one(clinic, shift.shift_id).shift_date == week + timedelta(2)
    put(clinic, shift, other, week + timedelta(2))
    assert one(clinic, shift.shift_id).employee_id == other.employee_id
    put(clinic, shift, who, week, copy="yes")
    assert clinic.count(Shift) == 2
    put(clinic, shift, who, week, copy="yes")  # works then already
    assert clinic.count(Shift) == 2


def test_a_shift_is_not_put_onto_a_closed_day_on_another_shift_or_on_somebody_who_is_no_doctor(
    clinic: Clinic, week: date
) -> None:
    who, nurse = clinic.make(people.doctor), clinic.make(people.employee, kind=PositionType.NURSE)
    shift = clinic.make(scheduling.shift, employee=who, day=week)
    clinic.make(scheduling.shift, employee=who, day=week + timedelta(1), start_time=time(17), end_time=time(20))
    clinic.make(scheduling.holiday, date=week + timedelta(2))
    for person, day in ((who, week + timedelta(1)), (who, week + timedelta(2)), (nurse, week)):
        put(clinic, shift, person, day)
        kept = one(clinic, shift.shift_id)
        assert (kept.employee_id, kept.shift_date) == (who.employee_id, week)


def test_what_was_done_can_be_taken_back(clinic: Clinic, week: date) -> None:
    who = clinic.make(people.doctor)
    shift = clinic.make(scheduling.shift, employee=who, day=week, kind=ShiftKind.ON_CALL)
    desk = clinic.client("Manager")
    told = desk.submit("/shifts/drop", {"shift": shift.shift_id}, headers={"HX-Request": "true"})
    assert told.status_code == 200
    assert clinic.count(Shift) == 0
    values = {"employee_id": who.employee_id, "start_time": "09:00", "end_time": "18:00", "shift_date": week,
              "kind": "on call"}  # fmt: skip
    for name, value in values.items():
        assert f'name="{name}" value="{value}"' in told.text
    desk.submit("/shifts/restore", {name: str(value) for name, value in values.items()})
    back = clinic.session.scalars(sa.select(Shift)).one()
    assert (back.kind, back.shift_date, back.employee_id) == (ShiftKind.ON_CALL, week, who.employee_id)


@pytest.mark.both
def test_two_exchange_their_shifts_of_a_day_though_they_cross_and_back(clinic: Clinic, week: date) -> None:
    who, other = clinic.make(people.doctor), clinic.make(people.doctor)
    early = clinic.make(scheduling.shift, employee=who, day=week, start_time=time(9), end_time=time(14))
    late = clinic.make(scheduling.shift, employee=other, day=week, start_time=time(12), end_time=time(19))
    desk = clinic.client("Manager")
    values = {"giver": who.employee_id, "taker": other.employee_id, "day": week.isoformat(), "mode": "exchange"}
    assert desk.submit("/shifts/swap", values).status_code == 302
    assert one(clinic, early.shift_id).employee_id == other.employee_id
    assert one(clinic, late.shift_id).employee_id == who.employee_id
    desk.submit(
        "/shifts/give", {"shift": [f"{early.shift_id}:{who.employee_id}", f"{late.shift_id}:{other.employee_id}"]}
    )
    assert one(clinic, early.shift_id).employee_id == who.employee_id
    desk.submit("/shifts/swap", {**values, "mode": "take"})  # both at once can't be
    assert one(clinic, early.shift_id).employee_id == who.employee_id
    assert one(clinic, late.shift_id).employee_id == other.employee_id


def test_the_visits_of_a_shift_that_was_given_away_are_listed_for_moving(clinic: Clinic, week: date) -> None:
    who, other = clinic.make(people.doctor), clinic.make(people.doctor)
    clinic.make(scheduling.shift, employee=who, day=week)
    patient = clinic.make(people.patient, first_name="Хүлээгч")
    clinic.make(scheduling.appointment, doctor=who, patient=patient, start_at=at(week, "10:00"))
    desk = clinic.client("Manager")
    values = {"giver": who.employee_id, "taker": other.employee_id, "day": week.isoformat(), "mode": "take"}
    answer = desk.submit("/shifts/swap", values)
    assert answer.location.endswith(f"/to-move/{who.employee_id}?day={week}")
    assert "Хүлээгч" in desk.get(answer.location).text
    assert clinic.client("Assistant").get(f"/to-move/{who.employee_id}").status_code == 403


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/shifts/swap", {"giver": "1", "taker": "1", "day": "x"}),
        ("/shifts/swap", {"giver": "x", "taker": "1", "day": "2026-12-01"}),
        ("/shifts/swap", {"giver": "1", "taker": "99999", "day": "2026-12-01"}),
        ("/shifts/give", {"shift": "x"}),
        ("/shifts/give", {"shift": "99999:99999"}),
        ("/shifts/drop", {}),
        ("/shifts/drop", {"shift": "999999"}),
        ("/shifts/restore", {"kind": "x"}),
        ("/shifts/restore", {"kind": "work", "start_time": "9", "end_time": "8", "shift_date": "2026-12-01"}),
        ("/shifts/restore", {"kind": "work", "start_time": "9", "end_time": "18", "shift_date": "2026-12-01",
                             "employee_id": "1", "chair_id": "987654"}),
        ("/shifts/copy-week", {"source": "2026-12-01", "target": "2026-12-02"}),
        ("/shifts/copy-week", {"source": "2026-12-01", "target": "2199-12-02"}),
        ("/shifts/copy-week", {"source": "", "target": ""}),
        ("/shifts/987654/put", {"employee_id": "1", "day": "2026-12-01"}),
    ],
)  # fmt: skip
def test_garbage_is_refused_and_never_an_error_of_ours(clinic: Clinic, path: str, values: dict[str, str]) -> None:
    desk = clinic.client("Manager")
    assert desk.submit(path, values).status_code in (302, 422)
    assert desk.submit(path, values, headers={"HX-Request": "true"}).status_code in (404, 409, 422)
    assert clinic.count(Shift) == 0


@pytest.mark.parametrize("role", [*READERS, "Patient"])
def test_who_only_reads_shifts_moves_none(clinic: Clinic, week: date, role: str) -> None:
    who = clinic.make(people.doctor)
    shift = clinic.make(scheduling.shift, employee=who, day=week)
    assert put(clinic, shift, who, week + timedelta(1), role).status_code == 403
    client = clinic.client(role)
    for path in ("drop", "restore", "swap", "give", "copy-week"):
        assert client.submit(f"/shifts/{path}", {"shift": shift.shift_id}).status_code == 403
    assert client.get(f"/shifts/{shift.shift_id}/swap").status_code == 403
    assert client.get("/shifts").status_code == (403 if role == "Patient" else 200)
    assert one(clinic, shift.shift_id).shift_date == week


def test_a_week_is_copied_without_closed_days_and_what_is_there_and_says_so(clinic: Clinic, week: date) -> None:
    who, other = clinic.make(people.doctor), clinic.make(people.doctor)
    for ahead in range(3):
        clinic.make(scheduling.shift, employee=who, day=week + timedelta(ahead))
    clinic.make(scheduling.shift, employee=other, day=week)
    clinic.make(scheduling.holiday, date=week + timedelta(8))
    desk, values = clinic.client("Manager"), {"source": week.isoformat(), "target": (week + timedelta(9)).isoformat()}
    told = desk.submit("/shifts/copy-week", {**values, "employee_id": who.employee_id}, headers={"HX-Request": "true"})
    assert "Shifts copied: 2. Left out: 1" in told.text
    assert (week + timedelta(8)).isoformat() in told.text.split("Left out")[1]
    assert clinic.count(Shift) == 6
    again = desk.submit("/shifts/copy-week", values, headers={"HX-Request": "true"})
    assert "Shifts copied: 1. Left out: 3" in again.text
    assert clinic.count(Shift) == 7


@pytest.mark.both
def test_a_week_copied_by_many_at_once_is_there_once(clinic: Clinic, week: date) -> None:
    for _ in range(3):
        who = clinic.make(people.doctor)
        for ahead in range(4):
            clinic.make(scheduling.shift, employee=who, day=week + timedelta(ahead))
    target = week + timedelta(7)
    made = at_once(clinic, [lambda s: len(actions.copy_week(s, week, target).made)] * 6)
    assert sorted(made) == [0, 0, 0, 0, 0, 12], made
    assert clinic.count(Shift) == 24


@pytest.mark.both
def test_of_many_who_write_one_shift_at_once_one_does(clinic: Clinic, week: date) -> None:
    who = clinic.make(people.doctor)
    values = {"employee_id": who.employee_id, "kind": ShiftKind.WORK, "end_time": time(18)}
    jobs = [
        lambda s, h=hour: actions.add_shifts(s, {**values, "start_time": time(h)}, [week])[0].shift_id
        for hour in range(8, 14)
    ]
    results = at_once(clinic, jobs)
    assert len([result for result in results if isinstance(result, int)]) == 1, results
    assert clinic.count(Shift) == 1


def test_the_form_beside_the_calendar_tells_the_calendar_to_look_again(clinic: Clinic, week: date) -> None:
    who, desk = clinic.make(people.doctor), clinic.client("Manager")
    path = f"/shifts/add?employee_id={who.employee_id}&shift_date={week}&next=/shifts"
    part = {"HX-Request": "true"}
    assert "<html" not in desk.get(path, headers=part).text
    values = {"employee_id": who.employee_id, "shift_date": week, "start_time": "9", "end_time": "18", "kind": "work"}
    saved = desk.submit(path, values, headers=part)
    assert (saved.status_code, saved.headers["HX-Trigger"]) == (200, "shift-saved")
    refused = desk.submit(path, values, headers=part)
    assert refused.status_code == 422
    assert 'id="start_time-error"' in refused.text
    assert desk.submit(path, {**values, "start_time": "19", "end_time": "20"}).location == "/shifts"
    assert (
        desk.submit(
            path.replace("next=/shifts", "next=//evil"), {**values, "start_time": "20", "end_time": "21"}
        ).location
        != "//evil"
    )
