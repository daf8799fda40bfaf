"""Visits that belong together: moved together, kept in order, put back exactly; and many hands at one time."""

import itertools
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from app.catalogue.rules import TreatmentStage
from app.clinical.models import PlannedStep
from app.clinical.queries.steps import has_visit, steps_of_plan
from app.clinical.rules import PlanStatus, ProcedureStatus
from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, NotFound, RuleError
from app.scheduling.models import Appointment
from app.scheduling.queries.finding import first_free
from app.scheduling.rules import AppointmentStatus, Terms
from app.scheduling.rules.finding import Free, Wish
from app.workflows.booking import book_visit
from app.workflows.plan_times import Wishes, propose
from app.workflows.plan_visits import Booker, PlanTerms, book_series, read_layout
from app.workflows.series import put_back, reschedule_together
from app.workflows.visit_moves import move_visit, undo_visit_move
from tests.factories import clinical, people, scheduling
from tests.factories.clinic import Clinic
from tests.scheduling.common import ROUNDS, at_once, broken_promises, now, state

TERMS = Terms(scheduling.ZONE)
PLAN_TERMS = PlanTerms(120, 7)
BOOKER = Booker(None, None, lambda steps: "Төлөвлөгөө")
S, P = AppointmentStatus, ProcedureStatus
DAYS = 40


@pytest.fixture
def desk(clinic: Clinic) -> SimpleNamespace:
    """A doctor with forty days of shifts, a chair, and a patient with an accepted plan: canal, crown with its fitting."""

    def build(session: Any) -> SimpleNamespace:
        doctor, chair, patient = people.doctor(session), scheduling.chair(session), people.patient(session)
        days = scheduling.open_days(session, DAYS)
        for day in days:
            scheduling.shift(session, doctor, day, chair_id=chair.chair_id)
        return SimpleNamespace(days=days, doctor=doctor.employee_id, chair=chair.chair_id, patient=patient.patient_id,
                               plan=accepted(session, patient, doctor))  # fmt: skip

    return clinic.unit(build)


def accepted(session: Any, patient: Any, doctor: Any, works: int = 2) -> int:
    """Root canal and crown on one tooth: three visits, the last one when the lab is done."""
    services = [
        clinical.service(session, default_duration_time=90, treatment_stage=TreatmentStage.ROOT_CANAL),
        clinical.service(session, default_duration_time=60, fitting_minutes=30, treatment_stage=TreatmentStage.CROWN),
    ]
    visit = clinical.treatment(session, patient=patient, doctor=doctor)
    return clinical.plan(session, visit, services=services[:works], status=PlanStatus.ACCEPTED).treatment_plan_id


def proposed(session: Any, desk: Any, **wishes: Any) -> tuple[Any, list[Free]]:
    laid = read_layout(session, desk.plan, PLAN_TERMS)
    wanted = Wishes(doctor_id=desk.doctor, **{"earliest": desk.days[0], **wishes})
    found = propose(session, laid, wanted, picked={}, not_before={}, now=now(), terms=TERMS)
    return laid, [one.chosen for one in found if one.chosen]


def book(desk: Any, **wishes: Any) -> Any:
    def work(session: Any) -> list[int]:
        laid, times = proposed(session, desk, **wishes)
        made = book_series(session, desk.plan, times, state=laid.state, booker=BOOKER, plan_terms=PLAN_TERMS,
                           now=now(), terms=TERMS)  # fmt: skip
        return [row.appointment_id for row in made]

    return work


def starts(clinic: Clinic, keys: list[int]) -> list[datetime]:
    return [clinic.session.get_one(Appointment, key).start_at for key in keys]


def move(key: int, start: datetime, **values: Any) -> Any:
    version = values.pop("version", None)
    terms = values.pop("terms", TERMS)
    wanted = {"start_at": start, **values}
    return lambda s: reschedule_together(s, key, wanted, by_user=None, now=now(), terms=terms, version=version)


def days_apart(one: datetime, other: datetime) -> int:
    return (clinic_date(other, scheduling.ZONE) - clinic_date(one, scheduling.ZONE)).days


