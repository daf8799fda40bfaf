"""`flask jobs …`: work that follows a commit, and what runs each night."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.cli.deploy import now
from app.db import sqla, unit
from app.files.depot import Depot
from app.kernel.dates import clinic_date
from app.security import identity
from app.workflows import daily_sums, nightly, recalls
from app.workflows.jobs import seal_log

jobs = AppGroup("jobs", help="Work in the background.")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(jobs)


@jobs.command("nightly")
def run_nightly() -> None:
    """What changes by itself when a day ends; running it twice changes nothing."""
    zone = identity.the_clinic().zone
    today = clinic_date(now(), zone)
    changed = unit(lambda session: nightly.refresh_statuses(session, today, zone))
    click.echo(f"patients whose status changed: {changed}")
    linked = unit(nightly.link_calls)
    click.echo(f"calls and texts that found their caller: {linked}")
    dropped = unit(lambda session: nightly.drop_past_slots(session, today, zone))
    click.echo(f"booking slots of past days dropped: {dropped}")
    opened = unit(lambda session: recalls.open_missing(session, today, zone))
    click.echo(f"recalls opened: {opened}")
    loaded = unit(lambda session: nightly.load_holidays(session, today))
    click.echo(f"public holidays added: {loaded}")
    made = unit(lambda session: nightly.make_shifts(session, today))
    click.echo(f"shifts made of weekly patterns: {made}")
    swept = nightly.sweep_files(sqla.session(), Depot(current_app.config["INSTANCE"]), now())
    click.echo(f"files that belonged to nobody removed: {'none, most have no row here' if swept is None else swept}")
    click.echo(f"entries of the audit log sealed: {seal_log(current_app._get_current_object())}")  # type: ignore[attr-defined]
    period = daily_sums.open_days(sqla.session(), today, zone)
    if period is not None:
        daily_sums.close_in_units(period, zone, now())
        click.echo(f"days closed: {period}")
