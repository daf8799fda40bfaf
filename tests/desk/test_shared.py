"""`/s/{token}`: a printed document can be checked by anybody who holds it, and says nothing private."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.security.actions.shares import share
from app.security.models import ShareLink
from app.security.rules import ShareKind
from tests.factories import billing, clinical
from tests.factories.clinic import Clinic


def token(clinic: Clinic, table: str, row: int) -> str:
    secret = clinic.app.config["SECRET_KEY"]
    return clinic.unit(lambda s: share(s, secret, ShareKind.VERIFY, table, row, None))


def test_anybody_can_check_a_printed_document_and_learns_nobodys_name(clinic: Clinic) -> None:
    invoice = clinic.make(billing.invoice)
    paid = clinic.unit(lambda s: billing.pay(s, invoice, 40_000))
    payment = paid[0] if isinstance(paid, list) else paid
    name = clinic.session.get(type(invoice), invoice.invoice_id).patient.first_name
    for table, row, number in (
        ("invoice", invoice.invoice_id, invoice.number),
        ("payment", payment.payment_id, payment.number),
    ):
        answer = clinic.client(None).get(f"/s/{token(clinic, table, row)}")
        assert answer.status_code == 200
        assert number in answer.text
        assert name not in answer.text


def test_a_prescription_can_be_checked(clinic: Clinic) -> None:
    row = clinic.make(clinical.prescription)
    answer = clinic.client(None).get(f"/s/{token(clinic, 'prescription', row.prescription_id)}")
    assert (answer.status_code, row.number in answer.text) == (200, True)


@pytest.mark.parametrize("change", [{"revoked_at": True}, {"expires_at": True}, {"kind": ShareKind.ICAL}, {"row": 999}])
def test_what_was_revoked_has_ended_or_is_of_another_kind_opens_nothing(clinic: Clinic, change: dict) -> None:
    invoice = clinic.make(billing.invoice)
    address = f"/s/{token(clinic, 'invoice', invoice.invoice_id)}"
    past = datetime.now(UTC) - timedelta(minutes=1)
    values = {name: past if value is True else value for name, value in change.items()}
    clinic.unit(lambda s: [setattr(s.scalar(sa.select(ShareLink)), name, value) for name, value in values.items()])
    assert clinic.client(None).get(address).status_code == 404


def test_a_guessed_address_opens_nothing(clinic: Clinic) -> None:
    for path in ("/s/x", "/s/" + "a" * 5_000, "/s/%00", "/s/..%2f..%2fetc"):
        assert clinic.client(None).get(path).status_code == 404
