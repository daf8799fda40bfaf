"""Calls and texts: linked to whoever has the number, by whom they may be seen and written."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.communication import actions
from app.communication.models import Call, Sms
from app.communication.queries import holders_of
from app.communication.rules import ContactType, Direction
from app.people.actions import change_phones
from app.people.models import Employee, EmployeePhone, Patient, PatientPhone
from app.workflows import nightly
from app.workflows.register_patient import change_patient
from tests.factories import communication, people
from tests.factories.clinic import Clinic
from tests.factories.communication import NUMBER, now

MAY = ("Admin", "Manager", "Receptionist", "Coordinator")
MAY_NOT = ("Doctor", "Nurse", "Assistant", "Patient")


def phones_with(number: str, primary: bool = True) -> list[tuple[int, dict[str, Any]]]:
    rows = people.phones()
    rows[0 if primary else 1][1]["phone_number_val"] = number
    return rows


def the(clinic: Clinic, model: Any) -> Any:
    return clinic.session.query(model).one()


@pytest.mark.both
def test_a_call_finds_the_patient_who_has_the_number(clinic: Clinic) -> None:
    key = clinic.make(people.patient, own_phones=phones_with(NUMBER)).patient_id
    clinic.make(communication.call)
    call = the(clinic, Call)
    assert (call.contact_type, call.contacter_id) == (ContactType.PATIENT, key)


@pytest.mark.both
def test_of_two_patients_with_one_number_it_is_whose_main_number_it_is(clinic: Clinic) -> None:
    child = clinic.make(people.patient, first_name="Хүү", own_phones=phones_with(NUMBER, primary=False)).patient_id
    mother = clinic.make(people.patient, first_name="Ээж", own_phones=phones_with(NUMBER)).patient_id
    clinic.make(communication.text)
    assert the(clinic, Sms).contacter_id == mother
    assert [one.key for one in holders_of(clinic.session, NUMBER)] == [mother, child]
    page = clinic.client("Receptionist").get("/sms").text
    assert f'href="/patients/{mother}"' in page
    assert f'href="/patients/{child}"' in page


def test_an_employee_is_found_too_but_a_patient_first(clinic: Clinic) -> None:
    phone = clinic.session.query(EmployeePhone).first()
    assert phone is not None
    number, employee = phone.phone_number_val, phone.employee_id
    clinic.make(communication.call, number=number)
    call = the(clinic, Call)
    assert (call.contact_type, call.contacter_id) == (ContactType.EMPLOYEE, employee)
    clinic.make(people.patient, own_phones=phones_with(number))
    clinic.make(communication.text, number=number)
    assert the(clinic, Sms).contact_type is ContactType.PATIENT


@pytest.mark.both
def test_a_stranger_who_registers_brings_their_calls_along(clinic: Clinic) -> None:
    clinic.make(communication.call)
    clinic.make(communication.text)
    desk = clinic.client("Receptionist")
    page = desk.get("/calls").text
    assert f"/patients/add?phone=%2B{NUMBER[1:]}" in page
    form = desk.get(f"/patients/add?phone=%2B{NUMBER[1:]}").text
    assert 'value="8099 0099"' in form
    answer = desk.submit(
        "/patients/add",
        {
            "last_name": "Дорж", "first_name": "Болд", "birthday": "1990-01-02", "gender": "male",
            "phones-0-phone_number_val": "8099 0099", "phones-0-is_primary": "y", "phones-1-phone_number_val": "80990098",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    patient = clinic.session.query(Patient).filter(Patient.first_name == "Болд").one().patient_id
    for model in (Call, Sms):
        row = the(clinic, model)
        assert (row.contact_type, row.contacter_id) == (ContactType.PATIENT, patient)


def test_a_number_that_is_given_later_links_earlier_calls(clinic: Clinic) -> None:
    patient = clinic.make(people.patient).patient_id
    clinic.make(communication.call)
    clinic.unit(
        lambda s: change_patient(s, s.get_one(Patient, patient), {}, phones=phones_with(NUMBER), today=people.TODAY)
    )
    assert the(clinic, Call).contacter_id == patient


@pytest.mark.both
def test_the_night_links_what_the_day_forgot(clinic: Clinic) -> None:
    employee = clinic.session.query(Employee).first()
    assert employee is not None
    key = employee.employee_id
    clinic.make(communication.call)
    clinic.make(communication.call, number="+97680990077")
    clinic.unit(lambda s: change_phones(s, s.get_one(Employee, key), phones_with(NUMBER)))
    assert clinic.unit(nightly.link_calls) == 1
    assert clinic.unit(nightly.link_calls) == 0
    linked = clinic.session.query(Call).filter(Call.contact_type == ContactType.EMPLOYEE).one()
    assert linked.contacter_id == key


def test_a_call_stays_its_callers_when_the_number_goes_on(clinic: Clinic) -> None:
    first = clinic.make(people.patient, own_phones=phones_with(NUMBER)).patient_id
    clinic.make(communication.call)
    clinic.unit(lambda s: change_phones(s, s.get_one(Patient, first), people.phones()))
    second = clinic.make(people.patient, first_name="Шинэ", own_phones=phones_with(NUMBER)).patient_id
    assert the(clinic, Call).contacter_id == first
    page = clinic.client("Receptionist").get("/calls").text
    assert page.index(f"/patients/{first}") < page.index(f"/patients/{second}")


@pytest.mark.both
@pytest.mark.parametrize("typed", ["80990099", "8099 0099", "+976 8099-0099", "97680990099", "(976)80990099"])
def test_a_call_begins_and_ends_with_a_click(clinic: Clinic, typed: str) -> None:
    desk = clinic.client("Receptionist")
    assert desk.submit("/calls/start", {"phone_number": typed, "direction": "out"}).status_code == 302
    assert desk.submit("/calls/start", {"phone_number": typed, "direction": "out"}).status_code == 302  # a double click
    call = the(clinic, Call)
    assert (call.phone_number, call.direction, call.end_call) == (NUMBER, Direction.OUT, None)
    assert call.taken_by == clinic.user("Receptionist").id
    assert f"/calls/{call.call_id}/end" in desk.get("/calls").text
    assert f"/calls/{call.call_id}/end" not in clinic.client("Manager").get("/calls").text
    desk.submit(f"/calls/{call.call_id}/end", {"note": "Цаг асуув"})
    ended = the(clinic, Call)
    assert ended.end_call is not None
    assert ended.note == "Цаг асуув"
    desk.submit(f"/calls/{call.call_id}/end", {"note": "Цаг асуув"})
    assert (the(clinic, Call).end_call, the(clinic, Call).note) == (ended.end_call, "Цаг асуув")


@pytest.mark.parametrize("typed", ["", "abc", "1", "9" * 60, "=cmd", "<script>", "10" * 16, "-1", "\x00", "+"])
def test_no_number_no_call(clinic: Clinic, typed: str) -> None:
    desk = clinic.client("Receptionist")
    assert desk.submit("/calls/start", {"phone_number": typed}).status_code == 302
    assert desk.get("/calls").status_code == 200
    assert clinic.count(Call) == 0


FORM = {
    "phone_number": "8099 0099",
    "direction": "in",
    "begin_call": "2026-01-05 10:00",
    "end_call": "2026-01-05 10:04",
}


@pytest.mark.both
def test_a_call_is_written_down_once_and_corrected(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    assert desk.submit("/calls/add", FORM).status_code == 302
    assert desk.submit("/calls/add", FORM).status_code == 409
    call = the(clinic, Call)
    form = desk.get(f"/calls/{call.call_id}/edit").text
    token = form.split('name="lock_token"')[1].split('value="')[1].split('"')[0]
    patient = clinic.make(people.patient, own_phones=phones_with("+97680990055")).patient_id
    changed = {**FORM, "phone_number": "80990055", "lock_token": token, "note": "<script>alert(1)</script>"}
    assert desk.submit(f"/calls/{call.call_id}/edit", changed).status_code == 302
    assert the(clinic, Call).contacter_id == patient
    assert "<script>alert(1)" not in desk.get(f"/calls/{call.call_id}").text
    assert "<script>alert(1)" not in desk.get("/calls").text


@pytest.mark.parametrize(
    "wrong",
    [{"phone_number": "12"}, {"phone_number": ""}, {"begin_call": "2026-02-30 10:00"}, {"begin_call": "2190-01-01 10:00"},
     {"end_call": "2026-01-05 09:00"}, {"end_call": "2026-01-07 09:00"}, {"begin_call": "=cmd"}, {"note": "x" * 20_000},
     {"note": "a\x00b"}, {"direction": "sideways"}],
)  # fmt: skip
def test_garbage_is_refused_in_a_sentence(clinic: Clinic, wrong: dict[str, str]) -> None:
    answer = clinic.client("Receptionist").submit("/calls/add", {**FORM, **wrong})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert clinic.count(Call) == 0


@pytest.mark.both
def test_a_text_that_came_in_is_written_down_once(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    form = {"phone_number": "80990099", "time": "2026-01-05 10:00", "sms_text": "Очиж чадахгүй боллоо 😀"}
    assert desk.submit("/sms/add", form).status_code == 302
    assert desk.submit("/sms/add", form).status_code == 409
    row = the(clinic, Sms)
    assert (row.direction, row.phone_number, row.sms_text) == (Direction.IN, NUMBER, form["sms_text"])
    assert desk.submit("/sms/add", {**form, "sms_text": "  "}).status_code == 422
    assert desk.submit("/sms/add", {**form, "time": "2199-01-01 10:00"}).status_code == 422


@pytest.mark.parametrize("path", ["/calls", "/sms", "/calls/add", "/sms/write"])
def test_who_may_and_who_may_not(clinic: Clinic, path: str) -> None:
    assert {role: clinic.client(role).get(path).status_code for role in MAY} == dict.fromkeys(MAY, 200)
    assert {role: clinic.client(role).get(path).status_code for role in MAY_NOT} == dict.fromkeys(MAY_NOT, 403)


def test_who_may_not_call_may_not_end_a_call_either(clinic: Clinic) -> None:
    key = clinic.make(communication.call, end_call=None).call_id
    for role in MAY_NOT:
        browser = clinic.client(role)
        assert browser.submit("/calls/start", {"phone_number": "80990099"}).status_code == 403
        assert browser.submit(f"/calls/{key}/end").status_code == 403
    assert the(clinic, Call).end_call is None


@pytest.mark.both
def test_calls_are_found_by_number_name_direction_and_day(clinic: Clinic) -> None:
    clinic.make(people.patient, first_name="Мөнхбат", own_phones=phones_with(NUMBER))
    clinic.make(communication.call, direction=Direction.OUT, begin_call=now() - timedelta(days=3), end_call=None)
    clinic.make(communication.call, number="+97680990077")
    desk = clinic.client("Receptionist")
    for query, count in (
        ("q=8099", 2), ("q=8099 0099", 1), ("q=%2B976 8099", 2), ("q=munkhbat", 1), ("q=nobody", 0),
        ("contact_type=patient", 1), ("contact_type=new", 1), ("direction=out", 1), ("begin_call_from=2199-01-01", 0),
        ("q=%25", 0), ("begin_call_from=2026-02-30", 2),
    ):  # fmt: skip
        page = desk.get(f"/calls/?{query}").text
        assert page.count('class=" first"') == count, query


def test_a_call_of_no_one_is_told_by_numbers_of_six_months(clinic: Clinic) -> None:
    clinic.make(communication.call)
    manager = clinic.client("Manager")
    for number in range(3):
        assert manager.get(f"/calls/chart/{number}").status_code == 200
        assert manager.get(f"/sms/chart/{number}").status_code == 200


def test_ending_a_forgotten_call_gives_it_no_whole_day(clinic: Clinic) -> None:
    key = clinic.make(communication.call, begin_call=now() - timedelta(days=2), end_call=None).call_id

    def end(session: Any) -> datetime:
        call = session.get_one(Call, key)
        actions.end_call(call, None, now())
        return call.end_call  # type: ignore[no-any-return]  # just set

    assert clinic.unit(end) - the(clinic, Call).begin_call == timedelta(hours=6)


def test_the_numbers_of_the_patient_are_needed_once(clinic: Clinic) -> None:
    """Whoever has a number twice over (as a patient and as an employee) is one line each."""
    phone = clinic.session.query(PatientPhone).first()
    assert phone is not None
    assert len(holders_of(clinic.session, phone.phone_number_val)) == 1
