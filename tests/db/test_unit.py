"""The one writer: no update is lost, what the databases ask to have tried again is, the rest is refused (traps 9, 10)."""

import importlib
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pymysql
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.orm import Session

from app.db import engine, sqla, unit
from app.db.unit import ATTEMPTS, TryAgain
from app.jobs.models import DocumentCounter
from app.jobs.rules import CounterKind
from tests.factories.clinic import Clinic

MODULE = importlib.import_module("app.db.unit")  # the package's `unit` is its function
KEY = (CounterKind.CARD, 7)
WRITERS, TURNS = 8, 30  # as in the trap: 240 increments left 44


@pytest.fixture
def counter(clinic: Clinic) -> Callable[[], int]:
    """A row that many will add to; what it says now."""
    clinic.unit(lambda s: s.add(DocumentCounter(kind=KEY[0], year=KEY[1], last_number=0)))
    return lambda: int(clinic.session.get_one(DocumentCounter, KEY).last_number)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "pause", lambda _attempt: None)


def add_one(session: Session) -> int:
    """Read, then write: what loses updates unless the lock comes first."""
    row = session.get_one(DocumentCounter, KEY, with_for_update=True)
    row.last_number += 1
    return row.last_number


def in_threads(clinic: Clinic, count: int, work: Callable[[], None]) -> list[Exception]:
    """Run `work` in so many threads that begin together. Returns what went wrong."""
    failures: list[Exception] = []
    gate = threading.Barrier(count)

    def run() -> None:
        with clinic.app.app_context():
            gate.wait(20)
            try:
                work()
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@pytest.mark.both
def test_of_240_increments_by_eight_writers_none_is_lost(clinic: Clinic, counter: Callable[[], int]) -> None:
    seen: list[int] = []

    def work() -> None:
        for _ in range(TURNS):
            seen.append(unit(add_one))

    assert in_threads(clinic, WRITERS, work) == []
    assert counter() == WRITERS * TURNS
    assert sorted(seen) == list(range(1, WRITERS * TURNS + 1)), "nobody saw a number twice"


TRANSIENT = [1205, 1213, 1020, 1047, 2006, 2013]


def refusal(number: int) -> DBAPIError:
    """What SQLAlchemy raises for an error of MariaDB."""
    error = pymysql.err.OperationalError(number, "the database's own words")
    return (InternalError if number == 1047 else OperationalError)("SELECT 1", {}, error)


def busy() -> DBAPIError:
    return OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))


@pytest.mark.parametrize("error", [*map(refusal, TRANSIENT), busy(), TryAgain()], ids=[*TRANSIENT, "busy", "again"])
def test_what_may_succeed_the_next_time_is_run_again_from_the_start(
    clinic: Clinic, counter: Callable[[], int], error: Exception
) -> None:
    turns: list[int] = []

    def write(session: Session) -> str:
        turns.append(add_one(session))
        session.flush()
        if len(turns) < 3:
            raise error
        return "done"

    assert unit(write) == "done"
    assert turns == [1, 1, 1], "each turn began with what is committed"
    assert counter() == 1


@pytest.mark.parametrize("error", [refusal(1213), busy(), TryAgain()], ids=["deadlock", "busy", "again"])
def test_it_gives_up_in_the_end_and_leaves_nothing(
    clinic: Clinic, counter: Callable[[], int], error: Exception
) -> None:
    turns: list[int] = []

    def write(session: Session) -> None:
        turns.append(add_one(session))
        session.flush()
        raise error

    with pytest.raises(type(error)):
        unit(write)
    assert len(turns) == ATTEMPTS
    assert counter() == 0


@pytest.mark.parametrize("number", [1062, 1048, 1264, 1406, 1146, 1064])
def test_what_will_never_succeed_is_tried_once(clinic: Clinic, number: int) -> None:
    turns = []

    def write(_session: Session) -> None:
        turns.append(1)
        raise refusal(number)

    with pytest.raises(DBAPIError):
        unit(write)
    assert turns == [1]


