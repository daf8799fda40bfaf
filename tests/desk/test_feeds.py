"""Calendar feeds: right for every visit, without a word of why, for whoever holds the address and as long as it lives."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from app.audit.models import AuditLog
from app.kernel.dates import clinic_moment
from app.people.models import Employee, Patient
from app.people.rules import EmployeeStatus
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.security import identity
from app.security.models import Clinic as ClinicRow
from app.security.models import SessionToken, ShareLink
from app.workflows.visit_moves import move_visit
from tests.factories import people, scheduling

S = AppointmentStatus
SECRETS = {"purpose": "Пульпит 36 шүд", "note": "ХДХВ-ийн сэжигтэй"}


def now():
    return datetime.now(UTC)


@pytest.fixture
def booked(clinic):
    """The doctor of the cast with a visit that holds every kind of secret, and another doctor's visit."""

    def build(session):
        doctor = session.scalar(sa.select(Employee).where(Employee.user_id == clinic.user("Doctor").id))
        patient = people.patient(
            session, first_name="Мөнхзул", last_name="Түвшинтөгс", register_number="УБ86051413", birthday=date(1986, 5, 14), email="m@example.mn",
            address="Баянзүрх 4-р хороо", note="Өвчин нь хүнд",
        )  # fmt: skip
        service = scheduling.service(session)
        service.doctor_display_name_mn = service.patient_display_name_mn = "Сувгийн эмчилгээ"
        chair = scheduling.chair(session, name="Сандал А1")
        row = scheduling.appointment(
            session, doctor=doctor, patient=patient, chair=chair, planned_service=service.service_id, **SECRETS
        )
        other = scheduling.appointment(session, patient=patient, start_at=row.start_at + timedelta(days=1))
        phones = [phone.phone_number_val for phone in _phones(session, patient.patient_id)]
        return SimpleNamespace(
            doctor=doctor.employee_id, patient=patient.patient_id, visit=row.appointment_id, start=row.start_at,
            other=other.appointment_id, phones=phones, card=patient.card_number,
        )  # fmt: skip

    return clinic.unit(build)


def _phones(session, patient):
    from app.people.queries import phones_of_patients

    return phones_of_patients(session, [patient])[patient]


def address(clinic, role, base):
    """Make one by the button; the page shows it this once."""
    text = clinic.client(role).submit(f"{base}/new").text
    return "/s/" + text.split("/s/", 1)[1].split('"', 1)[0]


