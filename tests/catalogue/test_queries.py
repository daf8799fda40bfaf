"""Finding services, medicines and diagnoses as people type them."""

import pytest

from app.catalogue import queries, rules
from tests.factories import catalogue


def codes(found):
    return [row.code for row in found]


@pytest.mark.both
@pytest.mark.parametrize(
    "typed", ["ломбо", "ЛОМБО", "lombo", "өнгөц ломбо", "унгуц ломбо", "filling shallow", "the-01"]
)
def test_a_service_is_found_however_it_is_typed(clinic, typed):
    assert "THE-01" in codes(queries.find_services(clinic.session, typed))


def test_a_code_comes_before_names_and_beginnings_before_middles(clinic):
    assert codes(queries.find_services(clinic.session, "SUR-05"))[0] == "SUR-05"
    found = codes(queries.find_services(clinic.session, "имплант", 50))
    assert found[0].startswith("IMP")
    inside = codes(queries.find_services(clinic.session, "шаазан", 50))
    assert {"PRO-02", "COS-04"} <= set(inside)


def test_every_word_must_be_there(clinic):
    assert codes(queries.find_services(clinic.session, "циркон бүрээс хүүхдийн")) == ["CHI-12"]
    assert not queries.find_services(clinic.session, "ломбо машин")


@pytest.mark.parametrize("typed", ["хүүхэд үзлэг", "huuhed uzleg", "хуухэд узлэг"])
def test_a_word_is_found_by_its_plain_form_where_mongolian_drops_a_vowel(clinic, typed):
    assert "CHI-01" in codes(queries.find_services(clinic.session, typed))


@pytest.mark.parametrize("typed", ["%", "_", "'; drop table", "😀", "\\"])
def test_signs_find_nothing_and_break_nothing(clinic, typed):
    assert queries.find_services(clinic.session, typed) == []


def test_nothing_typed_shows_the_catalogue_from_its_beginning(clinic):
    found = queries.find_services(clinic.session, "  ", 5)
    assert codes(found) == ["DIA-01", "DIA-02", "DIA-03", "DIA-04", "DIA-05"]


def test_what_is_switched_off_is_not_offered_but_still_listed(clinic):
    row = clinic.make(catalogue.service, code="OFF-1", is_active=False)
    assert "OFF-1" not in codes(queries.find_services(clinic.session, "OFF-1"))
    assert row.service_id in queries.service_ids(clinic.session, "OFF-1")


def test_services_come_with_their_type_in_two_statements(clinic):
    with clinic.statements() as seen:
        found = queries.find_services(clinic.session, "ломбо", 20)
        names = [row.service_type.name_mn for row in found]
    assert len(names) > 5
    assert len(seen) == 2
    ids = {row.service_id for row in found}
    with clinic.statements() as seen:
        by_id = queries.services_by_id(clinic.session, ids)
        assert all(row.service_type for row in by_id.values())
    assert len(seen) == 1
    assert by_id.keys() == ids


@pytest.mark.both
@pytest.mark.parametrize("typed", ["амоксициллин", "amoksitsillin", "Amoxi", "AMOXICILLIN 500"])
def test_a_medicine_is_found_by_either_name(clinic, typed):
    assert "Amoxicillin" in [row.generic_name for row in queries.find_medicines(clinic.session, typed)]


def test_a_medicine_switched_off_is_not_offered(clinic):
    row = clinic.make(catalogue.medicine, name="Хаагдсан эм", is_active=False)
    assert not queries.find_medicines(clinic.session, "Хаагдсан")
    assert queries.medicines_by_id(clinic.session, [row.medicine_id])[row.medicine_id].name == "Хаагдсан эм"


@pytest.mark.parametrize(
    ("typed", "first"),
    [("K02.1", "K02.1"), ("к02.1", "K02.1"), ("k021", "K02.1"), ("K02", "K02"), ("пульпит", "K04.0")],
)
def test_a_diagnosis_is_found_by_code_or_name(clinic, typed, first):
    assert codes(queries.find_diagnoses(clinic.session, typed))[0] == first


def test_a_chapters_code_finds_all_of_it(clinic):
    assert len(queries.find_diagnoses(clinic.session, "K05", 20)) == 8


def test_the_teeth_come_in_one_statement(clinic):
    with clinic.statements() as seen:
        teeth = queries.teeth_by_code(clinic.session)
    assert len(seen) == 1
    assert set(teeth) == set(rules.TEETH)
    assert all(row.code == code for code, row in teeth.items())


def test_teeth_are_found_by_the_beginning_of_their_code(clinic):
    assert codes(queries.find_teeth(clinic.session, "36")) == ["36"]
    assert set(codes(queries.find_teeth(clinic.session, "3", 20))) == {f"3{i}" for i in range(1, 9)}
    assert queries.find_teeth(clinic.session, "%") == []


def test_prices_of_several_services_in_one_statement(clinic):
    row = clinic.make(catalogue.price, price=130_000)
    other = clinic.make(catalogue.service)
    with clinic.statements() as seen:
        found = queries.prices_of(clinic.session, [row.service_id, other.service_id])
    assert len(seen) == 1
    assert [price.price for price in found[row.service_id]] == [100_000, 130_000]
    assert rules.price_on(found[row.service_id], catalogue.TODAY) == 130_000


def test_chapters_count_their_services_also_when_there_are_none(clinic):
    empty = clinic.make(catalogue.service_type)
    counted = {kind.code: count for kind, count in queries.chapters(clinic.session)}
    assert counted[empty.code] == 0
    assert counted["ENDO"] == 11
    assert next(iter(counted)) == "DIAG"
