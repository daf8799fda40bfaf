"""A patient is registered, and changed later: by form, on both databases, all of it or nothing."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
from app.insurance.rules import PolicyOrder, ProviderKind
from app.jobs.models import DocumentCounter
from app.kernel.errors import Conflict
from app.people import actions, queries
from app.people.models import MedicalHistoryEntry, Patient, PatientPhone, PatientSearch
from app.people.rules import HistoryKind, PatientStatus, PhoneLabel, Severity
from app.scheduling.rules import Terms
from app.workflows.booking import book_visit
from tests.factories import people, scheduling
from tests.factories.clinic import CAST, Browser, Clinic

WRITERS = {"Admin", "Manager", "Doctor", "Receptionist"}
FORM = {
    "first_name": "Мөнхбат", "last_name": "Дорж", "register_number": "ЧБ85040325", "address": "Баянгол 5-р хороо",
    "phones-0-phone_number_val": "9911 2233", "phones-0-label": "self",
    "phones-1-phone_number_val": "+976 8811-2233", "phones-1-label": "mother", "phones-1-is_primary": "y",
    "preferred_locale": "en", "dentition": "permanent", "sms_opt_in": "y",
}  # fmt: skip
ALLERGY = {"history-0-kind": "allergy", "history-0-name": "Новокаин", "history-0-severity": "critical"}


def plan(session: Any) -> int:
    provider = InsuranceProvider(name="Монгол даатгал", kind=ProviderKind.PRIVATE)
    session.add(provider)
    session.flush()
    row = InsurancePlan(insurance_provider_id=provider.insurance_provider_id, name="Алтан")
    session.add(row)
    session.flush()
    return row.insurance_plan_id


def only(clinic: Clinic, name: str = "Мөнхбат") -> Patient:
    return clinic.session.scalars(sa.select(Patient).where(Patient.first_name == name)).one()


def tables(clinic: Clinic) -> tuple[int, ...]:
    return tuple(clinic.count(m) for m in (Patient, PatientPhone, PatientSearch, MedicalHistoryEntry, PatientInsurance))


@pytest.mark.both
def test_one_form_makes_the_whole_patient(clinic: Clinic) -> None:
    policy = {"insurance-0-insurance_plan_id": str(clinic.unit(plan)), "insurance-0-policy_number": "A-1"}
    desk = clinic.client("Receptionist")
    answer = desk.submit("/patients/add", {**FORM, **ALLERGY, **policy})
    assert answer.status_code == 302, answer.text
    patient = only(clinic)
    key = patient.patient_id
    assert answer.location.endswith(f"/patients/{key}")
    assert (patient.birthday, patient.gender.word) == (date(1985, 4, 3), "female"), "the register number says so"
    assert (patient.status, patient.preferred_locale, patient.sms_opt_in) == (PatientStatus.ACTIVE, "en", True)
    assert (patient.email_opt_in, patient.is_provisional, patient.last_seen_at) == (False, False, None)
    assert re.fullmatch(r"\d{6}", patient.card_number)
    phones = queries.phones_of_patients(clinic.session, [key])[key]
    assert [(row.phone_number_val, row.label, row.is_primary) for row in phones] == [
        ("+97688112233", PhoneLabel.MOTHER, True),
        ("+97699112233", PhoneLabel.SELF, False),
    ]
    entry = clinic.session.scalars(sa.select(MedicalHistoryEntry)).one()
    assert (entry.kind, entry.severity, entry.patient_id) == (HistoryKind.ALLERGY, Severity.CRITICAL, key)
    assert entry.recorded_by == clinic.user("Receptionist").id
    insured = clinic.session.scalars(sa.select(PatientInsurance)).one()
    assert (insured.policy_number, insured.order, insured.patient_id) == ("A-1", PolicyOrder.PRIMARY, key)
    for typed in ("мөнхбат", "munkhbat", "чб8504", "9911", "2233", patient.card_number):
        assert key in queries.matching_ids(clinic.session, typed, 100), typed


@pytest.mark.both
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"insurance-0-insurance_plan_id": "", "insurance-0-policy_number": "A-1"}, "insurance-0-insurance_plan_id"),
        ({"history-0-name": "x" * 121}, "history-0-name"),
        ({"phones-1-phone_number_val": "12"}, "phones-1-phone_number_val"),
        ({"birthday": "1985-04-04"}, "birthday"),
    ],
)
def test_nothing_is_kept_of_a_form_of_which_a_part_is_wrong(clinic: Clinic, wrong: dict[str, str], field: str) -> None:
    before = tables(clinic), clinic.count(DocumentCounter)
    answer = clinic.client("Receptionist").submit("/patients/add", {**FORM, **ALLERGY, **wrong})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "Новокаин" in answer.text or field == "history-0-name"
    assert (tables(clinic), clinic.count(DocumentCounter)) == before, "no card number was used up either"


@pytest.mark.parametrize("field", ["register_number", "passport_number", "card_number"])
def test_a_number_that_somebody_has_names_them(clinic: Clinic, field: str) -> None:
    number = {"register_number": "ЧБ85040325", "passport_number": "E1234567", "card_number": "A-1207"}[field]
    own = {"register_number": None, "birthday": date(1985, 4, 3), "gender": 1, field: number}
    clinic.make(people.patient, first_name="Сарнай", last_name="Ганбат", **own)
    form = {**FORM, "register_number": "", "birthday": "1985-04-03", "gender": "female", field: number}
    answer = clinic.client("Receptionist").submit("/patients/add", {**form, "knows_likely_duplicates": "y"})
    assert answer.status_code == 409
    assert f'id="{field}-error"' in answer.text
    assert "Г.Сарнай" in answer.text


@pytest.mark.both
def test_card_numbers_count_up_and_step_over_what_was_typed(clinic: Clinic) -> None:
    first = int(clinic.make(people.patient).card_number)
    typed = clinic.make(people.patient, card_number=f"{first + 1:06d}").card_number
    assert [int(clinic.make(people.patient).card_number) for _ in range(2)] == [int(typed) + 1, int(typed) + 2]


def test_a_conflict_with_a_number_gives_its_card_number_back(clinic: Clinic) -> None:
    own = {"register_number": "ЧБ85040325", "birthday": None, "gender": None}
    before = int(clinic.make(people.patient, **own).card_number)
    with pytest.raises(Conflict):
        clinic.make(people.patient, **own)
    assert int(clinic.make(people.patient).card_number) == before + 1


# --- somebody who may be here already


@pytest.mark.both
@pytest.mark.parametrize(
    ("changed", "is_warned"),
    [
        ({}, True),
        ({"first_name": "монхбат"}, True),
        ({"birthday": "1990-01-01"}, True),  # the phone is the same
        ({"phones-0-phone_number_val": "95556677", "phones-1-phone_number_val": "95556678"}, True),  # the birthday is
        (
            {
                "birthday": "1990-01-01",
                "phones-0-phone_number_val": "95556677",
                "phones-1-phone_number_val": "95556678",
            },
            False,
        ),
        ({"first_name": "Ганзориг"}, False),
        ({"last_name": "Лувсан"}, False),  # a brother of the same birthday has another family name
    ],
)
def test_likely_duplicates_are_shown_before_anything_is_saved(
    clinic: Clinic, changed: dict[str, str], is_warned: bool
) -> None:
    rows = [(0, {"phone_number_val": "+97699112233"}), (1, {"phone_number_val": "+97699112234"})]
    known = clinic.make(people.patient, first_name="Мөнхбат", last_name="Дорж", own_phones=rows)
    form = {**FORM, "register_number": "", "birthday": "1985-04-03", "gender": "male", **changed}
    desk = clinic.client("Receptionist")
    answer = desk.submit("/patients/add", form)
    assert answer.status_code == (409 if is_warned else 302)
    if is_warned:
        assert f'href="/patients/{known.patient_id}"' in answer.text
        assert known.card_number in answer.text
        assert desk.submit("/patients/add", {**form, "knows_likely_duplicates": "y"}).status_code == 302


# --- callers


def caller(session: Any) -> Patient:
    day = scheduling.open_day(session)
    wanted = {
        "patient_id": None, "caller_name": "Дорж Мөнхбат", "caller_phone": "9911 2233", "chair_id": None,
        "doctor_id": people.doctor(session).employee_id, "start_at": scheduling.at(day, "10:00"),
        "override_reason": "x",
    }  # fmt: skip
    terms = Terms(scheduling.ZONE, may_override=True)
    row = book_visit(session, wanted, by_user=None, now=datetime.now(UTC), terms=terms)
    return session.get_one(Patient, row.patient_id)


@pytest.mark.both
def test_a_caller_is_a_provisional_patient_with_a_name_and_a_phone(clinic: Clinic) -> None:
    patient = clinic.make(caller)
    assert patient.is_provisional
    assert (patient.first_name, patient.birthday, patient.gender) == ("Мөнхбат", None, None)
    assert patient.patient_id in queries.matching_ids(clinic.session, "munkh 9911")
    desk = clinic.client("Receptionist")
    assert "Provisional" in desk.get(f"/patients/{patient.patient_id}").text
    listed = desk.get("/patients?is_provisional=yes").text
    assert listed.count("Мөнхбат") >= 1
    assert "Туршилт" not in listed.split('id="table-area"')[1]


@pytest.mark.both
def test_a_caller_becomes_a_whole_patient_once_everything_is_known(clinic: Clinic) -> None:
    key = clinic.make(caller).patient_id
    desk = clinic.client("Receptionist")
    form = {**FORM, "lock_token": lock_of(desk, key), "register_number": "", "birthday": "", "gender": ""}
    one_phone = {name: value for name, value in form.items() if not name.startswith("phones-1")}
    assert desk.submit(f"/patients/{key}/edit", one_phone).status_code == 302
    assert clinic.session.get_one(Patient, key).is_provisional
    whole = {**FORM, "lock_token": lock_of(desk, key)}
    assert desk.submit(f"/patients/{key}/edit", whole).status_code == 302
    patient = clinic.session.get_one(Patient, key)
    assert not patient.is_provisional
    assert (str(patient.birthday), patient.gender.word) == ("1985-04-03", "female")


def test_a_whole_patient_never_becomes_provisional_again(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    desk = clinic.client("Receptionist")
    form = {**FORM, "lock_token": lock_of(desk, key), "register_number": "", "birthday": "", "gender": "male"}
    answer = desk.submit(f"/patients/{key}/edit", {**form, "is_provisional": "y"})
    assert answer.status_code == 422
    assert 'id="birthday-error"' in answer.text


# --- visits


@pytest.mark.both
def test_a_visit_belongs_to_the_clinics_day_and_not_to_greenwichs(clinic: Clinic) -> None:
    """At seven in the morning in Ulaanbaatar it is still yesterday there."""
    today, zone = date(2026, 11, 21), scheduling.ZONE
    seen = datetime(2026, 5, 21, 7, tzinfo=zone)

    def visit(session: Any) -> PatientStatus:
        patient = people.patient(session)
        actions.note_visit(patient, seen, today, zone)
        actions.note_visit(patient, seen.replace(year=2020), today, zone)
        session.flush()
        assert (patient.first_seen_at, patient.last_seen_at) == (seen.replace(year=2020), seen)
        return patient.status

    assert clinic.unit(visit) is PatientStatus.ACTIVE


# --- changes


def lock_of(browser: Browser, key: int) -> str:
    found = re.search(r'name="lock_token"[^>]*value="([^"]*)"', browser.get(f"/patients/{key}/edit").text)
    assert found
    return found[1]


@pytest.mark.both
def test_a_change_of_name_and_phone_changes_how_somebody_is_found(clinic: Clinic) -> None:
    rows = [(0, {"phone_number_val": "+97695550001"}), (1, {"phone_number_val": "+97695550002"})]
    key = clinic.make(people.patient, first_name="Сарнай", last_name="Ганбат", own_phones=rows).patient_id
    desk = clinic.client("Receptionist")
    form = {**FORM, "register_number": "", "birthday": "1985-04-03", "gender": "female"}
    assert desk.submit(f"/patients/{key}/edit", {**form, "lock_token": lock_of(desk, key)}).status_code == 302
    session = clinic.session
    for typed, is_found in (("мөнхбат", True), ("9911 2233", True), ("сарнай", False), ("9555", False)):
        assert (key in queries.matching_ids(session, typed, 500)) is is_found, typed
    wanted = queries.search_keys(session.get_one(Patient, key), ["+97699112233", "+97688112233"])
    kept = session.execute(sa.select(PatientSearch.kind, PatientSearch.key).where(PatientSearch.patient_id == key))
    assert {tuple(row) for row in kept} == wanted


def test_a_phone_that_stays_keeps_its_row(clinic: Clinic) -> None:
    rows = [(0, {"phone_number_val": "+97699112233"}), (1, {"phone_number_val": "+97695550002"})]
    patient = clinic.make(people.patient, own_phones=rows)
    before = {r.phone_number_val: r.phone_number_id for r in clinic.session.scalars(sa.select(PatientPhone))}
    new = [(0, {"phone_number_val": "+97699112233"}), (1, {"phone_number_val": "+97688112233", "is_primary": True})]
    clinic.unit(lambda s: actions.change_phones(s, s.get_one(Patient, patient.patient_id), new))
    found = queries.phones_of_patients(clinic.session, [patient.patient_id])[patient.patient_id]
    assert [row.phone_number_val for row in found] == ["+97688112233", "+97699112233"]
    assert found[1].phone_number_id == before["+97699112233"]


@pytest.mark.parametrize("role", [*CAST, None])
def test_who_may_register_and_change(clinic: Clinic, role: str | None) -> None:
    key = clinic.make(people.patient).patient_id
    before, browser = clinic.count(Patient), clinic.client(role)
    expected = 200 if role in WRITERS else 302 if role is None else 403
    for path in ("/patients/add", f"/patients/{key}/edit"):
        assert browser.get(path).status_code == expected
    answer = browser.submit("/patients/add", FORM)
    assert answer.status_code == (302 if role in WRITERS or role is None else 403)
    assert clinic.count(Patient) == before + (1 if role in WRITERS else 0)
    assert browser.submit(f"/patients/{key}/delete").status_code in (302, 403, 404, 405)
    assert clinic.session.get(Patient, key) is not None, "a patient is never deleted"
