"""The ladder: who may import whom, inside functions too; and what must stay pure."""

import ast

import pytest

from app.db.base import metadata
from tests.house.bulk import bulk_writes
from tests.house.tree import LADDER, LAYERS, TOP, Module, modules, of

PURE = [m for m in modules() if m.room == "kernel" or (m.room in LADDER and m.layer in ("rules", "words"))]
FRAMEWORKS = ("flask", "flask_appbuilder", "flask_babel", "flask_login", "sqlalchemy", "wtforms", "werkzeug", "jinja2")


def ids(found: list[Module]) -> list[str]:
    return [m.name for m in found]


@pytest.mark.parametrize("module", modules(), ids=lambda m: m.name)
def test_imports_go_down_the_ladder(module: Module) -> None:
    wrong = []
    for line, name in module.imports():
        if not name.startswith("app."):
            continue
        room, layer = of(name)
        above = room not in LADDER or (layer in TOP and room != "web")
        same = room == module.room
        if module.is_top or (above and same and module.layer in TOP):
            continue
        if above or (not same and LADDER.index(room) > LADDER.index(module.room)):
            wrong.append(f"line {line}: {name}")
    assert not wrong, wrong


@pytest.mark.parametrize("module", PURE, ids=lambda m: m.name)
def test_rules_know_no_framework_no_session_and_no_clock(module: Module) -> None:
    allowed_outside = {"phonenumbers"} if module.room == "kernel" else set()
    for line, name in module.imports():
        head = name.split(".")[0]
        assert head not in FRAMEWORKS, f"line {line}: {name}"
        if head == "app":
            room, layer = of(name)
            assert room == "kernel" or layer in ("rules", "words", "settings"), f"line {line}: {name}"
        else:
            import sys

            assert head in sys.stdlib_module_names | allowed_outside, f"line {line}: {name}"
    assert not _clock_calls(module)


@pytest.mark.parametrize("module", [m for m in modules() if m.layer in LAYERS], ids=lambda m: m.name)
def test_layers_below_the_views_never_ask_the_clock_or_the_request(module: Module) -> None:
    assert not _clock_calls(module)
    assert not [name for _, name in module.imports() if name.split(".")[0] in ("flask", "flask_login", "flask_babel")]


def _clock_calls(module: Module) -> list[int]:
    calls = [node for node in ast.walk(module.tree()) if isinstance(node, ast.Call)]
    asked = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr in ("now", "today", "utcnow")]
    return [
        c.lineno
        for c in asked
        if isinstance(c.func, ast.Attribute)
        and ast.unparse(c.func.value) in ("datetime", "date", "dt.datetime", "dt.date")
    ]


@pytest.mark.parametrize("module", [m for m in modules() if m.layer == "models"], ids=lambda m: m.name)
def test_models_are_mute(module: Module) -> None:
    for line, name in module.imports():
        room, layer = of(name)
        is_app = name.startswith("app.")
        assert not is_app or room in ("kernel", "db") or layer in ("models", "rules"), f"line {line}: {name}"
    assert not [
        n.lineno for n in ast.walk(module.tree()) if isinstance(n, ast.Attribute) and n.attr in ("execute", "scalars")
    ]


