"""Supplies and spending for tests, made by the room's actions, so that on hand is what the log says."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.stock import actions
from app.stock.actions import Note
from app.stock.models import (
    Expense,
    ExpenseCategory,
    InventoryItem,
    InventoryLog,
    SterilePackage,
    SterilisationCycle,
    Supplier,
)
from app.stock.rules import CycleResult, ExpenseMethod, ItemCategory, Movement, Unit
from app.workflows import stock

_numbers = itertools.count(1)


def today() -> date:
    """Today on the clinic's calendar."""
    return datetime.now(ZoneInfo("Asia/Ulaanbaatar")).date()


def note(**values: Any) -> Note:
    """Now, by nobody in particular, for the reason of the tests."""
    return Note(**{"now": datetime.now(UTC), "reason": "Туршилт", **values})


def supplier(session: Session, **values: Any) -> Supplier:
    """Somebody who sells."""
    row = Supplier(**{"name": f"Нийлүүлэгч {next(_numbers)}", **values})
    session.add(row)
    session.flush()
    return row


def item(session: Session, *, on_hand: int = 0, cost: int = 1_000, **values: Any) -> InventoryItem:
    """An item with `on_hand` units, received in one delivery."""
    number = next(_numbers)
    base = {
        "name_mn": f"Бээлий {number}", "name_en": f"Gloves {number}", "sku": f"TEST-{number}", "cost": cost,
        "category": ItemCategory.CONSUMABLE, "unit": Unit.BOX, "minimum_stock": 5, "reorder_quantity": 20,
    }  # fmt: skip
    row = actions.save_item(session, InventoryItem(), {**base, **values})
    if on_hand:
        actions.move(session, row.inventory_item_id, Movement.RECEIVED, on_hand, note())
    return row


def move(session: Session, item_id: int, kind: Movement, count: int, **values: Any) -> InventoryLog:
    """A movement, with who is told of it."""
    return stock.move(session, item_id, kind, count, note(**values))


def log(session: Session, **values: Any) -> InventoryLog:
    """A delivery."""
    return move(session, item(session).inventory_item_id, Movement.RECEIVED, 10, **values)


def category(session: Session, **values: Any) -> ExpenseCategory:
    """Something that money is spent on."""
    number = next(_numbers)
    row = ExpenseCategory(**{"name_mn": f"Зардал {number}", "name_en": f"Expense {number}", **values})
    session.add(row)
    session.flush()
    return row


def expense(session: Session, *, by: int | None = None, **values: Any) -> Expense:
    """Money spent today, not yet approved."""
    base = {"amount": 50_000, "spent_on": today(), "method": ExpenseMethod.CASH, "note": f"№ {next(_numbers)}"}
    if "expense_category_id" not in values:
        values["expense_category_id"] = category(session).expense_category_id
    return actions.add_expense(session, {**base, **values}, today=today(), by=by)


def cycle(
    session: Session, result: CycleResult | None = CycleResult.PASS, *, hours: int = 2, **values: Any
) -> SterilisationCycle:
    """A run of the autoclave two hours ago that passed."""
    now = datetime.now(UTC)
    base = {
        "autoclave": f"Автоклав {next(_numbers)}", "program": "134 °C, 5 мин", "indicator": "5-р анги: өнгө хувирсан",
        "started_at": now - timedelta(hours=hours),
    }  # fmt: skip
    row = actions.save_cycle(session, SterilisationCycle(), {**base, **values}, now=now)
    row.result = result
    session.flush()
    return row


def package(session: Session, of: SterilisationCycle | None = None, **values: Any) -> SterilePackage:
    """A package of a cycle, sterile for half a year."""
    base = {
        "number": f"T{next(_numbers):06d}", "expires_on": today() + timedelta(days=180),
        "sterilisation_cycle_id": (of or cycle(session)).sterilisation_cycle_id,
    }  # fmt: skip
    row = SterilePackage(**{**base, **values})
    session.add(row)
    session.flush()
    return row
