"""What patients told of their health: confirmed by a doctor, ended when it no longer holds."""

from datetime import timedelta

import pytest

from app.people.models import MedicalHistoryEntry
from app.people.rules import ToldBy
from tests.factories import people
from tests.factories.clinic import Clinic


def told(clinic: Clinic) -> int:
    row = clinic.make(people.allergy)
    clinic.unit(lambda s: setattr(s.get_one(MedicalHistoryEntry, row.row_id), "told_by", ToldBy.PATIENT))
    return int(row.row_id)


def entry(clinic: Clinic, key: int) -> MedicalHistoryEntry:
    return clinic.session.get_one(MedicalHistoryEntry, key)


@pytest.mark.parametrize(
    ("role", "confirms", "ends"),
    [
        ("Doctor", 303, 303), ("Admin", 403, 303), ("Receptionist", 403, 303), ("Nurse", 403, 403),
        ("Coordinator", 403, 403), ("Patient", 403, 403),
    ],
)  # fmt: skip
def test_who_confirms_and_who_ends(clinic: Clinic, role: str, confirms: int, ends: int) -> None:
    key, browser = told(clinic), clinic.client(role)
    assert browser.submit(f"/medical-history/{key}/confirm").status_code == confirms
    assert (entry(clinic, key).confirmed_by is not None) is (confirms == 303)
    assert browser.submit(f"/medical-history/{key}/end").status_code == ends
    assert entry(clinic, key).until == (clinic.today if ends == 303 else None)


def test_what_is_confirmed_leaves_the_list_of_what_waits(clinic: Clinic) -> None:
    key, doctor = told(clinic), clinic.client("Doctor")
    assert f'"/medical-history/{key}"' in doctor.get("/medical-history?only=told").text
    doctor.submit(f"/medical-history/{key}/confirm")
    by = entry(clinic, key).confirmed_by
    doctor.submit(f"/medical-history/{key}/confirm")
    assert entry(clinic, key).confirmed_by == by
    assert f'"/medical-history/{key}"' not in doctor.get("/medical-history?only=told").text
    assert doctor.submit("/medical-history/987654/confirm").status_code == 404


def test_what_begins_later_ends_no_earlier(clinic: Clinic) -> None:
    key = told(clinic)
    tomorrow = clinic.today + timedelta(days=1)
    clinic.unit(lambda s: setattr(s.get_one(MedicalHistoryEntry, key), "since", tomorrow))
    clinic.client("Doctor").submit(f"/medical-history/{key}/end")
    assert entry(clinic, key).until == tomorrow
