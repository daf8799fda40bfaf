"""Weekly patterns, the shifts made of them, and new hours from a day on."""

import contextlib
from datetime import date, time, timedelta
from itertools import combinations
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.people.models import Employee
from app.people.rules import EmployeeStatus
from app.scheduling.actions import patterns as actions
from app.scheduling.actions import shifts as shift_actions
from app.scheduling.models import Holiday, Shift, ShiftPattern
from app.scheduling.rules.shifts import Hours, crosses
from tests.factories import people, scheduling
from tests.factories.clinic import Clinic
from tests.factories.scheduling import ZONE, at, today

WEEKS = 6


def next_monday(ahead: int = 0) -> date:
    return today() + timedelta(days=7 - today().weekday() + 7 * ahead)


def without_holidays(clinic: Clinic) -> None:
    clinic.unit(lambda s: s.query(Holiday).delete())


def shifts_of(clinic: Clinic, who: Employee) -> list[Shift]:
    clinic.session.rollback()
    rows = sa.select(Shift).where(Shift.employee_id == who.employee_id).order_by(Shift.shift_date, Shift.start_time)
    return list(clinic.session.scalars(rows))


def crossings(rows: list[Shift]) -> list[Any]:
    return [
        (one.title, other.title)
        for one, other in combinations(rows, 2)
        if (one.employee_id, one.shift_date) == (other.employee_id, other.shift_date) and crosses(one, other)
    ]


def add(clinic: Clinic, who: Employee, **values: Any) -> ShiftPattern:
    base = {
        "employee_id": who.employee_id, "weekday": 0, "start_time": time(9), "end_time": time(18), "chair_id": None,
        "valid_from": today(), "valid_until": None,
    }  # fmt: skip
    return clinic.unit(lambda s: actions.add_pattern(s, {**base, **values}, today=today(), weeks=WEEKS))


def make(clinic: Clinic, day: date, weeks: int = WEEKS) -> int:
    return clinic.unit(lambda s: actions.make_due_shifts(s, today=day, weeks=weeks))


@pytest.mark.both
def test_a_pattern_makes_its_shifts_at_once_and_each_night_one_more_week(clinic: Clinic) -> None:
    without_holidays(clinic)
    who = clinic.make(people.doctor)
    pattern = add(clinic, who)
    days = [row.shift_date for row in shifts_of(clinic, who)]
    assert all(day.weekday() == 0 for day in days)
    assert days[-1] > today() + timedelta(weeks=WEEKS - 1)
    assert {row.shift_pattern_id for row in shifts_of(clinic, who)} == {pattern.shift_pattern_id}
    assert make(clinic, today()) == 0
    assert make(clinic, today() + timedelta(days=7)) == 1
    assert make(clinic, today() + timedelta(days=7)) == 0


def test_closed_days_taken_hours_and_people_who_left_get_none(clinic: Clinic) -> None:
    without_holidays(clinic)
    who, gone = clinic.make(people.doctor), clinic.make(people.doctor)
    clinic.make(scheduling.holiday, date=next_monday(0))
    clinic.make(scheduling.shift, employee=who, day=next_monday(1), start_time=time(17), end_time=time(20))
    clinic.make(scheduling.time_off, employee=who, from_=at(next_monday(2), "00:00"), until=at(next_monday(3), "00:00"))
    add(clinic, who, valid_from=next_monday(0))
    made = [row.shift_date for row in shifts_of(clinic, who) if row.shift_pattern_id]
    assert made[0] == next_monday(2)  # away, and yet a shift
    clinic.make(scheduling.shift_pattern, employee=gone)
    clinic.unit(lambda s: setattr(s.get(Employee, gone.employee_id), "status", EmployeeStatus.NOT_WORKING))
    make(clinic, today())
    assert shifts_of(clinic, gone) == []


def test_a_shift_that_was_deleted_or_moved_by_hand_does_not_come_back(clinic: Clinic) -> None:
    without_holidays(clinic)
    who = clinic.make(people.doctor)
    add(clinic, who)
    first, second, *rest = shifts_of(clinic, who)
    clinic.unit(lambda s: shift_actions.drop_shifts(s, [first.shift_id]))
    moved = second.shift_date + timedelta(days=1)
    clinic.unit(lambda s: shift_actions.put_shift(s, s.get(Shift, second.shift_id), who.employee_id, moved))
    assert make(clinic, today()) == 0
    assert [row.shift_date for row in shifts_of(clinic, who)] == [moved, *(row.shift_date for row in rest)]


HOURS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(8, 17), st.integers(1, 5)), max_size=5, unique_by=lambda row: row[0]
).map(lambda rows: [Hours(day, time(start), time(start + length)) for day, start, length in rows])


