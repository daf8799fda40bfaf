"""The history of a record: who changed what when, in words, for who may read the record."""

import re

import pytest

from app.catalogue.models import ServiceType
from app.kernel.phones import show_phone
from app.people.models import Employee, EmployeePhone
from tests.factories import catalogue, people
from tests.factories.clinic import Clinic


@pytest.mark.both
def test_a_change_is_told_with_who_and_what_it_was(clinic: Clinic) -> None:
    key = clinic.make(catalogue.service_type).service_type_id
    before = clinic.session.get_one(ServiceType, key)
    code, name = before.code, before.name_en
    values = {"code": code, "name_mn": "Шинэ нэр", "name_en": "A new name", "sort_order": "7"}
    admin = clinic.client("Admin")
    token = admin.get(f"/service-types/{key}/edit").text.split('name="lock_token"')[1].split('value="')[1].split('"')[0]
    answer = admin.submit(f"/service-types/{key}/edit", {**values, "lock_token": token})
    assert answer.status_code == 302
    page = re.sub("<[^>]+>", "", admin.get(f"/service-types/{key}/changes").text)
    assert "Admin Туршилт" in page
    assert f"{name} → A new name" in page
    assert "Name in English" in page
    assert "updated_at" not in page


def test_rows_inside_the_form_belong_to_the_history_also_when_they_are_gone(clinic: Clinic) -> None:
    employee = clinic.make(people.doctor)
    phone = clinic.session.query(EmployeePhone).filter_by(employee_id=employee.employee_id).first()
    number = phone.phone_number_val
    clinic.unit(lambda s: s.delete(s.get_one(EmployeePhone, phone.phone_number_id)))
    clinic.unit(lambda s: setattr(s.get_one(Employee, employee.employee_id), "specialization", "Гажиг засал"))
    page = clinic.client("Manager").get(f"/employees/{employee.employee_id}/changes").text
    assert show_phone(number) in page
    assert "Гажиг засал" in page
    other = clinic.make(people.doctor)
    assert "Гажиг засал" not in clinic.client("Manager").get(f"/employees/{other.employee_id}/changes").text


def test_only_who_may_read_the_record_reads_its_history(clinic: Clinic) -> None:
    key = clinic.make(people.doctor).employee_id
    for role, status in (("Manager", 200), ("Receptionist", 403), ("Nurse", 403), (None, 302)):
        assert clinic.client(role).get(f"/employees/{key}/changes").status_code == status, role
    assert clinic.client("Admin").get("/employees/98765/changes").status_code == 404
    assert clinic.client("Admin").get(f"/employees/{key}/changes?page=-3").status_code == 200


def test_references_are_named_and_secrets_are_not_told(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    doctor = clinic.make(people.doctor)
    clinic.unit(lambda s: setattr(s.merge(patient), "assigned_doctor_id", doctor.employee_id))
    page = clinic.client("Receptionist").get(f"/patients/{patient.patient_id}/changes").text
    assert str(doctor.title) in page
    user = clinic.user("Nurse").id
    told = clinic.client("Admin").get(f"/users/{user}/changes").text
    assert "argon2" not in told
    assert "totp" not in told


def test_it_has_pages(clinic: Clinic) -> None:
    key = clinic.make(catalogue.service_type).service_type_id
    for number in range(25):
        clinic.unit(lambda s, n=number: setattr(s.get_one(ServiceType, key), "sort_order", 100 + n))
    admin = clinic.client("Admin")
    first, second = (admin.get(f"/service-types/{key}/changes?page={page}").text for page in (1, 2))
    assert "→ 124" in first
    assert "→ 101" not in first
    assert "→ 101" in second
    with clinic.statements() as seen:
        admin.get(f"/service-types/{key}/changes")
    assert len(seen) <= 8
