"""What whoever books is told of the patient, and how a search in vain ends on the waitlist."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import html

from app.people.models import Patient
from app.scheduling.models import WaitlistEntry
from app.scheduling.queries import known_visits
from app.scheduling.rules import AppointmentStatus
from app.workflows.visit_moves import move_visit
from tests.factories import people, scheduling, waiting

S = AppointmentStatus


def missed(session, patient, days):
    """A visit so many days ago that nobody came to."""
    start = scheduling.at(scheduling.today() - timedelta(days=days), "10:00")
    then = start + timedelta(hours=1)
    return scheduling.appointment(session, patient=patient, start_at=start, status=S.NO_SHOW, now=then)


def part(clinic, patient_id, role="Receptionist"):
    return clinic.client(role).get(f"/appointments/patient?patient_id={patient_id}").text


@pytest.mark.both
def test_a_patient_is_known_by_the_next_visit_the_missed_ones_and_the_waitlist(clinic):
    def build(session):
        patient, other = people.patient(session), people.patient(session)
        for days in (3, 30):
            missed(session, patient, days)
        missed(session, other, 4)
        ahead = [scheduling.at(scheduling.today() + timedelta(days=days), "11:00") for days in (9, 2)]
        for start in ahead:
            scheduling.appointment(session, patient=patient, start_at=start)
        gone = scheduling.appointment(session, patient=other, start_at=ahead[1] + timedelta(hours=2))
        move_visit(session, gone.appointment_id, S.CANCELLED, now=datetime.now(UTC), by=None, reason="Утасдсан")
        entry = waiting.entry(session, patient_id=patient.patient_id)
        found = known_visits(session, patient.patient_id, datetime.now(UTC))
        assert (found.coming.start_at, found.missed, found.waits) == (min(ahead), 2, entry)
        found = known_visits(session, other.patient_id, datetime.now(UTC))
        assert (found.coming, found.missed, found.waits) == (None, 1, None)

    clinic.unit(build)


def test_the_form_tells_it_as_soon_as_the_patient_is_chosen(clinic):
    def build(session):
        patient = people.patient(session)
        missed(session, patient, 5)
        return patient.patient_id, people.patient(session).patient_id

    often, nobody = clinic.unit(build)
    assert "is-often" not in part(clinic, often)
    assert "booking-known" in part(clinic, often)
    clinic.unit(lambda session: missed(session, session.get(Patient, often), 9))
    assert "is-often" in part(clinic, often)
    assert part(clinic, nobody).strip() == ""
    assert part(clinic, "x").strip() == part(clinic, 10**14).strip() == ""
    assert "booking-known" in clinic.client("Receptionist").get(f"/appointments/add?patient_id={often}").text


@pytest.mark.parametrize("role", ["Nurse", "Patient"])
def test_who_may_not_book_is_told_nothing(clinic, role):
    patient = clinic.unit(lambda session: people.patient(session).patient_id)
    assert clinic.client(role).get(f"/appointments/patient?patient_id={patient}").status_code == 403


def test_a_search_in_vain_leads_to_the_waitlist_with_what_was_wished(clinic):
    day = scheduling.today() + timedelta(days=3)
    patient, doctor, service = clinic.unit(
        lambda session: (
            people.patient(session).patient_id,
            people.doctor(session).employee_id,
            scheduling.service(session).service_id,
        )
    )
    client = clinic.client("Receptionist")
    wished = (
        f"patient_id={patient}&planned_service={service}&doctor_id={doctor}&minutes=45&earliest={day}&time_from=09:30"
    )
    page = html.fromstring(client.get(f"/appointments/free-times?{wished}").text)
    (link,) = page.xpath("//section[@id='found']//a[starts-with(@href, '/waitlist/add')]/@href")
    form = html.fromstring(client.get(link).text).xpath("//main//form[contains(@class, 'js-form')]")[0]
    client.post(link, data=dict(form.form_values()))

    def look(session):
        (row,) = session.query(WaitlistEntry)
        assert (row.patient_id, row.service_id, row.doctor_id) == (patient, service, doctor)
        assert (row.minutes, row.earliest, f"{row.time_from:%H:%M}", row.time_until) == (45, day, "09:30", None)

    clinic.unit(look)


@pytest.mark.parametrize(
    "garbage",
    ["minutes=-5&earliest=2026-02-30&time_from=25:99", "minutes=7&earliest=1990-01-01&note=%00", "note=" + "x" * 5000],
)
def test_garbage_in_the_address_leaves_the_form_empty(clinic, garbage):
    answer = clinic.client("Receptionist").get(f"/waitlist/add?{garbage}")
    form = html.fromstring(answer.text).xpath("//main//form[contains(@class, 'js-form')]")[0]
    assert answer.status_code == 200
    assert form.fields["minutes"] == form.fields["time_from"] == ""
    assert form.fields["earliest"] == str(scheduling.today())
