"""Whatever is booked, moved, cancelled and taken back, in whatever order: the promises of booking hold."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.errors import RuleError
from app.people.models import Employee
from app.people.rules import PositionType
from app.scheduling.rules import AppointmentStatus
from app.workflows.booking import book_together, book_visit
from app.workflows.series import put_back, reschedule_together
from app.workflows.visit_moves import move_visit, undo_visit_move
from tests.factories import people, scheduling
from tests.scheduling.common import ROUNDS, broken_promises, dentist_spans, now, state

TERMS = scheduling.TERMS
two, three, six = st.integers(0, 1), st.integers(0, 2), st.integers(0, 5)
places = st.fixed_dictionaries(
    {
        "doctor": two,
        "chair": st.none() | two,
        "assistant": st.none() | two,
        "service": st.none() | two,
        "start": st.integers(0, 11),
        "minutes": st.none() | st.sampled_from([5, 15, 30, 45]),
    }
)
steps = st.one_of(
    st.tuples(st.just("book"), three, places),
    st.tuples(st.just("reschedule"), six, places),
    st.tuples(st.just("move"), six, st.sampled_from(list(AppointmentStatus))),
    st.tuples(st.just("undo"), six, st.none()),
    st.tuples(st.just("capacity"), two, st.integers(1, 3)),
    st.tuples(st.just("series"), three, places),
    st.tuples(st.just("move back"), six, places),
)


@pytest.fixture
def desk(clinic):
    """Two of everything, three patients."""

    def build(session):
        return SimpleNamespace(
            doctors=[people.doctor(session).employee_id for _ in range(2)],
            chairs=[scheduling.chair(session).chair_id for _ in range(2)],
            assistants=[people.employee(session, kind=PositionType.ASSISTANT).employee_id for _ in range(2)],
            patients=[people.patient(session).patient_id for _ in range(3)],
            services=[
                scheduling.service(session).service_id,
                scheduling.service(session, assistant_lead_minutes=0, assistant_tail_minutes=20).service_id,
            ],
            day=scheduling.today() + timedelta(days=2),
        )

    return clinic.unit(build)


def wanted(desk, place):
    def of(rows, number):
        return None if number is None else rows[number]

    return {
        "doctor_id": desk.doctors[place["doctor"]],
        "chair_id": of(desk.chairs, place["chair"]),
        "assistant_id": of(desk.assistants, place["assistant"]),
        "planned_service": of(desk.services, place["service"]),
        "start_at": scheduling.at(desk.day, "10:00") + timedelta(minutes=5 * place["start"]),
        "minutes": place["minutes"],
        "override_reason": "x",
    }


def work_of(desk, visits, step):
    kind, number, more = step
    if kind == "book":
        values = {"patient_id": desk.patients[number], **wanted(desk, more)}
        return lambda s: book_visit(s, values, by_user=None, now=now(), terms=TERMS)
    if kind == "series":
        first = {"patient_id": desk.patients[number], **wanted(desk, more), "minutes": 15}
        later = {**first, "start_at": first["start_at"] + timedelta(minutes=25)}
        return lambda s: book_together(s, [first, later], by_user=None, now=now(), terms=TERMS, is_series=True)
    if kind == "capacity":
        return lambda s: setattr(s.get(Employee, desk.doctors[number], with_for_update=True), "chair_capacity", more)
    if not visits:
        return lambda s: None
    key = visits[number % len(visits)]
    if kind == "reschedule":
        return lambda s: reschedule_together(s, key, wanted(desk, more), by_user=None, now=now(), terms=TERMS)
    if kind == "move back":
        return lambda s: there_and_back(s, key, wanted(desk, more))
    if kind == "move":
        return lambda s: move_visit(s, key, more, now=now(), by=None, reason="x")
    return lambda s: undo_visit_move(s, key, now=now(), by=None, version=None, seconds=10)


def there_and_back(session, key, values):
    moved = reschedule_together(session, key, values, by_user=None, now=now(), terms=TERMS)
    put_back(session, moved, by_user=None, now=now(), terms=TERMS)


def loads(clinic, desk):
    """How many visits need each doctor at each five minutes."""
    spans = dentist_spans(clinic.session)
    moments = [scheduling.at(desk.day, "10:00") + timedelta(minutes=5 * number) for number in range(24)]
    return {
        (doctor, moment): sum(key == doctor and span.start <= moment < span.end for key, span in spans)
        for doctor in desk.doctors
        for moment in moments
    }


@pytest.mark.both
def test_no_sequence_of_steps_breaks_the_promises_of_booking(clinic, desk):
    examples = ROUNDS * (5 if clinic.backend == "sqlite" else 2)

    @settings(max_examples=examples)
    @given(st.lists(steps, min_size=4, max_size=14))
    def run(sequence):
        desk.day += timedelta(days=1)
        capacity = dict.fromkeys(desk.doctors, 1)
        for doctor in desk.doctors:
            clinic.unit(lambda s, key=doctor: setattr(s.get(Employee, key), "chair_capacity", 1))
        visits = []
        for step in sequence:
            before, busy = state(clinic.session), loads(clinic, desk)
            try:
                made = clinic.unit(work_of(desk, visits, step))
            except RuleError:
                assert state(clinic.session) == before, "a refusal leaves everything as it was"
                continue
            if step[0] in ("book", "series"):
                visits += [row.appointment_id for row in (made if isinstance(made, list) else [made])]
            if step[0] == "capacity":
                capacity[desk.doctors[step[1]]] = step[2]
            assert broken_promises(clinic.session) == []
            for place, load in loads(clinic, desk).items():
                assert load <= max(capacity[place[0]], busy[place]), "nobody is let in beyond the capacity"

    run()
