"""What a new clinic finds in its stock room: a list to start from, nothing on hand, and no second copy."""

import sqlalchemy as sa

from app.stock import reference
from app.stock.models import ExpenseCategory, InventoryItem, InventoryLog
from app.stock.rules import ItemCategory, clean_sku
from tests.factories import stock
from tests.factories.clinic import Clinic


def test_the_usual_supplies_are_there_and_none_of_them_on_hand(clinic: Clinic) -> None:
    items = clinic.session.scalars(sa.select(InventoryItem)).all()
    assert len(items) >= 60
    assert {row.category for row in items} == set(ItemCategory) - {ItemCategory.OTHER}
    assert all(row.on_hand == 0 and row.cost == 0 and row.low_notified_at is None for row in items)
    assert all(row.sku == clean_sku(row.sku) and row.name_mn != row.name_en for row in items)
    assert all(row.minimum_stock > 0 and row.reorder_quantity >= row.minimum_stock for row in items)
    assert clinic.count(InventoryLog) == 0
    assert clinic.count(ExpenseCategory) >= 10


def test_loading_again_adds_what_is_missing_and_changes_nothing(clinic: Clinic) -> None:
    before = clinic.count(InventoryItem), clinic.count(ExpenseCategory)

    def change(session: sa.orm.Session) -> None:
        item = session.scalars(sa.select(InventoryItem).where(InventoryItem.sku == "GLV-M")).one()
        item.name_mn, item.is_active = "Манай бээлий", False
        kind = session.scalars(sa.select(ExpenseCategory).where(ExpenseCategory.name_en == "Rent")).one()
        kind.name_mn = "Байрны түрээс"
        session.execute(sa.text("DELETE FROM inventory_item WHERE sku = 'GLV-L'"))

    clinic.unit(change)
    clinic.unit(lambda s: reference.load(s, stock.today()))
    assert (clinic.count(InventoryItem), clinic.count(ExpenseCategory)) == before
    item = clinic.session.scalars(sa.select(InventoryItem).where(InventoryItem.sku == "GLV-M")).one()
    assert (item.name_mn, item.is_active) == ("Манай бээлий", False)
