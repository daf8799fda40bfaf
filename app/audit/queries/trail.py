"""Reads of the audit log by day, by person and by patient."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.models import AuditLog
from app.audit.rules import AuditAction
from app.audit.rules.days import Activity

COUNT = sa.func.count()


def activities(session: Session, start: datetime, end: datetime, visits: "sa.Select[Any]") -> list[Activity]:
    """What each person did in [start, end), the busiest first; `visits` selects the patients who had a visit."""
    within = AuditLog.created_at >= start, AuditLog.created_at < end
    found: dict[int | None, Activity] = {}
    counted = sa.select(AuditLog.actor_number, AuditLog.action, COUNT).where(*within)
    for actor, action, count in session.execute(counted.group_by(AuditLog.actor_number, AuditLog.action)):
        found.setdefault(actor, Activity(actor)).add(action, count)
    looked = (*within, AuditLog.action == AuditAction.VIEW, AuditLog.patient_number.is_not(None))
    pairs = sa.select(AuditLog.actor_number, AuditLog.patient_number).where(*looked).distinct().subquery()
    without = pairs.c.patient_number.not_in(visits)
    sums = sa.select(pairs.c.actor_number, COUNT, sa.func.sum(sa.case((without, 1), else_=0))).group_by(
        pairs.c.actor_number
    )
    for actor, patients, without_visit in session.execute(sums):
        found[actor].patients, found[actor].without_visit = patients, int(without_visit or 0)
    return sorted(found.values(), key=lambda one: (-one.looks - one.changes, one.actor or 0))


def days_of(session: Session, actor: int, start: datetime, end: datetime, zone: tzinfo) -> list[tuple[date, Activity]]:
    """What a person did on each day of the clinic's calendar, the newest first."""
    # by the hour: both databases cut it off alike, and a zone's day begins with an hour or its half
    part = sa.func.substr(sa.cast(AuditLog.created_at, sa.String), 1, 15)
    counted = sa.select(part, AuditLog.action, COUNT).where(
        AuditLog.actor_number == actor, AuditLog.created_at >= start, AuditLog.created_at < end
    )
    found: dict[date, Activity] = {}
    for text, action, count in session.execute(counted.group_by(part, AuditLog.action)):
        day = datetime.strptime(f"{text}0", "%Y-%m-%d %H:%M").replace(tzinfo=UTC).astimezone(zone).date()
        found.setdefault(day, Activity(actor)).add(action, count)
    return sorted(found.items(), reverse=True)


def of_patient(session: Session, patient: int, start: datetime, end: datetime, most: int) -> Sequence[AuditLog]:
    """Whoever looked at, changed, printed or was refused a patient's rows, newest first."""
    statement = sa.select(AuditLog).where(
        AuditLog.patient_number == patient, AuditLog.created_at >= start, AuditLog.created_at < end
    )
    return session.scalars(
        statement.order_by(AuditLog.created_at.desc(), AuditLog.audit_log_id.desc()).limit(most)
    ).all()


def by_person(entries: Sequence[AuditLog]) -> list[tuple[int | None, Activity, datetime, datetime]]:
    """(who, how often what, first, last) of entries that stand newest first."""
    found: dict[int | None, tuple[Activity, list[datetime]]] = {}
    for entry in entries:
        one, times = found.setdefault(entry.actor_number, (Activity(entry.actor_number), []))
        one.add(entry.action, 1)
        times.append(entry.created_at)
    counts = Counter(entry.actor_number for entry in entries)
    return [(actor, found[actor][0], found[actor][1][-1], found[actor][1][0]) for actor, _ in counts.most_common()]
