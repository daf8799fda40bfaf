"""Numbers come from a counter's row, never from ids: gapless, in the transaction that posts, on both databases (trap 10)."""

import ast
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from app.db import unit
from app.jobs.actions import hold_counter, next_number
from app.jobs.models import DocumentCounter
from app.jobs.rules import CounterKind, document_number
from tests.factories.clinic import Clinic
from tests.house.tree import modules

INVOICE, PAYMENT = CounterKind.INVOICE, CounterKind.PAYMENT


def in_threads(clinic: Clinic, work: Any, count: int) -> None:
    failures: list[Exception] = []

    def run() -> None:
        with clinic.app.app_context():
            try:
                work()
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.both
def test_numbers_taken_at_once_are_consecutive_also_the_first_of_a_year(clinic: Clinic) -> None:
    taken: list[int] = []

    def work() -> None:
        for _ in range(10):
            taken.append(unit(lambda s: next_number(s, INVOICE, 2031)))

    in_threads(clinic, work, 10)
    assert sorted(taken) == list(range(1, 101))


@pytest.mark.both
def test_a_number_is_given_back_when_its_document_fails(clinic: Clinic) -> None:
    def fails(session: Any) -> None:
        assert next_number(session, INVOICE, 2031) in (1, 2)
        raise ZeroDivisionError

    for expected in (1, 2):
        with pytest.raises(ZeroDivisionError):
            clinic.unit(fails)
        assert clinic.unit(lambda s: next_number(s, INVOICE, 2031)) == expected


@pytest.mark.both
def test_each_kind_and_each_year_counts_for_itself(clinic: Clinic) -> None:
    def take(session: Any) -> list[int]:
        return [next_number(session, *key) for key in ((INVOICE, 2031), (PAYMENT, 2031), (INVOICE, 2032)) * 2]

    assert clinic.unit(take) == [1, 1, 1, 2, 2, 2]


@pytest.mark.both
def test_a_held_counter_makes_others_wait(clinic: Clinic) -> None:
    order: list[str] = []
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        def write(session: Any) -> None:
            hold_counter(session, PAYMENT, 2031)
            held.set()
            done.wait(0.3)
            order.append("held")

        unit(write)

    def take() -> None:
        held.wait(10)
        unit(lambda s: next_number(s, PAYMENT, 2031))
        order.append("taken")

    jobs = iter([hold, take])
    lock = threading.Lock()

    def work() -> None:
        with lock:
            job = next(jobs)
        job()

    in_threads(clinic, work, 2)
    assert order == ["held", "taken"]
    assert clinic.session.scalar(sa.select(DocumentCounter.last_number).where(DocumentCounter.kind == PAYMENT)) == 1


def test_a_document_number_says_its_year() -> None:
    assert document_number("", 2026, 123) == "2026-000123"
    assert document_number("A", 2026, 1_234_567) == "A2026-1234567"


def test_nothing_is_numbered_by_counting_rows_or_by_an_id() -> None:
    """`max(…) + 1` and `len(…) + 1` give two documents one number."""
    wrong = []
    for module in modules():
        for node in ast.walk(module.tree()):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "document_number":
                wrong += [module.name for part in ("max(", "count(", "len(", "_id") if part in ast.unparse(node)]
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                text = ast.unparse(node)
                if ("func.max(" in text or "func.count(" in text) and text.endswith("+ 1"):
                    wrong.append(f"{module.name}: {text}")
    assert wrong == []
