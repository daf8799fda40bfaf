"""Lists for the tests of imports, and the ways to bring them."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.db import unit
from app.jobs.models import Job
from app.kernel.lists import Fate
from app.security import identity
from app.workflows.imports.engine import Importable, Setting, add_all, check
from app.workflows.jobs import make_worker

Rows = list[list[Any]]


def as_csv(rows: Rows) -> bytes:
    """The rows as a CSV in UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def setting(clinic: Any, source: Importable, rows: Rows, **changes: Any) -> Setting:
    """As the command makes it; the first row is the header."""
    layout = source.heads().recognise([[str(cell) for cell in rows[0]]])
    below = list(enumerate(rows[1:], start=2))
    facts = {"first": source.survey(below, layout), "now": datetime.now(UTC), **changes}
    return Setting(layout, clinic.today, identity.the_clinic().zone, **facts)


def decide(clinic: Any, source: Importable, rows: Rows, **changes: Any) -> list[Any]:
    """What would become of the rows."""
    asked = setting(clinic, source, rows, **changes)
    parts = check(source, lambda: clinic.session, list(enumerate(rows[1:], start=2)), asked)
    return [verdict for part in parts for verdict in part]


def bring_in(clinic: Any, source: Importable, rows: Rows, **changes: Any) -> list[Any]:
    """What became of them."""
    asked = setting(clinic, source, rows, **changes)
    parts = add_all(source, list(enumerate(rows[1:], start=2)), asked, unit)
    return [verdict for part in parts for verdict in part]


def fates(verdicts: list[Any]) -> list[Fate]:
    return [verdict.fate for verdict in verdicts]


def said(verdict: Any) -> list[str]:
    """(column, sentence) of what is wrong, in English."""
    return [f"{refusal.column.value if refusal.column else ''}: {refusal.text}" for refusal in verdict.refusals]


def command(clinic: Any, group: str, *arguments: str) -> Any:
    return clinic.app.test_cli_runner().invoke(args=[group, "import", *arguments])


def counts(result: Any) -> dict[str, int]:
    """The last line that a command printed."""
    assert result.exit_code == 0, result.output
    found: dict[str, int] = json.loads(result.output.strip().splitlines()[-1])
    return found


def upload(browser: Any, base: str, data: bytes, name: str = "list.csv") -> Any:
    return browser.submit(f"{base}/import", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def work(clinic: Any) -> int:
    return make_worker(clinic.app).run_all()


def last_job(clinic: Any) -> Job:
    found = clinic.session.scalars(sa.select(Job).order_by(Job.job_id.desc())).first()
    assert found is not None
    return found


def keep(folder: Path, rows: Rows, name: str = "list.csv") -> str:
    """The rows as a file."""
    path = folder / name
    path.write_bytes(as_csv(rows))
    return str(path)
