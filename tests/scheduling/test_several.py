"""Visits that repeat and visits of a family: shown before they are booked, then all of them or none."""

import re
from datetime import timedelta
from html import unescape
from types import SimpleNamespace

import pytest

from app.catalogue.models import ServiceCatalog
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.people.models import Employee, Patient, PatientPhone
from app.scheduling.models import (
    Appointment,
    AppointmentSeries,
    AppointmentStatusChange,
    BookingSlot,
    Chair,
    Holiday,
    WaitlistEntry,
)
from app.scheduling.rules import AppointmentStatus, Check, Terms
from app.scheduling.rules.repeating import FamilyWay, Repeat
from app.web.text import moment
from app.workflows.booking import book_together
from app.workflows.booking.family import ways_to_come
from app.workflows.booking.repeating import occurrences
from tests.factories import people, scheduling
from tests.scheduling.common import at_once, broken_promises, now, state

TERMS = Terms(scheduling.ZONE)
WEEKS = 4


@pytest.fixture
def desk(clinic):
    """Two doctors at work on the same weekday of four weeks, two chairs, a mother and two children."""

    def build(session):
        days = weekly(session)
        doctors = [people.doctor(session, first_name="Анхаа"), people.doctor(session, first_name="Болд")]
        for day in days:
            for doctor in doctors:
                scheduling.shift(session, doctor, day)
        mother = people.patient(session, first_name="Эх")
        children = [people.patient(session, first_name=name) for name in ("Ану", "Бат")]
        for child in children:
            people.relation(session, child=child, parent=mother)
        return SimpleNamespace(
            days=days,
            doctors=[doctor.employee_id for doctor in doctors],
            chairs=[scheduling.chair(session).chair_id, scheduling.chair(session).chair_id],
            mother=mother.patient_id,
            children=[child.patient_id for child in children],
            stranger=people.patient(session, first_name="Өөр").patient_id,
            service=scheduling.service(session).service_id,
        )

    return clinic.unit(build)


def weekly(session):
    """The same weekday of four weeks, none of them a holiday."""
    closed = {row.date for row in session.query(Holiday)}
    for ahead in range(3, 300):
        days = [scheduling.today() + timedelta(days=ahead + 7 * week) for week in range(WEEKS)]
        if not closed & {*days}:
            return days
    raise AssertionError("no such weekday")


def form(desk, clock="10:00", **values):
    return {
        "patient_id": desk.mother, "doctor_id": desk.doctors[0], "chair_id": desk.chairs[0],
        "start_at": f"{desk.days[0]} {clock}", "source": "phone", **values,
    }  # fmt: skip


def repeat(desk, times=WEEKS, **values):
    return form(desk, **{"repeat_weeks": 1, "repeat_times": times, **values})


def counts(clinic):
    models = (Appointment, AppointmentSeries, AppointmentStatusChange, BookingSlot, Patient, PatientPhone)
    return state(clinic.session), [clinic.count(model) for model in models]


def picks(page):
    """What the preview would send: the chosen option of each date, or the chosen way."""
    dates = [
        next((value for value, chosen in re.findall(r'<option value="([^"]*)" (selected)?', box) if chosen), "?")
        for box in re.findall(r'<select[^>]*name="pick">(.*?)</select>', page, re.S)
    ]
    return dates or [unescape(one) for one in re.findall(r'name="pick" value="([^"]*)" checked', page)]


def block(clinic, desk, day, clock="10:00", doctor=0, **values):
    return clinic.make(
        scheduling.appointment,
        doctor=clinic.session.get(Employee, desk.doctors[doctor]),
        start_at=scheduling.at(day, clock),
        **values,
    )


# --- visits that repeat


