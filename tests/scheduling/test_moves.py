"""A visit from the door to the chair, to the desk and home, and each step taken back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.clinical import queries as clinical
from app.clinical.models import Treatment
from app.clinical.rules import TreatmentStatus
from app.kernel.errors import Conflict, NotFound, RuleError
from app.people.models import Employee, Patient, PatientPhone
from app.people.rules import Gender
from app.scheduling import queries
from app.scheduling.models import Appointment, AppointmentStatusChange, BookingSlot
from app.scheduling.rules import LIVE, UNDO, AppointmentStatus
from app.workflows.visit_moves import finish_if_settled, move_visit, undo_visit_move
from tests.factories import billing, people, scheduling
from tests.scheduling.common import broken_promises, now, state

S = AppointmentStatus


def move(clinic, row, to, *, reason=None, version=None, at=None, by=None):
    key = row if isinstance(row, int) else row.appointment_id
    return clinic.unit(lambda s: move_visit(s, key, to, now=at or now(), by=by, reason=reason, version=version))


def undo(clinic, row, *, at=None, version=None):
    return clinic.unit(
        lambda s: undo_visit_move(s, row.appointment_id, now=at or now(), by=None, version=version, seconds=10)
    )


def refused(clinic, work, kind=RuleError):
    before = state(clinic.session)
    with pytest.raises(kind) as caught:
        work()
    assert state(clinic.session) == before
    return caught.value


def treatment(clinic, row):
    return clinical.treatment_of_appointment(clinic.session, row.appointment_id)


@pytest.mark.both
def test_a_visit_goes_from_reserved_to_finished_and_every_step_is_kept(clinic):
    row = clinic.make(scheduling.appointment)
    user = clinic.user("Receptionist").id
    for to in (S.CONFIRMED, S.CAME, S.IN_TREATMENT, S.TREATED, S.FINISHED):
        row = move(clinic, row, to, by=user)
    assert row.version == 6
    assert row.actual_start_at <= row.actual_end_at
    kept = [(change.from_, change.to, name) for change, name in queries.history_of(clinic.session, row.appointment_id)]
    assert kept[0] == (S.TREATED, S.FINISHED, "Receptionist Туршилт")
    assert [to for _, to, _ in reversed(kept)] == [
        S.RESERVED,
        S.CONFIRMED,
        S.CAME,
        S.IN_TREATMENT,
        S.TREATED,
        S.FINISHED,
    ]
    assert clinic.count(BookingSlot) == 0, "finished visits hold nothing"


@pytest.mark.parametrize("status", list(S))
@pytest.mark.both
def test_exactly_the_live_visits_hold_their_slots(clinic, status):
    row = clinic.make(scheduling.appointment, status=status)
    assert bool(clinic.count(BookingSlot, BookingSlot.appointment_id == row.appointment_id)) == (status in LIVE)
    assert broken_promises(clinic.session) == []


def test_a_move_that_is_not_allowed_changes_nothing(clinic):
    row = clinic.make(scheduling.appointment)
    refused(clinic, lambda: move(clinic, row, S.TREATED))
    refused(clinic, lambda: move(clinic, row, S.RESERVED))
    refused(clinic, lambda: move(clinic, 999_999, S.CAME), NotFound)


def test_a_stale_version_is_told_and_nothing_moves(clinic):
    row = clinic.make(scheduling.appointment)
    move(clinic, row, S.CONFIRMED, version=1)
    refused(clinic, lambda: move(clinic, row, S.CANCELLED, version=1), Conflict)
    assert move(clinic, row, S.CANCELLED, version=2, reason="Ирэхгүй").cancel_reason == "Ирэхгүй"


@pytest.mark.both
def test_into_treatment_makes_the_treatment_once_and_back_keeps_it(clinic):
    row = clinic.make(scheduling.appointment, status=S.IN_TREATMENT)
    first = treatment(clinic, row)
    assert (first.patient_id, first.doctor_id, first.status) == (
        row.patient_id,
        row.doctor_id,
        TreatmentStatus.IN_PROGRESS,
    )
    refused(clinic, lambda: move(clinic, row, S.CAME))
    move(clinic, row, S.CAME, reason="Өөр өвчтөн яаралтай")
    refused(clinic, lambda: move(clinic, row, S.CONFIRMED))
    again = move(clinic, row, S.IN_TREATMENT)
    assert clinic.count(Treatment) == 1
    assert again.actual_start_at > row.actual_start_at


def test_back_from_the_chair_is_refused_on_another_day(clinic):
    row = clinic.make(scheduling.appointment, status=S.IN_TREATMENT)
    refused(clinic, lambda: move(clinic, row, S.CAME, reason="x", at=now() + timedelta(days=1)))


def test_treated_completes_the_treatment_and_notes_the_visit_on_the_patient(clinic):
    row = clinic.make(scheduling.appointment, status=S.TREATED)
    patient = clinic.session.get(Patient, row.patient_id)
    assert patient.first_seen_at == patient.last_seen_at == row.actual_end_at
    assert treatment(clinic, row).status is TreatmentStatus.COMPLETED


# --- finished


def charged(clinic, row):
    """A visit with an issued invoice."""

    def make(session):
        found = clinical.treatment_of_appointment(session, row.appointment_id)
        patient = session.get(Patient, row.patient_id)
        return billing.invoice(session, patient=patient, treatment_id=found.treatment_id)

    return clinic.unit(make)


@pytest.mark.both
def test_finished_needs_the_visit_paid_and_a_payment_finishes_it(clinic):
    row = clinic.make(scheduling.appointment, status=S.TREATED)
    invoice = charged(clinic, row)
    key = treatment(clinic, row).treatment_id
    refused(clinic, lambda: move(clinic, row, S.FINISHED))
    assert not clinic.unit(lambda s: finish_if_settled(s, key, now=now(), by=None))
    clinic.make(billing.pay, made=invoice, amount=60_000)
    assert not clinic.unit(lambda s: finish_if_settled(s, key, now=now(), by=None))
    clinic.make(billing.pay, made=invoice, amount=40_000)
    clinic.unit(lambda s: finish_if_settled(s, key, now=now(), by=None))
    assert clinic.session.get(Appointment, row.appointment_id).status is S.FINISHED
    assert not clinic.unit(lambda s: finish_if_settled(s, key, now=now(), by=None)), "once"


def test_a_payment_finishes_nothing_that_is_still_in_the_chair(clinic):
    row = clinic.make(scheduling.appointment, status=S.IN_TREATMENT)
    key = treatment(clinic, row).treatment_id
    assert not clinic.unit(lambda s: finish_if_settled(s, key, now=now(), by=None))
    assert not clinic.unit(lambda s: finish_if_settled(s, 999_999, now=now(), by=None))


# --- callers at the desk


def caller(session, **values):
    """Somebody of whom name and one phone are known."""
    return people.patient(
        session,
        first_name="Оюун",
        birthday=None,
        gender=None,
        is_provisional=True,
        own_phones=people.phones(1),
        **values,
    )


@pytest.mark.both
def test_check_in_asks_for_what_a_caller_did_not_tell(clinic):
    patient = clinic.make(caller)
    row = clinic.make(scheduling.appointment, patient=patient)
    move(clinic, row, S.CONFIRMED)
    refusal = refused(clinic, lambda: move(clinic, row, S.CAME))
    assert refusal.data == {"patient_id": patient.patient_id}

    def complete(session):
        found = session.get(Patient, patient.patient_id)
        found.birthday, found.gender = scheduling.today() - timedelta(days=9_000), Gender.FEMALE
        session.add_all(PatientPhone(patient_id=found.patient_id, **values) for _, values in people.phones(1))

    clinic.unit(complete)
    move(clinic, row, S.CAME)
    assert not clinic.session.get(Patient, patient.patient_id).is_provisional


# --- undo


UNDONE = [
    (S.RESERVED, S.CONFIRMED), (S.RESERVED, S.CAME), (S.RESERVED, S.CANCELLED), (S.CONFIRMED, S.CAME),
    (S.CONFIRMED, S.NO_SHOW), (S.CAME, S.IN_TREATMENT), (S.CAME, S.CANCELLED), (S.IN_TREATMENT, S.CAME),
    (S.IN_TREATMENT, S.TREATED), (S.TREATED, S.FINISHED), (S.CANCELLED, S.RESERVED), (S.NO_SHOW, S.RESERVED),
]  # fmt: skip


def columns_of(clinic, row):
    """The visit's columns, but its version and stamps."""
    found = clinic.session.get(Appointment, row.appointment_id)
    kept = {attribute.key: getattr(found, attribute.key) for attribute in sa.inspect(Appointment).column_attrs}
    return {key: value for key, value in kept.items() if key not in ("version", "created_at", "updated_at")}


