"""Telling people what happened, and what they have seen of it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.communication import queries
from app.communication.models import Notification
from app.communication.rules import as_json
from app.db.unit import TryAgain
from app.kernel.text import Text


def read(row: Notification, by: int | None, now: datetime) -> None:
    """Somebody opened a notification; the first time counts."""
    if row.read_at is None:
        row.read_at, row.read_by = now, by


def read_all(session: Session, user_id: int | None, patient_id: int | None, now: datetime) -> None:
    """Somebody has seen enough: all of theirs are read."""
    waiting = sa.select(Notification).where(queries.is_mine(user_id, patient_id), Notification.read_at.is_(None))
    for row in session.scalars(waiting.with_for_update()):
        read(row, user_id, now)


def notify(
    session: Session,
    *,
    text: Text,
    link: str,
    roles: Sequence[str] = (),
    user_ids: Sequence[int] = (),
    patient_id: int | None = None,
    body: str | None = None,
    dedupe_key: str | None = None,
    now: datetime,
) -> None:
    """Tell people something in their bell: the users of `user_ids`, everybody who holds one of `roles` now, and the
    patient `patient_id`. A second one with the same `dedupe_key` tells nobody who was told before."""
    told: list[tuple[str, Notification]] = [
        (f"u{key}", Notification(user_id=key, role=role))
        for key, role in {**queries.holders(session, roles), **dict.fromkeys(user_ids)}.items()
    ]
    if patient_id is not None:
        told.append((f"p{patient_id}", Notification(patient_id=patient_id)))
    keys = {f"{dedupe_key}:{whom}" for whom, _ in told} if dedupe_key else set()
    known = queries.known_keys(session, keys) if keys else set()
    session.flush()
    for whom, row in told:
        row.text, row.link, row.body, row.created_at = as_json(text), link, body, now
        row.dedupe_key = f"{dedupe_key}:{whom}" if dedupe_key else None
        if row.dedupe_key not in known:
            session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        if dedupe_key is None:
            raise
        raise TryAgain from error  # somebody told them at this very moment: the next time it is known
