import pytest

from app.people.models import Patient
from tests.factories import people


@pytest.mark.both
def test_registering_a_patient_by_the_form(clinic):
    desk = clinic.client("Receptionist")
    answer = desk.submit(
        "/patients/add",
        {
            "first_name": "Мөнхбат",
            "last_name": "Дорж",
            "register_number": "ЧБ85040325",
            "phones-0-phone_number_val": "9911 2233",
            "phones-1-phone_number_val": "88112233",
            "phones-0-is_primary": "y",
            "preferred_locale": "mn",
            "dentition": "permanent",
            "phones-0-label": "self",
            "phones-1-label": "mother",
            "sms_opt_in": "y",
        },
    )
    assert answer.status_code == 302, answer.text
    assert clinic.count(Patient, Patient.first_name == "Мөнхбат") == 1
    with clinic.statements() as seen:
        answer = desk.get("/patients?q=munkhbat")
    assert "Мөнхбат" in answer.text
    assert len(seen) <= 8, seen


@pytest.mark.parametrize("n", range(20))
def test_speed(clinic, n):
    clinic.make(people.patient)
