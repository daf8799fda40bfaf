"""Whether the books of the stock agree: what every test ends with."""

import sqlalchemy as sa

from app.communication.models import Notification
from app.stock import queries
from app.stock.models import InventoryItem, InventoryLog
from tests.factories.clinic import Clinic


def difference(clinic: Clinic) -> object:
    """The first item whose number on hand is not the sum of its log, or that has less than nothing."""
    below = clinic.session.scalar(sa.select(InventoryItem.sku).where(InventoryItem.on_hand < 0))
    return below or queries.first_difference(clinic.session)


def on_hand(clinic: Clinic, item_id: int) -> int:
    """What is there."""
    return clinic.session.get_one(InventoryItem, item_id).on_hand


def logs(clinic: Clinic, item_id: int) -> list[InventoryLog]:
    """The movements of an item, in their order."""
    mine = sa.select(InventoryLog).where(InventoryLog.inventory_item_id == item_id)
    return list(clinic.session.scalars(mine.order_by(InventoryLog.inventory_log_id)))


def told(clinic: Clinic, item_id: int) -> set[int]:
    """The users who were told of an item; the same user twice fails."""
    mine = sa.select(Notification.user_id).where(Notification.link == f"/inventory/{item_id}")
    found = [key for key in clinic.session.scalars(mine) if key is not None]
    assert len(found) == len(set(found))
    return set(found)
