"""Reports on money: revenue, payments by method, receivables by age, expenses and their budget."""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.billing.models import Invoice, Payment, Refund
from app.billing.queries import OPEN
from app.billing.rules import BUCKET_DAYS, AgeBucket
from app.clinical.models import Treatment
from app.kernel.text import T
from app.people.models import Employee, Patient
from app.people.queries import person_of
from app.reporting.queries import Span
from app.reporting.reports.asking import Ask
from app.reporting.reports.kept import BY_DOCTOR, DAY, DOCTOR, kept_parts, kept_source
from app.reporting.reports.kinds import Group, Measure, Report, Rows, Unit, part
from app.reporting.rules import Metric, months_in, share_bp
from app.stock.models import Expense, ExpenseCategory, Supplier

NONE = Rows("")  # a figure made of several lists
_REVENUE = (Metric.INVOICED, Metric.ADJUSTED, Metric.PAID, Metric.REFUNDED, Metric.SPENT)
REVENUE = Report(
    "revenue",
    T("Revenue"),
    T("What was invoiced, taken off, paid, given back and spent, and what is left of it."),
    kept_source(_REVENUE),
    kept_parts(_REVENUE),
    (
        Measure("invoiced", T("Invoiced"), part("invoiced"), Unit.MONEY, Rows("InvoiceView", "issued_at")),
        Measure("adjusted", T("Adjustments"), part("adjusted"), Unit.MONEY, NONE, True),
        Measure("net", T("Invoiced less adjustments"), lambda p, _: p["invoiced"] - p["adjusted"], Unit.MONEY, NONE),
        Measure("paid", T("Paid"), part("paid"), Unit.MONEY, Rows("PaymentView", "received_at")),
        Measure(
            "refunded", T("Given back"), part("refunded"), Unit.MONEY, Rows("RefundView", "created_at"), True, True
        ),
        Measure("spent", T("Expenses"), part("spent"), Unit.MONEY, Rows("ExpenseView", "spent_on"), True, True),
        Measure(
            "result",
            T("Paid less given back and expenses"),
            lambda p, _: p["paid"] - p["refunded"] - p["spent"],
            Unit.MONEY,
            NONE,
            clinic_only=True,
        ),
    ),
    (BY_DOCTOR,),
    at=DAY,
    is_bounded=True,
    filters={"doctor": DOCTOR},
    rows=Rows("InvoiceView", "issued_at"),
    is_kept=True,
)


def _came_and_went(_ask: Ask, span: Span, _closed: date | None) -> Any:
    """Payments and refunds by day and method: (at, method, came, went, number)."""
    none: Any = sa.literal_column("0")
    day, back = span.day(Payment.received_at), span.day(Refund.created_at)
    came = sa.select(
        day.label("at"),
        Payment.method,
        sa.func.sum(Payment.amount).label("came"),
        none.label("went"),
        sa.func.count().label("number"),
    )
    went = sa.select(back, Refund.method, none, sa.func.sum(Refund.amount), none)
    return sa.union_all(
        came.where(span.within(Payment.received_at)).group_by(day, Payment.method),
        went.where(span.within(Refund.created_at)).group_by(back, Refund.method),
    ).subquery("money")


_AT = sa.literal_column("money.at", sa.Date())
_METHOD = sa.literal_column("money.method", Payment.method.type)
PAYMENTS = Report(
    "payments",
    T("Payments by method"),
    T("How money came, and how it was given back."),
    _came_and_went,
    {
        "came": sa.func.sum(sa.literal_column("money.came")),
        "went": sa.func.sum(sa.literal_column("money.went")),
        "number": sa.func.sum(sa.literal_column("money.number")),
    },
    (
        Measure("paid", T("Paid"), part("came"), Unit.MONEY),
        Measure("refunded", T("Given back"), part("went"), Unit.MONEY, Rows("RefundView", "created_at"), True),
        Measure("left", T("Paid less given back"), lambda p, _: p["came"] - p["went"], Unit.MONEY),
        Measure("number", T("Number of payments"), part("number")),
    ),
    (Group("method", T("Method"), _METHOD, param="method"),),
    at=_AT,
    is_bounded=True,
    rows=Rows("PaymentView", "received_at"),
)


def _bucket(today: date) -> Any:
    whens: list[Any] = [
        (Invoice.due_on <= today - timedelta(days=first), sa.literal_column(str(int(bucket))))
        for bucket, first in sorted(BUCKET_DAYS.items(), reverse=True)
    ]
    return sa.case(*whens, else_=sa.literal_column(str(int(AgeBucket.NOT_DUE))))


