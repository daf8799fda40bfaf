"""`flask reports …`: the kept sums of closed days."""

import sys

import click
from flask import Flask
from flask.cli import AppGroup

from app.cli.deploy import now
from app.db import sqla
from app.kernel.dates import clinic_date
from app.reporting import queries
from app.reporting.rules import Period, days_to_close
from app.security import identity
from app.workflows import daily_sums

reports = AppGroup("reports", help="The kept sums of closed days.")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(reports)


@reports.command("close")
def close() -> None:
    """Close every day up to yesterday anew: for the first time, or after an import."""
    zone, moment = identity.the_clinic().zone, now()
    first = queries.first_day(sqla.session(), zone)
    period = days_to_close(first, None, clinic_date(moment, zone))
    if period is None:
        click.echo("no day to close yet")
        return
    click.echo(f"{period.days} days closed, {daily_sums.close_in_units(period, zone, moment)} sums kept")


@reports.command("verify")
def verify() -> None:
    """Recompute every kept sum of days and months; say the first difference and exit 1."""
    session, zone = sqla.session(), identity.the_clinic().zone
    closed = queries.closed_days(session)
    if closed is None:
        click.echo("no day is closed yet")
        return
    _refuse_missing(closed)
    found = queries.first_difference(session, closed, zone) or queries.differing_month(session, closed)
    if found is not None:
        click.echo(str(found), err=True)
        sys.exit(1)
    click.echo(f"{closed.days} days from {closed.first} to {closed.last}, everything adds up")


def _refuse_missing(closed: Period) -> None:
    missing = queries.missing_day(sqla.session(), closed, identity.the_clinic().zone)
    if missing is not None:
        click.echo(f"{missing} is not closed: run `flask reports close`", err=True)
        sys.exit(1)
