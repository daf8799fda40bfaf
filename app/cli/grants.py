"""`flask db grants`: the rights of the application's own user on MariaDB, made from the models."""

import click
from flask import Flask
from flask_appbuilder.models.sqla import Model
from flask_migrate.cli import db

from app.audit.rules.grants import statements
from app.db import sqla
from app.db.base import AppendOnly, metadata


def init(flask_app: Flask) -> None:
    """Attach the command to Flask-Migrate's group."""
    db.add_command(grants)


@click.command("grants")
@click.option("--user", default="soyoo", show_default=True)
@click.option("--host", default="localhost", show_default=True)
@click.option("--database", help="Default: the one of this installation.")
def grants(user: str, host: str, database: str | None) -> None:
    """Print what to run as MariaDB's root once the user exists, and after each migration that makes a table."""
    click.echo("\n".join(lines(user, host, database or sqla.engine.url.database or "")))


def lines(user: str, host: str, database: str) -> list[str]:
    """The script."""
    append_only = {m.local_table.name for m in Model.registry.mappers if issubclass(m.class_, AppendOnly)}
    views = {name for name, table in metadata.tables.items() if table.info.get("is_view")}
    try:
        found = list(
            statements(
                database, user, host, [*metadata.tables, "alembic_version"], append_only, {*views, "alembic_version"}
            )
        )
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return [
        f"-- The application's user: rows of {len(append_only)} tables are added and read, never changed or deleted.",
        f"-- First: CREATE USER IF NOT EXISTS '{user}'@'{host}' IDENTIFIED BY '…';",
        "-- Migrations, `flask deploy` and `flask roles sync` are run as another user, who owns the tables.",
        *found,
    ]
