"""Writes about supplies and spending, inside the caller's transaction.

The number on hand changes here alone, in the database itself (trap 11 of the stack): one UPDATE that refuses to go
below zero, and its row of the log beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.base import Base
from app.db.unit import TryAgain
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.stock import rules
from app.stock.models import (
    Expense,
    ExpenseCategory,
    InventoryItem,
    InventoryLog,
    SterilePackage,
    SterilisationCycle,
)
from app.stock.rules import CycleResult, Movement

R = TypeVar("R", bound=Base)
FILLED = {"recorded_by", "approved_by", "on_hand", "low_notified_at"}  # by actions, never by a form


@dataclass(frozen=True, slots=True)
class Note:
    """What is written beside a movement. `key`: the form's, so that a double click moves once."""

    now: datetime
    by: int | None = None
    key: str | None = None
    reason: str | None = None
    cost: int | None = None  # of one unit; else what the item costs
    supplier_id: int | None = None


def move(session: Session, item_id: int, kind: Movement, count: int, note: Note) -> InventoryLog:
    """`count` units come or go. Raises RuleError where fewer are there, NotFound, Conflict for a used key."""
    return _record(session, item_id, kind, rules.change_of(kind, count), note)


def give_back(session: Session, item_id: int, count: int, note: Note) -> InventoryLog:
    """What was used was not: `count` units are there again, as a use with the opposite sign. Raises NotFound."""
    return _record(session, item_id, Movement.USED, count, note)


def recount(session: Session, item_id: int, counted: int, seen: int, note: Note) -> InventoryLog:
    """Somebody counted: `counted` are there, where the page said `seen`.

    Raises RuleError without a reason or a difference, Conflict where the stock moved since the page was opened.
    """
    return _record(session, item_id, Movement.ADJUSTED, rules.correction(counted, seen), note, seen=seen)


def _record(
    session: Session, item_id: int, kind: Movement, change: int, note: Note, seen: int | None = None
) -> InventoryLog:
    note = replace(note, reason=rules.check_reason(kind, note.reason))
    rules.check_cost(note.cost)
    known = _log_of_key(session, note.key)
    if known is not None:
        return _same(known, item_id, kind, change)
    item = _change(session, item_id, change, seen)
    if kind is Movement.RECEIVED:
        _receive(item, note)
    row = InventoryLog(
        inventory_item_id=item_id,
        kind=kind,
        quantity=change,
        cost=item.cost if note.cost is None else note.cost,
        supplier_id=note.supplier_id,
        by=note.by,
        reason=note.reason,
        idempotency_key=note.key,
        created_at=note.now,
        item=item,
    )
    session.add(row)
    _flush_once(session)
    return row


def _change(session: Session, item_id: int, change: int, seen: int | None) -> InventoryItem:
    """Change the number on hand in one statement, which also locks the item; then read it."""
    on_hand = InventoryItem.on_hand
    where = [InventoryItem.inventory_item_id == item_id, on_hand <= rules.MOST_HELD - change]
    where.append(on_hand >= -change if seen is None else on_hand == seen)
    # the forms' token stays: a movement is no change of the item's description
    values = {"on_hand": on_hand + change, "updated_at": InventoryItem.updated_at}
    statement = sa.update(InventoryItem).where(*where).values(values)
    moved = session.execute(statement.execution_options(synchronize_session=False))
    item = session.get(InventoryItem, item_id, populate_existing=True)
    if item is None:
        raise NotFound(T("This item does not exist."))
    if not moved.rowcount:  # type: ignore[attr-defined]  # of an UPDATE there is one
        _refuse(item, change, seen)
    return item


def _refuse(item: InventoryItem, change: int, seen: int | None) -> None:
    """Say why nothing moved."""
    left = {"item": item.title, "left": f"{item.on_hand:,}", "unit": item.unit}
    if seen is not None and item.on_hand != seen:
        text = T("The stock of “%(item)s” moved meanwhile: %(left)s %(unit)s now. Count again.", **left)
        raise Conflict(text, field="counted")
    if change > 0:
        raise RuleError(T("So many can't be kept in stock. Is the number right?"), field="quantity")
    raise RuleError(T("Only %(left)s %(unit)s of “%(item)s” left in stock.", **left), field="quantity")


def _receive(item: InventoryItem, note: Note) -> None:
    """What it cost this time is what it costs. What is switched off is not bought any more. Raises RuleError."""
    if not item.is_active:
        raise RuleError(T("“%(item)s” is switched off. Switch it on first to receive it.", item=item.title))
    if note.cost is not None:
        item.cost = note.cost


def _log_of_key(session: Session, key: str | None) -> InventoryLog | None:
    if key is None:
        return None
    return session.scalar(sa.select(InventoryLog).where(InventoryLog.idempotency_key == key))


def _same(known: InventoryLog, item_id: int, kind: Movement, change: int) -> InventoryLog:
    """The movement a used key stands for. Raises Conflict where this is not the same one."""
    if (known.inventory_item_id, known.kind, known.quantity) != (item_id, kind, change):
        raise Conflict(T("This form was used already. Load the page again for another movement."))
    return known


