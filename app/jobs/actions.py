"""Taking numbers, queueing work, leasing it."""

import threading
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.unit import TryAgain
from app.jobs.models import DocumentCounter, Job
from app.jobs.rules import LEASE, CounterKind, JobKind, retry_at

# Set when this process has queued something: its own worker need not wait for the next look at the table.
WAKE = threading.Event()


def next_number(session: Session, kind: CounterKind, year: int = 0) -> int:
    """The next number of `kind` in `year`, gapless: it is given back if the transaction fails.

    The counter's row stays locked until the unit ends, so take numbers late.
    """
    here = (DocumentCounter.kind == kind, DocumentCounter.year == year)
    step = sa.update(DocumentCounter).where(*here).values(last_number=DocumentCounter.last_number + 1)
    if session.execute(step.execution_options(synchronize_session=False)).rowcount == 0:  # type: ignore[attr-defined]
        try:
            session.execute(sa.insert(DocumentCounter).values(kind=kind, year=year, last_number=1))
        except IntegrityError as error:
            raise TryAgain from error  # another first document of the year was quicker
        return 1
    return session.scalar(sa.select(DocumentCounter.last_number).where(*here)) or 0


def hold_counter(session: Session, kind: CounterKind, year: int = 0) -> None:
    """Lock the counter of `kind` until the unit ends: whoever takes one of its numbers waits."""
    here = (DocumentCounter.kind == kind, DocumentCounter.year == year)
    if session.scalar(sa.select(DocumentCounter).where(*here).with_for_update()) is None:
        try:
            session.execute(sa.insert(DocumentCounter).values(kind=kind, year=year, last_number=0))
        except IntegrityError as error:
            raise TryAgain from error


def enqueue(
    session: Session,
    kind: JobKind,
    payload: dict[str, Any],
    *,
    now: datetime,
    made_by: int | None = None,
    dedupe_key: str | None = None,
) -> Job:
    """Queue a job in the transaction of its cause."""
    job = Job(kind=kind, payload=payload, run_after=now, made_by=made_by, dedupe_key=dedupe_key)
    session.add(job)
    session.flush()
    sa.event.listen(session, "after_commit", lambda _session: WAKE.set(), once=True)
    return job


def is_something_due(session: Session, now: datetime, kinds: list[JobKind]) -> bool:
    """Whether a worker would find a job: a look that takes no lock."""
    return session.scalar(_due(now, kinds).with_only_columns(Job.job_id)) is not None


def lease_next(session: Session, now: datetime, kinds: list[JobKind]) -> Job | None:
    """Lease the oldest due job that nobody works on, or None."""
    job = session.scalar(_due(now, kinds).with_for_update(skip_locked=True))
    if job is not None:
        job.lease_until, job.lease_token, job.attempts = now + LEASE, str(uuid4()), job.attempts + 1
    return job


def _due(now: datetime, kinds: list[JobKind]) -> "sa.Select[Job]":
    free = sa.or_(Job.lease_until.is_(None), Job.lease_until < now)
    return (
        sa.select(Job)
        .where(Job.done_at.is_(None), Job.run_after <= now, free, Job.kind.in_(kinds))
        .order_by(Job.run_after, Job.job_id)
        .limit(1)
    )


def note_progress(
    session: Session,
    job_id: int,
    lease_token: str,
    progress: int,
    now: datetime,
    result: dict[str, Any] | None = None,
) -> bool:
    """Note how far a job is, with what it has so far, and keep its lease.

    False: the lease is somebody else's now, so stop.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.lease_token != lease_token or job.done_at is not None:
        return False
    job.progress, job.lease_until = progress, now + LEASE
    if result is not None:
        job.result = result
    return True


def release(session: Session, job_id: int, lease_token: str) -> None:
    """Give a job back unfinished, as when the server stops: the next worker goes on with it at once."""
    job = session.get(Job, job_id, with_for_update=True)
    if job is not None and job.lease_token == lease_token and job.done_at is None:
        job.lease_until, job.lease_token, job.attempts = None, None, job.attempts - 1


def finish(session: Session, job_id: int, lease_token: str, result: dict[str, Any], now: datetime) -> None:
    """A job is done."""
    job = session.get(Job, job_id, with_for_update=True)
    if job is not None and job.lease_token == lease_token:
        job.done_at, job.result, job.progress, job.lease_until, job.last_error = now, result, 100, None, None


def fail(session: Session, job_id: int, lease_token: str, error: str, now: datetime) -> None:
    """A job failed: it waits for its next attempt, or ends with its error where there is none."""
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.lease_token != lease_token:
        return
    again = retry_at(job.attempts, now)
    job.last_error, job.lease_until, job.lease_token = error[:2_000], None, None
    if again is None:
        job.done_at = now
    else:
        job.run_after = again
