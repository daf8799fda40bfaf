"""Supplies and their log; suppliers; expenses by category."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import E164, AppendOnly, BigKey, Instant, Stamped, Tugrug, WordType, ascii_string, table_args
from app.files.models import StoredFile
from app.kernel.text import Names
from app.stock.rules import Approval, ExpenseMethod, ItemCategory, Level, Movement, Unit, level_of


class Supplier(Stamped):
    """Whom the clinic buys from. Never deleted, only switched off."""

    supplier_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    phone: Mapped[str | None] = mapped_column(E164)
    email: Mapped[str | None] = mapped_column(String(255))
    register_number: Mapped[str | None] = mapped_column(String(20))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def title(self) -> str:
        """Its name."""
        return self.name


class InventoryItem(Stamped):
    """Something the clinic keeps in stock. `on_hand` is the sum of its log, kept by the actions alone."""

    __table_args__ = table_args(
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("minimum_stock >= 0", name="minimum_stock_not_negative"),
        CheckConstraint("reorder_quantity >= 0", name="reorder_quantity_not_negative"),
        CheckConstraint("cost >= 0", name="cost_not_negative"),
        Index(None, "category"),
        Index(None, "name_mn"),
    )

    inventory_item_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name_mn: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    sku: Mapped[str] = mapped_column(ascii_string(40), unique=True)
    category: Mapped[ItemCategory] = mapped_column(WordType(ItemCategory))
    unit: Mapped[Unit] = mapped_column(WordType(Unit), default=Unit.PIECE)
    minimum_stock: Mapped[int] = mapped_column(Integer, default=0, info={"least": 0, "most": 1_000_000})
    reorder_quantity: Mapped[int] = mapped_column(Integer, default=0, info={"least": 0, "most": 1_000_000})
    cost: Mapped[int] = mapped_column(Tugrug, default=0)  # of one unit
    on_hand: Mapped[int] = mapped_column(Integer, default=0)
    low_notified_at: Mapped[datetime | None] = mapped_column(Instant)
    is_equipment: Mapped[bool] = mapped_column(Boolean, default=False)
    location: Mapped[str | None] = mapped_column(String(80))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def title(self) -> Names:
        """Its name."""
        return Names(self.name_mn, self.name_en)

    @property
    def level(self) -> Level:
        """Whether there is enough of it."""
        return level_of(self.on_hand, self.minimum_stock)

    @property
    def state(self) -> Level:
        """Whether there is enough of it, or nobody wants it any more."""
        return self.level if self.is_active else Level.OFF

    @property
    def value(self) -> int:
        """What is there, at its cost."""
        return self.on_hand * self.cost


class InventoryLog(AppendOnly):
    """One movement of an item: what came (+) or went (−), why, and by whom."""

    __table_args__ = table_args(
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        Index(None, "inventory_item_id", "created_at"),
        Index(None, "created_at"),
    )

    inventory_log_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    inventory_item_id: Mapped[int] = mapped_column(BigKey, ForeignKey("inventory_item.inventory_item_id"))
    kind: Mapped[Movement] = mapped_column(WordType(Movement))
    quantity: Mapped[int] = mapped_column(Integer)  # positive comes, negative goes
    cost: Mapped[int] = mapped_column(Tugrug, default=0)  # of one unit at that time
    supplier_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("supplier.supplier_id"))
    by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    reason: Mapped[str | None] = mapped_column(String(255))
    idempotency_key: Mapped[str | None] = mapped_column(ascii_string(80), unique=True)

    item: Mapped[InventoryItem] = relationship(InventoryItem)
    supplier: Mapped[Supplier | None] = relationship(Supplier)

    @property
    def title(self) -> Names:
        """The item."""
        return self.item.title

    @property
    def amount(self) -> int:
        """What it was worth."""
        return self.quantity * self.cost


class ExpenseCategory(Stamped):
    """What money is spent on, with what it may cost in a month."""

    __table_args__ = table_args(
        CheckConstraint("monthly_budget IS NULL OR monthly_budget >= 0", name="monthly_budget_not_negative")
    )

    expense_category_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name_mn: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    monthly_budget: Mapped[int | None] = mapped_column(Tugrug)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)

    @property
    def title(self) -> Names:
        """Its name."""
        return Names(self.name_mn, self.name_en)


class Expense(Stamped):
    """Money that was spent."""

    __table_args__ = table_args(
        CheckConstraint("amount > 0", name="amount_positive"),
        Index(None, "spent_on"),
        Index(None, "expense_category_id", "spent_on"),
        Index(None, "supplier_id"),
    )

    expense_id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    expense_category_id: Mapped[int] = mapped_column(BigKey, ForeignKey("expense_category.expense_category_id"))
    amount: Mapped[int] = mapped_column(Tugrug, info={"least": 1})
    spent_on: Mapped[date] = mapped_column(Date)
    supplier_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("supplier.supplier_id"))
    method: Mapped[ExpenseMethod] = mapped_column(WordType(ExpenseMethod), default=ExpenseMethod.BANK_TRANSFER)
    reference: Mapped[str | None] = mapped_column(String(80))
    note: Mapped[str | None] = mapped_column(Text)
    stored_file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.stored_file_id"))
    recorded_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))
    approved_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"))

    category: Mapped[ExpenseCategory] = relationship(ExpenseCategory)
    supplier: Mapped[Supplier | None] = relationship(Supplier)
    file: Mapped[StoredFile | None] = relationship(StoredFile)

    @property
    def title(self) -> Names:
        """What it was spent on."""
        return self.category.title

    @property
    def state(self) -> Approval:
        """Whether it is approved."""
        return Approval.WAITING if self.approved_by is None else Approval.APPROVED
