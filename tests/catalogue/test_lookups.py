"""What a form finds while somebody types: in the reader's language, and only what may be referred to."""

import pytest

from app.catalogue import rules
from app.catalogue.models import ToothDefinition
from app.catalogue.rules import ToothSystem
from app.web.lookups import LOOKUPS
from app.web.text import speaking


@pytest.fixture
def answers(clinic):
    def find(table, typed, locale="mn"):
        with clinic.app.test_request_context(), speaking(locale):
            return LOOKUPS[table].answers(typed)

    return find


def test_every_table_that_others_refer_to_is_searched(answers):
    for table, typed in (
        ("service_catalog", "lombo"),
        ("service_type", "засал"),
        ("medicine", "ибупрофен"),
        ("diagnosis_code", "K02"),
        ("tooth_definition", "36"),
    ):
        found = answers(table, typed)
        assert found, table
        assert all(row["id"] and row["text"] for row in found)


def test_a_services_price_and_minutes_stand_beside_its_name(answers):
    found = answers("service_catalog", "PRO-03")[0]
    assert found["text"] == "Циркон бүрээс"
    assert "700,000 ₮" in found["detail"]
    assert "60" in found["detail"]


def test_a_medicines_dosage_is_in_the_readers_language(answers):
    assert "капсул" in answers("medicine", "amoxicillin", "mn")[0]["detail"]
    assert "times a day" in answers("medicine", "amoxicillin", "en")[0]["detail"]


def test_a_tooth_tells_what_other_systems_call_it(answers):
    found = answers("tooth_definition", "36")
    assert [row["text"] for row in found] == ["36"]
    assert "19" in found[0]["detail"]
    assert "6LL" in found[0]["detail"]


def test_only_fdi_rows_can_be_referred_to(clinic):
    lookup = LOOKUPS["tooth_definition"]
    with clinic.app.test_request_context():
        for row in clinic.session.query(ToothDefinition).filter(ToothDefinition.ui_key == "p36"):
            assert (lookup.find(row.tooth_id) is not None) == (row.system is ToothSystem.FDI)
        assert lookup.find(999_999) is None


def test_a_patients_whole_mouth_can_be_taken_from_the_codes(clinic):
    from app.catalogue import queries
    from app.people.rules import Dentition

    teeth = queries.teeth_by_code(clinic.session)
    assert {teeth[code].ui_key for code in rules.teeth_of(Dentition.PRIMARY)} == {
        f"d{quadrant}{index}" for quadrant in range(5, 9) for index in range(1, 6)
    }
