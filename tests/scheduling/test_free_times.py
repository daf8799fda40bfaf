"""The search for free times: whatever it offers can be booked, its pages continue, and it says what to relax."""

import re
from datetime import time, timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.people.models import Employee
from app.scheduling.models import Appointment
from app.scheduling.rules import RoomType, Terms
from app.web.text import moment
from app.workflows.booking import book_visit
from app.workflows.booking.finding import Asked, find_free, what_to_relax
from tests.factories import people, scheduling
from tests.scheduling.common import now

TERMS = Terms(scheduling.ZONE)


@pytest.fixture
def desk(clinic):
    """Two doctors at work on three days, one of them with a chair of their own; two chairs and a consulting room."""

    def build(session):
        days = scheduling.open_days(session, 3)
        own, other = scheduling.chair(session), scheduling.chair(session)
        consulting = scheduling.room(session, room_type=RoomType.CONSULTATION)
        doctors = [people.doctor(session, first_name="Анхаа"), people.doctor(session, first_name="Болд")]
        for day in days:
            scheduling.shift(session, doctors[0], day, chair_id=own.chair_id, end_time=time(12))
            scheduling.shift(session, doctors[1], day, start_time=time(10), end_time=time(14))
        return SimpleNamespace(
            days=days,
            doctors=[doctor.employee_id for doctor in doctors],
            chairs=[own.chair_id, other.chair_id],
            consulting=scheduling.chair(session, room_id=consulting.room_id).chair_id,
            patient=people.patient(session).patient_id,
            service=scheduling.service(session).service_id,
        )

    return clinic.unit(build)


def find(clinic, count=20, **asked):
    return find_free(clinic.session, Asked(**asked), now=now(), terms=TERMS, count=count)