def events(answer):
    return {str(event["uid"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def feeds(clinic, booked):
    return (
        address(clinic, "Doctor", "/profile/calendar"),
        address(clinic, "Receptionist", f"/patients/{booked.patient}/calendar"),
    )


def test_a_doctor_sees_own_visits_and_a_patient_all_of_theirs_at_the_right_moment(clinic, booked):
    own, patients = (clinic.client(None).get(path) for path in feeds(clinic, booked))
    assert own.status_code == patients.status_code == 200
    assert own.headers["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = events(own).values()
    assert event["dtstart"].dt == booked.start
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=30)
    assert booked.card in event["summary"]
    assert event["location"] == "Сандал А1"
    assert event["status"] == "TENTATIVE"
    theirs = events(patients)
    assert len(theirs) == 2
    assert {str(event["uid"])} < set(theirs)


def test_nothing_of_a_feed_tells_why_or_how_to_reach_anybody(clinic, booked):
    for path in feeds(clinic, booked):
        bare = clinic.client(None).get(path).get_data(as_text=True).replace("\r\n ", "")
        hidden = [*SECRETS.values(), "Сувгийн", "Filling", "УБ86051413", "86051413", "m@example.mn", "Баянзүрх",
                  "Өвчин", "Мөнхзул", "Түвшинтөгс", *booked.phones, *(p.removeprefix("+976") for p in booked.phones)]  # fmt: skip
        assert [word for word in hidden if word in bare] == []


@pytest.mark.parametrize(("zone", "utc"), [("Asia/Hovd", "T030000Z"), ("Asia/Ulaanbaatar", "T020000Z")])
def test_ten_in_the_morning_is_ten_in_the_morning_of_the_clinic(clinic, booked, zone, utc):
    def move(session):
        session.get(ClinicRow, 1).time_zone = zone
        row = session.get(Appointment, booked.visit)
        start = clinic_moment(booked.start.date(), time(10), ZoneInfo(zone))
        row.start_at, row.end_at = start, start + timedelta(minutes=30)

    path = feeds(clinic, booked)[0]
    clinic.unit(move)
    identity.forget()
    text = clinic.client(None).get(path).text
    identity.forget()
    assert f"DTSTART:{booked.start:%Y%m%d}{utc}" in text
    assert f"X-WR-TIMEZONE:{zone}" in text


def test_a_visit_keeps_its_uid_counts_its_changes_and_is_cancelled_in_place(clinic, booked):
    path = feeds(clinic, booked)[0]
    (before,) = events(clinic.client(None).get(path)).values()
    clinic.unit(lambda s: move_visit(s, booked.visit, S.CONFIRMED, now=now(), by=None))
    (confirmed,) = events(clinic.client(None).get(path)).values()
    clinic.unit(lambda s: move_visit(s, booked.visit, S.CANCELLED, now=now(), by=None))
    (after,) = events(clinic.client(None).get(path)).values()
    assert before["uid"] == confirmed["uid"] == after["uid"]
    assert before["sequence"] < confirmed["sequence"] < after["sequence"]
    assert (confirmed["status"], after["status"]) == ("CONFIRMED", "CANCELLED")
    assert before["last-modified"].dt <= after["last-modified"].dt


def test_what_did_not_change_is_not_sent_again(clinic, booked):
    path = feeds(clinic, booked)[0]
    first = clinic.client(None).get(path)
    assert "private" in first.headers["Cache-Control"]
    tag = {"If-None-Match": first.headers["ETag"]}
    again = clinic.client(None).get(path, headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    clinic.unit(lambda s: move_visit(s, booked.visit, S.CONFIRMED, now=now(), by=None))
    assert clinic.client(None).get(path, headers=tag).status_code == 200


def test_asking_opens_no_session_and_is_kept_in_the_log(clinic, booked):
    doctors, patients = feeds(clinic, booked)
    sessions, newest = clinic.count(SessionToken), clinic.session.scalar(sa.select(sa.func.max(AuditLog.audit_log_id)))
    for path in (doctors, patients, patients.removesuffix(".ics")):
        answer = clinic.client(None).get(path)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert clinic.count(SessionToken) == sessions
    clinic.session.rollback()
    rows = clinic.session.scalars(sa.select(AuditLog).where(AuditLog.audit_log_id > newest)).all()
    assert [(row.table, row.patient_number) for row in rows] == [
        ("share_link", None), ("share_link", booked.patient), ("share_link", booked.patient),
    ]  # fmt: skip
    assert doctors.split("/")[-1].removesuffix(".ics") not in str([(row.row, row.changes) for row in rows])


def test_a_revoked_or_replaced_or_ended_address_opens_nothing(clinic, booked):
    first = address(clinic, "Doctor", "/profile/calendar")
    key = clinic.session.scalar(sa.select(sa.func.max(ShareLink.share_link_id)))
    text = clinic.client("Doctor").submit(f"/profile/calendar/{key}/replace").text
    second = "/s/" + text.split("/s/", 1)[1].split('"', 1)[0]
    assert first != second
    assert [clinic.client(None).get(path).status_code for path in (first, second)] == [404, 200]
    clinic.unit(lambda s: setattr(s.get(ShareLink, key + 1), "expires_at", now() - timedelta(seconds=1)))
    assert clinic.client(None).get(second).status_code == 404
    third = address(clinic, "Doctor", "/profile/calendar")
    clinic.session.rollback()
    newest = clinic.session.scalar(sa.select(sa.func.max(ShareLink.share_link_id)))
    assert clinic.client("Doctor").submit(f"/profile/calendar/{newest}/revoke").status_code == 302
    assert clinic.client(None).get(third).status_code == 404
    fourth = address(clinic, "Doctor", "/profile/calendar")
    clinic.session.rollback()
    newest = clinic.session.scalar(sa.select(sa.func.max(ShareLink.share_link_id)))
    clinic.client("Admin").submit("/share-links/bulk/revoke", {"row": newest, "sure": "1"})
    assert clinic.client(None).get(fourth).status_code == 404


def test_nobody_revokes_or_replaces_what_is_somebody_elses(clinic, booked):
    paths = feeds(clinic, booked)
    keys = clinic.session.scalars(sa.select(ShareLink.share_link_id).order_by(ShareLink.share_link_id)).all()
    doctor, desk, patient = (clinic.client(role) for role in ("Doctor", "Receptionist", "Patient"))
    other = clinic.make(people.patient).patient_id
    for what in ("revoke", "replace"):
        assert doctor.submit(f"/profile/calendar/{keys[1]}/{what}").status_code == 404
        assert patient.submit(f"/profile/calendar/{keys[0]}/{what}").status_code == 404
        assert patient.submit(f"/profile/calendar/{keys[1]}/{what}").status_code == 404
        assert desk.submit(f"/patients/{booked.patient}/calendar/{keys[0]}/{what}").status_code == 404
        assert desk.submit(f"/patients/{other}/calendar/{keys[1]}/{what}").status_code == 404
        assert desk.submit(f"/patients/999999/calendar/{keys[1]}/{what}").status_code == 404
    for role in ("Nurse", "Assistant", "Coordinator", "Patient"):
        assert clinic.client(role).submit(f"/patients/{booked.patient}/calendar/new").status_code == 403
    for role in ("Receptionist", "Nurse", "Admin"):
        assert clinic.client(role).get("/profile/calendar/").status_code == 302
        assert clinic.client(role).submit("/profile/calendar/new").status_code == 404
    assert [clinic.client(None).get(path).status_code for path in paths] == [200, 200]


def test_a_patient_makes_one_for_their_own_visits(clinic):
    own = clinic.session.scalar(sa.select(Patient).where(Patient.user_id == clinic.user("Patient").id))
    clinic.unit(lambda s: scheduling.appointment(s, patient=s.get(Patient, own.patient_id)))
    path = address(clinic, "Patient", "/profile/calendar")
    assert len(events(clinic.client(None).get(path))) == 1
    assert "/profile/calendar" in clinic.client("Patient").get("/profile/").text


def test_there_are_at_most_five_and_each_is_shown_once(clinic):
    browser = clinic.client("Doctor")
    paths = [address(clinic, "Doctor", "/profile/calendar") for _ in range(5)]
    assert len(set(paths)) == 5
    refused = browser.submit("/profile/calendar/new")
    assert (refused.status_code, "/s/" in refused.text) == (422, False)
    shown = browser.get("/profile/calendar/").text
    assert not any(path in shown for path in paths)


def test_who_left_has_no_feed_and_nor_has_who_was_removed(clinic, booked):
    doctors, patients = feeds(clinic, booked)
    clinic.unit(lambda s: setattr(s.get(Employee, booked.doctor), "status", EmployeeStatus.NOT_WORKING))
    clinic.unit(lambda s: setattr(s.get(Patient, booked.patient), "anonymised_at", now()))
    assert [clinic.client(None).get(path).status_code for path in (doctors, patients)] == [404, 404]


def test_a_merged_records_address_shows_the_visits_of_the_kept_one(clinic, booked):
    path = feeds(clinic, booked)[1]
    kept = clinic.make(people.patient)

    def merge(session):
        session.get(Patient, booked.patient).merged_into_id = kept.patient_id
        for key in (booked.visit, booked.other):
            session.get(Appointment, key).patient_id = kept.patient_id

    clinic.unit(merge)
    assert len(events(clinic.client(None).get(path))) == 2
    shown = clinic.client("Receptionist").get(f"/patients/{kept.patient_id}/calendar").text
    assert "/revoke" in shown


def test_visits_long_past_and_far_ahead_are_left_out(clinic, booked):
    path = feeds(clinic, booked)[0]
    for days in (-40, 200):
        clinic.unit(lambda s, d=days: setattr(s.get(Appointment, booked.visit), "start_at", now() + timedelta(days=d)))
        assert events(clinic.client(None).get(path)) == {}
        clinic.unit(lambda s: setattr(s.get(Appointment, booked.visit), "end_at", now() + timedelta(days=300)))


@pytest.mark.parametrize("path", ["/s/.ics", "/s/x.ics", "/s/" + "a" * 3000 + ".ics", "/s/%00.ics"])
def test_a_guessed_address_opens_nothing(clinic, path):
    assert clinic.client(None).get(path).status_code == 404
