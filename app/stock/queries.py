"""Reads of supplies and spending."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.kernel.dates import add_months
from app.people.models import Employee
from app.security.models import UserProfile
from app.stock.models import Expense, ExpenseCategory, InventoryItem, InventoryLog, SterilePackage
from app.stock.rules import LONGEST_NUMBER, Movement, budget_share, is_over, numbers_from

MOVEMENTS = 25


def is_low_condition() -> ColumnElement[bool]:
    """Items in use that are low or out."""
    on_hand = InventoryItem.on_hand
    return sa.and_(InventoryItem.is_active, sa.or_(on_hand <= InventoryItem.minimum_stock, on_hand <= 0))


@dataclass(frozen=True, slots=True)
class Figures:
    """The stock in one line: how many items are low, how many of them out, and what all is worth."""

    items: int
    low: int
    out: int
    value: int


def figures(session: Session) -> Figures:
    """Of the items in use; the worth is of all."""
    item = InventoryItem
    sums = (
        sa.case((item.is_active, 1), else_=0),
        sa.case((is_low_condition(), 1), else_=0),
        sa.case((sa.and_(item.is_active, item.on_hand <= 0), 1), else_=0),
        item.on_hand * item.cost,
    )
    row = session.execute(sa.select(*(sa.func.coalesce(sa.func.sum(part), 0) for part in sums))).one()
    return Figures(*(int(value) for value in row))


def movements_of(session: Session, item_id: int, limit: int = MOVEMENTS) -> Sequence[tuple[InventoryLog, str | None]]:
    """The latest movements of an item, each with who wrote it."""
    statement = (
        sa.select(InventoryLog, UserProfile.display_name)
        .outerjoin(UserProfile, UserProfile.user_id == InventoryLog.by)
        .options(joinedload(InventoryLog.supplier))
        .where(InventoryLog.inventory_item_id == item_id)
        .order_by(InventoryLog.created_at.desc(), InventoryLog.inventory_log_id.desc())
        .limit(limit)
    )
    return [(row, name) for row, name in session.execute(statement)]


def movements_from(session: Session, supplier_id: int, limit: int = MOVEMENTS) -> Sequence[InventoryLog]:
    """What came from a supplier, and went back there, last."""
    statement = sa.select(InventoryLog).options(joinedload(InventoryLog.item))
    latest = statement.where(InventoryLog.supplier_id == supplier_id).order_by(InventoryLog.inventory_log_id.desc())
    return session.scalars(latest.limit(limit)).all()


def used_since(session: Session, item_id: int, since: datetime) -> int:
    """How many units were used since then, what was given back taken off."""
    used = sa.select(sa.func.coalesce(-sa.func.sum(InventoryLog.quantity), 0)).where(
        InventoryLog.inventory_item_id == item_id,
        InventoryLog.kind == Movement.USED,
        InventoryLog.created_at >= since,
    )
    return int(session.scalar(used) or 0)


def names_of_users(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """What users are called."""
    wanted = {key for key in user_ids if key is not None}
    statement = sa.select(UserProfile.user_id, UserProfile.display_name).where(UserProfile.user_id.in_(wanted))
    return {key: name for key, name in session.execute(statement)} if wanted else {}  # noqa: C416 - a result is no mapping


def staff_users() -> ColumnElement[bool]:
    """Users who work here: a patient's name is in no list of who moved what."""
    return UserProfile.user_id.in_(sa.select(Employee.user_id).where(Employee.user_id.is_not(None)))


# --- spending


@dataclass(frozen=True, slots=True)
class Spending:
    """A category in one month: what was spent, of it not yet approved, against its budget."""

    category: ExpenseCategory
    spent: int
    waiting: int

    @property
    def share(self) -> int | None:
        """Percent of the budget."""
        return budget_share(self.spent, self.category.monthly_budget)

    @property
    def is_over(self) -> bool:
        """Whether the budget is overspent."""
        return is_over(self.spent, self.category.monthly_budget)

    @property
    def rest(self) -> int:
        """What is left of the budget; negative where it is overspent."""
        return (self.category.monthly_budget or 0) - self.spent


