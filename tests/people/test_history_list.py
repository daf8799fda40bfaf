"""The list of medical histories: alerts first, what nobody confirmed in a word, what ended last; confirming many."""

from datetime import timedelta
from typing import Any

import pytest

from app.people.models import MedicalHistoryEntry
from app.people.rules import HistoryKind, Severity, ToldBy
from tests.factories import people
from tests.factories.clinic import Clinic

CRITICAL = {"kind": HistoryKind.ALLERGY, "severity": Severity.CRITICAL}


def entry(clinic: Clinic, name: str, **values: Any) -> int:
    def make(session: Any) -> int:
        patient = people.patient(session)
        row = MedicalHistoryEntry(patient_id=patient.patient_id, name=name, **{"kind": HistoryKind.CONDITION, **values})
        session.add(row)
        session.flush()
        return int(row.row_id)

    return clinic.unit(make)


def places(text: str, *names: str) -> list[int]:
    return [text.index(name) for name in names]


@pytest.mark.both
def test_alerts_come_first_and_what_has_ended_last(clinic: Clinic) -> None:
    entry(clinic, "Tea", severity=Severity.NOTE)
    entry(clinic, "Old poison", until=clinic.today - timedelta(days=9), **CRITICAL)
    entry(clinic, "Poison", **CRITICAL)
    entry(clinic, "Heart", severity=Severity.CAUTION)
    page = clinic.client("Doctor").get("/medical-history").text
    found = places(page, ">Poison<", ">Heart<", ">Tea<", ">Old poison<")
    assert found == sorted(found)
    ended = page[found[-1] :]
    assert "Ended" in ended
    assert "Ended" not in page[: found[-1]]


@pytest.mark.parametrize(
    ("part", "seen"),
    [
        ("alerts", {"Poison"}),
        ("told", {"Told"}),
        ("ended", {"Old poison"}),
        ("nonsense", {"Poison", "Told", "Old poison"}),
    ],
)
def test_the_parts(clinic: Clinic, part: str, seen: set[str]) -> None:
    entry(clinic, "Poison", **CRITICAL)
    entry(clinic, "Told", told_by=ToldBy.PATIENT)
    entry(clinic, "Old poison", until=clinic.today - timedelta(days=1), **CRITICAL)
    page = clinic.client("Doctor").get(f"/medical-history?only={part}").text
    assert {name for name in ("Poison", "Told", "Old poison") if f">{name}<" in page} == seen


def test_what_ends_today_still_warns_today_as_on_the_patients_screens(clinic: Clinic) -> None:
    entry(clinic, "Poison", until=clinic.today, **CRITICAL)
    for part in ("alerts", "ended"):
        assert ">Poison<" in clinic.client("Doctor").get(f"/medical-history?only={part}").text


def confirm(clinic: Clinic, role: str, keys: list[int]) -> Any:
    data = {"row": [str(key) for key in keys], "sure": "yes", "next": "/medical-history"}
    return clinic.client(role).submit("/medical-history/bulk/confirm", data)


def confirmed(clinic: Clinic, keys: list[int]) -> int:
    entries = MedicalHistoryEntry
    return clinic.count(entries, entries.medical_history_entry_id.in_(keys), entries.confirmed_by.is_not(None))


@pytest.mark.both
def test_a_doctor_confirms_many_at_once_or_none(clinic: Clinic) -> None:
    keys = [entry(clinic, f"Told {number}", told_by=ToldBy.PATIENT) for number in range(3)]
    assert "Not confirmed" in clinic.client("Doctor").get("/medical-history").text
    confirm(clinic, "Doctor", keys[:1])
    assert confirmed(clinic, keys) == 1
    confirm(clinic, "Doctor", keys)  # one is confirmed already: none
    assert confirmed(clinic, keys) == 1
    confirm(clinic, "Doctor", keys[1:])
    assert confirmed(clinic, keys) == 3


@pytest.mark.parametrize("role", ["Admin", "Receptionist", "Nurse", "Coordinator", "Manager", "Assistant", "Patient"])
def test_nobody_else_confirms_and_nobody_else_is_offered_it(clinic: Clinic, role: str) -> None:
    keys = [entry(clinic, "Told", told_by=ToldBy.PATIENT)]
    assert confirm(clinic, role, keys).status_code == 403
    assert confirmed(clinic, keys) == 0
    assert "/medical-history/bulk/" not in clinic.client(role).get("/medical-history").text
