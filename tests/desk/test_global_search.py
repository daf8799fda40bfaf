"""Global search: whatever one may open, by number or by name, and nothing else."""

import pytest

from app.people.models import EmployeePhone
from tests.factories import billing, lab, people, stock
from tests.factories.clinic import Clinic


def test_an_invoice_is_found_by_its_number_by_those_who_may_open_invoices(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    link = f"/invoices/{invoice.invoice_id}"
    for typed in (invoice.number, invoice.number.partition("-")[2], invoice.number[-2:]):
        assert link in clinic.client("Receptionist").get(f"/search?q={typed}").text
    assert link not in clinic.client("Nurse").get(f"/search?q={invoice.number}").text


def test_services_medicines_and_colleagues_are_found_where_their_page_opens(clinic: Clinic) -> None:
    clinic.make(people.doctor, first_name="Хонгорзул")
    manager, doctor = clinic.client("Manager", locale="mn"), clinic.client("Doctor", locale="mn")
    assert "THE-01" in doctor.get("/search?q=THE-01").text
    assert "Хонгорзул" in manager.get("/search?q=Хонгорзул").text
    assert "Б.Хонгорзул" not in doctor.get("/search?q=Хонгорзул").text
    assert "Амоксициллин" in doctor.get("/search?q=Амоксициллин").text


def test_odd_searches_are_answered(clinic: Clinic) -> None:
    desk = clinic.client("Receptionist")
    for typed in ("%", "__", "' OR 1=1", "\x00", "9" * 300, "-1", "1e400", "<script>alert(1)</script>", "  "):
        answer = desk.get("/search", query_string={"q": typed})
        assert answer.status_code == 200
        assert "<script>alert(1)" not in answer.text


@pytest.mark.both
def test_the_new_tables_are_found_where_their_page_opens(clinic: Clinic) -> None:
    item = clinic.make(stock.item, name_mn="Нитрил бээлий", name_en="Nitrile gloves", sku="GLV-900")
    supplier = clinic.make(stock.supplier, name="Монос Дент")
    expense = clinic.make(stock.expense, reference="Е-2026/77")
    request = clinic.make(lab.request)
    admin, nurse = clinic.client("Admin"), clinic.client("Nurse")
    for typed, link in (
        ("бээлий", f"/inventory/{item.inventory_item_id}"),
        ("GLV-90", f"/inventory/{item.inventory_item_id}"),
        ("монос", f"/suppliers/{supplier.supplier_id}"),
        ("2026/77", f"/expenses/{expense.expense_id}"),
        (f"#{request.lab_request_id}", f"/lab-requests/{request.lab_request_id}"),
    ):
        assert f'href="{link}"' in admin.get("/search", query_string={"q": typed}).text, typed
    assert "GLV-900" in nurse.get("/search?q=GLV-900").text
    assert "/expenses/" not in nurse.get("/search?q=2026/77").text.split("<main")[1]


def test_a_colleague_is_found_by_phone(clinic: Clinic) -> None:
    employee = clinic.make(people.doctor)
    number = clinic.session.query(EmployeePhone).filter_by(employee_id=employee.employee_id).first().phone_number_val
    bare = number.removeprefix("+976")
    for typed in (bare, f"{bare[:4]} {bare[4:]}", number):
        page = clinic.client("Manager").get("/search", query_string={"q": typed}).text
        assert f"/employees/{employee.employee_id}" in page, typed
    assert f"/employees/{employee.employee_id}" not in clinic.client("Doctor").get(f"/search?q={bare}").text


def test_a_search_asks_at_most_fifteen_times(clinic: Clinic) -> None:
    admin = clinic.client("Admin")
    for typed in ("а", "ab", "99", "99112233", "2026-0001", "#1", "батбаяр"):
        admin.get("/search", query_string={"q": typed})
        with clinic.statements() as seen:
            assert admin.get("/search", query_string={"q": typed}).status_code == 200
        assert len(seen) <= 15, typed
