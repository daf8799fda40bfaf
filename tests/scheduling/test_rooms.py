"""Rooms, chairs, shifts, time off, holidays, and what a new clinic begins with."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.people.models import Patient
from app.scheduling import reference
from app.scheduling.models import Appointment, BookingSlot, Chair, Holiday, Room, Shift, TimeOff
from app.scheduling.rules import AppointmentStatus, RoomStatus, RoomType
from tests.factories import people, scheduling

S = AppointmentStatus
HTMX = {"HX-Request": "true"}
READERS = ("Doctor", "Nurse", "Assistant", "Coordinator")
WRITERS = ("Admin", "Manager", "Receptionist")


def visit(clinic, status, chair, clock, **values):
    patient = clinic.make(people.patient, **values)
    at = scheduling.at(scheduling.today(), clock)
    return clinic.make(scheduling.appointment, patient=patient, chair=chair, start_at=at, status=status)


# --- /rooms


@pytest.mark.parametrize("role", [*READERS, *WRITERS])
def test_the_rooms_show_who_is_in_the_chair_who_waits_and_who_comes(clinic, role):
    chair = clinic.make(scheduling.chair)
    visit(clinic, S.IN_TREATMENT, chair, "09:00", first_name="Сандалд")
    visit(clinic, S.CAME, chair, "10:00", first_name="Хүлээж")
    visit(clinic, S.CONFIRMED, chair, "23:30", first_name="Дараагийн")
    visit(clinic, S.CANCELLED, chair, "11:00", first_name="Цуцалсан")
    page = clinic.client(role).get("/rooms").text
    for words in ("Сандалд", "Хүлээж", "Дараагийн", chair.name, "Occupied"):
        assert words in page
    assert "Цуцалсан" not in page
    assert ("/status" in page) == (role in WRITERS)


def test_the_rooms_show_the_alerts_of_who_is_in_them(clinic):
    chair = clinic.make(scheduling.chair)
    row = visit(clinic, S.IN_TREATMENT, chair, "09:00")
    clinic.make(people.allergy, person=clinic.session.get(Patient, row.patient_id), name="Новокаин")
    assert "Новокаин" in clinic.client("Assistant").get("/rooms").text


def test_the_rooms_are_the_first_page_of_assistants(clinic):
    assert clinic.client("Assistant").get("/").location.endswith("/rooms")
    assert clinic.client("Patient").get("/rooms").status_code == 403


@pytest.mark.parametrize("role", WRITERS)
def test_one_click_sets_how_a_room_stands(clinic, role):
    room = clinic.make(scheduling.room)
    client = clinic.client(role)
    assert client.submit(f"/rooms/{room.room_id}/status", {"status": "cleaning"}, headers=HTMX).status_code == 200
    assert clinic.session.get(Room, room.room_id).status is RoomStatus.CLEANING
    assert client.submit(f"/rooms/{room.room_id}/status", {"status": "free"}).status_code == 303
    assert clinic.session.get(Room, room.room_id).status is RoomStatus.FREE
    closed = {"status": "out_of_service", "reason": "Гэрэл шатсан"}
    assert client.submit(f"/rooms/{room.room_id}/status", closed, headers=HTMX).status_code == 200
    assert clinic.session.get(Room, room.room_id).status is RoomStatus.OUT_OF_SERVICE
    assert client.submit(f"/rooms/{room.room_id}/status", {"status": "nonsense"}).status_code == 422
    assert client.submit("/rooms/999999/status", {"status": "free"}).status_code == 404


@pytest.mark.parametrize("role", READERS)
def test_who_only_reads_sets_nothing(clinic, role):
    room = clinic.make(scheduling.room)
    assert clinic.client(role).submit(f"/rooms/{room.room_id}/status", {"status": "cleaning"}).status_code == 403
    assert clinic.session.get(Room, room.room_id).status is RoomStatus.FREE


def test_a_clinic_without_rooms_is_told_to_add_one(clinic):
    clinic.unit(lambda s: (s.query(Chair).delete(), s.query(Room).delete()))
    assert "/room-list/add" in clinic.client("Manager").get("/rooms").text


def test_the_statements_of_the_rooms_do_not_grow(clinic):
    client = clinic.client("Nurse")

    def count():
        client.get("/rooms")
        with clinic.statements() as seen:
            client.get("/rooms")
        return len(seen)

    visit(clinic, S.CAME, clinic.make(scheduling.chair), "09:00")
    few = count()
    for number in range(6):
        visit(clinic, S.IN_TREATMENT, clinic.make(scheduling.chair), f"{10 + number}:00")
    assert count() == few
    assert few <= 12


# --- the tables


@pytest.mark.parametrize(
    ("path", "readers", "writers"),
    [
        ("/room-list", READERS, WRITERS),
        ("/chairs", READERS, WRITERS),
        ("/shifts", ("Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator"), ("Admin", "Manager")),
        ("/time-off", ("Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator"), ("Admin", "Manager")),
        ("/holidays", ("Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator"), ("Admin", "Manager")),
        ("/appointment-moves", ("Nurse", "Doctor"), ()),
        ("/booking-slots", (), ()),
    ],
)
def test_each_table_opens_and_changes_for_whom_the_matrix_says(clinic, path, readers, writers):
    clinic.make(scheduling.appointment, chair=clinic.make(scheduling.chair))
    clinic.make(scheduling.shift)
    clinic.make(scheduling.time_off)
    admin = clinic.client("Admin")
    with clinic.statements() as seen:
        assert admin.get(f"{path}/list/").status_code == 200
    assert len(seen) <= 8
    assert admin.get(f"{path}/chart/").status_code == 200
    for role in readers:
        assert clinic.client(role).get(f"{path}/list/").status_code == 200, role
        if role not in writers and path in ("/shifts", "/holidays", "/chairs"):
            assert clinic.client(role).get(f"{path}/add").status_code == 403, role
    for role in writers:
        assert clinic.client(role).get(f"{path}/add").status_code == 200, role
    assert clinic.client("Patient").get(f"{path}/list/").status_code == 403


def test_the_moves_of_all_appointments_name_patient_and_person(clinic):
    row = clinic.make(scheduling.appointment, patient=clinic.make(people.patient, first_name="Хөдөлсөн"))
    client = clinic.client("Receptionist")
    client.submit(f"/appointments/{row.appointment_id}/move", {"to": "confirmed", "version": 1})
    page = client.get("/appointment-moves?q=khudulsun").text
    assert "Хөдөлсөн" in page
    assert "Receptionist Туршилт" in page


def shift_form(employee, day, **values):
    base = {"employee_id": employee.employee_id, "shift_date": str(day), "start_time": "09:00", "end_time": "14:00"}
    return {**base, "kind": "work", **values}


def test_a_shift_is_written_down_for_many_days_at_once_without_the_closed_ones(clinic):
    who = clinic.make(people.doctor)
    first = scheduling.today() + timedelta(days=400 - scheduling.today().weekday())
    first += timedelta(days=(7 - first.weekday()) % 7)
    clinic.unit(lambda s: s.query(Holiday).delete())
    clinic.make(scheduling.holiday, date=first + timedelta(days=2))
    until = first + timedelta(days=9)
    values = shift_form(who, first, repeat_until=str(until), weekdays=["0", "2", "4"])
    assert clinic.client("Manager").submit("/shifts/add", values).status_code == 302
    days = clinic.session.scalars(
        sa.select(Shift.shift_date).where(Shift.employee_id == who.employee_id).order_by(Shift.shift_date)
    ).all()
    assert [(day - first).days for day in days] == [0, 4, 7, 9]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"end_time": "09:00"}, "end_time"),
        ({"end_time": "08:00"}, "end_time"),
        ({"start_time": "25:00"}, "start_time"),
        ({"shift_date": "2026-02-30"}, "shift_date"),
        ({"repeat_until": "2000-01-01"}, "repeat_until"),
        ({"repeat_until": "9999-12-31"}, "repeat_until"),
        ({"employee_id": "999999"}, "employee_id"),
    ],
)
def test_an_impossible_shift_is_refused_on_its_field(clinic, values, field):
    who = clinic.make(people.doctor)
    answer = clinic.client("Manager").submit("/shifts/add", {**shift_form(who, scheduling.today()), **values})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert clinic.count(Shift) == 0


def test_two_shifts_of_one_person_do_not_overlap_not_even_by_changing_one(clinic):
    who, day = clinic.make(people.doctor), scheduling.today() + timedelta(days=5)
    client = clinic.client("Manager")
    assert client.submit("/shifts/add", shift_form(who, day)).status_code == 302
    assert client.submit("/shifts/add", shift_form(who, day, start_time="13:00", end_time="18:00")).status_code == 422
    assert client.submit("/shifts/add", shift_form(who, day, start_time="14:00", end_time="18:00")).status_code == 302
    other = clinic.session.scalars(sa.select(Shift).order_by(Shift.shift_id.desc())).first()
    token = other.updated_at.isoformat()
    values = shift_form(who, day, start_time="12:00", end_time="18:00", lock_token=token)
    assert client.submit(f"/shifts/{other.shift_id}/edit", values).status_code == 422
    values["start_time"] = "14:30"
    assert client.submit(f"/shifts/{other.shift_id}/edit", values).status_code == 302
    assert client.submit(f"/shifts/{other.shift_id}/delete").status_code == 302
    assert clinic.count(Shift) == 1


def test_time_off_ends_after_it_begins(clinic):
    who = clinic.make(people.doctor)
    values = {"employee_id": who.employee_id, "from_": "2026-12-01 10:00", "until": "2026-12-01 09:00"}
    client = clinic.client("Manager")
    answer = client.submit("/time-off/add", values)
    assert answer.status_code == 422
    assert 'id="until-error"' in answer.text
    assert client.submit("/time-off/add", {**values, "until": "2026-12-02 09:00"}).status_code == 302
    assert clinic.count(TimeOff) == 1


def test_a_day_is_a_holiday_once_and_a_chair_has_its_own_name(clinic):
    client = clinic.client("Manager")
    values = {"date": "2051-05-05", "name_mn": "Баяр", "name_en": "Feast", "is_closed": "y"}
    assert client.submit("/holidays/add", values).status_code == 302
    assert client.submit("/holidays/add", values).status_code == 409
    chair = clinic.make(scheduling.chair)
    answer = client.submit("/chairs/add", {"name": chair.name, "room_id": chair.room_id})
    assert answer.status_code == 409


# --- what comes with a new clinic


@pytest.mark.both
def test_a_new_clinic_has_four_rooms_with_a_chair_each_and_the_holidays_of_three_years(clinic):
    today = date(2026, 11, 21)
    clinic.unit(lambda s: (s.query(Chair).delete(), s.query(Room).delete(), s.query(Holiday).delete()))
    clinic.unit(lambda s: reference.load(s, today))
    assert clinic.count(Room, Room.room_type == RoomType.SURGERY) == clinic.count(Chair) == 4
    for kind in (RoomType.X_RAY, RoomType.STERILISATION, RoomType.CONSULTATION):
        assert clinic.count(Room, Room.room_type == kind) == 1
    names = {row.date: (row.name_mn, row.name_en) for row in clinic.session.scalars(sa.select(Holiday))}
    assert names[date(2026, 11, 26)] == ("Бүгд Найрамдах Улс тунхагласан өдөр", "Republic Day")
    assert {day.year for day in names} == {2025, 2026, 2027}
    assert names[date(2026, 2, 18)][0] == "Цагаан сар"


def test_loading_again_changes_nothing_that_a_clinic_has_changed(clinic):
    today = scheduling.today()

    def change(session):
        feast = session.scalars(sa.select(Holiday).order_by(Holiday.date)).first()
        feast.is_closed, feast.name_mn = False, "Өөрийн нэр"
        session.query(Room).filter(Room.room_type == RoomType.X_RAY).delete()
        return feast.holiday_id

    key = clinic.unit(change)
    before = clinic.count(Room), clinic.count(Chair), clinic.count(Holiday)
    clinic.unit(lambda s: reference.load(s, today))
    assert (clinic.count(Room), clinic.count(Chair), clinic.count(Holiday)) == before
    assert clinic.session.get(Holiday, key).name_mn == "Өөрийн нэр"


def test_a_slot_belongs_to_its_appointment(clinic):
    slot = clinic.make(scheduling.booking_slot)
    assert clinic.session.get(Appointment, slot.appointment_id) is not None
    assert clinic.count(BookingSlot) == 12
