"""How long a million rows of the audit log take to seal and to verify: `python -m bench.audit`.

On each database: rows as the application writes them, sealed at once (as after a release without the sealer), then
in small steps (as each minute), then verified. Exits 1 where verifying takes 30 s or more for a million.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.audit import sealer
from app.audit.models import AuditLog
from app.cli.deploy import now
from app.db import sqla, unit
from bench.clinics import databases
from tests.factories.clinic import build_app, deploy

LONGEST = 30.0  # seconds for a million
PIECE, STEPS = 10_000, 20


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "mariadb", "both"), default="both")
    given, slow = parser.parse_args(), False
    print("| audit log | rows | written, s | sealed at once, s | sealing 100 rows, ms | verified, s | CPU, s |")
    print("| --- | --: | --: | --: | --: | --: | --: |", flush=True)
    with tempfile.TemporaryDirectory(prefix="soyoo-bench-") as folder:
        for name, url in databases(given.database, Path(folder)):
            app = build_app(url, Path(folder) / name)
            with app.app_context():
                deploy(app)
                slow |= measure(app, name, given.rows) * 1_000_000 / given.rows >= LONGEST
                sqla.session.remove()
                sqla.engine.dispose()
    return int(slow)


def measure(app: Flask, name: str, rows: int) -> float:
    """Seconds that verifying took."""
    keys, instance = sealer.keys_of(app.config), app.config["INSTANCE"]
    written = timed(lambda: fill(rows))
    sealed = timed(lambda: sealer.seal(keys, instance, now))
    steps = sorted(timed(lambda: step(keys, instance)) for _ in range(STEPS))
    cpu = time.process_time()
    started = time.perf_counter()
    found = sealer.verify(app.config, [], now())
    took, cpu = time.perf_counter() - started, time.process_time() - cpu
    assert found.first is None, found.first
    middle = steps[STEPS // 2] * 1_000
    print(
        f"| {name} | {found.rows:,} | {written:.1f} | {sealed:.1f} | {middle:.1f} | {took:.1f} | {cpu:.1f} |",
        flush=True,
    )
    return took


def fill(rows: int) -> None:
    """Rows as the application writes them, then copies of them inside the database."""
    at = datetime.now(UTC) - timedelta(days=90)
    unit(lambda s: s.execute(sa.insert(AuditLog), next(pieces(min(rows, PIECE), at))))
    log = AuditLog.__table__
    names = [column.name for column in log.columns if not column.primary_key and column.name != "created_at"]
    while (missing := rows - (sqla.session.scalar(sa.select(sa.func.count()).select_from(log)) or 0)) > 0:
        at += timedelta(hours=3)
        values = [*(log.c[name] for name in names), sa.literal(at, log.c.created_at.type)]
        newest = sa.select(*values).order_by(log.c.audit_log_id.desc()).limit(min(missing, 100_000))
        unit(lambda s, newest=newest: s.execute(log.insert().from_select([*names, "created_at"], newest)))


def step(keys: Any, instance: Path) -> None:
    """A minute of a busy clinic."""
    unit(lambda s: s.execute(sa.insert(AuditLog), next(pieces(100, datetime.now(UTC)))))
    sealer.seal(keys, instance, now)


def timed(fn: Any) -> float:
    """Seconds."""
    started = time.perf_counter()
    fn()
    return time.perf_counter() - started


def pieces(rows: int, at: datetime | None = None) -> Iterator[list[dict[str, Any]]]:
    """Rows as the application writes them: looks, changes, lists."""
    start = at or datetime.now(UTC) - timedelta(seconds=rows)
    for first in range(0, rows, PIECE):
        yield [
            _row(number, start + timedelta(seconds=0 if at else number))
            for number in range(first, min(first + PIECE, rows))
        ]


def _row(number: int, at: datetime) -> dict[str, Any]:
    changes = (
        None,
        {"address": ["Баянгол дүүрэг", "Сүхбаатар дүүрэг"], "note": [None, "Утсаар ярьсан"]},
        {"query": "q=мөнх"},
    )
    return {
        "actor_number": number % 30 + 1, "action": ("view", "update", "view")[number % 3],
        "table": ("patient", "patient", "page")[number % 3], "row": str(number % 50_000),
        "patient_number": number % 50_000,
        "changes": changes[number % 3], "request_id": f"{number:036d}", "ip": "192.168.1.20", "created_at": at,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
