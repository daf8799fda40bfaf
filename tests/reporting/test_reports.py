"""The pages of the reports: who may, what they say, what stands behind a bar, and what leaves them."""

import re
from collections import Counter
from datetime import date, timedelta
from html import unescape
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.billing.models import Invoice, InvoiceAdjustment, PaymentAllocation
from app.billing.queries import OPEN
from app.billing.rules import AgeBucket, age_bucket
from app.reporting.reports import REPORTS, REVENUE, Drawn, ask_of, run
from app.reporting.reports.money import BUDGET
from app.reporting.views import page as paper
from app.security import actions
from app.web import charts
from app.web.cells import name_of
from app.web.listing import Listing
from app.web.views import ClinicView
from tests.factories import people, stock
from tests.factories.clinic import CAST, Clinic
from tests.reporting import common
from tests.reporting.common import M, close, moment, posting

EVERY = [(one.key, by) for one in REPORTS for by in ("", "day", "week", "month", *(g.key for g in one.groups))]


def furnish(clinic: Clinic) -> dict[str, Any]:
    """A year of a little of everything."""
    doctor, patient = clinic.make(people.doctor), clinic.make(people.patient)
    today = clinic.today

    def fill(session: Any) -> None:
        for back in (400, 70, 40, 5, 0):
            day = today - timedelta(days=back)
            at = posting(day, 5)
            visit = common.visit(session, doctor, patient, moment(day, 5))
            made = common.invoice(session, patient, 90_000, at, visit)
            common.pay(session, patient, 50_000, at, made)
            common.expense(session, day, 20_000)

    clinic.unit(fill)
    close(clinic, today - timedelta(days=420), today - timedelta(days=1))
    return {"doctor": doctor, "patient": patient}


@pytest.mark.both
def test_every_report_answers_by_each_of_its_groups(clinic: Clinic) -> None:
    known = furnish(clinic)
    manager = clinic.client("Manager")
    for key, by in EVERY:
        for more in ("", f"&doctor={known['doctor'].employee_id}&service=1"):
            answer = manager.get(f"/reports/{key}?period=12-months&by={by}{more}")
            assert answer.status_code == 200, (key, by, answer.status_code)


@pytest.mark.parametrize("role", CAST)
def test_only_admin_and_manager_read_reports(clinic: Clinic, role: str) -> None:
    browser, wanted = clinic.client(role), 200 if role in ("Admin", "Manager") else 403
    for path in (
        "/reports",
        "/reports/aging",
        "/reports/revenue/export.csv",
        "/daily-measures/list/",
        "/monthly-measures/list/",
    ):
        assert browser.get(path).status_code == wanted, path


def test_without_the_right_nothing_leaves(clinic: Clinic) -> None:
    clinic.unit(lambda s: actions.change_grants(s, "Manager", set(), {("can_use", "right:export")}, ["Admin"]))
    manager = clinic.client("Manager")
    assert manager.get("/reports/revenue").status_code == 200
    assert b"export.csv" not in manager.get("/reports/revenue").data
    assert manager.get("/reports/revenue/export.csv").status_code == 403


@pytest.mark.both
def test_the_revenue_of_a_month_by_doctor_reads_kept_sums_and_no_invoice(clinic: Clinic) -> None:
    """Trap 17."""
    known = furnish(clinic)
    doctor, manager = known["doctor"].employee_id, clinic.client("Manager")
    first = clinic.today.replace(day=1)
    last = first - timedelta(days=1)
    path = f"/reports/revenue?period=custom&from={last.replace(day=1)}&to={last}"
    for by in ("doctor", "month", f"day&doctor={doctor}"):
        with clinic.statements() as seen:
            assert manager.get(f"{path}&by={by}").status_code == 200
        kept = "metric_daily" if by.startswith("day") else "metric_monthly"
        assert len([sql for sql in seen if kept in sql]) >= 2
        assert not [
            sql for sql in seen if re.search(r"\b(FROM|JOIN) (invoice|payment|refund|expense|appointment)", sql)
        ]
        assert len(seen) <= 15
    ask, _ = ask_of(REVENUE, {"period": "12-months", "by": "doctor"}, clinic.today)
    with clinic.app.test_request_context():
        answer = run(clinic.session, ask)
    mine = next(line for line in answer.lines if line.label == known["doctor"].title)
    hand = common.by_hand(clinic.session)
    wanted = sum(v for (m, d, n), v in hand.items() if m is M.INVOICED and n == doctor and d >= ask.period.first)
    assert mine.now["invoiced"] == wanted > 0


