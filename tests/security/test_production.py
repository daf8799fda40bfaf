"""What a production server refuses to start with, and whom it believes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, request

import config
from app.cli.ready import why_unready
from app.db import sqla
from app.factory import create_app
from app.security import matrix
from tests.factories.clinic import CAST, PASSWORD, Clinic
from tests.security.attacks import attack

ROOT = Path(__file__).resolve().parents[2]
GOOD = "9f2c7be1a04d83565ce0b7aa19d2f4836b7e05c1d9a84f32"
PRODUCTION = {"SOYOO_ENV": "production", "SOYOO_HOSTS": "clinic.mn,www.clinic.mn", "SOYOO_SECRET_KEY": GOOD}


def load(tmp_path: Path, **changed: str) -> dict[str, Any]:
    return config.load({**PRODUCTION, "SOYOO_INSTANCE": str(tmp_path), **changed})


@attack("Sign cookies with a key that stands in examples, is short, or can be guessed", "V13.3.1")
@pytest.mark.parametrize(
    "key",
    ["", "short", "x" * 31, "a" * 64, "ab" * 32, "0123456789abcdef" * 4, "change-me-change-me-change-me-change-me!", "the key of the tests, which is long enough 123",
     "SECRET_KEY_SECRET_KEY_SECRET_KEY_123", "soyoo-demo-1-soyoo-demo-1-soyoo-demo-2", "default-default-xyz-0123456789-default", GOOD[:31]],
)  # fmt: skip
def test_a_key_that_others_could_guess_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(SystemExit, match=r"SOYOO_SECRET_KEY .*token_hex"):
        load(tmp_path, SOYOO_SECRET_KEY=key)


def test_a_good_key_is_taken_and_development_makes_its_own(tmp_path: Path) -> None:
    import secrets

    assert load(tmp_path)["SECRET_KEY"] == GOOD
    for _ in range(200):
        assert config.why_weak(secrets.token_hex(32)) == ""
        assert config.why_weak(secrets.token_urlsafe(32)) == ""
    made = config.load({"SOYOO_ENV": "development", "SOYOO_INSTANCE": str(tmp_path)})["SECRET_KEY"]
    assert len(made) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"SOYOO_HOSTS": ""}, "SOYOO_HOSTS is required"), ({"SOYOO_HOSTS": " , "}, "SOYOO_HOSTS is required"), ({"SOYOO_PROXIES": "-1"}, "SOYOO_PROXIES"),
     ({"SOYOO_PROXIES": "two"}, "SOYOO_PROXIES"), ({"SOYOO_PROXIES": "99"}, "SOYOO_PROXIES"), ({"SOYOO_ENV": "prod"}, "SOYOO_ENV")],
)  # fmt: skip
def test_what_can_not_work_is_said_by_its_name(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        load(tmp_path, **changed)


# --- the database


@attack("Serve a database whose tables or rights are of another release", "V15.1.1")
@pytest.mark.both
def test_another_migration_or_other_rights_are_found_and_what_mends_them_is_said(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert why_unready(clinic.app) == ""
    pages = tuple((name, "W W W W W W W W" if name == "/audit" else marks, text) for name, marks, text in matrix.PAGES)
    with monkeypatch.context() as patch:
        patch.setattr(matrix, "PAGES", pages)
        found = why_unready(clinic.app)
        assert found.startswith("the rights of this release are not those in the database (+")
        assert "flask --app run deploy" in found
    clinic.session.close()
    for revision, said in (("0001_first_release", "flask --app run deploy"), ("9999_later", "start the newer release")):
        with sqla.engine.begin() as connection:
            at = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": revision})
        try:
            assert revision in why_unready(clinic.app)
            assert said in why_unready(clinic.app)
        finally:
            with sqla.engine.begin() as connection:
                connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": at})


def test_an_admins_own_changes_of_rights_are_no_difference(clinic: Clinic) -> None:
    from app.security import actions

    clinic.unit(
        lambda s: actions.change_grants(s, "Nurse", {("can_read", "/employees")}, {("can_read", "/rooms")}, ["Admin"])
    )
    assert why_unready(clinic.app) == ""


def run(tmp_path: Path, *arguments: str, **changed: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, **PRODUCTION, "SOYOO_INSTANCE": str(tmp_path), "PORT": "1", **changed}
    environ.pop("SOYOO_DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
    )


def test_the_server_does_not_start_and_says_why(tmp_path: Path) -> None:
    for arguments in (("run.py",), ("-c", "import run")):  # our own server, and another's import
        empty = run(tmp_path, *arguments)
        assert empty.returncode == 1
        assert "Soyoo does not start: the database is at nothing" in empty.stderr
        assert "flask --app run deploy" in empty.stderr
        assert "Traceback" not in empty.stderr
    weak = run(tmp_path, "run.py", SOYOO_SECRET_KEY="short")
    assert weak.returncode == 1
    assert weak.stderr.startswith("SOYOO_SECRET_KEY has 5 characters")
    assert run(tmp_path, "run.py", "--debug").returncode == 2


# --- whom it believes


@pytest.fixture
def app_with(clinic: Clinic, tmp_path: Path) -> Any:
    """The application on this test's database, as production would have it."""

    def make(**changed: str) -> Flask:
        environ = {**PRODUCTION, "SOYOO_INSTANCE": str(tmp_path), **changed}
        environ["SOYOO_DATABASE_URL"] = clinic.app.config["SQLALCHEMY_DATABASE_URI"]
        made = create_app({**config.load(environ), "TESTING": True})
        made.add_url_rule("/seen", "seen", lambda: [request.remote_addr, request.scheme, request.host])
        return made

    return make


