"""The tables of this room: supplies and their log, suppliers, expenses, what the autoclave made sterile."""

from app.stock.models.sterile import SterilePackage, SterilisationCycle
from app.stock.models.supplies import Expense, ExpenseCategory, InventoryItem, InventoryLog, Supplier

__all__ = [
    "Expense",
    "ExpenseCategory",
    "InventoryItem",
    "InventoryLog",
    "SterilePackage",
    "SterilisationCycle",
    "Supplier",
]