def _of_bucket(key: Any, today: date) -> dict[str, str]:
    """The overdue invoices of a bucket, by their due dates; nothing for those not due yet."""
    buckets = list(AgeBucket)
    bucket = next(one for one in buckets if int(one) == int(key))
    if bucket is AgeBucket.NOT_DUE:
        return {}
    found = {"is_overdue": "yes", "due_on_to": f"{today - timedelta(days=BUCKET_DAYS[bucket])}"}
    older = buckets[buckets.index(bucket) + 1 :]
    if older:
        found["due_on_from"] = f"{today - timedelta(days=BUCKET_DAYS[older[0]] - 1)}"
    return found


AGING = Report(
    "aging",
    T("Receivables"),
    T("What is owed on issued invoices today, by how long it is past its due date, by doctor and by patient."),
    lambda ask, _span, _closed: (
        sa.outerjoin(Invoice, Treatment, Treatment.treatment_id == Invoice.treatment_id)
        if ask.group is not None and ask.group.key == "doctor"
        else Invoice
    ),
    {"owed": sa.func.sum(Invoice.balance), "number": sa.func.count()},
    (
        Measure("owed", T("Owed"), part("owed"), Unit.MONEY, is_cost=True),
        Measure("number", T("Invoices"), part("number"), is_cost=True),
    ),
    (
        Group("age", T("How long overdue"), _bucket, names={int(b): b.label for b in AgeBucket}, params=_of_bucket),
        Group("doctor", T("Doctor"), Treatment.doctor_id, names=Employee),
        Group("patient", T("Patient"), person_of(Invoice.patient_id), names=Patient, param="patient_id"),
    ),
    where=(Invoice.status.in_(OPEN),),
    rows=Rows("InvoiceView"),
)

EXPENSES = Report(
    "expenses",
    T("Expenses"),
    T("What money was spent on."),
    lambda _ask, _span, _closed: Expense,
    {"spent": sa.func.sum(Expense.amount), "number": sa.func.count()},
    (
        Measure("spent", T("Expenses"), part("spent"), Unit.MONEY, is_cost=True),
        Measure("number", T("Number of expenses"), part("number"), is_cost=True),
    ),
    (
        Group("category", T("Category"), Expense.expense_category_id, ExpenseCategory, "expense_category_id"),
        Group("supplier", T("Supplier"), Expense.supplier_id, Supplier, "supplier_id"),
        Group("method", T("Method"), Expense.method, param="method"),
    ),
    at=Expense.spent_on,
    rows=Rows("ExpenseView", "spent_on"),
)


def _spent_by_category(_ask: Ask, span: Span, _closed: date | None) -> Any:
    """Every category, with what was spent on it in the period."""
    spent = (
        sa.select(Expense.expense_category_id, sa.func.sum(Expense.amount).label("amount"))
        .where(span.within(Expense.spent_on))
        .group_by(Expense.expense_category_id)
        .subquery("spent")
    )
    return sa.outerjoin(ExpenseCategory, spent, spent.c.expense_category_id == ExpenseCategory.expense_category_id)


BUDGET = Report(
    "budget",
    T("Expenses against budget"),
    T("What was spent on each category, and what it may cost: of a month that is not over, the share of its days."),
    _spent_by_category,
    {
        "spent": sa.func.sum(sa.literal_column("spent.amount")),
        "budget": sa.func.sum(ExpenseCategory.monthly_budget),
    },
    (
        Measure("spent", T("Expenses"), part("spent"), Unit.MONEY, is_cost=True),
        Measure("budget", T("Budget"), lambda p, period: months_in(p["budget"], period), Unit.MONEY),
        Measure("left", T("Left of the budget"), lambda p, q: months_in(p["budget"], q) - p["spent"], Unit.MONEY),
        Measure("share", T("Share of the budget"), lambda p, q: share_bp(p["spent"], months_in(p["budget"], q)),
                Unit.SHARE, is_cost=True),
    ),
    (Group("category", T("Category"), ExpenseCategory.expense_category_id, ExpenseCategory, "expense_category_id"),),
    at=Expense.spent_on,
    is_bounded=True,
    has_steps=False,
    where=(sa.or_(ExpenseCategory.is_active.is_(True), sa.literal_column("spent.amount").is_not(None)),),
    rows=Rows("ExpenseView", "spent_on"),
)  # fmt: skip
