"""`/expenses/{id}`: one expense and its approval; `/expenses/month`: a month by category against its budget."""

import re
from datetime import date
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.db import sqla, unit
from app.kernel.dates import EARLIEST, LATEST, add_months
from app.kernel.text import T
from app.stock import actions, queries
from app.stock.models import Expense
from app.stock.views.spending import TABS
from app.web import cells, saving, who
from app.web.access import reads, writes
from app.web.text import say, today
from app.web.views import ClinicPage


class ExpensePage(ClinicPage):
    """The record of an expense."""

    page, route_base = "/expenses", "/expenses"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[Expense] = ("ExpensePage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """What was spent, who wrote it down, and who approved it."""
        session = sqla.session()
        expense = queries.expense_with_all(session, pk) or abort(404)
        context = {
            "expense": expense,
            "names": queries.names_of_users(session, [expense.recorded_by, expense.approved_by]),
            "seen": saving.lock_token(expense),
            "waiting": queries.waiting_expenses(session),
            "may_write": who.may("write", self.page),
            "title": say(T("Expense: %(category)s", category=expense.title)),
        }
        return self.render_template("stock/expense.html", **context)

    @expose("/<int:pk>/approve", methods=["POST"])
    @writes
    def approve(self, pk: int) -> Response:
        """One click; from now on it is fixed."""
        by, seen = who.me().user_id or abort(403), request.form.get("seen", "")
        unit(lambda session: actions.approve_expense(session, pk, seen, by=by))
        flash(say(T("Approved.")), "success")
        return redirect(url_for("ExpensePage.show", pk=pk))


class SpendingPage(ClinicPage):
    """What a month cost."""

    page, route_base = "/expenses", "/expenses"

    @expose("/month")
    @reads
    def index(self) -> Any:
        """Each category with its budget, what was spent of it and what is left."""
        month = _month(request.args.get("month", "")) or today().replace(day=1)
        rows = queries.spending(sqla.session(), month)
        planned = [row for row in rows if row.category.monthly_budget is not None]
        context = {
            "rows": rows,
            "month": month,
            "last": date.fromordinal(add_months(month, 1).toordinal() - 1),
            "before": add_months(month, -1),
            "after": add_months(month, 1) if month < today().replace(day=1) else None,
            "spent": sum(row.spent for row in rows),
            "waiting": sum(row.waiting for row in rows),
            "budget": sum(row.category.monthly_budget or 0 for row in planned),
            "of_budget": sum(row.spent for row in planned),
            "over": [row for row in rows if row.is_over],
            "tabs": TABS,
            "title": say(T("Expenses of %(month)s", month=f"{month:%Y-%m}")),
        }
        return self.render_template("stock/month.html", **context)


def _month(typed: str) -> date | None:
    """The first day of `2026-11`, None for anything else."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", typed)
    if found is None or not EARLIEST.year < int(found[1]) < LATEST.year:
        return None
    return date(int(found[1]), int(found[2]), 1)
