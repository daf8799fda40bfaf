"""Databases for tests: a private MariaDB where its program is found, and quick ways back to the template."""

import contextlib
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from app.db import sqla
from app.db.base import metadata
from app.security import identity

MARIADB: pytest.StashKey[Any] = pytest.StashKey()
MEMORY: pytest.StashKey[Path | None] = pytest.StashKey()
ENOUGH = 4 * 2**30  # bytes of memory that the clinics of one run never fill
VARIABLE = "SOYOO_TEST_MARIADB_URL"
_WRITES = re.compile(
    r"^\s*(?:INSERT(?:\s+IGNORE)?\s+INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+`?(\w+)`?", re.IGNORECASE
)


@dataclass
class Server:
    """A MariaDB of our own."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    def stop(self) -> None:
        os.environ.pop(VARIABLE, None)
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def work_in_memory() -> Path | None:
    """Where there is room, let this process and what it starts keep their files in memory: no test waits for a disk."""
    place = Path("/dev/shm")
    if "TMPDIR" in os.environ or not place.is_dir() or shutil.disk_usage(place).free < ENOUGH:
        return None
    folder = Path(tempfile.mkdtemp(prefix="soyoo-", dir=place))
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None  # ask the environment again
    return folder


def start_mariadb() -> Server | None:
    """Start a private server, unless an address is given or there is no program."""
    binary = shutil.which("mariadbd") or shutil.which("mysqld") or _at("/usr/sbin/mariadbd")
    install = shutil.which("mariadb-install-db") or _at("/usr/bin/mariadb-install-db")
    if os.environ.get(VARIABLE) or not binary or not install:
        return None
    folder = Path(tempfile.mkdtemp(prefix="soyoo-mariadb-"))
    user = ["--user=root"] if os.geteuid() == 0 else []
    data = folder / "data"
    subprocess.run(
        [
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            f"--tmpdir={folder}",  # a starting server clears its folder, and a running one may have tables in /tmp
            *user,
        ],
        check=True,
        capture_output=True,
    )
    port = free_port()
    process = subprocess.Popen(
        [
            binary, "--no-defaults", f"--datadir={data}", f"--socket={folder / 'sock'}", f"--pid-file={folder / 'pid'}",
            f"--port={port}", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=256M", "--max-connections=400",
            f"--tmpdir={folder}", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", *user,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.environ[VARIABLE] = f"mysql+pymysql://root@127.0.0.1:{port}/"
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return Server(process, folder)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the private MariaDB did not start")


def _at(path: str) -> str | None:
    return path if Path(path).exists() else None


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def mariadb_url() -> str | None:
    """The server's address, or None."""
    return os.environ.get(VARIABLE)


def tables() -> set[str]:
    """Every table that holds rows of its own: no SQL view."""
    return {name for name, table in metadata.tables.items() if not table.info.get("is_view")}


class MariaDatabases:
    """A test process's database and its template on one server."""

    def __init__(self, server: str, name: str) -> None:
        self.name, self.template = name, f"{name}_t"
        self.url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        self.engine = sa.create_engine(sa.make_url(server).set(database=""), isolation_level="AUTOCOMMIT")
        with self.engine.connect() as connection:
            for database in (self.name, self.template):
                connection.exec_driver_sql(f"CREATE DATABASE {database} CHARACTER SET latin1")

    def remember(self, app: Any) -> None:
        """Keep every table's rows, and watch which tables tests write."""
        with app.app_context():
            app.extensions["maria"] = self
            self.touched: set[str] = set()
            event.listen(
                sa.Engine, "before_cursor_execute", self._watch
            )  # of every engine: a test may start a second application
        with self.engine.connect() as connection:
            for table in tables():
                connection.exec_driver_sql(f"CREATE TABLE {self.template}.`{table}` LIKE {self.name}.`{table}`")
                connection.exec_driver_sql(f"INSERT INTO {self.template}.`{table}` SELECT * FROM {self.name}.`{table}`")

    def _watch(self, connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found = _WRITES.match(statement)
        if found and connection.engine.url.database == self.name:
            self.touched.add(found[1])

    @staticmethod
    def restore(app: Any) -> None:
        """Put back the tables that were written."""
        self: MariaDatabases = app.extensions["maria"]
        with app.app_context():
            sqla.session.remove()
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SET foreign_key_checks = 0")
            if any(name.startswith("ab_") for name in self.touched):  # the framework's rows go with those they point at
                self.touched |= {name for name in tables() if name.startswith("ab_")}
            for table in self.touched & tables():
                connection.exec_driver_sql(f"TRUNCATE TABLE {self.name}.`{table}`")
                connection.exec_driver_sql(f"INSERT INTO {self.name}.`{table}` SELECT * FROM {self.template}.`{table}`")
        self.touched.clear()
        identity.forget()

    def drop(self) -> None:
        with self.engine.connect() as connection:
            for database in (self.name, self.template):
                connection.exec_driver_sql(f"DROP DATABASE {database}")


def copy_back(app: Any, template: Path, path: Path) -> None:
    """SQLite: the template's content instead of what the last test wrote, page by page under SQLite's own locks."""
    with app.app_context():
        sqla.session.remove()
        sqla.engine.dispose()
    with contextlib.closing(sqlite3.connect(template)) as source, contextlib.closing(sqlite3.connect(path)) as target:
        source.backup(target)
    identity.forget()
