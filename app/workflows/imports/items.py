"""A list of supplies becomes items in stock; what is there of a new one comes in as a movement of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.cells import read_whole
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.stock import rules
from app.stock.actions import Note
from app.stock.models import InventoryItem
from app.stock.rules import MOST_MOVED, ItemCategory, Movement, Unit
from app.stock.words import LABELS
from app.workflows import stock
from app.workflows.imports.columns import ListColumn, code_of, column_of
from app.workflows.imports.engine import Setting
from app.workflows.imports.keyed import KeyedList, both_names

ON_HAND = "on_hand"


def _column(name: str, label: Text, spellings: str = "", one: Any = "", other: Any = "") -> ListColumn:
    return column_of(InventoryItem, name, label, spellings, (one, other))


COLUMNS = (
    ListColumn(
        "sku",
        LABELS["inventory_item.sku"],
        code_of(rules.clean_sku, 40),
        "код барааныкод code itemcode barcode артикул",
        ("GLV-XL", "ART-17"),
    ),
    _column("name_mn", T("Name in Mongolian"), "нэр бараа барааныннэр монголнэр", "Үзлэгийн бээлий XL", "Артикайн 1.7"),
    _column("name_en", T("Name in English"), "name item itemname англинэр", "Examination gloves XL", "Articaine 1.7"),
    _column(
        "category", T("Category"), "төрөл бүлэг ангилал group type", ItemCategory.HYGIENE, ItemCategory.ANAESTHETIC
    ),
    _column("unit", LABELS["inventory_item.unit"], "нэгж хэмжихнэгж unit uom", Unit.BOX, Unit.AMPOULE),
    _column("minimum_stock", LABELS["inventory_item.minimum_stock"], "доодхэмжээ доодүлдэгдэл minimum min", "10", "50"),
    _column(
        "reorder_quantity",
        LABELS["inventory_item.reorder_quantity"],
        "захиалгынтоо захиалах reorder order",
        "40",
        "100",
    ),
    _column("cost", LABELS["inventory_item.cost"], "өртөг үнэ нэгжүнэ cost price unitcost", "28,000", "3,500"),
    ListColumn(
        ON_HAND,
        LABELS["inventory_item.on_hand"],
        read_whole(0, MOST_MOVED),
        "үлдэгдэл эхнийүлдэгдэл тоо тооширхэг stock openingstock opening quantity qty count",
        ("12", "80"),
    ),
    _column("location", LABELS["inventory_item.location"], "байршил тавиур location shelf place", "A-1", "B-3"),
    _column("is_equipment", LABELS["inventory_item.is_equipment"], "equipment", False, False),
    _column("is_active", T("In use"), "active", True, True),
)


class ItemList(KeyedList):
    """The supplies of a list, known by their code."""

    name = dedupe = "inventory"
    columns, key, needed = COLUMNS, ("sku",), ("sku", "name_mn", "category")
    follows, fixed = ("name_mn",), (ON_HAND,)

    def known(self, session: Session, keys: Sequence[Any], *, lock: bool) -> Mapping[Any, Any]:
        """Items by their code."""
        statement = (
            sa.select(InventoryItem).where(InventoryItem.sku.in_(keys)).order_by(InventoryItem.inventory_item_id)
        )
        rows = session.scalars(statement.with_for_update() if lock else statement)
        return {row.sku: row for row in rows}

    def complete(self, values: dict[str, Any]) -> None:
        """One name is enough."""
        both_names(values, ("name_mn", "name_en"))

    def check(self, values: Mapping[str, Any], known: Any, setting: Setting) -> None:
        """Nothing comes in of what is switched off."""
        if known is None and values.get(ON_HAND) and values.get("is_active") is False:
            raise RuleError(T("What is switched off can't be received into stock."), field=ON_HAND)

    def add(self, session: Session, values: dict[str, Any], setting: Setting) -> None:
        """The item, and what is there of it as received; who runs the stock hears only of what is low then."""
        count = values.pop(ON_HAND, 0)
        row = stock.save_item(session, InventoryItem(), values, now=self._now(setting))
        if count:
            note = Note(self._now(setting), setting.by)
            stock.move(session, row.inventory_item_id, Movement.RECEIVED, count, note)

    def change(self, session: Session, known: Any, values: dict[str, Any], setting: Setting) -> None:
        """What the list leaves out stays as it is, and so does the stock on hand."""
        own = {column.value: getattr(known, column.value) for column in self.columns if column.value != ON_HAND}
        stock.save_item(session, known, {**own, **values}, now=self._now(setting))

    @staticmethod
    def _now(setting: Setting) -> Any:
        assert setting.now is not None, "an import knows when it runs"
        return setting.now
