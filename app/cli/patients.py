"""`flask patients …`."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.cli.deploy import fail, now
from app.db import sqla, unit
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.people.importing.report import Counts
from app.people.importing.store import Draft, Store
from app.people.rules.importing import Fate, Verdict
from app.web import who
from app.workflows.patient_import import Setting, add_all, check

patients = AppGroup("patients", help="The clinic's patients.")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(patients)


@patients.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would become of each row.")
def import_patients(file: Path, dry_run: bool) -> None:
    """Add the patients of a spreadsheet (CSV or XLSX) whose columns are named in Mongolian or English.

    Prints each refused row with its number and reason. The last line is the counts as JSON.
    """
    store = Store(current_app.config["INSTANCE"])
    try:
        draft = store.take(file, file.name, made_by=None, now=now())
    except RuleError as error:
        fail(error)
        return
    try:
        draft.layout.check()
        counts = _told(_verdicts(store, draft, dry_run))
    except RuleError as error:
        fail(error)
        return
    finally:
        store.forget(draft.key)
    click.echo(json.dumps(counts.as_json()))


def _verdicts(store: Store, draft: Draft, dry_run: bool) -> Iterator[list[Verdict]]:
    zone = who.clinic().zone
    setting = Setting(draft.layout, clinic_date(now(), zone), zone)
    rows = store.rows(draft.key, draft.layout.header_row)
    if dry_run:
        return check(sqla.session, rows, setting)
    return add_all(rows, setting, unit)


def _told(parts: Iterable[list[Verdict]]) -> Counts:
    counts = Counts()
    for verdicts in parts:
        counts.add(verdicts)
        for verdict in verdicts:
            if verdict.fate is Fate.REFUSED:
                click.echo(f"row {verdict.entry.line}: {'; '.join(str(reason) for reason in verdict.reasons)}")
    sys.stdout.flush()
    return counts
