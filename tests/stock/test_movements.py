"""What comes and goes: on hand is the sum of the log, never below zero, and who runs the stock is told once."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.errors import Conflict, NotFound, RuleError
from app.stock import queries
from app.stock.models import InventoryItem, InventoryLog
from app.stock.rules import Movement
from app.workflows import stock as workflow
from tests.factories import stock
from tests.factories.clinic import Clinic
from tests.stock.books import difference, logs, on_hand, told

M = Movement
pytestmark = pytest.mark.both


def made(clinic: Clinic, **values: Any) -> int:
    """A new item's key."""
    return clinic.make(stock.item, **values).inventory_item_id


def test_each_kind_of_movement_leaves_its_line(clinic: Clinic) -> None:
    key = made(clinic, on_hand=20)
    for kind, count in ((M.USED, 3), (M.RETURNED, 2), (M.EXPIRED, 1), (M.LOST, 4), (M.RECEIVED, 5)):
        clinic.unit(lambda s, kind=kind, count=count: stock.move(s, key, kind, count))
    clinic.unit(lambda s: workflow.recount(s, key, 11, 15, stock.note()))
    assert on_hand(clinic, key) == 11
    assert [(row.kind, row.quantity) for row in logs(clinic, key)] == [
        (M.RECEIVED, 20), (M.USED, -3), (M.RETURNED, -2), (M.EXPIRED, -1), (M.LOST, -4), (M.RECEIVED, 5),
        (M.ADJUSTED, -4),
    ]  # fmt: skip
    assert difference(clinic) is None


def test_more_than_is_there_is_refused_and_named(clinic: Clinic) -> None:
    key = made(clinic, on_hand=3)
    with pytest.raises(RuleError) as refused:
        clinic.unit(lambda s: stock.move(s, key, M.USED, 4))
    assert refused.value.field == "quantity"
    assert refused.value.text.params["left"] == "3"
    assert (on_hand(clinic, key), len(logs(clinic, key))) == (3, 1)
    clinic.unit(lambda s: stock.move(s, key, M.USED, 3))
    assert on_hand(clinic, key) == 0


def test_a_flood_is_refused(clinic: Clinic) -> None:
    key = made(clinic)
    for _ in range(100):
        clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 1_000_000))
    with pytest.raises(RuleError):
        clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 1))
    assert difference(clinic) is None


def test_one_form_moves_once(clinic: Clinic) -> None:
    key = made(clinic, on_hand=10)
    found = [clinic.unit(lambda s: stock.move(s, key, M.USED, 2, key="form")) for _ in range(3)]
    assert len({row.inventory_log_id for row in found}) == 1
    assert on_hand(clinic, key) == 8
    with pytest.raises(Conflict):
        clinic.unit(lambda s: stock.move(s, key, M.USED, 3, key="form"))
    with pytest.raises(Conflict):
        clinic.unit(lambda s: stock.move(s, made_in(s), M.USED, 2, key="form"))


def made_in(session: Any) -> int:
    return stock.item(session, on_hand=10).inventory_item_id


def test_what_was_received_last_says_what_it_costs(clinic: Clinic) -> None:
    key = made(clinic, cost=1_000)
    seller = clinic.make(stock.supplier)
    clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 5, cost=1_200, supplier_id=seller.supplier_id))
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))
    clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 5))
    assert clinic.session.get_one(InventoryItem, key).cost == 1_200
    assert [row.cost for row in logs(clinic, key)] == [1_200, 1_200, 1_200]
    assert queries.movements_from(clinic.session, seller.supplier_id)[0].quantity == 5


def test_a_movement_leaves_the_forms_of_an_item_valid(clinic: Clinic) -> None:
    key = made(clinic, on_hand=20)
    before = clinic.session.get_one(InventoryItem, key).updated_at
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))
    assert clinic.session.get_one(InventoryItem, key).updated_at == before


def test_a_recount_of_what_moved_meanwhile_is_refused(clinic: Clinic) -> None:
    key = made(clinic, on_hand=20)
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))
    with pytest.raises(Conflict):
        clinic.unit(lambda s: workflow.recount(s, key, 18, 20, stock.note()))
    with pytest.raises(RuleError):
        clinic.unit(lambda s: workflow.recount(s, key, 18, 19, stock.note(reason=" ")))
    clinic.unit(lambda s: workflow.recount(s, key, 18, 19, stock.note()))
    assert on_hand(clinic, key) == 18


def test_what_is_switched_off_is_used_up_but_not_bought(clinic: Clinic) -> None:
    key = made(clinic, on_hand=20, is_active=True)
    clinic.unit(lambda s: setattr(s.get_one(InventoryItem, key), "is_active", False))
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))
    with pytest.raises(RuleError):
        clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 1))
    assert on_hand(clinic, key) == 19