@settings(max_examples=12)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("week"), HOURS, st.integers(0, 30), st.none() | st.integers(0, 20)),
            st.tuples(st.just("night"), st.integers(0, 20)),
            st.tuples(st.just("drop"), st.integers(0, 50)),
            st.tuples(st.just("move"), st.integers(0, 50), st.integers(-3, 3)),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_done_nobody_is_in_two_shifts_and_making_twice_adds_nothing(
    clinic: Clinic, steps: list[Any]
) -> None:
    who = clinic.make(people.doctor)
    day = today()
    for kind, *given_ in steps:
        rows = shifts_of(clinic, who)
        if kind == "week":
            hours, ahead, length = given_
            first = day + timedelta(days=ahead)
            until = None if length is None else first + timedelta(days=length)
            clinic.unit(
                lambda s, h=hours, f=first, u=until, d=day: actions.change_week(
                    s, who.employee_id, h, f, u, today=d, weeks=WEEKS, zone=ZONE
                )
            )
            kept = clinic.session.query(ShiftPattern).filter_by(employee_id=who.employee_id).all()
            assert all(p.valid_until is None or p.valid_until >= p.valid_from for p in kept)
        elif kind == "night":
            day += timedelta(days=given_[0])
            make(clinic, day)
        elif rows and kind == "drop":
            clinic.unit(lambda s, n=given_[0], r=rows: shift_actions.drop_shifts(s, [r[n % len(r)].shift_id]))
        elif rows:
            row = rows[given_[0] % len(rows)]
            to = row.shift_date + timedelta(days=given_[1])
            with contextlib.suppress(RuleError):
                clinic.unit(
                    lambda s, r=row, t=to: shift_actions.put_shift(s, s.get(Shift, r.shift_id), who.employee_id, t)
                )
        assert crossings(shifts_of(clinic, who)) == []
        make(clinic, day)
        before = [row.title for row in shifts_of(clinic, who)]
        assert make(clinic, day) == 0
        assert [row.title for row in shifts_of(clinic, who)] == before


@pytest.mark.both
def test_new_hours_end_the_old_ones_replace_what_was_made_and_leave_what_was_changed_by_hand(clinic: Clinic) -> None:
    without_holidays(clinic)
    who = clinic.make(people.doctor)
    old = add(clinic, who)
    rows = shifts_of(clinic, who)
    days = [row.shift_date for row in rows]
    clinic.unit(lambda s: shift_actions.change_shift(s, s.get(Shift, rows[3].shift_id), {"end_time": time(15)}))
    clinic.unit(lambda s: shift_actions.drop_shifts(s, [rows[4].shift_id]))
    first = days[1]
    clinic.unit(
        lambda s: actions.change_week(
            s, who.employee_id, [Hours(0, time(10), time(16))], first, None, today=today(), weeks=WEEKS, zone=ZONE
        )
    )
    now = {row.shift_date: (row.start_time.hour, row.end_time.hour) for row in shifts_of(clinic, who)}
    assert [now.get(day) for day in days[:6]] == [(9, 18), (10, 16), (10, 16), (9, 15), None, (10, 16)]
    kept = clinic.session.get(ShiftPattern, old.shift_pattern_id)
    assert kept.valid_until == first - timedelta(days=1)
    assert make(clinic, today()) == 0


def test_hours_for_a_time_give_way_to_the_old_ones_again(clinic: Clinic) -> None:
    without_holidays(clinic)
    who = clinic.make(people.doctor)
    add(clinic, who)
    days = [row.shift_date for row in shifts_of(clinic, who)]
    clinic.unit(
        lambda s: actions.change_week(
            s, who.employee_id, [Hours(0, time(12), time(20))], days[1], days[2], today=today(), weeks=WEEKS, zone=ZONE
        )
    )
    assert [(row.shift_date, row.start_time.hour) for row in shifts_of(clinic, who)] == [
        (day, 12 if day in days[1:3] else 9) for day in days
    ]
    assert make(clinic, today()) == 0
    assert make(clinic, today() + timedelta(days=7)) == 1


def week_form(**values: str) -> dict[str, str]:
    return {"valid_from": today().isoformat(), **values}


