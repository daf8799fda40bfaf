"""What each database needs on connect, and which errors mean "try again".

SQLite: WAL, full sync, foreign keys, and transactions that we begin ourselves, so that a unit that
writes takes the write lock first (traps 9 and 16). MariaDB: UTC, strict mode, read committed.
"""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

WRITE = "soyoo_write"  # execution option of a connection that is going to write
BUSY_TIMEOUT_MS = 8_000
# lock timeout, deadlock, row changed, Galera not ready, connection gone (twice)
_RETRY_MARIADB = {1205, 1213, 1020, 1047, 2006, 2013}


def configure(engine: Engine) -> None:
    """Attach the hooks that `engine`'s database needs; once for each engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "connect", _mariadb_connect)


def engine_options(url: str) -> dict[str, Any]:
    """SQLALCHEMY_ENGINE_OPTIONS for this address."""
    if url.startswith("sqlite"):
        # Writers queue at BEGIN IMMEDIATE; readers never wait under WAL.
        wait = {"timeout": BUSY_TIMEOUT_MS / 1000}
        return {"connect_args": wait, "pool_size": 20, "max_overflow": 20, "hide_parameters": True}
    return {
        "hide_parameters": True,  # what people wrote stands in no log of errors
        "pool_size": 10,
        "max_overflow": 20,
        "pool_recycle": 1800,
        "pool_pre_ping": True,
        "isolation_level": "READ COMMITTED",
        "connect_args": {"charset": "utf8mb4"},
    }


def _sqlite_connect(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin behind our back
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-8000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own lower() knows only ASCII (trap 16).
    connection.create_function("soyoo_lower", 1, _lower, deterministic=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITE) else "BEGIN")


def _mariadb_connect(connection: Any, _record: ConnectionPoolEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SET time_zone='+00:00', sql_mode='STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',"
            " innodb_lock_wait_timeout=10"
        )


def is_transient(error: Exception) -> bool:
    """Whether running the unit again may succeed: a deadlock, a lock timeout, a lost connection."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    original = error.orig
    if isinstance(error, OperationalError) and "locked" in str(original):
        return True
    return bool(original and original.args and original.args[0] in _RETRY_MARIADB)


def pause(attempt: int) -> None:
    """Wait a little before the next attempt, longer each time and not in step with the others."""
    time.sleep(min(0.4, 0.01 * 2**attempt) * (0.5 + (time.perf_counter_ns() % 1000) / 1000))
