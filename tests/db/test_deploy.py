"""Deploying: Flask-AppBuilder's tables take rows after a migration (trap 21); a second deploy and a start change nothing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, event

from app.cli.deploy import deploy
from app.db import sqla
from app.db.base import metadata
from app.people.models import Patient
from app.security import actions
from tests.factories import people
from tests.factories.clinic import Clinic, build_app

FRAMEWORK = sorted(name for name in metadata.tables if name.startswith("ab_"))


@contextmanager
def every_statement() -> Iterator[list[str]]:
    """The SQL of every engine inside the block, begin and commit too."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def value_for(column: "sa.Column[Any]") -> Any:
    """Something that the column takes."""
    if isinstance(column.type, sa.Boolean):
        return True
    if isinstance(column.type, sa.Integer):
        return 900_000 + len(column.name)
    if isinstance(column.type, sa.DateTime):
        return sa.func.now()
    return f"x-{column.name}"[: column.type.length]  # type: ignore[attr-defined]  # what remains are strings


def rows_of(session: Any, name: str) -> list[str]:
    return sorted(str(tuple(row)) for row in session.execute(sa.select(metadata.tables[name])))


@pytest.mark.both
@pytest.mark.parametrize("name", FRAMEWORK)
def test_a_row_can_be_added_to_each_table_of_the_framework_without_saying_its_id(clinic: Clinic, name: str) -> None:
    table = metadata.tables[name]
    keys = {column.name for column in table.columns if column.foreign_keys}
    values = {c.name: value_for(c) for c in table.columns if not c.primary_key and c.name not in keys}

    def write(session: Any) -> Any:
        for column in (table.c[key] for key in keys):
            target = next(iter(column.foreign_keys)).column
            values[column.name] = session.scalar(sa.select(sa.func.max(target)))
        pair = [table.c[key] == values[key] for key in keys]
        if len(keys) == 2:  # a pair of which each may stand once
            session.execute(sa.delete(table).where(*pair))
        return session.execute(sa.insert(table).values(values)).inserted_primary_key[0]

    assert clinic.unit(write) is not None


def test_no_column_counts_by_a_sequence_which_migrations_do_not_make() -> None:
    assert not [c for t in metadata.tables.values() for c in t.columns if isinstance(c.default, sa.Sequence)]
    assert not metadata._sequences


@pytest.mark.both
def test_a_second_deploy_keeps_every_permission_user_and_row(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """Also what an Admin changed, and the clinic's own rows."""
    clinic.make(people.patient)
    clinic.unit(lambda s: actions.change_grants(s, "Nurse", {("can_read", "/employees")}, set(), ["Admin"]))
    names = [*FRAMEWORK, "role_seed", "service_catalog", "user_profile"]
    before = {name: rows_of(clinic.session, name) for name in names}
    assert len(before["ab_permission_view_role"]) > 200
    patients = clinic.count(Patient)
    with caplog.at_level(logging.WARNING):
        deploy(clinic.app)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert {name: rows_of(clinic.session, name) for name in names} == before
    assert clinic.count(Patient) == patients


@pytest.mark.both
def test_a_start_asks_the_database_nothing_and_the_first_answer_hardly(clinic: Clinic, tmp_path: Path) -> None:
    """Flask-AppBuilder syncs 900 permissions at each start unless it is kept from it."""
    with every_statement() as seen:
        started = build_app(clinic.app.config["SQLALCHEMY_DATABASE_URI"], tmp_path)
    assert seen == []
    with every_statement() as seen:
        assert started.test_client().get("/login/").status_code == 200
    asked = [statement for statement in seen if statement.startswith("SELECT") and "@@" not in statement]
    assert len(asked) <= 8
    with started.app_context():
        sqla.engine.dispose()
