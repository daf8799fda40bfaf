"""The scheduling workbench through the browser's eyes: what waits, arranging, booking; by every role, also wrong ones."""

import re
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from app.catalogue.rules import TreatmentStage
from app.clinical.queries.steps import steps_of_plan
from app.clinical.rules import PlanStatus, ProcedureStatus
from app.kernel.dates import clinic_date
from app.scheduling.models import Appointment, AppointmentSeries
from app.scheduling.rules import AppointmentSource
from app.workflows.booking import book_visit
from tests.factories import clinical, people, scheduling
from tests.factories.clinic import Browser, Clinic
from tests.scheduling.common import broken_promises, now

WRITERS, READERS = ("Admin", "Manager", "Receptionist", "Coordinator"), ("Doctor",)
OTHERS = ("Nurse", "Assistant", "Patient")
PART = {"HX-Request": "true"}


@pytest.fixture
def desk(clinic: Clinic) -> SimpleNamespace:
    """A doctor with six weeks of shifts and a plan of three visits: canal, crown, its fitting."""

    def build(session: Any) -> SimpleNamespace:
        doctor, chair = people.doctor(session), scheduling.chair(session)
        for day in scheduling.open_days(session, 42, ahead=1):
            scheduling.shift(session, doctor, day, chair_id=chair.chair_id)
        patient = people.patient(session, first_name="Мөнхбат")
        canal = clinical.service(session, default_duration_time=90, treatment_stage=TreatmentStage.ROOT_CANAL)
        crown = clinical.service(
            session, default_duration_time=60, fitting_minutes=30, treatment_stage=TreatmentStage.CROWN,
            assistant_lead_minutes=5,
        )  # fmt: skip
        visit = clinical.treatment(session, patient=patient, doctor=doctor)
        plan = clinical.plan(session, visit, services=[canal, crown], status=PlanStatus.ACCEPTED)
        return SimpleNamespace(
            plan=plan.treatment_plan_id, patient=patient.patient_id, doctor=doctor.employee_id, chair=chair.chair_id,
            canal=canal.service_id,
        )  # fmt: skip

    return clinic.unit(build)


def visits(browser: Browser, desk: Any, query: str = "") -> str:
    answer = browser.get(f"/scheduling/plans/{desk.plan}/visits?{query}", headers=PART)
    assert answer.status_code == 200
    return str(answer.text)


def fields(page: str) -> dict[str, str]:
    """What the form of the visits sends as it stands."""
    found = dict(re.findall(r'<input type="hidden" name="(state)" value="([^"]*)"', page))
    for number, options in re.findall(r'<select class="form-control" id="time-(\d+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]+)" selected>', options)
        assert chosen
        found[f"time-{number}"] = chosen[1]
    return found


def shape(page: str) -> list[list[str]]:
    """The steps of each card."""
    cards = page.split('class="visit-card')[1:]
    return [re.findall(r'data-step="(\d+)"', card) for card in cards]


def step_keys(clinic: Clinic, desk: Any) -> list[str]:
    return [str(row.planned_step_id) for row in steps_of_plan(clinic.session, desk.plan)]


@pytest.mark.both
def test_from_the_list_to_a_booked_series(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    listed = browser.get("/scheduling").text
    assert f"/scheduling/plans/{desk.plan}" in listed
    assert "Мөнхбат" in listed
    assert browser.get(f"/scheduling/plans/{desk.plan}").status_code == 200
    page = visits(browser, desk)
    canal, crown, fitting = step_keys(clinic, desk)
    assert shape(page) == [[canal], [crown], [fitting]]
    sent = fields(page)
    assert set(sent) == {"state", "time-1", "time-2", "time-3"}
    answer = browser.submit(f"/scheduling/plans/{desk.plan}/book", sent, headers=PART)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, f"/scheduling/plans/{desk.plan}")
    rows = clinic.session.query(Appointment).order_by(Appointment.start_at).all()
    assert [row.minutes for row in rows] == [90, 60, 30]
    assert {row.source for row in rows} == {AppointmentSource.PLAN}
    assert {(row.doctor_id, row.chair_id, row.patient_id) for row in rows} == {(desk.doctor, desk.chair, desk.patient)}
    assert rows[0].planned_service == desk.canal
    assert rows[2].planned_service is None, "a fitting needs the dentist all the time"
    assert "36" in (rows[0].purpose or "")
    assert clinic.count(AppointmentSeries) == 1
    assert {step.procedure.status for step in steps_of_plan(clinic.session, desk.plan)} == {ProcedureStatus.SCHEDULED}
    assert broken_promises(clinic.session) == []
    # the plan shows its visits, and waits no longer
    shown = browser.get(f"/scheduling/plans/{desk.plan}").text
    assert all(f"/appointments/{row.appointment_id}" in shown for row in rows)
    assert f"/scheduling/plans/{desk.plan}?" not in browser.get("/scheduling").text
    assert "Мөнхбат" not in browser.get("/scheduling").text
    # a second click finds them booked
    again = browser.submit(f"/scheduling/plans/{desk.plan}/book", sent, headers=PART)
    assert again.headers["HX-Redirect"] == f"/scheduling/plans/{desk.plan}"
    assert clinic.count(Appointment) == 3


