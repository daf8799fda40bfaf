"""The lists of supplies, of their movements and of suppliers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.db import Tugrug
from app.db.base import sqla
from app.kernel.text import T, Text
from app.stock import queries
from app.stock.models import InventoryItem, InventoryLog, Supplier
from app.stock.rules import Movement
from app.stock.views.lookups import STAFF, Answer, by_name, item_condition, items_found
from app.web import listing
from app.web.text import say
from app.web.views import ClinicView
from app.workflows import stock

# the lists of the room, shown as tabs on each of them
TABS: tuple[tuple[str, Text], ...] = (
    ("InventoryItemView", T("Inventory")),
    ("InventoryLogView", T("Movements")),
    ("SupplierView", T("Suppliers")),
    ("SterilisationCycleView", T("Sterilisation")),
    ("SterilePackageView", T("Sterile packages")),
)


class StockView(ClinicView):
    """What the room's lists share: their tabs."""

    page = "/inventory"
    list_template = "stock/list.html"

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """The tabs."""
        return {"tabs": TABS}


class InventoryItemView(StockView):
    """The items. Never deleted, only switched off; the number on hand is in no form."""

    datamodel = SQLAInterface(InventoryItem)
    route_base, import_url = "/inventory", "/inventory/import"
    title_one, title_many = T("Item in stock"), T("Inventory")
    list_columns = ("title", "sku", "category", "on_hand", "unit", "minimum_stock", "state", "value")
    show_columns = ("title",)
    shows_elsewhere = True
    add_columns = edit_columns = (
        "name_mn", "name_en", "sku", "category", "unit", "minimum_stock", "reorder_quantity", "cost", "location",
        "is_equipment", "is_active",
    )  # fmt: skip
    search_columns = ("is_low", "category", "is_active", "is_equipment", "on_hand")
    order_columns = ("title", "sku", "category", "on_hand", "minimum_stock", "value")
    default_order = ("title", "asc")
    sections = (
        (T("Item in stock"), ("name_mn", "name_en", "sku", "category", "unit", "is_equipment", "is_active")),
        (T("Keeping it in stock"), ("minimum_stock", "reorder_quantity", "cost", "location")),
    )
    extra_types = {"value": Tugrug()}
    list_template = "stock/items.html"
    definitions = [
        {"label": T("Worth of the stock by category"), "group": "category", "series": [(aggregate_sum, "value")]},
        {"label": T("Items by category"), "group": "category", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""  # the stock as it stands: no period

    def column(self, name: str) -> Any:
        """A title sorts by the name one reads."""
        if name == "is_low":
            return Answer("is_low", queries.is_low_condition)
        if name == "value":
            return sa.type_coerce(InventoryItem.on_hand * InventoryItem.cost, Tugrug())
        return by_name(InventoryItem) if name == "title" else super().column(name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By code or name in either language."""
        return item_condition(typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The unit is a word, no status; a code stays in one piece."""
        code = Markup('<span class="nowrap">{}</span>')
        return {row.inventory_item_id: {"unit": say(row.unit), "sku": code.format(row.sku)} for row in rows}

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """How many run low, and what all is worth."""
        return {**super().list_context(found), "figures": queries.figures(sqla.session())}

    def create(self, session: Session, values: dict[str, Any]) -> InventoryItem:
        """With nothing on hand."""
        return stock.save_item(session, InventoryItem(), values, now=datetime.now(UTC))

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> InventoryItem:
        """With another minimum it may be low."""
        return stock.save_item(session, row, values, now=datetime.now(UTC))


def _worth_of(*kinds: Movement) -> Any:
    """What movements of these kinds were worth, as a positive sum."""
    worth = sa.func.abs(InventoryLog.quantity) * InventoryLog.cost
    if kinds == (Movement.USED,):
        worth = -InventoryLog.quantity * InventoryLog.cost  # what was given back is taken off
    return sa.type_coerce(sa.case((InventoryLog.kind.in_(kinds), worth), else_=0), Tugrug())


MEASURES = {
    "used": (Movement.USED,),
    "received": (Movement.RECEIVED,),
    "wasted": (Movement.EXPIRED, Movement.LOST),
}


class InventoryLogView(StockView):
    """`/inventory/logs`: what came and went, written by the actions and never changed."""

    datamodel = SQLAInterface(InventoryLog)
    page, route_base = "/inventory/logs", "/inventory/logs"
    title_one, title_many = T("Movement of stock"), T("Inventory logs")
    list_columns = ("created_at", "item", "kind", "quantity", "unit", "amount", "supplier", "written_by", "reason")
    show_columns = (*list_columns[:5], "cost", *list_columns[5:])
    search_columns = ("inventory_item_id", "kind", "created_at", "by", "supplier_id")
    order_columns = ("created_at", "quantity")
    default_order = ("inventory_log_id", "desc")
    lookups = {"by": STAFF}
    extra_types = {"amount": Tugrug()}
    definitions = [
        {"label": T("Cost of what was used by month"), "group": "created_at", "series": [(aggregate_sum, "used")]},
        {"label": T("Cost of what was used by item"), "group": "inventory_item_id",
         "series": [(aggregate_sum, "used")]},
        {"label": T("Cost of what was received by month"), "group": "created_at",
         "series": [(aggregate_sum, "received")]},
        {"label": T("Cost of what expired or was lost by item"), "group": "inventory_item_id",
         "series": [(aggregate_sum, "wasted")]},
        {"label": T("Movements by kind"), "group": "kind", "series": [(aggregate_count, "")]},
    ]  # fmt: skip

    def column(self, name: str) -> Any:
        """The sums of the charts."""
        return _worth_of(*MEASURES[name]) if name in MEASURES else super().column(name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By item, or by the reason."""
        return sa.or_(items_found(InventoryLog.inventory_item_id, typed), listing.like(InventoryLog.reason, typed))

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What it is counted in, and who wrote it."""
        names = queries.names_of_users(session, (row.by for row in rows))
        return {row.inventory_log_id: {"unit": say(row.item.unit), "written_by": names.get(row.by)} for row in rows}


class SupplierView(StockView):
    """Whom the clinic buys from. Never deleted, only switched off."""

    datamodel = SQLAInterface(Supplier)
    route_base = "/suppliers"
    title_one, title_many = T("Supplier"), T("Suppliers")
    list_columns = ("name", "phone", "email", "register_number", "is_active")
    show_columns = (*list_columns, "created_at")
    add_columns = edit_columns = list_columns
    search_columns = ("name", "is_active")
    order_columns = ("name",)
    default_order = ("name", "asc")
    definitions = [{"label": T("Suppliers, in use or not"), "group": "is_active", "series": [(aggregate_count, "")]}]
    chart_date = ""
    show_template = "stock/supplier.html"

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By name, email or register number."""
        columns = (Supplier.name, Supplier.email, Supplier.register_number)
        return sa.or_(*(listing.like(column, typed) for column in columns))

    def show_context(self, row: Any) -> dict[str, Any]:
        """What came from there last."""
        return {"movements": queries.movements_from(sqla.session(), row.supplier_id)}