clock = st.none() | st.integers(8, 15).map(time)
wishes = st.fixed_dictionaries(
    {
        "minutes": st.none() | st.sampled_from([5, 15, 45, 120]),
        "doctors": st.sampled_from([(), (0,), (1,), (0, 1)]),
        "weekdays": st.frozensets(st.integers(0, 6)),
        "chair_type": st.sampled_from([None, None, RoomType.SURGERY, RoomType.CONSULTATION]),
        "has_service": st.booleans(),
        "time_from": clock,
        "time_until": clock,
        "which": st.integers(0, 19),
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wish=wishes)
def test_whatever_is_offered_fits_the_wish_and_can_be_booked(clinic, desk, wish):
    asked = Asked(
        service_id=desk.service if wish["has_service"] else None,
        minutes=wish["minutes"],
        doctor_ids=tuple(desk.doctors[place] for place in wish["doctors"]),
        chair_type=wish["chair_type"],
        weekdays=wish["weekdays"],
        time_from=wish["time_from"],
        time_until=wish["time_until"],
        patient_id=desk.patient,
    )
    start, end = wish["time_from"] or time(0), wish["time_until"] or time(23, 59)
    if (end.hour - start.hour) * 60 < (wish["minutes"] or 120) and wish["time_from"] and wish["time_until"]:
        assume(end.hour - start.hour <= 0 or wish["minutes"])
        with pytest.raises(RuleError):
            find_free(clinic.session, asked, now=now(), terms=TERMS)
        return
    found = find_free(clinic.session, asked, now=now(), terms=TERMS).times
    if not found:
        return
    free = found[wish["which"] % len(found)]
    local = free.start.astimezone(scheduling.ZONE)
    assert not wish["weekdays"] or local.weekday() in wish["weekdays"]
    assert not wish["time_from"] or local.time() >= wish["time_from"]
    assert not wish["time_until"] or free.end.astimezone(scheduling.ZONE).time() <= wish["time_until"]
    assert not asked.doctor_ids or free.doctor_id in asked.doctor_ids
    assert (free.chair_id == desk.consulting) is (wish["chair_type"] is RoomType.CONSULTATION)
    values = {
        "patient_id": desk.patient, "doctor_id": free.doctor_id, "chair_id": free.chair_id, "start_at": free.start,
        "planned_service": asked.service_id, "minutes": asked.minutes,
    }  # fmt: skip
    row = clinic.unit(lambda s: book_visit(s, values, by_user=None, now=now(), terms=TERMS))
    assert (row.end_at, row.override_reason) == (free.end, None)


@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_later_times_continue_after_the_last_one_and_nothing_is_shown_twice_or_left_out(clinic, desk, size):
    everything = find(clinic, 500).times
    seen, last = [], None
    while True:
        found = find(clinic, size, after=last)
        seen += found.times
        if not found.has_more:
            break
        last = (seen[-1].start, seen[-1].doctor_id)
    assert seen == everything
    assert len({(free.start, free.doctor_id) for free in seen}) == len(seen) > 50


def test_nothing_is_looked_for_after_a_year_or_for_a_service_that_is_longer_than_the_hours(clinic, desk):
    for asked in ({"earliest": clinic.today + timedelta(days=400)}, {"time_from": time(9), "time_until": time(9, 20)}):
        with pytest.raises(RuleError):
            find(clinic, **asked)


def test_where_nothing_is_found_it_says_without_which_wish_there_would_be_a_time(clinic, desk):
    def relax(**asked):
        found = what_to_relax(clinic.session, Asked(**asked), now=now(), terms=TERMS)
        return {one.name: one.first for one in found}

    assert set(relax(doctor_ids=(desk.doctors[0],), time_from=time(13))) == {"doctor_id", "hours"}
    asked = {"weekdays": frozenset({(desk.days[-1].weekday() + 1) % 7}) - {day.weekday() for day in desk.days}}
    assert set(relax(**asked)) == ({"weekday"} if asked["weekdays"] else set())
    assert relax(chair_type=RoomType.WARD)["chair_type"].chair_id in desk.chairs
    assert set(relax(chair_type=RoomType.WARD, time_from=time(20))) == {"all"}, "neither of them alone would help"
    assert relax() == {}


# --- the page


def test_the_page_shows_the_times_by_day_and_each_leads_to_a_form_that_books_it(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.get(f"/appointments/free-times?planned_service={desk.service}&patient_id={desk.patient}").text
    links = [unescape(link) for link in re.findall(r'href="(/appointments/add\?[^"]+)"', page)]
    assert len(links) == 20
    assert str(desk.days[0]) in page
    filled = client.get(links[4]).text
    assert f'value="{desk.patient}" selected' in filled
    assert f'value="{desk.service}" selected' in filled
    found = find(clinic, service_id=desk.service, patient_id=desk.patient).times[4]
    sent = {
        "patient_id": desk.patient, "doctor_id": found.doctor_id, "chair_id": found.chair_id or "",
        "start_at": moment(found.start), "planned_service": desk.service, "source": "phone",
    }  # fmt: skip
    assert f'value="{sent["start_at"]}"' in filled
    assert client.submit("/appointments/add", sent).status_code == 302
    row = clinic.session.query(Appointment).one()
    assert (row.start_at, row.end_at, row.chair_id) == (found.start, found.end, found.chair_id)
    assert links[4] not in unescape(client.get(f"/appointments/free-times?patient_id={desk.patient}").text)


def test_programs_get_the_same_times_on_the_clinics_clock_and_where_to_continue(clinic, desk):
    client = clinic.client("Doctor")
    first = client.get("/appointments/free-times.json?count=3").json
    assert [set(one) for one in first["times"]] == [
        {"start", "end", "doctor_id", "doctor", "chair_id", "chair"},
    ] * 3
    assert first["times"][0]["start"] == f"{desk.days[0]} 09:00"
    second = client.get(f"/appointments/free-times.json?count=3&after={first['after']}").json
    expected = [moment(free.start) for free in find(clinic, 6).times]
    assert [one["start"] for one in first["times"] + second["times"]] == expected
    assert client.get("/appointments/free-times.json?count=100&earliest=2150-01-01").status_code == 422


def test_nobody_free_says_what_to_relax_and_links_to_it(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.get(f"/appointments/free-times?doctor_id={desk.doctors[0]}&time_from=13:00").text
    assert "/appointments/add?" not in page
    relaxed = [unescape(link) for link in re.findall(r'href="(/appointments/free-times\?[^"]+)"', page)]
    assert f"/appointments/free-times?doctor_id={desk.doctors[0]}" in relaxed
    assert "/appointments/free-times?time_from=13%3A00" in relaxed
    for link in relaxed:
        assert "/appointments/add?" in client.get(link).text


def test_who_only_reads_sees_the_times_and_can_not_book_them(clinic, desk):
    page = clinic.client("Nurse").get("/appointments/free-times").text
    assert str(desk.days[0]) in page
    assert "/appointments/add" not in page


@pytest.mark.parametrize("role", ["Assistant", "Patient", None])
@pytest.mark.parametrize("path", ["free-times", "free-times.json", "length", "patient", "free"])
def test_nobody_else_sees_them(clinic, desk, role, path):
    answer = clinic.client(role).get(f"/appointments/{path}?patient_id={desk.patient}")
    assert answer.status_code == (403 if role else 302)


@pytest.mark.parametrize("path", ["free-times", "free-times.json", "free", "length", "patient", "add"])
@pytest.mark.parametrize(
    "query",
    [
        "planned_service=x", "planned_service=999999999999999999999", "doctor_id=-1&doctor_id=x", "doctor_id=10", "weekday=9",
        "weekday=x", "chair_type=moon", "time_from=99:99&time_until=x", "earliest=2026-02-30", "earliest=0001-01-01",
        "minutes=-5", "minutes=999999999999999", "minutes=7", "count=0", "count=100000", "after=x,y", "after=2026-01-01 10:00,x",
        "after=9999-12-31 23:59,1", "patient_id=0", "patient_id=999999999", "start_at=9999-12-31T23:59", "start_at=0001-01-01 00:00",
        "but=%00", "waitlist=x&recall=y", "waitlist=999999&recall=999999", "source=moon", "source=walk-in&doctor_id=x",
        "also_for=x&repeat_weeks=x", "%ff=%fe", "in_form=1&after=&doctor_id=", "minutes=720&count=100&time_from=00:00",
    ],
)  # fmt: skip
def test_garbage_is_no_error_of_ours(clinic, desk, path, query):
    answer = clinic.client("Receptionist").get(f"/appointments/{path}?{query}")
    assert answer.status_code in (200, 422)


# --- in the form


def test_without_a_doctor_the_first_times_of_any_are_offered_with_doctor_and_chair(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.get(f"/appointments/free?start_at={desk.days[1]}+11:30").text
    found = re.findall(r'data-start="([^"]+)" data-doctor="(\d+)"', page)
    assert found[:3] == [
        (f"{desk.days[1]} 11:30", str(desk.doctors[0])),
        (f"{desk.days[1]} 11:30", str(desk.doctors[1])),
        (f"{desk.days[1]} 11:45", str(desk.doctors[1])),
    ]


def test_the_length_says_from_when_to_when_the_dentist_is_needed(clinic, desk):
    client = clinic.client("Receptionist")
    page = client.get(f"/appointments/length?planned_service={desk.service}&start_at={desk.days[0]}+10:00").text
    assert "10:00–10:40" in page
    assert "10:10" in page
    assert "10:35" in page
    page = client.get(f"/appointments/length?planned_service={desk.service}").text
    assert "40" in page
    assert "25" in page
    assert client.get("/appointments/length?minutes=7").text.strip() == ""


def test_the_times_offered_for_a_move_count_the_visit_itself_as_free(clinic, desk):
    free = find(clinic, 1, doctor_ids=(desk.doctors[0],)).times[0]
    doctor = clinic.session.get(Employee, desk.doctors[0])
    row = clinic.make(scheduling.appointment, doctor=doctor, start_at=free.start)
    assert find(clinic, 1, doctor_ids=(desk.doctors[0],)).times[0] != free
    assert find(clinic, 1, doctor_ids=(desk.doctors[0],), but=row.appointment_id).times[0].start == free.start


def test_ten_times_cost_as_many_statements_as_one(clinic, desk):
    client = clinic.client("Receptionist")
    client.get("/appointments/free-times")  # what is kept between requests is there
    costs = []
    for count in (1, 10):
        with clinic.statements() as seen:
            client.get(f"/appointments/free-times?count={count}")
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 12
