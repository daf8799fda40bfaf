"""Supplies where they touch other rooms: who is told that an item runs low, and medicines that patients take home."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing.actions import Posting
from app.billing.models import Invoice, InvoiceItem
from app.catalogue.models import Medicine
from app.communication.actions import notify
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.security.rules import Role
from app.stock import actions
from app.stock.actions import Note
from app.stock.models import InventoryItem, InventoryLog
from app.stock.rules import Level, Movement

TOLD = (Role.ASSISTANT.role_name, Role.ADMIN.role_name)


def move(session: Session, item_id: int, kind: Movement, count: int, note: Note) -> InventoryLog:
    """Units of an item come or go; who runs the stock is told once that it is low, until it is filled up again.

    Raises RuleError where fewer are there, Conflict for a used key, NotFound.
    """
    return _watched(session, actions.move(session, item_id, kind, count, note), note.now)


def recount(session: Session, item_id: int, counted: int, seen: int, note: Note) -> InventoryLog:
    """Correct the number on hand after counting. Raises RuleError, Conflict, NotFound."""
    return _watched(session, actions.recount(session, item_id, counted, seen, note), note.now)


def save_item(session: Session, row: InventoryItem, values: Mapping[str, Any], *, now: datetime) -> InventoryItem:
    """Add or change an item; a new minimum may make one low that was not. Raises RuleError."""
    was_low = row.inventory_item_id is None or row.level is not Level.ENOUGH
    item = actions.save_item(session, row, values)
    _watch(session, item, now, may_tell=not was_low)
    return item


def _watched(session: Session, log: InventoryLog, now: datetime) -> InventoryLog:
    _watch(session, log.item, now, may_tell=log.quantity < 0)
    return log


def _watch(session: Session, item: InventoryItem, now: datetime, *, may_tell: bool) -> None:
    """Keep whether it was told that a locked item is low."""
    if item.level is Level.ENOUGH:
        item.low_notified_at = None
    elif may_tell and item.is_active and item.low_notified_at is None:
        item.low_notified_at = now
        tell(session, item, now)
    session.flush()


def tell(session: Session, item: InventoryItem, now: datetime) -> None:
    """Tell who runs the stock that an item is low."""
    facts = {"item": item.title, "left": f"{item.on_hand:,}", "unit": item.unit, "minimum": f"{item.minimum_stock:,}"}
    notify(
        session,
        text=T("“%(item)s” runs low: %(left)s %(unit)s left, the minimum is %(minimum)s.", **facts),
        link=f"/inventory/{item.inventory_item_id}",
        roles=TOLD,
        dedupe_key=f"stock-low:{item.inventory_item_id}:{now.isoformat()}",
        now=now,
    )


# --- medicines on invoices


def hand_out(session: Session, invoice: Invoice, posting: Posting) -> None:
    """The medicines of an invoice that is being issued leave the stock; those without an item of their own stay out.

    Where fewer are there than the patient takes home, issuing is refused with what is left: an invoice of what was
    never handed over would be wrong, and a stock that only guesses is worth nothing. The desk lowers the quantity, or
    somebody receives what came or corrects the count, which takes a minute. Voiding gives all of it back.
    Raises RuleError.
    """
    for item_id, count in _medicines_of(session, invoice.invoice_id):
        note = Note(posting.now, posting.by, f"invoice:{invoice.invoice_id}:{item_id}", invoice.number)
        try:
            move(session, item_id, Movement.USED, count, note)
        except RuleError as error:
            item = session.get_one(InventoryItem, item_id)
            text = T(
                "The invoice takes %(count)s of “%(item)s”, but %(left)s %(unit)s left in stock. "
                "Lower the quantity, or receive it into stock first.",
                count=f"{count:,}",
                item=item.title,
                left=f"{item.on_hand:,}",
                unit=item.unit,
            )
            raise RuleError(text) from error


def take_back(session: Session, invoice: Invoice, posting: Posting) -> None:
    """A void invoice gives back to the stock exactly what it took."""
    key = InventoryLog.idempotency_key
    start = f"invoice:{invoice.invoice_id}:"
    taken = sa.select(InventoryLog.inventory_item_id, InventoryLog.quantity).where(key >= start, key < start[:-1] + ";")
    for item_id, quantity in session.execute(taken.order_by(InventoryLog.inventory_item_id)).all():
        note = Note(posting.now, posting.by, f"void:{invoice.invoice_id}:{item_id}", invoice.number)
        _watched(session, actions.give_back(session, item_id, -quantity, note), posting.now)


def _medicines_of(session: Session, invoice_id: int) -> Sequence[tuple[int, int]]:
    """(item, how many units) of an invoice, in the order in which items are locked."""
    item_id = Medicine.inventory_item_id
    statement = (
        sa.select(item_id, sa.func.sum(InvoiceItem.quantity))
        .join(InvoiceItem, InvoiceItem.medicine_id == Medicine.medicine_id)
        .where(InvoiceItem.invoice_id == invoice_id, item_id.is_not(None))
        .group_by(item_id)
        .order_by(item_id)
    )
    return [(int(key), int(count)) for key, count in session.execute(statement) if key is not None]
