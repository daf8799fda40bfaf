"""The waitlist: who is told of a time that became free, offers and answers, and two who want one time."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlparse

import pytest

from app.communication.models import Notification
from app.desk.waiting import waitlist as page
from app.kernel.errors import Conflict
from app.scheduling.actions import waiting as actions
from app.scheduling.models import Appointment, WaitlistEntry
from app.scheduling.queries.waiting import who_fits
from app.scheduling.rules import AppointmentSource, AppointmentStatus, Span, WaitPriority, WaitStatus
from app.scheduling.rules.finding import Free
from app.scheduling.rules.waiting import Opening
from app.workflows import waitlist
from app.workflows.booking import book_visit, reschedule_visit
from app.workflows.visit_moves import move_visit, undo_visit_move
from tests.factories import people, scheduling, waiting
from tests.scheduling.common import at_once, broken_promises, now

S = AppointmentStatus


@pytest.fixture
def desk(clinic):
    """A doctor at work, a chair, and three who wait: the urgent one, who waited longest, and who wants another day."""

    def build(session):
        day = scheduling.open_day(session)
        doctor, chair = people.doctor(session), scheduling.chair(session)
        scheduling.shift(session, doctor, day)
        long_ago = datetime.now(UTC) - timedelta(days=30)
        first = waiting.entry(session, priority=WaitPriority.HIGH)
        second = waiting.entry(session, since=long_ago, doctor_id=doctor.employee_id)
        other_day = waiting.entry(session, since=long_ago, earliest=day + timedelta(days=1))
        return SimpleNamespace(
            day=day, doctor=doctor.employee_id, chair=chair.chair_id,
            first=first.waitlist_entry_id, second=second.waitlist_entry_id, other_day=other_day.waitlist_entry_id,
        )  # fmt: skip

    return clinic.unit(build)


def book(desk, clock="10:00", **values):
    wanted = {"doctor_id": desk.doctor, "chair_id": desk.chair, "start_at": scheduling.at(desk.day, clock), **values}

    def write(session):
        patient = wanted.get("patient_id") or people.patient(session).patient_id
        return book_visit(
            session, {**wanted, "patient_id": patient}, by_user=None, now=now(), terms=scheduling.TERMS
        ).appointment_id

    return write


def offer(desk, entry, clock="10:00"):
    start = scheduling.at(desk.day, clock)
    place = Opening(Span(start, start + timedelta(minutes=30)), desk.doctor, desk.chair)
    return lambda session: waitlist.offer(session, entry, place, now=now(), by=None, terms=scheduling.TERMS)


def accept(entry):
    known = {"by_user": None, "by_employee": None, "terms": scheduling.TERMS}
    return lambda session: waitlist.accept(session, entry, now=now(), **known).appointment_id


def told(clinic):
    return [row for row in clinic.session.query(Notification) if (row.dedupe_key or "").startswith("freed:")]


@pytest.mark.both
def test_a_cancelled_time_is_told_once_to_the_desk_with_who_it_suits_in_order(clinic, desk):
    key = clinic.unit(book(desk))
    clinic.unit(lambda s: move_visit(s, key, S.CANCELLED, now=now(), by=None))
    rows = told(clinic)
    assert {row.user_id for row in rows} == {clinic.user("Receptionist").id, clinic.user("Coordinator").id}
    assert rows[0].text["params"]["count"] == 2
    clinic.unit(lambda s: undo_visit_move(s, key, now=now(), by=None, version=None, seconds=60))
    clinic.unit(lambda s: move_visit(s, key, S.CANCELLED, now=now(), by=None))
    assert len(told(clinic)) == 2
    place = Opening(Span(*(scheduling.at(desk.day, at) for at in ("10:00", "10:30"))), desk.doctor, desk.chair)
    found = who_fits(clinic.session, place, scheduling.ZONE, 30)
    assert [row.waitlist_entry_id for row in found] == [desk.first, desk.second]


def test_where_it_suits_nobody_nobody_is_told(clinic, desk):
    clinic.unit(lambda s: [actions.drop(s, actions.locked_entry(s, key)) for key in (desk.first, desk.second)])
    key = clinic.unit(book(desk))
    clinic.unit(lambda s: move_visit(s, key, S.CANCELLED, now=now(), by=None))
    assert told(clinic) == []


def test_a_visit_that_is_moved_away_leaves_a_time_unless_it_was_only_just_put_there(clinic, desk):
    key = clinic.unit(book(desk))
    later = {"start_at": scheduling.at(desk.day, "15:00")}

    def shift(values, when):
        return lambda s: reschedule_visit(s, key, values, by_user=None, now=when, terms=scheduling.TERMS)

    clinic.unit(shift(later, now()))
    assert told(clinic) == []
    clinic.unit(shift({"note": "x"}, now() + timedelta(minutes=5)))
    assert told(clinic) == []
    clinic.unit(shift({"start_at": scheduling.at(desk.day, "16:00")}, now() + timedelta(minutes=5)))
    (link,) = {row.link for row in told(clinic)}
    asked = parse_qs(urlparse(link).query)
    assert asked["start"] == [f"{scheduling.at(desk.day, '15:00').astimezone(UTC):%Y%m%dT%H%M}Z"]


@pytest.mark.both
def test_a_taken_offer_is_a_visit_of_the_waitlist_and_asked_twice_it_is_one(clinic, desk):
    clinic.unit(offer(desk, desk.first))
    results = at_once(clinic, [accept(desk.first) for _ in range(4)])
    assert len(set(results)) == 1, results
    row = clinic.session.get(Appointment, results[0])
    assert (row.source, row.start_at) == (AppointmentSource.WAITLIST, scheduling.at(desk.day, "10:00"))
    entry = clinic.session.get(WaitlistEntry, desk.first)
    assert (entry.status, entry.appointment_id) == (WaitStatus.BOOKED, row.appointment_id)
    clinic.unit(lambda s: move_visit(s, row.appointment_id, S.CANCELLED, now=now(), by=None))
    clinic.session.expire_all()
    assert clinic.session.get(WaitlistEntry, desk.first).status is WaitStatus.BOOKED


@pytest.mark.both
def test_of_two_who_take_one_time_one_gets_it_and_the_other_is_told_of_others(clinic, desk):
    for entry in (desk.first, desk.second):
        clinic.unit(offer(desk, entry))
    results = at_once(clinic, [accept(desk.first), accept(desk.second)])
    assert len([r for r in results if isinstance(r, int)]) == 1, results
    (refused,) = [r for r in results if not isinstance(r, int)]
    assert isinstance(refused, Conflict)
    assert "busy" in refused.data
    assert len(refused.data["free"]) == 3
    assert clinic.count(Appointment) == 1
    assert broken_promises(clinic.session) == []


def test_a_taken_time_can_not_be_offered_nor_a_past_one_nor_twice(clinic, desk):
    clinic.unit(book(desk))
    with pytest.raises(Conflict):
        clinic.unit(offer(desk, desk.first))
    assert clinic.session.get(WaitlistEntry, desk.first).status is WaitStatus.WAITING
    clinic.unit(offer(desk, desk.first, "11:00"))
    with pytest.raises(Conflict):
        clinic.unit(offer(desk, desk.first, "12:00"))


def test_a_declined_time_is_not_offered_to_the_same_patient_again(clinic, desk):
    clinic.unit(offer(desk, desk.first))
    clinic.unit(lambda s: actions.decline(s, actions.locked_entry(s, desk.first)))
    row = clinic.session.get(WaitlistEntry, desk.first)
    assert (row.status, row.offered_start_at) == (WaitStatus.WAITING, None)
    place = Opening(Span(*(scheduling.at(desk.day, at) for at in ("10:00", "10:30"))), desk.doctor, desk.chair)
    found = who_fits(clinic.session, place, scheduling.ZONE, 30)
    assert [one.waitlist_entry_id for one in found] == [desk.second]
    with pytest.raises(Conflict):
        clinic.unit(lambda s: actions.decline(s, actions.locked_entry(s, desk.first)))


def test_who_died_or_was_merged_waits_no_more(clinic, desk):
    def die(session):
        entry = session.get(WaitlistEntry, desk.first)
        entry.patient.is_deceased = True

    clinic.unit(die)
    place = Opening(Span(*(scheduling.at(desk.day, at) for at in ("10:00", "10:30"))), desk.doctor, desk.chair)
    found = who_fits(clinic.session, place, scheduling.ZONE, 30)
    assert [one.waitlist_entry_id for one in found] == [desk.second]


@pytest.mark.parametrize(("whose", "closes"), [("own", True), ("other", False), ("nobody", False)])
def test_a_booking_closes_the_entry_it_was_opened_from_and_nobody_elses(clinic, desk, whose, closes):
    own = clinic.session.get(WaitlistEntry, desk.first).patient_id
    key = clinic.unit(book(desk, patient_id=own if whose == "own" else None))
    entry = 999_999 if whose == "nobody" else desk.first
    found = clinic.unit(lambda s: waitlist.close_by_booking(s, entry, s.get(Appointment, key)))
    assert found is closes
    assert (clinic.session.get(WaitlistEntry, desk.first).status is WaitStatus.BOOKED) is closes


# --- the page


def url(entry, what):
    return f"/scheduling/waitlist/{entry}/{what}"


def test_the_page_shows_who_waits_and_a_freed_time_with_who_it_suits(clinic, desk):
    key = clinic.unit(book(desk))
    clinic.unit(lambda s: move_visit(s, key, S.CANCELLED, now=now(), by=None))
    desk_client = clinic.client("Receptionist")
    shown = desk_client.get("/scheduling/waitlist/")
    assert shown.status_code == 200
    assert all(f'id="entry-{one}"' in shown.text for one in (desk.first, desk.second, desk.other_day))
    freed = desk_client.get(told(clinic)[0].link, follow_redirects=True)
    assert freed.text.count("/offer") == 2
    assert desk_client.get(f"/scheduling/waitlist/?freed={key}").text.count("/offer") == 2
    clinic.unit(book(desk))
    assert "/offer" not in desk_client.get(f"/scheduling/waitlist/?freed={key}").text


def test_offer_and_answers_by_the_buttons(clinic, desk, monkeypatch):
    desk_client, start = clinic.client("Receptionist"), scheduling.at(desk.day, "10:00")
    free = [Free(start, start + timedelta(minutes=30), desk.doctor, desk.chair)]
    monkeypatch.setattr(waitlist, "first_free", lambda *a, **k: free)
    times = desk_client.get(url(desk.first, "free")).text
    stamp = f"{start.astimezone(UTC):%Y%m%dT%H%M}Z"
    assert stamp in times
    given = {"start": stamp, "doctor": desk.doctor, "chair": desk.chair}
    for entry in (desk.first, desk.second):
        assert desk_client.submit(url(entry, "offer"), given).status_code == 302
    desk_client.submit(url(desk.first, "accept"))
    clinic.session.rollback()
    assert clinic.session.get(WaitlistEntry, desk.first).status is WaitStatus.BOOKED
    told_so = desk_client.submit(url(desk.second, "accept"), follow_redirects=True)
    clinic.session.rollback()
    assert clinic.session.get(WaitlistEntry, desk.second).status is WaitStatus.WAITING
    assert "10:30" in told_so.text
    desk_client.submit(url(desk.second, "drop"))
    clinic.session.rollback()
    assert clinic.session.get(WaitlistEntry, desk.second).status is WaitStatus.DROPPED
    assert clinic.count(Appointment) == 1


def test_who_only_reads_sees_the_list_and_changes_nothing(clinic, desk):
    doctor = clinic.client("Doctor")
    shown = doctor.get("/scheduling/waitlist/")
    assert shown.status_code == 200
    assert f'id="entry-{desk.first}"' in shown.text
    assert "/drop" not in shown.text
    for what in ("offer", "accept", "decline", "drop"):
        assert doctor.submit(url(desk.first, what)).status_code == 403
    for role in ("Nurse", "Assistant", "Patient"):
        assert clinic.client(role).get("/scheduling/waitlist/").status_code == 403
    assert clinic.client(None).get("/scheduling/waitlist/").status_code == 302


@pytest.mark.parametrize(
    "query",
    ["freed=x", "freed=999999", "freed=1&start=20269924T0200Z&minutes=30&doctor=1", "start=20261124T0200Z&minutes=30",
     "freed=-1", "start=99999999T9999Z&minutes=9999999999&doctor=99999999999", "start=%00&doctor=%F0"],
)  # fmt: skip
def test_garbage_in_the_address_is_no_error(clinic, query):
    assert clinic.client("Receptionist").get(f"/scheduling/waitlist/?{query}").status_code == 200


def test_garbage_in_an_offer_changes_nothing(clinic, desk):
    browser = clinic.client("Receptionist")
    for given in ({}, {"start": "x", "doctor": "1"}, {"start": "20261124T0200Z", "doctor": "x"}):
        assert browser.submit(url(desk.first, "offer"), given).status_code == 422
    start = f"{scheduling.at(desk.day, '10:00').astimezone(UTC):%Y%m%dT%H%M}Z"
    for given in (
        {"start": start, "doctor": 999_999},
        {"start": start, "doctor": desk.doctor, "chair": 999_999},
        {"start": "20200101T0200Z", "doctor": desk.doctor},
        {"start": start[:-2] + "3Z", "doctor": desk.doctor},
    ):
        assert browser.submit(url(desk.first, "offer"), given).status_code == 302
    assert clinic.session.get(WaitlistEntry, desk.first).status is WaitStatus.WAITING
    assert browser.submit(url(999_999, "drop")).status_code in (302, 404)
    assert browser.get(url(999_999, "free")).status_code == 404


def test_somebody_is_put_on_the_waitlist_with_wishes(clinic):
    patient = clinic.make(people.patient)
    browser = clinic.client("Receptionist")
    wishes = {"patient_id": patient.patient_id, "earliest": scheduling.today().isoformat(), "weekdays": ["0", "2"],
              "time_from": "16:00", "priority": "high", "minutes": "45"}  # fmt: skip
    assert browser.get(f"/waitlist/add?patient_id={patient.patient_id}").status_code == 200
    assert browser.submit("/waitlist/add", wishes).status_code == 302
    row = clinic.session.query(WaitlistEntry).one()
    assert (row.weekdays, row.minutes, row.priority) == ("02", 45, WaitPriority.HIGH)
    wrong = browser.submit("/waitlist/add", {**wishes, "time_until": "15:00", "minutes": "7"})
    assert wrong.status_code == 422
    assert clinic.count(WaitlistEntry) == 1
    edited = browser.get(f"/waitlist/{row.waitlist_entry_id}/edit")
    assert edited.text.count("checked") == 2
    stale = {**wishes, "weekdays": ["1"], "lock_token": "2020-01-01T00:00:00"}
    assert browser.submit(f"/waitlist/{row.waitlist_entry_id}/edit", stale).status_code == 409


def test_the_page_asks_as_much_for_forty_as_for_four(clinic, desk):
    browser = clinic.client("Receptionist")
    browser.get("/scheduling/waitlist/")
    with clinic.statements() as few:
        browser.get("/scheduling/waitlist/")
    clinic.unit(lambda s: [waiting.entry(s) for _ in range(40)])
    with clinic.statements() as many:
        browser.get("/scheduling/waitlist/")
    assert len(many) <= len(few) <= 15
    assert page.MOST > 40
