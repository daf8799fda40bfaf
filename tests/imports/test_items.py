"""A list of supplies becomes items in stock; what is there of them is a movement."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.kernel.lists import Fate
from app.stock.models import InventoryItem, InventoryLog
from app.stock.rules import ItemCategory, Movement, Unit
from app.workflows.imports import ITEMS
from app.workflows.imports.keyed import ListFault
from tests.factories import stock
from tests.imports.lists import bring_in, command, counts, fates, keep, said, upload, work

DATA = Path(__file__).resolve().parents[2] / "app" / "stock" / "data" / "items.csv"
HEADER = ["Код", "Нэр", "Төрөл", "Нэгж", "Доод хэмжээ", "Өртөг", "Үлдэгдэл"]
GOOD = ["NEW-1", "Шинэ бээлий", "hygiene", "box", "5", "28,000 ₮", "12"]


def row(**changes: str) -> list[str]:
    return [changes.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def item(clinic: Any, sku: str = "NEW-1") -> InventoryItem:
    return clinic.session.scalars(sa.select(InventoryItem).where(InventoryItem.sku == sku)).one()


@pytest.mark.both
def test_a_list_is_imported_and_the_same_list_again_adds_nothing(clinic: Any, tmp_path: Path) -> None:
    rows = [HEADER, *(row(Код=f"NEW-{n}") for n in range(60)), row(Код="BAD", Үлдэгдэл="-3"), [""], row(Код="LAST")]
    before = clinic.count(InventoryItem)
    dry = counts(command(clinic, "inventory", keep(tmp_path, rows), "--dry-run"))
    assert clinic.count(InventoryItem) == before
    expected = {"rows": 63, "added": 61, "updated": 0, "duplicate": 0, "blank": 1, "refused": 1}
    assert dry == counts(command(clinic, "inventory", keep(tmp_path, rows))) == expected
    again = {**expected, "added": 0, "duplicate": 61}
    assert counts(command(clinic, "inventory", keep(tmp_path, rows))) == again
    assert counts(command(clinic, "inventory", keep(tmp_path, rows), "--update")) == again
    assert clinic.count(InventoryItem) == before + 61
    assert clinic.count(InventoryLog, InventoryLog.kind == Movement.RECEIVED) == 61, "no opening stock comes twice"


@pytest.mark.both
def test_what_is_there_of_a_new_item_is_received(clinic: Any) -> None:
    assert fates(bring_in(clinic, ITEMS, [HEADER, row(), row(Код="NEW-2", Үлдэгдэл="0")])) == [Fate.OK] * 2
    made = item(clinic)
    assert (made.name_mn, made.name_en) == ("Шинэ бээлий", "Шинэ бээлий")
    assert (made.category, made.unit, made.minimum_stock, made.cost) == (ItemCategory.HYGIENE, Unit.BOX, 5, 28_000)
    log = clinic.session.scalars(sa.select(InventoryLog).where(InventoryLog.inventory_item_id == made.row_id)).one()
    assert (made.on_hand, log.quantity, log.kind, log.cost) == (12, 12, Movement.RECEIVED, 28_000)
    assert made.low_notified_at is None, "twelve are enough"
    assert item(clinic, "NEW-2").on_hand == 0


@pytest.mark.both
def test_an_update_leaves_the_stock_as_it_was_counted(clinic: Any) -> None:
    known = clinic.make(stock.item, sku="NEW-1", on_hand=7, location="A-1")
    rows = [HEADER, row(Код="new-1", Өртөг="")]
    assert fates(bring_in(clinic, ITEMS, rows)) == [Fate.DUPLICATE]
    clinic.session.rollback()
    assert fates(bring_in(clinic, ITEMS, rows, update=True)) == [Fate.CHANGED]
    changed = item(clinic)
    assert (changed.name_mn, changed.cost, changed.location) == ("Шинэ бээлий", known.cost, "A-1")
    assert changed.on_hand == 7


@pytest.mark.parametrize(
    ("column", "typed", "fault"),
    [
        ("Код", "", ListFault.MISSING),
        ("Код", "Ж Ж", ListFault.VALUE),
        ("Код", "=cmd", ListFault.VALUE),
        ("Нэр", "", ListFault.MISSING),
        ("Төрөл", "", ListFault.MISSING),
        ("Төрөл", "мөрөөдөл", ListFault.VALUE),
        ("Нэгж", "тонн", ListFault.VALUE),
        ("Доод хэмжээ", "-1", ListFault.VALUE),
        ("Доод хэмжээ", "2.5", ListFault.VALUE),
        ("Доод хэмжээ", "2026-11-21", ListFault.VALUE),
        ("Өртөг", "-1", ListFault.VALUE),
        ("Өртөг", "9" * 31, ListFault.VALUE),
        ("Үлдэгдэл", "1e30", ListFault.VALUE),
        ("Үлдэгдэл", "-1", ListFault.VALUE),
    ],
)
def test_a_row_with_one_thing_wrong_says_that_one_thing(clinic: Any, column: str, typed: str, fault: ListFault) -> None:
    verdicts = bring_in(clinic, ITEMS, [HEADER, row(**{column: typed}), row(Код="FINE")])
    assert fates(verdicts) == [Fate.REFUSED, Fate.OK]
    assert [refusal.fault for refusal in verdicts[0].refusals] == [fault], said(verdicts[0])


def test_nothing_comes_in_of_what_is_switched_off(clinic: Any) -> None:
    verdicts = bring_in(clinic, ITEMS, [[*HEADER, "In use"], [*GOOD, "no"], [*row(Код="B", Үлдэгдэл=""), "үгүй"]])
    assert fates(verdicts) == [Fate.REFUSED, Fate.OK]
    assert [refusal.fault for refusal in verdicts[0].refusals] == [ListFault.RULE]
    assert not item(clinic, "B").is_active


def test_the_clinics_own_list_is_known(clinic: Any) -> None:
    result = counts(command(clinic, "inventory", str(DATA)))
    assert (result["added"], result["refused"]) == (0, 0)
    assert result["duplicate"] == result["rows"] > 10


@pytest.mark.parametrize("locale", ["mn", "en"])
def test_what_is_exported_can_be_imported_again(clinic: Any, tmp_path: Path, locale: str) -> None:
    clinic.make(stock.item, on_hand=7)
    data = clinic.client("Manager", locale=locale).get("/inventory/export.csv").data
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    result = counts(command(clinic, "inventory", str(path), "--update"))
    assert (result["added"], result["updated"], result["refused"]) == (0, 0, 0)
    assert result["duplicate"] == clinic.count(InventoryItem)
    path.write_bytes(data.replace(b"TEST-", b"OTHER-"))
    assert counts(command(clinic, "inventory", str(path)))["added"] == 1


@pytest.mark.both
@pytest.mark.parametrize("locale", ["mn", "en"])
def test_the_list_to_fill_in_is_imported_by_page(clinic: Any, locale: str) -> None:
    manager = clinic.client("Manager", locale=locale)
    sample = manager.get("/inventory/import/sample.csv").text.removeprefix("\ufeff")
    assert len(list(csv.reader(io.StringIO(sample)))) == 3
    address = upload(manager, "/inventory", sample.encode()).location
    work(clinic)
    assert manager.get(address).status_code == 200
    started = manager.submit(f"{address}/start").location
    work(clinic)
    assert manager.get(started).status_code == 200
    assert (item(clinic, "GLV-XL").on_hand, item(clinic, "ART-17").unit) == (12, Unit.AMPOULE)


@pytest.mark.parametrize("role", ["Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient"])
def test_who_may_not_is_refused(clinic: Any, role: str) -> None:
    browser = clinic.client(role)
    assert browser.get("/inventory/import").status_code == 403
    assert upload(browser, "/inventory", b"x").status_code == 403
    assert "/inventory/import" not in browser.get("/inventory/list/").text


@pytest.mark.parametrize("role", ["Admin", "Manager"])
def test_who_may_finds_the_way_from_the_list(clinic: Any, role: str) -> None:
    assert "/inventory/import" in clinic.client(role).get("/inventory/list/").text
