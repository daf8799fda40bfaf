"""One's own profile: a patient sees the next visit and what they owe, and only theirs."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.people.models import Patient
from tests.factories import billing, people, scheduling
from tests.factories.clinic import Clinic


def test_a_patient_sees_the_next_visit_and_what_is_owed_but_nothing_of_others(clinic: Clinic) -> None:
    own = clinic.session.scalar(sa.select(Patient).where(Patient.user_id == clinic.user("Patient").id))
    assert own is not None
    other = clinic.make(people.patient, first_name="Хоёр")

    def visit(session, patient, clock):
        day = scheduling.open_day(session)
        row = scheduling.appointment(
            session, patient=session.get(Patient, patient.patient_id), start_at=scheduling.at(day, clock)
        )
        return row.start_at

    theirs = clinic.unit(lambda s: visit(s, other, "10:00"))
    mine = clinic.unit(lambda s: visit(s, own, "14:30"))
    clinic.make(billing.invoice, patient=own)
    clinic.make(billing.invoice, patient=other)
    page = clinic.client("Patient").get("/profile").text
    assert mine > theirs > datetime.now(UTC) - timedelta(days=1)
    assert "14:30" in page
    assert "10:00" not in page
    assert "₮" in page
    assert "Хоёр" not in page


def test_staff_see_no_such_thing(clinic: Clinic) -> None:
    assert "₮" not in clinic.client("Nurse").get("/profile").text
