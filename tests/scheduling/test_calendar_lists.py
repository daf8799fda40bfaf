"""The lists of shifts and of time off: what comes next, who is booked without a shift, what an absence hits."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.models import Employee
from app.people.rules import PositionType
from app.scheduling.models import Appointment, Shift
from app.scheduling.rules import AppointmentStatus as S
from app.scheduling.rules import days_away, length_of
from tests.factories import people, scheduling
from tests.factories.clinic import Clinic
from tests.factories.scheduling import ZONE, at

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("start", "end", "length"),
    [("09:00", "18:00", (9, 0)), ("09:30", "14:15", (4, 45)), ("09:45", "10:15", (0, 30))],
)
def test_the_length_of_a_shift(start: str, end: str, length: tuple[int, int]) -> None:
    assert length_of(time.fromisoformat(start), time.fromisoformat(end)) == length


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (at(MONDAY, "00:00"), at(MONDAY, "23:55"), 1),
        (at(MONDAY, "00:00"), at(MONDAY + timedelta(days=1), "00:00"), 1),
        (at(MONDAY, "23:00"), at(MONDAY + timedelta(days=1), "00:05"), 2),
        (at(MONDAY, "09:00"), at(MONDAY + timedelta(days=6), "18:00"), 7),
    ],
)
def test_the_days_of_an_absence(start: Any, end: Any, days: int) -> None:
    assert days_away(start, end, ZONE) == days


@given(first=st.dates(date(2020, 1, 1), date(2035, 1, 1)), count=st.integers(1, 400))
def test_so_many_whole_days_are_so_many(first: date, count: int) -> None:
    assert days_away(at(first, "00:00"), at(first + timedelta(days=count), "00:00"), ZONE) == count


def doctor(clinic: Clinic) -> Employee:
    return clinic.make(people.doctor)


@pytest.mark.both
def test_the_list_of_shifts_opens_from_today_and_can_be_seen_whole(clinic: Clinic) -> None:
    who = doctor(clinic)
    days = [clinic.today + timedelta(days=ahead) for ahead in (-1, 14, 7)]
    for day in days:
        clinic.make(scheduling.shift, employee=who, day=day, start_time=time(9), end_time=time(17, 30))
    desk = clinic.client("Receptionist")
    page = desk.get("/shifts/list/").text
    assert f">{days[0].isoformat()}" not in page
    assert page.index(f">{days[2].isoformat()}") < page.index(f">{days[1].isoformat()}")
    assert "09:00–17:30" in page
    assert "8 h 30 min" in page
    assert "/shifts/list/?all=yes" in page or "/shifts/?all=yes" in page
    whole = desk.get("/shifts/list/?all=yes").text
    assert f">{days[0].isoformat()}" in whole
    assert f">{days[0].isoformat()}" in desk.get(f"/shifts/list/?employee_id={who.employee_id}").text


def copy(clinic: Clinic, role: str, keys: list[int]) -> Any:
    data = {"row": [str(key) for key in keys], "sure": "yes", "next": "/shifts/list/"}
    return clinic.client(role).submit("/shifts/bulk/copy", data)


def shifts_of(clinic: Clinic, who: Employee) -> set[date]:
    rows = clinic.session.query(Shift).filter_by(employee_id=who.employee_id)
    return {row.shift_date for row in rows}


@pytest.mark.both
def test_a_week_is_copied_where_it_is_free_all_or_none(clinic: Clinic) -> None:
    who = doctor(clinic)
    first = clinic.unit(lambda s: scheduling.open_days(s, 40))
    pair = [day for day in first if day + timedelta(days=7) in first][:2]
    keys = [clinic.make(scheduling.shift, employee=who, day=day).shift_id for day in pair]
    copy(clinic, "Manager", keys[:1])
    assert shifts_of(clinic, who) == {*pair, pair[0] + timedelta(days=7)}
    copy(clinic, "Manager", keys)  # the first is there already
    assert shifts_of(clinic, who) == {*pair, pair[0] + timedelta(days=7)}
    copy(clinic, "Manager", keys[1:])
    assert shifts_of(clinic, who) == {*pair, *(day + timedelta(days=7) for day in pair)}


def test_nothing_is_copied_onto_a_closed_day(clinic: Clinic) -> None:
    who, day = doctor(clinic), clinic.unit(scheduling.open_day)
    key = clinic.make(scheduling.shift, employee=who, day=day).shift_id
    clinic.make(scheduling.holiday, date=day + timedelta(days=7))
    copy(clinic, "Manager", [key])
    assert shifts_of(clinic, who) == {day}


@pytest.mark.parametrize("role", ["Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient"])
def test_who_only_reads_shifts_copies_none(clinic: Clinic, role: str) -> None:
    who, day = doctor(clinic), clinic.unit(scheduling.open_day)
    key = clinic.make(scheduling.shift, employee=who, day=day).shift_id
    assert copy(clinic, role, [key]).status_code == 403
    assert shifts_of(clinic, who) == {day}


@pytest.mark.both
def test_a_doctor_booked_without_a_shift_is_told(clinic: Clinic) -> None:
    who, day = doctor(clinic), clinic.unit(scheduling.open_day)
    clinic.make(scheduling.appointment, doctor=who, start_at=at(day, "10:00"))
    clinic.make(scheduling.appointment, doctor=who, start_at=at(day, "11:00"), status=S.CANCELLED)
    manager = clinic.client("Manager")
    told = manager.get("/shifts/list/").text.split("Booked without a shift")[1]
    add = f"/shifts/add?employee_id={who.employee_id}&amp;shift_date={day.isoformat()}"
    assert add in told
    assert "Visits: 1" in told
    assert f'value="{day.isoformat()}"' in manager.get(add.replace("&amp;", "&")).text
    assert add not in clinic.client("Receptionist").get("/shifts/list/").text
    clinic.make(scheduling.shift, employee=who, day=day)
    assert add not in manager.get("/shifts/list/").text


@pytest.mark.both
def test_time_off_tells_which_visits_it_hits(clinic: Clinic) -> None:
    who, day = doctor(clinic), clinic.unit(scheduling.open_day)
    hit = clinic.make(scheduling.appointment, doctor=who, start_at=at(day, "10:00"))
    assistant = clinic.make(people.employee, kind=PositionType.ASSISTANT)
    helped = clinic.make(scheduling.appointment, assistant_id=assistant.employee_id, start_at=at(day, "15:00"))
    clinic.make(scheduling.appointment, doctor=who, start_at=at(day, "12:00"), status=S.CANCELLED)
    clinic.make(scheduling.appointment, doctor=who, start_at=at(day + timedelta(days=3), "10:00"))
    away = clinic.make(scheduling.time_off, employee=who, from_=at(day, "09:00"), until=at(day, "18:00"))
    clinic.make(scheduling.time_off, employee=who, from_=at(day, "10:30"), until=at(day, "11:00"))
    other = clinic.make(scheduling.time_off, employee=assistant, from_=at(day, "14:00"), until=at(day, "16:00"))
    manager = clinic.client("Manager")
    page = manager.get("/time-off").text
    link = f"/appointments/list/?time_off={away.time_off_id}"
    assert f'{link}"' in page
    assert page.count("?time_off=") == 2
    every = clinic.session.query(Appointment.appointment_id).all()

    def listed(time_off: int) -> set[int]:
        rows = manager.get(f"/appointments/list/?time_off={time_off}").text
        return {key for (key,) in every if f'"/appointments/{key}"' in rows}

    assert listed(away.time_off_id) == {hit.appointment_id}
    assert listed(other.time_off_id) == {helped.appointment_id}
    assert "No records" in manager.get("/appointments/list/?time_off=987654&status=came").text
    assert "?time_off=" not in clinic.client("Assistant").get("/time-off").text  # who may not open the list


def test_the_list_of_time_off_opens_with_what_is_not_over(clinic: Clinic) -> None:
    past = clinic.make(
        scheduling.time_off, reason="Past", from_=at(clinic.today - timedelta(days=9), "00:00"),
        until=at(clinic.today - timedelta(days=8), "00:00"),
    )  # fmt: skip
    clinic.make(scheduling.time_off, reason="Coming")
    desk = clinic.client("Manager")
    assert past.reason == "Past"
    assert ">Past<" not in desk.get("/time-off").text
    assert ">Coming<" in desk.get("/time-off").text
    assert ">Past<" in desk.get("/time-off?all=yes").text
    exported = desk.get("/time-off/export.csv?all=yes").text
    assert "Past" in exported
