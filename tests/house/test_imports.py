"""The ladder: who may import whom, inside functions too; and what must stay pure."""

import ast

import pytest

from app.db.base import metadata
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
    found = set()
    for module in modules():
        for node in ast.walk(module.tree()):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "sa.insert",
                "sa.update",
                "sa.delete",
                "insert",
                "update",
                "delete",
            ):
                found.add(module.name)
    assert {name for name in found if not any(name == a or name.startswith(a + ".") for a in allowed)} == set()


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
