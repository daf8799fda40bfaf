"""How items, suppliers and categories are found when something refers to them, and columns that are none."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.text import T
from app.security.models import UserProfile
from app.stock import queries
from app.stock.models import ExpenseCategory, InventoryItem, Supplier
from app.stock.words import LABELS
from app.web.listing import like
from app.web.lookups import Lookup, add_lookup, by_text
from app.web.text import locale
from app.web.vocabulary import add_labels

add_labels(LABELS)


class Answer:
    """A filter that is no column: yes and no."""

    type, foreign_keys = sa.Boolean(), frozenset[Any]()

    def __init__(self, key: str, condition: Callable[[], ColumnElement[bool]]) -> None:
        self.key, self.condition = key, condition

    def is_(self, wanted: bool) -> ColumnElement[bool]:
        """The condition for yes, or for no."""
        return self.condition() if wanted else sa.not_(self.condition())


def item_condition(typed: str) -> ColumnElement[bool]:
    """Items by code or name in either language."""
    return sa.or_(
        *(like(column, typed) for column in (InventoryItem.sku, InventoryItem.name_mn, InventoryItem.name_en))
    )


def items_found(column: Any, typed: str) -> ColumnElement[bool]:
    """Rows of those items."""
    found: ColumnElement[bool] = column.in_(sa.select(InventoryItem.inventory_item_id).where(item_condition(typed)))
    return found


def by_name(model: Any) -> Any:
    """The name in the reader's language, to sort by."""
    return model.name_mn if locale() == "mn" else model.name_en


def _staff(session: Session, typed: str, limit: int) -> Sequence[UserProfile]:
    statement = sa.select(UserProfile).where(queries.staff_users()).order_by(UserProfile.display_name).limit(limit)
    return session.scalars(statement.where(like(UserProfile.display_name, typed)) if typed else statement).all()


def _items(session: Session, typed: str, limit: int) -> Sequence[InventoryItem]:
    statement = sa.select(InventoryItem).where(InventoryItem.is_active).order_by(by_name(InventoryItem)).limit(limit)
    return session.scalars(statement.where(item_condition(typed)) if typed else statement).all()


ITEMS = add_lookup(
    Lookup(
        InventoryItem,
        _items,
        lambda row: T("%(sku)s · %(left)s %(unit)s", sku=row.sku, left=f"{row.on_hand:,}", unit=row.unit),
    )
)
SUPPLIERS = add_lookup(by_text(Supplier, "name"))
CATEGORIES = add_lookup(by_text(ExpenseCategory, "name_mn", "name_en"))
STAFF = Lookup(UserProfile, _staff)