def test_a_week_is_written_in_one_form_with_a_break(clinic: Clinic) -> None:
    without_holidays(clinic)
    who, manager = clinic.make(people.doctor), clinic.client("Manager")
    path = f"/shift-weeks/{who.employee_id}"
    values = week_form(
        from_0_0="9", until_0_0="13:00", from_0_1="14:00", until_0_1="18:00", from_2_0="10", until_2_0="16"
    )
    assert manager.submit(path, values).status_code == 302
    rows = shifts_of(clinic, who)
    assert {row.shift_date.weekday() for row in rows} == {0, 2}
    assert len([row for row in rows if row.shift_date == next_monday()]) == 2
    page = manager.get(path).text
    assert 'name="until_0_1" ' in page or 'name="until_0_1"' in page
    assert "14:00" in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"from_0_0": "9"}, "until_0_0"),
        ({"from_0_0": "9", "until_0_0": "8"}, "until_0_0"),
        ({"from_0_0": "9", "until_0_0": "13", "from_0_1": "12", "until_0_1": "18"}, "from_0_1"),
        ({"from_0_0": "x", "until_0_0": "13"}, "from_0_0"),
        ({"valid_from": "2020-01-01"}, "valid_from"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"valid_from": ""}, "valid_from"),
    ],
)
def test_an_impossible_week_is_refused_on_its_field(clinic: Clinic, values: dict[str, str], field: str) -> None:
    who = clinic.make(people.doctor)
    answer = clinic.client("Manager").submit(f"/shift-weeks/{who.employee_id}", week_form(**values))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert clinic.count(ShiftPattern) == 0


def test_what_changes_is_told_first_with_the_visits_that_would_stand_outside(clinic: Clinic) -> None:
    without_holidays(clinic)
    who, manager = clinic.make(people.doctor), clinic.client("Manager")
    add(clinic, who)
    patient = clinic.make(people.patient, first_name="Үлдсэн")
    clinic.make(scheduling.appointment, doctor=who, patient=patient, start_at=at(next_monday(), "17:00"))
    path, values = f"/shift-weeks/{who.employee_id}", week_form(from_0_0="09:00", until_0_0="15:00")
    told = manager.submit(path, values)
    assert told.status_code == 200
    assert "Үлдсэн" in told.text
    assert {row.end_time for row in shifts_of(clinic, who)} == {time(18)}
    sure = told.text.split('name="sure"')[1].split('value="')[1].split('"')[0]
    assert manager.submit(path, {**values, "sure": "x"}).status_code == 200
    assert manager.submit(path, {**values, "sure": sure}).status_code == 302
    assert {row.end_time for row in shifts_of(clinic, who) if row.shift_date > today()} == {time(15)}


def test_a_pattern_goes_with_its_coming_shifts_but_for_those_changed_by_hand(clinic: Clinic) -> None:
    without_holidays(clinic)
    who, manager = clinic.make(people.doctor), clinic.client("Manager")
    values = {
        "employee_id": who.employee_id, "weekday": "0", "start_time": "9", "end_time": "18",
        "valid_from": today().isoformat(),
    }  # fmt: skip
    assert manager.submit("/shift-patterns/add", values).status_code == 302
    again = manager.submit("/shift-patterns/add", {**values, "start_time": "17", "end_time": "19"})
    assert again.status_code == 422
    assert 'id="start_time-error"' in again.text
    rows = shifts_of(clinic, who)
    clinic.unit(lambda s: shift_actions.change_shift(s, s.get(Shift, rows[2].shift_id), {"end_time": time(15)}))
    assert manager.submit(f"/shift-patterns/{rows[0].shift_pattern_id}/delete").status_code == 302
    assert clinic.count(ShiftPattern) == 0
    assert [row.shift_date for row in shifts_of(clinic, who)] == [rows[2].shift_date]


@pytest.mark.parametrize("role", ["Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient"])
def test_who_only_reads_shifts_changes_no_week(clinic: Clinic, role: str) -> None:
    who, client = clinic.make(people.doctor), clinic.client(role)
    assert client.get(f"/shift-weeks/{who.employee_id}").status_code == 403
    assert client.submit(f"/shift-weeks/{who.employee_id}", week_form(from_0_0="9", until_0_0="18")).status_code == 403
    assert client.submit("/shift-patterns/add", {}).status_code == 403
    assert clinic.count(ShiftPattern) == 0


def test_nobody_has_no_week(clinic: Clinic) -> None:
    assert clinic.client("Manager").get("/shift-weeks/987654").status_code == 404
    assert clinic.client("Manager").get("/shift-weeks/?employee_id=x").status_code == 302


def test_the_night_makes_what_is_due_with_the_clinics_setting(clinic: Clinic) -> None:
    who = clinic.make(people.doctor)
    clinic.make(scheduling.shift_pattern, employee=who)
    answer = clinic.app.test_cli_runner().invoke(args=["jobs", "nightly"])
    assert answer.exit_code == 0, answer.output
    count = len(shifts_of(clinic, who))
    assert f"shifts made of weekly patterns: {count}" in answer.output
    assert 8 <= count <= 13
