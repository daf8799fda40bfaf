"""What changes by itself when a day ends."""

from datetime import timedelta

import pytest

from app.kernel.dates import add_months
from app.people.models import Patient
from app.people.rules import PatientStatus
from app.scheduling.models import BookingSlot
from app.workflows import nightly
from tests.factories import people, scheduling


def seen(clinic, day, status=PatientStatus.ACTIVE):
    at = scheduling.at(day, "12:00")
    return clinic.make(people.patient, first_seen_at=at, last_seen_at=at, status=status).patient_id


@pytest.mark.parametrize(
    ("months", "status"),
    [(6, PatientStatus.WITHIN_YEAR), (12, PatientStatus.WITHIN_FIVE_YEARS), (60, PatientStatus.LONG_AGO)],
)
@pytest.mark.both
def test_a_patients_status_changes_on_the_day_it_becomes_so_long_ago(clinic, months, status):
    today = scheduling.today()
    bound = add_months(today, -months)
    still, gone, missed = (seen(clinic, bound - timedelta(days=days)) for days in (0, 1, 30))
    clinic.unit(lambda s: nightly.refresh_statuses(s, today, scheduling.ZONE))
    statuses = [clinic.session.get(Patient, key).status for key in (still, gone, missed)]
    assert statuses[1:] == [status, status]
    assert statuses[0] is PatientStatus(status - 1)
    assert clinic.unit(lambda s: nightly.refresh_statuses(s, today, scheduling.ZONE)) == 0


@pytest.mark.both
def test_the_command_drops_the_slots_of_past_days_and_keeps_todays(clinic):
    today, yesterday = scheduling.today(), scheduling.today() - timedelta(days=1)
    for day in (yesterday, today):
        at = scheduling.at(day, "10:00")
        clinic.make(scheduling.appointment, start_at=at, now=at - timedelta(hours=1))
    assert clinic.count(BookingSlot) == 24
    for dropped in (12, 0):
        answer = clinic.app.test_cli_runner().invoke(args=["jobs", "nightly"])
        assert answer.exit_code == 0, answer.output
        assert f"dropped: {dropped}" in answer.output
    assert clinic.count(BookingSlot, BookingSlot.starts_at < scheduling.at(today, "00:00")) == 0
    assert clinic.count(BookingSlot) == 12
