"""Alembic's environment: our metadata, plain types in the files, the same schema on both databases."""

import logging
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app
from sqlalchemy.types import TypeDecorator

import app.models  # noqa: F401 - every table
from app.db.base import metadata

logging.getLogger("alembic").setLevel(logging.WARNING)


def render_item(kind: str, item: Any, autogen: Any) -> Any:
    """Write our column types as the plain ones beneath them: a migration must outlive the code."""
    if kind != "type":
        return False
    if isinstance(item, TypeDecorator):
        if type(item).__name__ == "Instant":
            autogen.imports.add("from sqlalchemy.dialects import mysql")
            return "sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')"
        return (
            repr(item.impl_instance).join(("sa.", ""))
            if not isinstance(item.impl_instance, sa.String)
            else (f"sa.String(length={item.impl_instance.length})")
        )
    if isinstance(item, sa.String) and item._variant_mapping:
        autogen.imports.add("from sqlalchemy.dialects import mysql")
        n = item.length
        return (
            f"sa.String(length={n}).with_variant("
            f"mysql.VARCHAR(length={n}, charset='ascii', collation='ascii_bin'), 'mysql', 'mariadb')"
        )
    return False


def include_object(thing: Any, _name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """SQL views are made by hand in their migration."""
    return not (kind == "table" and thing.info.get("is_view"))


def run_migrations_online() -> None:
    """Run on the application's engine."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render_item,
            include_object=include_object,
            compare_type=True,
            render_as_batch=engine.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
