"""Clinics of the largest size to measure on: migrated, filled, with the cast of the tests signed up."""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.db import sqla, unit
from app.jobs.models import DocumentCounter
from app.jobs.rules import CounterKind
from bench.patients import fill
from tests.factories import servers
from tests.factories.clinic import Clinic, add_cast, build_app, deploy

PATIENTS = 100_000
Seen = list[tuple[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many patients, on which databases."""
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--database", choices=("sqlite", "mariadb", "both"), default="both")


def large_clinics(wanted: str, patients: int) -> Iterator[Clinic]:
    """A clinic with so many patients on each database that is wanted and can be had."""
    with tempfile.TemporaryDirectory(prefix="soyoo-bench-") as folder:
        for name, url in databases(wanted, Path(folder)):
            app = build_app(url, Path(folder) / name)
            with app.app_context():
                deploy(app)
                started = time.perf_counter()
                rows = _fill(app, patients)
                took = time.perf_counter() - started
                print(f"\n{name}: {patients:,} patients, {rows:,} search rows (filled in {took:.0f} s)", flush=True)
                yield Clinic(app, name)
                sqla.session.remove()
                sqla.engine.dispose()


def _fill(app: Flask, patients: int) -> int:
    with sqla.engine.connect() as connection:
        fill(connection, patients)
        connection.commit()
        rows = connection.scalar(sa.text("SELECT count(*) FROM patient_search")) or 0
    unit(lambda s: s.add(DocumentCounter(kind=CounterKind.CARD, year=0, last_number=patients)))
    unit(add_cast)
    return int(rows)


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
