"""Demo clinics of any size to measure on, on each database that can be had."""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.cli.serve import spare_collector
from app.db import sqla
from app.kernel.dates import clinic_date
from app.reporting import queries as reporting
from app.reporting.rules import days_to_close
from app.security import identity
from app.workflows import daily_sums
from app.workflows.demo import load_demo
from tests.factories import servers
from tests.factories.clinic import build_app, deploy

SMALL, LARGE = (20_000, 200_000), (100_000, 1_000_000)
Seen = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A demo clinic."""

    app: Flask
    database: str
    patients: int
    appointments: int
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which databases, how large, or a demo clinic that is there already."""
    parser.add_argument("--database", choices=("sqlite", "mariadb", "both"), default="both")
    parser.add_argument("--large", action="store_true", help="also 100 000 patients with 1 000 000 appointments")
    parser.add_argument("--patients", type=int, help="another size")
    parser.add_argument("--appointments", type=int)
    parser.add_argument("--url", help="measure this demo clinic; rows are written into it")


def clinics(given: argparse.Namespace) -> Iterator[Loaded]:
    """Every clinic that is asked for, one after the other."""
    if given.url:
        with tempfile.TemporaryDirectory(prefix="soyoo-bench-") as folder:
            yield from _opened(given.url, Path(folder), None)
        return
    own = (given.patients, given.appointments or given.patients * 10) if given.patients else None
    for size in [own] if own else [SMALL, *([LARGE] if given.large else [])]:
        with tempfile.TemporaryDirectory(prefix="soyoo-bench-") as folder:
            for name, url in databases(given.database, Path(folder)):
                yield from _opened(url, Path(folder) / name, size)


def _opened(url: str, folder: Path, size: tuple[int, int] | None) -> Iterator[Loaded]:
    app = build_app(url, folder)
    spare_collector()  # as the server does
    with app.app_context():
        started = time.perf_counter()
        if size is not None:
            deploy(app)
            load_demo(*size)
            print(f"loaded in {time.perf_counter() - started:.0f} s", flush=True)
        seconds = time.perf_counter() - started
        _close_days()
        counts = [sqla.session.scalar(sa.text(f"SELECT count(*) FROM {t}")) for t in ("patient", "appointment")]  # noqa: S608
        name = sqla.engine.dialect.name
        sqla.session.remove()
    yield Loaded(app, name, int(counts[0] or 0), int(counts[1] or 0), seconds)
    with app.app_context():
        sqla.session.remove()
        sqla.engine.dispose()


def _close_days() -> None:
    """Keep the sums of every day before today, as each night does."""
    zone, now = identity.the_clinic().zone, datetime.now(UTC)
    first, closed = reporting.first_day(sqla.session(), zone), reporting.closed_until(sqla.session())
    period = days_to_close(first, closed, clinic_date(now, zone))
    if period is not None:
        daily_sums.close_in_units(period, zone, now)


def databases(wanted: str, folder: Path) -> Iterator[tuple[str, str]]:
    """(name, address) of each database that is wanted and can be had."""
    if wanted in ("sqlite", "both"):
        yield "sqlite", f"sqlite:///{folder / 'bench.db'}"
    if wanted in ("mariadb", "both"):
        server = servers.start_mariadb()
        url = servers.mariadb_url()
        if url is None:
            print("\nmariadb: not found (install mariadb-server or set SOYOO_TEST_MARIADB_URL)")
            return
        engine = sa.create_engine(sa.make_url(url).set(database=""), isolation_level="AUTOCOMMIT")
        name = "soyoo_bench"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield "mariadb", sa.make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name}")
            if server is not None:
                server.stop()


@contextmanager
def statements() -> Iterator[Seen]:
    """(SQL, parameters) of every statement inside the block."""
    seen: Seen = []

    def note(_c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not sql.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append((sql, parameters))

    event.listen(sqla.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(sqla.engine, "before_cursor_execute", note)


def by_driver(sql: str, parameters: Any) -> float:
    """Milliseconds of a statement without SQLAlchemy, fetched to the end: SQLite works while it is fetched from."""
    return fetched(sql, parameters)[1]


def fetched(sql: str, parameters: Any = ()) -> tuple[Sequence[Any], float]:
    """(rows, milliseconds) of a statement without SQLAlchemy."""
    connection = sqla.engine.raw_connection()
    try:
        cursor = connection.cursor()
        started = time.perf_counter()
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
        return rows, (time.perf_counter() - started) * 1_000
    finally:
        connection.close()
