"""The day board and the booking form through the browser's eyes: by every role, also the wrong ones."""

import re
from datetime import time, timedelta
from types import SimpleNamespace

import pytest

from app.people.models import Employee, EmployeePosition, Patient
from app.people.rules import Severity
from app.scheduling.models import Appointment, AppointmentStatusChange, Chair
from app.scheduling.rules import AppointmentStatus
from app.web.text import moment
from tests.factories import people, scheduling

S = AppointmentStatus
WRITERS = ("Admin", "Manager", "Doctor", "Receptionist", "Coordinator")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(clinic):
    """A doctor at work on an open day, a chair and a patient."""

    def build(session):
        day = scheduling.open_day(session)
        doctor = people.doctor(session, first_name="Болормаа")
        scheduling.shift(session, doctor, day)
        return SimpleNamespace(
            day=day,
            doctor=doctor,
            chair=scheduling.chair(session),
            patient=people.patient(session, first_name="Мөнхбат"),
        )

    return clinic.unit(build)


def form(desk, clock="10:00", **values):
    return {
        "patient_id": desk.patient.patient_id, "doctor_id": desk.doctor.employee_id, "chair_id": desk.chair.chair_id,
        "start_at": f"{desk.day} {clock}", "source": "phone", **values,
    }  # fmt: skip


# --- who may


@pytest.mark.parametrize("role", [*WRITERS, "Nurse"])
@pytest.mark.parametrize("path", ["/appointments", "/appointments/", "/appointments/list/", "/appointments?by=chair"])
def test_the_board_and_the_list_open_for_who_may_read_them(clinic, desk, role, path):
    assert clinic.client(role).get(path).status_code == 200


@pytest.mark.parametrize("role", ["Assistant", "Patient"])
def test_nobody_else_opens_them(clinic, role):
    row = clinic.make(scheduling.appointment)
    client = clinic.client(role)
    for path in ("/appointments", "/appointments/list/", f"/appointments/{row.appointment_id}", "/appointments/add"):
        assert client.get(path).status_code == 403
    assert client.submit(f"/appointments/{row.appointment_id}/move", {"to": "came", "version": 1}).status_code == 403


def test_a_stranger_is_sent_to_sign_in(clinic):
    for path in ("/appointments", "/appointments/list/", "/appointments/1", "/appointments/free", "/rooms"):
        answer = clinic.client().get(path)
        assert answer.status_code == 302
        assert "/login" in answer.location


def test_a_nurse_looks_and_changes_nothing(clinic, desk):
    row = clinic.make(scheduling.appointment)
    nurse = clinic.client("Nurse")
    page = nurse.get(f"/appointments?day={desk.day}").text
    assert "data-panel" not in page
    assert "/move" not in page
    assert nurse.submit("/appointments/add", form(desk)).status_code == 403
    for path in ("move", "undo", "edit"):
        answer = nurse.submit(f"/appointments/{row.appointment_id}/{path}", {"to": "came", "version": 1})
        assert answer.status_code == 403
    assert nurse.get("/appointments/free").status_code == 403
    assert clinic.session.get(Appointment, row.appointment_id).status is S.RESERVED


@pytest.mark.parametrize("role", WRITERS)
def test_who_writes_books_and_is_kept_as_the_one_who_did(clinic, desk, role):
    answer = clinic.client(role).submit("/appointments/add", form(desk))
    assert answer.status_code == 302, answer.text
    row = clinic.session.query(Appointment).one()
    assert row.created_by_user_id == clinic.user(role).id
    assert row.receptionist.first_name == role


# --- the board


def test_the_board_shows_the_days_visits_with_their_status_in_words(clinic, desk):
    at = scheduling.at(desk.day, "10:00")
    clinic.make(scheduling.appointment, doctor=desk.doctor, patient=desk.patient, start_at=at, status=S.CONFIRMED)
    allergic = clinic.make(people.patient, first_name="Харшилтай")
    clinic.make(people.allergy, person=allergic, name="Новокаин", severity=Severity.CRITICAL)
    clinic.make(scheduling.appointment, patient=allergic, start_at=at)
    client = clinic.client("Receptionist")
    page = client.get(f"/appointments?day={desk.day}").text
    for words in ("Мөнхбат", "Confirmed", "Болормаа", "09:00–18:00", "Новокаин", "Харшилтай"):
        assert words in page
    assert "Мөнхбат" not in client.get(f"/appointments?day={desk.day + timedelta(days=1)}").text


