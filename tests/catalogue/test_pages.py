"""The screens of the catalogue: who may, what they show, what they refuse, and how many statements they need."""

import re

import pytest
import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role

from app.catalogue import queries
from app.catalogue.models import DiagnosisCode, Medicine, ServiceCatalog, ServicePrice, ServiceType
from app.security import identity
from app.security.matrix import ROLES
from tests.factories import catalogue

LISTS = ["/services", "/service-types", "/service-prices", "/diagnosis-codes", "/teeth"]
READERS = {"Admin", "Manager", "Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator"}
WRITERS = {"Admin", "Manager"}


def form_of(row):
    """What the service's form sends back when nothing is changed on it."""
    answer = {
        key: getattr(row, key)
        for key in (
            "service_type_id", "display_number", "doctor_display_name_mn", "doctor_display_name_en",
            "patient_display_name_mn", "patient_display_name_en", "price", "default_duration_time",
            "assistant_lead_minutes", "assistant_tail_minutes", "complexity",
        )
    }  # fmt: skip
    return {
        **answer,
        "is_active": "y",
        "tax_type": row.tax_type.word,
        "treatment_stage": row.treatment_stage.word,
        "default_scope": row.default_scope.word,
        "lock_token": row.updated_at.isoformat(),
    }


def new_service(clinic, **values):
    kind = catalogue.known_type(clinic.session).service_type_id
    base = {
        "service_type_id": kind, "code": "new-1", "doctor_display_name_mn": "Шинэ ажилбар",
        "doctor_display_name_en": "New work", "patient_display_name_mn": "Шинэ", "patient_display_name_en": "New",
        "price": "120 000", "default_duration_time": "45", "assistant_lead_minutes": "5",
        "assistant_tail_minutes": "0", "treatment_stage": "filling", "default_scope": "single_tooth",
        "surfaces_required": "y", "complexity": "3", "tax_type": "VAT_FREE", "is_active": "y",
    }  # fmt: skip
    return {**base, **values}


def take_right(clinic, role="Manager", right="change_price"):
    """Take one of the finer rights from a role, as an Admin may."""

    def take(session):
        found = session.scalars(sa.select(Role).where(Role.name == role)).one()
        kept = [given for given in found.permissions if given.view_menu.name != f"right:{right}"]
        assert len(kept) == len(found.permissions) - 1
        found.permissions = kept

    clinic.unit(take)
    identity.forget()


@pytest.mark.parametrize("role", ROLES)
def test_the_catalogue_is_read_by_staff_only(clinic, role):
    browser = clinic.client(role)
    for path in LISTS:
        assert browser.get(path).status_code == (200 if role in READERS else 403), path


@pytest.mark.parametrize("role", ROLES)
def test_only_managers_get_the_forms(clinic, role):
    key = catalogue.known_service(clinic.session).service_id
    browser = clinic.client(role)
    expected = 200 if role in WRITERS else 403
    for path in ("/services/add", f"/services/{key}/edit", "/service-types/add", "/diagnosis-codes/add"):
        assert browser.get(path).status_code == expected, path
    assert browser.submit("/services/add", new_service(clinic)).status_code == (302 if role in WRITERS else 403)


@pytest.mark.parametrize("role", ROLES)
def test_medicines_belong_to_who_prescribes(clinic, role):
    assert clinic.client(role).get("/medicines").status_code == (200 if role in ("Admin", "Doctor") else 403)


def test_nobody_is_sent_to_the_sign_in(clinic):
    browser = clinic.client()
    for path in (*LISTS, "/medicines"):
        answer = browser.get(path)
        assert answer.status_code == 302
        assert "/login/" in answer.location


@pytest.mark.both
@pytest.mark.parametrize("path", [*LISTS, "/medicines"])
def test_a_list_needs_at_most_eight_statements_and_a_search_no_more(clinic, path):
    admin = clinic.client("Admin")
    admin.get(path)
    for query in ("", "?q=ломбо&size=100", "?q=x%25&sort=nothing&dir=up&page=99999999999"):
        with clinic.statements() as seen:
            assert admin.get(path + query).status_code == 200
        assert len(seen) <= 8, (path + query, seen)


def test_records_and_forms_need_at_most_fifteen_statements(clinic):
    row = clinic.make(catalogue.price)
    medicine = clinic.session.scalars(sa.select(Medicine).limit(1)).one()
    paths = [
        f"/services/{row.service_id}", f"/services/{row.service_id}/edit", "/services/add",
        f"/medicines/{medicine.medicine_id}", f"/medicines/{medicine.medicine_id}/edit", "/services/chart/1",
    ]  # fmt: skip
    admin = clinic.client("Admin")
    for path in paths:
        with clinic.statements() as seen:
            assert admin.get(path).status_code == 200, path
        assert len(seen) <= 15, (path, seen)


def order_of(page, *texts):
    return sorted(texts, key=page.index)


def test_the_price_list_stands_in_the_order_of_types_and_numbers(clinic):
    page = clinic.client("Receptionist", locale="mn").get("/services?size=100").text
    names = ["Анхны үзлэг, оношилгоо", "Шүдний цэгэн рентген зураг", "Гэрлийн ломбо, өнгөц цоорол", "Түр ломбо"]
    assert order_of(page, *names) == names
    assert "30,000 ₮" in page


