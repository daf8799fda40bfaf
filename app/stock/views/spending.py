"""The lists of expenses and of their categories."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, url_for
from flask_appbuilder import aggregate_count, aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.db import Tugrug
from app.db.base import sqla
from app.kernel.text import T, Text
from app.stock import actions, queries
from app.stock.models import Expense, ExpenseCategory, Supplier
from app.stock.views.lookups import Answer, by_name
from app.web import forms, listing, who
from app.web.text import say, today
from app.web.views import BulkAction, ClinicView

TABS: tuple[tuple[str, Text], ...] = (
    ("ExpenseView.list", T("Expenses")),
    ("SpendingPage.index", T("Month against budget")),
    ("ExpenseCategoryView.list", T("Expense categories")),
)


def approve(session: Session, row: Expense) -> Expense:
    """As it is now: it was ticked in a list that says what it is."""
    return actions.approve_expense(session, row.expense_id, row.updated_at.isoformat(), by=who.me().user_id or 0)


class ExpenseView(ClinicView):
    """`/expenses`: what was spent. Open to changes until somebody approves it."""

    datamodel = SQLAInterface(Expense)
    page, route_base = "/expenses", "/expenses"
    title_one, title_many = T("Expense"), T("Expenses")
    list_columns = ("title", "spent_on", "amount", "supplier", "note", "method", "state")
    show_columns = ("title",)
    shows_elsewhere = True
    can_delete = True
    add_columns = edit_columns = (
        "expense_category_id", "amount", "spent_on", "method", "supplier_id", "reference", "note",
    )  # fmt: skip
    search_columns = ("expense_category_id", "spent_on", "is_approved", "supplier_id", "method", "amount")
    order_columns = ("title", "spent_on", "amount")
    default_order = ("spent_on", "desc")
    list_template, rows_template = "stock/expenses.html", "billing/_rows_with_sums.html"
    bulk = {"approve": BulkAction(T("Approve"), lambda view, session, row: approve(session, row))}
    chart_date = "spent_on"
    definitions = [
        {"label": T("Expenses by month"), "group": "spent_on", "series": [(aggregate_sum, "amount")]},
        {"label": T("Expenses by category"), "group": "expense_category_id", "series": [(aggregate_sum, "amount")]},
        {"label": T("Expenses by supplier"), "group": "supplier_id", "series": [(aggregate_sum, "amount")]},
        {"label": T("Expenses by method"), "group": "method", "series": [(aggregate_sum, "amount")]},
    ]

    def column(self, name: str) -> Any:
        """A title sorts by the category."""
        if name == "is_approved":
            return Answer("is_approved", lambda: Expense.approved_by.is_not(None))
        return super().column({"title": "expense_category_id"}.get(name, name))

    def references(self, columns: Iterable[str] | None = None) -> list[str]:
        """An expense is called by its category."""
        return list(dict.fromkeys([*super().references(columns), "category"]))

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By note, document, category or supplier."""
        names = (ExpenseCategory.name_mn, ExpenseCategory.name_en)
        kinds = sa.select(ExpenseCategory.expense_category_id).where(sa.or_(*(listing.like(n, typed) for n in names)))
        sellers = sa.select(Supplier.supplier_id).where(listing.like(Supplier.name, typed))
        return sa.or_(
            listing.like(Expense.note, typed),
            listing.like(Expense.reference, typed),
            Expense.expense_category_id.in_(kinds),
            Expense.supplier_id.in_(sellers),
        )

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """The sum of what is shown, and how many wait."""
        waiting = queries.waiting_expenses(sqla.session())
        return {"tabs": TABS, "sums": _sum_of(found), "waiting": waiting}

    def preset(self) -> dict[str, Any]:
        """Mostly it was today."""
        return {"spent_on": today(), **super().preset()}

    def render_form(self, form: forms.ClinicForm, row: Any, status: int) -> Any:
        """What is approved has no form any more."""
        if row is not None and row.approved_by is not None and status == 200:
            flash(say(T("This expense is approved, so it stays as it is.")), "warning")
            return redirect(url_for("ExpensePage.show", pk=row.expense_id))
        return super().render_form(form, row, status)

    def create(self, session: Session, values: dict[str, Any]) -> Expense:
        """Written by this person."""
        return actions.add_expense(session, values, today=today(), by=who.me().user_id)

    def change(self, session: Session, row: Any, values: dict[str, Any]) -> Expense:
        """Unless it is approved."""
        return actions.change_expense(session, row, values, today=today())

    def remove(self, session: Session, row: Any) -> None:
        """Unless it is approved."""
        actions.remove_expense(session, row)


def _sum_of(found: listing.Listing) -> dict[str, int]:
    """The sum of what is filtered; nothing for a whole history, which the charts are for."""
    if not (found.filters or found.search) and found.count() >= listing.COUNT_CAP:
        return {}
    total = sa.func.coalesce(sa.func.sum(Expense.amount), 0)
    return {"amount": int(found.session.scalar(found.matching().with_only_columns(total)) or 0)}


class ExpenseCategoryView(ClinicView):
    """What money is spent on. Never deleted, only switched off."""

    datamodel = SQLAInterface(ExpenseCategory)
    page, route_base = "/expenses", "/expense-categories"
    title_one, title_many = T("Expense category"), T("Expense categories")
    list_columns = ("title", "monthly_budget", "spent", "is_active")
    show_columns = ("name_mn", "name_en", "monthly_budget", "spent", "is_active", "created_at")
    add_columns = edit_columns = ("name_mn", "name_en", "monthly_budget", "is_active")
    search_columns = ("name_mn", "name_en", "monthly_budget", "is_active")
    order_columns = ("title", "monthly_budget")
    default_order = ("title", "asc")
    extra_types = {"spent": Tugrug()}
    list_template = "stock/categories.html"
    definitions = [
        {"label": T("Monthly budgets by category"), "group": "expense_category_id",
         "series": [(aggregate_sum, "monthly_budget")]},
        {"label": T("Expense categories, in use or not"), "group": "is_active", "series": [(aggregate_count, "")]},
    ]  # fmt: skip
    chart_date = ""

    def column(self, name: str) -> Any:
        """A title sorts by the name one reads."""
        return by_name(ExpenseCategory) if name == "title" else super().column(name)

    def list_context(self, found: listing.Listing) -> dict[str, Any]:
        """The tabs."""
        return {"tabs": TABS}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """What was spent this month."""
        spent = {
            row.category.expense_category_id: row.spent for row in queries.spending(session, today().replace(day=1))
        }
        return {row.expense_category_id: {"spent": spent.get(row.expense_category_id, 0)} for row in rows}