def test_a_point_of_the_board_leads_to_a_form_with_doctor_chair_and_time(clinic, desk):
    evening = {"start_time": time(19), "end_time": time(20), "chair_id": desk.chair.chair_id}
    clinic.make(scheduling.shift, employee=desk.doctor, day=desk.day, **evening)
    client = clinic.client("Receptionist")
    page = client.get(f"/appointments?day={desk.day}").text
    query = f"start_at={desk.day}+19:15&doctor_id={desk.doctor.employee_id}&chair_id={desk.chair.chair_id}"
    assert f"/appointments/add?{query}".replace("&", "&amp;") in page
    form_page = client.get(f"/appointments/add?{query}", headers=HTMX)
    assert form_page.status_code == 200
    assert "<html" not in form_page.text, "only the form, for the panel"
    for words in (f"{desk.day} 19:15", desk.doctor.title, desk.chair.name):
        assert words in form_page.text


def test_a_taken_time_is_no_point_and_an_evening_beyond_the_shift_still_is_one(clinic, desk):
    clinic.make(scheduling.appointment, doctor=desk.doctor, start_at=scheduling.at(desk.day, "10:00"))
    page = clinic.client("Receptionist").get(f"/appointments?day={desk.day}").text
    key = f"&amp;doctor_id={desk.doctor.employee_id}"
    assert f"start_at={desk.day}+09:45{key}" in page
    assert f"start_at={desk.day}+10:00{key}" not in page
    assert f"start_at={desk.day}+10:30{key}" in page


def test_yesterday_offers_nothing_to_book(clinic, desk):
    day = scheduling.today() - timedelta(days=1)
    clinic.make(scheduling.shift, employee=desk.doctor, day=day)
    page = clinic.client("Receptionist").get(f"/appointments?day={day}").text
    assert desk.doctor.title in page
    assert 'class="point"' not in page


def test_a_holiday_and_a_doctor_who_is_away_are_shown(clinic, desk):
    clinic.make(scheduling.time_off, employee=desk.doctor)
    clinic.make(scheduling.holiday, date=desk.day, name_en="Feast of teeth")
    page = clinic.client("Receptionist").get(f"/appointments?day={desk.day}").text
    assert "Feast of teeth" in page
    assert 'class="away"' in page


def test_a_doctors_own_column_comes_first(clinic, desk):
    own = clinic.session.query(Employee).filter_by(first_name="Doctor").one()
    clinic.make(scheduling.shift, employee=own, day=desk.day)
    page = clinic.client("Doctor").get(f"/appointments?day={desk.day}").text
    assert page.index(f'id="doctor-{own.employee_id}"') < page.index(f'id="doctor-{desk.doctor.employee_id}"')


def test_columns_by_chair_are_remembered_on_this_device(clinic, desk):
    client = clinic.client("Receptionist")
    assert f'id="chair-{desk.chair.chair_id}"' not in client.get(f"/appointments?day={desk.day}").text
    client.get(f"/appointments?day={desk.day}&by=chair")
    assert f'id="chair-{desk.chair.chair_id}"' in client.get(f"/appointments?day={desk.day}").text


@pytest.mark.parametrize(
    "query", ["day=2026-02-30", "day=x&by=y", "day=9999-12-31", "day=0001-01-01", "day=" + "9" * 500, "by=%00"]
)
def test_a_bad_address_shows_today(clinic, desk, query):
    answer = clinic.client("Receptionist").get(f"/appointments?{query}")
    assert answer.status_code == 200
    assert str(scheduling.today()) in answer.text


def test_an_empty_clinic_is_told_what_to_do_next(clinic):
    def empty(session):
        session.query(EmployeePosition).delete()
        session.query(Chair).delete()

    clinic.unit(empty)
    client = clinic.client("Manager")
    assert "/employees/add" in client.get("/appointments?by=doctor").text
    assert "/chairs/add" in client.get("/appointments?by=chair").text


def test_the_statements_of_a_board_do_not_grow_with_its_visits(clinic, desk):
    client = clinic.client("Receptionist")

    def count(path):
        client.get(path)
        with clinic.statements() as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    today = scheduling.today()
    for minute in (0, 30):
        clinic.make(
            scheduling.appointment,
            start_at=scheduling.at(today, f"10:{minute:02d}"),
            status=S.TREATED,
            doctor=desk.doctor,
        )
    few = count("/appointments"), count("/appointments?by=chair"), count("/appointments/list/")
    for hour in range(11, 20):
        clinic.make(
            scheduling.appointment, start_at=scheduling.at(today, f"{hour}:00"), doctor=desk.doctor, chair=desk.chair
        )
    many = count("/appointments"), count("/appointments?by=chair"), count("/appointments/list/")
    assert many == few
    assert max(many[:2]) <= 15
    assert many[2] <= 8
    row = clinic.session.query(Appointment).first()
    assert count(f"/appointments/{row.appointment_id}") <= 15
    assert count(f"/appointments/{row.appointment_id}/edit") <= 15


