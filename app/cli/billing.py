"""`flask billing …`."""

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from app.billing.queries import verify as checks
from app.db import sqla

billing = AppGroup("billing", help="Invoices, payments and the ledger.")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(billing)


@billing.command("verify")
def verify() -> None:
    """Recompute every sum, status, entry and number; say the first difference and exit 1."""
    session = sqla.session()
    first = next(checks.differences(session), None)
    if first is not None:
        click.echo(str(first), err=True)
        sys.exit(1)
    counted = ", ".join(f"{table} {rows}" for table, rows in checks.counts(session).items())
    click.echo(f"{len(checks.CHECKS)} checks, everything adds up: {counted}")