@pytest.mark.both
def test_a_plan_becomes_a_series_in_order_with_the_days_of_the_lab(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk))
    rows = [clinic.session.get_one(Appointment, key) for key in keys]
    assert [row.minutes for row in rows] == [90, 60, 30]
    assert [row.start_at for row in rows] == sorted(row.start_at for row in rows)
    assert days_apart(rows[0].start_at, rows[1].start_at) >= 1
    assert days_apart(rows[1].start_at, rows[2].start_at) >= 7
    assert len({row.series_id for row in rows}) == 1
    assert rows[0].series_id
    assert {row.source.word for row in rows} == {"plan"}
    steps = steps_of_plan(clinic.session, desk.plan)
    assert [(step.appointment_id, step.visit_number) for step in steps] == list(zip(keys, (1, 2, 3), strict=True))
    assert {step.procedure.status for step in steps} == {P.SCHEDULED}
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_the_first_visit_takes_the_others_along_and_undo_puts_each_back(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk))
    before, stood = starts(clinic, keys), state(clinic.session)
    moved = clinic.unit(move(keys[0], before[0] + timedelta(days=7)))
    assert [one.appointment_id for one in moved] == keys
    assert starts(clinic, keys) == [start + timedelta(days=7) for start in before]
    assert broken_promises(clinic.session) == []
    clinic.unit(lambda s: put_back(s, moved, by_user=None, now=now(), terms=TERMS))
    again = state(clinic.session)
    version = [column.key for column in sa.inspect(Appointment).columns if column.key not in ("updated_at", "created_at")].index("version")  # fmt: skip
    cut = lambda rows: [row[:version] + row[version + 1 :] for row in rows]  # noqa: E731
    assert (cut(again[0]), again[1:]) == (cut(stood[0]), stood[1:])
    with pytest.raises(Conflict):  # a second undo finds other versions
        clinic.unit(lambda s: put_back(s, moved, by_user=None, now=now(), terms=TERMS))


@pytest.mark.both
def test_what_finds_its_time_taken_gets_the_first_free_one_after_it(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk))
    before = starts(clinic, keys)
    # somebody else has the second visit's time two weeks later
    other = clinic.make(people.patient).patient_id
    values = {"patient_id": other, "doctor_id": desk.doctor, "chair_id": desk.chair, "minutes": 120,
              "start_at": before[1] + timedelta(days=14)}  # fmt: skip
    clinic.unit(lambda s: book_visit(s, values, by_user=None, now=now(), terms=TERMS).appointment_id)
    clinic.unit(move(keys[0], before[0] + timedelta(days=14)))
    after = starts(clinic, keys)
    assert after[0] == before[0] + timedelta(days=14)
    assert after[1] == before[1] + timedelta(days=14, minutes=120)
    assert after[2] == before[2] + timedelta(days=14)
    assert broken_promises(clinic.session) == []


def test_a_visit_that_cannot_follow_keeps_the_whole_series_where_it_is(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk))
    before, stood = starts(clinic, keys), state(clinic.session)
    last = scheduling.at(desk.days[-1], "09:00")
    with pytest.raises(RuleError) as refusal:  # behind the last shift nobody works
        clinic.unit(move(keys[0], last))
    assert refusal.value.field == "start_at"
    assert (starts(clinic, keys), state(clinic.session)) == (before, stood)


def test_a_later_visit_moves_alone_and_only_between_its_neighbours(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk))
    before = starts(clinic, keys)
    for key, start in (
        (keys[1], before[0]),  # before the one before it
        (keys[2], before[2] - timedelta(days=1)),  # before the lab is done
        (keys[1], before[1] + timedelta(days=1)),  # the fitting would come too early
        (keys[1], before[2] + timedelta(days=1)),  # behind the next one
    ):
        with pytest.raises(RuleError) as refusal:
            clinic.unit(move(key, start, override_reason="x", terms=scheduling.TERMS))
        assert refusal.value.field == "start_at"
    assert starts(clinic, keys) == before
    moved = clinic.unit(move(keys[2], before[2] + timedelta(days=7)))
    assert [one.appointment_id for one in moved] == [keys[2]]
    moved = clinic.unit(move(keys[1], before[1] + timedelta(days=7)))
    assert starts(clinic, keys) == [before[0], before[1] + timedelta(days=7), before[2] + timedelta(days=7)]