def ask(app: Flask, path: str, host: str = "clinic.mn", **headers: str) -> Any:
    import contextvars

    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return contextvars.Context().run(app.test_client().get, path, headers={"Host": host, **given}, buffered=True)


@attack("Send a Host header of another site, to have addresses made with it", "V4.1.2")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "clinic.mn.evil.example",
        "evil-clinic.mn",
        "",
        "clinic.mn@evil.example",
        "clinic.mn:99999",
        "evil\\clinic.mn",
        "127.0.0.1",
    ],
)
def test_another_host_is_answered_with_400_and_nothing_else(app_with: Any, host: str) -> None:
    app = app_with()
    for path in ("/login/", "/", "/patients", "/static/css/soyoo.css", "/healthz", "/api/v1/patients/", "/nothing"):
        answer = ask(app, path, host)
        assert answer.status_code == 400, path
        assert "evil" not in answer.text
    for good in ("clinic.mn", "www.clinic.mn:8443"):
        assert ask(app, "/login/", good).status_code == 200


@attack("Pretend another address, scheme or host by X-Forwarded headers", "V4.1.3")
@pytest.mark.parametrize(("hops", "seen"), [("0", "127.0.0.1"), ("1", "3.3.3.3"), ("2", "2.2.2.2")])
def test_exactly_as_many_proxies_are_believed_as_stand_there(app_with: Any, hops: str, seen: str) -> None:
    app = app_with(SOYOO_PROXIES=hops)
    headers = {
        "X_Forwarded_For": "1.1.1.1, 2.2.2.2, 3.3.3.3",
        "X_Forwarded_Proto": "http, https, https",
        "X_Forwarded_Port": "1",
        "X_Forwarded_Prefix": "/evil",
        "Forwarded": "for=9.9.9.9;host=evil.example",
    }
    address, scheme, host = ask(app, "/seen", **headers).json
    assert address == seen
    assert scheme == ("http" if hops == "0" else "https")
    assert host == "clinic.mn"
    answer = ask(app, "/patients", X_Forwarded_Host="evil.example")
    assert answer.status_code == (302 if hops == "0" else 400 if hops == "1" else 302)
    assert "evil" not in str(answer.headers)


@attack("Take the session over plain HTTP, or keep the browser from HTTPS", "V3.3.1")
def test_with_https_cookies_are_secure_and_the_browser_stays_there(app_with: Any) -> None:
    import contextvars

    for https in ("1", ""):
        app = app_with(SOYOO_HTTPS=https)
        answer = ask(app, "/login/")
        cookie = answer.headers["Set-Cookie"]
        assert ("Secure" in cookie) is bool(https)
        assert cookie.startswith("__Host-soyoo=" if https else "soyoo=")
        assert ("max-age=31536000" in answer.headers.get("Strict-Transport-Security", "")) is bool(https)
        assert (
            contextvars.Context()
            .run(
                app.test_client().post,
                "/login/",
                headers={"Host": "clinic.mn"},
                data={"phone": CAST["Admin"], "password": PASSWORD},
            )
            .status_code
            == 400
        )