@pytest.mark.both
def test_aging_reads_the_kept_balances_and_equals_what_the_rows_add_up_to(clinic: Clinic) -> None:
    furnish(clinic)
    with clinic.statements() as seen:
        page = clinic.client("Manager").get("/reports/aging?by=age").get_data(as_text=True)
    assert not [sql for sql in seen if "payment_allocation" in sql or "account_entry" in sql]
    session = clinic.session
    paid: Counter[int] = Counter()
    for part in session.query(PaymentAllocation):
        paid[part.invoice_id] += part.amount
    for row in session.query(InvoiceAdjustment):
        paid[row.invoice_id] += row.amount
    owed: Counter[AgeBucket] = Counter()
    for row in session.query(Invoice).filter(Invoice.issued_at.is_not(None), Invoice.voided_at.is_(None)):
        owed[age_bucket(row.due_on, clinic.today)] += row.total - paid[row.invoice_id]
    assert sum(owed.values()) > 0
    for amount in owed.values():
        assert f">{amount:,}<" in page
    plan = explain(session, sa.select(sa.func.sum(Invoice.balance)).where(Invoice.status.in_(OPEN)))
    assert "ix_invoice_status_due_on_balance" in plan


def explain(session: Any, statement: Any) -> str:
    kind = session.get_bind().dialect.name
    how = "EXPLAIN QUERY PLAN " if kind == "sqlite" else "EXPLAIN "
    sql = str(statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    return " ".join(str(value) for row in session.execute(sa.text(how + sql)) for value in row)


def test_what_stands_behind_a_bar_can_be_filtered_by_its_list(clinic: Clinic) -> None:
    known = furnish(clinic)
    admin = clinic.client("Admin")
    doctor = known["doctor"].employee_id
    found = set()
    for key, by in EVERY:
        for one in next(report for report in REPORTS if report.key == key).measures:
            for more in ("", f"&doctor={doctor}"):
                page = admin.get(f"/reports/{key}?period=12-months&by={by}&measure={one.key}{more}").get_data(
                    as_text=True
                )
                found |= set(re.findall(r'<td><a href="([^"]+)"', page))
    views = {v.route_base: v for v in clinic.app.extensions["appbuilder"].baseviews if isinstance(v, ClinicView)}
    assert len(found) > 30
    for link in found:
        address = urlsplit(unescape(link))
        if address.path.startswith("/reports/"):
            assert admin.get(unescape(link)).status_code == 200
            continue
        view = views[address.path.removesuffix("/list/")]
        asked = dict(parse_qsl(address.query))
        with clinic.app.test_request_context():
            listing = Listing(view, MultiDict(asked), clinic.session)
        assert {one.key for one in listing.filters} == set(asked), link


def test_the_list_behind_a_month_adds_up_to_its_bar(clinic: Clinic) -> None:
    furnish(clinic)
    admin, today = clinic.client("Admin"), clinic.today
    page = admin.get("/reports/revenue?period=12-months&by=month").get_data(as_text=True)
    links = [unescape(link) for link in re.findall(r'<td><a href="(/invoices[^"]+)"', page)]
    assert len(links) == 12
    assert f"issued_at_to={today}" in links[-1]
    assert admin.get(links[-1]).status_code == 200


@pytest.mark.parametrize("locale", ["en", "mn"])
def test_a_report_leaves_as_csv_excel_and_pdf_and_that_is_kept(clinic: Clinic, locale: str) -> None:
    furnish(clinic)
    manager = clinic.client("Manager", locale=locale)
    for key, by in (("revenue", "month"), ("aging", "patient"), ("budget", "category"), ("appointments", "doctor")):
        for kind, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("pdf", b"%PDF")):
            answer = manager.get(f"/reports/{key}/export.{kind}?period=12-months&by={by}")
            assert answer.status_code == 200, (key, kind)
            assert answer.data.startswith(start)
    entries = clinic.session.query(AuditLog).filter_by(action=AuditAction.EXPORT, table="report").all()
    assert len(entries) == 12
    assert entries[0].changes["kind"] == "csv"


