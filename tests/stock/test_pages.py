"""The pages of supplies and expenses, as each role sees them."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.stock.models import Expense, ExpenseCategory, InventoryItem, InventoryLog, Supplier
from tests.factories import catalogue, stock
from tests.factories.clinic import Clinic
from tests.stock.books import difference, logs, on_hand

KEY = "0123456789abcdef" * 2


@pytest.fixture
def item(clinic: Clinic) -> int:
    """Ten boxes of gloves."""
    return clinic.make(stock.item, on_hand=10, minimum_stock=4, name_mn="Хөх бээлий").inventory_item_id


@pytest.mark.parametrize(
    ("role", "sees", "counts"),
    [
        ("Admin", 200, True), ("Manager", 200, True), ("Assistant", 200, True), ("Nurse", 200, False),
        ("Doctor", 403, False), ("Receptionist", 403, False), ("Coordinator", 403, False), ("Patient", 403, False),
    ],
)  # fmt: skip
def test_who_keeps_the_stock(clinic: Clinic, item: int, role: str, sees: int, counts: bool) -> None:
    browser = clinic.client(role)
    for path in ("/inventory", "/inventory/logs", "/suppliers", f"/inventory/{item}"):
        assert browser.get(path).status_code == sees, path
    answer = browser.submit(f"/inventory/{item}/use", {"key": KEY, "quantity": "2"})
    assert answer.status_code == (302 if sees == 200 else 403)
    assert on_hand(clinic, item) == (8 if sees == 200 else 10)
    seen = on_hand(clinic, item)
    typed = {"key": "f" * 32, "seen": str(seen), "counted": "5", "reason": "Тооллого"}
    assert browser.submit(f"/inventory/{item}/count", typed).status_code == (302 if counts else 403)
    assert on_hand(clinic, item) == (5 if counts else seen)
    if sees == 200:
        assert (f"/inventory/{item}/count" in browser.get(f"/inventory/{item}").text) == counts
    assert difference(clinic) is None


@pytest.mark.parametrize("role", ["Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient"])
def test_nobody_else_sees_what_is_spent(clinic: Clinic, role: str) -> None:
    row, browser = clinic.make(stock.expense), clinic.client(role)
    for path in ("/expenses", "/expenses/month", "/expense-categories", f"/expenses/{row.expense_id}"):
        assert browser.get(path).status_code == 403, path
    seen = {"seen": row.updated_at.isoformat()}
    assert browser.submit(f"/expenses/{row.expense_id}/approve", seen).status_code == 403
    assert clinic.session.get_one(Expense, row.expense_id).approved_by is None


def test_every_form_of_an_item_moves_it_once(clinic: Clinic, item: int) -> None:
    browser, seller = clinic.client("Nurse"), clinic.make(stock.supplier).supplier_id
    forms: list[tuple[str, dict[str, Any]]] = [
        ("use", {"quantity": "2", "reason": "1-р кабинет"}),
        ("receive", {"quantity": "20", "cost": "1 500", "supplier_id": str(seller), "reason": "№ 12"}),
        ("return", {"quantity": "1", "supplier_id": str(seller)}),
        ("expire", {"quantity": "3"}),
        ("lose", {"quantity": "1", "reason": "Хагарсан"}),
    ]
    for number, (word, data) in enumerate(forms):
        for _ in range(2):  # a double click
            answer = browser.submit(f"/inventory/{item}/{word}", {"key": f"{number:032x}", **data})
            assert answer.status_code == 302, answer.text
    assert [row.quantity for row in logs(clinic, item)] == [10, -2, 20, -1, -3, -1]
    last = logs(clinic, item)[2]
    assert (last.cost, last.supplier_id, last.reason, last.by) == (1_500, seller, "№ 12", clinic.user("Nurse").id)
    page = browser.get(f"/inventory/{item}").text
    assert "№ 12" in page
    assert "Nurse Туршилт" in page


WRONG = [
    ("use", {"quantity": "11"}), ("use", {"quantity": "0"}), ("use", {"quantity": "-1"}), ("use", {"quantity": ""}),
    ("use", {"quantity": "1" + "0" * 30}), ("use", {"quantity": "2026-02-30"}), ("use", {"quantity": "=cmd"}),
    ("lose", {"quantity": "1", "reason": " "}), ("lose", {"quantity": "1"}), ("use", {"quantity": "1", "key": "x"}),
    ("receive", {"quantity": "1", "cost": "-5"}), ("receive", {"quantity": "1", "supplier_id": "987654"}),
    ("use", {"quantity": "1", "reason": "x" * 300}), ("count", {"counted": "10", "reason": "Тооллого"}),
    ("count", {"counted": "-1", "reason": "Тооллого"}), ("count", {"counted": "7", "reason": ""}),
    ("count", {"counted": "7", "reason": "Тооллого", "seen": "abc"}),
]  # fmt: skip


@pytest.mark.parametrize(("word", "data"), WRONG)
def test_a_wrong_form_is_answered_in_words_and_moves_nothing(
    clinic: Clinic, item: int, word: str, data: dict[str, str]
) -> None:
    browser = clinic.client("Assistant", locale="mn")
    answer = browser.submit(f"/inventory/{item}/{word}", {"key": KEY, "seen": "10", **data})
    assert answer.status_code == 422
    assert 'id="problems"' in answer.text
    assert (on_hand(clinic, item), len(logs(clinic, item))) == (10, 1)


def test_a_stale_count_is_refused_and_then_counts_from_what_is_there(clinic: Clinic, item: int) -> None:
    browser = clinic.client("Assistant")
    clinic.unit(lambda s: stock.move(s, item, stock.Movement.USED, 1))
    typed = {"key": KEY, "seen": "10", "counted": "7", "reason": "Тооллого"}
    answer = browser.submit(f"/inventory/{item}/count", typed)
    assert answer.status_code == 409
    assert re.search(r'name="seen"[^>]*value="9"', answer.text)
    assert browser.submit(f"/inventory/{item}/count", {**typed, "seen": "9"}).status_code == 302
    assert on_hand(clinic, item) == 7


def test_the_address_of_a_refused_form_leads_back(clinic: Clinic, item: int) -> None:
    browser = clinic.client("Nurse")
    assert browser.get(f"/inventory/{item}/use").location.endswith(f"/inventory/{item}")
    assert browser.submit("/inventory/987654/use", {"key": KEY, "quantity": "1"}).status_code == 404


def test_the_form_of_an_item_never_changes_what_is_there(clinic: Clinic, item: int) -> None:
    browser = clinic.client("Assistant")
    page = browser.get(f"/inventory/{item}/edit").text
    token = re.search(r'name="lock_token"[^>]*value="([^"]*)"', page)
    assert token is not None
    data = {
        "lock_token": token[1], "name_mn": "Ногоон бээлий", "name_en": "Green gloves", "sku": "glv-x", "unit": "box",
        "category": "hygiene", "minimum_stock": "2", "on_hand": "999", "low_notified_at": "2026-01-01",
        "is_active": "y",
    }  # fmt: skip
    answer = browser.submit(f"/inventory/{item}/edit", data)
    assert answer.location == f"/inventory/{item}"
    row = clinic.session.get_one(InventoryItem, item)
    assert (row.sku, row.on_hand, row.low_notified_at, row.cost) == ("GLV-X", 10, None, 0)


def test_a_code_belongs_to_one_item(clinic: Clinic, item: int) -> None:
    sku = clinic.session.get_one(InventoryItem, item).sku
    data = {"name_mn": "А", "name_en": "A", "sku": sku.lower(), "unit": "box", "category": "hygiene"}
    answer = clinic.client("Nurse").submit("/inventory/add", data)
    assert answer.status_code == 409
    assert 'id="sku-error"' in answer.text


@pytest.mark.both
def test_low_ones_are_marked_in_words_and_found(clinic: Clinic, item: int) -> None:
    low = clinic.make(stock.item, on_hand=3, name_en="Nearly gone").inventory_item_id
    browser = clinic.client("Nurse")
    page = browser.get("/inventory?is_low=yes&size=100").text
    assert f'href="/inventory/{low}"' in page
    assert f'href="/inventory/{item}"' not in page
    assert "level-low" in page
    assert f'href="/inventory/{item}"' in browser.get("/inventory?is_low=no").text
    assert f'href="/inventory/{low}"' in browser.get("/inventory?q=nearly").text
    for order in ("title", "value", "on_hand", "nonsense"):
        assert browser.get(f"/inventory?sort={order}&dir=desc").status_code == 200


@pytest.mark.both
def test_the_log_is_filtered_by_item_kind_day_and_who(clinic: Clinic, item: int) -> None:
    nurse = clinic.user("Nurse").id
    clinic.unit(lambda s: stock.move(s, item, stock.Movement.EXPIRED, 4, by=nurse, reason="Хуучин"))
    browser = clinic.client("Assistant")
    day = stock.today().isoformat()
    for query in (f"inventory_item_id={item}&kind=expired", f"by={nurse}", f"created_at_from={day}&kind=expired"):
        assert "Хуучин" in browser.get(f"/inventory/logs?{query}").text, query
    for query in (f"inventory_item_id={item}&kind=lost", f"by={nurse + 1}", "created_at_to=2020-01-01"):
        assert "Хуучин" not in browser.get(f"/inventory/logs?{query}").text, query
    assert "Nurse" in browser.get("/inventory/logs/lookup/by?q=nurse").text
    assert "Patient" not in browser.get("/inventory/logs/lookup/by").text


def test_the_menu_marks_one_line_and_no_other(clinic: Clinic) -> None:
    browser = clinic.client("Assistant")
    for path in ("/inventory", "/inventory/logs"):
        marked = re.findall(
            r'<a href="([^"]+)" (?:data-go="[^"]*" )?aria-current="page" title=', browser.get(path).text
        )
        assert marked == [path]


def test_nothing_of_the_stock_is_deleted(clinic: Clinic, item: int) -> None:
    row = logs(clinic, item)[0].inventory_log_id
    seller = clinic.make(stock.supplier).supplier_id
    admin = clinic.client("Admin")
    for path in (f"/inventory/{item}", f"/inventory/logs/{row}", f"/suppliers/{seller}"):
        assert admin.submit(f"{path}/delete").status_code in (404, 405), path
    assert (clinic.count(InventoryLog), clinic.count(Supplier)) == (1, 1)


@pytest.mark.both
@pytest.mark.parametrize("chart", range(5))
def test_the_charts_of_the_log(clinic: Clinic, item: int, chart: int) -> None:
    clinic.unit(lambda s: stock.move(s, item, stock.Movement.USED, 4))
    page = clinic.client("Manager").get(f"/inventory/logs/chart/{chart}?as=csv").text
    expected = {0: "4000", 1: "4000", 2: "10000", 3: "0", 4: "1"}[chart]
    assert expected in re.split(r"[,\r\n]", page)


# --- expenses


def expense_form(clinic: Clinic, **values: str) -> dict[str, str]:
    kind = clinic.session.scalar(sa.select(sa.func.min(ExpenseCategory.expense_category_id)))
    return {
        "expense_category_id": str(kind), "amount": "120,000", "spent_on": stock.today().isoformat(), "method": "cash",
        "note": "Гэрлийн чийдэн", **values,
    }  # fmt: skip


def test_an_expense_from_the_form_to_its_approval(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    answer = manager.submit("/expenses/add", expense_form(clinic, approved_by="1"))
    row = clinic.session.scalars(sa.select(Expense)).one()
    assert answer.location == f"/expenses/{row.expense_id}"
    assert (row.amount, row.recorded_by, row.approved_by) == (120_000, clinic.user("Manager").id, None)
    assert manager.submit("/expenses/add", expense_form(clinic)).status_code == 409  # the second click
    page = manager.get(f"/expenses/{row.expense_id}").text
    assert f"/expenses/{row.expense_id}/approve" in page
    admin, address = clinic.client("Admin"), f"/expenses/{row.expense_id}"
    assert admin.submit(f"{address}/approve", {"seen": row.updated_at.isoformat()}).status_code == 302
    assert clinic.session.get_one(Expense, row.expense_id).approved_by == clinic.user("Admin").id
    page = manager.get(address).text
    assert f"{address}/approve" not in page
    assert f"{address}/edit" not in page
    assert manager.get(f"{address}/edit").location == address
    changed = {**expense_form(clinic, amount="1"), "lock_token": row.updated_at.isoformat()}
    assert manager.submit(f"{address}/edit", changed).status_code == 409
    manager.submit(f"{address}/delete")
    assert clinic.session.get_one(Expense, row.expense_id).amount == 120_000


def test_an_open_expense_is_changed_and_deleted(clinic: Clinic) -> None:
    row, manager = clinic.make(stock.expense), clinic.client("Manager")
    data = {**expense_form(clinic, amount="70000"), "lock_token": row.updated_at.isoformat()}
    assert manager.submit(f"/expenses/{row.expense_id}/edit", data).status_code == 302
    assert clinic.session.get_one(Expense, row.expense_id).amount == 70_000
    manager.submit(f"/expenses/{row.expense_id}/delete")
    assert clinic.count(Expense) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"amount": "0"}, {"amount": "-1"}, {"amount": "1" + "0" * 30}, {"spent_on": "2026-02-30"}, {"amount": ""},
        {"spent_on": "2199-01-01"}, {"expense_category_id": "987654"}, {"expense_category_id": ""}, {"method": "gold"},
    ],
)  # fmt: skip
def test_a_wrong_expense_is_answered_on_its_field(clinic: Clinic, values: dict[str, str]) -> None:
    answer = clinic.client("Manager", locale="mn").submit("/expenses/add", expense_form(clinic, **values))
    assert answer.status_code == 422
    assert f'id="{next(iter(values))}-error"' in answer.text
    assert clinic.count(Expense) == 0


@pytest.mark.both
def test_a_month_marks_what_is_over_its_budget(clinic: Clinic) -> None:
    kind = clinic.make(stock.category, name_en="Coffee", monthly_budget=40_000).expense_category_id
    clinic.make(stock.expense, expense_category_id=kind, amount=40_001)
    manager = clinic.client("Manager")
    page = manager.get("/expenses/month").text
    assert "Coffee" in page
    assert "tag-danger" in page
    assert "tag-danger" not in manager.get("/expenses/month?month=2020-01").text
    for typed in ("", "x", "2026-13", "0000-01", "9999-12", "2199-12", "1880-01", "2026-11'"):
        assert manager.get(f"/expenses/month?month={typed}").status_code == 200, typed


@pytest.mark.both
def test_lists_of_expenses_are_searched_and_filtered(clinic: Clinic) -> None:
    row = clinic.make(stock.expense, note="Гэрлийн чийдэн")
    manager = clinic.client("Manager")
    name = clinic.session.get_one(ExpenseCategory, row.expense_category_id).name_mn
    for query in ("q=чийдэн", f"q={name}", "is_approved=no", "amount_from=50000&method=cash"):
        assert f'href="/expenses/{row.expense_id}"' in manager.get(f"/expenses?{query}").text, query
    for query in ("q=юу ч биш", "is_approved=yes", "amount_to=49999"):
        assert f'href="/expenses/{row.expense_id}"' not in manager.get(f"/expenses?{query}").text, query


# --- a medicine's item


def test_a_doctor_links_a_medicine_to_its_item(clinic: Clinic, item: int) -> None:
    row = clinic.make(catalogue.medicine)
    doctor, address = clinic.client("Doctor"), f"/medicines/{row.medicine_id}"
    assert len(doctor.get("/medicines/lookup/inventory_item_id?q=хөх").json) == 1
    data = {
        "lock_token": row.updated_at.isoformat(), "name": row.name, "generic_name": row.generic_name, "form": "tablet",
        "strength": row.strength, "tax_type": "VAT_FREE", "inventory_item_id": str(item), "is_active": "y",
    }  # fmt: skip
    assert doctor.submit(f"{address}/edit", data).location == address
    assert "Gloves" in doctor.get(address).text
    assert f'href="/inventory/{item}"' not in doctor.get(address).text  # a doctor may not open it
    assert f'href="/inventory/{item}"' in clinic.client("Admin").get(address).text
