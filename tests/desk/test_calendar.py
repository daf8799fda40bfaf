"""The calendar's feeds and moves: what is told, to whom, on whose clock, and what happens to a visit that two people want."""

import json
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.desk.calendar.asking import MOST_DAYS, days_of
from app.kernel.errors import RuleError
from app.lab.rules import LabRequestStatus
from app.people.models import Employee
from app.people.rules import Severity
from app.scheduling.models import Appointment, Holiday, TimeOff
from app.scheduling.rules import AppointmentStatus
from app.security import identity
from app.security.models import Clinic as ClinicRow
from tests.browser.people import pdf_text
from tests.factories import lab, machine, people, scheduling
from tests.factories.clinic import Clinic

S = AppointmentStatus
WRITERS = ("Admin", "Manager", "Doctor", "Receptionist", "Coordinator")
JSON = {"Accept": "application/json"}


@pytest.fixture
def desk(clinic: Clinic) -> Any:
    """Two doctors at work on an open day, each at a chair, and a visit at ten with the first."""

    def build(session: Any) -> Any:
        day = scheduling.open_day(session)
        one, other = people.doctor(session, first_name="Болормаа"), people.doctor(session, first_name="Тэмүүлэн")
        chairs = [scheduling.chair(session), scheduling.chair(session)]
        for doctor, chair in zip((one, other), chairs, strict=True):
            scheduling.shift(session, doctor, day, chair_id=chair.chair_id, end_time=time(17))
        patient = people.patient(session, first_name="Мөнхбат")
        visit = scheduling.appointment(
            session, patient=patient, doctor=one, chair=chairs[0], start_at=scheduling.at(day, "10:00")
        )
        return SimpleNamespace(day=day, one=one, other=other, chairs=chairs, patient=patient, key=visit.appointment_id)

    return clinic.unit(build)


def feed(browser: Any, day: date, days: int = 1, **more: Any) -> Any:
    return browser.get("/calendar/events", query_string={"start": day, "end": day + timedelta(days=days), **more})


def visit_of(clinic: Clinic, key: int) -> Appointment:
    return clinic.session.get_one(Appointment, key)


def place(browser: Any, key: int, **values: Any) -> Any:
    return browser.submit(f"/calendar/{key}/place", {"version": 1, **values}, headers=JSON)


def clock_of(clinic: Clinic, key: int) -> str:
    return f"{visit_of(clinic, key).start_at.astimezone(scheduling.ZONE):%H:%M}"


# --- who may


@pytest.mark.parametrize("role", [*WRITERS, "Nurse"])
def test_the_calendar_opens_for_who_may_read_it(clinic: Clinic, desk: Any, role: str) -> None:
    browser = clinic.client(role)
    assert browser.get(f"/calendar?day={desk.day}").status_code == 200
    assert [row["id"] for row in feed(browser, desk.day).json["visits"]] == [desk.key]
    assert browser.get(f"/calendar/visits/{desk.key}/facts").status_code == 200


@pytest.mark.parametrize("role", ["Assistant", "Patient", None])
def test_nobody_else_sees_anything_of_it(clinic: Clinic, desk: Any, role: str | None) -> None:
    browser = clinic.client(role)
    wanted = 403 if role else 302
    for path in (
        "/calendar",
        f"/calendar/visits/{desk.key}/facts",
        f"/calendar/print?day={desk.day}",
        "/calendar/waiting",
    ):
        assert browser.get(path).status_code == wanted
    assert feed(browser, desk.day).status_code == wanted


def test_a_nurse_looks_and_moves_nothing(clinic: Clinic, desk: Any) -> None:
    nurse = clinic.client("Nurse")
    assert place(nurse, desk.key, start=f"{desk.day} 11:00").status_code == 403
    assert nurse.submit(f"/calendar/{desk.key}/move", {"to": "came", "version": 1}).status_code == 403
    assert nurse.submit("/calendar/undo", {"undo": "x"}).status_code == 403
    assert clock_of(clinic, desk.key) == "10:00"
    assert "/move" not in nurse.get(f"/calendar/visits/{desk.key}/facts").text


# --- the feed