# --- booking


def test_a_refused_form_keeps_what_was_typed_and_names_the_field(clinic, desk):
    answer = clinic.client("Receptionist").submit(
        "/appointments/add", form(desk, start_at=f"{desk.day} 25:00", purpose="Өвдсөн шүд")
    )
    assert answer.status_code == 422
    for words in (f"{desk.day} 25:00", "Өвдсөн шүд", "Мөнхбат", 'aria-invalid="true"'):
        assert words in answer.text
    assert clinic.count(Appointment) == 0


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"start_at": "2026-02-30 10:00"}, 422),
        ({"start_at": ""}, 422),
        ({"doctor_id": ""}, 422),
        ({"doctor_id": "999999"}, 422),
        ({"doctor_id": "x" * 300}, 422),
        ({"minutes": "-10"}, 422),
        ({"minutes": "9" * 30}, 422),
        ({"minutes": "12"}, 422),
        ({"purpose": "x" * 256}, 422),
        ({"purpose": "a\x00b"}, 422),
        ({"patient_id": "", "caller_name": "Бат", "caller_phone": "not a phone"}, 422),
        ({"source": "nonsense"}, 422),
    ],
)
def test_wrong_input_is_told_and_nothing_is_written(clinic, desk, values, status):
    patients = clinic.count(Patient)
    answer = clinic.client("Receptionist").submit("/appointments/add", {**form(desk), **values})
    assert answer.status_code == status
    assert clinic.count(Appointment) == 0
    assert clinic.count(Patient) == patients


def test_markup_in_a_purpose_stays_text(clinic, desk):
    client = clinic.client("Receptionist")
    client.submit("/appointments/add", form(desk, purpose="<script>alert(1)</script>", note="<b>x</b>"))
    page = client.get(f"/appointments?day={desk.day}").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_form_sent_twice_books_once_and_offers_free_times(clinic, desk):
    client = clinic.client("Receptionist")
    assert client.submit("/appointments/add", form(desk)).status_code == 302
    again = client.submit("/appointments/add", form(desk))
    assert again.status_code == 409
    assert f'data-start="{desk.day} 10:30"' in again.text
    assert clinic.count(Appointment) == 1


@pytest.mark.parametrize("role", ["Doctor", "Coordinator"])
def test_who_may_not_override_can_not_pass_by_a_check_with_a_reason(clinic, desk, role):
    client = clinic.client(role)
    answer = client.submit("/appointments/add", form(desk, "20:00", override_reason="please"))
    assert answer.status_code == 422
    assert clinic.count(Appointment) == 0


@pytest.mark.parametrize("role", ["Admin", "Manager", "Receptionist"])
def test_who_may_override_is_asked_for_the_reason_and_it_is_kept(clinic, desk, role):
    client = clinic.client(role)
    asked = client.submit("/appointments/add", form(desk, "20:00"))
    assert asked.status_code == 422
    assert 'name="override_reason"' in asked.text
    assert client.submit("/appointments/add", form(desk, "20:00", override_reason="Яаралтай")).status_code == 302
    assert clinic.session.query(Appointment).one().override_reason == "Яаралтай"


def test_a_caller_is_booked_from_the_same_form(clinic, desk):
    client = clinic.client("Receptionist")
    values = form(desk, patient_id="", caller_name="Дорж Уянга", caller_phone="9944 5566")
    assert client.submit("/appointments/add", values).status_code == 302
    again = client.submit("/appointments/add", {**values, "start_at": f"{desk.day} 15:00"})
    assert again.status_code == 409
    known = clinic.session.query(Patient).filter_by(first_name="Уянга").one()
    assert f'data-patient="{known.patient_id}"' in again.text


def test_in_the_panel_a_saved_form_answers_with_its_message(clinic, desk):
    client = clinic.client("Receptionist")
    answer = client.submit("/appointments/add", form(desk), headers=HTMX)
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "visit-saved"
    assert "hx-swap-oob" in answer.text
    refused = client.submit("/appointments/add", form(desk), headers=HTMX)
    assert refused.status_code == 409
    assert "<html" not in refused.text
    assert "Мөнхбат" in refused.text, "what was chosen is still there"


