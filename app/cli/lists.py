"""`flask patients import`, and the same for services, medicines and supplies."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.cli.deploy import fail, now
from app.db import sqla, unit
from app.files.lists.report import Counts
from app.files.lists.store import Draft, Store
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.lists import Fate
from app.web import who
from app.workflows import imports
from app.workflows.imports.engine import Importable, Setting, Verdicts, add_all, check

GROUPS = {
    "patients": AppGroup("patients", help="The clinic's patients."),
    "services": AppGroup("services", help="The services and their prices."),
    "medicines": AppGroup("medicines", help="The medicines that doctors prescribe."),
    "inventory": AppGroup("inventory", help="The supplies in stock."),
}


def init(flask_app: Flask) -> None:
    """Attach the groups, each with its import."""
    for name, group in GROUPS.items():
        if "import" not in group.commands:
            group.add_command(_command(imports.LISTS[name]))
        flask_app.cli.add_command(group)


def _command(source: Importable) -> click.Command:
    columns = "columns are named in Mongolian or English"
    options = [
        click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.Option(["--dry-run"], is_flag=True, help="Only say what would become of each row."),
    ]
    if source.can_update:
        options.append(click.Option(["--update"], is_flag=True, help="Bring what is known up to date, not skip it."))
    return click.Command(
        "import",
        callback=lambda file, dry_run, update=False: _import(source, file, dry_run, update),
        params=options,
        help=f"Add the {source.name} of a spreadsheet (CSV or XLSX) whose {columns}.\n\n"
        "Prints each refused row with its number and reason. The last line is the counts as JSON.",
    )


def _import(source: Importable, file: Path, dry_run: bool, update: bool) -> None:
    store = Store(current_app.config["INSTANCE"], source.name, source.heads())
    try:
        draft = store.take(file, file.name, made_by=None, now=now())
    except RuleError as error:
        fail(error)
        return
    try:
        draft.layout.check()
        counts = _told(_verdicts(source, store, draft, dry_run, update))
    except RuleError as error:
        fail(error)
        return
    finally:
        store.forget(draft.key)
    click.echo(json.dumps(counts.as_json(updates=source.can_update)))


def _verdicts(source: Importable, store: Store, draft: Draft, dry_run: bool, update: bool) -> Iterator[Verdicts]:
    zone, layout = who.clinic().zone, draft.layout
    first = source.survey(store.rows(draft.key, layout.header_row), layout)
    setting = Setting(layout, clinic_date(now(), zone), zone, now=now(), update=update, first=first)
    rows = store.rows(draft.key, layout.header_row)
    if dry_run:
        return check(source, sqla.session, rows, setting)
    return add_all(source, rows, setting, unit)


def _told(parts: Iterable[Verdicts]) -> Counts:
    counts = Counts()
    for verdicts in parts:
        counts.add(verdicts)
        for verdict in verdicts:
            if verdict.fate is Fate.REFUSED:
                click.echo(f"row {verdict.entry.line}: {'; '.join(str(reason) for reason in verdict.reasons)}")
    sys.stdout.flush()
    return counts
