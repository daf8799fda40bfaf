"""Writing the audit log: the listener for changes, and `record` for everything else."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.models import AuditLog
from app.audit.rules import AuditAction, is_secret_name, kept_ip, kept_query, kept_value, one_line, without_codes
from app.db.base import sqla
from app.db.context import actor
from app.db.types import utcnow

_CHANGES = "soyoo_changes"
FRAMEWORK_TABLES = {"ab_user", "ab_role"}  # of Flask-AppBuilder's own


def record(
    session: Session,
    action: AuditAction,
    table: str,
    row: Any,
    *,
    patient: int | None = None,
    changes: dict[str, Any] | None = None,
    by: int | None = None,
) -> None:
    """Add one row to the log inside the caller's transaction. `by` is whoever has just become the actor."""
    kept = {name: _told(name, value) for name, value in changes.items()} if changes else None
    entry = _entry(action, table, row, patient, kept)
    session.execute(sa.insert(AuditLog), [entry | {"actor_number": entry["actor_number"] or by}])


def _told(name: str, value: Any) -> Any:
    return kept_query(value) if name == "query" else kept_value(value, is_secret_name(name))


def _entry(
    action: AuditAction, table: str, row: Any, patient: int | None, changes: dict[str, Any] | None
) -> dict[str, Any]:
    who = actor()
    return {
        "actor_number": who.user_id,
        "action": action,
        "table": one_line(table, 64),
        "row": one_line("-".join(map(str, row)) if isinstance(row, tuple) else str(row), 64),
        "patient_number": patient,
        "changes": changes,
        "request_id": one_line(who.request_id, 36),
        "ip": kept_ip(who.ip),
        "created_at": utcnow(),
    }


@sa.event.listens_for(sqla.session, "after_flush")
def _record_changes(session: Session, _context: object) -> None:
    session.info.setdefault(_CHANGES, []).extend(
        entry
        for rows, action in (
            (session.new, AuditAction.INSERT),
            (session.dirty, AuditAction.UPDATE),
            (session.deleted, AuditAction.DELETE),
        )
        for row in rows
        if (entry := _change(row, action)) is not None
    )


@sa.event.listens_for(sqla.session, "before_commit")
def _write_changes(session: Session) -> None:
    """All changes of a unit in one statement, in its own transaction, as the last thing it does."""
    session.flush()
    entries = session.info.pop(_CHANGES, [])
    if entries:
        session.connection().execute(sa.insert(AuditLog.__table__), entries)


@sa.event.listens_for(sqla.session, "after_rollback")
def _forget_changes(session: Session) -> None:
    session.info.pop(_CHANGES, None)


def _change(row: Any, action: AuditAction) -> dict[str, Any] | None:
    if not getattr(type(row), "is_audited", row.__tablename__ in FRAMEWORK_TABLES):
        return None
    state = sa.inspect(row)
    changes: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        info = attribute.columns[0].info
        history = state.attrs[attribute.key].history
        if action is AuditAction.UPDATE and history.has_changes() and attribute.key != "updated_at":
            old = history.deleted[0] if history.deleted else None
            changes[attribute.key] = [_kept(old, attribute, info), _kept(getattr(row, attribute.key), attribute, info)]
        elif action is not AuditAction.UPDATE:
            value = _kept(state.dict.get(attribute.key), attribute, info)
            if value is not None:
                changes[attribute.key] = [None, value] if action is AuditAction.INSERT else [value, None]
    if action is AuditAction.UPDATE and not changes:
        return None
    column = getattr(row, "patient_column", None)
    identity = tuple(state.mapper.primary_key_from_instance(row))
    return _entry(action, row.__tablename__, identity, getattr(row, column) if column else None, changes)


def _kept(value: Any, attribute: Any, info: dict[Any, Any]) -> Any:
    """Masked are secrets, and in the text of a message what may be a code."""
    if info.get("may_hold_code"):
        value = without_codes(value)
    return kept_value(value, bool(info.get("secret")) or attribute.key == "password")
