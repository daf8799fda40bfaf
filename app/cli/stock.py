"""`flask stock …`."""

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from app.db import sqla
from app.stock import queries

stock = AppGroup("stock", help="Supplies and their movements.")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(stock)


@stock.command("verify")
def verify() -> None:
    """Compare what is on hand of each item with its log; say the first difference and exit 1."""
    session = sqla.session()
    first = queries.first_difference(session)
    if first is not None:
        click.echo(str(first), err=True)
        sys.exit(1)
    items, logs = queries.counts(session)
    click.echo(f"everything adds up: inventory_item {items}, inventory_log {logs}")
