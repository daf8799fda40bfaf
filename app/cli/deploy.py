"""Bringing a database to this release."""

import sys
from datetime import UTC, datetime

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.orm import Session

from app.audit.actions import record
from app.audit.rules import AuditAction
from app.db import unit
from app.db.unit import framework_writes
from app.kernel.errors import RuleError
from app.security import actions, matrix
from app.workflows import reference


def registered_pages(flask_app: Flask) -> set[str]:
    """The rows of the pages matrix that some view belongs to."""
    views = flask_app.extensions["appbuilder"].baseviews
    return {view.class_permission_name for view in views if "can_read" in view.base_permissions}


def sync_permissions(flask_app: Flask) -> tuple[int, int]:
    """Permissions of every registered view, then the matrix, into the database. Returns (given, taken)."""
    builder = flask_app.extensions["appbuilder"]
    with framework_writes():
        builder.sm.add_role(builder.sm.auth_role_admin)
        builder.sm.add_right_permissions()
        builder.add_permissions(update_perms=True)
    wanted = matrix.wanted_grants(registered_pages(flask_app))

    def write(session: Session) -> tuple[int, int]:
        given, taken = actions.sync_roles(session, wanted)
        if given or taken:
            record(session, AuditAction.PERMISSION, "ab_role", "", changes={"given": given, "taken": taken})
        return given, taken

    return unit(write)


def deploy(flask_app: Flask) -> None:
    """Bring the database to this release: migrations, permissions, roles, reference data."""
    upgrade()
    sync_permissions(flask_app)
    unit(lambda session: reference.load_all(session, now().date(), flask_app.config["TIME_ZONE"]))


def fail(error: RuleError) -> None:
    """Say why a command was refused, and end it with 1."""
    for field, text in error.errors:
        click.echo(f"{field or 'error'}: {text}", err=True)
    sys.exit(1)


def now() -> datetime:
    """This instant: the commands' clock."""
    return datetime.now(UTC)
