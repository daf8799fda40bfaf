"""What comes with a new clinic: complete, sound, in both languages, and never in a clinic's way."""

import re
import time
from datetime import date

import pytest
import sqlalchemy as sa

from app.catalogue import reference, rules
from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ServicePrice, ServiceType, ToothDefinition
from app.catalogue.rules import TaxType, ToothSystem
from app.people import reference as people_reference
from app.people.models import Position
from app.people.rules import Allergen, PositionType

TABLES = (ServiceType, ServiceCatalog, ServicePrice, ToothDefinition, DiagnosisCode, Medicine, Position)


def load_again(session):
    people_reference.load(session, date(2030, 1, 1))
    reference.load(session, date(2030, 1, 1))


@pytest.mark.both
def test_a_new_clinic_has_its_catalogue(clinic):
    least = {ServiceType: 12, ServiceCatalog: 100, DiagnosisCode: 90, Medicine: 60, Position: 18}
    for model, count in least.items():
        assert clinic.count(model) >= count, model
    assert clinic.count(ToothDefinition) == 156
    assert clinic.count(ServicePrice) == clinic.count(ServiceCatalog)
    for kind in PositionType:
        assert clinic.count(Position, Position.position_type == kind) >= 1
    for code in clinic.session.scalars(sa.select(ServiceType.service_type_id)):
        assert clinic.count(ServiceCatalog, ServiceCatalog.service_type_id == code) >= 3


@pytest.mark.both
def test_loading_again_adds_nothing_in_a_few_statements_and_no_time(clinic):
    before = {model: clinic.count(model) for model in TABLES}
    with clinic.statements() as seen:
        began = time.perf_counter()
        clinic.unit(load_again)
        took = time.perf_counter() - began
    assert {model: clinic.count(model) for model in TABLES} == before
    assert len(seen) <= 8, seen
    assert took < 1


def test_what_a_clinic_changed_stays_and_what_is_missing_comes_back(clinic):
    def change(session):
        service = session.scalars(sa.select(ServiceCatalog).where(ServiceCatalog.code == "THE-01")).one()
        service.doctor_display_name_mn, service.is_active = "Манай ломбо", False
        medicine = session.scalars(sa.select(Medicine).where(Medicine.generic_name == "Ibuprofen").limit(1)).one()
        medicine.name = "Нурофен"
        position = session.scalars(sa.select(Position).where(Position.display_name_en == "Orthodontist")).one()
        position.display_name_en = "Brace maker"
        session.delete(session.scalars(sa.select(DiagnosisCode).where(DiagnosisCode.code == "K14.9")).one())

    clinic.unit(change)
    before = {model: clinic.count(model) for model in TABLES}
    clinic.unit(load_again)
    after = {model: clinic.count(model) for model in TABLES}
    assert after == {**before, DiagnosisCode: before[DiagnosisCode] + 1}
    assert clinic.count(ServiceCatalog, ServiceCatalog.doctor_display_name_mn == "Манай ломбо") == 1
    assert clinic.count(Medicine, Medicine.name == "Нурофен") == 1


def test_a_missing_service_comes_back_behind_those_of_its_type_with_a_price_from_today(clinic):
    def lose(session):
        service = session.scalars(sa.select(ServiceCatalog).where(ServiceCatalog.code == "THE-01")).one()
        session.execute(sa.delete(ServicePrice).where(ServicePrice.service_id == service.service_id))
        session.delete(service)

    clinic.unit(lose)
    clinic.unit(load_again)
    service = clinic.session.scalars(sa.select(ServiceCatalog).where(ServiceCatalog.code == "THE-01")).one()
    others = ServiceCatalog.service_type_id == service.service_type_id
    assert service.display_number == clinic.session.scalar(
        sa.select(sa.func.max(ServiceCatalog.display_number)).where(others)
    )
    price = clinic.session.scalars(sa.select(ServicePrice).where(ServicePrice.service_id == service.service_id)).one()
    assert (price.price, price.valid_from) == (service.price, date(2030, 1, 1))


def test_the_teeth_in_the_database_are_those_of_the_rules(clinic):
    rows = clinic.session.scalars(sa.select(ToothDefinition)).all()
    for row in rows:
        tooth = rules.tooth_from(row.system, row.code)
        assert (row.arch, row.quadrant, row.index_in_quadrant) == (tooth.arch, tooth.quadrant, tooth.index)
        assert (row.dentition, row.ui_key) == (tooth.dentition, tooth.ui_key)
    for system in ToothSystem:
        assert len({row.ui_key for row in rows if row.system is system}) == 52


def test_every_service_that_comes_along_could_be_saved_on_its_form(clinic):
    for row in clinic.session.scalars(sa.select(ServiceCatalog)):
        values = {key: getattr(row, key) for key in sa.inspect(ServiceCatalog).column_attrs.keys()}  # noqa: SIM118
        rules.check_service(values)
        assert rules.complete_service(values) == values
        assert row.price > 0
        assert rules.clean_code(row.code) == row.code


def test_cosmetic_work_is_taxed_and_medical_work_is_not(clinic):
    for row in clinic.session.scalars(
        sa.select(ServiceCatalog).options(sa.orm.joinedload(ServiceCatalog.service_type))
    ):
        is_cosmetic = row.service_type.code == "COSMETIC"
        assert (row.tax_type is TaxType.VAT_ABLE) == is_cosmetic, row.code
        assert (row.tax_product_code == "410") == (not is_cosmetic), row.code


def test_fillings_ask_for_surfaces_and_crowns_for_the_lab(clinic):
    by_code = {row.code: row for row in clinic.session.scalars(sa.select(ServiceCatalog))}
    assert by_code["THE-01"].surfaces_required
    assert by_code["THE-01"].warranty_months == 12
    crown = by_code["PRO-03"]
    assert (crown.lab_days, crown.fitting_minutes, crown.warranty_months) == (7, 30, 24)
    assert by_code["DIA-02"].recall_months == by_code["HYG-01"].recall_months == 6
    assert by_code["ORT-08"].recall_months == 1


@pytest.mark.parametrize("model", TABLES, ids=lambda m: m.__name__)
def test_each_language_is_written_in_its_own_letters(clinic, model):
    columns = sa.inspect(model).column_attrs.keys()
    for row in clinic.session.scalars(sa.select(model)):
        for key in columns:
            text = getattr(row, key)
            if key.endswith("_mn") and text:
                assert not re.search("[A-Za-z]", text), text
                assert getattr(row, key[:-2] + "en"), f"{text}: nothing in English"
            if key.endswith("_en") and text:
                assert not re.search("[А-яӨөҮүЁё]", text), text


def test_every_three_character_diagnosis_of_the_chapter_is_there(clinic):
    codes = set(clinic.session.scalars(sa.select(DiagnosisCode.code)))
    assert {f"K{number:02}" for number in range(15)} <= codes
    assert all(code[:3] in codes for code in codes)
    assert all(rules.clean_diagnosis_code(code) == code for code in codes)


def test_medicines_carry_allergens_that_a_patients_allergy_can_match(clinic):
    known = {member.value for member in Allergen}
    rows = clinic.session.scalars(sa.select(Medicine)).all()
    assert all(set(row.allergens) <= known for row in rows)
    by_generic = {row.generic_name: set(row.allergens) for row in rows}
    assert by_generic["Amoxicillin"] == {"penicillin"}
    assert "nsaid" in by_generic["Ibuprofen"]
    assert by_generic["Articaine + epinephrine"] == {"local anaesthetic", "adrenaline"}
    assert all(row.dosage_mn and row.instructions_mn for row in rows)