@pytest.mark.parametrize(("status", "to"), UNDONE)
@pytest.mark.both
def test_undo_restores_the_state_before_a_move(clinic, status, to):
    row = clinic.make(scheduling.appointment, status=status)
    seen, was = clinic.session.get(Patient, row.patient_id), treatment(clinic, row)
    before, slots = columns_of(clinic, row), state(clinic.session)[1]
    moved = move(clinic, row, to, reason="санамсаргүй")
    assert columns_of(clinic, row) != before
    undo(clinic, row, version=moved.version)
    assert columns_of(clinic, row) == before
    assert state(clinic.session)[1] == slots
    patient = clinic.session.get(Patient, row.patient_id)
    assert (patient.first_seen_at, patient.last_seen_at) == (seen.first_seen_at, seen.last_seen_at)
    if was is not None:
        assert treatment(clinic, row).status is was.status
    last = queries.last_change(clinic.session, row.appointment_id)
    assert (last.from_, last.to, last.reason) == (to, status, UNDO)


def test_undo_of_treated_leaves_what_an_earlier_visit_says_of_the_patient(clinic):
    long_ago = now() - timedelta(days=900)
    patient = clinic.make(people.patient, first_seen_at=long_ago, last_seen_at=long_ago + timedelta(days=3))
    earlier = clinic.make(scheduling.appointment, patient=patient, status=S.FINISHED)
    kept = clinic.session.get(Patient, patient.patient_id).last_seen_at
    later = clinic.make(scheduling.appointment, patient=patient, status=S.IN_TREATMENT)
    move(clinic, later, S.TREATED)
    undo(clinic, later)
    found = clinic.session.get(Patient, patient.patient_id)
    assert (found.first_seen_at, found.last_seen_at) == (long_ago, kept)
    assert earlier.actual_end_at == kept


def test_undo_is_refused_after_ten_seconds_twice_for_a_booking_and_for_a_stale_version(clinic):
    row = clinic.make(scheduling.appointment)
    refused(clinic, lambda: undo(clinic, row))
    move(clinic, row, S.CONFIRMED)
    refused(clinic, lambda: undo(clinic, row, at=now() + timedelta(seconds=11)))
    refused(clinic, lambda: undo(clinic, row, version=1), Conflict)
    undo(clinic, row)
    refused(clinic, lambda: undo(clinic, row))


@pytest.mark.both
def test_undo_of_a_cancelling_is_refused_when_the_time_is_taken_meanwhile(clinic):
    row = clinic.make(scheduling.appointment)
    move(clinic, row, S.CANCELLED, reason="Андуурсан")
    doctor = clinic.session.get(Employee, row.doctor_id)
    clinic.make(scheduling.appointment, doctor=doctor, start_at=row.start_at)
    refusal = refused(clinic, lambda: undo(clinic, row), Conflict)
    assert refusal.data["busy"] == ["doctor"]
    assert clinic.count(AppointmentStatusChange, AppointmentStatusChange.appointment_id == row.appointment_id) == 2