@pytest.mark.both
def test_a_visit_that_repeats_is_shown_first_and_then_booked_as_one_series(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.submit("/appointments/add", repeat(desk))
    assert page.status_code == 200
    assert picks(page.text) == [f"{day} 10:00" for day in desk.days]
    assert clinic.count(Appointment) == 0, "nothing is written by looking"
    answer = client.submit("/appointments/add", repeat(desk, pick=picks(page.text)))
    assert answer.status_code == 302
    rows = clinic.session.query(Appointment).order_by(Appointment.start_at).all()
    assert [moment(row.start_at) for row in rows] == [f"{day} 10:00" for day in desk.days]
    assert answer.location.endswith(f"/appointments/{rows[0].appointment_id}")
    (series,) = clinic.session.query(AppointmentSeries).all()
    assert {row.series_id for row in rows} == {series.appointment_series_id}
    assert (series.patient_id, series.made_by) == (desk.mother, clinic.user("Receptionist").id)
    assert {(row.doctor_id, row.chair_id, row.receptionist.first_name) for row in rows} == {
        (desk.doctors[0], desk.chairs[0], "Receptionist")
    }
    assert broken_promises(clinic.session) == []


def test_until_a_day_is_the_same(clinic, desk):
    asked = form(desk, repeat_weeks=2, repeat_until=str(desk.days[-1]))
    page = clinic.client("Receptionist").submit("/appointments/add", asked).text
    assert picks(page) == [f"{desk.days[0]} 10:00", f"{desk.days[2]} 10:00"]


def test_each_date_says_whether_it_is_free_and_what_is_free_instead(clinic, desk):
    block(clinic, desk, desk.days[1], minutes=60)
    clinic.make(scheduling.time_off, employee=clinic.session.get(Employee, desk.doctors[0]), from_=scheduling.at(
        desk.days[2], "00:00"), until=scheduling.at(desk.days[2], "23:55"))  # fmt: skip
    clinic.make(scheduling.holiday, date=desk.days[3])
    values = {"patient_id": desk.mother, "doctor_id": desk.doctors[0], "start_at": scheduling.at(desk.days[0], "10:00")}
    with clinic.statements() as seen:
        first, taken, away, closed = occurrences(clinic.session, values, Repeat(1, times=4), now=now(), terms=TERMS)
    assert len(seen) <= 8
    assert first.is_free
    assert (taken.is_taken, taken.broken) == (True, [])
    assert [moment(one)[11:] for one in taken.others] == ["09:00", "09:15", "09:30", "11:00"]
    assert (away.is_taken, away.broken, away.others) == (False, [Check.AWAY], [])
    assert closed.broken == [Check.HOLIDAY]


def test_taken_dates_get_the_nearest_time_or_are_left_out(clinic, desk):
    block(clinic, desk, desk.days[1])
    clinic.make(scheduling.holiday, date=desk.days[3])
    client = clinic.client("Coordinator")
    page = client.submit("/appointments/add", repeat(desk)).text
    wanted = [f"{desk.days[0]} 10:00", f"{desk.days[1]} 09:30", f"{desk.days[2]} 10:00", ""]
    assert picks(page) == wanted
    assert client.submit("/appointments/add", repeat(desk, pick=wanted)).status_code == 302
    assert clinic.count(Appointment, Appointment.series_id.is_not(None)) == 3


def test_who_may_override_keeps_a_closed_date_with_a_reason_and_only_with_one(clinic, desk):
    clinic.make(scheduling.holiday, date=desk.days[3])
    client, wanted = clinic.client("Receptionist"), [f"{day} 10:00" for day in desk.days]
    page = client.submit("/appointments/add", repeat(desk)).text
    assert 'name="override_reason"' in page
    before = counts(clinic)
    answer = client.submit("/appointments/add", repeat(desk, pick=wanted))
    assert answer.status_code == 422
    assert counts(clinic) == before
    answer = client.submit("/appointments/add", repeat(desk, pick=wanted, override_reason="Эмч зөвшөөрсөн"))
    assert answer.status_code == 302
    rows = clinic.session.query(Appointment).order_by(Appointment.start_at).all()
    assert [row.override_reason for row in rows] == [None, None, None, "Эмч зөвшөөрсөн"]


def test_who_may_not_override_books_no_closed_date(clinic, desk):
    clinic.make(scheduling.holiday, date=desk.days[3])
    client, before = clinic.client("Doctor"), counts(clinic)
    page = client.submit("/appointments/add", repeat(desk)).text
    assert f'value="{desk.days[3]} 10:00"' not in page
    wanted = [f"{day} 10:00" for day in desk.days]
    answer = client.submit("/appointments/add", repeat(desk, pick=wanted, override_reason="x"))
    assert answer.status_code == 422
    assert str(desk.days[3]) in answer.text
    assert counts(clinic) == before


@pytest.mark.both
def test_where_one_date_was_taken_meanwhile_none_is_booked_and_the_page_tells_which(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.submit("/appointments/add", repeat(desk, caller_name="", note="тэмдэглэл")).text
    block(clinic, desk, desk.days[2])
    before = counts(clinic)
    answer = client.submit("/appointments/add", repeat(desk, pick=picks(page), note="тэмдэглэл"))
    assert answer.status_code == 409
    assert counts(clinic) == before
    assert f"{desk.days[2]} 10:00: " in answer.text
    assert 'value="тэмдэглэл"' in answer.text, "nothing typed is lost"
    assert f"{desk.days[2]} 09:30" in answer.text


def test_a_double_click_books_one_series(clinic, desk):
    wanted = repeat(desk, pick=[f"{day} 10:00" for day in desk.days])
    client = clinic.client("Receptionist")
    assert client.submit("/appointments/add", wanted).status_code == 302
    before = counts(clinic)
    assert client.submit("/appointments/add", wanted).status_code == 409
    assert counts(clinic) == before
    assert clinic.count(AppointmentSeries) == 1


@pytest.mark.both
def test_of_several_who_book_series_that_cross_exactly_one_gets_it(clinic, desk):
    patients = [desk.mother, *desk.children, desk.stranger]

    def job(number):
        starts = [scheduling.at(day, "10:00" if number % 2 else "10:15") for day in desk.days]
        starts = starts if number < 2 else starts[::-1]
        base = {"patient_id": patients[number], "doctor_id": desk.doctors[0], "chair_id": desk.chairs[0]}
        return lambda s: len(
            book_together(
                s,
                [{**base, "start_at": start} for start in starts],
                by_user=None,
                now=now(),
                terms=TERMS,
                is_series=True,
            )
        )

    results = at_once(clinic, [job(number) for number in range(4)])
    assert [one for one in results if one == WEEKS] == [WEEKS]
    assert all(isinstance(one, RuleError) for one in results if one != WEEKS), results
    assert (clinic.count(Appointment), clinic.count(AppointmentSeries)) == (WEEKS, 1)
    assert broken_promises(clinic.session) == []


def test_a_caller_becomes_one_patient_with_a_series(clinic, desk):
    before = clinic.count(Patient)
    asked = repeat(desk, patient_id="", caller_name="Дорж Сүх", caller_phone="99112233")
    client = clinic.client("Receptionist")
    page = client.submit("/appointments/add", asked)
    assert clinic.count(Patient) == before
    assert client.submit("/appointments/add", {**asked, "pick": picks(page.text)}).status_code == 302
    assert clinic.count(Patient) == before + 1
    assert len({row.patient_id for row in clinic.session.query(Appointment)}) == 1


def test_back_to_the_form_keeps_everything(clinic, desk):
    asked = repeat(desk, purpose="Сувгийн эмчилгээ", minutes=45, planned_service=desk.service, again="1")
    answer = clinic.client("Receptionist").submit("/appointments/add", {**asked, "pick": "x"})
    assert answer.status_code == 200
    for kept in ("Сувгийн эмчилгээ", 'value="45"', f'value="{desk.days[0]} 10:00"', 'value="1" selected', 'value="4"'):
        assert kept in answer.text
    assert clinic.count(Appointment) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"repeat_weeks": "13"}, {"repeat_weeks": "x"}, {"repeat_weeks": ""}, {"repeat_times": "1"}, {"repeat_times": "99"},
        {"repeat_times": ""}, {"repeat_until": "2020-01-01"}, {"repeat_times": "", "repeat_until": "2020-01-01"},
        {"repeat_times": "", "repeat_until": "2026-02-30"}, {"repeat_weeks": "12", "repeat_times": "24"}, {"pick": ["x"]},
        {"pick": [""]}, {"pick": ["", ""]}, {"pick": ["2020-01-01 10:00"]}, {"pick": ["9999-01-01 10:00"]},
        {"patient_id": ""}, {"patient_id": "999999"}, {"doctor_id": ""}, {"start_at": ""}, {"minutes": "7"},
        {"also_for": "x"}, {"also_for": "999999"}, {"family_way": "x"}, {"pick": ["2030-01-01 10:00"] * 2},
        {"repeat_weeks": "", "repeat_times": "", "also_for": ["1"] * 30},
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_nothing_is_written(clinic, desk, wrong):
    before = counts(clinic)
    answer = clinic.client("Receptionist").submit("/appointments/add", repeat(desk, **wrong))
    assert answer.status_code == 422, answer.text
    assert "field-error" in answer.text or 'id="problems"' in answer.text
    assert counts(clinic) == before


def test_who_only_reads_books_nothing(clinic, desk):
    before = counts(clinic)
    for role in ("Nurse", "Assistant", "Patient"):
        wanted = repeat(desk, pick=[f"{day} 10:00" for day in desk.days])
        assert clinic.client(role).submit("/appointments/add", wanted).status_code == 403
    assert counts(clinic) == before


# --- a family


def family(desk, way="after", **values):
    return form(desk, also_for=desk.children, family_way=way, **values)


def test_the_family_is_offered_from_either_side(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.get(f"/appointments/patient?patient_id={desk.mother}").text
    assert all(f'value="{child}"' in page for child in desk.children)
    assert f'value="{desk.mother}"' in client.get(f"/appointments/patient?patient_id={desk.children[0]}").text
    assert client.get(f"/appointments/patient?patient_id={desk.stranger}").text.strip() == ""


@pytest.mark.both
def test_a_family_comes_one_after_the_other_to_one_doctor_and_chair(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.submit("/appointments/add", family(desk, planned_service=desk.service))
    assert page.status_code == 200
    answer = client.submit("/appointments/add", family(desk, planned_service=desk.service, pick=picks(page.text)))
    assert answer.status_code == 302
    rows = clinic.session.query(Appointment).order_by(Appointment.start_at).all()
    assert [(row.patient_id, moment(row.start_at)[11:]) for row in rows] == [
        (desk.mother, "10:00"), (desk.children[0], "10:40"), (desk.children[1], "11:20"),
    ]  # fmt: skip
    assert {(row.doctor_id, row.chair_id, row.series_id) for row in rows} == {(desk.doctors[0], desk.chairs[0], None)}
    assert broken_promises(clinic.session) == []


def test_the_nearest_times_at_which_all_of_them_fit_are_offered_and_each_can_be_booked(clinic, desk):
    block(clinic, desk, desk.days[0], "11:00")
    values = {
        "patient_id": desk.mother, "doctor_id": desk.doctors[0], "chair_id": desk.chairs[0],
        "start_at": scheduling.at(desk.days[0], "10:00"),
    }  # fmt: skip
    ways = ways_to_come(clinic.session, values, desk.children, FamilyWay.AFTER, now=now(), terms=TERMS)
    assert [moment(way.start)[11:] for way in ways] == ["09:00", "09:15", "09:30"]
    for way in ways:
        visits = [
            {**values, "patient_id": place.patient_id, "start_at": place.start, "doctor_id": place.doctor_id}
            for place in way.places
        ]
        rows = clinic.unit(lambda s, v=visits: book_together(s, v, by_user=None, now=now(), terms=TERMS))
        from app.workflows.visit_moves import move_visit

        for row in rows:
            clinic.unit(
                lambda s, k=row.appointment_id: move_visit(s, k, AppointmentStatus.CANCELLED, now=now(), by=None)
            )


@pytest.mark.both
def test_a_family_comes_at_the_same_time_to_doctors_and_chairs_of_their_own(clinic, desk):
    client = clinic.client("Receptionist")
    asked = form(desk, also_for=[desk.children[0]], family_way="beside")
    page = client.submit("/appointments/add", asked)
    assert client.submit("/appointments/add", {**asked, "pick": picks(page.text)}).status_code == 302
    rows = clinic.session.query(Appointment).all()
    assert len({row.start_at for row in rows}) == 1
    assert {row.doctor_id for row in rows} == {*desk.doctors}
    assert len({row.chair_id for row in rows}) == 2
    assert broken_promises(clinic.session) == []


def test_a_family_answers_the_wish_of_the_one_for_whom_the_form_was_opened(clinic, desk):
    entry = WaitlistEntry(patient_id=desk.children[1], earliest=desk.days[0])
    clinic.unit(lambda s: s.add(entry))
    asked = form(
        desk, patient_id=desk.children[1], also_for=[desk.mother], family_way="beside",
        waitlist_entry=entry.waitlist_entry_id,
    )  # fmt: skip
    client = clinic.client("Receptionist")
    page = client.submit("/appointments/add", asked)
    assert client.submit("/appointments/add", {**asked, "pick": picks(page.text)}).status_code == 302
    row = clinic.session.query(Appointment).filter_by(patient_id=desk.children[1]).one()
    assert clinic.session.get(WaitlistEntry, entry.waitlist_entry_id).appointment_id == row.appointment_id


def test_three_can_not_come_at_once_to_two_doctors(clinic, desk):
    page = clinic.client("Receptionist").submit("/appointments/add", family(desk, "beside"))
    assert page.status_code == 200
    assert 'name="pick"' not in page.text


@pytest.mark.both
@pytest.mark.parametrize("way", ["after", "beside"])
def test_where_one_of_the_family_can_not_come_nobody_is_booked(clinic, desk, way):
    client = clinic.client("Receptionist")
    asked = form(desk, also_for=[desk.children[1]], family_way=way)
    page = client.submit("/appointments/add", asked)
    child = clinic.session.get(Patient, desk.children[1])
    clinic.make(scheduling.appointment, patient=child, start_at=scheduling.at(desk.days[0], "10:00"), minutes=90)
    before = counts(clinic)
    answer = client.submit("/appointments/add", {**asked, "pick": picks(page.text)})
    assert answer.status_code == 409
    assert counts(clinic) == before
    assert picks(answer.text) not in ([], picks(page.text)), "another way is offered at once"


def test_only_relatives_are_booked_along(clinic, desk):
    client, before = clinic.client("Receptionist"), counts(clinic)
    at = f"{desk.days[0]} 10:00"
    for asked in (
        form(desk, also_for=[desk.stranger]),
        form(desk, also_for=[desk.mother]),
        form(desk, patient_id="", caller_name="Дорж", caller_phone="99112233", also_for=desk.children),
        form(
            desk,
            also_for=desk.children[:1],
            pick=f"{desk.mother}@{at}@{desk.doctors[0]}@;{desk.stranger}@{at}@{desk.doctors[1]}@",
        ),
        form(desk, also_for=desk.children[:1], pick=f"{desk.mother}@{at}@{desk.doctors[0]}@"),
        form(desk, also_for=desk.children[:1], pick="x;y"),
        form(desk, also_for=desk.children[:1], pick=""),
        form(desk, also_for=desk.children[:1], repeat_weeks=1, repeat_times=2),
    ):
        answer = client.submit("/appointments/add", asked)
        assert answer.status_code == 422, answer.text
    assert counts(clinic) == before


def test_the_dead_and_the_merged_are_not_offered(clinic, desk):
    def change(session):
        session.get(Patient, desk.children[0]).is_deceased = True
        session.get(Patient, desk.children[1]).merged_into_id = desk.stranger

    clinic.unit(change)
    page = clinic.client("Receptionist").get(f"/appointments/patient?patient_id={desk.mother}").text
    assert page.strip() == ""


def test_the_answer_in_the_panel_names_every_visit_and_tells_the_board(clinic, desk):
    client = clinic.client("Receptionist")
    answer = client.submit(
        "/appointments/add", repeat(desk, pick=[f"{day} 10:00" for day in desk.days]), headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "visit-saved"
    assert all(f"{day} 10:00" in answer.text for day in desk.days)
    assert "<html" not in answer.text


def test_of_other_days_and_chairs_nothing_is_needed_to_see_the_preview(clinic, desk):
    """A clinic without chairs, and a service of its own length."""
    clinic.unit(lambda s: [setattr(chair, "is_active", False) for chair in s.query(Chair)])
    clinic.unit(lambda s: setattr(s.get(ServiceCatalog, desk.service), "default_duration_time", 20))
    asked = form(desk, chair_id="", planned_service=desk.service, also_for=[desk.children[0]], family_way="beside")
    client = clinic.client("Receptionist")
    page = client.submit("/appointments/add", asked)
    assert client.submit("/appointments/add", {**asked, "pick": picks(page.text)}).status_code == 302
    assert {row.minutes for row in clinic.session.query(Appointment)} == {20}
    assert {clinic_date(row.start_at, scheduling.ZONE) for row in clinic.session.query(Appointment)} == {desk.days[0]}
