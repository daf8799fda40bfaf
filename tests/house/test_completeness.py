"""Every table has its screens, chart, page, labels, title and factory; every route its gate."""

import importlib
import inspect
import pkgutil
import typing
from pathlib import Path
from typing import Any

import pytest
from flask_appbuilder.models.sqla import Model

import app.models  # noqa: F401 - every table
import tests.factories
from app import menu
from app.db.base import Base
from app.security import matrix
from app.web import vocabulary
from app.web.views import ClinicView

MODELS = sorted({m.class_ for m in Model.registry.mappers if issubclass(m.class_, Base)}, key=lambda c: c.__name__)
VIEWS = [view for view in menu.VIEWS if issubclass(view, ClinicView)]
BY_MODEL: dict[Any, list[Any]] = {}
for _view in VIEWS:
    BY_MODEL.setdefault(_view.datamodel.obj, []).append(_view)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_table_has_its_view_and_a_name_for_its_rows(model: Any) -> None:
    assert model in BY_MODEL, "a view class in the room's views, registered in app/menu.py"
    assert isinstance(getattr(model, "title", None), property)


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.__name__)
def test_every_view_names_its_columns_and_its_page(view: Any) -> None:
    own = {
        name
        for base in view.__mro__[:-1]
        if base.__module__.startswith("app.") and base.__module__ != "app.web.views"
        for name in vars(base)
    }
    assert view.page in {row.name for row in matrix.pages()}
    assert view.list_columns, "trap 2: without it every column is shown"
    assert {"list_columns", "search_columns", "order_columns", "title_one", "title_many"} <= own


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.__name__)
def test_every_column_of_a_view_exists_and_has_a_label(view: Any, sqlite_app: Any) -> None:
    with sqlite_app.app_context():
        found = next(v for v in sqlite_app.extensions["appbuilder"].baseviews if type(v) is view)
        for columns in (
            "list_columns",
            "show_columns",
            "add_columns",
            "edit_columns",
            "search_columns",
            "order_columns",
        ):
            for name in getattr(found, columns):
                assert found.label(name), name
                if columns in ("search_columns", "order_columns"):
                    assert found.column(name) is not None
        assert found.definitions, "every table has a chart"
        secret = {c.key for c in found.model.__mapper__.columns if c.info.get("secret")}
        shown = {*found.list_columns, *found.show_columns, *found.search_columns, *found.order_columns}
        assert not secret & shown


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_append_only_tables_have_no_form(model: Any) -> None:
    from app.db.base import AppendOnly

    if issubclass(model, AppendOnly):
        for view in BY_MODEL.get(model, []):
            assert not view.add_columns
            assert not view.edit_columns
            assert not view.can_delete


def test_no_table_name_is_used_twice() -> None:
    names = [m.class_.__tablename__ for m in Model.registry.mappers]
    assert len(names) == len(set(names))


def test_every_route_has_exactly_one_gate(sqlite_app: Any) -> None:
    """Trap 6: an exposed method without a gate is public, silently."""
    ungated = []
    for rule in sqlite_app.url_map.iter_rules():
        view = sqlite_app.view_functions[rule.endpoint]
        if (
            rule.endpoint != "static"
            and not hasattr(view, "gate")
            and not hasattr(getattr(view, "__func__", None), "gate")
        ):
            ungated.append(rule.rule)
    assert not ungated


def test_every_screen_of_the_menu_exists(sqlite_app: Any) -> None:
    adapter = sqlite_app.url_map.bind("localhost")
    for _, entries in menu.MENU:
        for entry in entries:
            assert adapter.match(entry.url)
            assert entry.page in {row.name for row in matrix.pages()}


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    import re

    root = Path(__file__).resolve().parents[2] / "app"
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (root / "static/vendor/lucide/icons.svg").read_text()))
    used = {entry.icon for _, entries in menu.MENU for entry in entries}
    for template in (root / "templates").rglob("*.html"):
        used |= set(re.findall(r'icon\("([\w-]+)"\)', template.read_text(encoding="utf-8")))
    assert used <= sprite, used - sprite


# --- what else each table must have

# Columns that no screen shows: what only serves the machine, by name, or one of a table.
UNNAMED = {
    "idempotency_key": "makes a form that is sent twice one row",
    "dedupe_key": "makes a message or a job that is asked for twice one row",
    "lease_token": "whose hands a job is in",
    "sort_name": "the order of the Mongolian alphabet",
    "hash": "what makes a change of a snapshot visible",
    "signed_hash": "what makes a change of a signed plan visible",
    "user_profile.preferences": "saved filters and columns, shown on their lists",
    "user_profile.reset_expires_at": "how long a code for a new password lives",
    "clinic.logo_file_number": "comes with the page for the logo",
}
# Rows that come with others, and who makes them.
MADE_WITH = {
    "PatientPhone": "people.patient", "PatientSearch": "people.patient", "EmployeePhone": "people.employee",
    "EmployeePosition": "people.employee", "Clinic": "clinic.build_template", "RoleSeed": "clinic.build_template",
    "UserProfile": "clinic.add_cast", "MedicalRecord": "is a view of other tables",
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_column_has_a_name_for_people(model: Any, sqlite_app: Any) -> None:
    silent = []
    for name, column in model.__mapper__.columns.items():
        hidden = column.primary_key or column.info.get("secret") or {name, f"{model.__tablename__}.{name}"} & {*UNNAMED}
        try:
            assert hidden or vocabulary.label(name, model.__tablename__)
        except KeyError:
            silent.append(name)
    assert not silent, f"add {silent} to the words of the room"


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_table_has_a_chart_and_stands_in_the_matrix(model: Any, sqlite_app: Any) -> None:
    views = [v for v in sqlite_app.extensions["appbuilder"].baseviews if getattr(v, "model", None) is model]
    assert any(view.definitions for view in views if isinstance(view, ClinicView))
    assert {view.page for view in views if isinstance(view, ClinicView)} <= {row.name for row in matrix.pages()}


def factories() -> set[Any]:
    """The models that a factory of tests/factories makes, by what it says it returns."""
    made = set()
    for module in pkgutil.iter_modules(tests.factories.__path__):
        loaded = importlib.import_module(f"tests.factories.{module.name}")
        for found in vars(loaded).values():
            if inspect.isfunction(found) and found.__module__ == loaded.__name__:
                made.add(typing.get_type_hints(found).get("return"))
    return made


def test_every_table_has_a_factory() -> None:
    made = factories()
    assert [model.__name__ for model in MODELS if model not in made and model.__name__ not in MADE_WITH] == []
    assert {*MADE_WITH} <= {model.__name__ for model in MODELS}
