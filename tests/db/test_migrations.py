"""Migrations and models say the same, on both databases; up, down to nothing, and up again."""

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

import app.models  # noqa: F401 - every table
from app.db import sqla
from app.db.base import metadata
from tests.factories import servers
from tests.factories.clinic import build_app

Schema = dict[str, Any]


def address_of(backend: str, folder: Path) -> Iterator[str]:
    """The address of an empty database, which is dropped afterwards."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / uuid.uuid4().hex}.db"
        return
    server = servers.mariadb_url()
    if server is None:
        reason = "needs MariaDB: install mariadb-server or set SOYOO_TEST_MARIADB_URL"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"soyoo_test_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(sa.make_url(server).set(database=""), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # a database whose defaults are none of ours: each table must name its own
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET latin1")
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name}")


@pytest.fixture
def empty(backend: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table."""
    for url in address_of(backend, tmp_path):
        flask_app = build_app(url, tmp_path)
        with flask_app.app_context():
            yield flask_app
            sqla.session.remove()
            sqla.engine.dispose()


def plain(text: str) -> str:
    """A CHECK without the quotes, brackets and spaces in which databases differ from what was written."""
    return re.sub(r"[\s`\"()]", "", text).lower()


def schema() -> Schema:
    """What the database holds: columns, keys, checks and indexes of every table."""
    found = sa.inspect(sqla.engine)
    return {
        table: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(table)},
            "key": found.get_pk_constraint(table)["constrained_columns"],
            "foreign": {
                (*k["constrained_columns"], k["referred_table"], k["options"].get("ondelete"))
                for k in found.get_foreign_keys(table)
            },
            "unique": {tuple(i["column_names"]) for i in found.get_indexes(table) if i["unique"]}
            | {tuple(u["column_names"]) for u in found.get_unique_constraints(table)},
            "indexes": {tuple(i["column_names"]) for i in found.get_indexes(table) if not i["unique"]},
            "checks": {(c["name"], plain(c["sqltext"])) for c in found.get_check_constraints(table)},
            "options": {k: v for k, v in found.get_table_options(table).items() if "auto_increment" not in k},
        }
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def differing(one: Schema, other: Schema) -> list[str]:
    """Where two schemas differ."""
    tables = {table: set(one.get(table, {})) | set(other.get(table, {})) for table in {*one, *other}}
    return [
        f"{table} {part}: {one.get(table, {}).get(part)} / {other.get(table, {}).get(part)}"
        for table in sorted(tables)
        for part in sorted(tables[table])
        if one.get(table, {}).get(part) != other.get(table, {}).get(part)
    ]


def is_no_view(thing: Any, *_rest: Any) -> bool:
    """SQL views are made by hand in their migration."""
    return not thing.info.get("is_view")


@pytest.mark.both
def test_the_migrations_make_what_the_models_say_and_take_it_back(empty: Flask) -> None:
    upgrade()
    with sqla.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": is_no_view}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    migrated = schema()
    downgrade(revision="base")
    assert set(sa.inspect(sqla.engine).get_table_names()) <= {"alembic_version"}
    assert not sa.inspect(sqla.engine).get_view_names()
    upgrade()
    assert differing(migrated, schema()) == [], "the second time as the first"
    downgrade(revision="base")
    metadata.create_all(sqla.engine, tables=[t for t in metadata.sorted_tables if not t.info.get("is_view")])
    assert differing(migrated, schema()) == [], "CHECKs and indexes too, which Alembic doesn't compare"


def test_both_databases_get_the_same_tables_keys_and_checks(tmp_path: Path) -> None:
    found = []
    for backend in ("sqlite", "mariadb"):
        for url in address_of(backend, tmp_path):
            with build_app(url, tmp_path).app_context():
                upgrade()
                found.append(schema())
                sqla.session.remove()
                sqla.engine.dispose()
    parts = ("key", "unique", "foreign")
    same = [{table: {part: known[part] for part in parts} for table, known in one.items()} for one in found]
    assert differing(*same) == []
    for one in found:
        for known in one.values():
            known["names"] = {name: nullable for name, (_, nullable) in known["columns"].items()}
            known["checked"] = {name for name, _ in known["checks"]}
    same = [{t: {part: known[part] for part in ("names", "checked")} for t, known in one.items()} for one in found]
    assert differing(*same) == []
