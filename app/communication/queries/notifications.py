"""Reads about notifications."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.communication.models import Notification


def holders(session: Session, roles: Sequence[str]) -> dict[int, str]:
    """Every active user who holds one of these roles now, with the first of the roles that reaches them."""
    statement = (
        sa.select(assoc_user_role.c.user_id, Role.__table__.c.name)
        .join(Role.__table__, Role.__table__.c.id == assoc_user_role.c.role_id)
        .join(User.__table__, User.__table__.c.id == assoc_user_role.c.user_id)
        .where(Role.__table__.c.name.in_(list(roles)), User.__table__.c.active.is_(True))
    )
    found: dict[int, str] = {}
    for user_id, role in sorted(session.execute(statement), key=lambda row: roles.index(row[1])):
        found.setdefault(user_id, role)
    return found


def known_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Which of these keys a notification has already: whoever asks, so the table itself is read."""
    column = Notification.__table__.c.dedupe_key
    return set(session.scalars(sa.select(column).where(column.in_(list(keys)))))


def unread(user_id: ColumnElement[int], patient_id: ColumnElement[int]) -> ColumnElement[int]:
    """How many notifications a user has not opened, as a part of the statement that knows these columns."""
    waiting = sa.select(sa.func.count()).where(Notification.read_at.is_(None))
    ones_own = waiting.where(Notification.user_id == user_id)
    as_patient = waiting.where(Notification.patient_id == patient_id, Notification.user_id.is_(None))
    tables = [user_id.table, patient_id.table]
    return ones_own.correlate(*tables).scalar_subquery() + as_patient.correlate(*tables).scalar_subquery()


def latest(session: Session, user_id: int | None, patient_id: int | None, limit: int) -> Sequence[Notification]:
    """Somebody's newest notifications."""
    statement = sa.select(Notification).where(is_mine(user_id, patient_id))
    return session.scalars(statement.order_by(Notification.notification_id.desc()).limit(limit)).all()


def is_mine(user_id: int | None, patient_id: int | None) -> ColumnElement[bool]:
    """The condition "this notification is mine"."""
    if patient_id is None:
        return Notification.user_id == user_id
    return sa.or_(Notification.user_id == user_id, Notification.patient_id == patient_id)
