"""The screens of supplies and spending."""

from typing import Any

from app.stock.views import lookups  # noqa: F401 - labels and lookups are declared before the views are made
from app.stock.views.expense_page import ExpensePage, SpendingPage
from app.stock.views.item_page import ItemPage
from app.stock.views.items import InventoryItemView, InventoryLogView, SupplierView
from app.stock.views.spending import ExpenseCategoryView, ExpenseView
from app.stock.views.sterile import SterilePackageView, SterilisationCycleView, SterilisationPage

VIEWS: tuple[Any, ...] = (
    InventoryItemView,
    ItemPage,
    InventoryLogView,
    SupplierView,
    ExpenseView,
    ExpensePage,
    SpendingPage,
    ExpenseCategoryView,
    SterilisationCycleView,
    SterilisationPage,
    SterilePackageView,
)
