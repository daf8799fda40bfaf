"""The global search: everybody finds what they may open, and nothing else."""

import pytest

from tests.factories import people
from tests.factories.clinic import Clinic


@pytest.mark.both
@pytest.mark.parametrize(
    "typed", ["мөнхбат", "МӨНХ", "munkh", "monh", "МУНХБАТ", "9988", "5566", "УК0327", "ук03271614"]
)
def test_a_patient_is_found_however_one_types(clinic: Clinic, typed: str) -> None:
    numbers = [(0, {"phone_number_val": "+97699885566"}), (1, {"phone_number_val": "+97688112233"})]
    for name in ("Сарнай", "Болд", "Тэмүүлэн"):
        clinic.make(people.patient, first_name=name, last_name="Цэнд")
    values = {"birthday": None, "gender": None, "register_number": "УК03271614"}
    clinic.make(people.patient, first_name="Мөнхбат", own_phones=numbers, **values)
    answer = clinic.client("Receptionist").get(f"/search?q={typed}", headers={"HX-Request": "true"})
    assert "Мөнхбат" in answer.text
    assert "data-first" in answer.text
    assert "Тэмүүлэн" not in answer.text


def test_somebody_who_may_not_open_patients_finds_none(clinic: Clinic) -> None:
    clinic.make(people.patient, first_name="Нууцхан")
    assert "Нууцхан" in clinic.client("Nurse").get("/search?q=нууцхан").text
    assert (
        "Нууцхан" not in clinic.client("Assistant").get("/search?q=нууцхан").text.split("<main")[1].split("value=")[0]
    )


@pytest.mark.parametrize(
    "typed", ["", "a", "%", "__", "'; DROP TABLE patient; --", "\x00", "🦷🦷", "<script>alert(1)</script>", "a" * 3000]
)
def test_anything_may_be_typed(clinic: Clinic, typed: str) -> None:
    answer = clinic.client("Receptionist").get("/search", query_string={"q": typed})
    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.text


def test_the_search_asks_the_database_a_bounded_number_of_times(clinic: Clinic) -> None:
    for _ in range(12):
        clinic.make(people.patient, first_name="Ганбаатар")
    desk = clinic.client("Receptionist")
    desk.get("/search?q=ганб")
    with clinic.statements() as seen:
        desk.get("/search?q=ганб")
    assert len(seen) <= 8