def _flush_once(session: Session) -> None:
    """Write the row; where its key came from somewhere else at this very moment, run again and find it."""
    try:
        session.flush()
    except IntegrityError as error:
        if "idempotency_key" in str(error.orig):
            raise TryAgain from error
        raise


def save_item(session: Session, row: InventoryItem, values: Mapping[str, Any]) -> InventoryItem:
    """Add or change the description of an item; `row` is new or locked. Nothing is on hand of a new one.

    Raises RuleError for a code that no label can carry and for an impossible cost.
    """
    with session.no_autoflush:
        _fill(row, rules.check_item(values))
    if row.inventory_item_id is None:
        row.on_hand = 0
    session.add(row)
    session.flush()
    return row


# --- spending


def add_expense(session: Session, values: Mapping[str, Any], *, today: date, by: int | None) -> Expense:
    """Write down what was spent, to be approved. Raises RuleError, Conflict for one that is sent twice."""
    rules.check_expense(values, today)
    category = session.get(ExpenseCategory, values["expense_category_id"], with_for_update=True)
    if category is None:
        raise RuleError(T("Choose one of the list."), field="expense_category_id")
    _refuse_twin(session, values)
    row = _fill(Expense(), values)
    row.recorded_by = by
    session.add(row)
    session.flush()
    return row


def _refuse_twin(session: Session, values: Mapping[str, Any]) -> None:
    """A form sent twice, by a double click or a reload, is one expense; the category is locked, so one sees it."""
    names = ("expense_category_id", "amount", "spent_on", "supplier_id", "method", "reference", "note")
    same = (getattr(Expense, name).is_not_distinct_from(values.get(name)) for name in names)
    if session.scalar(sa.select(Expense.expense_id).where(*same).limit(1)) is not None:
        raise Conflict(
            T("Exactly this expense is recorded already. If it is another one, say in the note what differs."),
            field="note",
        )


def change_expense(session: Session, row: Expense, values: Mapping[str, Any], *, today: date) -> Expense:
    """Change a locked expense that nobody approved yet. Raises RuleError, Conflict."""
    _check_open(row)
    rules.check_expense(values, today)
    with session.no_autoflush:
        _fill(row, values)
    session.flush()
    return row


def remove_expense(session: Session, row: Expense) -> None:
    """Delete a locked expense that nobody approved yet. Raises Conflict."""
    _check_open(row)
    session.delete(row)
    session.flush()


def approve_expense(session: Session, expense_id: int, seen: str, *, by: int) -> Expense:
    """Approve an expense as it was seen (its last change); from now on it is fixed. The second click does nothing.

    Raises Conflict where it was changed since, NotFound.
    """
    row = session.get(Expense, expense_id, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    if row.approved_by is not None:
        return row
    if seen != row.updated_at.isoformat():
        raise Conflict(T("Somebody changed this expense while you were looking at it. Look again, then approve."))
    row.approved_by = by
    session.flush()
    return row


def _check_open(row: Expense) -> None:
    if row.approved_by is not None:
        raise Conflict(T("This expense is approved, so it stays as it is."))


# --- sterilisation


def save_cycle(
    session: Session, row: SterilisationCycle, values: Mapping[str, Any], *, now: datetime
) -> SterilisationCycle:
    """Write down a run of an autoclave; `row` is new or locked. What it came to is said by `judge_cycle`."""
    rules.check_cycle_time(values["started_at"], now)
    with session.no_autoflush:
        _fill(row, {name: value for name, value in values.items() if name != "result"})
    session.add(row)
    session.flush()
    return row


def locked_cycle(session: Session, cycle_id: int) -> SterilisationCycle:
    """The cycle, locked: whoever opens a package of it holds it too. Raises NotFound."""
    row = session.get(SterilisationCycle, cycle_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def judge_cycle(session: Session, cycle_id: int, result: CycleResult) -> SterilisationCycle:
    """What the indicator of a cycle said. Raises NotFound."""
    row = locked_cycle(session, cycle_id)
    row.result = result
    session.flush()
    return row


def add_packages(
    session: Session, cycle_id: int, first: str, count: int, *, expires_on: date, today: date
) -> list[SterilePackage]:
    """The packages of a cycle, numbered on from `first`. Raises RuleError, Conflict for a number that is used."""
    cycle = locked_cycle(session, cycle_id)
    if cycle.result is CycleResult.FAIL:
        raise RuleError(T("This cycle failed: nothing of it is sterile."))
    if expires_on < today:
        raise RuleError(T("This day has passed."), field="expires_on")
    numbers = rules.numbers_from(first, count)
    used = session.scalar(sa.select(sa.func.min(SterilePackage.number)).where(SterilePackage.number.in_(numbers)))
    if used is not None:
        raise Conflict(T("There is a package %(number)s already.", number=used), field="first")
    made = [SterilePackage(number=one, cycle=cycle, expires_on=expires_on) for one in numbers]
    session.add_all(made)
    try:
        session.flush()
    except IntegrityError as error:
        raise TryAgain from error  # somebody used one of them at this very moment: the next time it is seen
    return made


def _fill(row: R, values: Mapping[str, Any]) -> R:
    columns = sa.inspect(type(row)).column_attrs
    for name, value in values.items():
        if name in columns and name not in FILLED:
            setattr(row, name, value)
    return row
