"""Spending: written by one, approved by a manager, fixed from then on; a month against its budget."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.kernel.errors import Conflict, RuleError
from app.stock import actions, queries
from app.stock.models import Expense
from tests.factories import stock
from tests.factories.clinic import Clinic

pytestmark = pytest.mark.both


def approved(clinic: Clinic, row: Expense) -> Expense:
    by = clinic.user("Manager").id
    return clinic.unit(lambda s: actions.approve_expense(s, row.expense_id, row.updated_at.isoformat(), by=by))


def test_an_approved_expense_stays_as_it_is(clinic: Clinic) -> None:
    row = clinic.make(stock.expense)
    values = {"amount": 60_000, "spent_on": stock.today()}
    row = clinic.unit(
        lambda s: actions.change_expense(s, s.get_one(Expense, row.expense_id), values, today=stock.today())
    )
    assert approved(clinic, row).approved_by == clinic.user("Manager").id

    def change(session: Any) -> None:
        actions.change_expense(session, session.get_one(Expense, row.expense_id), values, today=stock.today())

    def remove(session: Any) -> None:
        actions.remove_expense(session, session.get_one(Expense, row.expense_id))

    for write in (change, remove):
        with pytest.raises(Conflict):
            clinic.unit(write)
    assert clinic.session.get_one(Expense, row.expense_id).amount == 60_000


def test_only_what_was_seen_is_approved_and_a_second_click_changes_nothing(clinic: Clinic) -> None:
    row = clinic.make(stock.expense)
    manager, admin = clinic.user("Manager").id, clinic.user("Admin").id
    with pytest.raises(Conflict):
        clinic.unit(lambda s: actions.approve_expense(s, row.expense_id, "2020-01-01", by=manager))
    approved(clinic, row)
    clinic.unit(lambda s: actions.approve_expense(s, row.expense_id, "2020-01-01", by=admin))
    assert clinic.session.get_one(Expense, row.expense_id).approved_by == manager


def test_one_form_sent_twice_is_one_expense(clinic: Clinic) -> None:
    kind = clinic.make(stock.category).expense_category_id
    clinic.make(stock.expense, expense_category_id=kind, note="Такси")
    with pytest.raises(Conflict):
        clinic.make(stock.expense, expense_category_id=kind, note="Такси")
    clinic.make(stock.expense, expense_category_id=kind, note="Такси, буцахдаа")
    assert clinic.count(Expense) == 2


def test_a_form_never_fills_who_wrote_or_approved(clinic: Clinic) -> None:
    row = clinic.make(stock.expense, by=clinic.user("Manager").id, approved_by=1, recorded_by=1)
    assert (row.recorded_by, row.approved_by) == (clinic.user("Manager").id, None)


def test_tomorrow_nothing_was_spent_yet(clinic: Clinic) -> None:
    with pytest.raises(RuleError):
        clinic.make(stock.expense, spent_on=stock.today() + timedelta(days=1))


def test_a_month_adds_up_by_category_against_its_budget(clinic: Clinic) -> None:
    month = date(2026, 9, 1)
    kind = clinic.make(stock.category, monthly_budget=100_000)
    free = clinic.make(stock.category)
    base = {"expense_category_id": kind.expense_category_id}
    rows = [
        clinic.make(stock.expense, **base, spent_on=day, amount=amount)
        for day, amount in (
            (date(2026, 8, 31), 7),
            (month, 60_000),
            (date(2026, 9, 30), 40_001),
            (date(2026, 10, 1), 9),
        )
    ]
    clinic.make(stock.expense, expense_category_id=free.expense_category_id, spent_on=month, amount=5_000)
    approved(clinic, rows[1])
    found = {row.category.expense_category_id: row for row in queries.spending(clinic.session, month)}
    mine = found[kind.expense_category_id]
    assert (mine.spent, mine.waiting, mine.share, mine.is_over, mine.rest) == (100_001, 40_001, 100, True, -1)
    other = found[free.expense_category_id]
    assert (other.spent, other.share, other.is_over) == (5_000, None, False)
    assert sum(row.spent for row in found.values()) == 105_001
