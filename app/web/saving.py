"""Writing from a form: one unit, stale forms refused, database refusals said as sentences on their field."""

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.db import unit
from app.db.base import Base, metadata
from app.db.engine import is_transient
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.text import T
from app.web.forms import ClinicForm

_MARIADB_KEY = re.compile(r"for key '(?:\w+\.)?(\w+)'")
_MARIADB_CHECK = re.compile(r"CONSTRAINT `(\w+)` failed")
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")


class Busy(RuleError):
    """The database could not be written just now: nothing is wrong with what was typed, and it is kept."""

    status = 503
    code = "busy"


def lock_token(row: Any) -> str:
    """What a form remembers of the row it was made from: its version, else when it was last changed."""
    if row is None:
        return ""
    version = getattr(row, "version", None)
    if version is not None:
        return str(version)
    changed = getattr(row, "updated_at", None)
    return changed.isoformat() if changed else ""


def locked(session: Session, model: type[Any], key: Any) -> Any:
    """The row, locked until the unit ends. Raises NotFound."""
    row = session.get(model, key, with_for_update=True)
    if row is None:
        raise NotFound(T("This record no longer exists."))
    return row


def check_token(row: Any, token: str) -> None:
    """Refuse a form made from an older state of the row."""
    if token != lock_token(row):
        raise Conflict(T("Somebody changed this record while you were writing. Compare, then save again."))


def save(form: ClinicForm, write: Callable[[Session], Any]) -> tuple[Any, int]:
    """Run `write` in one unit. Returns (what it returned, 200), or (None, status) with the form refused."""
    written, refusal = attempt(write)
    if refusal is None:
        return written, 200
    form.refuse(refusal)
    return None, refusal.status


def attempt(write: Callable[[Session], Any]) -> tuple[Any, RuleError | None]:
    """Run `write` in one unit. Returns (what it returned, None), or (None, why nothing was written)."""
    try:
        return unit(write), None
    except RuleError as error:
        return None, error
    except DBAPIError as error:
        busy = Busy(T("The clinic's data is busy. Nothing was saved; try again."))
        return None, busy if is_transient(error) else explain(error)


def explain(error: DBAPIError) -> RuleError:
    """A database refusal as a sentence. Re-raises what is no refusal of a value."""
    message = str(error.orig)
    if isinstance(error, IntegrityError):
        columns = _unique_columns(message)
        if columns:
            return Conflict(T("Another record has this already."), field=columns[-1])
        if "foreign key" in message.lower():
            return Conflict(T("Other records refer to this one, so it stays. You can switch it off instead."))
        return RuleError(T("This value is not allowed here."), field=_checked_column(message))
    if "Incorrect string value" in message or "Illegal mix of collations" in message:
        return RuleError(T("This text has a character that can't be stored."), field=_quoted_column(message))
    if isinstance(error, DataError) or "out of range" in message or "too long" in message.lower():
        return RuleError(T("A value is too large or too long to be stored."), field=_quoted_column(message))
    raise error


def _unique_columns(message: str) -> list[str]:
    found = _SQLITE_UNIQUE.search(message)
    if found:
        return [part.split(".")[-1].strip() for part in found[1].split(",")]
    found = _MARIADB_KEY.search(message)
    if found and "uplicate" in message:
        for table in metadata.tables.values():
            for constraint in (*table.constraints, *table.indexes):
                if constraint.name == found[1]:
                    return [column.name for column in constraint.columns]
        return ["id"]
    return []


def _checked_column(message: str) -> str | None:
    found = _SQLITE_CHECK.search(message) or _MARIADB_CHECK.search(message)
    if not found:
        return _quoted_column(message)
    for table in metadata.tables.values():
        prefix = f"ck_{table.name}_"
        if found[1].startswith(prefix) and found[1].removeprefix(prefix) in table.columns:
            return found[1].removeprefix(prefix)
    return None


def _quoted_column(message: str) -> str | None:
    found = re.search(r"[Cc]olumn (?:`\w+`\.`\w+`\.)?['`](\w+)['`]", message) or re.search(
        r"failed: \w+\.(\w+)", message
    )
    return found[1] if found else None


def fill(row: Base, values: dict[str, Any]) -> Base:
    """Put values on a row: only columns of the table, so that nothing else can be slipped in."""
    columns = sa.inspect(type(row)).column_attrs
    for name, value in values.items():
        if name in columns:
            setattr(row, name, value)
    return row
