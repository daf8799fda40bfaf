"""Reads about labs, requests and results."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, joinedload

from app.kernel.text import T, Text
from app.lab.models import LabRequest, LabResult
from app.lab.rules import AT_LAB, OPEN, LabRequestKind, LabRequestStatus, ResultFlag, due_day
from app.people.queries import is_of
from app.scheduling.models import Holiday

LOOKED_AHEAD = timedelta(days=600)  # no lab works longer
_S = LabRequestStatus


def suggested_due(session: Session, sent_on: date, working_days: int) -> date:
    """The day a lab is done that begins on `sent_on`: without Sundays and the clinic's closed holidays."""
    closed = sa.select(Holiday.date).where(
        Holiday.date.between(sent_on, sent_on + LOOKED_AHEAD), Holiday.is_closed.is_(True)
    )
    return due_day(sent_on, working_days, frozenset(session.scalars(closed)))


def overdue(today: date) -> ColumnElement[bool]:
    """The condition "should be back by now and isn't"."""
    return sa.and_(LabRequest.status.in_(AT_LAB), LabRequest.due_on < today)


def is_open() -> ColumnElement[bool]:
    """The condition "something is still to be done"; a test that is back is done."""
    is_test_back = sa.and_(LabRequest.kind == LabRequestKind.MEDICAL_TEST, LabRequest.status == _S.RECEIVED)
    return sa.and_(LabRequest.status.in_(OPEN), sa.not_(is_test_back))


def waits_for_fitting() -> ColumnElement[bool]:
    """The condition "work that is back and not fitted yet"."""
    return sa.and_(LabRequest.kind == LabRequestKind.PROSTHETIC_WORK, LabRequest.status == _S.RECEIVED)


def open_counts(session: Session, today: date) -> dict[str, int]:
    """How many open requests there are: all, at the lab, overdue, back and not yet fitted; one statement."""

    def so_many(condition: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)

    statement = sa.select(
        sa.func.count().label("open"),
        so_many(LabRequest.status.in_(AT_LAB)).label("at_lab"),
        so_many(overdue(today)).label("overdue"),
        so_many(waits_for_fitting()).label("back"),
    ).where(is_open())
    return {key: int(value) for key, value in session.execute(statement).one()._mapping.items()}


def same_draft(session: Session, draft: LabRequest) -> LabRequest | None:
    """A draft that says exactly the same: the form was sent twice."""
    same = ("patient_id", "doctor_id", "treatment_id", "lab_id", "kind", "description", "teeth", "shade", "material")
    where = [getattr(LabRequest, name).is_not_distinct_from(getattr(draft, name)) for name in same]
    return session.scalar(sa.select(LabRequest).where(LabRequest.status == _S.DRAFT, *where).limit(1))


def results_of(session: Session, request_ids: Iterable[int]) -> dict[int, list[LabResult]]:
    """request → its results, the newest first; one statement."""
    statement = sa.select(LabResult).where(LabResult.lab_request_id.in_(list(request_ids)))
    found: dict[int, list[LabResult]] = {}
    for row in session.scalars(statement.order_by(LabResult.reported_at.desc(), LabResult.lab_result_id.desc())):
        found.setdefault(row.lab_request_id, []).append(row)
    return found


def requests_by_id(session: Session, request_ids: Iterable[int]) -> dict[int, LabRequest]:
    """Several requests with patient and doctor; one statement."""
    statement = sa.select(LabRequest).where(LabRequest.lab_request_id.in_(set(request_ids)))
    people = (joinedload(LabRequest.patient), joinedload(LabRequest.doctor))
    return {row.lab_request_id: row for row in session.scalars(statement.options(*people))}


def requests_of_patient(session: Session, patient_id: int, limit: int = 50) -> Sequence[LabRequest]:
    """What was asked of labs for a patient, the newest first."""
    statement = sa.select(LabRequest).where(is_of(session, LabRequest.patient_id, patient_id))
    statement = statement.options(joinedload(LabRequest.doctor), joinedload(LabRequest.lab))
    return session.scalars(statement.order_by(LabRequest.created_at.desc()).limit(limit)).all()


def unreviewed_alarms() -> ColumnElement[bool]:
    """The condition "critical, and no doctor has looked at it"."""
    return sa.and_(LabResult.flag == ResultFlag.CRITICAL, LabResult.reviewed_at.is_(None))


def verify_facts(session: Session, request_id: int) -> list[tuple[Text, Any]] | None:
    """What the check of a printed request shows: no name and nothing of the mouth. None for a draft."""
    row = session.get(LabRequest, request_id)
    if row is None or row.sent_at is None:
        return None
    return [
        (T("Document"), T("Lab request")),
        (T("Number"), row.lab_request_id),
        (T("Sent on"), row.sent_at),
        (T("Expected on"), row.due_on),
        (T("Status"), row.status),
    ]
