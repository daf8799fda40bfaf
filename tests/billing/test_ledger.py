"""Posting, paying, adjusting, giving back, voiding: the worked examples of the rules, on both databases."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from app.billing import actions, queries
from app.billing.actions import Allowance, Line, Tender
from app.billing.models import AccountEntry, Invoice, InvoiceItem, PatientAccount, Payment, PaymentAllocation
from app.billing.rules import AdjustmentKind, EntryKind, InvoiceStatus, PaymentMethod, RefundKind
from app.jobs.models import DocumentCounter
from app.kernel.errors import Conflict, NotAllowed, NotFound, RuleError
from tests.billing.books import differences
from tests.factories import billing, people
from tests.factories.clinic import Clinic

CASH, CARD = PaymentMethod.CASH, PaymentMethod.CARD


def balance(clinic: Clinic, patient_id: int) -> int:
    return queries.account_of(clinic.session, patient_id).balance


def credit(clinic: Clinic, patient_id: int) -> int:
    return queries.account_of(clinic.session, patient_id).credit


def again(clinic: Clinic, row: Any) -> Any:
    return clinic.session.get_one(type(row), row.row_id)


def allocated(clinic: Clinic, payment: Payment) -> list[tuple[int, int]]:
    statement = sa.select(PaymentAllocation.invoice_id, PaymentAllocation.amount)
    where = PaymentAllocation.payment_id == payment.payment_id
    rows = clinic.session.execute(statement.where(where).order_by(PaymentAllocation.payment_allocation_id))
    return [(invoice, amount) for invoice, amount in rows]


@pytest.mark.both
def test_the_worked_example_from_issue_to_refund(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    who = invoice.patient_id
    assert (again(clinic, invoice).status, again(clinic, invoice).balance) == (InvoiceStatus.ISSUED, 100_000)
    clinic.make(billing.pay, made=invoice, amount=60_000)
    assert (again(clinic, invoice).status, again(clinic, invoice).balance) == (InvoiceStatus.PARTLY_PAID, 40_000)
    clinic.make(billing.adjustment, made=invoice, amount=20_000)
    assert again(clinic, invoice).balance == 20_000
    last = clinic.make(billing.pay, made=invoice, amount=50_000)
    assert (again(clinic, invoice).status, again(clinic, invoice).balance) == (InvoiceStatus.PAID, 0)
    assert (balance(clinic, who), credit(clinic, who)) == (-30_000, 30_000)
    clinic.make(billing.refund, made=last, amount=30_000)
    assert (balance(clinic, who), credit(clinic, who)) == (0, 0)
    assert again(clinic, invoice).status is InvoiceStatus.PAID  # the credit went, the invoice stays paid
    assert differences(clinic) == []


@pytest.mark.both
def test_a_void_turns_what_was_paid_into_credit(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    payment = clinic.make(billing.pay, made=invoice, amount=60_000)
    clinic.make(billing.void, made=invoice)
    row = again(clinic, invoice)
    assert (row.status, row.balance, row.paid, row.number) == (InvoiceStatus.VOID, 0, 0, invoice.number)
    assert (balance(clinic, row.patient_id), credit(clinic, row.patient_id)) == (-60_000, 60_000)
    assert allocated(clinic, payment) == [(row.invoice_id, 60_000), (row.invoice_id, -60_000)]
    assert differences(clinic) == []


def test_a_void_takes_the_adjustments_back_too(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    clinic.make(billing.adjustment, made=invoice, amount=20_000)
    clinic.make(billing.void, made=invoice)
    account = queries.account_of(clinic.session, invoice.patient_id)
    assert (again(clinic, invoice).adjusted, account.balance, account.charges, account.adjustments) == (0, 0, 0, 0)
    assert differences(clinic) == []


def test_a_parent_pays_for_a_child(clinic: Clinic) -> None:
    parent = clinic.make(people.patient, first_name="Эх")
    invoice = clinic.make(billing.invoice, amount=50_000)
    payment = clinic.make(billing.pay, made=invoice, amount=50_000, payer_id=parent.patient_id)
    entry = clinic.session.scalars(sa.select(AccountEntry).where(AccountEntry.kind == EntryKind.PAYMENT)).one()
    assert (entry.patient_id, payment.payer_id) == (invoice.patient_id, parent.patient_id)
    assert (balance(clinic, invoice.patient_id), balance(clinic, parent.patient_id)) == (0, 0)


def test_a_payment_goes_on_to_the_oldest_open_invoices(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    first, second, third = (clinic.make(billing.invoice, patient=patient, amount=50_000) for _ in range(3))
    payment = clinic.make(billing.pay, made=third, amount=120_000)
    assert allocated(clinic, payment) == [
        (third.invoice_id, 50_000), (first.invoice_id, 50_000), (second.invoice_id, 20_000)
    ]  # fmt: skip
    clinic.make(billing.pay, patient=patient, amount=100_000)
    assert (balance(clinic, patient.patient_id), credit(clinic, patient.patient_id)) == (-70_000, 70_000)
    assert differences(clinic) == []


def test_nothing_of_another_patient_is_paid(clinic: Clinic) -> None:
    mine, theirs = clinic.make(billing.invoice), clinic.make(billing.invoice)
    clinic.make(billing.pay, made=mine, amount=500_000)
    assert again(clinic, theirs).balance == 100_000
    with pytest.raises(Conflict):
        clinic.make(billing.pay, made=mine, patient_id=theirs.patient_id)


# --- issuing


@pytest.mark.both
def test_numbers_are_gapless_by_year_even_where_a_unit_fails(clinic: Clinic) -> None:
    def fail(session: Any) -> None:
        billing.invoice(session, day=date(2026, 3, 1))
        raise RuntimeError

    first = clinic.make(billing.invoice, day=date(2026, 3, 1))
    with pytest.raises(RuntimeError):
        clinic.unit(fail)
    second = clinic.make(billing.invoice, day=date(2026, 4, 1))
    other = clinic.make(billing.invoice, day=date(2027, 1, 1))
    assert [row.number for row in (first, second, other)] == ["2026-000001", "2026-000002", "2027-000001"]
    assert differences(clinic) == []


def test_the_clinics_prefix_stands_before_the_number(clinic: Clinic) -> None:
    draft = clinic.make(billing.draft)
    posting = billing.posting(date(2026, 3, 1), prefix="UB-")
    issued = clinic.unit(lambda s: actions.issue_invoice(s, draft.invoice_id, posting, due_days=30, vat_bp=0))
    assert (issued.number, issued.due_on) == ("UB-2026-000001", date(2026, 3, 31))
    assert differences(clinic) == []


def test_an_empty_invoice_is_not_issued_and_a_free_one_is_paid(clinic: Clinic) -> None:
    empty = clinic.make(billing.draft)
    clinic.unit(
        lambda s: actions.change_draft(
            s, actions.lock_invoice(s, empty.invoice_id)[1], [], vat_bp=0, allowance=Allowance(),
            now=billing.posting().now,
        )
    )  # fmt: skip
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.issue_invoice(s, empty.invoice_id, billing.posting(), due_days=14, vat_bp=0))
    free = clinic.make(billing.invoice, amount=0)
    assert (free.status, free.balance) == (InvoiceStatus.PAID, 0)
    assert clinic.count(AccountEntry) == 0
    clinic.make(billing.void, made=free)
    assert differences(clinic) == []


def test_an_invoice_is_issued_once(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    with pytest.raises(Conflict):
        clinic.unit(lambda s: actions.issue_invoice(s, invoice.invoice_id, billing.posting(), due_days=1, vat_bp=0))
    with pytest.raises(NotFound):
        clinic.unit(lambda s: actions.issue_invoice(s, 987_654, billing.posting(), due_days=1, vat_bp=0))


def test_an_issued_invoice_can_not_be_changed_or_thrown_away(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)

    def change(session: Any) -> None:
        _, row = actions.lock_invoice(session, invoice.invoice_id)
        actions.discount_draft(
            session, row, 10, None, vat_bp=0, allowance=actions.NO_LIMIT, now=billing.posting().now
        )  # fmt: skip

    with pytest.raises(Conflict):
        clinic.unit(change)
    with pytest.raises(Conflict):
        clinic.unit(lambda s: actions.discard_draft(s, invoice.invoice_id))
    draft = clinic.make(billing.draft)
    clinic.unit(lambda s: actions.discard_draft(s, draft.invoice_id))
    assert clinic.count(Invoice) == 1


# --- payments


def test_only_issued_invoices_can_be_paid(clinic: Clinic) -> None:
    draft, void = clinic.make(billing.draft), clinic.make(billing.invoice)
    clinic.make(billing.void, made=void)
    for invoice in (draft, void):
        with pytest.raises(Conflict):
            clinic.make(billing.pay, made=invoice)
    assert clinic.count(Payment) == 0
    assert (
        clinic.session.scalar(sa.select(DocumentCounter.last_number).where(DocumentCounter.kind == "payment")) is None
    )


@pytest.mark.parametrize("amount", [0, -1, 10**13])
def test_an_impossible_amount_is_refused(clinic: Clinic, amount: int) -> None:
    invoice = clinic.make(billing.invoice)
    with pytest.raises(RuleError):
        clinic.make(billing.pay, made=invoice, amount=amount)
    assert clinic.count(Payment) == 0


@pytest.mark.both
def test_the_same_key_answers_the_first_payment(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    first = clinic.make(billing.pay, made=invoice, amount=40_000, key="form")
    second = clinic.make(billing.pay, made=invoice, amount=40_000, key="form")
    assert first.payment_id == second.payment_id
    assert again(clinic, invoice).balance == 60_000
    assert differences(clinic) == []


@pytest.mark.parametrize(
    "other",
    [{"amount": 41_000}, {"method": CARD}, {"made": None, "patient_id": 1}, {"invoice_id": None}],
    ids=["amount", "method", "patient", "invoice"],
)
def test_the_same_key_for_something_else_is_refused(clinic: Clinic, other: dict[str, Any]) -> None:
    invoice = clinic.make(billing.invoice)
    clinic.make(billing.pay, made=invoice, amount=40_000, key="form")
    with pytest.raises(Conflict) as refused:
        clinic.make(billing.pay, **{"made": invoice, "amount": 40_000, "key": "form", **other})
    assert refused.value.status == 409
    assert clinic.count(Payment) == 1


def test_two_tenders_are_two_payments_or_none(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)

    def pay(session: Any, *tenders: Tender) -> list[Payment]:
        return actions.record_tenders(
            session, patient_id=invoice.patient_id, tenders=tenders, key="form", posting=billing.posting(),
            invoice_id=invoice.invoice_id,
        )  # fmt: skip

    with pytest.raises(RuleError):
        clinic.unit(lambda s: pay(s, Tender(60_000, CASH), Tender(0, CARD)))
    assert clinic.count(Payment) == 0
    made = clinic.unit(lambda s: pay(s, Tender(60_000, CASH), Tender(40_000, CARD, "1234")))
    assert [(p.idempotency_key, p.amount, p.method) for p in made] == [
        ("form:0", 60_000, CASH), ("form:1", 40_000, CARD)
    ]  # fmt: skip
    assert again(clinic, invoice).status is InvoiceStatus.PAID
    assert [p.payment_id for p in clinic.unit(lambda s: pay(s, Tender(60_000, CASH), Tender(40_000, CARD)))] == [
        p.payment_id for p in made
    ]
    assert differences(clinic) == []


def test_credit_is_used_on_an_open_invoice(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    clinic.make(billing.pay, patient=patient, amount=30_000)
    clinic.make(billing.pay, patient=patient, amount=30_000)
    invoice = clinic.make(billing.invoice, patient=patient, amount=50_000)
    entries = clinic.count(AccountEntry)
    assert clinic.unit(lambda s: actions.allocate_credit(s, invoice.invoice_id, None, billing.posting())) == 50_000
    assert clinic.count(AccountEntry) == entries  # the money was posted when it came
    assert (again(clinic, invoice).balance, credit(clinic, patient.patient_id)) == (0, 10_000)
    for amount in (None, 1):
        with pytest.raises(RuleError):
            clinic.unit(lambda s, a=amount: actions.allocate_credit(s, invoice.invoice_id, a, billing.posting()))
    assert differences(clinic) == []


# --- corrections


def test_an_adjustment_needs_a_reason_and_stays_within_the_balance(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    post = billing.posting()

    def adjust(kind: AdjustmentKind, amount: int, reason: str | None) -> Any:
        return clinic.unit(lambda s: actions.adjust_invoice(s, invoice.invoice_id, kind, amount, reason, post))

    for kind, amount, reason in (
        (AdjustmentKind.WRITE_OFF, 100_001, "x"), (AdjustmentKind.WAIVER, 0, "x"), (AdjustmentKind.WAIVER, 10, "  "),
        (AdjustmentKind.WAIVER, -10, "x"), (AdjustmentKind.WAIVER, 10, "x" * 256), (AdjustmentKind.CORRECTION, -1, "x"),
    ):  # fmt: skip
        with pytest.raises(RuleError):
            adjust(kind, amount, reason)
    adjust(AdjustmentKind.WAIVER, 30_000, "Баталгаат")
    adjust(AdjustmentKind.CORRECTION, -10_000, "Илүү хассан")
    assert again(clinic, invoice).balance == 80_000
    assert differences(clinic) == []


def test_a_refund_first_takes_the_latest_allocation_back(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    first, second = (clinic.make(billing.invoice, patient=patient, amount=50_000) for _ in range(2))
    payment = clinic.make(billing.pay, made=first, amount=110_000)
    clinic.make(
        billing.refund, made=payment, amount=70_000
    )  # 10 000 of credit, 50 000 of the second, 10 000 of the first
    assert again(clinic, second).balance == 50_000
    assert (again(clinic, first).balance, again(clinic, first).status) == (10_000, InvoiceStatus.PARTLY_PAID)
    assert (balance(clinic, patient.patient_id), credit(clinic, patient.patient_id)) == (60_000, 0)
    with pytest.raises(RuleError):
        clinic.make(billing.refund, made=payment, amount=40_001)
    clinic.make(billing.refund, made=payment, amount=40_000)
    assert balance(clinic, patient.patient_id) == 100_000
    assert differences(clinic) == []


def test_a_reversal_takes_the_whole_payment_back(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    payment = clinic.make(billing.pay, made=invoice, amount=60_000)
    with pytest.raises(RuleError):
        clinic.make(billing.refund, made=payment, amount=10_000, kind=RefundKind.REVERSAL)
    row = clinic.make(billing.refund, made=payment, kind=RefundKind.REVERSAL)
    assert (row.amount, row.method) == (60_000, payment.method)
    assert (again(clinic, invoice).balance, again(clinic, invoice).status) == (100_000, InvoiceStatus.ISSUED)
    with pytest.raises(RuleError):
        clinic.make(billing.refund, made=payment, amount=1)
    part = clinic.make(billing.pay, made=invoice, amount=60_000)
    clinic.make(billing.refund, made=part, amount=1)
    with pytest.raises(RuleError):
        clinic.make(billing.refund, made=part, kind=RefundKind.REVERSAL)  # a part was given back: it was received
    assert differences(clinic) == []


def test_a_refund_is_given_once_for_its_key(clinic: Clinic) -> None:
    payment = clinic.make(billing.pay, made=clinic.make(billing.invoice))
    first = clinic.make(billing.refund, made=payment, amount=10_000, key="back")
    assert clinic.make(billing.refund, made=payment, amount=10_000, key="back").refund_id == first.refund_id
    with pytest.raises(Conflict):
        clinic.make(billing.refund, made=payment, amount=20_000, key="back")


def test_a_void_needs_a_reason_and_happens_once(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    with pytest.raises(RuleError):
        clinic.unit(lambda s: actions.void_invoice(s, invoice.invoice_id, " ", billing.posting()))
    clinic.make(billing.void, made=invoice)
    with pytest.raises(Conflict):
        clinic.make(billing.void, made=invoice)
    with pytest.raises(Conflict):
        clinic.make(billing.void, made=clinic.make(billing.draft))


def test_what_is_posted_is_never_updated_or_deleted(clinic: Clinic) -> None:
    payment = clinic.make(billing.pay, made=clinic.make(billing.invoice))

    def change(session: Any) -> None:
        session.get_one(Payment, payment.payment_id).amount = 1
        session.flush()

    with pytest.raises(RuntimeError):
        clinic.unit(change)
    with pytest.raises(RuntimeError):
        clinic.unit(lambda s: s.delete(s.get_one(Payment, payment.payment_id)))


# --- drafts


def test_a_line_takes_the_catalogues_price(clinic: Clinic) -> None:
    service = clinic.make(billing.service, price=70_000)
    invoice = clinic.make(billing.draft, lines=[Line(service_id=service.service_id, quantity=2, unit_price=1)])
    row = clinic.session.scalars(sa.select(InvoiceItem).where(InvoiceItem.invoice_id == invoice.invoice_id)).one()
    assert (row.unit_price, row.line_total, invoice.total) == (70_000, 140_000, 140_000)


def test_vat_is_contained_in_taxed_lines_only(clinic: Clinic) -> None:
    taxed = clinic.make(billing.service, price=110_000, is_taxed=True)
    plain = clinic.make(billing.service, price=110_000)
    lines = [Line(service_id=taxed.service_id), Line(service_id=plain.service_id), Line(text="Сойз", unit_price=5_500)]
    invoice = clinic.make(billing.draft, lines=lines)
    assert (invoice.tax, invoice.total) == (10_000, 225_500)
    issued = clinic.unit(
        lambda s: actions.issue_invoice(s, invoice.invoice_id, billing.posting(), due_days=1, vat_bp=0)
    )
    assert issued.tax == 0  # the rate of the day it is issued


def test_a_discount_on_the_whole_is_spread_over_the_lines(clinic: Clinic) -> None:
    invoice = clinic.make(billing.draft, lines=billing.text_lines(100, 100, 100))

    def take_off(session: Any, amount: int, allowance: Allowance) -> Invoice:
        _, row = actions.lock_invoice(session, invoice.invoice_id)
        return actions.discount_draft(
            session, row, amount, "Хөнгөлөлт", vat_bp=0, allowance=allowance, now=billing.posting().now
        )  # fmt: skip

    with pytest.raises(NotAllowed):
        clinic.unit(lambda s: take_off(s, 100, Allowance(1_000, has_discount=True)))
    assert clinic.unit(lambda s: take_off(s, 30, Allowance(1_000, has_discount=True))).total == 270
    assert clinic.unit(lambda s: take_off(s, 100, Allowance(has_any=True))).total == 170
    statement = sa.select(InvoiceItem.discount).where(InvoiceItem.invoice_id == invoice.invoice_id)
    assert clinic.session.scalars(statement.order_by(InvoiceItem.invoice_item_id)).all() == [44, 43, 43]
    with pytest.raises(RuleError):
        clinic.unit(lambda s: take_off(s, 171, actions.NO_LIMIT))


def test_an_account_is_made_with_the_first_money(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    assert queries.account_of(clinic.session, patient.patient_id) == queries.Account()
    clinic.make(billing.pay, patient=patient, amount=5_000)
    row = clinic.session.get_one(PatientAccount, patient.patient_id)
    assert (row.payments, row.balance) == (5_000, -5_000)
    with pytest.raises(NotFound):
        clinic.make(billing.pay, patient_id=987_654)


# --- figures


@pytest.mark.both
def test_receivables_by_age_add_up(clinic: Clinic) -> None:
    today = date(2026, 11, 20)
    for day in (date(2026, 11, 20), date(2026, 11, 1), date(2026, 9, 20), date(2026, 8, 20), date(2026, 1, 5)):
        clinic.make(billing.invoice, day=day, amount=10_000)
    clinic.make(billing.void, made=clinic.make(billing.invoice, day=today, amount=7))
    clinic.make(billing.draft, amount=9)
    aging = queries.aging(clinic.session, today)
    assert list(aging.values()) == [10_000, 10_000, 10_000, 10_000, 10_000]
    assert sum(aging.values()) == queries.open_receivable(clinic.session)


@pytest.mark.both
def test_what_came_in_today_by_method(clinic: Clinic) -> None:
    now = billing.posting().now
    invoice = clinic.make(billing.invoice, amount=100_000)
    clinic.make(billing.pay, made=invoice, amount=30_000)
    card = clinic.make(billing.pay, made=invoice, amount=20_000, method=CARD)
    clinic.make(billing.pay, made=invoice, amount=5_000, day=date(2020, 1, 1))
    clinic.make(billing.refund, made=card, amount=8_000)
    start, end = now.replace(hour=0, minute=0), now.replace(hour=23, minute=59, second=59)
    assert queries.taken_today(clinic.session, start, end) == {CASH: 30_000, CARD: 12_000}


def test_balances_of_several_patients(clinic: Clinic) -> None:
    first, second = clinic.make(billing.invoice, amount=10), clinic.make(billing.invoice, amount=20)
    found = queries.balances(clinic.session, [first.patient_id, second.patient_id, 987_654])
    assert found == {first.patient_id: 10, second.patient_id: 20}
    assert [row.invoice_id for row in queries.invoices_of_patient(clinic.session, first.patient_id, 5)] == [
        first.invoice_id
    ]
