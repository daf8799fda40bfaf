"""Treatment plans: what they amount to, who presents them, what an answer does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clinical import rules
from app.clinical.models import PlannedProcedure, TreatmentPlan
from app.clinical.rules import PlanStatus, ProcedureStatus, Step, Urgency, ValueCategory
from app.people.models import Patient
from tests.factories import clinical, people
from tests.factories.clinic import Clinic

S, P = PlanStatus, ProcedureStatus
STEPS = st.lists(st.builds(Step, st.integers(0, 10), st.booleans()), max_size=12)
TERMS = rules.PlanTerms(1_000_000, 5_000_000, 120)


@pytest.mark.parametrize(
    ("steps", "visits", "score"),
    [
        ([], 0, 0), ([Step(3, False)], 1, 3), ([Step(3, False)], 2, 4), ([Step(5, False), Step(6, True)], 3, 9),
        ([Step(9, True)], 5, 10), ([Step(2, False)], 5, 5), ([Step(2, False)], 4, 5),
        # the example of rules.md, Scheduling: four visits and a lab
        ([Step(4, False), Step(5, False), Step(6, True), Step(2, False), Step(2, False)], 4, 10),
    ],
)  # fmt: skip
def test_complexity_by_example(steps: list[Step], visits: int, score: int) -> None:
    assert rules.complexity_score(steps, visits) == score


@given(STEPS, st.integers(1, 12))
def test_complexity_stays_within_bounds_and_never_falls_with_more_work(steps: list[Step], visits: int) -> None:
    score = rules.complexity_score(steps, visits)
    assert 0 <= score <= 10
    assert score >= max((step.complexity for step in steps), default=0)
    assert rules.complexity_score([*steps, Step(0, False)], visits) >= score
    assert rules.complexity_score(steps, visits + 1) >= score


@pytest.mark.parametrize(
    ("total", "value"),
    [
        (0, ValueCategory.LOW), (999_999, ValueCategory.LOW), (1_000_000, ValueCategory.MEDIUM),
        (5_000_000, ValueCategory.MEDIUM), (5_000_001, ValueCategory.HIGH),
    ],
)  # fmt: skip
def test_value_by_its_thresholds(total: int, value: ValueCategory) -> None:
    assert rules.value_of(total, TERMS) is value


@given(st.lists(st.sampled_from(list(Urgency))))
def test_a_plan_is_as_urgent_as_its_most_urgent_procedure(urgencies: list[Urgency]) -> None:
    found = rules.highest(urgencies)
    assert found in urgencies or (not urgencies and found is Urgency.ROUTINE)
    assert (found is Urgency.URGENT) == (Urgency.URGENT in urgencies)


@pytest.mark.parametrize(
    ("before", "procedures", "after"),
    [
        (S.ACCEPTED, [P.PLANNED, P.PLANNED], S.ACCEPTED), (S.ACCEPTED, [P.COMPLETED, P.PLANNED], S.IN_PROGRESS),
        (S.IN_PROGRESS, [P.COMPLETED, P.DECLINED], S.COMPLETED), (S.IN_PROGRESS, [P.COMPLETED, P.PENDING], S.IN_PROGRESS),
        (S.PRESENTED, [P.COMPLETED], S.PRESENTED),
    ],
)  # fmt: skip
def test_an_accepted_plan_follows_its_procedures(
    before: PlanStatus, procedures: list[ProcedureStatus], after: PlanStatus
) -> None:
    assert rules.plan_status(before, procedures) is after


def form(visit: int, *rows: dict[str, Any], **head: Any) -> dict[str, Any]:
    """The form of a plan as a browser sends it."""
    cells = {f"procedures-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()}
    return {"treatment_id": visit, **head, **cells}


def row_of(clinic: Clinic, key: int) -> TreatmentPlan:
    return clinic.session.get_one(TreatmentPlan, key)


def written(clinic: Clinic, plan: int) -> list[PlannedProcedure]:
    return (
        clinic.session.query(PlannedProcedure).filter_by(treatment_plan_id=plan).order_by("planned_procedure_id").all()
    )


@pytest.mark.both
def test_a_plan_keeps_what_its_procedures_amount_to_and_copies_the_service(clinic: Clinic) -> None:
    browser, visit = clinic.client("Doctor"), clinic.make(clinical.treatment)
    crown = clinic.make(
        clinical.service, price=900_000, complexity=6, default_duration_time=90, lab_days=7, fitting_minutes=30
    )
    filling = clinic.make(clinical.service, price=80_000, complexity=2, default_duration_time=30)
    tooth = clinic.unit(lambda s: clinical.queries.tooth_ids(s, ["36"])["36"])
    rows = (
        {"service_id": crown.service_id, "tooth_id": tooth, "urgency": "soon", "insurance_part": "300,000"},
        {"service_id": filling.service_id, "tooth_id": tooth, "surfaces": "om", "urgency": "urgent", "fee": "200,000"},
    )
    data = form(visit.treatment_id, *rows)
    answers = [browser.submit("/treatment-plans/add", data) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302}
    assert clinic.count(TreatmentPlan) == 1
    key = int(answers[0].location.rsplit("/", 1)[1])
    plan = row_of(clinic, key)
    assert (plan.total, plan.insurance_share, plan.patient_share) == (1_100_000, 300_000, 800_000)
    assert (plan.urgency, plan.value_category, plan.complexity_score) == (Urgency.URGENT, ValueCategory.MEDIUM, 8)
    assert (plan.patient_id, plan.created_by) == (visit.patient_id, clinic.user("Doctor").id)
    found = written(clinic, key)
    assert [(one.procedure_code, one.fee, one.surfaces) for one in found] == [
        (crown.code, 900_000, ""),
        (filling.code, 200_000, "MO"),
    ]
    kept = found[0].planned_procedure_id
    edit = {**form(visit.treatment_id, rows[0]), "lock_token": plan.updated_at.isoformat(), "clinical_notes": "Ш"}
    assert browser.submit(f"/treatment-plans/{key}/edit", edit).status_code == 302
    assert [one.planned_procedure_id for one in written(clinic, key)] == [kept]
    assert (row_of(clinic, key).total, row_of(clinic, key).urgency) == (900_000, Urgency.SOON)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"surfaces": "I"}, "surfaces"), ({"surfaces": "M", "tooth_id": ""}, "tooth_id"), ({"fee": "-1"}, "fee"),
        ({"fee": "1" + "0" * 30}, "fee"), ({"fee": "5", "insurance_part": "6"}, "insurance_part"),
        ({"insurance_part": "80,001"}, "insurance_part"), ({"service_id": "987654"}, "service_id"),
        ({"tooth_id": "<script>"}, "tooth_id"), ({"urgency": "now"}, "urgency"),
    ],
)  # fmt: skip
def test_garbage_is_told_on_its_field_and_nothing_is_written(
    clinic: Clinic, changes: dict[str, str], field: str
) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service)
    tooth = clinic.unit(lambda s: clinical.queries.tooth_ids(s, ["36"])["36"])
    row = {"service_id": service.service_id, "tooth_id": tooth, **changes}
    answer = clinic.client("Admin").submit("/treatment-plans/add", form(visit.treatment_id, row))
    assert answer.status_code == 422
    assert f'id="procedures-0-{field}-error"' in answer.text
    assert clinic.count(TreatmentPlan) == 0


def test_a_plan_needs_a_visit_and_a_procedure(clinic: Clinic) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service)
    browser = clinic.client("Admin")
    row = {"service_id": service.service_id}
    for data in (form(visit.treatment_id), form("", row), form(987654, row)):  # type: ignore[arg-type]  # blank
        assert browser.submit("/treatment-plans/add", data).status_code == 422


@pytest.mark.parametrize(
    ("role", "reads", "writes", "presents"),
    [
        ("Admin", True, True, True), ("Manager", True, False, False), ("Doctor", True, True, True),
        ("Nurse", True, False, False), ("Assistant", False, False, False), ("Receptionist", True, False, False),
        ("Coordinator", True, True, True), ("Patient", False, False, False),
    ],
)  # fmt: skip
def test_who_opens_who_writes_and_who_presents(
    clinic: Clinic, role: str, reads: bool, writes: bool, presents: bool
) -> None:
    plan, browser = clinic.make(clinical.plan), clinic.client(role)
    key = plan.treatment_plan_id
    for path in ("/treatment-plans", f"/treatment-plans/{key}", "/planned-procedures"):
        assert browser.get(path).status_code == (200 if reads else 403)
    assert browser.get(f"/treatment-plans/{key}/edit").status_code == (200 if writes else 403)
    answer = browser.submit(f"/treatment-plans/{key}/answer", {"to": "presented"})
    assert answer.status_code == (303 if presents else 403)
    assert row_of(clinic, key).status is (S.PRESENTED if presents else S.PENDING)


@pytest.mark.both
def test_the_way_of_a_plan_to_its_end(clinic: Clinic) -> None:
    services = [clinic.make(clinical.service) for _ in range(2)]
    key = clinic.make(clinical.plan, services=services).treatment_plan_id
    browser = clinic.client("Coordinator")

    def answer(to: str, **data: str) -> PlanStatus:
        assert browser.submit(f"/treatment-plans/{key}/answer", {"to": to, **data}).status_code == 303
        return row_of(clinic, key).status

    assert answer("accepted") is S.PENDING, "nothing is accepted unseen"
    assert answer("presented") is S.PRESENTED
    assert row_of(clinic, key).presented_by == clinic.user("Coordinator").id
    assert answer("declined") is S.PRESENTED, "a refusal needs its reason"
    assert answer("declined", reason="Үнэтэй") is S.DECLINED
    assert {one.status for one in written(clinic, key)} == {P.DECLINED}
    assert answer("pending") is S.PENDING
    assert {one.status for one in written(clinic, key)} == {P.PLANNED}
    answer("presented")
    assert answer("accepted") is S.ACCEPTED
    assert row_of(clinic, key).accepted_at is not None
    assert answer("pending") is S.ACCEPTED, "what was accepted stays"
    plan = row_of(clinic, key)
    edit = form(plan.treatment_id, {"service_id": services[0].service_id}, lock_token=plan.updated_at.isoformat())
    assert browser.submit(f"/treatment-plans/{key}/edit", edit).status_code == 422
    first, second = (one.planned_procedure_id for one in written(clinic, key))
    for procedure, to, status in (
        (first, "completed", S.IN_PROGRESS), (second, "pending", S.IN_PROGRESS), (second, "planned", S.IN_PROGRESS),
        (second, "completed", S.COMPLETED),
    ):  # fmt: skip
        assert browser.submit(f"/treatment-plans/{key}/procedures/{procedure}", {"to": to}).status_code == 303
        assert row_of(clinic, key).status is status
    assert {one.completed_by for one in written(clinic, key)} == {clinic.user("Coordinator").id}


def test_a_procedure_of_another_plan_or_of_one_not_accepted_is_left_alone(clinic: Clinic) -> None:
    pending = clinic.make(clinical.plan).treatment_plan_id
    accepted = clinic.make(clinical.plan, status=S.ACCEPTED).treatment_plan_id
    own, browser = written(clinic, pending)[0].planned_procedure_id, clinic.client("Doctor")
    browser.submit(f"/treatment-plans/{pending}/procedures/{own}", {"to": "completed"})
    assert browser.submit(f"/treatment-plans/{accepted}/procedures/{own}", {"to": "completed"}).status_code == 404
    assert written(clinic, pending)[0].status is P.PLANNED


@pytest.mark.both
def test_plans_and_procedures_are_found_by_doctor(clinic: Clinic) -> None:
    doctor = clinic.make(people.doctor)
    own = clinic.make(clinical.plan, visit=clinic.make(clinical.treatment, doctor=doctor)).treatment_plan_id
    other = clinic.make(clinical.plan).treatment_plan_id
    browser = clinic.client("Manager")
    page = browser.get(f"/treatment-plans?doctor_id={doctor.employee_id}").text
    assert f'href="/treatment-plans/{own}"' in page
    assert f'href="/treatment-plans/{other}"' not in page
    procedures = browser.get(f"/planned-procedures?doctor_id={doctor.employee_id}").text
    assert f"/planned-procedures/{written(clinic, own)[0].row_id}" in procedures
    assert f"/planned-procedures/{written(clinic, other)[0].row_id}" not in procedures


def test_the_treatment_page_leads_to_a_new_plan_with_its_visit_chosen(clinic: Clinic) -> None:
    visit, browser = clinic.make(clinical.treatment), clinic.client("Doctor")
    assert (
        f"/treatment-plans/add?treatment_id={visit.treatment_id}"
        in browser.get(f"/treatments/{visit.treatment_id}").text
    )
    page = browser.get(f"/treatment-plans/add?treatment_id={visit.treatment_id}").text
    assert clinic.session.get_one(Patient, visit.patient_id).title in page
