"""`flask roles …` and `flask admin create`."""

import sys

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.cli.deploy import fail, now, registered_pages, sync_permissions
from app.db import sqla, unit
from app.kernel.errors import NotFound, RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T
from app.security import actions, matrix, queries
from app.security.rules.second_factor import RESET_HOURS, spelled

roles = AppGroup("roles", help="The matrix of rights.")
admin = AppGroup("admin", help="The first Admin.")


def init(flask_app: Flask) -> None:
    """Attach the groups."""
    flask_app.cli.add_command(roles)
    flask_app.cli.add_command(admin)


@roles.command("sync")
def sync() -> None:
    """Bring the matrix into the database, without undoing an Admin's changes."""
    given, taken = sync_permissions(current_app)
    click.echo(f"given {given}, taken {taken}")


@roles.command("drift")
def drift() -> None:
    """Say what differs between the matrix and the database."""
    wanted = matrix.wanted_grants(registered_pages(current_app))
    have = queries.all_grants(sqla.session(), matrix.ROLES)
    for sign, grants in (("+", have - wanted), ("-", wanted - have)):
        for role, permission, view in sorted(grants):
            click.echo(f"{sign} {role}: {permission} {view}")
    click.echo(f"{len(have ^ wanted)} differences")


@admin.command("create")
@click.option("--phone", required=True)
@click.option("--name", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_admin(phone: str, name: str, password_stdin: bool) -> None:
    """Create a user with the role Admin."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask_password()

    def write(session: Session) -> str:
        user = actions.add_user(session, phone=phone, name=name, roles=["Admin"], password=password)
        record(session, AuditAction.PERMISSION, "ab_user", user.id, changes={"roles": [[], ["Admin"]]})
        return user.username

    try:
        click.echo(f"{unit(write)} can sign in now")
    except RuleError as error:
        fail(error)


@admin.command("reset")
@click.option("--phone", required=True)
@click.option("--drop-second-factor", is_flag=True, help="The phone is lost, and the recovery codes too.")
def reset(phone: str, drop_second_factor: bool) -> None:
    """Print a one-time code with which somebody chooses a new password: when no Admin can sign in any more."""

    def write(session: Session) -> str:
        user = queries.user_by_phone(session, parse_phone(phone, field="phone"))
        if user is None:
            raise NotFound(T("Nobody signs in with this number."), field="phone")
        return actions.give_reset_code(
            session, user, by=None, by_roles=None, now=now(), drops_factor=drop_second_factor
        )

    try:
        click.echo(f"one-time code for /login/reset, for {RESET_HOURS} hours: {spelled(unit(write))}")
    except RuleError as error:
        fail(error)


def _ask_password() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
