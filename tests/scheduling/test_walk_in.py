"""Whoever stands at the desk: the doctor who is free soonest, and checked in by the same click."""

import re
from datetime import time, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
import time_machine

from app.people.models import Patient
from app.people.rules import PatientSource
from app.scheduling.models import Appointment, WaitlistEntry
from app.scheduling.rules import AppointmentSource, AppointmentStatus, WaitStatus
from app.web.text import moment
from tests.factories import people, scheduling

S = AppointmentStatus


@pytest.fixture
def desk(clinic):
    """Seven past ten on an open day: one doctor is busy until eleven, the other one begins at half past ten."""

    def build(session):
        day = scheduling.open_day(session)
        busy, later = people.doctor(session, first_name="Анхаа"), people.doctor(session, first_name="Болд")
        scheduling.shift(session, busy, day, end_time=time(19))
        scheduling.shift(session, later, day, start_time=time(10, 30), end_time=time(19))
        scheduling.appointment(session, doctor=busy, start_at=scheduling.at(day, "10:00"), minutes=60)
        chair = scheduling.chair(session)
        return SimpleNamespace(
            day=day, busy=busy.employee_id, later=later.employee_id, chair=chair.chair_id,
            patient=people.patient(session, first_name="Мөнхбат").patient_id,
        )  # fmt: skip

    found = clinic.unit(build)
    with time_machine.travel(scheduling.at(found.day, "10:07")):
        yield found


def sent(page):
    """What the form of a page holds."""
    inputs = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    chosen = re.findall(r'<select name="([^"]+)"[^>]*><option value=""></option><option value="(\d+)" selected', page)
    words = re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(?:(?!</select>).)*?<option selected value="([^"]+)"', page, re.S
    )
    found = {name: unescape(value) for name, value in [*inputs, *chosen, *words] if value}
    return {name: value for name, value in found.items() if name not in ("csrf_token", "also_for", "is_somebody_else")}


def test_a_walk_in_gets_the_doctor_who_is_free_soonest_and_is_checked_in(clinic, desk):
    client = clinic.client("Receptionist")
    assert "source=walk-in" in client.get("/appointments").text
    filled = sent(client.get("/appointments/add?source=walk-in").text)
    assert filled["start_at"] == f"{desk.day} 10:30"
    assert filled["doctor_id"] == str(desk.later)
    assert filled["chair_id"]
    assert filled["source"] == "walk-in"
    answer = client.submit("/appointments/add", {**filled, "patient_id": desk.patient, "is_here": "y"})
    assert answer.status_code == 302
    row = clinic.session.query(Appointment).filter_by(patient_id=desk.patient).one()
    assert (row.status, row.source, row.doctor_id) == (S.CAME, AppointmentSource.WALK_IN, desk.later)


def test_of_one_doctor_it_is_their_soonest_time(clinic, desk):
    filled = sent(clinic.client("Receptionist").get(f"/appointments/add?source=walk-in&doctor_id={desk.busy}").text)
    assert (filled["doctor_id"], filled["start_at"]) == (str(desk.busy), f"{desk.day} 11:00")