def spending(session: Session, month: date) -> Sequence[Spending]:
    """The categories in use, and those in which something was spent, in the month that begins on `month`."""
    waiting = sa.case((Expense.approved_by.is_(None), Expense.amount), else_=0)
    spent = (
        sa.select(
            Expense.expense_category_id,
            sa.func.sum(Expense.amount).label("spent"),
            sa.func.sum(waiting).label("waiting"),
        )
        .where(Expense.spent_on >= month, Expense.spent_on < add_months(month, 1))
        .group_by(Expense.expense_category_id)
        .subquery()
    )
    total = sa.func.coalesce(spent.c.spent, 0)
    statement = (
        sa.select(ExpenseCategory, total, sa.func.coalesce(spent.c.waiting, 0))
        .outerjoin(spent, spent.c.expense_category_id == ExpenseCategory.expense_category_id)
        .where(sa.or_(ExpenseCategory.is_active, total > 0))
        .order_by(total.desc(), ExpenseCategory.name_mn)
    )
    return [Spending(row, int(sum_), int(rest)) for row, sum_, rest in session.execute(statement)]


def waiting_expenses(session: Session) -> tuple[int, int | None]:
    """How many expenses nobody has approved yet, and the oldest of them."""
    counted = sa.select(sa.func.count(), sa.func.min(Expense.expense_id)).where(Expense.approved_by.is_(None))
    count, oldest = session.execute(counted).one()
    return int(count), oldest


def expense_with_all(session: Session, expense_id: int) -> Expense | None:
    """An expense with its category and supplier."""
    options = [joinedload(Expense.category), joinedload(Expense.supplier)]
    statement = sa.select(Expense).where(Expense.expense_id == expense_id).options(*options)
    return session.scalars(statement).first()


# --- verifying


@dataclass(frozen=True, slots=True)
class Difference:
    """An item whose number on hand is not the sum of its log."""

    sku: str
    on_hand: int
    logged: int

    def __str__(self) -> str:
        return f"{self.sku} has {self.on_hand} on hand, its log adds up to {self.logged}"


def first_difference(session: Session) -> Difference | None:
    """The first item that contradicts its log, found in one statement inside the database."""
    item, logged = InventoryItem, sa.func.coalesce(sa.func.sum(InventoryLog.quantity), 0)
    statement = (
        sa.select(sa.func.max(item.sku), sa.func.max(item.on_hand), logged)
        .outerjoin(InventoryLog, InventoryLog.inventory_item_id == item.inventory_item_id)
        .group_by(item.inventory_item_id)
        .having(sa.func.max(item.on_hand) != logged)
        .order_by(item.inventory_item_id)
        .limit(1)
    )
    found = session.execute(statement).first()
    return Difference(str(found[0]), int(found[1]), int(found[2])) if found is not None else None


def counts(session: Session) -> tuple[int, int]:
    """How many items and movements there are."""
    items = sa.select(sa.func.count()).select_from(InventoryItem).scalar_subquery()
    logs = sa.select(sa.func.count()).select_from(InventoryLog).scalar_subquery()
    row = session.execute(sa.select(items, logs)).one()
    return int(row[0]), int(row[1])


# --- sterilisation


def package_of(session: Session, number: str) -> SterilePackage | None:
    """The package that carries a number."""
    return session.scalar(sa.select(SterilePackage).where(SterilePackage.number == number))


def package_counts(session: Session, cycle_ids: Iterable[int]) -> dict[int, int]:
    """cycle → how many packages came out of it; one statement."""
    key = SterilePackage.sterilisation_cycle_id
    statement = sa.select(key, sa.func.count()).where(key.in_(list(cycle_ids))).group_by(key)
    return {cycle: count for cycle, count in session.execute(statement)}  # noqa: C416 - a result is no mapping


def next_number(session: Session) -> str:
    """The number after the last package's, where one can count on from it."""
    last = session.scalar(sa.select(SterilePackage.number).order_by(SterilePackage.sterile_package_id.desc()).limit(1))
    return numbers_from(last, 2)[1] if last and last[-1].isdigit() and len(last) < LONGEST_NUMBER else "000001"