def test_a_report_on_paper_draws_its_bars_beside_those_of_the_period_before(clinic: Clinic) -> None:
    furnish(clinic)
    manager = clinic.client("Manager", locale="mn")
    papers = []
    with mock.patch.object(paper, "render_pdf", lambda *args, **context: papers.append(context) or b"%PDF"):
        for query in (
            "revenue/export.pdf?period=12-months&by=month&measure=net",
            "aging/export.pdf",
            "budget/export.pdf",
        ):
            assert manager.get(f"/reports/{query}").status_code == 200
    revenue, aging, budget = papers
    bars = revenue["bars"]
    assert len(bars) == 12
    assert max(max(bar["now_mm"], bar["before_mm"]) for bar in bars) == paper.WIDE_MM - paper.LABEL_MM - paper.FIGURE_MM
    assert {bar["now_mm"] > 0 for bar in bars} == {True, False}
    assert any(bar["before_mm"] > 0 for bar in bars)
    assert {bar["before_mm"] for bar in aging["bars"]} == {0}  # as it stands: nothing before
    assert len(budget["bars"]) > 1


@pytest.mark.parametrize(
    ("values", "lengths"), [([(50, 100)], [(50.0, 100.0)]), ([(-5, 10)], [(0, 100.0)]), ([(0, 0)], [])]
)
def test_the_longest_bar_fills_the_room_and_none_is_below_zero(values, lengths) -> None:
    bars = [charts.Bar("Өө", now, before, {}) for now, before in values]
    drawn = Drawn("", "", "", False, False, bars)
    assert [(bar["now_mm"], bar["before_mm"]) for bar in paper._bars(drawn, 100)] == lengths


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(clinic: Clinic) -> None:
    at = posting(clinic.today)
    patient = clinic.make(people.patient, last_name="=cmd", first_name="Бат")
    clinic.unit(lambda s: common.invoice(s, patient, 1_000, at))
    text = clinic.client("Admin").get("/reports/aging/export.csv?by=patient").get_data(as_text=True)
    assert "'=.Бат" in text


@pytest.mark.parametrize(
    "query",
    [
        "period=custom&from=2026-02-30&to=2026-03-01", "period=custom&from=2026-03-02&to=2026-03-01",
        "period=custom&from=1900-01-01&to=2190-01-01", "period=custom", "period=nonsense&by=nonsense&measure=nonsense",
        "doctor=-1&service=99999999999999999999", "doctor=<script>&by=doctor", "doctor=12345678901", "by=week&period=week",
        "period=custom&from=1880-01-01&to=1889-12-31&by=day", "period=custom&from=2190-01-01&to=2199-12-31&by=month",
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_answered_plainly(clinic: Clinic, query: str) -> None:
    manager = clinic.client("Manager")
    for key in ("revenue", "budget", "work"):
        for path in (f"/reports/{key}", f"/reports/{key}/export.csv"):
            answer = manager.get(f"{path}?{query}")
            assert answer.status_code == 200, (path, query)
            assert b"<script>&" not in answer.data
    for path in ("/reports/nothing", "/reports/nothing/export.csv", "/reports/revenue/export.exe"):
        assert manager.get(path).status_code == 404


@pytest.mark.both
def test_an_empty_clinic_has_reports_of_nothing(clinic: Clinic) -> None:
    manager = clinic.client("Manager")
    for key, by in EVERY:
        assert manager.get(f"/reports/{key}?by={by}&period=last-year").status_code == 200
    assert manager.get("/reports/revenue/export.pdf").status_code == 200


@pytest.mark.both
def test_a_budget_is_spent_in_proportion_and_untouched_categories_are_there(clinic: Clinic) -> None:
    day = date(2024, 2, 29)
    rent = clinic.make(stock.category, monthly_budget=290_000)
    clinic.make(stock.category, monthly_budget=58_000)
    clinic.unit(lambda s: common.expense(s, day, 100_000, s.merge(rent)))
    asked = {"period": "custom", "from": "2024-02-01", "to": "2024-02-29", "by": "category"}
    ask, _ = ask_of(BUDGET, asked, clinic.today)
    with clinic.app.test_request_context():
        lines = {line.label: line.now for line in run(clinic.session, ask).lines}
    assert (lines[name(clinic, rent)]["spent"], lines[name(clinic, rent)]["budget"]) == (100_000, 290_000)
    asked["to"] = "2024-02-10"
    ask, _ = ask_of(BUDGET, asked, clinic.today)
    with clinic.app.test_request_context():
        lines = {line.label: line.now for line in run(clinic.session, ask).lines}
    assert (lines[name(clinic, rent)]["spent"], lines[name(clinic, rent)]["budget"]) == (0, 100_000)


def name(clinic: Clinic, row: Any) -> str:
    with clinic.app.test_request_context():
        return name_of(row)