@pytest.mark.both
def test_another_doctor_goes_along_with_the_days(clinic: Clinic, desk: Any) -> None:
    def stand_in(session: Any) -> int:
        doctor = people.doctor(session)
        for day in desk.days:
            scheduling.shift(session, doctor, day)
        return doctor.employee_id

    other = clinic.unit(stand_in)
    keys = clinic.unit(book(desk))
    before = starts(clinic, keys)
    moved = clinic.unit(move(keys[0], before[0] + timedelta(days=7), doctor_id=other))
    assert {clinic.session.get_one(Appointment, key).doctor_id for key in keys} == {other}
    clinic.unit(lambda s: put_back(s, moved, by_user=None, now=now(), terms=TERMS))
    assert {clinic.session.get_one(Appointment, key).doctor_id for key in keys} == {desk.doctor}
    # for one day only: nobody follows
    clinic.unit(move(keys[0], before[0], doctor_id=other))
    assert [clinic.session.get_one(Appointment, key).doctor_id for key in keys] == [other, desk.doctor, desk.doctor]


@pytest.mark.both
def test_a_series_that_repeats_moves_by_the_same_rule_and_past_visits_stay(clinic: Clinic) -> None:
    series = clinic.make(scheduling.series, count=4)
    keys = list(
        clinic.session.scalars(
            sa.select(Appointment.appointment_id).where(Appointment.series_id == series.appointment_series_id)
        )
    )
    clinic.unit(lambda s: move_visit(s, keys[0], S.CAME, now=now(), by=None).appointment_id)
    clinic.unit(lambda s: move_visit(s, keys[2], S.CANCELLED, now=now(), by=None).appointment_id)
    before = starts(clinic, keys)
    # outside every shift the later ones find nothing: refused as a whole
    with pytest.raises(RuleError):
        clinic.unit(move(keys[1], before[1] + timedelta(days=21), override_reason="x", terms=scheduling.TERMS))
    assert starts(clinic, keys) == before
    doctor = clinic.session.get_one(Appointment, keys[3]).doctor
    day = clinic_date(before[3], scheduling.ZONE) + timedelta(days=21)
    clinic.make(scheduling.shift, employee=doctor, day=day)
    moved = clinic.unit(move(keys[1], before[1] + timedelta(days=21), override_reason="x", terms=scheduling.TERMS))
    assert [one.appointment_id for one in moved] == [keys[1], keys[3]]
    assert starts(clinic, [keys[0], keys[2]]) == [before[0], before[2]]


def test_a_visit_that_nobody_closed_is_no_longer_to_come(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk))
    before = starts(clinic, keys)
    later = before[0] + timedelta(hours=3)  # the first visit's time has passed, and it still says reserved
    wanted = {"start_at": before[1] + timedelta(days=14)}
    moved = clinic.unit(lambda s: reschedule_together(s, keys[1], wanted, by_user=None, now=later, terms=TERMS))
    assert [one.appointment_id for one in moved] == keys[1:]


@pytest.mark.both
def test_a_cancelled_visit_gives_its_steps_back_and_has_them_again_when_it_is_reserved(
    clinic: Clinic, desk: Any
) -> None:
    keys = clinic.unit(book(desk))

    def standing() -> list[tuple[bool, P]]:
        return [(has_visit(step), step.procedure.status) for step in steps_of_plan(clinic.session, desk.plan)]

    clinic.unit(lambda s: move_visit(s, keys[0], S.CANCELLED, now=now(), by=None).appointment_id)
    assert standing() == [(False, P.PLANNED), (True, P.SCHEDULED), (True, P.SCHEDULED)]
    clinic.unit(lambda s: undo_visit_move(s, keys[0], now=now(), by=None, version=None, seconds=60).appointment_id)
    assert standing() == [(True, P.SCHEDULED)] * 3
    clinic.unit(lambda s: move_visit(s, keys[2], S.NO_SHOW, now=now(), by=None).appointment_id)
    assert standing() == [(True, P.SCHEDULED), (True, P.SCHEDULED), (False, P.SCHEDULED)], "its preparation is booked"
    clinic.unit(lambda s: move_visit(s, keys[1], S.CANCELLED, now=now(), by=None).appointment_id)
    assert standing()[1:] == [(False, P.PLANNED), (False, P.PLANNED)]
    # reserved again with another time: its own again
    later = clinic.session.get_one(Appointment, keys[1]).start_at + timedelta(days=7)
    moved = clinic.unit(move(keys[1], later))
    assert standing()[1:] == [(True, P.SCHEDULED), (False, P.SCHEDULED)]
    clinic.unit(lambda s: put_back(s, moved, by_user=None, now=now(), terms=TERMS))
    assert standing()[1:] == [(False, P.PLANNED), (False, P.PLANNED)]
    assert clinic.session.get_one(Appointment, keys[1]).status is S.CANCELLED
    # booked anew, the rest keeps to what stands: behind the canal, the lab between
    again = clinic.unit(book(desk))
    times = starts(clinic, [keys[0], *again])
    assert times == sorted(times)
    assert days_apart(times[1], times[2]) >= 7
    assert {clinic.session.get_one(Appointment, key).series_id for key in (keys[0], *again)} == {
        clinic.session.get_one(Appointment, keys[0]).series_id
    }
    assert [step.visit_number for step in steps_of_plan(clinic.session, desk.plan)] == [1, 2, 3]


