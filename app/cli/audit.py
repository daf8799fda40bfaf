"""`flask audit …`: the chain over the audit log."""

import sys

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from app.audit import sealer
from app.audit.queries import seal as queries
from app.audit.rules import seal as rules
from app.cli.deploy import now
from app.db import sqla

audit = AppGroup("audit", help="The audit log and its seals.")


def init(flask_app: Flask) -> None:
    """Attach the group."""
    flask_app.cli.add_command(audit)


@audit.command("seal")
@click.option("--late", is_flag=True, help="Also what is out of time, after somebody has looked at it.")
def seal(late: bool) -> None:
    """Seal what has no seal yet."""
    config = current_app.config
    done = sealer.seal(sealer.keys_of(config), config["INSTANCE"], now, late=late)
    click.echo(f"sealed {done}")


@audit.command("head")
@click.option("--keep", is_flag=True, help="Keep it in the instance folder, whatever was kept before.")
def head(keep: bool) -> None:
    """Print the head of the chain, for a backup: SEQUENCE:HASH and when it was sealed."""
    config = current_app.config
    if keep:
        click.echo(sealer.keep(sealer.keys_of(config), config["INSTANCE"]))
        return
    last = queries.head(sqla.session())
    if last is None:
        click.echo("nothing is sealed yet", err=True)
        sys.exit(1)
    click.echo(f"{rules.head_text(last.sequence, last.hash)} {last.created_at:%Y-%m-%dT%H:%M:%SZ}")


@audit.command("verify")
@click.option("--head", "heads", multiple=True, metavar="SEQ:HASH", help="A head that was kept elsewhere.")
def verify(heads: tuple[str, ...]) -> None:
    """Recompute every seal; name the first row that was altered, put in, moved or removed, and exit 1."""
    try:
        found = sealer.verify(current_app.config, [rules.read_head(one) for one in heads], now())
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if found.first is not None:
        click.echo(str(found.first), err=True)
        sys.exit(1)
    click.echo(f"nothing differs: {found.rows} rows, head {found.head} {found.at}")
