"""Two clerks at one time: one person comes out of it, whichever is first, and nothing is lost."""

import pytest

from app.billing.models import Payment
from app.billing.queries import account_of, verify
from app.kernel.errors import RuleError
from app.people import queries
from app.people.models import Patient, PatientMerge
from app.workflows.merge import merge_patients, undo_merge
from tests.factories import billing, people, scheduling
from tests.people.test_merge import now
from tests.scheduling.common import at_once, broken_promises


def merging(kept, merged):
    common = {"picks": {}, "by": None, "now": now(), "zone": scheduling.ZONE}
    return lambda session: merge_patients(session, kept, merged, **common).patient_merge_id


def undoing(key):
    return lambda session: undo_merge(session, key, by=None, now=now(), zone=scheduling.ZONE).patient_merge_id


def paying(patient, amount):
    return lambda session: (
        billing.actions.record_payment(
            session,
            patient_id=patient,
            tender=billing.Tender(amount=amount, method=billing.PaymentMethod.CASH),
            key=billing.key(),
            posting=billing.posting(),
        ).payment_id
    )


@pytest.fixture
def three(clinic):
    """Three records with an open invoice each."""

    def build(session):
        rows = [people.patient(session, first_name=name) for name in ("Нэг", "Хоёр", "Гурав")]
        for row in rows:
            billing.invoice(session, patient=row, amount=50_000)
        return [row.patient_id for row in rows]

    return clinic.unit(build)


def unexpected(results):
    return [result for result in results if not isinstance(result, int | RuleError)]


@pytest.mark.both
def test_both_ways_at_once_is_one_merge(clinic, three):
    one, two, _ = three
    results = at_once(clinic, [merging(one, two), merging(two, one), merging(one, two), merging(two, one)])
    assert unexpected(results) == []
    assert sum(isinstance(result, int) for result in results) == 1, results
    rows = [clinic.session.get(Patient, key) for key in (one, two)]
    assert sorted(row.merged_into_id is not None for row in rows) == [False, True]
    assert account_of(clinic.session, one).balance == 100_000


@pytest.mark.both
def test_a_chain_at_once_has_no_record_in_a_record_of_a_record(clinic, three):
    one, two, other = three
    results = at_once(clinic, [merging(two, one), merging(other, two), merging(one, other)])
    assert unexpected(results) == []
    rows = {key: clinic.session.get(Patient, key) for key in three}
    for row in rows.values():
        if row.merged_into_id is not None:
            assert rows[row.merged_into_id].merged_into_id is None
    done = sum(isinstance(result, int) for result in results)
    assert clinic.count(PatientMerge) == done >= 1
    assert done == sum(row.merged_into_id is not None for row in rows.values())
    assert list(verify.differences(clinic.session)) == []


@pytest.mark.both
def test_payments_bookings_and_an_undo_beside_a_merge(clinic, three):
    one, two, _ = three
    for _ in range(4):
        results = at_once(clinic, [merging(one, two), paying(two, 7_000), paying(one, 3_000), paying(two, 1_000)])
        assert unexpected(results) == [], results
        assert isinstance(results[0], int)
        assert list(verify.differences(clinic.session)) == []
        results = at_once(clinic, [undoing(results[0]), undoing(results[0]), paying(one, 2_000), paying(two, 500)])
        assert unexpected(results) == [], results
        assert sum(isinstance(result, int) for result in results[:2]) <= 1
        assert list(verify.differences(clinic.session)) == []
        if clinic.session.get(Patient, two).merged_into_id is not None:
            break  # money of one stands on the other's invoice: they stay one
    paid = sum(clinic.session.scalars(Payment.__table__.select().with_only_columns(Payment.amount)))
    owed = sum(
        account_of(clinic.session, key).balance for key in {queries.kept_id(clinic.session, k) for k in (one, two)}
    )
    assert owed == 100_000 - paid
    assert broken_promises(clinic.session) == []
