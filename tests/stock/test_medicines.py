"""A medicine on an invoice leaves the stock when that is issued, and comes back when it is void."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.billing.actions import Line
from app.billing.models import Invoice
from app.billing.rules import InvoiceStatus
from app.catalogue.models import Medicine
from app.kernel.errors import Conflict, RuleError
from app.stock.rules import Movement
from app.workflows import checkout
from tests.factories import billing, catalogue, stock
from tests.factories.clinic import Clinic
from tests.stock.books import difference, logs, on_hand, told

pytestmark = pytest.mark.both
TERMS = checkout.Terms(due_days=14, vat_bp=1_000)


@pytest.fixture
def item(clinic: Clinic) -> int:
    """Ten boxes of a medicine."""
    return clinic.make(stock.item, on_hand=10, minimum_stock=4, sku="MED-1").inventory_item_id


def draft(clinic: Clinic, medicines: list[tuple[int | None, int]]) -> int:
    """A draft with so many of medicines that leave the stock as these items."""

    def write(session: Any) -> int:
        lines = []
        for item_id, count in medicines:
            row = catalogue.medicine(session, sale_price=5_000)
            session.get_one(Medicine, row.medicine_id).inventory_item_id = item_id
            lines.append(Line(medicine_id=row.medicine_id, quantity=count, unit_price=5_000))
        return billing.draft(session, lines=lines).invoice_id

    return clinic.unit(write)


def issue(clinic: Clinic, key: int) -> Invoice:
    return clinic.unit(lambda s: checkout.issue(s, key, posting=billing.posting(), terms=TERMS))


def test_issuing_takes_and_voiding_gives_back_exactly_that(clinic: Clinic, item: int) -> None:
    key = draft(clinic, [(item, 2), (None, 3), (item, 1)])
    assert on_hand(clinic, item) == 10
    number = issue(clinic, key).number
    assert on_hand(clinic, item) == 7
    assert (logs(clinic, item)[-1].kind, logs(clinic, item)[-1].reason) == (Movement.USED, number)
    clinic.unit(lambda s: checkout.void(s, key, "Андуурсан", posting=billing.posting()))
    assert on_hand(clinic, item) == 10
    assert [row.quantity for row in logs(clinic, item)] == [10, -3, 3]
    with pytest.raises(Conflict):
        clinic.unit(lambda s: checkout.void(s, key, "Андуурсан", posting=billing.posting()))
    assert on_hand(clinic, item) == 10
    assert difference(clinic) is None


def test_more_than_is_there_can_not_be_issued_and_nothing_is_half_done(clinic: Clinic, item: int) -> None:
    other = clinic.make(stock.item, on_hand=50).inventory_item_id
    key = draft(clinic, [(other, 5), (item, 11)])
    with pytest.raises(RuleError) as refused:
        issue(clinic, key)
    assert (refused.value.text.params["count"], refused.value.text.params["left"]) == ("11", "10")
    found = clinic.session.get_one(Invoice, key)
    assert (found.status, found.number) == (InvoiceStatus.DRAFT, None)
    assert (on_hand(clinic, item), on_hand(clinic, other)) == (10, 50)
    clinic.unit(lambda s: stock.move(s, item, Movement.RECEIVED, 1))
    issue(clinic, key)
    assert (on_hand(clinic, item), on_hand(clinic, other)) == (0, 45)


def test_a_medicine_that_runs_low_at_the_desk_tells_those_who_keep_the_stock(clinic: Clinic, item: int) -> None:
    issue(clinic, draft(clinic, [(item, 6)]))
    assert told(clinic, item) == {clinic.user("Assistant").id, clinic.user("Admin").id}


def test_what_was_linked_after_the_invoice_does_not_come_back(clinic: Clinic, item: int) -> None:
    key = draft(clinic, [(None, 3)])
    issue(clinic, key)
    clinic.unit(lambda s: s.execute(sa.text(f"UPDATE medicine SET inventory_item_id = {item}")))
    clinic.unit(lambda s: checkout.void(s, key, "Андуурсан", posting=billing.posting()))
    assert on_hand(clinic, item) == 10


def test_invoices_with_similar_numbers_keep_apart(clinic: Clinic, item: int) -> None:
    first = draft(clinic, [(item, 1)])
    issue(clinic, first)
    for _ in range(9):
        clinic.make(billing.draft)
    tenth = draft(clinic, [(item, 2)])
    assert str(tenth).startswith(str(first))
    issue(clinic, tenth)
    clinic.unit(lambda s: checkout.void(s, first, "Андуурсан", posting=billing.posting()))
    assert on_hand(clinic, item) == 8


def test_the_page_says_what_is_left_and_keeps_the_payment_that_was_typed(clinic: Clinic, item: int) -> None:
    key = draft(clinic, [(item, 11)])
    desk = clinic.client("Receptionist")
    seen = clinic.session.get_one(Invoice, key).updated_at.isoformat()
    answer = desk.submit(f"/invoices/{key}/issue", {"seen": seen}, follow_redirects=True)
    assert answer.status_code in (200, 422)
    paid = {
        "issue": "1", "lock_token": seen, "key": "a" * 32, "tenders-0-amount": "55000", "tenders-0-method": "cash",
    }  # fmt: skip
    answer = desk.submit(f"/invoices/{key}/pay", paid)
    assert answer.status_code == 422
    assert "55000" in answer.text
    assert clinic.session.get_one(Invoice, key).status is InvoiceStatus.DRAFT
    assert on_hand(clinic, item) == 10
