"""What comes with a new clinic: the supplies that every dental clinic keeps, none on hand yet, and what it spends on.

Only what is missing is added: items by their code, categories by their name in either language.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.people.reference import member, read_table
from app.stock.models import ExpenseCategory, InventoryItem
from app.stock.rules import ItemCategory, Unit

DATA = Path(__file__).with_name("data")


def load(session: Session, today: date) -> None:
    """Add what is missing; what a clinic changed stays."""
    session.add_all(_missing_items(session))
    session.add_all(_missing_categories(session))
    session.flush()


def _missing_items(session: Session) -> Iterator[InventoryItem]:
    known = set(session.scalars(sa.select(InventoryItem.sku)))
    for row in read_table(DATA / "items.csv"):
        if row["sku"] not in known:
            yield InventoryItem(
                sku=row["sku"],
                name_mn=row["name_mn"],
                name_en=row["name_en"],
                category=member(ItemCategory, row["category"]),
                unit=member(Unit, row["unit"]),
                minimum_stock=int(row["minimum"]),
                reorder_quantity=int(row["reorder"]),
                is_equipment=row["is_equipment"] == "1",
            )


def _missing_categories(session: Session) -> Iterator[ExpenseCategory]:
    known = {
        name for row in session.execute(sa.select(ExpenseCategory.name_mn, ExpenseCategory.name_en)) for name in row
    }
    for row in read_table(DATA / "expense_categories.csv"):
        if not {row["name_mn"], row["name_en"]} & known:
            yield ExpenseCategory(**row)
