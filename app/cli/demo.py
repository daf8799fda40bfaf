"""`flask demo load`: a clinic to look at, of any size."""

import time

import click
from flask import Flask
from flask.cli import AppGroup

from app.kernel.errors import RuleError
from app.web.text import say
from app.workflows.demo import PATIENTS, load_demo

demo = AppGroup("demo", help="The demo clinic.")


@demo.command("load")
@click.option("--patients", type=click.IntRange(1), default=PATIENTS, show_default=True)
@click.option("--appointments", type=click.IntRange(1), help="Eight for each patient unless told otherwise.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed on the same day: the same clinic.")
@click.pass_context
def load(context: click.Context, patients: int, appointments: int | None, seed: int) -> None:
    """Fill an empty clinic; one that holds patients is refused, and so is production."""
    from flask import current_app

    if current_app.config["ENV_NAME"] == "production":
        click.echo("The demo clinic is not loaded with SOYOO_ENV=production.", err=True)
        context.exit(1)
    begun = time.monotonic()
    try:
        made = load_demo(patients, appointments, seed, tell=_tell)
    except RuleError as error:
        click.echo(say(error.text), err=True)
        context.exit(1)
    took = time.monotonic() - begun
    click.echo(f"{made['patients']} patients, {made['appointments']} appointments in {took:.1f} s")


def _tell(done: int, of: int) -> None:
    click.echo(f"{done:,} of {of:,} appointments")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(demo)
