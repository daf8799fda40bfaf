"""Reads of the audit log: what was changed on one record and on the rows inside it."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.models import AuditLog
from app.audit.rules import AuditAction

WRITES = (AuditAction.INSERT, AuditAction.UPDATE, AuditAction.DELETE)
MOST = 5_000  # changes of one record that are looked through


def deleted_rows(session: Session, table: str, parent_column: str, parent: int) -> list[str]:
    """The keys of rows that once belonged to `parent` and are gone."""
    held = AuditLog.changes[parent_column][0].as_integer()
    where = (AuditLog.table == table, AuditLog.action == AuditAction.DELETE, held == parent)
    return list(session.scalars(sa.select(AuditLog.row).where(*where).limit(MOST)))


def changes_of(
    session: Session, rows: Sequence[tuple[str, Sequence[str]]], *, page: int, size: int
) -> tuple[list[AuditLog], bool]:
    """The changes of these rows (table, keys), newest first, and whether there are more after this page."""
    of_rows = sa.or_(*(sa.and_(AuditLog.table == table, AuditLog.row.in_(keys)) for table, keys in rows if keys))
    found = sa.select(AuditLog.audit_log_id).where(of_rows, AuditLog.action.in_(WRITES)).limit(MOST)
    keys = sorted(session.scalars(found), reverse=True)
    wanted = keys[(page - 1) * size : page * size]
    entries = {row.audit_log_id: row for row in session.scalars(_by_key(wanted))}
    return [entries[key] for key in wanted], len(keys) > page * size


def _by_key(keys: Sequence[int]) -> "sa.Select[AuditLog]":
    return sa.select(AuditLog).where(AuditLog.audit_log_id.in_(keys))
