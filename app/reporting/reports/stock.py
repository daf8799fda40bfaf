"""The report on supplies: what came, what was used up or lost, and what that cost."""

from typing import Any

import sqlalchemy as sa

from app.kernel.text import T
from app.reporting.reports.kinds import Group, Measure, Report, Rows, Unit, part
from app.stock.models import InventoryItem, InventoryLog, Supplier
from app.stock.rules import Movement

_LOG, _ITEM = InventoryLog, InventoryItem


def _cost(sign: int, *kinds: Movement) -> Any:
    worth = _LOG.quantity * _LOG.cost * sa.literal_column(str(sign))
    return sa.func.sum(sa.case((_LOG.kind.in_(kinds), worth), else_=0))


STOCK = Report(
    "stock",
    T("Stock use and cost"),
    T("What the supplies that came, were used, expired or got lost cost, at their price of that time."),
    lambda _ask, _span, _closed: sa.join(_LOG, _ITEM, _ITEM.inventory_item_id == _LOG.inventory_item_id),
    {
        "used": _cost(-1, Movement.USED),
        "received": _cost(1, Movement.RECEIVED),
        "lost": _cost(-1, Movement.EXPIRED, Movement.LOST),
        "pieces": sa.func.sum(sa.case((_LOG.kind == Movement.USED, -_LOG.quantity), else_=0)),
        "number": sa.func.count(),
    },
    (
        Measure("used", T("Cost of what was used"), part("used"), Unit.MONEY, is_cost=True),
        Measure("received", T("Cost of what came"), part("received"), Unit.MONEY, is_cost=True),
        Measure("lost", T("Cost of what expired or got lost"), part("lost"), Unit.MONEY, is_cost=True),
        Measure("pieces", T("Units used"), part("pieces"), is_cost=True),
        Measure("number", T("Movements"), part("number")),
    ),
    (
        Group("item", T("Item"), _LOG.inventory_item_id, InventoryItem, "inventory_item_id"),
        Group("category", T("Category"), _ITEM.category),
        Group("kind", T("Kind"), _LOG.kind, param="kind"),
        Group("supplier", T("Supplier"), _LOG.supplier_id, Supplier, "supplier_id"),
    ),
    at=_LOG.created_at,
    rows=Rows("InventoryLogView", "created_at"),
)  # fmt: skip