@pytest.mark.both
def test_a_visit_is_told_whole_and_by_one_statement(clinic: Clinic, desk: Any) -> None:
    service = clinic.make(scheduling.service)
    clinic.unit(lambda s: setattr(s.get(Appointment, desk.key), "planned_service", service.service_id))
    clinic.make(people.allergy, person=desk.patient, severity=Severity.CRITICAL)
    browser = clinic.client("Receptionist")
    feed(browser, desk.day)
    with clinic.statements() as seen:
        answer = feed(browser, desk.day)
    assert len([sql for sql in seen if "FROM appointment" in sql]) == 1
    (row,) = answer.json["visits"]
    assert (row["start"], row["end"]) == (f"{desk.day}T10:00:00", f"{desk.day}T10:30:00")
    assert (row["doctor"], row["chair"]) == (desk.one.employee_id, desk.chairs[0].chair_id)
    assert (row["status"], row["version"], row["what"], row["has_alert"]) == ("reserved", 1, "Filling", True)
    assert row["patient"] == desk.patient.title
    assert answer.json["doctors"][str(desk.one.employee_id)] == [desk.one.title, desk.one.calendar_colour]


def test_more_visits_cost_no_more_statements(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")

    def count() -> int:
        with clinic.statements() as seen:
            feed(browser, desk.day)
        return sum(not sql.startswith("INSERT") for sql in seen)

    count()
    few = count()
    for clock in ("11:00", "12:00", "13:00"):
        clinic.make(scheduling.appointment, doctor=desk.one, start_at=scheduling.at(desk.day, clock))
    assert count() == few


def test_the_page_asks_at_most_twelve_times(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    for path, most in ((f"/calendar?day={desk.day}", 12), (f"/calendar/visits/{desk.key}/facts", 15)):
        browser.get(path)
        with clinic.statements() as seen:
            browser.get(path)
        assert sum(not sql.startswith("INSERT") for sql in seen) <= most


def test_who_has_it_already_is_told_in_two_lines_and_a_change_is_told_whole(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    first = feed(browser, desk.day)
    query = {"start": desk.day, "end": desk.day + timedelta(days=1)}
    for mark in (first.headers["ETag"], first.headers["ETag"].rstrip('"') + ':gzip"'):
        again = browser.get("/calendar/events", query_string=query, headers={"If-None-Match": mark})
        assert (again.status_code, again.data) == (304, b"")
    place(browser, desk.key, start=f"{desk.day} 11:00")
    after = browser.get("/calendar/events", query_string=query, headers={"If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200
    assert after.json["visits"][0]["start"] == f"{desk.day}T11:00:00"


def test_the_look_at_a_list_of_patients_is_kept_once_and_not_by_asking_in_vain(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    mark = feed(browser, desk.day).headers["ETag"]
    where = AuditLog.row == "/calendar/events"
    assert clinic.count(AuditLog, where) == 1
    query = {"start": desk.day, "end": desk.day + timedelta(days=1)}
    browser.get("/calendar/events", query_string=query, headers={"If-None-Match": mark})
    assert clinic.count(AuditLog, where) == 1


def test_each_filter_leaves_what_was_asked_for(clinic: Clinic, desk: Any) -> None:
    service = clinic.make(scheduling.service)
    other = clinic.make(
        scheduling.appointment, doctor=desk.other, chair=desk.chairs[1], start_at=scheduling.at(desk.day, "12:00"),
        planned_service=service.service_id, minutes=40, status=S.CONFIRMED,
    ).appointment_id  # fmt: skip
    gone = clinic.make(
        scheduling.appointment, doctor=desk.other, status=S.CANCELLED, start_at=scheduling.at(desk.day, "15:00")
    )
    browser = clinic.client("Receptionist")

    def ids(**asked: Any) -> set[int]:
        return {row["id"] for row in feed(browser, desk.day, **asked).json["visits"]}

    assert ids() == {desk.key, other}
    assert ids(doctor=desk.other.employee_id) == {other}
    assert ids(doctor=f"{desk.other.employee_id},{desk.one.employee_id}") == {desk.key, other}
    assert ids(chair=desk.chairs[0].chair_id) == {desk.key}
    assert ids(room=desk.chairs[1].room_id) == {other}
    assert ids(service=service.service_id) == {other}
    assert ids(status="reserved") == {desk.key}
    assert ids(status="cancelled,confirmed") == {other, gone.appointment_id}
    assert ids(doctor=987654) == set()


@pytest.mark.parametrize(
    "asked",
    [
        "", "start=2026-11-20", "start=x&end=y", "start=2026-11-20&end=2026-11-20", "start=2026-11-21&end=2026-11-20",
        f"start=2026-01-01&end={date(2026, 1, 1) + timedelta(days=MOST_DAYS + 1)}", "start=0001-01-01&end=0001-01-02",
        "start=9999-12-31&end=9999-12-31", "start=2026-11-20&end=2026-11-21&doctor=x", "start=2026-11-20&end=2026-11-21&doctor=-1",
        "start=2026-11-20&end=2026-11-21&status=dancing", "start=2026-11-20&end=2026-11-21&room=9999999999999999999999",
        "start=%00&end=%F0%9F%A6%B7", "start=2026-11-20&end=2026-11-21&doctor=" + ",".join("1" * 200),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_refused_with_a_sentence(clinic: Clinic, asked: str) -> None:
    browser = clinic.client("Receptionist")
    answer = browser.get(f"/calendar/events?{asked}", headers=JSON)
    assert answer.status_code == 422
    assert answer.json["message"]
    assert browser.get(f"/calendar/background?{asked}", headers=JSON).status_code in (200, 422)


@given(st.dates(date(2000, 1, 1), date(2149, 1, 1)), st.integers(-3, 60))
def test_any_days_up_to_the_most_are_read_and_no_others(first: date, count: int) -> None:
    end = first + timedelta(days=count)
    try:
        days = days_of({"start": f"{first}T00:00:00", "end": end.isoformat()})
    except RuleError:
        assert not 1 <= count <= MOST_DAYS
    else:
        assert (days.first, days.end, len(days.dates())) == (first, end, count)
        assert 1 <= count <= MOST_DAYS


@pytest.mark.parametrize("zone", ["Asia/Hovd", "Asia/Ulaanbaatar", "America/New_York"])
def test_times_are_the_clinics_clock_and_come_back_as_they_went(clinic: Clinic, desk: Any, zone: str) -> None:
    clinic.unit(lambda s: setattr(s.scalar(sa.select(ClinicRow)), "time_zone", zone))
    identity.forget()
    clinic.make(scheduling.shift, employee=desk.one, day=desk.day + timedelta(days=1))
    browser = clinic.client("Receptionist")
    moved = place(browser, desk.key, start=f"{desk.day + timedelta(days=1)} 11:15", override_reason="test")
    assert moved.status_code == 200, moved.text
    (row,) = feed(browser, desk.day, 3).json["visits"]
    assert row["start"] == f"{desk.day + timedelta(days=1)}T11:15:00"
    shifts = browser.get(
        "/calendar/background", query_string={"start": desk.day, "end": desk.day + timedelta(days=1)}
    ).json
    assert {shift["start"] for shift in shifts["shifts"]} == {f"{desk.day}T09:00:00"}
    settings = json.loads(browser.get("/calendar").text.split('id="calendar-settings">')[1].split("</script>")[0])
    now = datetime.now(scheduling.ZONE).astimezone(ZoneInfo(zone))
    assert settings["offset"] == now.isoformat()[-6:]


def test_the_last_night_of_a_year_belongs_to_both_weeks(clinic: Clinic) -> None:
    year = clinic.today.year
    with time_machine.travel(datetime(year, 12, 28, 2, tzinfo=scheduling.ZONE), tick=True):
        doctor = clinic.make(people.doctor)
        made = [
            clinic.make(scheduling.appointment, doctor=doctor, start_at=scheduling.at(day, clock)).appointment_id
            for day, clock in ((date(year, 12, 31), "23:30"), (date(year + 1, 1, 1), "00:00"))
        ]
        browser = clinic.client("Receptionist")
        rows = feed(browser, date(year, 12, 28), 7).json["visits"]
        assert [row["id"] for row in rows] == made
        assert (rows[0]["end"], rows[1]["start"]) == (f"{year + 1}-01-01T00:00:00",) * 2
        assert [row["id"] for row in feed(browser, date(year, 12, 31)).json["visits"]] == made[:1]


# --- what lies behind


def test_shifts_absences_and_holidays_lie_behind(clinic: Clinic, desk: Any) -> None:
    row = TimeOff(
        employee_id=desk.other.employee_id, from_=scheduling.at(desk.day, "12:00"),
        until=scheduling.at(desk.day + timedelta(days=9), "12:00"), reason="private",
    )  # fmt: skip
    clinic.unit(lambda s: s.add(row))
    feast = desk.day + timedelta(days=1)
    if not clinic.count(Holiday, Holiday.date == feast):
        clinic.make(scheduling.holiday, date=feast)
    browser = clinic.client("Nurse")
    found = browser.get("/calendar/background", query_string={"start": desk.day, "end": desk.day + timedelta(days=2)})
    assert {(one["doctor"], one["end"]) for one in found.json["shifts"]} == {
        (desk.one.employee_id, f"{desk.day}T17:00:00"), (desk.other.employee_id, f"{desk.day}T17:00:00"),
    }  # fmt: skip
    (away,) = found.json["away"]
    assert (away["doctor"], away["start"], away["end"]) == (
        desk.other.employee_id, f"{desk.day}T12:00:00", f"{desk.day + timedelta(days=2)}T00:00:00",
    )  # fmt: skip
    assert "private" not in found.text
    assert [one["day"] for one in found.json["holidays"]] == [feast.isoformat()]


# --- the facts of a visit


def test_the_card_tells_phone_alert_balance_and_lab_work_that_is_not_back(clinic: Clinic, desk: Any) -> None:
    clinic.make(people.allergy, person=desk.patient, name="Пенициллин", severity=Severity.CRITICAL)
    work = clinic.make(lab.request, patient=desk.patient, doctor=desk.one, status=LabRequestStatus.SENT)
    clinic.unit(lambda s: setattr(s.merge(work), "due_on", desk.day + timedelta(days=2)))
    page = clinic.client("Receptionist").get(f"/calendar/visits/{desk.key}/facts").text
    assert 'href="tel:' in page
    assert "Пенициллин" in page
    assert "Not back from the lab before this visit" in page
    assert "Not back from the lab" not in clinic.client("Coordinator").get(f"/calendar/visits/{desk.key}/facts").text
    assert clinic.client("Receptionist").get("/calendar/visits/987654/facts").status_code == 404


def test_what_is_owed_is_told_to_who_may_know_it(clinic: Clinic, desk: Any) -> None:
    from tests.reporting import common

    clinic.unit(lambda s: common.invoice(s, desk.patient, 70_000, common.posting(clinic.today, 5)))
    path = f"/calendar/visits/{desk.key}/facts"
    assert "70,000 ₮" in clinic.client("Receptionist").get(path).text
    assert "₮" not in clinic.client("Nurse").get(path).text


# --- moving


@pytest.mark.both
@pytest.mark.parametrize("role", WRITERS)
def test_a_visit_is_moved_lengthened_and_put_back(clinic: Clinic, desk: Any, role: str) -> None:
    browser = clinic.client(role)
    moved = place(browser, desk.key, start=f"{desk.day} 13:15", minutes=45, doctor_id=desk.other.employee_id)
    assert moved.status_code == 200, moved.text
    assert moved.json["visits"][0]["end"] == f"{desk.day}T14:00:00"
    row = visit_of(clinic, desk.key)
    assert (row.doctor_id, row.chair_id) == (desk.other.employee_id, desk.chairs[1].chair_id)  # the shift's chair
    back = browser.submit("/calendar/undo", {"undo": moved.json["undo"]}, headers=JSON)
    assert back.status_code == 200, back.text
    row = visit_of(clinic, desk.key)
    assert (row.doctor_id, row.chair_id, row.minutes) == (desk.one.employee_id, desk.chairs[0].chair_id, 30)
    assert clock_of(clinic, desk.key) == "10:00"
    again = browser.submit("/calendar/undo", {"undo": moved.json["undo"]}, headers=JSON)
    assert again.status_code == 409  # taken back once
    assert clock_of(clinic, desk.key) == "10:00"


def test_json_says_the_same_as_a_form(clinic: Clinic, desk: Any) -> None:
    from itsdangerous import URLSafeTimedSerializer

    from tests.factories.clinic import CSRF

    browser = clinic.client("Receptionist")
    token = URLSafeTimedSerializer(clinic.app.secret_key, salt="wtf-csrf-token").dumps(CSRF)
    path, body = f"/calendar/{desk.key}/place", {"version": 1, "start": f"{desk.day} 11:00", "chair_id": None}
    assert browser.post(path, json=body).status_code == 400  # without the token
    assert browser.post(path, json=body, headers={"X-CSRFToken": token}).status_code == 200
    assert (clock_of(clinic, desk.key), visit_of(clinic, desk.key).chair_id) == ("11:00", None)


def test_an_old_version_changes_nothing_and_shows_how_it_stands(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    assert place(browser, desk.key, start=f"{desk.day} 11:00").status_code == 200
    late = place(clinic.client("Manager"), desk.key, start=f"{desk.day} 15:00")
    assert late.status_code == 409
    assert late.json["is_stale"] is True
    assert late.json["visits"][0]["start"] == f"{desk.day}T11:00:00"
    assert clock_of(clinic, desk.key) == "11:00"


@pytest.mark.both
def test_a_taken_time_is_refused_with_free_ones_that_can_be_had(clinic: Clinic, desk: Any) -> None:
    clinic.make(scheduling.appointment, doctor=desk.one, start_at=scheduling.at(desk.day, "11:00"))
    browser = clinic.client("Receptionist")
    taken = place(browser, desk.key, start=f"{desk.day} 11:15")
    assert taken.status_code == 409
    assert taken.json["is_stale"] is False
    assert len(taken.json["free"]) == 3
    assert clock_of(clinic, desk.key) == "10:00"
    assert place(browser, desk.key, start=taken.json["free"][0]).status_code == 200


def test_outside_a_shift_somebody_with_the_right_says_why(clinic: Clinic, desk: Any) -> None:
    doctor, desk_ = clinic.client("Doctor"), clinic.client("Receptionist")
    for browser, may in ((doctor, False), (desk_, True)):
        refused = place(browser, desk.key, start=f"{desk.day} 18:00")
        assert refused.status_code == 422
        assert refused.json["needs_reason"] is may
        assert refused.json["message"]
    assert place(doctor, desk.key, start=f"{desk.day} 18:00", override_reason="because").status_code == 422
    assert place(desk_, desk.key, start=f"{desk.day} 18:00", override_reason="Only then").status_code == 200
    assert visit_of(clinic, desk.key).override_reason == "Only then"


@pytest.mark.parametrize(
    "values",
    [
        {"start": "never"}, {"start": ""}, {"start": "2026-13-45 99:99"}, {"minutes": "7"}, {"minutes": "-5"}, {"minutes": "x"},
        {"minutes": "99999999"}, {"doctor_id": "x"}, {"doctor_id": "987654"}, {"chair_id": "987654"}, {"version": ""},
        {"version": "x"}, {"start": "2000-01-01 10:00"}, {"doctor_id": ""}, {"start": "\x00"},
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_moves_nothing(clinic: Clinic, desk: Any, values: dict[str, str]) -> None:
    answer = place(clinic.client("Receptionist"), desk.key, **values)
    assert answer.status_code == 422, answer.text
    assert (clock_of(clinic, desk.key), visit_of(clinic, desk.key).version) == ("10:00", 1)


def test_json_that_is_no_question_is_refused(clinic: Clinic, desk: Any) -> None:
    from itsdangerous import URLSafeTimedSerializer

    from tests.factories.clinic import CSRF

    browser = clinic.client("Receptionist")
    headers = {"X-CSRFToken": URLSafeTimedSerializer(clinic.app.secret_key, salt="wtf-csrf-token").dumps(CSRF)}
    for path in (f"/calendar/{desk.key}/place", f"/calendar/{desk.key}/move", "/calendar/undo"):
        for body in (
            [],
            5,
            "x",
            None,
            {"version": {}, "start": []},
            {"version": 1, "start": {}, "to": []},
            {"undo": []},
        ):
            assert browser.post(path, json=body, headers=headers).status_code == 422, (path, body)
    assert visit_of(clinic, desk.key).version == 1


def test_what_is_over_stays_where_it_is(clinic: Clinic) -> None:
    day = clinic.today
    row = clinic.make(scheduling.appointment, start_at=scheduling.at(day, "10:00"), status=S.IN_TREATMENT)
    version = row.version
    answer = place(clinic.client("Admin"), row.appointment_id, start=f"{day} 11:00", version=version)
    assert answer.status_code == 422
    assert place(clinic.client("Admin"), 987654, start=f"{day} 11:00").status_code == 404


def test_taking_back_is_for_who_moved_it_and_for_some_seconds(clinic: Clinic, desk: Any) -> None:
    clinic.make(machine.setting, key="scheduling.undo_seconds", value=5)
    browser = clinic.client("Receptionist")
    token = place(browser, desk.key, start=f"{desk.day} 11:00").json["undo"]
    for other, sent in (
        (clinic.client("Manager"), token),
        (browser, token[:-2] + "xx"),
        (browser, ""),
        (browser, "a.b.c"),
    ):
        assert other.submit("/calendar/undo", {"undo": sent}, headers=JSON).status_code == 422
    with time_machine.travel(datetime.now(scheduling.ZONE) + timedelta(seconds=9), tick=True):
        assert browser.submit("/calendar/undo", {"undo": token}, headers=JSON).status_code == 422
    assert clock_of(clinic, desk.key) == "11:00"
    assert browser.submit("/calendar/undo", {"undo": token}, headers=JSON).status_code == 200


def test_taking_back_what_somebody_changed_since_is_refused(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    token = place(browser, desk.key, start=f"{desk.day} 11:00").json["undo"]
    assert place(clinic.client("Manager"), desk.key, start=f"{desk.day} 12:00", version=2).status_code == 200
    late = browser.submit("/calendar/undo", {"undo": token}, headers=JSON)
    assert late.status_code == 409
    assert late.json["visits"][0]["start"] == f"{desk.day}T12:00:00"
    assert clock_of(clinic, desk.key) == "12:00"


def test_a_status_is_moved_and_taken_back(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    path = f"/calendar/{desk.key}/move"
    done = browser.submit(path, {"to": "confirmed", "version": 1}, headers=JSON)
    assert (done.status_code, done.json["visits"][0]["status"], done.json["can_undo"]) == (200, "confirmed", True)
    stale = browser.submit(path, {"to": "cancelled", "version": 1}, headers=JSON)
    assert (stale.status_code, stale.json["is_stale"]) == (409, True)
    back = browser.submit(path, {"to": "undo", "version": done.json["visits"][0]["version"]}, headers=JSON)
    assert (back.status_code, visit_of(clinic, desk.key).status) == (200, S.RESERVED)
    for sent in ({"to": "dancing", "version": 3}, {"to": "came"}, {}):
        assert browser.submit(path, sent, headers=JSON).status_code == 422
    assert browser.submit(path, {"to": "finished", "version": 3}, headers=JSON).status_code == 422


# --- pinboard, waitlist, paper


def test_pinned_visits_are_told_as_they_stand_and_the_unknown_left_out(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    found = browser.get(f"/calendar/pinned?ids={desk.key},987654").json["visits"]
    assert [row["id"] for row in found] == [desk.key]
    assert browser.get("/calendar/pinned").json["visits"] == []
    assert browser.get("/calendar/pinned?ids=x", headers=JSON).status_code == 422


def test_the_day_on_paper_tells_who_comes_and_how_to_reach_them(clinic: Clinic, desk: Any) -> None:
    clinic.unit(lambda s: setattr(s.get(Appointment, desk.key), "note", "Хожимдож магадгүй"))
    clinic.make(
        scheduling.appointment, doctor=desk.other, status=S.CANCELLED, start_at=scheduling.at(desk.day, "15:00")
    )
    browser = clinic.client("Receptionist")
    for by, first in (("doctor", desk.one.title), ("chair", desk.chairs[0].title)):
        answer = browser.get(f"/calendar/print?day={desk.day}&by={by}")
        assert answer.mimetype == "application/pdf"
        text = pdf_text(answer.data)
        for part in (
            *first.split(),
            "10:00–10:30",
            "Мөнхбат",
            "Хожимдож",
            "магадгүй",
            str(desk.day),
        ):  # lines may be broken
            assert part in text
        assert "15:00" not in text
    assert "Мөнхбат" not in pdf_text(
        browser.get(f"/calendar/print?day={desk.day}&doctor={desk.other.employee_id}").data
    )
    printed = clinic.session.scalars(sa.select(AuditLog).where(AuditLog.action == AuditAction.PRINT)).all()
    assert [row.row for row in printed] == [desk.day.isoformat()] * 3


def test_a_doctor_who_left_keeps_a_column_for_what_is_booked(clinic: Clinic, desk: Any) -> None:
    from app.people.rules import EmployeeStatus

    clinic.unit(lambda s: setattr(s.get(Employee, desk.one.employee_id), "status", EmployeeStatus.NOT_WORKING))
    found = feed(clinic.client("Receptionist"), desk.day).json
    assert str(desk.one.employee_id) in found["doctors"]
