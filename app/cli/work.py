"""`flask jobs work`: a worker as a process of its own."""

import signal
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.workflows.jobs import make_worker


def init(flask_app: Flask) -> None:
    """Attach the command to `flask jobs`; after that group, which other commands may have made."""
    group = flask_app.cli.commands.get("jobs")
    if not isinstance(group, click.Group):
        group = AppGroup("jobs", help="Work that follows a commit.")
        flask_app.cli.add_command(group)
    group.add_command(work)


@click.command("work")
@click.option("--once", is_flag=True, help="Run what is due now, then end.")
def work(once: bool) -> None:
    """Run the jobs of this clinic until it is stopped; the job in hand is then given back."""
    worker = make_worker(current_app._get_current_object())  # type: ignore[attr-defined]  # the proxy's own application
    if once:
        click.echo(f"{worker.run_all()} jobs done")
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    worker.run_forever()