@pytest.mark.both
def test_a_time_that_is_taken_meanwhile_is_told_and_nothing_remains(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    sent = fields(visits(browser, desk))
    start = desk_moment(sent["time-2"])
    values = {"patient_id": clinic.make(people.patient).patient_id, "doctor_id": desk.doctor, "chair_id": desk.chair,
              "start_at": start}  # fmt: skip
    clinic.unit(lambda s: book_visit(s, values, by_user=None, now=now(), terms=scheduling.TERMS).appointment_id)
    answer = browser.submit(f"/scheduling/plans/{desk.plan}/book", sent, headers=PART)
    assert answer.status_code == 409
    assert 'id="refused"' in answer.text
    assert "Visit 2" in answer.text
    assert clinic.count(Appointment) == 1
    again = fields(answer.text)
    assert again["time-1"] == sent["time-1"], "what was not taken stays"
    assert again["time-2"] != sent["time-2"]
    assert browser.submit(f"/scheduling/plans/{desk.plan}/book", again, headers=PART).status_code == 200
    assert clinic.count(Appointment) == 4
    assert broken_promises(clinic.session) == []


def desk_moment(typed: str) -> Any:
    from app.desk.workbench.asking import read_time

    found = read_time(typed, 30)
    assert found
    return found.start


def test_steps_are_moved_where_the_rules_allow_it(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Coordinator")
    canal, crown, fitting = step_keys(clinic, desk)
    page = visits(browser, desk)

    def move(what: str, state: str | None = None) -> Any:
        nonlocal page
        sent = {"move": what, "state": state or fields(page)["state"]}
        answer = browser.submit(f"/scheduling/plans/{desk.plan}/arrange", sent, headers=PART)
        page = answer.text
        return answer

    # the crown before its canal, the fitting without the lab, are refused and nothing changes
    for wrong in (f"step:{crown}:1:new", f"step:{fitting}:2", "visit:2:1", f"step:{fitting}:1"):
        answer = move(wrong)
        assert answer.status_code == 422, wrong
        assert 'id="refused"' in answer.text
        assert shape(page) == [[canal], [crown], [fitting]]
    # over the proposed length is kept with a warning
    assert move(f"step:{crown}:1").status_code == 200
    assert shape(page) == [[canal, crown], [fitting]]
    assert "bar long" in page
    assert shape(visits(browser, desk)) == [[canal, crown], [fitting]], "it is kept"
    # of its own again, by the button
    assert move(f"step:{crown}:2:new").status_code == 200
    assert shape(page) == [[canal], [crown], [fitting]]
    assert move(f"step:{crown}:1").status_code == 200
    stale = fields(page)["state"]
    assert move("reset").status_code == 200
    assert shape(page) == [[canal], [crown], [fitting]]
    assert move(f"step:{crown}:1", stale).status_code == 409, "a page from before"
    assert shape(page) == [[canal], [crown], [fitting]]


def test_nobody_sits_through_more_than_three_hours(clinic: Clinic, desk: Any) -> None:
    def add(session: Any) -> int:
        services = [clinical.service(session, default_duration_time=minutes) for minutes in (120, 65)]
        return clinical.plan(session, services=services, status=PlanStatus.ACCEPTED).treatment_plan_id

    desk.plan = clinic.unit(add)
    browser = clinic.client("Manager")
    page = visits(browser, desk)
    sent = {"move": f"step:{step_keys(clinic, desk)[1]}:1", "state": fields(page)["state"]}
    assert browser.submit(f"/scheduling/plans/{desk.plan}/arrange", sent, headers=PART).status_code == 422


def test_work_that_fits_into_no_visit_is_shown_with_a_hint_and_not_booked(clinic: Clinic, desk: Any) -> None:
    def add(session: Any) -> int:
        services = [clinical.service(session, default_duration_time=200)]
        return clinical.plan(session, services=services, status=PlanStatus.ACCEPTED).treatment_plan_id

    desk.plan = clinic.unit(add)
    browser = clinic.client("Manager")
    page = visits(browser, desk)
    assert "200" in page
    assert re.search(r'<button class="btn btn-primary book" disabled', page)
    sent = {"state": re.findall(r'name="state" value="([^"]*)"', page)[0], "time-1": "2026-12-01T02:00|1|"}
    assert browser.submit(f"/scheduling/plans/{desk.plan}/book", sent, headers=PART).status_code == 422
    assert clinic.count(Appointment) == 0


def test_a_visit_gets_another_time_and_the_later_ones_follow(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    first = fields(visits(browser, desk))
    options = re.findall(r'<option value="([^"]+)"', visits(browser, desk))
    chosen = options[9]
    query = f"time-1={first['time-1']}&time-2={first['time-2']}&time-3={first['time-3']}"
    changed = fields(visits(browser, desk, query.replace(first["time-1"], chosen) + "&changed=1"))
    assert changed["time-1"] == chosen
    assert len(set(options[:10])) == 10
    later = fields(visits(browser, desk, f"{query}&changed_day=2&from-2={later_day(first['time-2'], 10)}"))
    assert later["time-1"] == first["time-1"]
    apart = [desk_moment(later[f"time-{number}"]) - desk_moment(first[f"time-{number}"]) for number in (2, 3)]
    assert all(one >= timedelta(days=9) for one in apart)
    # a chosen time in the wrong order is not taken over
    wrong = fields(visits(browser, desk, f"time-1={first['time-3']}&time-2={first['time-1']}&changed=2"))
    assert desk_moment(wrong["time-1"]) < desk_moment(wrong["time-2"]) < desk_moment(wrong["time-3"])


def later_day(typed: str, days: int) -> str:
    return (clinic_date(desk_moment(typed), scheduling.ZONE) + timedelta(days=days)).isoformat()


def test_the_patients_wishes_hold_for_every_visit(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    query = f"wishes=1&doctor_id={desk.doctor}&weekday=1&weekday=3&time_from=14:00&time_until=17:00&days_between=10"
    found = [desk_moment(value) for name, value in fields(visits(browser, desk, query)).items() if name != "state"]
    assert len(found) == 3
    for moment in found:
        wall = moment.astimezone(scheduling.ZONE)
        assert (wall.weekday() in (1, 3), wall.hour >= 14) == (True, True)
    days = [clinic_date(moment, scheduling.ZONE) for moment in found]
    assert all((later - earlier).days >= 10 for earlier, later in pairwise(days))
    nobody = visits(browser, desk, "wishes=1&time_from=03:00&time_until=04:00")
    assert '<select class="form-control" id="time-1"' not in nobody
    assert re.search(r'<button class="btn btn-primary book" disabled', nobody)


@pytest.mark.parametrize(
    "query",
    [
        "wishes=1&doctor_id=x", "wishes=1&doctor_id=999999999", "wishes=1&time_from=99:99", "wishes=1&days_between=-1",
        "wishes=1&earliest=2026-02-30", "wishes=1&chair_type=throne", "wishes=1&weekday=9&weekday=x&weekday=²",
        "time-1=x&changed=1", "time-1=2026-11-25T02:00|9|9|9&changed=99", "time-1=9999-11-25T02:00|9|9&changed=1",
        "changed=x", "from-1=0000-00-00&changed_day=1", "wishes=1&earliest=2199-12-30", "from-2=2199-12-31&changed_day=2",
        "wishes=1&time_from=23:00&time_until=01:00",
    ],
)  # fmt: skip
def test_garbage_is_no_error(clinic: Clinic, desk: Any, query: str) -> None:
    visits(clinic.client("Receptionist"), desk, query)


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"state": "x"}, {"time-1": "x"}, {"time-1": "2026-11-25T02:03|1|1"}, {"time-2": ""},
        {"time-1": "1999-11-25T02:03|1|1"}, {"time-1": "2020-11-25T02:00|1|1"}, {"time-1": "2026-11-25T02:00|999999|"},
    ],
)  # fmt: skip
def test_what_is_sent_by_hand_is_refused_and_books_nothing(clinic: Clinic, desk: Any, sent: dict[str, str]) -> None:
    browser = clinic.client("Receptionist")
    good = fields(visits(browser, desk))
    data = {**good, **sent} if sent else {}
    assert browser.submit(f"/scheduling/plans/{desk.plan}/book", data, headers=PART).status_code in (409, 422)
    assert clinic.count(Appointment) == 0


@pytest.mark.parametrize(
    "move", ["", "step", "step:1", "step:x:y", "visit:1", "step:999999999:1", "visit:9:9", "jump:1:1"]
)
def test_a_move_that_means_nothing_is_refused(clinic: Clinic, desk: Any, move: str) -> None:
    browser = clinic.client("Receptionist")
    sent = {"move": move, "state": fields(visits(browser, desk))["state"]}
    assert browser.submit(f"/scheduling/plans/{desk.plan}/arrange", sent, headers=PART).status_code == 422


def test_who_may_look_and_who_may_book(clinic: Clinic, desk: Any) -> None:
    addresses = ("/scheduling", f"/scheduling/plans/{desk.plan}", f"/scheduling/plans/{desk.plan}/visits")
    for role in (*WRITERS, *READERS, *OTHERS):
        browser = clinic.client(role)
        expected = 403 if role in OTHERS else 200
        assert {browser.get(path).status_code for path in addresses} == {expected}, role
        for path in ("arrange", "book"):
            answer = browser.submit(f"/scheduling/plans/{desk.plan}/{path}", {"move": "reset"}, headers=PART)
            assert (answer.status_code == 403) == (role not in WRITERS), (role, path)
    page = visits(clinic.client("Doctor"), desk)
    assert "book" not in re.findall(r'<button class="([^"]*)"', page)
    assert "draggable" not in page
    assert 'id="time-1"' in page
    nobody = clinic.client()
    assert nobody.get("/scheduling").status_code == 302


def test_only_accepted_plans_are_there(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    for status in (PlanStatus.PENDING, PlanStatus.PRESENTED, PlanStatus.DECLINED):
        key = clinic.make(clinical.plan, status=status).treatment_plan_id
        assert browser.get(f"/scheduling/plans/{key}").status_code == 404
        assert browser.submit(f"/scheduling/plans/{key}/book", {}, headers=PART).status_code == 404
        assert f"/scheduling/plans/{key}" not in browser.get("/scheduling").text
    assert browser.get("/scheduling/plans/987654").status_code == 404


def test_the_list_is_searched_filtered_and_paged(clinic: Clinic, desk: Any) -> None:
    def add(session: Any) -> None:
        service = clinical.service(session)
        for _ in range(21):
            clinical.plan(session, services=[service], status=PlanStatus.ACCEPTED)

    clinic.unit(add)
    browser = clinic.client("Receptionist")
    link = f"/scheduling/plans/{desk.plan}"
    first = browser.get("/scheduling").text
    assert len(set(re.findall(r'href="(/scheduling/plans/\d+)', first))) == 20
    second = browser.get("/scheduling?page=2").text
    assert len(set(re.findall(r'href="(/scheduling/plans/\d+)', second))) == 2
    assert link in browser.get("/scheduling?q=мөнхбат").text
    assert link not in browser.get("/scheduling?q=zzzz").text
    assert link not in browser.get("/scheduling?urgency=urgent").text
    assert link in browser.get("/scheduling?urgency=routine&value=low").text
    for bad in ("urgency=x", "value=x", "page=0", "page=99999999999999999999", "q=%00", "doctor=x"):
        assert browser.get(f"/scheduling?{bad}").status_code == 200, bad


def test_undo_is_for_who_moved_and_for_what_the_page_sent(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    browser.submit(f"/scheduling/plans/{desk.plan}/book", fields(visits(browser, desk)), headers=PART)
    rows = clinic.session.query(Appointment).order_by(Appointment.start_at).all()
    before = [row.start_at for row in rows]
    start = before[0].astimezone(scheduling.ZONE) + timedelta(days=7)
    path = f"/appointments/{rows[0].appointment_id}/edit"
    data = {"start_at": f"{start:%Y-%m-%d %H:%M}", "minutes": "90", "doctor_id": str(desk.doctor),
            "chair_id": str(desk.chair), "lock_token": "1", "purpose": "", "planned_service": str(desk.canal)}  # fmt: skip
    moved = browser.submit(path, data, headers=PART)
    assert moved.status_code == 200
    assert "2 more" in moved.text
    token = re.findall(r'name="moved" value="([^"]+)"', moved.text)[0]
    times = lambda: [row.start_at for row in clinic.session.query(Appointment).order_by(Appointment.appointment_id)]  # noqa: E731
    assert times() == [moment + timedelta(days=7) for moment in before]
    for other, sent in ((clinic.client("Admin"), token), (browser, token[:-3] + "xyz"), (browser, "")):
        assert other.submit("/scheduling/undo", {"moved": sent}, headers=PART).status_code == 422
    assert clinic.client("Nurse").submit("/scheduling/undo", {"moved": token}).status_code == 403
    assert browser.submit("/scheduling/undo", {"moved": token}, headers=PART).status_code == 200
    assert times() == before
    assert clinic.session.query(Appointment).order_by(Appointment.start_at).first().purpose, (
        "what the form left out is back"
    )


def test_how_often_the_page_asks_the_database(clinic: Clinic, desk: Any) -> None:
    browser = clinic.client("Receptionist")
    for path, most in (("", 12), (f"/plans/{desk.plan}", 12), (f"/plans/{desk.plan}/visits", 15)):
        browser.get(f"/scheduling{path}", headers=PART if path.endswith("visits") else {})
        with clinic.statements() as seen:
            assert browser.get(f"/scheduling{path}", headers=PART if path.endswith("visits") else {}).status_code == 200
        assert len(seen) <= most, (path, len(seen), seen)