@pytest.mark.both
def test_what_was_freed_in_the_middle_is_proposed_before_what_needs_it(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk, days_between=14))
    clinic.unit(lambda s: move_visit(s, keys[0], S.CANCELLED, now=now(), by=None).appointment_id)
    crown = clinic.session.get_one(Appointment, keys[1]).start_at
    _, times = proposed(clinic.session, desk)
    assert len(times) == 1
    assert times[0].end <= crown
    _, times = proposed(clinic.session, desk, earliest=clinic_date(crown, scheduling.ZONE) + timedelta(days=1))
    assert times == []


@pytest.mark.both
def test_all_or_none(clinic: Clinic, desk: Any) -> None:
    laid, times = proposed(clinic.session, desk)
    other = clinic.make(people.patient).patient_id
    values = {"patient_id": other, "doctor_id": desk.doctor, "chair_id": desk.chair, "start_at": times[2].start}
    clinic.unit(lambda s: book_visit(s, values, by_user=None, now=now(), terms=TERMS).appointment_id)
    stood = state(clinic.session)

    def work(session: Any) -> Any:
        return book_series(session, desk.plan, times, state=laid.state, booker=BOOKER, plan_terms=PLAN_TERMS,
                           now=now(), terms=TERMS)  # fmt: skip

    with pytest.raises(Conflict) as refusal:
        clinic.unit(work)
    assert refusal.value.data["visit"] == 3
    assert state(clinic.session) == stood
    assert {step.appointment_id for step in steps_of_plan(clinic.session, desk.plan)} == {None}


@pytest.mark.parametrize("wrong", ["fewer", "turned", "too early for the lab"])
def test_times_that_break_the_order_are_refused(clinic: Clinic, desk: Any, wrong: str) -> None:
    laid, times = proposed(clinic.session, desk)
    length = times[2].end - times[2].start
    early = times[1].start + timedelta(days=3)
    asked = {
        "fewer": times[:2], "turned": [times[1], times[0], times[2]],
        "too early for the lab": [*times[:2], Free(early, early + length, desk.doctor, desk.chair)],
    }[wrong]  # fmt: skip
    with pytest.raises(RuleError):
        clinic.unit(lambda s: book_series(s, desk.plan, asked, state=laid.state, booker=BOOKER, plan_terms=PLAN_TERMS,
                                          now=now(), terms=TERMS))  # fmt: skip
    assert clinic.count(Appointment) == 0


def test_a_plan_that_is_booked_is_neither_declined_nor_booked_twice(clinic: Clinic, desk: Any) -> None:
    clinic.unit(book(desk))
    with pytest.raises(Conflict) as refusal:
        clinic.unit(book(desk))
    assert refusal.value.data["is_booked"]

    def decline(session: Any) -> None:
        plan = clinical.actions.locked_plan(session, desk.plan)
        clinical.actions.move_plan(session, plan, PlanStatus.DECLINED, by=None, now=now(), reason="x")

    with pytest.raises(RuleError):
        clinic.unit(decline)
    with pytest.raises(NotFound):
        read_layout(clinic.session, 987_654, PLAN_TERMS)


# --- many hands at one time