def test_who_is_not_known_yet_is_booked_and_stays_reserved_and_the_page_says_what_is_missing(clinic, desk):
    client = clinic.client("Receptionist")
    filled = sent(client.get("/appointments/add?source=walk-in").text)
    caller = {"caller_name": "Дорж Сүх", "caller_phone": "99112233", "is_here": "y"}
    answer = client.submit("/appointments/add", {**filled, **caller}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Complete the record" in answer.text
    row = clinic.session.query(Appointment).filter_by(source=AppointmentSource.WALK_IN).one()
    assert row.status is S.RESERVED
    patient = clinic.session.get(Patient, row.patient_id)
    assert (patient.is_provisional, patient.source) == (True, PatientSource.WALK_IN)
    assert f"/patients/{row.patient_id}" in answer.text


def test_who_comes_another_day_is_booked_and_not_checked_in(clinic, desk):
    tomorrow = desk.day + timedelta(days=1)
    values = {
        "patient_id": desk.patient, "doctor_id": desk.later, "start_at": f"{tomorrow} 11:00", "source": "walk-in",
        "is_here": "y", "override_reason": "Яаралтай",
    }  # fmt: skip
    client = clinic.client("Receptionist")
    answer = client.submit("/appointments/add", values)
    assert answer.status_code == 302
    assert "Only who has a time today" in client.get(answer.location).text
    assert clinic.session.query(Appointment).filter_by(patient_id=desk.patient).one().status is S.RESERVED


def test_where_nobody_has_time_the_form_says_so(clinic, desk):
    with time_machine.travel(scheduling.at(desk.day, "18:50")):
        page = clinic.client("Receptionist").get("/appointments/add?source=walk-in").text
    assert "No doctor has time today any more" in page
    assert "start_at" not in sent(page)


def test_one_without_the_tick_stays_reserved(clinic, desk):
    client = clinic.client("Receptionist")
    filled = sent(client.get("/appointments/add?source=walk-in").text)
    filled.pop("is_here", None)
    client.submit("/appointments/add", {**filled, "patient_id": desk.patient})
    assert clinic.session.query(Appointment).filter_by(patient_id=desk.patient).one().status is S.RESERVED


# --- somebody who waits


def test_a_wish_of_the_waitlist_fills_the_form_and_the_offered_time_with_it(clinic, desk):
    service = clinic.make(scheduling.service)

    def wait(session, **values):
        row = WaitlistEntry(
            patient_id=desk.patient, doctor_id=desk.busy, service_id=service.service_id, minutes=45, earliest=desk.day,
            **values,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.waitlist_entry_id

    client = clinic.client("Receptionist")
    key = clinic.unit(wait)
    filled = sent(client.get(f"/appointments/add?waitlist={key}").text)
    expected = {
        "waitlist_entry": str(key), "patient_id": str(desk.patient), "doctor_id": str(desk.busy), "minutes": "45",
        "planned_service": str(service.service_id), "source": "waitlist",
    }  # fmt: skip
    assert expected.items() <= filled.items()
    offered = clinic.unit(
        lambda s: wait(
            s, status=WaitStatus.OFFERED, offered_start_at=scheduling.at(desk.day, "12:00"),
            offered_doctor_id=desk.later, offered_chair_id=desk.chair,
        )
    )  # fmt: skip
    filled = sent(client.get(f"/appointments/add?waitlist={offered}").text)
    assert (filled["start_at"], filled["doctor_id"]) == (f"{desk.day} 12:00", str(desk.later))
    filled = sent(
        client.get(f"/appointments/add?waitlist={offered}&start_at={desk.day}+13:00&doctor_id={desk.busy}").text
    )
    assert (filled["start_at"], filled["doctor_id"]) == (f"{desk.day} 13:00", str(desk.busy)), (
        "what is named goes before"
    )
    booked = clinic.unit(lambda s: wait(s, status=WaitStatus.BOOKED))
    assert "waitlist_entry" not in sent(client.get(f"/appointments/add?waitlist={booked}").text)
    answer = client.submit("/appointments/add", {**filled, "waitlist_entry": str(offered)})
    assert answer.status_code == 302
    row = clinic.session.query(Appointment).filter_by(patient_id=desk.patient).one()
    assert (row.source, moment(row.start_at)) == (AppointmentSource.WAITLIST, f"{desk.day} 13:00")
    entry = clinic.session.get(WaitlistEntry, offered)
    assert (entry.status, entry.appointment_id) == (WaitStatus.BOOKED, row.appointment_id)
    assert clinic.session.get(WaitlistEntry, key).appointment_id is None, "the other wish was not what was answered"


@pytest.mark.parametrize("wrong", ["x", "-1", "1e3", "9" * 40])
def test_a_number_that_was_tampered_with_is_refused(clinic, desk, wrong):
    values = {
        "patient_id": desk.patient,
        "doctor_id": desk.later,
        "start_at": f"{desk.day} 11:00",
        "waitlist_entry": wrong,
    }
    answer = clinic.client("Receptionist").submit("/appointments/add", values)
    assert answer.status_code == 422
    assert clinic.count(Appointment) == 1
