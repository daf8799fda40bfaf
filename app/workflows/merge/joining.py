"""Putting two records together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.billing.actions.ledger import lock_accounts
from app.clinical.models import Treatment
from app.clinical.rules import TreatmentStatus
from app.communication.rules import ContactType
from app.kernel.dates import clinic_date
from app.kernel.errors import NotFound
from app.kernel.text import T, Text
from app.people import actions, queries
from app.people.models import Patient, PatientMerge, PatientPhone
from app.people.rules import patient_status
from app.people.rules.merging import FIELDS, NUMBERS, Record, check_merge, choose
from app.reporting.actions import close_days
from app.reporting.queries import closed_until
from app.reporting.rules import Period
from app.scheduling.actions.slots import hand_over_slots
from app.scheduling.models import Appointment, BookingSlot
from app.scheduling.rules import LIVE, AppointmentStatus, SlotKind
from app.workflows.merge import moving

SEEN = ("first_seen_at", "last_seen_at", "status", "is_deceased", "is_provisional", "user_id")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two records side by side: what each knows, and how many rows go over or stay."""

    kept: Patient
    merged: Patient
    phones: dict[int, list[PatientPhone]]
    history: dict[int, list[Any]]
    goes: Sequence[tuple[type[Any], int]]
    stays: Sequence[tuple[type[Any], int]]

    def differing(self) -> list[str]:
        """The fields in which the two say different things, in the order of the form."""
        return [name for name in FIELDS if getattr(self.kept, name) != getattr(self.merged, name)]


def compare(session: Session, kept_id: int, merged_id: int) -> Comparison:
    """What a clerk looks at before merging. Raises RuleError, Conflict, NotFound."""
    kept, merged = _patients(session, kept_id, merged_id)
    _check(session, kept, merged)
    ids = [kept_id, merged_id]
    goes, stays = _counts(session, merged_id)
    return Comparison(
        kept, merged, queries.phones_of_patients(session, ids), queries.history_of(session, ids), goes, stays
    )


def merge_patients(
    session: Session,
    kept_id: int,
    merged_id: int,
    *,
    picks: Mapping[str, str],
    primary_phone: str | None = None,
    by: int | None,
    now: datetime,
    zone: tzinfo,
) -> PatientMerge:
    """Make one person of two records, locked in the order of their keys. Raises RuleError, Conflict, NotFound."""
    kept, merged = _locked(session, kept_id, merged_id)
    lock_accounts(session, [kept_id, merged_id])
    _check(session, kept, merged)
    before = {"kept": moving.dump(kept), "merged": moving.dump(merged)}
    moved = moving.move_rows(session, merged_id, kept_id, now)
    hand_over_slots(session, merged_id, kept_id, _keys(moved, Appointment))
    notes: list[dict[str, Any]] = []
    for row in queries.merged_into(session, merged_id):
        moving.change(row, {"merged_into_id": kept_id}, notes, now)
    _join(session, kept, merged, picks, clinic_date(now, zone), zone)
    numbers = _one_primary(session, kept_id, primary_phone, moved.changed, now)
    session.flush()
    queries.forget_persons(session)
    actions.refresh_search(session, kept, numbers)
    snapshot = {
        "before": before,
        "after": {"kept": moving.dump(kept)},
        "rows": moved.changed,
        "dropped": moved.dropped,
        "chain": notes,
    }
    made = PatientMerge(kept_id=kept_id, merged_id=merged_id, by=by, at=now, snapshot=snapshot, created_at=now)
    session.add(made)
    session.flush()
    note_merge(session, made, "merged")
    keep_figures(session, merged, zone, now)
    return made


def note_merge(session: Session, made: PatientMerge, what: str) -> None:
    """One line into the audit log for each of the two."""
    changes = {what: [made.merged_id, made.kept_id]}
    for patient in (made.kept_id, made.merged_id):
        record(session, AuditAction.UPDATE, "patient_merge", made.patient_merge_id, patient=patient, changes=changes)


def keep_figures(session: Session, merged: Patient, zone: tzinfo, now: datetime) -> None:
    """The kept sums of the day on which the second record was made: it counted a new patient."""
    day, closed = clinic_date(merged.created_at, zone), closed_until(session)
    if closed is not None and day <= closed:
        close_days(session, Period(day, day), zone, now)


def _patients(session: Session, kept_id: int, merged_id: int) -> tuple[Patient, Patient]:
    found = [session.get(Patient, key) for key in (kept_id, merged_id)]
    if found[0] is None or found[1] is None:
        raise NotFound(T("This patient does not exist."))
    return found[0], found[1]


def _locked(session: Session, kept_id: int, merged_id: int) -> tuple[Patient, Patient]:
    statement = sa.select(Patient).where(Patient.patient_id.in_([kept_id, merged_id])).order_by(Patient.patient_id)
    session.scalars(statement.with_for_update().execution_options(populate_existing=True)).all()
    return _patients(session, kept_id, merged_id)


def _check(session: Session, kept: Patient, merged: Patient) -> None:
    records = [_facts(session, row) for row in (kept, merged)]
    overlaps = _overlaps(session, kept.patient_id, merged.patient_id) if kept is not merged else []
    check_merge(records[0], records[1], overlaps)