@pytest.mark.both
def test_a_refusal_that_comes_with_the_commit_is_run_again_too(
    clinic: Clinic, counter: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Galera says so only then."""
    real, left = Session.commit, [refusal(1213), refusal(1213)]

    def commit(session: Session) -> None:
        if left:
            raise left.pop()
        real(session)

    monkeypatch.setattr(Session, "commit", commit)
    assert unit(add_one) == 1
    assert counter() == 1


@pytest.mark.mariadb
def test_a_lost_connection_is_replaced(clinic: Clinic, counter: Callable[[], int]) -> None:
    turns = []

    def write(session: Session) -> int:
        turns.append(1)
        if len(turns) == 1:
            number = session.scalar(sa.text("SELECT CONNECTION_ID()"))
            with sqla.engine.connect() as other:
                other.exec_driver_sql(f"KILL {number}")
        return add_one(session)

    assert unit(write) == 1
    assert turns == [1, 1]
    assert counter() == 1


@pytest.mark.mariadb
def test_two_who_wait_for_each_other_both_get_through(clinic: Clinic) -> None:
    kinds = (CounterKind.CARD, CounterKind.EMPLOYEE)
    for kind in kinds:
        clinic.unit(lambda s, kind=kind: s.add(DocumentCounter(kind=kind, year=7, last_number=0)))
    met = threading.Barrier(2)
    turns: list[int] = []

    def take(order: tuple[CounterKind, ...]) -> None:
        def write(session: Session) -> None:
            turns.append(1)
            for number, kind in enumerate(order):
                session.get_one(DocumentCounter, (kind, 7), with_for_update=True).last_number += 1
                session.flush()
                if number == 0 and len(turns) <= 2:
                    met.wait(20)

        unit(write)

    orders = iter((kinds, kinds[::-1]))
    lock = threading.Lock()

    def work() -> None:
        with lock:
            order = next(orders)
        take(order)

    assert in_threads(clinic, 2, work) == []
    assert len(turns) == 3, "one of them was the deadlock's victim, and ran again"
    assert [clinic.session.get_one(DocumentCounter, (kind, 7)).last_number for kind in kinds] == [2, 2]


def test_a_lock_that_is_held_long_on_sqlite_is_waited_for(
    clinic: Clinic, counter: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setattr(MODULE, "pause", engine.pause)
    sqla.session.remove()
    sqla.engine.dispose()  # the timeout is set when a connection is made
    path, held = sqla.engine.url.database, threading.Event()
    assert path

    def hold() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            held.set()
            threading.Event().wait(0.3)
            other.execute("COMMIT")

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(5)
    assert unit(add_one) == 1
    holder.join()
    sqla.engine.dispose()


@pytest.mark.both
def test_an_exception_undoes_everything_and_is_passed_on(clinic: Clinic, counter: Callable[[], int]) -> None:
    def write(session: Session) -> None:
        add_one(session)
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        unit(write)
    assert counter() == 0


@pytest.mark.both
def test_a_broken_key_is_no_reason_to_try_again(clinic: Clinic, counter: Callable[[], int]) -> None:
    turns = []

    def write(session: Session) -> None:
        turns.append(1)
        session.add(DocumentCounter(kind=KEY[0], year=KEY[1], last_number=5))
        session.flush()

    with pytest.raises(IntegrityError):
        unit(write)
    assert turns == [1]
    assert counter() == 0


def test_the_requests_own_session_only_reads(clinic: Clinic, counter: Callable[[], int]) -> None:
    sqla.session.get_one(DocumentCounter, KEY).last_number = 9
    with pytest.raises(RuntimeError, match=r"app\.db\.unit"):
        sqla.session.flush()
    sqla.session.rollback()
    assert counter() == 0


def test_what_a_unit_returns_stays_readable_and_a_later_read_sees_what_it_wrote(
    clinic: Clinic, counter: Callable[[], int]
) -> None:
    before = sqla.session.get_one(DocumentCounter, KEY)
    assert before.last_number == 0

    def write(session: Session) -> DocumentCounter:
        add_one(session)
        return session.get_one(DocumentCounter, KEY)

    assert unit(write).last_number == 1
    assert before.last_number == 1


def settings_of(clinic: Clinic) -> dict[str, Any]:
    with sqla.engine.connect() as connection:
        if clinic.backend == "sqlite":
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
        names = ("time_zone", "tx_isolation", "sql_mode")
        return {name: connection.exec_driver_sql(f"SELECT @@session.{name}").scalar() for name in names}


@pytest.mark.both
def test_each_connection_is_set_up_as_its_database_needs_it(clinic: Clinic) -> None:
    found = settings_of(clinic)
    if clinic.backend == "sqlite":
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 8_000}
    else:
        assert (found["time_zone"], found["tx_isolation"]) == ("+00:00", "READ-COMMITTED")
        assert "STRICT_ALL_TABLES" in found["sql_mode"]
