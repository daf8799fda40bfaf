"""What the clinic's work means for people: every number of rules.md, People."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.kernel.errors import RuleError
from app.people.rules import (
    Gender,
    PatientStatus,
    Severity,
    alerts,
    check_employee,
    check_patient,
    check_phones,
    complete_from_register,
    patient_status,
)

TODAY = date(2026, 11, 21)
S = PatientStatus


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (None, S.ACTIVE),
        (TODAY, S.ACTIVE),
        (date(2026, 5, 21), S.ACTIVE),
        (date(2026, 5, 20), S.WITHIN_YEAR),
        (date(2025, 11, 21), S.WITHIN_YEAR),
        (date(2025, 11, 20), S.WITHIN_FIVE_YEARS),
        (date(2021, 11, 21), S.WITHIN_FIVE_YEARS),
        (date(2021, 11, 20), S.LONG_AGO),
    ],
)
def test_the_status_follows_from_the_last_visit(last: date | None, status: PatientStatus) -> None:
    assert patient_status(last, TODAY) is status


def fields(error: RuleError) -> list[str | None]:
    return [field for field, _ in error.errors]


def test_a_register_number_fills_what_is_empty() -> None:
    filled = complete_from_register({"register_number": "ук 03271614", "birthday": None, "gender": None})
    assert (filled["register_number"], filled["birthday"]) == ("УК03271614", date(2003, 7, 16))
    assert filled["gender"] is Gender.MALE


def test_a_contradiction_is_told_on_each_field_and_names_both() -> None:
    typed = {"register_number": "УК03271614", "birthday": date(2003, 7, 17), "gender": Gender.FEMALE}
    with pytest.raises(RuleError) as caught:
        complete_from_register(typed)
    assert fields(caught.value) == ["birthday", "gender"]
    said = caught.value.errors[0][1].params
    assert said == {"says": date(2003, 7, 16), "typed": date(2003, 7, 17)}


def test_gender_other_never_contradicts_and_is_never_overwritten() -> None:
    typed = {"register_number": "УК03271614", "birthday": None, "gender": Gender.OTHER}
    assert complete_from_register(typed)["gender"] is Gender.OTHER


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"first_name": ""}, ["first_name"]),
        ({"birthday": None}, ["birthday"]),
        ({"gender": None}, ["gender"]),
        ({"birthday": TODAY + timedelta(days=1)}, ["birthday"]),
        ({"birthday": date(1896, 1, 1)}, []),
        ({"birthday": date(1895, 12, 31)}, ["birthday"]),
        ({"birthday": None, "gender": None, "is_provisional": True}, []),
        ({"first_name": None, "is_provisional": True}, ["first_name"]),
    ],
)
def test_a_patient_is_complete_or_provisional(values: dict[str, Any], wrong: list[str]) -> None:
    whole = {"first_name": "Бат", "birthday": date(1985, 4, 3), "gender": Gender.MALE, **values}
    if not wrong:
        check_patient(whole, TODAY)
        return
    with pytest.raises(RuleError) as caught:
        check_patient(whole, TODAY)
    assert fields(caught.value) == wrong


def phone(number: str, is_primary: bool = False) -> dict[str, Any]:
    return {"phone_number_val": number, "is_primary": is_primary}


@pytest.mark.parametrize(
    ("rows", "primary"),
    [
        ([phone("+97699112233"), phone("+97688112233")], "+97699112233"),
        ([phone("+97699112233"), phone("+97688112233", True)], "+97688112233"),
    ],
)
def test_exactly_one_phone_is_the_primary_one(rows: list[dict[str, Any]], primary: str) -> None:
    checked = check_phones(list(enumerate(rows)))
    assert [row["phone_number_val"] for row in checked if row["is_primary"]] == [primary]


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([(0, phone("+97699112233"))], "phones"),
        ([(0, phone("+97699112233")), (4, phone("+97699112233"))], "phones-4-phone_number_val"),
        ([(0, phone("+97699112233")), (1, phone(""))], "phones-1-phone_number_val"),
        ([(0, phone("+97699112233", True)), (2, phone("+97688112233", True))], "phones-2-is_primary"),
    ],
)
def test_phones_that_can_not_be_are_told_where_they_stand(rows: Any, field: str) -> None:
    with pytest.raises(RuleError) as caught:
        check_phones(rows)
    assert fields(caught.value) == [field]


def test_one_phone_is_enough_for_a_caller() -> None:
    assert check_phones([(0, phone("+97699112233"))], 1)[0]["is_primary"]


def test_alerts_are_the_critical_entries_that_still_hold() -> None:
    def entry(severity: Severity, until: date | None) -> SimpleNamespace:
        return SimpleNamespace(severity=severity, until=until)

    critical = Severity.CRITICAL
    always, until_today, over = (entry(critical, until) for until in (None, TODAY, TODAY - timedelta(days=1)))
    assert alerts([always, until_today, over, entry(Severity.CAUTION, None)], TODAY) == [always, until_today]


def test_an_employee_leaves_after_they_came() -> None:
    whole = {"first_name": "Сараа", "last_name": "Болд", "birthday": date(1980, 1, 2), "hired_at": TODAY}
    check_employee({**whole, "fired_at": TODAY}, TODAY)
    with pytest.raises(RuleError) as caught:
        check_employee({**whole, "fired_at": TODAY - timedelta(days=1), "last_name": ""}, TODAY)
    assert fields(caught.value) == ["last_name", "fired_at"]
