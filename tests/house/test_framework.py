"""Flask-AppBuilder's own doors stay closed: its APIs, sign-in, downloads, actions and unsafe settings (traps 1, 4, 6, 7)."""

from typing import Any

import pytest
from flask_appbuilder import ModelRestApi
from flask_appbuilder.baseviews import AbstractViewApi

from app.factory import csrf
from app.web.api.rest import ClinicApi
from tests.factories.clinic import Clinic


def test_no_view_and_no_blueprint_is_exempt_from_the_token(sqlite_app: Any) -> None:
    """Trap 1: a JSON POST with a session cookie alone created an Admin."""
    assert not csrf._exempt_views
    assert not csrf._exempt_blueprints
    views = sqlite_app.extensions["appbuilder"].baseviews
    assert not [view for view in views if getattr(view, "csrf_exempt", False)]


def test_every_api_names_its_columns(sqlite_app: Any) -> None:
    """Trap 2 on the API: what is left out would be every column of the table."""
    apis = [view for view in sqlite_app.extensions["appbuilder"].baseviews if isinstance(view, ModelRestApi)]
    assert {api.resource_name for api in apis} == {
        "patients", "employees", "services", "appointments", "treatments", "invoices", "payments",
    }  # fmt: skip
    for api in apis:
        assert isinstance(api, ClinicApi)
        assert {"list_columns", "show_columns", "search_columns", "order_columns", "page"} <= vars(type(api)).keys()
        assert bool(api.add_columns) != ("post" in api.exclude_route_methods)
        secret = {column.key for column in api.model.__mapper__.columns if column.info.get("secret")}
        assert not secret & {*api.list_columns, *api.show_columns, *api.search_columns}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("WTF_CSRF_ENABLED", True),
        ("SESSION_COOKIE_SAMESITE", "Lax"),
        ("SESSION_COOKIE_HTTPONLY", True),
        ("FAB_ADD_SECURITY_API", False),
        ("FAB_API_KEY_ENABLED", False),
        ("FAB_CREATE_DB", False),
        ("FAB_UPDATE_PERMS", False),
    ],
)
def test_what_the_framework_would_do_otherwise_is_switched_off(sqlite_app: Any, setting: str, value: object) -> None:
    assert sqlite_app.config[setting] == value
    assert not sqlite_app.config.get("FAB_ALLOW_GET_UNSAFE_MUTATIONS")


def test_only_our_own_views_are_registered(sqlite_app: Any) -> None:
    views = sqlite_app.extensions["appbuilder"].baseviews
    assert {type(view).__module__.split(".")[0] for view in views} == {"app"}
    assert all(isinstance(view, AbstractViewApi) for view in views)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/security/refresh", "/api/v1/menu/", "/api/v1/security/users/", "/userdbmodelview/list/", "/resetpassword/form?pk=1",
        "/patientview/list/", "/patients/download/x", "/patients/action/x/1", "/users/action_post", "/back",
        "/static/appbuilder/js/ab.js", "/registeruser/form", "/users/userinfo/", "/api/v1/patientview/",
    ],
)  # fmt: skip
def test_its_addresses_are_not_there(clinic: Clinic, path: str) -> None:
    admin = clinic.client("Admin")
    assert admin.get(path).status_code == 404
    assert admin.submit(path).status_code in (404, 405)
