"""Prescriptions: drafts, allergies, numbers, and what can't change any more."""

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.catalogue.models import Medicine
from app.clinical import actions, queries
from app.clinical.models import Prescription, PrescriptionItem, Treatment
from app.clinical.rules import PrescriptionStatus, Route
from app.kernel.errors import Conflict, NotFound, RuleError
from app.people.models import MedicalHistoryEntry, Patient
from app.people.rules import Allergen, PositionType
from app.scheduling.models import Appointment
from app.security.rules import Locale
from tests.factories import clinical, people, scheduling
from tests.factories.clinic import Clinic


def issue(clinic: Clinic, key: int, **values: Any) -> Prescription:
    def write(session: Session) -> Prescription:
        row = actions.locked_prescription(session, key)
        base = {"doctor_id": row.doctor_id, "by": None, "now": datetime.now(UTC), "today": clinical.today()}
        return actions.issue_prescription(session, row, **{**base, **values})

    return clinic.unit(write)


def visit_with_allergy(clinic: Clinic) -> tuple[Treatment, Medicine]:
    patient = clinic.make(people.patient)
    clinic.make(people.allergy, person=patient, name="Пенициллин", allergen=Allergen.PENICILLIN)
    return clinic.make(clinical.treatment, patient=patient), clinic.make(clinical.medicine, allergens=["penicillin"])


@pytest.mark.both
def test_the_first_medicine_makes_the_draft_and_the_last_one_takes_it_along(clinic: Clinic) -> None:
    visit = clinic.make(clinical.treatment)
    first, second = clinic.make(clinical.draft, visit=visit), clinic.make(clinical.draft, visit=visit)
    assert first.prescription_id == second.prescription_id
    draft = queries.draft_of(clinic.session, visit.treatment_id)
    assert draft is not None
    assert draft.status is PrescriptionStatus.DRAFT
    for item in (first, second):
        clinic.unit(lambda s, item=item: actions.remove_medicine(s, item.prescription_item_id))
    assert clinic.count(Prescription) == clinic.count(PrescriptionItem) == 0


def test_a_medicine_stands_once_on_a_prescription(clinic: Clinic) -> None:
    visit, medicine = clinic.make(clinical.treatment), clinic.make(clinical.medicine)
    clinic.make(clinical.draft, visit=visit, of=medicine)
    with pytest.raises(Conflict) as refused:
        clinic.make(clinical.draft, visit=visit, of=medicine)
    assert refused.value.field == "medicine_id"
    assert clinic.count(PrescriptionItem) == 1


@pytest.mark.both
def test_an_allergy_stops_until_there_is_a_reason(clinic: Clinic) -> None:
    visit, penicillin = visit_with_allergy(clinic)
    with pytest.raises(RuleError) as refused:
        clinic.make(clinical.draft, visit=visit, of=penicillin)
    assert refused.value.field == "override_reason"
    assert clinic.count(Prescription) == 0
    item = clinic.make(clinical.draft, visit=visit, of=penicillin, override_reason="test was negative")
    assert item.override_reason == "test was negative"
    assert issue(clinic, item.prescription_id).status is PrescriptionStatus.ISSUED


def test_a_reason_is_kept_only_where_there_is_an_allergy(clinic: Clinic) -> None:
    assert clinic.make(clinical.draft, override_reason="just so").override_reason is None


@pytest.mark.both
def test_an_allergy_told_after_the_draft_stops_its_issue(clinic: Clinic) -> None:
    visit, medicine = clinic.make(clinical.treatment), clinic.make(clinical.medicine, allergens=["nsaid"])
    item = clinic.make(clinical.draft, visit=visit, of=medicine)
    patient = clinic.session.get_one(Patient, visit.patient_id)
    entry = clinic.make(people.allergy, person=patient, name="Ибупрофен", allergen=Allergen.NSAID)
    with pytest.raises(RuleError):
        issue(clinic, item.prescription_id)
    assert clinic.session.get_one(Prescription, item.prescription_id).number is None

    def over(session: Session) -> None:
        session.get_one(MedicalHistoryEntry, entry.medical_history_entry_id).until = date(2020, 1, 1)

    clinic.unit(over)
    assert issue(clinic, item.prescription_id).number is not None


@pytest.mark.both
def test_an_issued_prescription_can_not_change(clinic: Clinic) -> None:
    visit = clinic.make(clinical.treatment)
    prescription = clinic.make(clinical.prescription, visit=visit)
    key = prescription.prescription_id
    item = queries.items_of_prescriptions(clinic.session, [key])[key][0].prescription_item_id
    values = {"dosage": "9", "frequency": "9", "quantity": 9}
    for attempt in (
        lambda s: actions.change_medicine(s, item, values, today=clinical.today()),
        lambda s: actions.remove_medicine(s, item),
        lambda s: actions.discard_draft(s, actions.locked_prescription(s, key)),
    ):
        with pytest.raises(RuleError):
            clinic.unit(attempt)
    with pytest.raises(RuleError):
        issue(clinic, key)
    kept = queries.items_of_prescriptions(clinic.session, [key])[key]
    assert [row.dosage for row in kept] == ["1 шахмал"]
    assert clinic.make(clinical.draft, visit=visit).prescription_id != key  # the next medicine begins a new draft