@pytest.mark.both
def test_of_four_who_book_one_plan_at_once_one_does(clinic: Clinic, desk: Any) -> None:
    laid, times = proposed(clinic.session, desk)

    def work(session: Any) -> int:
        return len(book_series(session, desk.plan, times, state=laid.state, booker=BOOKER, plan_terms=PLAN_TERMS,
                               now=now(), terms=TERMS))  # fmt: skip

    results = at_once(clinic, [work] * 4)
    assert sorted(map(str, (r for r in results if isinstance(r, int)))) == ["3"], results
    assert all(isinstance(r, Conflict) and r.data["is_booked"] for r in results if not isinstance(r, int)), results
    assert clinic.count(Appointment) == 3
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_a_series_against_single_bookings_is_whole_or_not_at_all(clinic: Clinic, desk: Any) -> None:
    """Each round: a plan of three visits, and three people who want one of its times."""

    def add(session: Any) -> tuple[int, list[int]]:
        patient = people.patient(session)
        doctor = session.get(people.Employee, desk.doctor)
        return accepted(session, patient, doctor), [people.patient(session).patient_id for _ in range(3)]

    turn = itertools.cycle(range(3))
    for _ in range(ROUNDS):
        desk.plan, others = clinic.unit(add)
        laid, times = proposed(clinic.session, desk, days_between=0)
        if len(times) < 3:
            break  # the forty days are full
        taken = times[next(turn)]
        before = clinic.count(Appointment)

        def series(session: Any, laid: Any = laid, times: Any = times) -> str:
            book_series(session, desk.plan, times, state=laid.state, booker=BOOKER, plan_terms=PLAN_TERMS, now=now(),
                        terms=TERMS)  # fmt: skip
            return "series"

        def single(key: int, start: datetime = taken.start) -> Any:
            wanted = {"patient_id": key, "doctor_id": desk.doctor, "chair_id": desk.chair, "start_at": start}
            return lambda s: book_visit(s, wanted, by_user=None, now=now(), terms=TERMS).appointment_id

        results = at_once(clinic, [single(others[0]), series, single(others[1]), single(others[2])])
        won = [result for result in results if not isinstance(result, Exception)]
        assert len(won) == 1, results
        assert all(isinstance(result, Conflict) for result in results if isinstance(result, Exception)), results
        assert clinic.count(Appointment) - before == (3 if won == ["series"] else 1)
        steps = {step.appointment_id is None for step in steps_of_plan(clinic.session, desk.plan)}
        assert steps == {won != ["series"]}, "never half a series"
    assert broken_promises(clinic.session) == []


@pytest.mark.both
def test_a_series_that_moves_against_single_bookings_leaves_no_overlap(clinic: Clinic, desk: Any) -> None:
    keys = clinic.unit(book(desk))
    others = clinic.unit(lambda s: [people.patient(s).patient_id for _ in range(ROUNDS)])
    for number in range(ROUNDS):
        row = clinic.session.get_one(Appointment, keys[0])
        days = 7 if number % 2 == 0 else -7
        second = clinic.session.get_one(Appointment, keys[1]).start_at + timedelta(days=days)
        wanted = {"patient_id": others[number], "doctor_id": desk.doctor, "chair_id": desk.chair, "start_at": second}

        def single(session: Any, wanted: Any = wanted) -> int:
            return book_visit(session, wanted, by_user=None, now=now(), terms=TERMS).appointment_id

        results = at_once(clinic, [move(keys[0], row.start_at + timedelta(days=days)), single])
        assert isinstance(results[0], list | RuleError), results
        assert isinstance(results[1], int | Conflict), results
        times = starts(clinic, keys)
        assert times == sorted(times)
        assert days_apart(times[1], times[2]) >= 7
    assert broken_promises(clinic.session) == []


def test_free_times_of_a_series_are_those_of_a_single_search(clinic: Clinic, desk: Any) -> None:
    """What is read once for all visits finds what a search for one finds."""
    laid = read_layout(clinic.session, desk.plan, PLAN_TERMS)
    found = propose(clinic.session, laid, Wishes(desk.doctor, days_between=10), picked={}, not_before={}, now=now(),
                    terms=TERMS)  # fmt: skip
    for one in found:
        assert one.least
        wish = Wish(one.visit.minutes, one.least, one.least + timedelta(days=120), doctor_ids=(desk.doctor,),
                    patient_id=desk.patient)  # fmt: skip
        assert one.options == first_free(clinic.session, wish, now=now(), terms=TERMS, count=10)


def test_a_step_row_belongs_to_one_visit_of_the_plan(clinic: Clinic, desk: Any) -> None:
    rows = clinic.session.scalars(sa.select(PlannedStep)).all()
    assert [(row.step, row.minutes) for row in rows] == [(1, 90), (1, 60), (2, 30)]
    assert isinstance(desk.days[0], date)
