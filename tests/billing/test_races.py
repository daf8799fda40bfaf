"""Money under concurrency, with real threads on both databases: the database decides, never a check beforehand."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing import actions, queries
from app.billing.models import Invoice, Payment, PaymentAllocation
from app.billing.rules import InvoiceStatus
from app.db import unit
from app.kernel.errors import RuleError
from tests.billing.books import differences
from tests.factories import billing, people
from tests.factories.clinic import Clinic

pytestmark = pytest.mark.both


def at_once(clinic: Clinic, jobs: list[Callable[[Session], Any]], width: int = 10) -> list[Any]:
    """Run each job as a unit, `width` at a time and beginning together; refusals are returned."""
    barrier = Barrier(min(width, len(jobs)))

    def run(numbered: tuple[int, Callable[[Session], Any]]) -> Any:
        number, job = numbered
        with clinic.app.app_context():
            if number < barrier.parties:
                barrier.wait(20)
            try:
                return unit(job)
            except RuleError as error:
                return error

    with ThreadPoolExecutor(width) as pool:
        return list(pool.map(run, enumerate(jobs)))


def serials(numbers: list[str]) -> list[int]:
    return sorted(int(re.sub(r".*-", "", number)) for number in numbers)


def test_200_concurrent_postings_have_200_consecutive_numbers(clinic: Clinic) -> None:
    patients = [clinic.make(people.patient) for _ in range(8)]

    def post(number: int) -> Callable[[Session], Any]:
        patient = patients[number % len(patients)]

        def write(session: Session) -> Any:
            if number % 2:
                return billing.pay(session, patient=patient, amount=1_000).number
            return billing.invoice(session, patient=patient, amount=2_000).number

        return write

    found = at_once(clinic, [post(number) for number in range(400)], width=16)
    assert serials(found[0::2]) == list(range(1, 201))
    assert serials(found[1::2]) == list(range(1, 201))
    assert differences(clinic) == []


def test_one_key_sent_ten_times_at_once_is_one_payment(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    found = at_once(clinic, [lambda s: billing.pay(s, invoice, 40_000, key="form").payment_id] * 10)
    assert len(set(found)) == 1
    assert clinic.count(Payment) == 1
    assert differences(clinic) == []


def test_one_key_for_two_patients_at_once_is_one_payment_and_a_refusal(clinic: Clinic) -> None:
    invoices = [clinic.make(billing.invoice) for _ in range(2)]
    jobs = [lambda s, row=row: billing.pay(s, row, 40_000, key="form").payment_id for row in invoices]
    found = at_once(clinic, jobs)
    assert sorted(isinstance(result, RuleError) for result in found) == [False, True]
    assert clinic.count(Payment) == 1
    assert differences(clinic) == []


def test_two_clerks_who_pay_one_invoice_at_once_never_pay_it_twice(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    at_once(clinic, [lambda s: billing.pay(s, invoice, 100_000).payment_id] * 2)
    row = clinic.session.get_one(Invoice, invoice.invoice_id)
    assert (row.paid, row.balance) == (100_000, 0)
    assert queries.account_of(clinic.session, invoice.patient_id).credit == 100_000
    assert differences(clinic) == []


@pytest.mark.parametrize("turn", range(3))
def test_a_void_against_a_payment_keeps_the_ledger_true(clinic: Clinic, turn: int) -> None:
    invoice = clinic.make(billing.invoice, amount=100_000)
    jobs: list[Callable[[Session], Any]] = [lambda s: billing.void(s, invoice), lambda s: billing.pay(s, invoice)]
    at_once(clinic, jobs[:: 1 if turn % 2 else -1])
    row = clinic.session.get_one(Invoice, invoice.invoice_id)
    assert (row.status, row.balance, row.paid) == (InvoiceStatus.VOID, 0, 0)
    account = queries.account_of(clinic.session, invoice.patient_id)
    assert account.balance == -100_000 * clinic.count(Payment)
    assert differences(clinic) == []


def test_one_refund_key_sent_at_once_gives_back_once(clinic: Clinic) -> None:
    payment = clinic.make(billing.pay, made=clinic.make(billing.invoice))
    found = at_once(clinic, [lambda s: billing.refund(s, payment, 30_000, key="back").refund_id] * 6)
    assert len(set(found)) == 1
    assert differences(clinic) == []


def test_refunds_at_once_never_give_back_more_than_came(clinic: Clinic) -> None:
    payment = clinic.make(billing.pay, made=clinic.make(billing.invoice))
    found = at_once(clinic, [lambda s: billing.refund(s, payment, 60_000).refund_id] * 4)
    assert sum(isinstance(result, RuleError) for result in found) == 3
    assert differences(clinic) == []


def test_credit_is_used_once(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    clinic.make(billing.pay, patient=patient, amount=60_000)
    invoices = [clinic.make(billing.invoice, patient=patient, amount=50_000) for _ in range(2)]
    jobs = [lambda s, row=row: actions.allocate_credit(s, row.invoice_id, None, billing.posting()) for row in invoices]
    assert sorted(at_once(clinic, jobs)) == [10_000, 50_000]
    assert clinic.session.scalar(sa.select(sa.func.sum(PaymentAllocation.amount))) == 60_000
    assert differences(clinic) == []


def test_the_first_money_of_a_patient_at_once_makes_one_account(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    at_once(clinic, [lambda s: billing.invoice(s, patient=patient).number] * 6)
    assert queries.account_of(clinic.session, patient.patient_id).balance == 600_000
    assert differences(clinic) == []
