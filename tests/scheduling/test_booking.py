"""Booking and rescheduling, with what the database keeps of it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.catalogue.models import ServiceCatalog
from app.kernel.errors import Conflict, NotFound, RuleError
from app.people.models import Employee, Patient, PatientPhone
from app.people.rules import EmployeeStatus, PositionType
from app.scheduling.models import Appointment, AppointmentStatusChange, BookingSlot
from app.scheduling.rules import AppointmentSource, AppointmentStatus, SlotKind, Terms
from app.workflows.booking import book_visit, caller_names, free_times, reschedule_visit, wish_of
from tests.factories import people, scheduling
from tests.scheduling.common import broken_promises, now, state

S = AppointmentStatus
TERMS = Terms(scheduling.ZONE)


@pytest.fixture
def desk(clinic):
    """A doctor at work from nine to six, a chair, an assistant, a patient and a service."""

    def build(session):
        day = scheduling.open_day(session)
        doctor = people.doctor(session)
        scheduling.shift(session, doctor, day)
        return SimpleNamespace(
            day=day,
            doctor=doctor.employee_id,
            chair=scheduling.chair(session).chair_id,
            assistant=people.employee(session, kind=PositionType.ASSISTANT).employee_id,
            patient=people.patient(session).patient_id,
            other=people.patient(session, first_name="Цэцэг").patient_id,
            service=scheduling.service(session).service_id,
        )

    return clinic.unit(build)


def book(clinic, desk, clock="10:00", terms=TERMS, **values):
    wanted = {
        "patient_id": desk.patient,
        "doctor_id": desk.doctor,
        "chair_id": desk.chair,
        "start_at": scheduling.at(desk.day, clock),
        **values,
    }
    return clinic.unit(lambda s: book_visit(s, wanted, by_user=None, now=now(), terms=terms))


def move_to(clinic, row, terms=TERMS, version=None, **values):
    return clinic.unit(
        lambda s: reschedule_visit(s, row.appointment_id, values, by_user=None, now=now(), terms=terms, version=version)
    )


def refused(clinic, work, *kinds):
    """The refusal of `work`, after which everything is as it was."""
    before = state(clinic.session), clinic.count(Patient), clinic.count(PatientPhone)
    with pytest.raises(kinds or RuleError) as caught:
        work()
    assert (state(clinic.session), clinic.count(Patient), clinic.count(PatientPhone)) == before
    return caught.value


@pytest.mark.both
def test_a_booking_keeps_its_slots_and_the_first_line_of_its_history(clinic, desk):
    row = book(clinic, desk, assistant_id=desk.assistant, planned_service=desk.service)
    assert (row.status, row.version, row.minutes, row.source) == (S.RESERVED, 1, 40, AppointmentSource.PHONE)
    assert clinic.count(BookingSlot, BookingSlot.kind == SlotKind.DOCTOR) == 5, (
        "40 minutes without 10 before and 5 after"
    )
    for kind in (SlotKind.CHAIR, SlotKind.ASSISTANT, SlotKind.PATIENT):
        assert clinic.count(BookingSlot, BookingSlot.kind == kind) == 8
    assert clinic.count(AppointmentStatusChange, AppointmentStatusChange.to == S.RESERVED) == 1
    assert broken_promises(clinic.session) == []


@pytest.mark.parametrize("shared", ["doctor", "chair", "assistant", "patient"])
@pytest.mark.both
def test_an_overlap_of_doctor_chair_assistant_or_patient_is_refused_and_names_which(clinic, desk, shared):
    scheduling_other = clinic.unit(lambda s: (people.doctor(s).employee_id, scheduling.chair(s).chair_id))
    book(clinic, desk, "10:00", assistant_id=desk.assistant)
    wanted = {"doctor_id": scheduling_other[0], "chair_id": scheduling_other[1], "patient_id": desk.other}
    wanted[f"{shared}_id"] = getattr(desk, shared)
    refusal = refused(
        clinic, lambda: book(clinic, desk, "10:25", terms=scheduling.TERMS, override_reason="x", **wanted), Conflict
    )
    assert refusal.data["busy"] == [shared]
    assert refusal.field == "start_at"


@pytest.mark.both
def test_visits_that_touch_are_both_booked(clinic, desk):
    book(clinic, desk, "10:00")
    book(clinic, desk, "10:30")
    book(clinic, desk, "09:30")
    assert broken_promises(clinic.session) == []


def test_a_taken_time_comes_with_the_three_nearest_free_times_which_can_be_booked(clinic, desk):
    book(clinic, desk, "10:00", minutes=60)
    refusal = refused(clinic, lambda: book(clinic, desk, "10:15", patient_id=desk.other), Conflict)
    assert [scheduling.at(desk.day, clock) for clock in ("09:15", "09:30", "11:00")] == refusal.data["free"]
    for start in refusal.data["free"][1:]:
        book(clinic, desk, patient_id=desk.other, start_at=start)


def test_free_times_are_looked_for_further_away_when_the_days_around_are_full(clinic, desk):
    far = clinic.unit(lambda s: scheduling.open_day(s, 20))
    clinic.make(scheduling.shift, employee=clinic.session.get(Employee, desk.doctor), day=far)
    book(clinic, desk, "09:00", minutes=540)
    refusal = refused(clinic, lambda: book(clinic, desk, "10:00", patient_id=desk.other), Conflict)
    assert refusal.data["free"] == [scheduling.at(far, clock) for clock in ("09:00", "09:15", "09:30")]


def test_no_free_time_is_offered_before_now(clinic, desk):
    wish = wish_of(clinic.session, {"doctor_id": desk.doctor, "start_at": scheduling.at(desk.day, "10:00")}, TERMS)
    noon = scheduling.at(desk.day, "12:07")
    found = free_times(clinic.session, wish, now=noon, terms=TERMS, count=5)
    assert len(found) == 5
    assert min(found) == scheduling.at(desk.day, "12:15")


@pytest.mark.parametrize(
    ("clock", "broken"),
    [("08:30", ["shift"]), ("17:45", ["shift"]), ("12:00", ["away"])],
    ids=["early", "late", "away"],
)
def test_outside_the_shift_or_in_time_off_a_booking_needs_a_reason_of_who_may_override(clinic, desk, clock, broken):
    doctor = clinic.session.get(Employee, desk.doctor)
    clinic.make(
        scheduling.time_off,
        employee=doctor,
        from_=scheduling.at(desk.day, "11:55"),
        until=scheduling.at(desk.day, "12:10"),
    )
    refusal = refused(clinic, lambda: book(clinic, desk, clock, override_reason="emergency"))
    assert refusal.data["broken"] == broken
    refused(clinic, lambda: book(clinic, desk, clock, terms=scheduling.TERMS))
    assert book(clinic, desk, clock, terms=scheduling.TERMS, override_reason="emergency").override_reason == "emergency"


def test_a_closed_holiday_and_the_opening_hours_stop_a_booking_too(clinic, desk):
    hours = {**{str(day): ["11:00", "12:00"] for day in range(7)}}
    refusal = refused(clinic, lambda: book(clinic, desk, "10:00", terms=Terms(scheduling.ZONE, hours)))
    assert refusal.data["broken"] == ["hours"]
    clinic.make(scheduling.holiday, date=desk.day)
    assert refused(clinic, lambda: book(clinic, desk, "10:00")).data["broken"] == ["holiday"]


def test_the_overlap_can_not_be_overridden(clinic, desk):
    book(clinic, desk, "10:00")
    refused(clinic, lambda: book(clinic, desk, "10:00", terms=scheduling.TERMS, override_reason="please"), Conflict)


def test_only_a_shift_of_work_counts(clinic, desk):
    doctor = clinic.make(people.doctor)
    clinic.make(scheduling.shift, employee=doctor, day=desk.day, kind=scheduling.ShiftKind.ON_CALL)
    refusal = refused(clinic, lambda: book(clinic, desk, doctor_id=doctor.employee_id))
    assert refusal.data["broken"] == ["shift"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"patient_id": 999_999}, "patient_id"),
        ({"doctor_id": 999_999}, "doctor_id"),
        ({"doctor_id": None}, "doctor_id"),
        ({"start_at": None}, "start_at"),
        ({"chair_id": 999_999}, "chair_id"),
        ({"assistant_id": 999_999}, "assistant_id"),
        ({"planned_service": 999_999}, "planned_service"),
        ({"minutes": 7}, "minutes"),
        ({"minutes": 100_000}, "minutes"),
    ],
)
def test_what_does_not_exist_is_refused_on_its_field(clinic, desk, values, field):
    assert refused(clinic, lambda: book(clinic, desk, **values)).field == field


def test_only_doctors_treat_only_assistants_assist_and_nobody_does_both(clinic, desk):
    nurse = clinic.make(people.employee, kind=PositionType.NURSE).employee_id
    assert book(clinic, desk, assistant_id=nurse).assistant_id == nurse
    assert refused(clinic, lambda: book(clinic, desk, "11:00", doctor_id=nurse)).field == "doctor_id"
    assert refused(clinic, lambda: book(clinic, desk, "11:00", assistant_id=desk.doctor)).field == "assistant_id"


def test_a_doctor_who_left_a_chair_out_of_use_and_a_patient_who_died_are_refused(clinic, desk):
    gone = clinic.make(people.doctor, status=EmployeeStatus.NOT_WORKING).employee_id
    broken = clinic.make(scheduling.chair, is_active=False).chair_id
    died = clinic.make(people.patient, is_deceased=True).patient_id
    for field, key in (("doctor_id", gone), ("chair_id", broken), ("patient_id", died)):
        assert refused(clinic, lambda field=field, key=key: book(clinic, desk, **{field: key})).field == field


@pytest.mark.parametrize("start", ["yesterday", "off the grid", "far"])
def test_impossible_times_are_refused_on_the_start(clinic, desk, start):
    times = {
        "yesterday": scheduling.at(scheduling.today() - timedelta(days=1), "10:00"),
        "off the grid": scheduling.at(desk.day, "10:02"),
        "far": scheduling.at(scheduling.today() + timedelta(days=800), "10:00"),
    }
    assert refused(clinic, lambda: book(clinic, desk, start_at=times[start])).field == "start_at"


# --- callers


@pytest.mark.both
def test_a_caller_with_name_and_one_phone_becomes_a_provisional_patient(clinic, desk):
    row = book(clinic, desk, patient_id=None, caller_name="Дорж  Оюун", caller_phone="9955 4433")
    patient = clinic.session.get(Patient, row.patient_id)
    assert (patient.last_name, patient.first_name, patient.is_provisional) == ("Дорж", "Оюун", True)
    assert patient.source.value == "phone"
    assert clinic.count(PatientPhone, PatientPhone.phone_number_val == "+97699554433") == 1
    assert row.is_new_patient


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "patient_id"),
        ({"caller_name": "Оюун"}, "caller_phone"),
        ({"caller_phone": "99554433"}, "caller_name"),
        ({"caller_name": "Оюун", "caller_phone": "12"}, "caller_phone"),
        ({"caller_name": "О" * 31, "caller_phone": "99554433"}, "caller_name"),
    ],
)
def test_a_caller_needs_a_name_and_a_phone(clinic, desk, values, field):
    assert refused(clinic, lambda: book(clinic, desk, patient_id=None, **values)).field == field


def test_a_caller_whose_time_is_taken_leaves_no_patient_behind(clinic, desk):
    book(clinic, desk, "10:00")
    caller = {"patient_id": None, "caller_name": "Оюун", "caller_phone": "99554433"}
    refusal = refused(clinic, lambda: book(clinic, desk, "10:00", **caller), Conflict)
    assert len(refusal.data["free"]) == 3


def test_a_caller_who_is_here_already_is_named_unless_it_is_somebody_else(clinic, desk):
    known = clinic.make(
        people.patient,
        first_name="Оюун",
        own_phones=[(0, {"phone_number_val": "+97699554433"}), (1, {"phone_number_val": "+97699554434"})],
    )
    caller = {"patient_id": None, "caller_name": "оюун", "caller_phone": "99554433"}
    refusal = refused(clinic, lambda: book(clinic, desk, **caller), Conflict)
    assert refusal.data["likely"] == [known.patient_id]
    assert book(clinic, desk, **caller, is_somebody_else=True).patient_id != known.patient_id


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Бат", (None, "Бат")),
        ("Дорж Бат", ("Дорж", "Бат")),
        ("Д.Бат", ("Д", "Бат")),
        ("Д. Бат-Эрдэнэ", ("Д", "Бат-Эрдэнэ")),
    ],
)
def test_a_callers_name_is_read_as_people_say_it(typed, names):
    assert caller_names(typed) == names


def test_a_patient_is_new_until_a_visit_was_finished(clinic, desk):
    assert book(clinic, desk, "09:00").is_new_patient
    known = clinic.make(people.patient)
    clinic.make(scheduling.appointment, patient=known, status=S.FINISHED)
    assert not book(clinic, desk, "11:00", patient_id=known.patient_id).is_new_patient
    imported = clinic.make(people.patient, first_seen_at=scheduling.at(desk.day, "10:00") - timedelta(days=900))
    assert not book(clinic, desk, "12:00", patient_id=imported.patient_id).is_new_patient


# --- rescheduling


@pytest.mark.both
def test_another_time_frees_the_old_one_and_raises_the_version(clinic, desk):
    row = book(clinic, desk, "10:00")
    moved = move_to(clinic, row, start_at=scheduling.at(desk.day, "10:15"), version=1)
    assert (moved.version, moved.minutes) == (2, 30)
    book(clinic, desk, "09:45", patient_id=desk.other)
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_another_doctor_chair_and_length_are_taken_together_or_not_at_all(clinic, desk):
    row = book(clinic, desk, "10:00")
    doctor, chair = clinic.unit(lambda s: (people.doctor(s), scheduling.chair(s)))
    clinic.make(scheduling.shift, employee=doctor, day=desk.day)
    clinic.make(scheduling.appointment, chair=chair, start_at=scheduling.at(desk.day, "10:45"))
    wanted = {"doctor_id": doctor.employee_id, "chair_id": chair.chair_id}
    refusal = refused(clinic, lambda: move_to(clinic, row, **wanted, minutes=60), Conflict)
    assert refusal.data["busy"] == ["chair"]
    moved = move_to(clinic, row, **wanted, minutes=45)
    assert (moved.doctor_id, moved.chair_id, moved.minutes) == (doctor.employee_id, chair.chair_id, 45)
    assert broken_promises(clinic.session) == []


def test_its_own_slots_are_no_obstacle_and_count_as_free(clinic, desk):
    row = book(clinic, desk, "10:00", minutes=60)
    assert move_to(clinic, row, minutes=90).minutes == 90
    book(clinic, desk, "12:00", patient_id=desk.other, minutes=360)
    refusal = refused(clinic, lambda: move_to(clinic, row, start_at=scheduling.at(desk.day, "12:00")), Conflict)
    assert refusal.data["free"] == [scheduling.at(desk.day, clock) for clock in ("10:00", "10:15", "10:30")]


def test_a_stale_version_and_an_unknown_visit_are_refused(clinic, desk):
    row = book(clinic, desk)
    move_to(clinic, row, minutes=45)
    refusal = refused(clinic, lambda: move_to(clinic, row, version=1, minutes=60), Conflict)
    assert "free" not in refusal.data
    row.appointment_id = 999_999
    refused(clinic, lambda: move_to(clinic, row, minutes=60), NotFound)


def test_a_visit_in_the_chair_keeps_its_place_but_not_its_note(clinic, desk):
    row = clinic.make(scheduling.appointment, status=S.IN_TREATMENT)
    refused(clinic, lambda: move_to(clinic, row, minutes=60))
    assert move_to(clinic, row, note="Зүүн тал", minutes=row.minutes).note == "Зүүн тал"


@pytest.mark.parametrize("status", [S.CANCELLED, S.NO_SHOW])
@pytest.mark.both
def test_who_did_not_come_gets_a_new_time_and_is_reserved_again(clinic, desk, status):
    row = book(clinic, desk, "10:00")
    clinic.unit(lambda s: scheduling.move_visit(s, row.appointment_id, status, now=now(), by=None, reason="Өвдсөн"))
    past = scheduling.at(scheduling.today(), "00:00")
    refused(clinic, lambda: move_to(clinic, row, start_at=past, terms=scheduling.TERMS, override_reason="x"))
    moved = move_to(clinic, row, start_at=scheduling.at(desk.day, "11:00"))
    assert (moved.status, moved.cancel_reason) == (S.RESERVED, None)
    last = (
        clinic.session.query(AppointmentStatusChange)
        .order_by(AppointmentStatusChange.appointment_status_change_id.desc())
        .first()
    )
    assert (last.from_, last.to) == (status, S.RESERVED)
    assert broken_promises(clinic.session) == []


def test_another_time_is_told_to_the_patient_again_and_the_same_time_is_not(clinic, desk):
    row = book(clinic, desk)
    clinic.unit(lambda s: setattr(s.get(Appointment, row.appointment_id), "confirmation_sent", True))
    assert move_to(clinic, row, minutes=45).confirmation_sent
    assert not move_to(clinic, row, start_at=scheduling.at(desk.day, "14:00")).confirmation_sent


def test_a_reason_to_override_goes_when_it_is_needed_no_more(clinic, desk):
    row = book(clinic, desk, "08:00", terms=scheduling.TERMS, override_reason="emergency")
    assert move_to(clinic, row, start_at=scheduling.at(desk.day, "10:00")).override_reason is None


@pytest.mark.both
def test_a_lowered_capacity_lets_nobody_in_until_the_doctor_has_a_hand_free(clinic, desk):
    def capacity(count):
        clinic.unit(lambda s: setattr(s.get(Employee, desk.doctor), "chair_capacity", count))

    capacity(2)
    first = book(clinic, desk, "10:00")
    book(clinic, desk, "10:00", patient_id=desk.other, chair_id=None)
    capacity(1)
    third = clinic.make(people.patient).patient_id
    refused(clinic, lambda: book(clinic, desk, "10:15", patient_id=third, chair_id=None), Conflict)
    clinic.unit(lambda s: scheduling.move_visit(s, first.appointment_id, S.CANCELLED, now=now(), by=None))
    refused(clinic, lambda: book(clinic, desk, "10:15", patient_id=third, chair_id=None), Conflict)
    capacity(2)
    book(clinic, desk, "10:15", patient_id=third, chair_id=None)


def test_a_service_that_is_no_longer_offered_is_not_booked_but_a_visit_that_has_it_may_move(clinic, desk):
    row = book(clinic, desk, planned_service=desk.service)
    clinic.unit(lambda s: setattr(s.get(ServiceCatalog, desk.service), "is_active", False))
    moved = move_to(clinic, row, start_at=scheduling.at(desk.day, "14:00"))
    assert moved.planned_service == desk.service
    error = refused(clinic, lambda: book(clinic, desk, patient_id=desk.other, planned_service=desk.service), RuleError)
    assert error.field == "planned_service"
