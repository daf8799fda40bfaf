"""Writing a visit's work, findings and diagnoses, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.billing import actions as billing
from app.billing.models import Invoice
from app.catalogue.models import ServiceCatalog
from app.catalogue.rules import Scope
from app.clinical import actions, queries
from app.clinical.models import ToothFinding, Treatment, TreatmentDiagnosis, TreatmentItem, TreatmentItemTooth
from app.clinical.rules import Condition, Layer, Outcome, TreatmentStatus
from app.kernel.errors import Conflict, NotFound, RuleError
from app.people.models import Patient
from app.people.rules import Dentition
from app.scheduling.rules import AppointmentStatus
from app.workflows import treating
from tests.factories import billing as money
from tests.factories import clinical, people, scheduling
from tests.factories.clinic import Clinic

DOCTOR = actions.Writer(None, 1_000)  # may give a tenth
NURSE = actions.Writer(None, 0)


def teeth_of(clinic: Clinic, item: TreatmentItem) -> dict[str, str]:
    rows = queries.teeth_of_items(clinic.session, [item.treatment_item_id]).get(item.treatment_item_id, [])
    return {row.tooth.code: row.surfaces for row in rows}


def add(
    clinic: Clinic, visit: Treatment, service: ServiceCatalog, teeth: dict[str, str], **values: Any
) -> TreatmentItem:
    writer, after = values.pop("writer", DOCTOR), values.pop("after", None)
    wanted = {"service_id": service.service_id, **values}
    return clinic.unit(lambda s: treating.add_item(s, visit.treatment_id, wanted, teeth, writer=writer, after=after))


@pytest.mark.both
def test_an_item_keeps_the_price_of_its_day_and_its_teeth(clinic: Clinic) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service, price=90_000)
    item = add(clinic, visit, service, {"36": "om"})

    def dearer(session: Session) -> None:
        session.get_one(ServiceCatalog, service.service_id).price = 120_000

    clinic.unit(dearer)
    kept = clinic.session.get_one(TreatmentItem, item.treatment_item_id)
    assert (kept.unit_price, kept.quantity, kept.surfaces, kept.performed_by) == (90_000, 1, "MO", visit.doctor_id)
    assert teeth_of(clinic, item) == {"36": "MO"}


@pytest.mark.parametrize(("code", "surface"), [("11", "O"), ("36", "I"), ("99", ""), (" 36", "M")])
def test_impossible_teeth_write_nothing(clinic: Clinic, code: str, surface: str) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service)
    if code == " 36":
        assert teeth_of(clinic, add(clinic, visit, service, {code: surface})) == {"36": "M"}
        return
    with pytest.raises(RuleError):
        add(clinic, visit, service, {code: surface})
    assert clinic.count(TreatmentItem) == clinic.count(TreatmentItemTooth) == 0


@pytest.mark.both
def test_an_arch_fills_itself_without_missing_teeth_and_again_when_one_is_marked(clinic: Clinic) -> None:
    patient = clinic.make(people.patient, dentition=Dentition.MIXED)
    clinic.make(clinical.finding, patient=patient, condition=Condition.MISSING, teeth={"16": ""})
    clinic.make(clinical.finding, patient=patient, condition=Condition.MISSING, teeth={"17": ""}, layer=Layer.PLANNED)
    ended = clinic.make(clinical.finding, patient=patient, condition=Condition.MISSING, teeth={"11": ""})
    clinic.unit(lambda s: actions.end_finding(s, patient.patient_id, ended.tooth_finding_id, today=clinical.today()))
    visit = clinic.make(clinical.treatment, patient=patient)
    item = add(clinic, visit, clinic.make(clinical.service, scope=Scope.UPPER_ARCH), {"48": ""})
    first = set(teeth_of(clinic, item))
    assert len(first) == 25
    assert "16" not in first
    assert {"11", "17", "55"} <= first
    assert "48" not in first
    now, today = datetime.now(UTC), clinical.today()
    clinic.unit(
        lambda s: treating.mark_teeth(
            s, visit.treatment_id, {"24": ""}, {"condition": Condition.MISSING}, now=now, today=today
        )
    )
    assert set(teeth_of(clinic, item)) == first - {"24"}


@pytest.mark.both
def test_changing_teeth_keeps_those_that_stay_and_makes_older_forms_stale(clinic: Clinic) -> None:
    visit = clinic.make(clinical.treatment)
    item = add(clinic, visit, clinic.make(clinical.service, scope=Scope.SEVERAL_TEETH), {"36": "O", "37": ""})
    before = clinic.session.get_one(TreatmentItem, item.treatment_item_id).updated_at.isoformat()

    def note(session: Session) -> None:
        row = queries.teeth_of_items(session, [item.treatment_item_id])[item.treatment_item_id][0]
        row.note = "deep"

    clinic.unit(note)

    def change(known: str | None) -> TreatmentItem:
        return clinic.unit(
            lambda s: treating.change_item(
                s, visit.treatment_id, item.treatment_item_id, {}, {"36": "MO", "35": ""}, writer=DOCTOR,
                now=datetime.now(UTC) + timedelta(seconds=1), known=known,
            )
        )  # fmt: skip

    change(before)
    assert teeth_of(clinic, item) == {"35": "", "36": "MO"}
    rows = queries.teeth_of_items(clinic.session, [item.treatment_item_id])[item.treatment_item_id]
    assert [row.note for row in rows] == [None, "deep"]
    with pytest.raises(Conflict):
        change(before)


def test_a_discount_needs_the_right_and_stays_when_somebody_else_edits(clinic: Clinic) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service, price=100_000)
    assert add(clinic, visit, service, {"36": ""}, discount=10_000).discount == 10_000
    for discount, writer in ((10_001, DOCTOR), (1, NURSE), (100_001, clinical.ANY)):
        with pytest.raises(RuleError) as refused:
            add(clinic, visit, service, {"36": ""}, discount=discount, writer=writer)
        assert refused.value.field == "discount"
    given = add(clinic, visit, service, {"36": ""}, discount=60_000, writer=clinical.ANY)

    def edit(values: dict[str, Any]) -> TreatmentItem:
        key = given.treatment_item_id
        return clinic.unit(
            lambda s: treating.change_item(
                s, visit.treatment_id, key, values, None, writer=DOCTOR, now=datetime.now(UTC)
            )
        )

    assert edit({"performed_by": visit.doctor_id}).discount == 60_000
    with pytest.raises(RuleError):
        edit({"discount": 60_001})
    assert edit({"discount": 0}).discount == 0


@pytest.mark.both
def test_the_same_form_sent_twice_adds_once_and_another_form_adds_again(clinic: Clinic) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service)
    first = add(clinic, visit, service, {"36": "O"}, after=0)
    again = add(clinic, visit, service, {"36": "O"}, after=0)
    assert first.treatment_item_id == again.treatment_item_id
    add(clinic, visit, service, {"37": "O"}, after=0)
    add(clinic, visit, service, {"36": "O"}, after=first.treatment_item_id)
    assert clinic.count(TreatmentItem) == 3


def test_work_that_lacks_its_teeth_keeps_the_visit_from_being_treated(clinic: Clinic) -> None:
    visit = clinic.make(clinical.treatment)
    filling = clinic.make(clinical.service, surfaces_required=True)
    open_one = add(clinic, visit, filling, {})
    bare = add(clinic, visit, filling, {"36": ""})
    zone = clinical.ZONE

    def treated() -> Treatment:
        return clinic.unit(lambda s: treating.complete_walk_in(s, visit.treatment_id, now=datetime.now(UTC), zone=zone))

    with pytest.raises(RuleError) as refused:
        treated()
    assert {field for field, _ in refused.value.errors} == {
        f"item-{open_one.treatment_item_id}",
        f"item-{bare.treatment_item_id}",
    }
    for item, teeth in ((open_one, {"46": "O"}), (bare, {"36": "MO"})):
        clinic.unit(
            lambda s, item=item, teeth=teeth: treating.change_item(
                s, visit.treatment_id, item.treatment_item_id, {}, teeth, writer=DOCTOR, now=datetime.now(UTC)
            )
        )
    assert treated().status is TreatmentStatus.COMPLETED
    seen = clinic.session.get_one(Patient, visit.patient_id)
    assert seen.last_seen_at == clinic.session.get_one(Treatment, visit.treatment_id).treatment_date
    with pytest.raises(RuleError):  # what counts as treated stays so
        add(clinic, visit, filling, {})


def test_work_can_not_change_once_an_issued_invoice_names_the_visit_and_can_after_it_is_void(clinic: Clinic) -> None:
    visit = clinic.make(clinical.treatment)
    item = clinic.make(clinical.item, visit=visit)
    patient = clinic.session.get_one(Patient, visit.patient_id)
    draft = clinic.make(money.draft, patient=patient, treatment_id=visit.treatment_id)
    service = clinic.make(clinical.service)
    add(clinic, visit, service, {"35": ""})
    clinic.unit(lambda s: billing.issue_invoice(s, draft.invoice_id, money.posting(), due_days=14, vat_bp=money.VAT_BP))

    def change(session: Session) -> None:
        treating.change_item(
            session, visit.treatment_id, item.treatment_item_id, {"quantity": 2}, None, writer=DOCTOR,
            now=datetime.now(UTC),
        )  # fmt: skip

    for attempt in (
        change,
        lambda s: treating.remove_item(s, visit.treatment_id, item.treatment_item_id),
        lambda s: treating.add_item(s, visit.treatment_id, {"service_id": service.service_id}, {}, writer=DOCTOR),
    ):
        with pytest.raises(RuleError):
            clinic.unit(attempt)
    assert clinic.session.get_one(TreatmentItem, item.treatment_item_id).quantity == 1
    clinic.unit(lambda s: billing.void_invoice(s, draft.invoice_id, "mistake", money.posting()))
    clinic.unit(change)
    assert clinic.session.get_one(TreatmentItem, item.treatment_item_id).quantity == 2
    assert clinic.count(Invoice) == 1


def test_an_item_of_another_visit_is_not_found(clinic: Clinic) -> None:
    visit, other = clinic.make(clinical.treatment), clinic.make(clinical.item)
    with pytest.raises(NotFound):
        clinic.unit(lambda s: treating.remove_item(s, visit.treatment_id, other.treatment_item_id))
    assert clinic.count(TreatmentItem) == 1


def test_removing_work_takes_its_teeth_along(clinic: Clinic) -> None:
    item = clinic.make(clinical.item)
    clinic.unit(lambda s: treating.remove_item(s, item.treatment_id, item.treatment_item_id))
    assert clinic.count(TreatmentItem) == clinic.count(TreatmentItemTooth) == 0


def test_a_service_that_is_switched_off_is_not_written(clinic: Clinic) -> None:
    visit, service = clinic.make(clinical.treatment), clinic.make(clinical.service, is_active=False)
    with pytest.raises(RuleError) as refused:
        add(clinic, visit, service, {"36": ""})
    assert refused.value.field == "service_id"


@pytest.mark.both
def test_a_diagnosis_is_there_once_for_each_tooth(clinic: Clinic) -> None:
    visit = clinic.make(clinical.treatment)
    clinic.make(clinical.diagnosis, visit=visit, **{"36": "", "37": ""})
    clinic.make(clinical.diagnosis, visit=visit, **{"36": ""})
    clinic.make(clinical.diagnosis, visit=visit)
    clinic.make(clinical.diagnosis, visit=visit)
    assert clinic.count(TreatmentDiagnosis) == 3
    with pytest.raises(RuleError):
        clinic.make(clinical.diagnosis, visit=visit, **{"19": ""})


@pytest.mark.both
def test_a_finding_is_marked_once_and_again_after_it_ended(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)

    def mark(surfaces: str) -> list[ToothFinding]:
        wanted = {"condition": Condition.CARIES}
        return clinic.unit(
            lambda s: actions.add_findings(s, patient.patient_id, {"36": surfaces}, wanted, today=clinical.today())
        )

    first = mark("O")[0]
    assert mark("O") == []
    assert [row.surfaces for row in mark("MO")] == ["M"]
    key = first.tooth_finding_id
    clinic.unit(lambda s: actions.end_finding(s, patient.patient_id, key, today=clinical.today()))
    assert clinic.session.get_one(ToothFinding, key).ended_on == clinical.today()
    assert [row.surfaces for row in mark("O")] == ["O"]
    other = clinic.make(people.patient)
    with pytest.raises(NotFound):
        clinic.unit(lambda s: actions.end_finding(s, other.patient_id, key, today=clinical.today()))


def test_a_case_is_an_earlier_first_visit_of_the_same_patient(clinic: Clinic) -> None:
    patient, now = clinic.make(people.patient), datetime.now(UTC)
    ages = (30, 20, 10)
    first, second, third = (
        clinic.make(clinical.treatment, patient=patient, treatment_date=now - timedelta(days=days)) for days in ages
    )
    stranger = clinic.make(clinical.treatment, treatment_date=now - timedelta(days=40))

    def put(visit: Treatment, case: Treatment | None) -> None:
        def write(session: Session) -> None:
            row = actions.locked_treatment(session, visit.treatment_id)
            actions.change_visit(session, row, {"case_id": case.treatment_id if case else None})

        clinic.unit(write)

    put(second, first)
    for visit, case in ((third, second), (first, second), (third, stranger), (third, third), (first, third)):
        with pytest.raises(RuleError) as refused:
            put(visit, case)
        assert refused.value.field == "case_id"
    put(third, first)
    assert queries.case_sizes(clinic.session, [first.treatment_id, stranger.treatment_id]) == {
        first.treatment_id: 3,
        stranger.treatment_id: 1,
    }
    with pytest.raises(RuleError):  # others continue it
        put(first, stranger)
    put(second, None)


def test_a_visit_that_has_not_happened_is_no_treatment(clinic: Clinic) -> None:
    with pytest.raises(RuleError) as refused:
        clinic.make(clinical.treatment, treatment_date=datetime.now(UTC) + timedelta(hours=1))
    assert refused.value.field == "treatment_date"


def test_a_visit_with_an_appointment_is_not_completed_behind_its_back(clinic: Clinic) -> None:
    booked = clinic.make(scheduling.appointment, status=AppointmentStatus.IN_TREATMENT)
    visit = queries.treatment_of_appointment(clinic.session, booked.appointment_id)
    assert visit is not None
    key = visit.treatment_id
    with pytest.raises(RuleError):
        clinic.unit(lambda s: treating.complete_walk_in(s, key, now=datetime.now(UTC), zone=clinical.ZONE))


def test_the_outcome_is_written_later(clinic: Clinic) -> None:
    item, today = clinic.make(clinical.item), clinical.today()

    def write(session: Session) -> None:
        row = session.get_one(TreatmentItem, item.treatment_item_id)
        actions.set_outcome(session, row, Outcome.GOOD, today, worked_on=today, today=today)

    clinic.unit(write)
    assert clinic.session.get_one(TreatmentItem, item.treatment_item_id).outcome is Outcome.GOOD


def test_a_patients_visits_take_the_same_statements_however_many_there_are(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    counts = []
    for _ in range(2):
        for _ in range(4):
            visit = clinic.make(clinical.treatment, patient=patient)
            clinic.make(clinical.item, visit=visit)
            clinic.make(clinical.diagnosis, visit=visit, **{"36": ""})
        session = clinic.session
        with clinic.statements() as seen:
            found = queries.treatments_of_patient(session, patient.patient_id)
            for one in found:
                assert one.treatment.doctor.title
                assert [row.tooth.code for item in one.items for row in one.teeth[item.treatment_item_id]] == ["36"]
                assert one.diagnoses[0].tooth is not None
        counts.append(len(seen))
    assert len(found) == 8
    assert counts[0] == counts[1] <= 4
