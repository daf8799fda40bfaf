"""The pages of invoices and payments, by every role: what they may, what they may not, what happens to wrong input."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditLog
from app.billing import actions, queries
from app.billing.actions import Line, Tender
from app.billing.models import Invoice, InvoiceItem, Payment, Refund
from app.billing.rules import InvoiceStatus, PaymentMethod
from app.security.actions import rights
from tests.billing.books import differences
from tests.factories import billing, people
from tests.factories.clinic import Browser, Clinic

ROLES = ("Admin", "Manager", "Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient")
KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "f" * 32
INVOICES = {"Admin", "Manager", "Receptionist", "Coordinator"}
PAYMENTS = {"Admin", "Manager", "Receptionist"}
WRITERS = {"Admin", "Receptionist"}
BOSSES = {"Admin", "Manager"}


def again(clinic: Clinic, row: Any) -> Any:
    return clinic.session.get_one(type(row), row.row_id)


def seen(clinic: Clinic, invoice: Invoice) -> str:
    """What a form that was made now remembers of the draft."""
    found: Invoice = again(clinic, invoice)
    return found.updated_at.isoformat()


def pay_data(amount: Any = "100,000", method: str = "cash", key: str = KEY, **more: Any) -> dict[str, Any]:
    return {"key": key, "tenders-0-amount": amount, "tenders-0-method": method, **more}


def lines_data(clinic: Clinic, invoice: Invoice, *new: dict[str, Any], keep: bool = True) -> dict[str, Any]:
    """The form of a draft as its page sends it, with new rows below."""
    statement = sa.select(InvoiceItem).where(InvoiceItem.invoice_id == invoice.invoice_id)
    items = clinic.session.scalars(statement.order_by(InvoiceItem.invoice_item_id)).all() if keep else []
    data: dict[str, Any] = {"lock_token": seen(clinic, invoice)}
    for i, item in enumerate(items):
        data |= {
            f"lines-{i}-item_id": item.invoice_item_id, f"lines-{i}-quantity": item.quantity,
            f"lines-{i}-discount": item.discount or "", f"lines-{i}-text": item.text or "",
            f"lines-{i}-unit_price": item.unit_price,
        }  # fmt: skip
    for i, row in enumerate(new, start=len(items)):
        data |= {f"lines-{i}-{name}": value for name, value in {"quantity": 1, **row}.items()}
    return data


# --- who may


@pytest.mark.parametrize("role", ROLES)
def test_who_may_look(clinic: Clinic, role: str) -> None:
    invoice = clinic.make(billing.invoice)
    payment = clinic.make(billing.pay, made=invoice)
    browser = clinic.client(role)
    key, number = invoice.invoice_id, payment.payment_id
    expected = {
        "/invoices": INVOICES,
        f"/invoices/{key}": INVOICES,
        f"/invoices/{key}.pdf": INVOICES,
        "/invoices/export.csv": INVOICES,
        "/invoices/chart/": INVOICES,
        "/invoice-items": INVOICES,
        "/invoice-adjustments": INVOICES,
        "/invoices/new": WRITERS,
        "/payments": PAYMENTS,
        f"/payments/{number}": PAYMENTS,
        f"/payments/{number}.pdf": PAYMENTS,
        "/payment-allocations": PAYMENTS,
        "/refunds": PAYMENTS,
        "/account-entries": PAYMENTS,
        "/patient-accounts": PAYMENTS,
        "/payments/take": WRITERS,
    }
    found = {path: browser.get(path).status_code for path in expected}
    assert found == {path: 200 if role in allowed else 403 for path, allowed in expected.items()}


@pytest.mark.parametrize("role", [*ROLES, None])
def test_who_may_change(clinic: Clinic, role: str | None) -> None:
    draft, issued = clinic.make(billing.draft), clinic.make(billing.invoice)
    payment = clinic.make(billing.pay, made=clinic.make(billing.invoice))
    browser = clinic.client(role)
    d, i = f"/invoices/{draft.invoice_id}", f"/invoices/{issued.invoice_id}"
    token = seen(clinic, draft)
    # refused by the rules (422) where the person may: nothing changes between the posts
    expected: dict[str, tuple[set[str], dict[str, Any]]] = {
        f"{d}/lines": (WRITERS, {"lock_token": "stale"}),
        f"{d}/discount": ({*WRITERS, "Manager", "Coordinator"}, {"lock_token": token, "discount": "x"}),
        f"{d}/discount/clear": (WRITERS, {"seen": "stale"}),
        f"{d}/payer": (WRITERS, {"lock_token": "stale"}),
        f"{d}/issue": (WRITERS, {"seen": "stale"}),
        f"{i}/pay": (WRITERS, pay_data("0")),
        f"{i}/credit": (WRITERS, {"amount": "5"}),
        f"{i}/adjust": (BOSSES, {"kind": "waiver", "amount": "5"}),
        f"{i}/void": (BOSSES, {}),
        "/payments/take": (WRITERS, pay_data("0")),
        f"/payments/{payment.payment_id}/refund": (BOSSES, {"key": KEY}),
        "/invoices/new": (WRITERS, {}),
    }
    for path, (allowed, data) in expected.items():
        status = browser.submit(path, data).status_code
        assert status in ({409, 422} if role in allowed else {302, 403}), path
    assert again(clinic, draft).status is InvoiceStatus.DRAFT
    assert again(clinic, issued).balance == 100_000
    assert clinic.count(Payment) == 1


@pytest.mark.parametrize(
    "path", ["/invoices/987654", "/invoices/987654.pdf", "/payments/987654", "/payments/987654.pdf"]
)
def test_an_unknown_record_is_404(clinic: Clinic, path: str) -> None:
    assert clinic.client("Admin").get(path).status_code == 404


def test_the_desk_gives_no_discount_above_its_limit(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft, amount=100_000)
    path = f"/invoices/{draft.invoice_id}/discount"
    for role, off, status in (
        ("Receptionist", "10,001", 403), ("Coordinator", "11 %", 403), ("Receptionist", "10 %", 302),
        ("Receptionist", "1", 403), ("Manager", "45,000", 302), ("Receptionist", "-5", 422), ("Manager", "45,001", 422),
        ("Manager", "120 %", 422),
    ):  # fmt: skip
        data = {"discount": off, "lock_token": seen(clinic, draft), "reason": "Байнгын"}
        assert clinic.client(role).submit(path, data).status_code == status, (role, off)
    assert again(clinic, draft).total == 45_000


def test_what_a_patient_owes_is_hidden_without_the_right(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=43_210)
    browser = clinic.client("Receptionist")
    paths = ("/patient-accounts", "/account-entries", f"/payments/take?patient_id={invoice.patient_id}")
    for path in paths:
        assert "43,210" in browser.get(path).text, path
    assert "Account of the patient" in browser.get(f"/invoices/{invoice.invoice_id}").text
    taken = {("can_use", "right:see_balance")}
    clinic.unit(lambda s: rights.change_grants(s, "Receptionist", set(), taken, {"Admin"}))
    for path in paths:
        assert "43,210" not in browser.get(path).text, path
    assert "Account of the patient" not in browser.get(f"/invoices/{invoice.invoice_id}").text


# --- reading


def test_the_list_shows_filters_and_adds_up(clinic: Clinic) -> None:
    from datetime import timedelta

    patient = clinic.make(people.patient, first_name="Цэцэгмаа")
    late = clinic.make(billing.invoice, patient=patient, amount=70_000, day=clinic.today - timedelta(days=60))
    numbers = [(n, {"phone_number_val": f"+9768888888{n + 2}", "is_primary": n == 0}) for n in range(2)]
    other = clinic.make(people.patient, own_phones=numbers)  # nothing of theirs is found by a 1
    fresh = clinic.make(billing.invoice, patient=other, amount=30_000)
    clinic.make(billing.draft, amount=5_000)
    browser = clinic.client("Receptionist")
    page = browser.get("/invoices").text
    assert late.number in page
    assert "Overdue" in page
    assert "105,000 ₮" in page  # 70 000 + 30 000 + the draft's 5 000
    only = browser.get("/invoices?is_overdue=yes").text
    assert late.number in only
    assert fresh.number not in only
    assert "70,000 ₮" in only
    for query in ("q=tsetseg", f"q={late.number}", "q=1", "q=000001", "is_overdue=yes&status=issued"):
        found = browser.get(f"/invoices?{query}").text
        assert late.number in found, query
        assert fresh.number not in found, query
    assert fresh.number in browser.get("/invoices?is_overdue=no").text


@pytest.mark.parametrize(
    "query",
    ["is_overdue=x", "status=x", "issued_at_from=2026-02-30", "balance_from=" + "9" * 30, "q=%00", "q='\"<b>", "sort=x",
     "page=0", "patient_id=x", "size=99999999"],
)  # fmt: skip
def test_a_bad_query_string_is_no_error(clinic: Clinic, query: str) -> None:
    browser = clinic.client("Receptionist")
    for path in ("/invoices", "/payments", "/account-entries"):
        assert browser.get(f"{path}?{query}").status_code == 200


def test_lists_and_records_take_few_statements_however_many_rows(clinic: Clinic) -> None:
    browser = clinic.client("Receptionist")

    def fill(count: int) -> tuple[int, int]:
        patient = clinic.make(people.patient)
        first = clinic.make(billing.invoice, patient=patient, lines=billing.text_lines(*[10_000] * count))
        for _ in range(count):
            clinic.make(billing.pay, made=first, amount=500)
            clinic.make(billing.invoice, amount=5)
        return first.invoice_id, clinic.session.scalars(sa.select(sa.func.max(Payment.payment_id))).one()

    def measure(invoice: int, payment: int) -> list[int]:
        paths = (
            "/invoices",
            "/payments",
            "/invoices?q=bat&status=issued",
            f"/invoices/{invoice}",
            f"/payments/{payment}",
        )
        counted = []
        for path in (*paths, "/payments/take", "/account-entries", "/patient-accounts", "/invoice-items"):
            browser.get(path)
            with clinic.statements() as seen_:
                assert browser.get(path).status_code == 200
            counted.append(len(seen_))
        return counted

    few, many = measure(*fill(1)), measure(*fill(6))
    assert few == many
    assert max(many[0], many[1], many[2]) <= 8, many
    assert max(many) <= 15, many


def test_a_draft_takes_few_statements_however_many_lines(clinic: Clinic) -> None:
    services = [clinic.make(billing.service) for _ in range(8)]
    browser = clinic.client("Receptionist")
    counted = []
    for number in (1, 8):
        draft = clinic.make(billing.draft, lines=[Line(service_id=row.service_id) for row in services[:number]])
        browser.get(f"/invoices/{draft.invoice_id}")
        with clinic.statements() as seen_:
            browser.get(f"/invoices/{draft.invoice_id}")
        counted.append(len(seen_))
    assert counted[0] == counted[1] <= 15


def test_every_chart_draws(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, lines=[Line(service_id=clinic.make(billing.service).service_id)])
    clinic.make(billing.refund, made=clinic.make(billing.pay, made=invoice, amount=50_000), amount=10_000)
    clinic.make(billing.adjustment, made=invoice)
    clinic.make(billing.void, made=clinic.make(billing.invoice, amount=7_777_777))
    manager = clinic.client("Manager")
    for path, count in (
        ("/invoices", 4), ("/payments", 3), ("/invoice-items", 2), ("/invoice-adjustments", 2), ("/refunds", 2),
        ("/payment-allocations", 1), ("/account-entries", 3), ("/patient-accounts", 1),
    ):  # fmt: skip
        for number in range(count):
            assert manager.get(f"{path}/chart/{number}").status_code == 200, (path, number)
    revenue = manager.get("/invoices/chart/0").text
    assert "100,000 ₮" in revenue
    assert "7,777,777 ₮" not in revenue


# --- drafts


def test_lines_are_added_changed_and_removed_at_once(clinic: Clinic) -> None:
    service = clinic.make(billing.service, price=80_000)
    draft = clinic.make(billing.draft, lines=billing.text_lines(10_000, 20_000))
    browser = clinic.client("Receptionist")
    data = lines_data(clinic, draft, {"charge": f"service-{service.service_id}", "unit_price": "1", "quantity": 2})
    data["lines-0-text"], data["lines-0-unit_price"] = "Сойз", "12,000"
    for name in ("item_id", "quantity", "discount", "text", "unit_price"):
        del data[f"lines-1-{name}"]
    assert browser.submit(f"/invoices/{draft.invoice_id}/lines", data).status_code == 302
    row = again(clinic, draft)
    assert row.total == 12_000 + 160_000  # the catalogue's price, whatever the form says
    assert clinic.count(InvoiceItem, InvoiceItem.invoice_id == row.invoice_id) == 2


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"text": "x", "unit_price": "1" + "0" * 30}, "unit_price"),
        ({"text": "x", "unit_price": "-1"}, "unit_price"),
        ({"text": "x", "unit_price": "12.5"}, "unit_price"),
        ({"text": "x"}, "unit_price"),
        ({"text": "x", "unit_price": "100", "quantity": "0"}, "quantity"),
        ({"text": "x", "unit_price": "100", "quantity": "10000"}, "quantity"),
        ({"text": "x", "unit_price": "100", "discount": "101"}, "discount"),
        ({"text": "x" * 256, "unit_price": "100"}, "text"),
        ({"unit_price": "100"}, "charge"),
        ({"charge": "service-987654", "unit_price": "100"}, "charge"),
        ({"charge": "nonsense", "unit_price": "100"}, "charge"),
        ({"text": "x", "charge": "service-1", "unit_price": "100"}, "charge"),
        ({"text": "x", "unit_price": "999999999999", "quantity": "9999"}, "unit_price"),
    ],
)
def test_an_impossible_line_is_refused_on_its_field_and_kept(clinic: Clinic, row: dict[str, Any], field: str) -> None:
    draft = clinic.make(billing.draft, amount=10_000)
    answer = clinic.client("Admin").submit(f"/invoices/{draft.invoice_id}/lines", lines_data(clinic, draft, row))
    assert answer.status_code == 422
    assert f'href="#lines-1-{field}"' in answer.text
    assert again(clinic, draft).total == 10_000


def test_markup_and_formulas_are_text(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft, amount=10_000)
    browser = clinic.client("Receptionist")
    row = {"text": "=cmd|'/c calc'!A1<script>", "unit_price": "5"}
    assert browser.submit(f"/invoices/{draft.invoice_id}/lines", lines_data(clinic, draft, row)).status_code == 302
    page = browser.get(f"/invoices/{draft.invoice_id}").text
    assert "A1&lt;script&gt;" in page
    issued = clinic.unit(lambda s: actions.issue_invoice(s, draft.invoice_id, billing.posting(), due_days=1, vat_bp=0))
    assert browser.get(f"/invoices/{issued.invoice_id}.pdf").data.startswith(b"%PDF")
    assert "'=cmd" in browser.get("/invoice-items/export.csv").text


def test_a_form_of_an_older_draft_is_refused_and_shows_what_stands_now(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft, amount=10_000)
    browser = clinic.client("Receptionist")
    stale = lines_data(clinic, draft)
    first = lines_data(clinic, draft, {"text": "Сойз", "unit_price": "500"})
    assert browser.submit(f"/invoices/{draft.invoice_id}/lines", first).status_code == 302
    for path, data in (
        ("lines", stale),
        ("discount", {"discount": "5", "lock_token": stale["lock_token"]}),
        ("pay", pay_data("10,000", issue="1", lock_token=stale["lock_token"])),
        ("issue", {"seen": stale["lock_token"]}),
    ):
        assert browser.submit(f"/invoices/{draft.invoice_id}/{path}", data).status_code == 409, path
    row = again(clinic, draft)
    assert (row.status, row.total, row.discount) == (InvoiceStatus.DRAFT, 10_500, 0)


def test_the_desks_discounts_can_be_taken_back(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft, amount=10_000)
    browser = clinic.client("Receptionist")
    browser.submit(f"/invoices/{draft.invoice_id}/discount", {"discount": "500", "lock_token": seen(clinic, draft)})
    assert again(clinic, draft).total == 9_500
    browser.submit(f"/invoices/{draft.invoice_id}/discount/clear", {"seen": seen(clinic, draft)})
    assert again(clinic, draft).total == 10_000


def test_a_draft_for_a_patient_from_scratch(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    browser = clinic.client("Receptionist")
    answer = browser.submit("/invoices/new", {"patient_id": patient.patient_id})
    assert answer.status_code == 302
    assert browser.get(answer.location).status_code == 200
    for typed in ("", "987654", "x"):
        assert browser.submit("/invoices/new", {"patient_id": typed}).status_code == 422
    draft = clinic.session.scalars(sa.select(Invoice)).one()
    assert browser.submit(f"/invoices/{draft.invoice_id}/discard").status_code == 302
    assert clinic.count(Invoice) == 0


def test_what_can_be_charged_is_found_by_typing(clinic: Clinic) -> None:
    service = clinic.make(billing.service, price=80_000, patient_display_name_mn="Ховор ажилбар")
    found = clinic.client("Receptionist").get("/invoices/charges?q=ХОВОР").get_json()
    assert found == [
        {"id": f"service-{service.service_id}", "text": "Light-cured filling", "detail": "80,000 ₮", "price": 80_000}
    ]


# --- money


def test_issue_and_cash_in_one_click_with_change(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft, amount=85_000)
    browser = clinic.client("Receptionist")
    data = pay_data("85,000", issue="1", lock_token=seen(clinic, draft), received="100 000")
    answer = browser.submit(f"/invoices/{draft.invoice_id}/pay", data)
    assert answer.status_code == 302
    page = browser.get(answer.location).text
    payment = clinic.session.scalars(sa.select(Payment)).one()
    assert "Change: 15,000 ₮" in page
    assert f"/payments/{payment.payment_id}.pdf" in page
    row = again(clinic, draft)
    assert (row.status, row.number) == (InvoiceStatus.PAID, f"{clinic.today.year}-000001")
    again_ = browser.submit(f"/invoices/{draft.invoice_id}/pay", data)  # a double click
    assert (again_.status_code, clinic.count(Payment), clinic.count(Invoice)) == (302, 1, 1)
    assert differences(clinic) == []


def test_a_used_form_with_another_amount_is_refused(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    browser = clinic.client("Receptionist")
    path = f"/invoices/{invoice.invoice_id}/pay"
    assert browser.submit(path, pay_data("40,000")).status_code == 302
    answer = browser.submit(path, pay_data("41,000"))
    assert answer.status_code == 409
    assert 'value="41,000"' in answer.text
    fresh = re.search(r'name="key"[^>]*value="(\w+)"', answer.text)
    assert fresh is not None
    assert fresh[1] != KEY
    assert clinic.count(Payment) == 1


def test_two_tenders_on_one_form(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft, amount=100_000)
    data = pay_data("50,000", issue="1", lock_token=seen(clinic, draft)) | {
        "tenders-1-amount": "50 000", "tenders-1-method": "card", "tenders-1-reference": "слип 12"
    }  # fmt: skip
    assert clinic.client("Receptionist").submit(f"/invoices/{draft.invoice_id}/pay", data).status_code == 302
    rows = clinic.session.scalars(sa.select(Payment).order_by(Payment.payment_id)).all()
    assert [(row.amount, row.method, row.idempotency_key) for row in rows] == [
        (50_000, PaymentMethod.CASH, f"{KEY}:0"), (50_000, PaymentMethod.CARD, f"{KEY}:1")
    ]  # fmt: skip
    assert again(clinic, draft).status is InvoiceStatus.PAID


@pytest.mark.parametrize(
    "data",
    [
        pay_data("1" + "0" * 30), pay_data("-1"), pay_data("0"), pay_data(""), pay_data("=cmd"), pay_data("12.5"),
        pay_data("5", method=""), pay_data("5", method="gold"), pay_data("5", key=""), pay_data("5", key="x"),
        pay_data("5,000", received="4,000"), pay_data("5", payer_id="987654"), pay_data("5", payer_id="x"),
        pay_data("5") | {"tenders-1-amount": "-1", "tenders-1-method": "card"},
        pay_data("5") | {"tenders-0-reference": "x" * 81},
        pay_data("5") | {"tenders-0-reference": "\x00"},
    ],
)  # fmt: skip
def test_wrong_input_takes_no_money_and_issues_nothing(clinic: Clinic, data: dict[str, Any]) -> None:
    draft, invoice = clinic.make(billing.draft), clinic.make(billing.invoice)
    browser = clinic.client("Receptionist")
    issue = {"issue": "1", "lock_token": seen(clinic, draft)}
    answer = browser.submit(f"/invoices/{draft.invoice_id}/pay", {**data, **issue})
    assert answer.status_code == 422
    assert 'id="problems"' in answer.text
    assert browser.submit(f"/invoices/{invoice.invoice_id}/pay", data).status_code == 422
    assert browser.submit("/payments/take", {**data, "patient_id": invoice.patient_id}).status_code == 422
    assert clinic.count(Payment) == 0
    assert again(clinic, draft).status is InvoiceStatus.DRAFT


def test_money_without_a_token_is_refused(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    answer = clinic.client("Receptionist").post(f"/invoices/{invoice.invoice_id}/pay", data=pay_data("5"))
    assert (answer.status_code, clinic.count(Payment)) == (400, 0)


def test_a_draft_can_not_be_paid_as_if_it_were_issued(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft)
    assert clinic.client("Receptionist").submit(f"/invoices/{draft.invoice_id}/pay", pay_data()).status_code == 409
    assert clinic.count(Payment) == 0


def test_money_on_account_goes_to_the_oldest_invoice(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=30_000)
    browser = clinic.client("Receptionist")
    page = browser.get(f"/payments/take?patient_id={invoice.patient_id}").text
    assert 'value="30,000"' in page
    data = pay_data("50,000", patient_id=invoice.patient_id)
    answer = browser.submit("/payments/take", data)
    assert answer.status_code == 302
    assert "20,000 ₮" in browser.get(answer.location).text
    assert again(clinic, invoice).status is InvoiceStatus.PAID
    assert queries.account_of(clinic.session, invoice.patient_id).credit == 20_000


def test_credit_adjustment_and_void_on_the_page(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    clinic.make(billing.pay, patient=patient, amount=20_000)
    invoice = clinic.make(billing.invoice, patient=patient, amount=100_000)
    path = f"/invoices/{invoice.invoice_id}"
    desk, manager = clinic.client("Receptionist"), clinic.client("Manager")
    credit = {"amount": "20,000", "lock_token": seen(clinic, invoice)}
    assert desk.submit(f"{path}/credit", {**credit, "amount": "20,001"}).status_code == 422
    assert desk.submit(f"{path}/credit", credit).status_code == 302
    waiver = {"kind": "waiver", "amount": "30,000", "reason": "x", "lock_token": seen(clinic, invoice)}
    assert manager.submit(f"{path}/adjust", {**waiver, "amount": "90,000"}).status_code == 422
    assert manager.submit(f"{path}/adjust", {**waiver, "reason": ""}).status_code == 422
    assert manager.submit(f"{path}/adjust", waiver).status_code == 302
    assert manager.submit(f"{path}/adjust", waiver).status_code == 409  # a double click writes off once
    assert again(clinic, invoice).balance == 50_000
    refused = manager.submit(f"{path}/void", {"reason": ""})
    assert refused.status_code == 422
    assert "20,000 ₮" in refused.text  # it names what happens
    assert manager.submit(f"{path}/void", {"reason": "Андуурсан"}).status_code == 302
    assert manager.submit(f"{path}/void", {"reason": "Андуурсан"}).status_code == 409
    assert "Андуурсан" in manager.get(path).text
    assert differences(clinic) == []


def test_refund_and_reversal_on_the_page(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    payment = clinic.make(billing.pay, made=invoice, amount=60_000)
    path, manager = f"/payments/{payment.payment_id}", clinic.client("Manager")
    data = {"key": KEY, "kind": "refund", "amount": "10,000", "by_method": "cash", "reason": "Илүү"}
    assert manager.submit(f"{path}/refund", {**data, "amount": "60,001"}).status_code == 422
    assert manager.submit(f"{path}/refund", data).status_code == 302
    assert manager.submit(f"{path}/refund", data).status_code == 302  # a double click gives back once
    assert manager.submit(f"{path}/refund", {**data, "amount": "1"}).status_code == 409
    assert manager.submit(f"{path}/refund", {**data, "key": OTHER_KEY, "kind": "reversal"}).status_code == 422
    assert clinic.count(Refund) == 1
    assert "Partly refunded" in manager.get("/payments").text
    assert again(clinic, invoice).balance == 50_000
    other = clinic.make(billing.pay, made=invoice, amount=5_000)
    wrong = {**data, "key": OTHER_KEY, "kind": "reversal", "amount": "1"}  # a reversal takes all of it
    assert manager.submit(f"/payments/{other.payment_id}/refund", wrong).status_code == 302
    assert clinic.session.scalars(sa.select(Refund.amount).order_by(Refund.refund_id)).all() == [10_000, 5_000]
    assert differences(clinic) == []


def test_the_address_of_a_refused_form_can_be_loaded_again(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    browser = clinic.client("Receptionist")
    for part in ("pay", "lines", "void", "adjust", "credit", "discount", "issue", "payer"):
        answer = browser.get(f"/invoices/{invoice.invoice_id}/{part}")
        assert answer.location.endswith(f"/invoices/{invoice.invoice_id}")


# --- paper


def pdf_text(data: bytes) -> str:
    import io

    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    assert len(reader.pages) == 1
    return " ".join((page.extract_text() or "") for page in reader.pages).replace("\u00a0", " ")


def test_an_invoice_on_paper_in_both_languages(clinic: Clinic) -> None:
    service = clinic.make(billing.service, price=110_000, is_taxed=True)
    invoice = clinic.make(billing.invoice, lines=[Line(service_id=service.service_id, teeth="36", discount=0)])
    clinic.make(billing.pay, made=invoice, amount=60_000)
    browser = clinic.client("Receptionist")
    english = pdf_text(browser.get(f"/invoices/{invoice.invoice_id}.pdf?lang=en").data)
    for text in (invoice.number, "Light-cured filling", "36", "110,000 ₮", "10,000 ₮", "60,000 ₮", "50,000 ₮"):
        assert str(text) in english, text
    for query in ("?lang=mn", "", "?lang=xx"):  # the patient's language is Mongolian
        mongolian = pdf_text(browser.get(f"/invoices/{invoice.invoice_id}.pdf{query}").data)
        assert "Гэрлэн ломбо" in mongolian
        assert "110,000 ₮" in mongolian
    assert clinic.count(AuditLog, AuditLog.action == "print", AuditLog.table == "invoice") == 4


def test_a_draft_has_no_paper(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft)
    assert clinic.client("Receptionist").get(f"/invoices/{draft.invoice_id}.pdf").status_code == 409


def test_a_receipt_shows_both_tenders_of_its_form(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    tenders = [Tender(40_000, PaymentMethod.CASH), Tender(35_000, PaymentMethod.CARD, "Ш" * 80)]
    first, second = clinic.unit(
        lambda s: actions.record_tenders(
            s, patient_id=invoice.patient_id, tenders=tenders, key=KEY, posting=billing.posting(),
            invoice_id=invoice.invoice_id,
        )
    )  # fmt: skip
    browser = clinic.client("Receptionist")
    for payment in (first, second):
        text = pdf_text(browser.get(f"/payments/{payment.payment_id}.pdf?lang=en").data)
        for part in (first.number, second.number, "40,000 ₮", "35,000 ₮", "75,000 ₮", "25,000 ₮", "100,000 ₮"):
            assert part in text, part


@pytest.mark.parametrize("count", [1, 12, 40])
def test_a_receipt_is_as_long_as_what_stands_on_it(clinic: Clinic, count: int) -> None:
    lines = [Line(text="Маш урт нэртэй " * 12, unit_price=1_000) for _ in range(count)]
    payment = clinic.make(billing.pay, made=clinic.make(billing.invoice, lines=lines), amount=1_000_000)
    pdf_text(clinic.client("Receptionist").get(f"/payments/{payment.payment_id}.pdf").data)  # one page


def test_paper_can_be_checked_without_a_name(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    payment = clinic.make(billing.pay, made=invoice)
    facts = queries.verify_facts_invoice(clinic.session, invoice.invoice_id)
    assert facts is not None
    assert invoice.number in [value for _, value in facts]
    assert queries.verify_facts_payment(clinic.session, payment.payment_id) is not None
    assert queries.verify_facts_invoice(clinic.session, clinic.make(billing.draft).invoice_id) is None
    assert queries.verify_facts_payment(clinic.session, 987_654) is None


def test_a_look_and_a_print_are_kept(clinic: Clinic) -> None:
    payment = clinic.make(billing.pay, made=clinic.make(billing.invoice))
    browser: Browser = clinic.client("Receptionist")
    browser.get(f"/payments/{payment.payment_id}")
    browser.get(f"/payments/{payment.payment_id}.pdf")
    kept = clinic.session.scalars(sa.select(AuditLog.action).where(AuditLog.table == "payment")).all()
    assert [str(action) for action in kept if action in ("view", "print")] == ["view", "print"]
