"""Recalls: opened by work, moved by later work, closed by a booking, open again when it is cancelled."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.clinical.actions import recalls as actions
from app.clinical.models import Recall, RecallContact
from app.clinical.rules import ContactOutcome, RecallStatus
from app.clinical.rules.recalls import Work, after_contact, dues_of, moved_due
from app.kernel.dates import add_months
from app.kernel.errors import Conflict, RuleError
from app.people.models import Patient
from app.scheduling.models import Appointment
from app.scheduling.rules import LIVE, AppointmentStatus
from app.workflows import recalls
from app.workflows.booking import book_visit
from app.workflows.visit_moves import move_visit, undo_visit_move
from tests.factories import clinical, people, scheduling, waiting

S, R = AppointmentStatus, RecallStatus
TODAY = scheduling.today()


def now():
    return datetime.now(UTC)


@pytest.fixture
def hygiene(clinic):
    """A service that is due again after half a year."""
    return clinic.make(clinical.service, default_scope=0, recall_months=6)


def treat(clinic, service, patient=None, clock="10:00"):
    """A visit with this service, treated to the end. Returns its appointment."""
    row, _ = clinic.unit(lambda s: waiting.visit_with(s, service, patient=patient, clock=clock))
    clinic.unit(lambda s: move_visit(s, row.appointment_id, S.TREATED, now=now(), by=None))
    return row


def all_of(clinic, patient_id):
    clinic.session.rollback()
    return clinic.session.scalars(
        sa.select(Recall).where(Recall.patient_id == patient_id).order_by(Recall.recall_id)
    ).all()


def book(clinic, patient_id, service, ahead=20, clock="09:00"):
    def write(session):
        day = scheduling.open_day(session, ahead)
        wanted = {
            "patient_id": patient_id, "doctor_id": people.doctor(session).employee_id, "override_reason": "x",
            "start_at": scheduling.at(day, clock), "planned_service": service.service_id if service else None,
        }  # fmt: skip
        return book_visit(session, wanted, by_user=None, now=now(), terms=scheduling.TERMS).appointment_id

    return clinic.unit(write)


def move(clinic, key, to):
    clinic.unit(lambda s: move_visit(s, key, to, now=now(), by=None))


# --- the rules


def test_the_latest_work_of_each_service_counts():
    work = [
        Work(1, 10, date(2026, 1, 5), 6), Work(1, 11, date(2026, 3, 5), 6), Work(2, 10, date(2026, 1, 5), 12),
        Work(3, 10, date(2026, 1, 5), 0),
    ]  # fmt: skip
    assert [(due.service_id, due.treatment_id, due.due_on) for due in dues_of(work)] == [
        (1, 11, date(2026, 9, 5)), (2, 10, date(2027, 1, 5)),
    ]  # fmt: skip


@given(st.lists(st.builds(Work, st.integers(1, 4), st.integers(1, 9), st.dates(date(2020, 1, 1), date(2027, 1, 1)),
                          st.just(6)), max_size=12), st.randoms())  # fmt: skip
def test_one_due_for_each_service_whatever_the_order(work, chance):
    found = dues_of(work)
    shuffled = list(work)
    chance.shuffle(shuffled)
    assert [(one.service_id, one.due_on) for one in dues_of(shuffled)] == [(o.service_id, o.due_on) for o in found]
    assert [one.service_id for one in found] == sorted({one.service_id for one in work})
    for due in found:
        assert due.due_on == max(add_months(o.done_on, 6) for o in work if o.service_id == due.service_id)


@given(st.dates(), st.dates())
def test_a_date_that_a_person_set_is_never_brought_forward_by_work(kept, found):
    assert moved_due(kept, found, is_by_hand=True) >= kept
    assert moved_due(kept, found, is_by_hand=False) == found


def test_an_attempt_settles_nothing_but_a_refusal():
    for outcome in ContactOutcome:
        expected = R.DECLINED if outcome is ContactOutcome.DECLINED else R.CONTACTED
        assert after_contact(R.DUE, outcome) is after_contact(R.CONTACTED, outcome) is expected
    for status in (R.BOOKED, R.DECLINED, R.DONE):
        with pytest.raises(Conflict):
            after_contact(status, ContactOutcome.NOT_REACHED)


# --- from visit to visit


@pytest.mark.both
def test_treated_work_opens_a_recall_and_undo_takes_it_back(clinic, hygiene):
    visit = treat(clinic, hygiene)
    (row,) = all_of(clinic, visit.patient_id)
    assert (row.status, row.due_on, row.service_id) == (R.DUE, add_months(TODAY, 6), hygiene.service_id)
    clinic.unit(lambda s: undo_visit_move(s, visit.appointment_id, now=now(), by=None, version=None, seconds=60))
    assert all_of(clinic, visit.patient_id) == []
    move(clinic, visit.appointment_id, S.TREATED)
    assert len(all_of(clinic, visit.patient_id)) == 1


def test_work_without_recall_months_opens_nothing(clinic):
    service = clinic.make(clinical.service, default_scope=0)
    assert all_of(clinic, treat(clinic, service).patient_id) == []


@pytest.mark.both
def test_a_booking_closes_it_cancelling_opens_it_and_the_visit_makes_it_done_and_opens_the_next(clinic, hygiene):
    first = treat(clinic, hygiene)
    patient = first.patient_id
    key = book(clinic, patient, hygiene)
    (row,) = all_of(clinic, patient)
    assert (row.status, row.appointment_id) == (R.BOOKED, key)
    move(clinic, key, S.CANCELLED)
    assert [one.status for one in all_of(clinic, patient)] == [R.DUE]
    move(clinic, key, S.RESERVED)
    assert [one.status for one in all_of(clinic, patient)] == [R.BOOKED]
    visit, _ = _into_chair(clinic, key, hygiene)
    move(clinic, visit, S.TREATED)
    old, new = all_of(clinic, patient)
    assert (old.status, new.status) == (R.DONE, R.DUE)
    clinic.unit(lambda s: undo_visit_move(s, visit, now=now(), by=None, version=None, seconds=60))
    assert [one.status for one in all_of(clinic, patient)] == [R.BOOKED]


def _into_chair(clinic, key, service):
    def write(session):
        for step in (S.CAME, S.IN_TREATMENT):
            move_visit(session, key, step, now=now(), by=None)
        treatment = clinical.queries.treatment_of_appointment(session, key)
        clinical.item(session, treatment, {}, of=service)
        return key, treatment.treatment_id

    return clinic.unit(write)


def test_later_work_moves_the_open_one_and_undo_moves_it_back(clinic, hygiene):
    patient = clinic.make(people.patient)
    first = treat(clinic, hygiene, patient, "09:00")
    (row,) = all_of(clinic, patient.patient_id)
    before = row.treatment_id

    def long_ago(session):
        treatment = clinical.queries.treatment_of_appointment(session, first.appointment_id)
        treatment.treatment_date -= timedelta(days=100)
        session.get(Recall, row.recall_id).due_on = add_months(TODAY - timedelta(days=100), 6)

    clinic.unit(long_ago)
    second = treat(clinic, hygiene, patient, "11:00")
    (row,) = all_of(clinic, patient.patient_id)
    assert row.due_on == add_months(TODAY, 6)
    assert row.treatment_id != before
    clinic.unit(lambda s: undo_visit_move(s, second.appointment_id, now=now(), by=None, version=None, seconds=60))
    (row,) = all_of(clinic, patient.patient_id)
    assert (row.due_on, row.treatment_id) == (add_months(TODAY - timedelta(days=100), 6), before)


@pytest.mark.parametrize(("months", "expected"), [(3, 6), (9, 9)])
def test_a_date_set_by_hand_stays_only_where_it_is_later(clinic, hygiene, months, expected):
    patient = clinic.make(people.patient)
    treat(clinic, hygiene, patient, "09:00")
    (row,) = all_of(clinic, patient.patient_id)

    def override(session):
        actions.change_recall(session, session.get(Recall, row.recall_id), {"due_on": add_months(TODAY, months)})

    clinic.unit(override)
    treat(clinic, hygiene, patient, "11:00")
    (row,) = all_of(clinic, patient.patient_id)
    assert row.due_on == add_months(TODAY, expected)
    assert row.is_due_by_hand is (expected == months)


@pytest.mark.both
def test_the_night_opens_what_is_missing_once(clinic, hygiene):
    patient = treat(clinic, hygiene).patient_id
    other = treat(clinic, hygiene, clock="12:00").patient_id
    clinic.unit(lambda s: s.delete(s.scalar(sa.select(Recall).where(Recall.patient_id == patient))))
    clinic.unit(lambda s: actions.decline_recall(s, s.scalar(sa.select(Recall).where(Recall.patient_id == other))))

    def night():
        return clinic.unit(lambda s: recalls.open_missing(s, TODAY, scheduling.ZONE))

    assert [night(), night()] == [1, 0]
    assert [row.due_on for row in all_of(clinic, patient)] == [add_months(TODAY, 6)]
    assert [row.status for row in all_of(clinic, other)] == [R.DECLINED]


def test_a_booking_from_a_recall_closes_it_though_the_service_is_another(clinic, hygiene):
    row = clinic.make(waiting.recall)
    key = book(clinic, row.patient_id, None)
    assert all_of(clinic, row.patient_id)[0].status is R.DUE

    def close(session):
        return recalls.close_by_booking(session, row.recall_id, session.get(Appointment, key))

    assert clinic.unit(close) is True
    assert all_of(clinic, row.patient_id)[0].status is R.BOOKED
    assert clinic.unit(close) is True
    stranger = book(clinic, clinic.make(people.patient).patient_id, None, clock="11:00")
    for recall in (row.recall_id, 999_999):
        assert clinic.unit(lambda s, r=recall: recalls.close_by_booking(s, r, s.get(Appointment, stranger))) is False
    assert all_of(clinic, row.patient_id)[0].appointment_id == key


steps = st.lists(st.sampled_from(["book", "cancel", "again", "miss", "treat", "night"]), min_size=1, max_size=7)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_happens_a_booked_recall_has_a_live_visit_and_at_most_one_is_open(clinic, hygiene, way):
    patient = treat(clinic, hygiene, clock="08:00").patient_id
    keys = []
    for number, step in enumerate(way):
        last = clinic.session.get(Appointment, keys[-1]).status if keys else None
        if step == "book":
            keys.append(book(clinic, patient, hygiene, ahead=20 + number))
        elif step == "cancel" and last is S.RESERVED:
            move(clinic, keys[-1], S.CANCELLED)
        elif step == "miss" and last is S.RESERVED:
            move(clinic, keys[-1], S.NO_SHOW)
        elif step == "again" and last in (S.CANCELLED, S.NO_SHOW):
            move(clinic, keys[-1], S.RESERVED)
        elif step == "treat" and last is S.RESERVED:
            _into_chair(clinic, keys[-1], hygiene)
            move(clinic, keys[-1], S.TREATED)
        elif step == "night":
            assert clinic.unit(lambda s: recalls.open_missing(s, TODAY, scheduling.ZONE)) == 0
        clinic.session.rollback()
        rows = all_of(clinic, patient)
        assert len([row for row in rows if row.status in (R.DUE, R.CONTACTED)]) <= 1
        for row in rows:
            visit = clinic.session.get(Appointment, row.appointment_id) if row.appointment_id else None
            if row.status is R.BOOKED:
                assert visit is not None
                assert visit.status in LIVE - {S.TREATED}
        assert [row for row in rows if row.status in (R.DUE, R.CONTACTED, R.BOOKED)]


# --- the page


def test_the_list_holds_who_is_due_and_can_be_called(clinic):
    due = clinic.make(waiting.recall)
    coming = clinic.make(waiting.recall, due_on=TODAY + timedelta(days=20))
    far = clinic.make(waiting.recall, due_on=TODAY + timedelta(days=200))
    resting = clinic.make(waiting.recall, do_not_contact_until=TODAY + timedelta(days=9))
    dead = clinic.make(waiting.recall)
    clinic.unit(lambda s: setattr(s.get(Patient, dead.patient_id), "is_deceased", True))
    browser = clinic.client("Coordinator")

    def shown(query):
        text = browser.get(f"/scheduling/recalls/?{query}").text
        return {row.recall_id for row in (due, coming, far, resting, dead) if f'id="recall-{row.recall_id}"' in text}

    assert shown("") == {due.recall_id}
    assert shown("show=coming") == {coming.recall_id}
    assert shown("show=all") == {due.recall_id, coming.recall_id, far.recall_id}
    assert shown("rest=yes") == {due.recall_id, resting.recall_id}
    assert shown("show=garbage&page=0&rest=1") == {due.recall_id}
    assert shown("page=99999999999999999999") in (set(), {due.recall_id})


def test_an_attempt_is_one_click_and_a_double_click_is_one_attempt(clinic):
    row = clinic.make(waiting.recall)
    browser = clinic.client("Receptionist")
    for _ in range(2):
        answer = browser.submit(f"/scheduling/recalls/{row.recall_id}/contact", {"outcome": "not reached"})
        assert answer.status_code == 302
    assert clinic.count(RecallContact) == 1
    browser.submit(f"/scheduling/recalls/{row.recall_id}/contact", {"outcome": "call back", "note": "маргааш"})
    text = browser.get("/scheduling/recalls/?show=contacted").text
    assert "маргааш" in text
    booked = browser.submit(f"/scheduling/recalls/{row.recall_id}/contact", {"outcome": "booked"})
    assert f"recall={row.recall_id}" in booked.headers["Location"]
    browser.submit(f"/scheduling/recalls/{row.recall_id}/contact", {"outcome": "declined"})
    assert all_of(clinic, row.patient_id)[0].status is R.DECLINED
    again = browser.submit(f"/scheduling/recalls/{row.recall_id}/contact", {"outcome": "wrong number"})
    assert again.status_code == 302
    assert clinic.count(RecallContact) == 4


def test_garbage_and_who_may_not(clinic):
    row = clinic.make(waiting.recall)
    browser = clinic.client("Receptionist")
    for sent in ({}, {"outcome": "x"}, {"outcome": "booked", "how": "x"}):
        assert browser.submit(f"/scheduling/recalls/{row.recall_id}/contact", sent).status_code == 422
    assert browser.submit("/scheduling/recalls/999999/contact", {"outcome": "booked"}).status_code in (302, 404)
    doctor = clinic.client("Doctor")
    assert doctor.get("/scheduling/recalls/").status_code == 200
    assert doctor.submit(f"/scheduling/recalls/{row.recall_id}/contact", {"outcome": "booked"}).status_code == 403
    assert doctor.submit("/recalls/bulk/decline", {"row": row.recall_id, "sure": "1"}).status_code == 403
    for role in ("Nurse", "Assistant", "Patient"):
        assert clinic.client(role).get("/scheduling/recalls/").status_code == 403
    assert clinic.count(RecallContact) == 0


def test_many_are_put_off_or_declined_at_once(clinic):
    rows = [clinic.make(waiting.recall) for _ in range(3)]
    browser = clinic.client("Receptionist")
    browser.submit("/recalls/bulk/week", {"row": [row.recall_id for row in rows], "sure": "1"})
    clinic.session.rollback()
    assert {row.do_not_contact_until for row in clinic.session.scalars(sa.select(Recall))} == {
        TODAY + timedelta(days=7)
    }
    browser.submit("/recalls/bulk/decline", {"row": [row.recall_id for row in rows], "sure": "1"})
    clinic.session.rollback()
    assert {row.status for row in clinic.session.scalars(sa.select(Recall))} == {R.DECLINED}


def test_a_recall_of_ones_own_needs_a_reason_and_somebody_alive(clinic):
    patient = clinic.make(people.patient)
    browser = clinic.client("Receptionist")
    given = {"patient_id": patient.patient_id, "due_on": TODAY.isoformat()}
    assert browser.submit("/recalls/add", given).status_code == 422
    assert browser.submit("/recalls/add", {**given, "reason": "Утас солих"}).status_code == 302
    clinic.unit(lambda s: setattr(s.get(Patient, patient.patient_id), "is_deceased", True))
    assert browser.submit("/recalls/add", {**given, "reason": "x"}).status_code == 422
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.postpone_recall(s, s.scalar(sa.select(Recall)), TODAY, today=TODAY))


def test_the_page_asks_as_much_for_forty_as_for_four(clinic):
    browser = clinic.client("Receptionist")
    clinic.unit(lambda s: [waiting.contact(s) for _ in range(4)])
    browser.get("/scheduling/recalls/?show=all")
    with clinic.statements() as few:
        browser.get("/scheduling/recalls/?show=all")
    clinic.unit(lambda s: [waiting.contact(s) for _ in range(40)])
    with clinic.statements() as many:
        browser.get("/scheduling/recalls/?show=all")
    assert len(many) <= len(few) <= 15


# --- who did not come


def test_who_missed_a_visit_stands_there_once_until_they_have_another(clinic):
    patient, other = clinic.make(people.patient), clinic.make(people.patient)
    past = now() - timedelta(days=3)

    def missed(session, who, days):
        start = scheduling.at(TODAY - timedelta(days=days), "10:00")
        row = scheduling.appointment(session, patient=who, start_at=start, now=start - timedelta(hours=3))
        move_visit(session, row.appointment_id, S.NO_SHOW, now=start + timedelta(hours=1), by=None)
        return row.appointment_id

    first = clinic.unit(lambda s: missed(s, patient, 9))
    last = clinic.unit(lambda s: missed(s, patient, 3))
    clinic.unit(lambda s: missed(s, other, 120))
    browser = clinic.client("Receptionist")
    text = browser.get("/scheduling/no-shows/").text
    assert f"/appointments/{last}" in text
    assert f"/appointments/{first}" not in text
    assert f"patient_id={patient.patient_id}" in text
    assert f"patient_id={other.patient_id}" not in text
    assert '<span class="label tag tag-warn">2</span>' in text
    assert past < now()
    book(clinic, patient.patient_id, None)
    assert f"/appointments/{last}" not in browser.get("/scheduling/no-shows/").text
    assert clinic.client("Doctor").get("/scheduling/no-shows/").status_code == 200
    assert clinic.client("Nurse").get("/scheduling/no-shows/").status_code == 403
