"""`unit`: the only place that commits.

A unit begins a transaction of its own (IMMEDIATE on SQLite), runs a function of the session, runs it
again when the database says "deadlock" or "locked", and commits. The request's own session only reads.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.base import sqla
from app.db.engine import WRITE, is_transient, pause

T = TypeVar("T")
ATTEMPTS = 8
IN_UNIT = "soyoo_in_unit"


class TryAgain(Exception):
    """Raised inside a unit to have it run again from the start, as after a lost race."""


def unit(fn: Callable[[Session], T]) -> T:
    """Run `fn(session)` in one transaction and commit it; what it returns stays readable afterwards.

    `fn` may run several times, so it must do nothing outside the session. Any exception rolls back;
    `TryAgain` and the databases' transient errors run it again, up to `ATTEMPTS` times in all.
    """
    sqla.session.rollback()  # end the request's read, so that later reads see what was written here
    for attempt in range(1, ATTEMPTS + 1):
        session = sqla.session.session_factory()
        session.expire_on_commit = False
        session.info[IN_UNIT] = True
        try:
            session.connection(execution_options={WRITE: True})
            result = fn(session)
            session.commit()
            return result
        except (DBAPIError, TryAgain) as error:
            session.rollback()
            if attempt == ATTEMPTS or not (isinstance(error, TryAgain) or is_transient(error)):
                raise
        finally:
            session.close()
        pause(attempt)
    raise AssertionError("unreachable")


@contextmanager
def framework_writes() -> Iterator[None]:
    """Let Flask-AppBuilder write its permission tables through the request's session (deploy command only)."""
    sqla.session.info[IN_UNIT] = True
    try:
        yield
    finally:
        sqla.session.info.pop(IN_UNIT, None)


@sa.event.listens_for(sqla.session, "before_flush")
def _only_units_write(session: Session, _context: object, _instances: object) -> None:
    changed = session.new or session.deleted or any(session.is_modified(row) for row in session.dirty)
    if changed and not session.info.get(IN_UNIT):
        raise RuntimeError("rows are written in app.db.unit, never in the request's own session")
