"""The list of patients shows a balance only to those who may see one."""

import sqlalchemy as sa

from app.people.models import Patient
from app.security import actions
from tests.factories import billing
from tests.factories.clinic import Clinic


def test_the_balance_stands_in_the_list_and_its_export_for_those_who_may_see_it(clinic: Clinic) -> None:
    clinic.make(billing.invoice)
    assert "Balance" in clinic.client("Receptionist").get("/patients").text
    assert "Balance" in clinic.client("Receptionist").get("/patients/export.csv").text
    nurse = clinic.client("Nurse").get("/patients")
    assert nurse.status_code == 200
    assert clinic.session.scalar(sa.select(sa.func.count(Patient.patient_id)))
    assert "Balance" not in nurse.text
    clinic.unit(lambda s: actions.change_grants(s, "Nurse", {("can_use", "right:export")}, set(), ["Admin"]))
    assert "Balance" not in clinic.client("Nurse").get("/patients/export.csv").text
