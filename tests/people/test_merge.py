"""Two records of one person: what goes over, what stays as it was posted, and how it is undone."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit.models import AuditLog
from app.billing import queries as billing_queries
from app.billing.models import AccountEntry, Invoice, PatientAccount, Payment
from app.billing.queries import verify
from app.clinical.models import Prescription
from app.kernel.errors import Conflict, RuleError
from app.people import queries
from app.people.models import (
    MedicalHistoryEntry,
    Patient,
    PatientMerge,
    PatientPhone,
    PatientRelation,
    PatientSearch,
)
from app.people.rules import Gender, RelationKind
from app.scheduling.models import Appointment, BookingSlot
from app.scheduling.rules import SlotKind
from app.workflows.merge import merge_patients, moving, undo_merge
from tests.factories import billing, clinical, machine, people, scheduling


def now():
    return datetime.now(UTC)


def merge(clinic, kept, merged, **values):
    common = {"picks": {}, "by": None, "now": now(), "zone": scheduling.ZONE, **values}
    return clinic.unit(lambda s: merge_patients(s, kept, merged, **common).patient_merge_id)


def undo(clinic, key, **values):
    common = {"by": None, "now": now(), "zone": scheduling.ZONE, **values}
    return clinic.unit(lambda s: undo_merge(s, key, **common).patient_merge_id)


def wrong_books(clinic):
    return [str(one) for one in verify.differences(clinic.session)]


@pytest.fixture
def twice(clinic):
    """Somebody who was registered twice, with a life under each number."""

    def build(session):
        one = people.patient(session, first_name="Мөнхбат", last_name="Дорж", register_number="ЧБ85040315")
        other = people.patient(session, first_name="Munkhbat", last_name="Дорж", address="Сүхбаатар дүүрэг")
        people.allergy(session, other)
        mother = people.patient(session, first_name="Ээж")
        for person in (one, other):
            session.add(PatientRelation(
                patient_id=person.patient_id, related_patient_id=mother.patient_id, kind=RelationKind.PARENT
            ))  # fmt: skip
        session.add(
            PatientRelation(patient_id=one.patient_id, related_patient_id=other.patient_id, kind=RelationKind.SIBLING)
        )
        machine.policy(session, other)
        machine.link(session)
        for person, amount in ((one, 100_000), (other, 70_000)):
            made = billing.invoice(session, patient=person, amount=amount)
            billing.pay(session, made=made, amount=30_000)
        billing.draft(session, patient=other)
        for name in ("Аспирин", "Пенициллин"):  # several rows of a table are written in one statement
            people.allergy(session, other, name=name)
        return SimpleNamespace(one=one.patient_id, other=other.patient_id, mother=mother.patient_id)

    return clinic.unit(build)


@pytest.mark.both
def test_what_may_change_goes_over_and_what_was_posted_is_read_together(clinic, twice):
    before = {m: clinic.count(m) for m in (Payment, AccountEntry, Invoice, PatientPhone, MedicalHistoryEntry)}
    merge(clinic, twice.one, twice.other)
    session = clinic.session
    kept, merged = session.get(Patient, twice.one), session.get(Patient, twice.other)
    assert (merged.merged_into_id, kept.address) == (twice.one, "Сүхбаатар дүүрэг")
    assert queries.patient_ids(session, twice.one) == queries.patient_ids(session, twice.other)
    assert [row.name for row in queries.history_of(session, [twice.one])[twice.one]] == [
        "Новокаин",
        "Аспирин",
        "Пенициллин",
    ]
    phones = queries.phones_of_patients(session, [twice.one])[twice.one]
    assert (len(phones), sum(row.is_primary for row in phones)) == (4, 1)
    related = {row.related_patient_id for row in queries.relations_of(session, twice.one)}
    assert related == {twice.mother}
    assert clinic.count(AccountEntry, AccountEntry.patient_id == twice.other) == 2
    assert clinic.count(Payment, Payment.patient_id == twice.other) == 1
    assert clinic.count(Invoice, Invoice.patient_id == twice.other) == 1
    assert {m: clinic.count(m) for m in before} == before
    account = billing_queries.account_of(session, twice.one)
    assert (account.charges, account.payments, account.balance) == (170_000, 60_000, 110_000)
    assert billing_queries.account_of(session, twice.other) == account
    assert billing_queries.balances(session, [twice.one]) == {twice.one: 110_000}
    assert len(billing_queries.invoices_of_patient(session, twice.one)) == 3
    assert len(billing_queries.payments_of_patient(session, twice.one)) == 2
    assert wrong_books(clinic) == []


@pytest.mark.both
def test_money_of_one_record_pays_the_others_invoice_and_then_no_undo(clinic, twice):
    key = merge(clinic, twice.one, twice.other)
    clinic.unit(
        lambda s: billing.actions.record_payment(
            s,
            patient_id=twice.other,
            tender=billing.Tender(amount=110_000, method=billing.PaymentMethod.CASH),
            key=billing.key(),
            posting=billing.posting(),
        )
    )
    assert billing_queries.account_of(clinic.session, twice.one).balance == 0
    assert clinic.count(Invoice, Invoice.balance > 0) == 0
    assert clinic.count(Payment, Payment.patient_id == twice.one) == 2
    assert wrong_books(clinic) == []
    with pytest.raises(Conflict, match="can't be undone: Payment"):
        undo(clinic, key)


@pytest.mark.both
def test_the_search_finds_one_person_by_either_record(clinic, twice):
    merge(clinic, twice.one, twice.other)
    other = clinic.session.get(Patient, twice.other)
    for typed in ("Мөнхбат", "munkhbat", other.card_number, "ЧБ85040315"):
        found = {row.patient_id for row in queries.find_patients(clinic.session, typed)}
        assert twice.one in found, typed
        assert twice.other not in found, typed
    paid = clinic.session.scalars(
        sa.select(Payment).where(queries.matching_condition(Payment.patient_id, "ЧБ85040315"))
    ).all()
    assert len(paid) == 2


@pytest.mark.both
def test_undone_it_is_as_it_was(clinic, twice):
    before = everything(clinic)
    key = merge(clinic, twice.one, twice.other)
    assert everything(clinic) != before
    undo(clinic, key)
    assert everything(clinic) == before
    assert wrong_books(clinic) == []
    with pytest.raises(Conflict, match="undone already"):
        undo(clinic, key)
    merge(clinic, twice.other, twice.one)  # and the other way round
    assert clinic.session.get(Patient, twice.other).register_number == "ЧБ85040315"


def everything(clinic):
    """Every row that names a patient, and the search keys; not when they were last changed."""
    session, found = clinic.session, {}
    for model, _ in (*moving.models_of(), (Patient, ())):
        if model is PatientMerge:
            continue
        rows = session.scalars(sa.select(model)).all()
        found[model.__name__] = sorted(
            str({k: v for k, v in moving.dump(row).items() if k != "updated_at"}) for row in rows
        )
    slots = session.scalars(sa.select(BookingSlot).where(BookingSlot.kind == SlotKind.PATIENT)).all()
    found["slots"] = sorted((row.resource_id, str(row.starts_at)) for row in slots)
    return found


@pytest.mark.both
def test_an_undo_after_a_day_or_after_a_change_is_refused_by_name(clinic, twice):
    key = merge(clinic, twice.one, twice.other)
    with pytest.raises(RuleError, match="for a day"):
        undo(clinic, key, now=now() + timedelta(hours=24, minutes=1))

    def change(session):
        session.get(Patient, twice.one).address = "Баянгол дүүрэг"
        entry = session.scalars(
            sa.select(MedicalHistoryEntry).where(MedicalHistoryEntry.patient_id == twice.one)
        ).first()
        entry.detail = "2020 онд"

    clinic.unit(change)
    with pytest.raises(Conflict, match=r"can't be undone: Address.*Новокаин"):
        undo(clinic, key)
    assert clinic.session.get(Patient, twice.other).merged_into_id == twice.one


@pytest.mark.both
def test_visits_go_over_with_their_slots_and_an_overlap_is_refused(clinic, twice):
    def book(session, patient, clock):
        person = session.get(Patient, patient)
        return scheduling.appointment(
            session, patient=person, start_at=scheduling.at(scheduling.open_day(session), clock)
        ).appointment_id

    first = clinic.unit(lambda s: book(s, twice.other, "10:00"))
    key = merge(clinic, twice.one, twice.other)
    slots = (BookingSlot.kind == SlotKind.PATIENT, BookingSlot.appointment_id == first)
    assert clinic.count(BookingSlot, *slots, BookingSlot.resource_id == twice.one) == 6
    undo(clinic, key)
    assert clinic.count(BookingSlot, *slots, BookingSlot.resource_id == twice.other) == 6
    clinic.unit(lambda s: book(s, twice.one, "10:00"))
    with pytest.raises(RuleError, match="Both have a visit"):
        merge(clinic, twice.one, twice.other)


@pytest.mark.both
def test_what_is_no_merge_is_refused_with_a_sentence(clinic, twice):
    with pytest.raises(RuleError, match="same record"):
        merge(clinic, twice.one, twice.one)
    stranger = clinic.make(people.patient, first_name="Сүх", register_number="УК03271614", gender=Gender.MALE,
                           birthday=date(2003, 7, 16)).patient_id  # fmt: skip
    with pytest.raises(RuleError, match="register numbers differ"):
        merge(clinic, twice.one, stranger)
    clinic.make(clinical.treatment, patient=clinic.session.get(Patient, twice.mother))
    with pytest.raises(RuleError, match="being treated now"):
        merge(clinic, twice.one, twice.mother)
    merge(clinic, twice.one, twice.other)
    with pytest.raises(Conflict, match="part of the record of"):
        merge(clinic, twice.one, twice.other)
    with pytest.raises(Conflict, match="part of the record of"):
        merge(clinic, twice.other, twice.one)


@pytest.mark.both
def test_a_chain_is_one_person_and_is_undone_from_its_end(clinic, twice):
    first = merge(clinic, twice.one, twice.other)
    third = clinic.make(people.patient, first_name="Мөнхөө").patient_id
    second = merge(clinic, third, twice.one)
    ids = {twice.one, twice.other, third}
    assert all({*queries.patient_ids(clinic.session, key)} == ids for key in ids)
    assert all(queries.patient_ids(clinic.session, key)[0] == third for key in ids)
    assert billing_queries.account_of(clinic.session, third).balance == 110_000
    assert wrong_books(clinic) == []
    with pytest.raises(Conflict, match="merged again"):
        undo(clinic, first)
    undo(clinic, second)
    assert queries.patient_ids(clinic.session, third) == (third,)
    assert {*queries.patient_ids(clinic.session, twice.other)} == {twice.one, twice.other}
    undo(clinic, first)
    assert queries.patient_ids(clinic.session, twice.other) == (twice.other,)


def test_each_of_the_two_has_the_merge_in_the_audit_log(clinic, twice):
    key = merge(clinic, twice.one, twice.other)
    rows = clinic.session.scalars(sa.select(AuditLog).where(AuditLog.table == "patient_merge")).all()
    assert {row.patient_number for row in rows} == {twice.one, twice.other}
    assert {row.row for row in rows} == {str(key)}


def test_a_prescription_that_was_issued_stays_under_its_number_and_a_draft_goes_over(clinic, twice):
    def prescribe(session):
        visit = clinical.treatment(session, patient=session.get(Patient, twice.other))
        issued = clinical.prescription(session, visit)
        visit.status = "completed"
        return issued.prescription_id, visit.treatment_id

    issued, _ = clinic.unit(prescribe)
    merge(clinic, twice.one, twice.other)
    row = clinic.session.get(Prescription, issued)
    assert (row.patient_id, row.treatment.patient_id) == (twice.other, twice.one)
    from app.clinical import queries as clinical_queries

    assert [one.prescription.prescription_id for one in clinical_queries.prescriptions_of_patient(
        clinic.session, twice.one)] == [issued]  # fmt: skip


AMOUNTS = st.lists(st.tuples(st.booleans(), st.integers(1, 500_000), st.integers(0, 600_000)), max_size=6)


@settings(max_examples=8)
@given(AMOUNTS, AMOUNTS)
def test_merged_and_undone_no_row_is_lost_and_the_ledger_adds_up(clinic, first, then):
    """Money before the merge on both, money during it on either number, then the undo or its refusal."""

    def earn(session, keys, deals):
        for is_other, amount, paid in deals:
            person = session.get(Patient, keys[is_other])
            made = billing.invoice(session, patient=person, amount=amount)
            if paid:
                billing.pay(session, made=made, amount=paid)

    def build(session):
        keys = [people.patient(session, first_name=name).patient_id for name in ("Нэг", "Хоёр")]
        earn(session, keys, first)
        return keys

    keys = clinic.unit(build)
    owed = [billing_queries.account_of(clinic.session, key).balance for key in keys]
    merged = merge(clinic, *keys)
    assert billing_queries.account_of(clinic.session, keys[0]).balance == sum(owed)
    clinic.unit(lambda s: earn(s, keys, then))
    assert wrong_books(clinic) == []
    together = billing_queries.account_of(clinic.session, keys[0]).balance
    entries = clinic.count(AccountEntry, AccountEntry.patient_id.in_(keys))
    try:
        undo(clinic, merged)
    except Conflict:
        assert billing_queries.account_of(clinic.session, keys[1]).balance == together
    else:
        assert sum(billing_queries.account_of(clinic.session, key).balance for key in keys) == together
    assert clinic.count(AccountEntry, AccountEntry.patient_id.in_(keys)) == entries
    assert wrong_books(clinic) == []


def test_every_table_that_names_a_patient_is_moved_stays_or_is_looked_after():
    """A new table is moved by itself; what is posted must be named."""
    known = {model for model, _ in (*moving.movable(), *moving.staying())} | moving.APART
    assert {model for model, _ in moving.models_of()} <= known
    assert {Appointment, PatientPhone, Invoice} <= {model for model, _ in moving.movable()}
    assert {Payment, AccountEntry} <= {model for model, _ in moving.staying()}
    assert {PatientSearch, PatientAccount} <= moving.APART