@pytest.mark.parametrize("module", [m for m in modules() if m.room != "db"], ids=lambda m: m.name)
def test_nobody_commits_but_the_unit(module: Module) -> None:
    calls = [n for n in ast.walk(module.tree()) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    assert not [c.lineno for c in calls if c.func.attr in ("commit", "begin_nested")]


@pytest.mark.parametrize("module", [m for m in modules() if m.is_top], ids=lambda m: m.name)
def test_views_are_imported_only_by_the_composition_root(module: Module) -> None:
    if module.room in ("menu", "factory", "cli"):
        return
    importers = [m.name for m in modules() for _, name in m.imports() if name == module.name]
    own = f"app.{module.room}."
    outside = [
        n for n in importers if not (n + ".").startswith(own) and n.split(".")[1] not in ("menu", "factory", "cli")
    ]
    assert not outside, outside


def test_bulk_writes_that_pass_by_the_listeners_are_on_a_short_list() -> None:
    """Trap 12: a Core insert, update or delete is not audited and not checked by the row rules."""
    allowed = {
        "app.audit.actions",  # the log itself
        "app.jobs.actions",  # counters
        "app.security.actions.rights",  # association rows; the change is recorded by the page
        "app.scheduling.actions",  # booking slots
        "app.stock.actions",  # the number on hand; its log is the record
        "app.reporting.actions",  # kept sums of closed days, computed in the database
        "app.workflows.demo",  # a demo clinic is loaded in bulk
    }
    found = {module.name: lines for module in modules() if (lines := bulk_writes(module.tree()))}
    assert not {
        name: lines for name, lines in found.items() if not any(name == a or name.startswith(a + ".") for a in allowed)
    }
    needless = {a for a in allowed if not any(name == a or name.startswith(a + ".") for name in found)}
    assert not needless, "the list is as short as it can be"


@pytest.mark.parametrize(
    "written",
    [
        "sa.insert(Patient)", "session.execute(sa.update(Patient).values(x=1))", "sqlalchemy.delete(Patient)",
        "from sqlalchemy import insert as put\nput(Patient)", "from sqlalchemy.dialects.mysql import insert\ninsert(T)",
        "import sqlalchemy.dialects.sqlite as lite\nlite.insert(T)", "from sqlalchemy import delete\nx = delete",
        "session.query(Patient).filter_by(x=1).update({})", "session.query(Patient).delete()",
        "q = session.query(Patient)\nq.where(x).delete(synchronize_session=False)", "Patient.__table__.update()",
        "Patient.__table__.insert().values(x=1)", "metadata.tables['patient'].delete()", "table.c.x.table.update()",
        "session.bulk_insert_mappings(Patient, rows)", "session.bulk_update_mappings(Patient, rows)",
        "session.bulk_save_objects(rows)", "connection.exec_driver_sql('UPDATE patient SET x = 1')",
        "connection.exec_driver_sql(f'delete from {table}')", "session.execute(sa.text('  DELETE FROM patient'))",
        "session.execute(text('REPLACE INTO patient VALUES (1)'))", "cursor.execute('insert into patient values (1)')",
        "cursor.executemany('TRUNCATE TABLE ' + name, [])", "sql = 'UPDATE patient SET x = 1'\nsession.execute(sa.text(sql))",
        "session.execute(sa.text('WITH a AS (SELECT 1) DELETE FROM patient'))", "getattr(sa, 'insert')(Patient)",
        "make = sa.update\nmake(Patient)", "sa.lambda_stmt(lambda: sa.delete(P))", "session.execute('MERGE INTO patient')",
    ],
)  # fmt: skip
def test_every_way_to_write_past_the_listeners_is_found(written: str) -> None:
    assert bulk_writes(ast.parse(written))


@pytest.mark.parametrize(
    "written",
    [
        "session.add(row)", "session.delete(row)", "found.update(more)", "seen.update({1: 2})", "digest.update(data)",
        "session.execute(sa.select(Patient))", "session.execute(sa.text('SELECT * FROM patient'))",
        "names.insert(0, name)", "say(T('Update the list'))", "T('Delete “%(name)s”? This can’t be undone.')",
        "connection.exec_driver_sql('BEGIN IMMEDIATE')", "jar.delete(key)", '"""Insert a row of the form."""',
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_is_not(written: str) -> None:
    assert not bulk_writes(ast.parse(written))


def test_foreign_keys_go_down_the_ladder() -> None:
    from flask_appbuilder.models.sqla import Model

    import app.models  # noqa: F401 - every table

    rooms = {m.local_table.name: of(m.class_.__module__)[0] for m in Model.registry.mappers}
    wrong = []
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            room, target = rooms.get(table.name, ""), rooms.get(key.column.table.name, "")
            if room in LADDER and target in LADDER and LADDER.index(target) > LADDER.index(room):
                wrong.append(f"{table.name} → {key.column.table.name}")
    assert not wrong