def test_names_are_in_the_readers_language(clinic):
    mongolian = clinic.client("Doctor", locale="mn").get("/services?q=THE-01").text
    english = clinic.client("Doctor", locale="en").get("/services?q=THE-01").text
    assert "Гэрлийн ломбо, өнгөц цоорол" in mongolian
    assert "Composite filling, shallow caries" in english
    assert "Composite filling" not in mongolian


def test_a_chapter_shows_only_its_own_and_keeps_what_was_searched(clinic):
    kind = catalogue.known_type(clinic.session, "ENDO").service_type_id
    page = clinic.client("Nurse").get(f"/services?service_type_id={kind}&q=canal").text
    assert "END-01" in page
    assert "THE-01" not in page
    current = re.search(r'<nav class="chapters".*?href="([^"]*)" aria-current="true"', page, re.DOTALL)
    assert current
    assert {"q=canal", f"service_type_id={kind}"} == set(current[1].partition("?")[2].split("&amp;"))


@pytest.mark.both
def test_a_manager_adds_a_service_with_price_number_and_tax_codes(clinic):
    answer = clinic.client("Manager").submit("/services/add", new_service(clinic))
    assert answer.status_code == 302, answer.text
    row = catalogue.known_service(clinic.session, "NEW-1")
    assert (row.price, row.display_number, row.tax_product_code) == (120_000, 18, "410")
    price = queries.price_history(clinic.session, row.service_id)[0]
    assert (price[0].price, price[1]) == (120_000, "Manager Туршилт")


@pytest.mark.both
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"default_duration_time": "33"}, "default_duration_time"),
        ({"price": "free"}, "price"),
        ({"price": "-5"}, "price"),
        ({"price": "9" * 30}, "price"),
        ({"code": "ломбо"}, "code"),
        ({"code": "THE-01"}, "code"),
        ({"display_number": "1"}, "display_number"),
        ({"service_type_id": "999999"}, "service_type_id"),
        ({"default_scope": "full_mouth"}, "surfaces_required"),
        ({"doctor_display_name_mn": ""}, "doctor_display_name_mn"),
        ({"patient_display_name_en": "x" * 300}, "patient_display_name_en"),
        ({"complexity": "11"}, "complexity"),
        ({"fitting_minutes": "7"}, "fitting_minutes"),
    ],
)
def test_a_wrong_service_is_refused_on_its_field_and_keeps_what_was_typed(clinic, wrong, field):
    before = clinic.count(ServiceCatalog), clinic.count(ServicePrice)
    answer = clinic.client("Manager").submit("/services/add", new_service(clinic, **wrong))
    assert answer.status_code in (409, 422)
    assert f'id="{field}-error"' in answer.text
    assert "New work" in answer.text
    assert (clinic.count(ServiceCatalog), clinic.count(ServicePrice)) == before


def test_a_new_price_shows_in_the_records_history(clinic):
    row = clinic.make(catalogue.service, price=100_000)
    browser = clinic.client("Manager")
    answer = browser.submit(f"/services/{row.service_id}/edit", {**form_of(row), "price": "125,000"})
    assert answer.status_code == 302, answer.text
    page = browser.get(f"/services/{row.service_id}").text
    assert order_of(page, "125,000 ₮", "100,000 ₮") == ["125,000 ₮", "100,000 ₮"]
    assert "+25.0 %" in page
    assert "Manager Туршилт" in page


def test_without_the_right_the_price_is_read_only_and_a_changed_one_is_refused(clinic):
    row = clinic.make(catalogue.service, price=100_000)
    take_right(clinic)
    browser = clinic.client("Manager")
    page = browser.get(f"/services/{row.service_id}/edit").text
    assert re.search(r'<input[^>]*name="price"[^>]*readonly|<input[^>]*readonly[^>]*name="price"', page)
    answer = browser.submit(f"/services/{row.service_id}/edit", {**form_of(row), "price": "1"})
    assert answer.status_code == 403
    assert 'id="price-error"' in answer.text
    changed = {**form_of(row), "doctor_display_name_en": "Another name"}
    assert browser.submit(f"/services/{row.service_id}/edit", changed).status_code == 302
    assert browser.submit("/services/add", new_service(clinic)).status_code == 403
    found = clinic.session.get(ServiceCatalog, row.service_id)
    assert (found.price, found.doctor_display_name_en) == (100_000, "Another name")


def test_a_stale_form_is_refused(clinic):
    row = clinic.make(catalogue.service)
    stale = {**form_of(row), "lock_token": "2020-01-01T00:00:00+00:00", "price": "1"}
    answer = clinic.client("Manager").submit(f"/services/{row.service_id}/edit", stale)
    assert answer.status_code == 409
    assert clinic.session.get(ServiceCatalog, row.service_id).price == 100_000


