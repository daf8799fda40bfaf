"""`flask files …`."""

import sys

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.db import sqla
from app.files.depot import Depot
from app.files.queries import count_files
from app.files.upkeep import differences

files = AppGroup("files", help="What was uploaded.")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(files)


@files.command("verify")
def verify() -> None:
    """Read every file again and compare it with its row; name what is missing, changed or orphaned, and exit 1."""
    session, count = sqla.session(), 0
    for difference in differences(session, Depot(current_app.config["INSTANCE"])):
        click.echo(str(difference), err=True)
        count += 1
    if count:
        sys.exit(1)
    click.echo(f"every file is as its row says: stored_file {count_files(session)}")