def test_the_message_of_another_time_offers_to_take_it_back(clinic, desk):
    client = clinic.client("Receptionist")
    client.submit("/appointments/add", form(desk))
    row = clinic.session.query(Appointment).one()
    path = f"/appointments/{row.appointment_id}/edit"
    moved = client.submit(path, {**form(desk, "11:00"), "lock_token": "1"}, headers=HTMX)
    assert moved.status_code == 200
    token = re.search(r'name="moved" value="([^"]+)"', moved.text)
    assert token
    answer = client.submit("/scheduling/undo", {"moved": token[1]}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "visit-saved")
    assert moment(clinic.session.get(Appointment, row.appointment_id).start_at) == f"{desk.day} 10:00"
    assert client.submit("/scheduling/undo", {"moved": token[1]}, headers=HTMX).status_code == 409


def test_a_stale_form_is_refused_and_keeps_what_was_typed(clinic, desk):
    client = clinic.client("Receptionist")
    client.submit("/appointments/add", form(desk))
    row = clinic.session.query(Appointment).one()
    path = f"/appointments/{row.appointment_id}/edit"
    assert client.submit(path, {**form(desk, "11:00"), "lock_token": "1"}).status_code == 302
    stale = client.submit(path, {**form(desk, "12:00"), "lock_token": "1"})
    assert stale.status_code == 409
    assert f"{desk.day} 12:00" in stale.text
    assert moment(clinic.session.get(Appointment, row.appointment_id).start_at) == f"{desk.day} 11:00"


def test_free_times_are_found_for_what_stands_in_the_form(clinic, desk):
    client = clinic.client("Receptionist")
    query = f"doctor_id={desk.doctor.employee_id}&start_at={desk.day}+10:00&minutes=60"
    page = client.get(f"/appointments/free?{query}").text
    assert page.count("data-start") == 6
    for bad in (
        "",
        "doctor_id=x",
        "doctor_id=999999999",
        f"doctor_id={desk.doctor.employee_id}&minutes=7&start_at=nonsense",
    ):
        assert client.get(f"/appointments/free?{bad}").status_code == 200


# --- moving


def move(client, row, to, headers=None, **values):
    data = {"to": to, "version": row.version, **values}
    return client.submit(f"/appointments/{row.appointment_id}/move", data, headers=headers or {})


def test_one_click_checks_in_and_undo_takes_it_back(clinic, desk):
    row = clinic.make(scheduling.appointment, patient=desk.patient, start_at=scheduling.at(scheduling.today(), "10:00"))
    client = clinic.client("Receptionist")
    assert 'value="came"' in client.get("/appointments").text
    answer = move(client, row, "came", HTMX)
    assert answer.status_code == 200
    assert "/undo" in answer.text
    assert clinic.session.get(Appointment, row.appointment_id).status is S.CAME
    undone = client.submit(f"/appointments/{row.appointment_id}/undo", {"version": 2}, headers=HTMX)
    assert undone.status_code == 200
    assert clinic.session.get(Appointment, row.appointment_id).status is S.RESERVED
    assert client.submit(f"/appointments/{row.appointment_id}/undo", {"version": 3}, headers=HTMX).status_code == 422


def test_a_second_click_with_the_old_version_is_told_and_changes_nothing(clinic, desk):
    row = clinic.make(scheduling.appointment)
    client = clinic.client("Receptionist")
    assert move(client, row, "confirmed", HTMX).status_code == 200
    again = move(client, row, "confirmed", HTMX)
    assert again.status_code == 409
    assert "alert-danger" in again.text
    assert clinic.count(AppointmentStatusChange) == 2


def test_without_scripts_a_move_leads_back_to_where_it_was_asked(clinic, desk):
    row = clinic.make(scheduling.appointment)
    client = clinic.client("Receptionist")
    answer = move(client, row, "confirmed", next=f"/appointments/{row.appointment_id}")
    assert answer.location == f"/appointments/{row.appointment_id}"
    refused = move(client, row, "treated", next="//evil.example/")
    assert refused.status_code == 302
    assert refused.location == f"/appointments/?day={desk.day}"
    assert "alert-danger" in client.get(refused.location).text