def _facts(session: Session, row: Patient) -> Record:
    into = session.get(Patient, row.merged_into_id) if row.merged_into_id is not None else None
    return Record(
        row.patient_id,
        said(row),
        row.register_number,
        said(into) if into is not None else None,
        row.anonymised_at is not None,
        _is_in_treatment(session, row.patient_id),
    )


def said(row: Patient) -> Text:
    """`О.Нэр, card 000123`."""
    return T("%(name)s, card %(card)s", name=row.title, card=row.card_number)


def _is_in_treatment(session: Session, patient_id: int) -> bool:
    visit, work = Appointment, Treatment
    visits = sa.select(visit.appointment_id).where(
        visit.patient_id == patient_id, visit.status == AppointmentStatus.IN_TREATMENT
    )
    open_ = sa.select(work.treatment_id).where(
        work.patient_id == patient_id, work.status == TreatmentStatus.IN_PROGRESS
    )
    return session.scalar(sa.union_all(visits, open_).limit(1)) is not None


def _overlaps(session: Session, one: int, other: int) -> list[tuple[datetime, datetime]]:
    """Live visits of the two at one time, as their booking slots say; the past holds none."""
    mine, theirs = aliased(BookingSlot), aliased(BookingSlot)
    same = sa.and_(theirs.starts_at == mine.starts_at, theirs.kind == SlotKind.PATIENT, theirs.resource_id == other)
    pairs = (
        sa.select(mine.appointment_id, theirs.appointment_id)
        .join(theirs, same)
        .where(mine.kind == SlotKind.PATIENT, mine.resource_id == one)
        .limit(1)
    )
    found = session.execute(pairs).first()
    if found is None:
        return []
    visits = [session.get_one(Appointment, key) for key in found]
    live = all(visit.status in LIVE for visit in visits)
    return [(visits[0].start_at, visits[1].start_at)] if live else []


def _join(session: Session, kept: Patient, merged: Patient, picks: Mapping[str, str], today: Any, zone: tzinfo) -> None:
    """What the kept record says from now on. What nobody else may have leaves the other one first."""
    first, second = ({name: getattr(row, name) for name in FIELDS} for row in (kept, merged))
    values = choose(first, second, picks)
    seen = [moment for row in (kept, merged) for moment in (row.first_seen_at, row.last_seen_at) if moment]
    is_deceased, user_id = kept.is_deceased or merged.is_deceased, kept.user_id or merged.user_id
    merged.merged_into_id = kept.patient_id
    for name in NUMBERS:
        setattr(merged, name, None)
    if user_id == merged.user_id:
        merged.user_id = None
    session.flush()
    for name, value in values.items():
        setattr(kept, name, value)
    kept.user_id, kept.is_deceased = user_id, is_deceased
    kept.first_seen_at, kept.last_seen_at = (min(seen), max(seen)) if seen else (None, None)
    kept.status = patient_status(clinic_date(max(seen), zone) if seen else None, today)
    kept.is_provisional = kept.is_provisional and (kept.birthday is None or kept.gender is None)
    kept.sort_name = actions.sort_name(kept)


def _one_primary(
    session: Session, patient_id: int, wanted: str | None, notes: list[dict[str, Any]], now: datetime
) -> list[str]:
    """One phone is the primary one: what the clerk chose, else what it was. Returns all numbers."""
    phones = queries.phones_of_patients(session, [patient_id]).get(patient_id, [])
    moved = {note["key"] for note in notes if note["table"] == PatientPhone.__tablename__}
    own = [row for row in phones if row.phone_number_id not in moved]
    chosen = next((row for row in phones if row.phone_number_val == wanted), None)
    first = chosen or next((row for row in [*own, *phones] if row.is_primary), phones[0] if phones else None)
    for row in phones:
        moving.change(row, {"is_primary": row is first}, notes, now)
    return [row.phone_number_val for row in phones]


def _keys(moved: moving.Moved, model: type[Any]) -> list[int]:
    return [note["key"] for note in moved.changed if note["table"] == model.__tablename__]


def _counts(session: Session, patient_id: int) -> tuple[list[tuple[type[Any], int]], list[tuple[type[Any], int]]]:
    """How many rows go over and how many stay as they were posted, in one statement."""
    asked = [(model, names, True) for model, names in moving.movable()]
    asked += [(model, names, False) for model, names in moving.staying()]
    numbers = []
    for model, names, goes in asked:
        where = [sa.or_(*(getattr(model, name) == patient_id for name in names))]
        if model in moving.POSTED:
            where.append(sa.not_(moving.POSTED[model]) if goes else moving.POSTED[model])
        if model in moving.BY_CONTACT:
            where.append(model.contact_type == ContactType.PATIENT)
        numbers.append(sa.select(sa.func.count()).select_from(model).where(*where).scalar_subquery())
    found = session.execute(sa.select(*numbers)).one()
    counted = [(model, goes, int(n)) for (model, _, goes), n in zip(asked, found, strict=True) if n]
    return [(m, n) for m, goes, n in counted if goes], [(m, n) for m, goes, n in counted if not goes]
