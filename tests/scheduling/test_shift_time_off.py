"""Time off and the visits it hits; holidays; and chairs that a doctor is booked at."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from app.people.models import Employee
from app.scheduling import reference
from app.scheduling.models import Appointment, Holiday, TimeOff
from app.scheduling.rules import AppointmentStatus
from app.workflows import nightly
from app.workflows.booking import book_visit
from app.workflows.employees import change_employee
from tests.factories import people, scheduling
from tests.factories.clinic import Clinic
from tests.factories.scheduling import at, open_day
from tests.scheduling.common import at_once, now


def visit(clinic: Clinic, who: Employee, day: date, clock: str, **values: object) -> Appointment:
    return clinic.make(scheduling.appointment, doctor=who, start_at=at(day, clock), **values)


def again(clinic: Clinic, row: Appointment) -> Appointment:
    clinic.session.rollback()
    found = clinic.session.get(Appointment, row.appointment_id)
    assert found is not None
    return found


def test_days_without_times_are_whole_days(clinic: Clinic) -> None:
    who, manager = clinic.make(people.doctor), clinic.client("Manager")
    values = {"employee_id": who.employee_id, "from_": "2030-12-02", "until": "2030-12-04", "reason": "Амралт"}
    answer = manager.submit("/time-off/add", values)
    assert answer.status_code == 302
    row = clinic.session.query(TimeOff).one()
    assert (row.from_, row.until) == (at(date(2030, 12, 2), "00:00"), at(date(2030, 12, 5), "00:00"))
    form = manager.get(f"/time-off/{row.time_off_id}/edit").text
    assert 'value="2030-12-02"' in form
    assert 'value="2030-12-04"' in form
    values |= {"from_": "2030-12-02 14:00", "until": "2030-12-02", "lock_token": row.updated_at.isoformat()}
    assert manager.submit(f"/time-off/{row.time_off_id}/edit", values).status_code == 302
    clinic.session.rollback()
    row = clinic.session.query(TimeOff).one()
    assert (row.from_, row.until) == (at(date(2030, 12, 2), "14:00"), at(date(2030, 12, 3), "00:00"))


@pytest.mark.both
def test_a_time_off_lists_the_visits_it_hits_until_none_is_left(clinic: Clinic) -> None:
    day = clinic.unit(open_day)
    who, free, busy, idle = (clinic.make(people.doctor) for _ in range(4))
    for one in (who, free, busy):
        clinic.make(scheduling.shift, employee=one, day=day, start_time=time(9), end_time=time(18))
    first, second = visit(clinic, who, day, "10:00"), visit(clinic, who, day, "15:00")
    visit(clinic, busy, day, "10:00")
    manager = clinic.client("Manager")
    answer = manager.submit("/time-off/add", {"employee_id": who.employee_id, "from_": day, "until": day})
    page = manager.get(answer.location).text
    assert f"/appointments/{first.appointment_id}/edit" in manager.get(f"/to-move/{who.employee_id}?day={day}").text
    choice = page.split(f'name="doctor_{first.appointment_id}"')[1].split("</select>")[0]
    assert f'value="{free.employee_id}"' in choice
    assert f'value="{busy.employee_id}"' not in choice
    assert f'value="{idle.employee_id}"' not in choice
    assert (
        f'value="{busy.employee_id}"' in page.split(f'name="doctor_{second.appointment_id}"')[1].split("</select>")[0]
    )
    assert f"/appointments/{first.appointment_id}/edit" in page
    picks = {"visit": [first.appointment_id, second.appointment_id], "next": answer.location}
    for row in (first, second):
        picks |= {f"doctor_{row.appointment_id}": free.employee_id, f"version_{row.appointment_id}": row.version}
    assert manager.submit("/to-move/other-doctor", picks).location == answer.location
    assert {again(clinic, row).doctor_id for row in (first, second)} == {free.employee_id}
    assert again(clinic, first).start_at == at(day, "10:00")
    assert "No visit stands in this time." in manager.get(answer.location).text


def test_visits_are_given_to_others_all_or_none(clinic: Clinic) -> None:
    day = clinic.unit(open_day)
    who, other = clinic.make(people.doctor), clinic.make(people.doctor)
    clinic.make(scheduling.shift, employee=other, day=day)
    first, second = visit(clinic, who, day, "10:00"), visit(clinic, who, day, "11:00")
    visit(clinic, other, day, "11:00")
    picks: dict[str, object] = {"visit": [first.appointment_id, second.appointment_id]}
    for row in (first, second):
        picks |= {f"doctor_{row.appointment_id}": other.employee_id, f"version_{row.appointment_id}": row.version}
    desk = clinic.client("Receptionist")
    desk.submit("/to-move/other-doctor", picks)
    assert {again(clinic, row).doctor_id for row in (first, second)} == {who.employee_id}
    stale = {**picks, "visit": first.appointment_id, f"version_{first.appointment_id}": 99}
    desk.submit("/to-move/other-doctor", stale)
    assert again(clinic, first).doctor_id == who.employee_id
    for garbage in ({}, {"visit": "x"}, {"visit": "987654", "doctor_987654": "1", "version_987654": "1"}):
        assert desk.submit("/to-move/other-doctor", garbage).status_code == 302
    assert clinic.client("Nurse").submit("/to-move/other-doctor", picks).status_code == 403


def test_who_may_see_no_appointments_sees_no_patients_of_a_time_off(clinic: Clinic) -> None:
    day = clinic.unit(open_day)
    who, patient = clinic.make(people.doctor), clinic.make(people.patient, first_name="Нууцлагдсан")
    row = visit(clinic, who, day, "10:00", patient=patient)
    away = clinic.make(scheduling.time_off, employee=who, from_=at(day, "00:00"), until=at(day, "23:00"))
    path = f"/time-off/{away.time_off_id}"
    assert "Нууцлагдсан" in clinic.client("Receptionist").get(path).text
    page = clinic.client("Assistant").get(path).text
    assert "Нууцлагдсан" not in page
    assert "Visits: 1" in page
    nurse = clinic.client("Nurse").get(path).text
    assert "Нууцлагдсан" in nurse
    assert f"/appointments/{row.appointment_id}/edit" not in nurse


# --- holidays


def test_the_holidays_of_2027_have_tsagaan_sar_on_its_three_days() -> None:
    found = reference.holidays_of(2027)
    assert [day for day, names in found.items() if names[0] == "Цагаан сар"] == [
        date(2027, 2, day) for day in (7, 8, 9)
    ]
    assert {date(2027, 1, 1), date(2027, 6, 1), date(2027, 7, 11), date(2027, 12, 29)} <= set(found)


@pytest.mark.both
def test_a_year_comes_by_itself_once_and_what_was_taken_away_stays_away(clinic: Clinic) -> None:
    day = date(2040, 3, 1)
    assert clinic.unit(lambda s: nightly.load_holidays(s, day)) > 20
    clinic.unit(lambda s: s.query(Holiday).filter(Holiday.date == date(2041, 6, 1)).delete())
    assert clinic.unit(lambda s: nightly.load_holidays(s, day)) == 0
    assert clinic.count(Holiday, Holiday.date == date(2041, 6, 1)) == 0


def test_the_holidays_of_any_year_are_loaded_and_can_be_changed(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    assert "date_from=2045-01-01" in manager.submit("/holidays/load", {"year": "2045"}).location
    count = clinic.count(Holiday, Holiday.date >= date(2045, 1, 1))
    assert count > 10
    manager.submit("/holidays/load", {"year": "2045"})
    assert clinic.count(Holiday, Holiday.date >= date(2045, 1, 1)) == count
    for year in ("", "x", "1", "99999", "²²²²"):
        assert manager.submit("/holidays/load", {"year": year}).status_code == 302
    assert clinic.count(Holiday, Holiday.date >= date(2045, 1, 1)) == count
    assert clinic.client("Receptionist").submit("/holidays/load", {"year": "2046"}).status_code == 403


# --- capacity


def form_of(clinic: Clinic, who: Employee, capacity: int) -> dict[str, object]:
    clinic.session.rollback()
    row = clinic.session.get(Employee, who.employee_id)
    assert row is not None
    return {
        "last_name": row.last_name, "first_name": row.first_name, "gender": row.gender.word, "status": "active", "birthday": "1980-01-02",
        "hired_at": "2020-01-01", "chair_capacity": capacity, "lock_token": row.updated_at.isoformat(),
        "phones-0-phone_number_val": "99112233", "phones-0-is_primary": "y", "phones-1-phone_number_val": "88112233",
        "commission_bp": "0", "calendar_colour": row.calendar_colour or "",
    }  # fmt: skip


@pytest.mark.both
def test_nobody_gets_fewer_chairs_than_they_are_booked_at(clinic: Clinic) -> None:
    day = clinic.unit(open_day)
    who = clinic.make(people.doctor, chair_capacity=2)
    for clock in ("10:00", "10:15"):
        visit(clinic, who, day, clock)
    manager, path = clinic.client("Manager"), f"/employees/{who.employee_id}/edit"
    refused = manager.submit(path, form_of(clinic, who, 1))
    assert refused.status_code == 422, refused.text[:300]
    assert 'id="chair_capacity-error"' in refused.text
    assert f"{day} 10:15" in refused.text
    assert clinic.session.get(Employee, who.employee_id).chair_capacity == 2
    rows = clinic.session.query(Appointment).filter_by(doctor_id=who.employee_id).all()
    manager.submit(f"/appointments/{rows[0].appointment_id}/move", {"to": "cancelled", "version": rows[0].version})
    assert again(clinic, rows[0]).status is AppointmentStatus.CANCELLED
    answer = manager.submit(path, form_of(clinic, who, 1))
    assert answer.status_code == 302, answer.text.split('id="problems"')[1][:700]
    clinic.session.rollback()
    assert clinic.session.get(Employee, who.employee_id).chair_capacity == 1


def test_what_has_been_does_not_keep_chairs(clinic: Clinic) -> None:
    who, yesterday = clinic.make(people.doctor, chair_capacity=2), clinic.today - timedelta(days=1)
    for _ in range(2):
        visit(clinic, who, yesterday, "10:00", now=datetime.now(UTC) - timedelta(days=2))
    assert (
        clinic.client("Manager").submit(f"/employees/{who.employee_id}/edit", form_of(clinic, who, 1)).status_code
        == 302
    )


@pytest.mark.both
def test_chairs_are_taken_away_or_booked_at_but_never_both(clinic: Clinic) -> None:
    day = clinic.unit(open_day)
    patients = [clinic.make(people.patient).patient_id for _ in range(8)]
    for clock in ("09:00", "11:00", "13:00", "15:00"):
        who = clinic.make(people.doctor, chair_capacity=2)
        visit(clinic, who, day, clock)

        def book(session: Any, key: int, who: Employee = who, clock: str = clock) -> int:
            wanted = {
                "patient_id": key, "doctor_id": who.employee_id, "start_at": at(day, clock), "minutes": 30,
                "override_reason": "x",
            }  # fmt: skip
            return book_visit(session, wanted, by_user=None, now=now(), terms=scheduling.TERMS).appointment_id

        def lower(session: Any, who: Employee = who) -> None:
            row = session.get(Employee, who.employee_id, with_for_update=True)
            values = {name: getattr(row, name) for name in ("first_name", "last_name", "gender", "status", "hired_at")}
            phones = [(n, {"phone_number_val": f"+97699{n}12233"}) for n in range(2)]
            change_employee(
                session, row, {**values, "chair_capacity": 1}, phones, [], today=clinic.today, now=datetime.now(UTC)
            )

        at_once(clinic, [lower, *(lambda s, k=key: book(s, k) for key in patients[:3])])
        clinic.session.rollback()
        capacity = clinic.session.get_one(Employee, who.employee_id).chair_capacity
        booked = clinic.count(Appointment, Appointment.doctor_id == who.employee_id)
        assert booked <= capacity, (booked, capacity)
        assert booked + capacity in (2, 4)