@pytest.mark.parametrize(
    "data", [{"to": "nonsense", "version": 1}, {"to": "came"}, {"to": "came", "version": "x"}, {"version": 1}]
)
def test_a_move_that_says_nothing_sensible_is_422(clinic, data):
    row = clinic.make(scheduling.appointment)
    client = clinic.client("Receptionist")
    assert client.submit(f"/appointments/{row.appointment_id}/move", data).status_code == 422
    assert client.submit("/appointments/999999/move", {"to": "came", "version": 1}).status_code == 404


def test_an_over_long_reason_is_refused(clinic):
    row = clinic.make(scheduling.appointment)
    answer = move(clinic.client("Receptionist"), row, "cancelled", HTMX, reason="x" * 256)
    assert answer.status_code == 422
    assert clinic.session.get(Appointment, row.appointment_id).status is S.RESERVED


def test_the_reason_of_a_cancelling_is_shown_on_the_record(clinic):
    row = clinic.make(scheduling.appointment)
    client = clinic.client("Receptionist")
    move(client, row, "cancelled", reason="Өвдсөн")
    page = client.get(f"/appointments/{row.appointment_id}").text
    assert "Өвдсөн" in page
    assert "Receptionist Туршилт" in page
    assert "Undo" in page


def test_a_caller_at_check_in_leads_to_the_form_of_the_patient(clinic, desk):
    provisional = clinic.make(
        people.patient, first_name="Оюун", birthday=None, gender=None, is_provisional=True, own_phones=people.phones(1)
    )
    row = clinic.make(scheduling.appointment, patient=provisional)
    answer = move(clinic.client("Receptionist"), row, "came", HTMX)
    assert answer.status_code == 422
    assert f"/patients/{provisional.patient_id}/edit" in answer.text


def test_the_record_shows_its_treatment_only_to_who_may_open_it(clinic):
    row = clinic.make(scheduling.appointment, status=S.IN_TREATMENT)
    assert "/treatments/" in clinic.client("Doctor").get(f"/appointments/{row.appointment_id}").text
    assert "/treatments/" not in clinic.client("Receptionist").get(f"/appointments/{row.appointment_id}").text
    assert clinic.client("Receptionist").get("/appointments/999999").status_code == 404


# --- the list


def test_the_list_filters_by_doctor_chair_status_and_day_and_finds_by_patient(clinic, desk):
    at = scheduling.at(desk.day, "10:00")
    clinic.make(scheduling.appointment, doctor=desk.doctor, chair=desk.chair, patient=desk.patient, start_at=at)
    other = clinic.make(people.patient, first_name="Цэцэгмаа")
    clinic.make(scheduling.appointment, patient=other, status=S.CONFIRMED, start_at=at + timedelta(days=1))
    client = clinic.client("Coordinator")
    for query in (
        f"doctor_id={desk.doctor.employee_id}", f"chair_id={desk.chair.chair_id}", "status=reserved",
        f"start_at_from={desk.day}&start_at_to={desk.day}", "q=munkhbat",
    ):  # fmt: skip
        page = client.get(f"/appointments/list/?{query}").text
        assert "Мөнхбат" in page, query
        assert "Цэцэгмаа" not in page, query
    exported = client.get("/appointments/export.csv?status=confirmed").data.decode("utf-8-sig")
    assert "Цэцэгмаа" in exported
    assert "Мөнхбат" not in exported


@pytest.mark.parametrize("number", range(5))
def test_every_chart_is_drawn(clinic, number):
    clinic.make(scheduling.appointment, status=S.NO_SHOW)
    assert clinic.client("Manager").get(f"/appointments/chart/{number}").status_code == 200


def test_missed_appointments_are_counted_by_month(clinic):
    clinic.make(scheduling.appointment, status=S.NO_SHOW, start_at=scheduling.at(scheduling.today(), "10:00"))
    clinic.make(scheduling.appointment, start_at=scheduling.at(scheduling.today(), "11:00"))
    rows = clinic.client("Manager").get("/appointments/chart/3?as=csv").text.splitlines()
    assert rows[-1].split(",")[1] == "1"


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_board_and_record_answer_in_both_languages(clinic, locale):
    row = clinic.make(scheduling.appointment)
    client = clinic.client("Receptionist", locale=locale)
    for path in ("/appointments", "/appointments/add", f"/appointments/{row.appointment_id}", "/rooms"):
        assert f'<html lang="{locale}"' in client.get(path).text


def test_every_state_can_be_asked_for_by_its_word(clinic):
    row = clinic.make(scheduling.appointment, status=S.CONFIRMED)
    assert move(clinic.client("Receptionist"), row, "reserved", HTMX).status_code == 200
    assert clinic.session.get(Appointment, row.appointment_id).status is S.RESERVED
