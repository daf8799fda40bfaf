"""Reads about calls, texts, messages and notifications."""

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


def is_mine(user_id: int | None, patient_id: int | None) -> ColumnElement[bool]:
    """The condition "this notification is mine"."""
    if patient_id is None:
        return Notification.user_id == user_id
    return sa.or_(Notification.user_id == user_id, Notification.patient_id == patient_id)
