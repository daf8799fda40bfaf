"""Taking two records apart again, for a day: each row that went over goes back, unless somebody went on with it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.billing.actions.ledger import lock_accounts
from app.billing.models import Invoice, Payment, PaymentAllocation
from app.kernel.errors import Conflict, NotFound
from app.kernel.text import T, Text
from app.people import actions, queries
from app.people.models import Patient, PatientMerge
from app.people.rules.merging import check_undo
from app.scheduling.actions.slots import hand_over_slots
from app.scheduling.models import Appointment
from app.web.vocabulary import label
from app.workflows.merge import moving
from app.workflows.merge.joining import keep_figures, note_merge, said

MOST_NAMED = 5
Rows = dict[tuple[str, Any], Any]  # (table, key) → the row as it is now
# Changed by themselves, or by what follows from the rows.
DERIVED = frozenset({"updated_at", "status", "first_seen_at", "last_seen_at", "sort_name", "created_at"})


def undo_merge(session: Session, merge_id: int, *, by: int | None, now: datetime, zone: tzinfo) -> PatientMerge:
    """Make two records of one again. Raises RuleError (too late), Conflict with what has changed since, NotFound."""
    made = session.get(PatientMerge, merge_id, with_for_update=True)
    if made is None:
        raise NotFound(T("This record no longer exists."))
    check_undo(made.at, made.undone_at, now)
    kept, merged = _locked(session, made)
    lock_accounts(session, queries.patient_ids(session, made.kept_id))
    rows = moving.load_rows(session, [*made.snapshot["rows"], *made.snapshot["chain"]])
    _check_unchanged(session, made, kept, merged, rows)
    _move_back(session, made, rows)
    _restore(session, made, kept, merged)
    made.undone_at, made.undone_by = now, by
    session.flush()
    queries.forget_persons(session)
    phones = queries.phones_of_patients(session, [made.kept_id, made.merged_id])
    for patient in (kept, merged):
        numbers = [row.phone_number_val for row in phones.get(patient.patient_id, [])]
        actions.refresh_search(session, patient, numbers)
    note_merge(session, made, "merge undone")
    keep_figures(session, merged, zone, now)
    return made


def _locked(session: Session, made: PatientMerge) -> tuple[Patient, Patient]:
    keys = [made.kept_id, made.merged_id, *_chain(made)]
    statement = sa.select(Patient).where(Patient.patient_id.in_(keys)).order_by(Patient.patient_id)
    session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()
    return session.get_one(Patient, made.kept_id), session.get_one(Patient, made.merged_id)


def _chain(made: PatientMerge) -> list[int]:
    return [note["key"] for note in made.snapshot["chain"]]


def _check_unchanged(session: Session, made: PatientMerge, kept: Patient, merged: Patient, rows: Rows) -> None:
    if kept.merged_into_id is not None or merged.merged_into_id != kept.patient_id:
        raise Conflict(T("One of the two was merged again since. Undo that merge first."))
    if kept.anonymised_at is not None or merged.anonymised_at is not None:
        raise Conflict(T("The data of %(name)s was removed.", name=said(kept)))
    changed = [*_changed_fields(made, kept), *_changed_rows(session, made, rows), *_mixed_money(session, made)]
    if changed:
        names: Text = changed[0]
        for name in changed[1:MOST_NAMED]:
            names = T("%(first)s, %(second)s", first=names, second=name)
        raise Conflict(T("This was changed since the merge, so it can't be undone: %(names)s.", names=names))


def _changed_fields(made: PatientMerge, kept: Patient) -> Iterator[Text]:
    after, now = made.snapshot["after"]["kept"], moving.dump(kept)
    for name, value in after.items():
        if name not in DERIVED and now[name] != value:
            yield label(name, Patient.__tablename__)


def _changed_rows(session: Session, made: PatientMerge, rows: Rows) -> Iterator[Text]:
    moved: dict[str, list[Any]] = {}
    for note in made.snapshot["rows"]:
        model = moving.model_of(note["table"])
        moved.setdefault(note["table"], []).append(note["key"])
        row = rows.get((note["table"], note["key"]))
        if row is None:
            yield T("%(what)s (deleted)", what=moving.words_of(model))
        elif model not in moving.BY_MACHINE and moving.encode(getattr(row, "updated_at", None)) != note["at"]:
            yield named(row)
    yield from map(named, moving.references_to(session, moved, [made.kept_id], made.created_at))


def named(row: Any) -> Text:
    """What a row is called, with its table's word: a visit by its time, for its patient is known."""
    name = getattr(row, "start_at", None) or getattr(row, "treatment_date", None) or row.title
    return T("%(what)s %(name)s", what=moving.words_of(type(row)), name=name)


def _mixed_money(session: Session, made: PatientMerge) -> Iterator[Text]:
    """Money of one record on an invoice of the other."""
    theirs = [made.merged_id, *_chain(made)]
    mixed = Payment.patient_id.in_(theirs) != Invoice.patient_id.in_(theirs)
    person = Payment.patient_id.in_([*theirs, *queries.patient_ids(session, made.kept_id)])
    statement = (
        sa.select(Payment)
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.payment_id)
        .join(Invoice, Invoice.invoice_id == PaymentAllocation.invoice_id)
        .where(person, mixed)
        .distinct()
    )
    return map(named, session.scalars(statement.limit(MOST_NAMED)))


def _move_back(session: Session, made: PatientMerge, rows: Rows) -> None:
    visits: list[int] = []
    for note in [*reversed(made.snapshot["rows"]), *made.snapshot["chain"]]:
        model = moving.model_of(note["table"])
        row = rows[note["table"], note["key"]]
        for name, value in moving.load(model, note["old"]).items():
            setattr(row, name, value)
        row.updated_at = moving.decode(model, "updated_at", note["was"])
        if model is Appointment:
            visits.append(note["key"])
    session.flush()
    hand_over_slots(session, made.kept_id, made.merged_id, visits)
    for note in made.snapshot["dropped"]:
        _put_back(session, note)
    session.flush()


def _put_back(session: Session, note: dict[str, Any]) -> None:
    """A row that both had: under its old key, unless another row has taken that since."""
    model = moving.model_of(note["table"])
    values = moving.load(model, note["values"])
    keys: Sequence[str] = [column.key for column in sa.inspect(model).primary_key]
    if session.get(model, values[keys[0]]) is not None:
        values = {name: value for name, value in values.items() if name not in keys}
    session.add(model(**values))


def _restore(session: Session, made: PatientMerge, kept: Patient, merged: Patient) -> None:
    """Both records as they were; what nobody else may have leaves the kept one first."""
    before = {which: moving.load(Patient, made.snapshot["before"][which]) for which in ("kept", "merged")}
    for row, values in ((kept, before["kept"]), (merged, before["merged"])):
        for name, value in values.items():
            if name not in ("patient_id", "created_at", "updated_at"):
                setattr(row, name, value)
        session.flush()