def test_the_number_has_the_clinics_prefix_and_the_year(clinic: Clinic) -> None:
    item = clinic.make(clinical.draft)
    row = issue(clinic, item.prescription_id, prefix="S-", today=date(2026, 5, 1))
    assert row.number == "S-2026-000001"


def test_a_prescription_is_issued_in_the_name_of_a_doctor(clinic: Clinic) -> None:
    item = clinic.make(clinical.draft)
    nurse = clinic.make(people.employee, kind=PositionType.NURSE)
    with pytest.raises(RuleError) as refused:
        issue(clinic, item.prescription_id, doctor_id=nurse.employee_id)
    assert refused.value.field == "doctor_id"
    other = clinic.make(people.doctor)
    assert issue(clinic, item.prescription_id, doctor_id=other.employee_id).doctor_id == other.employee_id


@pytest.mark.both
def test_a_refused_issue_takes_no_number(clinic: Clinic) -> None:
    visit, penicillin = visit_with_allergy(clinic)
    clinic.make(clinical.draft, visit=visit, of=penicillin, override_reason="x")

    def forget(session: Session) -> int:
        item = session.query(PrescriptionItem).one()
        item.override_reason = None
        return item.prescription_id

    key = clinic.unit(forget)
    with pytest.raises(RuleError):
        issue(clinic, key)
    assert clinic.make(clinical.prescription).number == f"{clinical.today().year}-000001"


def test_cancelling_needs_a_reason_and_keeps_it(clinic: Clinic) -> None:
    key = clinic.make(clinical.prescription).prescription_id

    def cancel(reason: str | None) -> Prescription:
        return clinic.unit(lambda s: actions.cancel_prescription(s, actions.locked_prescription(s, key), reason=reason))

    with pytest.raises(RuleError) as refused:
        cancel("")
    assert refused.value.field == "reason"
    row = cancel("wrong patient")
    assert (row.status, row.note) == (PrescriptionStatus.CANCELLED, "wrong patient")
    with pytest.raises(RuleError):
        cancel("again")
    draft = clinic.make(clinical.draft).prescription_id
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.cancel_prescription(s, actions.locked_prescription(s, draft), reason="x"))


def test_repeating_leaves_out_what_an_allergy_speaks_against_and_what_is_no_longer_used(clinic: Clinic) -> None:
    visit, penicillin = visit_with_allergy(clinic)
    kept, gone = clinic.make(clinical.medicine), clinic.make(clinical.medicine)
    for medicine in (penicillin, kept, gone):
        item = clinic.make(clinical.draft, visit=visit, of=medicine, override_reason="x", dosage="2 шахмал")
    issue(clinic, item.prescription_id)

    def off(session: Session) -> None:
        session.get_one(Medicine, gone.medicine_id).is_active = False

    clinic.unit(off)
    patient = clinic.session.get_one(Patient, visit.patient_id)
    later = clinic.make(clinical.treatment, patient=patient)

    def repeat(into: Treatment) -> list[Medicine]:
        def write(session: Session) -> list[Medicine]:
            source = session.get_one(Prescription, item.prescription_id)
            row = actions.locked_treatment(session, into.treatment_id)
            return actions.repeat_prescription(session, source, row, doctor_id=row.doctor_id, today=clinical.today())

        return clinic.unit(write)

    assert {row.medicine_id for row in repeat(later)} == {penicillin.medicine_id, gone.medicine_id}
    assert {row.medicine_id for row in repeat(later)} == {penicillin.medicine_id, gone.medicine_id}  # twice: no more
    draft = queries.draft_of(clinic.session, later.treatment_id)
    assert draft is not None
    written = queries.items_of_prescriptions(clinic.session, [draft.prescription_id])[draft.prescription_id]
    assert [(row.medicine_id, row.dosage) for row in written] == [(kept.medicine_id, "2 шахмал")]
    with pytest.raises(RuleError):
        repeat(clinic.make(clinical.treatment))