def test_an_item_that_is_not_there(clinic: Clinic) -> None:
    with pytest.raises(NotFound):
        clinic.unit(lambda s: stock.move(s, 987_654, M.USED, 1))


def test_the_log_says_who_and_is_audited_but_never_changed(clinic: Clinic) -> None:
    key, nurse = made(clinic, on_hand=20), clinic.user("Nurse").id
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1, by=nurse))
    assert queries.movements_of(clinic.session, key)[0][1] == "Nurse Туршилт"
    row = logs(clinic, key)[-1]
    with pytest.raises(RuntimeError):
        clinic.unit(lambda s: setattr(s.get_one(InventoryLog, row.inventory_log_id), "quantity", -5))


# --- who is told


def keepers(clinic: Clinic) -> set[int]:
    return {clinic.user("Assistant").id, clinic.user("Admin").id}


def test_falling_to_the_minimum_tells_once_until_it_is_filled_up(clinic: Clinic) -> None:
    key = made(clinic, on_hand=7, minimum_stock=5)
    assert told(clinic, key) == set()
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))
    assert told(clinic, key) == set()
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))  # 5: at the minimum
    assert told(clinic, key) == keepers(clinic)
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))
    clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 1))  # 5 again: still low, nobody is told twice
    clinic.unit(lambda s: stock.move(s, key, M.USED, 2))
    assert len(told(clinic, key)) == 2
    clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 3))
    assert clinic.session.get_one(InventoryItem, key).low_notified_at is None
    clinic.unit(lambda s: stock.move(s, key, M.USED, 1))
    found = clinic.session.get_one(InventoryItem, key)
    assert found.low_notified_at is not None
    with pytest.raises(AssertionError):
        told(clinic, key)  # the same people were told a second time


def test_what_arrives_short_tells_nobody_and_neither_does_what_is_switched_off(clinic: Clinic) -> None:
    key = made(clinic, minimum_stock=5)
    clinic.unit(lambda s: stock.move(s, key, M.RECEIVED, 2))
    assert told(clinic, key) == set()
    off = made(clinic, on_hand=7, minimum_stock=5)
    clinic.unit(lambda s: setattr(s.get_one(InventoryItem, off), "is_active", False))
    clinic.unit(lambda s: stock.move(s, off, M.USED, 7))
    assert told(clinic, off) == set()


def test_a_higher_minimum_tells_too_and_a_lower_one_forgets(clinic: Clinic) -> None:
    key = made(clinic, on_hand=7, minimum_stock=5)

    def minimum(value: int) -> None:
        def write(session: Any) -> None:
            row = session.get_one(InventoryItem, key, with_for_update=True)
            values = {"sku": row.sku, "minimum_stock": value, "cost": row.cost, "unit": row.unit}
            workflow.save_item(session, row, values, now=stock.note().now)

        clinic.unit(write)

    minimum(10)
    assert told(clinic, key) == keepers(clinic)
    minimum(3)
    assert clinic.session.get_one(InventoryItem, key).low_notified_at is None


# --- whatever order


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(list(Movement)), st.integers(1, 12)), max_size=12))
def test_in_any_order_the_stock_is_what_the_log_says(clinic: Clinic, steps: list[tuple[Movement, int]]) -> None:
    key = made(clinic, on_hand=10)
    expected = 10
    for kind, count in steps:
        try:
            if kind is M.ADJUSTED:
                clinic.unit(lambda s, n=count, seen=expected: workflow.recount(s, key, n, seen, stock.note()))
                expected = count
            else:
                clinic.unit(lambda s, kind=kind, n=count: stock.move(s, key, kind, n))
                expected += count if kind is M.RECEIVED else -count
        except RuleError:
            assert kind is M.ADJUSTED or count > expected
    assert on_hand(clinic, key) == expected == sum(row.quantity for row in logs(clinic, key))
    assert difference(clinic) is None


def test_verify_names_the_first_item_that_contradicts_its_log(clinic: Clinic) -> None:
    made(clinic, on_hand=10)
    key = made(clinic, on_hand=10)
    runner = clinic.app.test_cli_runner()
    assert runner.invoke(args=["stock", "verify"]).exit_code == 0
    clinic.unit(lambda s: s.execute(sa.text(f"UPDATE inventory_item SET on_hand = 9 WHERE inventory_item_id = {key}")))
    found = queries.first_difference(clinic.session)
    assert found is not None
    assert (found.on_hand, found.logged) == (9, 10)
    answer = runner.invoke(args=["stock", "verify"])
    assert answer.exit_code == 1
    assert found.sku in answer.output
