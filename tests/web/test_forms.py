"""Forms: nothing typed is lost, stale ones are refused, wrong input is answered on its field."""

import re
import threading
from datetime import time
from html.parser import HTMLParser
from typing import Any

import pytest

from app.catalogue.models import Medicine, ServiceCatalog
from app.people.models import Patient, PatientPhone
from app.scheduling.models import Shift
from tests.factories import people, scheduling
from tests.factories.clinic import Browser, Clinic

GOOD = {
    "first_name": "Мөнхбат",
    "last_name": "Дорж",
    "birthday": "1985-04-03",
    "gender": "male",
    "phones-0-phone_number_val": "9911 2233",
    "phones-1-phone_number_val": "8811 2233",
    "preferred_locale": "mn",
    "dentition": "permanent",
}


def lock_of(page: str) -> str:
    found = re.search(r'name="lock_token"[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


def edit_form(browser: Browser, key: int, **changed: Any) -> dict[str, Any]:
    page = browser.get(f"/patients/{key}/edit").text
    return {**GOOD, "lock_token": lock_of(page), **changed}


WRONG = [
    ("first_name", "", "first_name"),
    ("first_name", "x" * 31, "first_name"),
    ("first_name", "x" * 3_000_000, None),
    ("first_name", "а\x00б", "first_name"),
    ("birthday", "2026-02-30", "birthday"),
    ("birthday", "2999-01-01", "birthday"),
    ("birthday", "0001-01-01", "birthday"),
    ("birthday", "tomorrow", "birthday"),
    ("gender", "robot", "gender"),
    ("register_number", "УК0327161", "register_number"),
    ("register_number", "ЧБ85130325", "register_number"),
    ("register_number", "УК03271614", "birthday"),
    ("phones-0-phone_number_val", "12", "phones-0-phone_number_val"),
    ("phones-1-phone_number_val", "", "phones"),
    ("phones-1-phone_number_val", "9911 2233", "phones-1-phone_number_val"),
    ("assigned_doctor_id", "999999", "assigned_doctor_id"),
    ("assigned_doctor_id", "1; DROP TABLE", "assigned_doctor_id"),
    ("email", "e" * 300, "email"),
    ("blood_type", "Z+", "blood_type"),
]


@pytest.mark.both
@pytest.mark.parametrize(("field", "typed", "named"), WRONG, ids=lambda v: str(v)[:24])
def test_wrong_input_is_answered_on_its_field_and_nothing_is_written(
    clinic: Clinic, field: str, typed: str, named: str | None
) -> None:
    before = clinic.count(Patient), clinic.count(PatientPhone)
    answer = clinic.client("Receptionist").submit(
        "/patients/add", {**GOOD, "address": "Баянгол 5-р хороо", field: typed}
    )
    assert 400 <= answer.status_code < 500
    assert (clinic.count(Patient), clinic.count(PatientPhone)) == before
    if named:
        assert f'id="{named}-error"' in answer.text
        assert "Баянгол 5-р хороо" in answer.text
        assert 'value="9911 2233"' in answer.text or field == "phones-0-phone_number_val"


def test_every_message_is_in_the_readers_language(clinic: Clinic) -> None:
    def messages(locale: str) -> list[str]:
        page = clinic.client("Receptionist", locale=locale).submit("/patients/add", {"birthday": "x"}).text
        return re.findall(r'class="field-error"[^>]*>.*?<span>(.*?)</span>', page, re.DOTALL)

    english, mongolian = messages("en"), messages("mn")
    assert len(english) == len(mongolian) > 1
    assert not any(re.search("[А-Яа-я]", text) for text in english)
    assert not any(re.search("[A-Za-z]{3}", text) for text in mongolian)


@pytest.mark.both
def test_a_form_made_from_an_older_state_is_refused_and_keeps_what_was_typed(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    first, second = clinic.client("Receptionist"), clinic.client("Admin")
    mine, theirs = edit_form(first, key, address="Миний хаяг"), edit_form(second, key, address="Тэдний хаяг")
    assert second.submit(f"/patients/{key}/edit", theirs).status_code == 302
    answer = first.submit(f"/patients/{key}/edit", mine)
    assert answer.status_code == 409
    assert "Миний хаяг" in answer.text
    assert "Stored now: Тэдний хаяг" in answer.text
    assert clinic.session.get_one(Patient, key).address == "Тэдний хаяг"
    again = {**mine, "lock_token": lock_of(answer.text)}
    assert first.submit(f"/patients/{key}/edit", again).status_code == 302


@pytest.mark.both
def test_of_two_simultaneous_saves_of_one_state_one_is_refused(clinic: Clinic) -> None:
    key = clinic.make(people.patient).patient_id
    browsers = [clinic.client("Receptionist"), clinic.client("Admin")]
    forms = [edit_form(browser, key, address=f"Хаяг {i}") for i, browser in enumerate(browsers)]
    statuses: list[int] = []

    def save(browser: Browser, form: dict[str, Any]) -> None:
        statuses.append(browser.submit(f"/patients/{key}/edit", form).status_code)

    threads = [threading.Thread(target=save, args=pair) for pair in zip(browsers, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 409]


@pytest.mark.both
def test_the_same_register_number_at_once_is_one_patient(clinic: Clinic) -> None:
    """Trap 14: a duplicate key is 409 with a message, not 500."""
    statuses: list[int] = []
    form = {**GOOD, "register_number": "ЧБ85040315", "knows_likely_duplicates": "y"}
    browsers = [clinic.client("Receptionist") for _ in range(6)]

    def save(browser: Browser, number: int) -> None:
        phones = {
            "phones-0-phone_number_val": f"9911 22{number:02d}",
            "phones-1-phone_number_val": f"8811 22{number:02d}",
        }
        statuses.append(browser.submit("/patients/add", {**form, **phones}).status_code)

    threads = [threading.Thread(target=save, args=(browser, i)) for i, browser in enumerate(browsers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, *([409] * 5)]


def test_columns_that_are_not_on_the_form_can_not_be_slipped_in(clinic: Clinic) -> None:
    key = clinic.user("Admin").id
    form = {
        **GOOD,
        "user_id": str(key),
        "patient_id": "77",
        "status": "3",
        "is_provisional": "y",
        "first_seen_at": "2020-01-01",
    }
    assert clinic.client("Receptionist").submit("/patients/add", form).status_code == 302
    found = clinic.session.query(Patient).filter_by(first_name="Мөнхбат").one()
    assert found.user_id is None
    assert found.patient_id != 77
    assert not found.is_provisional
    assert found.first_seen_at is None


def test_markup_is_shown_as_it_was_typed(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    assert (
        desk.submit("/patients/add", {**GOOD, "first_name": "<b onload=x>", "note": "<script>1</script>"}).status_code
        == 302
    )
    key = clinic.session.query(Patient).filter_by(first_name="<b onload=x>").one().patient_id
    for path in ("/patients", f"/patients/{key}", f"/patients/{key}/edit", "/search?q=onload"):
        page = desk.get(path).text
        assert "<b onload" not in page
        assert "<script>1" not in page


def test_somebody_who_may_be_registered_already_is_shown_first(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    assert desk.submit("/patients/add", GOOD).status_code == 302
    form = {**GOOD, "phones-0-phone_number_val": "9911 0000", "phones-1-phone_number_val": "9911 0001"}
    answer = desk.submit("/patients/add", form)
    assert answer.status_code == 409
    assert "knows_likely_duplicates" in answer.text
    assert clinic.count(Patient, Patient.first_name == "Мөнхбат") == 1
    assert desk.submit("/patients/add", {**form, "knows_likely_duplicates": "y"}).status_code == 302
    assert clinic.count(Patient, Patient.first_name == "Мөнхбат") == 2


def test_the_register_number_fills_birthday_and_gender(clinic: Clinic) -> None:
    form = {**GOOD, "register_number": "ук 03271614", "birthday": "", "gender": ""}
    assert clinic.client("Receptionist").submit("/patients/add", form).status_code == 302
    found = clinic.session.query(Patient).filter_by(first_name="Мөнхбат").one()
    assert (str(found.birthday), found.gender.word, found.register_number) == ("2003-07-16", "male", "УК03271614")


def test_phones_history_and_insurer_are_saved_with_the_patient_or_not_at_all(clinic: Clinic) -> None:
    from app.insurance.models import InsurancePlan, InsuranceProvider, PatientInsurance
    from app.insurance.rules import ProviderKind
    from app.people.models import MedicalHistoryEntry

    def plan(session: Any) -> int:
        provider = InsuranceProvider(name="Монгол даатгал", kind=ProviderKind.PRIVATE)
        session.add(provider)
        session.flush()
        row = InsurancePlan(insurance_provider_id=provider.insurance_provider_id, name="Алтан")
        session.add(row)
        session.flush()
        return row.insurance_plan_id

    form = {
        **GOOD,
        "history-0-kind": "allergy", "history-0-name": "Новокаин", "history-0-severity": "critical",
        "insurance-0-insurance_plan_id": str(clinic.unit(plan)), "insurance-0-policy_number": "",
    }  # fmt: skip
    desk = clinic.client("Receptionist")
    answer = desk.submit("/patients/add", form)
    assert answer.status_code == 422
    assert 'id="insurance-0-policy_number-error"' in answer.text
    assert clinic.count(MedicalHistoryEntry) == 0
    assert desk.submit("/patients/add", {**form, "insurance-0-policy_number": "A-1"}).status_code == 302
    assert clinic.count(MedicalHistoryEntry) == clinic.count(PatientInsurance) == 1
    key = clinic.session.query(Patient).filter_by(first_name="Мөнхбат").one().patient_id
    assert "Новокаин" in desk.get(f"/patients/{key}").text


def test_a_delete_of_a_row_that_others_refer_to_says_so(clinic: Clinic) -> None:
    relation = clinic.make(people.relation)
    admin = clinic.client("Admin")
    assert admin.submit(f"/patient-relations/{relation.patient_relation_id}/delete").status_code == 302
    assert admin.submit("/patient-relations/424242/delete").status_code == 404


class Fields(HTMLParser):
    """What a browser would send of the page's form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.select = ""
        self.feed(page[page.index("js-form") :].partition("<template")[0])

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        has = dict(attrs)
        if tag == "select":
            self.select = has.get("name") or ""
        elif tag == "option" and "selected" in has:
            self.found[self.select] = [has.get("value") or ""]
        elif tag == "input" and (has.get("type") not in ("checkbox", "radio") or "checked" in has) and has.get("name"):
            self.found.setdefault(has["name"], []).append(has.get("value") or "")


@pytest.mark.parametrize(
    ("path", "there"),
    [("/services/1", {"price": 1}), ("/medicines/1", {"allergens": ["latex"]}), ("/shifts/1", {"start_time": time(7)})],
)
def test_every_kind_of_field_can_be_compared_after_a_conflict(clinic: Clinic, path: str, there: dict[str, Any]) -> None:
    models = {"services": ServiceCatalog, "medicines": Medicine, "shifts": Shift}
    clinic.make(scheduling.shift)
    admin = clinic.client("Admin")
    mine = Fields(admin.get(f"{path}/edit").text).found

    def change(session: Any) -> None:
        row = session.get_one(models[path.split("/")[1]], 1)
        for name, value in there.items():
            setattr(row, name, value)

    clinic.unit(change)
    answer = admin.submit(f"{path}/edit", mine)
    assert answer.status_code == 409
    assert f"Stored now: {'1' if 'price' in there else '07:00' if 'start_time' in there else 'Latex'}" in answer.text
