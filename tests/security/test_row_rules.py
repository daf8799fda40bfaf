"""Somebody who is only a patient reads and writes their own rows, whatever the statement forgets (trap 22)."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.db import Actor, acting_as, sqla, unit
from app.kernel.errors import NotAllowed
from app.people.models import Employee, MedicalHistoryEntry, Patient, PatientPhone
from tests.factories import people
from tests.factories.clinic import Clinic
from tests.security.attacks import attack


@pytest.fixture
def own_and_other(clinic: Clinic) -> tuple[int, int]:
    own = clinic.make(people.patient, first_name="Би").patient_id
    other = clinic.make(people.patient, first_name="Өөр").patient_id
    clinic.make(people.allergy, person=clinic.session.get_one(Patient, other))
    sqla.session.rollback()
    return own, other


def as_patient(key: int | None) -> Any:
    return acting_as(Actor(user_id=1, own_patient_id=key, is_limited=True))


@attack("A patient reads through statements that forgot to ask whose rows they are", "V8.2.2")
@pytest.mark.both
def test_every_way_of_reading_shows_only_ones_own(clinic: Clinic, own_and_other: tuple[int, int]) -> None:
    own, other = own_and_other
    with as_patient(own):
        assert [p.patient_id for p in sqla.session.scalars(sa.select(Patient))] == [own]
        assert sqla.session.get(Patient, other) is None
        assert {p.patient_id for p in sqla.session.scalars(sa.select(PatientPhone))} == {own}
        assert sqla.session.scalars(sa.select(MedicalHistoryEntry)).all() == []
        assert sqla.session.scalar(sa.select(sa.func.count()).select_from(Patient)) == 1
        joined = sa.select(PatientPhone).join(Patient).where(Patient.first_name == "Өөр")
        assert sqla.session.scalars(joined).all() == []
        assert sqla.session.scalars(sa.select(Employee)).all() == []


def test_a_patient_user_without_a_record_sees_nothing(clinic: Clinic, own_and_other: tuple[int, int]) -> None:
    with as_patient(None):
        assert sqla.session.scalars(sa.select(Patient)).all() == []


@attack("A patient writes a row for somebody else", "V8.2.2")
@pytest.mark.both
def test_a_row_can_not_be_planted_on_somebody_else(clinic: Clinic, own_and_other: tuple[int, int]) -> None:
    own, other = own_and_other
    row = {"phone_number_val": "+97699887766", "patient_id": other}
    with as_patient(own), pytest.raises(NotAllowed):
        unit(lambda s: s.add(PatientPhone(**row)))
    assert clinic.count(PatientPhone, PatientPhone.phone_number_val == "+97699887766") == 0


@attack("A patient changes many rows at once", "V8.2.2")
def test_bulk_changes_stay_inside_too(clinic: Clinic, own_and_other: tuple[int, int]) -> None:
    own, other = own_and_other
    with as_patient(own):
        unit(lambda s: s.execute(sa.update(Patient).values(note="мөр")))
    assert clinic.session.get_one(Patient, other).note is None
    assert clinic.session.get_one(Patient, own).note == "мөр"


def test_staff_are_not_limited(clinic: Clinic, own_and_other: tuple[int, int]) -> None:
    with acting_as(Actor(user_id=1)):
        assert len(sqla.session.scalars(sa.select(Patient)).all()) >= 2