def test_services_and_prices_cannot_be_deleted_or_prices_edited(clinic):
    row = clinic.make(catalogue.price)
    admin = clinic.client("Admin")
    for path in (
        f"/services/{row.service_id}/delete", f"/service-prices/{row.row_id}/delete",
        f"/service-prices/{row.row_id}/edit", "/service-prices/add", "/teeth/add", "/teeth/1/edit",
    ):  # fmt: skip
        assert admin.submit(path).status_code == 404, path


def test_a_switched_off_service_says_so(clinic):
    row = clinic.make(catalogue.service, is_active=False)
    assert "alert-warning" in clinic.client("Doctor").get(f"/services/{row.service_id}").text


@pytest.mark.parametrize(
    "path", ["/services/999999", "/services/999999/edit", "/services/chart/99", "/medicines/999999"]
)
def test_what_is_not_there_is_404(clinic, path):
    assert clinic.client("Admin").get(path).status_code == 404


def test_a_diagnosis_typed_with_a_cyrillic_letter_is_known_already(clinic):
    values = {"code": "К02.1", "name_mn": "Дахин", "name_en": "Again", "is_active": "y"}
    answer = clinic.client("Admin").submit("/diagnosis-codes/add", values)
    assert answer.status_code == 409
    assert 'id="code-error"' in answer.text
    assert clinic.client("Admin").submit("/diagnosis-codes/add", {**values, "code": "S02.5"}).status_code == 302
    assert clinic.count(DiagnosisCode, DiagnosisCode.code == "S02.5") == 1


def test_a_service_type_is_added_and_renamed(clinic):
    admin = clinic.client("Admin")
    values = {"code": "sleep", "name_mn": "Унтуулгатай эмчилгээ", "name_en": "Sedation", "sort_order": "140"}
    assert admin.submit("/service-types/add", values).status_code == 302
    row = catalogue.known_type(clinic.session, "SLEEP")
    changed = {**values, "name_en": "Sleep", "lock_token": row.updated_at.isoformat()}
    assert admin.submit(f"/service-types/{row.service_type_id}/edit", changed).status_code == 302
    assert clinic.session.get(ServiceType, row.service_type_id).name_en == "Sleep"


@pytest.mark.both
def test_a_medicine_is_added_with_its_allergens_and_changed(clinic):
    doctor = clinic.client("Doctor")
    values = {
        "name": "Шинэ эм", "generic_name": "Novum", "form": "tablet", "strength": "10 мг", "is_active": "y",
        "allergens": ["nsaid", "penicillin"], "dosage_mn": "1 шахмал", "tax_type": "VAT_ABLE",
    }  # fmt: skip
    answer = doctor.submit("/medicines/add", values)
    assert answer.status_code == 302, answer.text
    row = clinic.session.scalars(sa.select(Medicine).where(Medicine.name == "Шинэ эм")).one()
    assert row.allergens == ["penicillin", "nsaid"]
    changed = {**values, "allergens": [], "lock_token": row.updated_at.isoformat()}
    assert doctor.submit(f"/medicines/{row.medicine_id}/edit", changed).status_code == 302
    assert clinic.session.get(Medicine, row.medicine_id).allergens == []


def test_a_medicine_twice_or_with_an_unknown_allergen_is_refused_and_a_doctor_sets_no_price(clinic):
    doctor = clinic.client("Doctor")
    values = {
        "name": "Амоксициллин", "generic_name": "Amoxicillin", "form": "capsule", "strength": "500 мг",
        "is_active": "y", "tax_type": "VAT_ABLE",
    }  # fmt: skip
    assert doctor.submit("/medicines/add", values).status_code == 409
    answer = doctor.submit("/medicines/add", {**values, "name": "Өөр", "allergens": ["milk"]})
    assert answer.status_code == 422
    assert 'id="allergens-error"' in answer.text
    answer = doctor.submit("/medicines/add", {**values, "name": "Өөр", "sale_price": "5000"})
    assert answer.status_code == 403
    assert clinic.count(Medicine, Medicine.name == "Өөр") == 0


def test_references_are_searched_with_price_and_minutes_beside_the_name(clinic):
    found = clinic.client("Admin").get("/service-prices/lookup/service_id?q=THE-01").json
    assert found[0]["text"] == "Composite filling, shallow caries"
    assert "80,000 ₮" in found[0]["detail"]
    assert "30" in found[0]["detail"]


@pytest.mark.parametrize("path", ["/services/chart/", "/services/chart/1", "/medicines/chart/", "/teeth/chart/"])
def test_charts_show_the_catalogue_as_it_stands_also_after_years(clinic, path):
    def age(session):
        for model in (ServiceCatalog, Medicine):
            for row in session.scalars(sa.select(model)):
                row.created_at = row.created_at.replace(year=2020)

    clinic.unit(age)
    page = clinic.client("Admin").get(path)
    assert page.status_code == 200
    assert "js-chart" in page.text


def test_the_export_has_what_the_list_has(clinic):
    kind = catalogue.known_type(clinic.session, "XRAY").service_type_id
    answer = clinic.client("Manager").get(f"/services/export.csv?service_type_id={kind}")
    lines = answer.text.strip().splitlines()
    assert len(lines) == 8
    assert "Panoramic X-ray,XR-03,Radiology,10,45000,Yes" in lines
