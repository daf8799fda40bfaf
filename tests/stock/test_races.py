"""Stock under concurrency, with real threads on both databases (trap 11): the database decides."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import unit
from app.kernel.errors import RuleError
from app.stock.rules import Movement
from app.workflows import stock as workflow
from tests.factories import stock
from tests.factories.clinic import Clinic
from tests.stock.books import difference, logs, on_hand, told

M = Movement
pytestmark = pytest.mark.both


def at_once(clinic: Clinic, jobs: list[Callable[[Session], Any]], width: int = 12) -> list[Any]:
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


def refused(found: list[Any]) -> int:
    return sum(isinstance(result, RuleError) for result in found)


def test_of_many_who_take_of_a_few_exactly_as_many_get_one_as_there_are(clinic: Clinic) -> None:
    key = clinic.make(stock.item, on_hand=7, minimum_stock=2).inventory_item_id
    found = at_once(clinic, [lambda s: stock.move(s, key, M.USED, 1).inventory_log_id] * 24)
    assert refused(found) == 24 - 7
    assert on_hand(clinic, key) == 0
    assert len(logs(clinic, key)) == 8
    assert difference(clinic) is None
    assert len(told(clinic, key)) == 2  # an assistant and an admin, once


def test_what_comes_and_goes_at_once_is_all_kept(clinic: Clinic) -> None:
    key = clinic.make(stock.item, on_hand=40).inventory_item_id
    kinds = [M.RECEIVED, M.USED, M.EXPIRED] * 10
    found = at_once(clinic, [lambda s, kind=kind: stock.move(s, key, kind, 2).inventory_log_id for kind in kinds])
    assert refused(found) == 0
    assert on_hand(clinic, key) == 40 + 10 * (2 - 2 - 2)
    assert difference(clinic) is None


def test_one_form_sent_ten_times_at_once_moves_once(clinic: Clinic) -> None:
    key = clinic.make(stock.item, on_hand=40).inventory_item_id
    found = at_once(clinic, [lambda s: stock.move(s, key, M.USED, 3, key="form").inventory_log_id] * 10)
    assert len(set(found)) == 1
    assert on_hand(clinic, key) == 37
    assert difference(clinic) is None


def test_of_those_who_counted_at_once_one_is_right(clinic: Clinic) -> None:
    key = clinic.make(stock.item, on_hand=40).inventory_item_id
    jobs = [lambda s, n=n: workflow.recount(s, key, n, 40, stock.note()).inventory_log_id for n in range(30, 36)]
    found = at_once(clinic, jobs)
    assert refused(found) == 5
    assert on_hand(clinic, key) in range(30, 36)
    assert difference(clinic) is None