def test_what_the_doctor_used_before_is_offered_in_the_patients_language(clinic: Clinic) -> None:
    doctor = clinic.make(people.doctor)
    english = clinic.make(people.patient, preferred_locale=Locale.EN)
    mongolian = clinic.make(people.patient)
    first, second = clinic.make(clinical.medicine), clinic.make(clinical.medicine)
    for patient, medicine, dosage in ((mongolian, first, "old"), (mongolian, first, "new"), (english, second, "en")):
        visit = clinic.make(clinical.treatment, patient=patient, doctor=doctor)
        clinic.make(clinical.prescription, visit=visit, of=medicine, dosage=dosage)
    clinic.make(clinical.draft, visit=clinic.make(clinical.treatment, patient=mongolian, doctor=doctor), of=second)
    key = doctor.employee_id
    in_mongolian = queries.recent_directions(clinic.session, key, Locale.MN)
    assert [(row.medicine_id, row.dosage) for row in in_mongolian] == [(first.medicine_id, "new")]
    assert [row.dosage for row in queries.recent_directions(clinic.session, key, Locale.EN)] == ["en"]


def test_the_usual_directions_come_in_the_patients_language(clinic: Clinic) -> None:
    medicine = clinic.make(clinical.medicine)
    mongolian, english = (actions.usual_directions(medicine, locale) for locale in (Locale.MN, Locale.EN))
    assert (mongolian["dosage"], mongolian["frequency"], mongolian["duration"]) == (
        "1 шахмал",
        "өдөрт 3 удаа",
        "5 хоног",
    )
    assert (english["dosage"], english["instructions"]) == ("1 tablet", "Take after food.")
    assert english["route"] is Route.ORAL


def test_a_check_of_the_paper_names_nobody(clinic: Clinic) -> None:
    prescription = clinic.make(clinical.prescription)
    facts = queries.verify_facts(clinic.session, prescription.prescription_id)
    assert facts is not None
    assert prescription.number in [value for _, value in facts]
    told = " ".join(str(value) for _, value in facts)
    assert clinic.session.get_one(Patient, prescription.patient_id).first_name not in told
    assert queries.verify_facts(clinic.session, clinic.make(clinical.draft).prescription_id) is None
    assert queries.verify_facts(clinic.session, 10**9) is None


def test_what_is_not_there_is_not_found(clinic: Clinic) -> None:
    for attempt in (
        lambda s: actions.locked_prescription(s, 10**9),
        lambda s: actions.remove_medicine(s, 10**9),
        lambda s: actions.locked_treatment(s, 10**9),
    ):
        with pytest.raises(NotFound):
            clinic.unit(attempt)


def in_threads(clinic: Clinic, work: list[Any]) -> list[Any]:
    """What each piece of work answers when all begin at once, each in a request of its own."""
    start, answers = threading.Barrier(len(work)), [None] * len(work)

    def run(index: int) -> None:
        start.wait(20)
        try:
            answers[index] = clinic.apart(work[index])
        except RuleError as error:
            answers[index] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.both
def test_twenty_doctors_issuing_at_once_get_consecutive_numbers(clinic: Clinic) -> None:
    keys = [clinic.make(clinical.draft).prescription_id for _ in range(20)]
    answers = in_threads(clinic, [lambda key=key: issue(clinic, key).number for key in keys])
    year = clinical.today().year
    assert sorted(answers) == [f"{year}-{number:06d}" for number in range(1, 21)]


@pytest.mark.both
def test_one_prescription_issued_by_six_hands_at_once_is_issued_once(clinic: Clinic) -> None:
    key = clinic.make(clinical.draft).prescription_id
    answers = in_threads(clinic, [lambda: issue(clinic, key).number] * 6)
    assert len([answer for answer in answers if isinstance(answer, str)]) == 1
    assert len([answer for answer in answers if isinstance(answer, RuleError)]) == 5
    assert clinic.make(clinical.prescription).number == f"{clinical.today().year}-000002"


@pytest.mark.both
def test_two_medicines_written_at_once_share_one_draft(clinic: Clinic) -> None:
    visit = clinic.make(clinical.treatment)
    medicines = [clinic.make(clinical.medicine) for _ in range(6)]

    def write(medicine: Medicine) -> int:
        values = {"medicine_id": medicine.medicine_id, "dosage": "1", "frequency": "1", "quantity": 1}

        def run(session: Session) -> int:
            row = actions.locked_treatment(session, visit.treatment_id)
            made = actions.add_medicine(session, row, values, doctor_id=row.doctor_id, today=clinical.today())
            return made.prescription_id

        return clinic.unit(run)

    answers = in_threads(clinic, [lambda medicine=medicine: write(medicine) for medicine in medicines])
    assert len(set(answers)) == 1
    assert clinic.count(PrescriptionItem) == 6


@pytest.mark.both
def test_a_visit_that_goes_into_the_chair_many_times_at_once_has_one_treatment(clinic: Clinic) -> None:
    booked = clinic.make(scheduling.appointment)
    keys = in_threads(
        clinic,
        [
            lambda: clinic.unit(
                lambda s: (
                    actions.begin_treatment(
                        s, s.get_one(Appointment, booked.appointment_id), now=datetime.now(UTC)
                    ).treatment_id
                )
            )
        ]
        * 6,
    )
    assert len(set(keys)) == 1
    assert clinic.count(Treatment) == 1
