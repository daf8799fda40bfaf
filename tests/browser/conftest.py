"""A real server, a real Chromium, and the demo clinic in it. Any console error, failed request or foreign host fails."""

import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app.cli.deploy import deploy
from app.db import sqla
from tests.factories import servers
from tests.factories.clinic import PASSWORD, build_app

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
DESK_SIZE, PHONE_SIZE = {"width": 1366, "height": 820}, {"width": 390, "height": 844}


class _Quiet(WSGIRequestHandler):
    def log(self, *_args: Any) -> None:
        """Nothing: the test says what went wrong."""


@dataclass
class Server:
    """A running clinic."""

    app: Flask
    url: str


def demo_app(url: str, folder: Path) -> Flask:
    """The demo clinic on this database."""
    from app.workflows.demo import load_demo

    app = build_app(url, folder)
    with app.app_context():
        deploy(app)
        load_demo()
        sqla.session.remove()
    return app


def serve(app: Flask) -> Iterator[Server]:
    """Serve until the fixture ends, with the worker that runs jobs."""
    from app.workflows.jobs import make_worker

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    worker = make_worker(app)
    worker.start()
    yield Server(app, f"http://127.0.0.1:{server.server_port}")
    worker.stop()
    server.shutdown()


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo clinic on SQLite."""
    folder = tmp_path_factory.mktemp("browser")
    yield from serve(demo_app(f"sqlite:///{folder / 'soyoo.db'}", folder))


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo clinic on MariaDB."""
    address = servers.mariadb_url()
    if address is None:
        reason = "needs MariaDB: install mariadb-server or set SOYOO_TEST_MARIADB_URL"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    databases = servers.MariaDatabases(address, f"soyoo_browser_{uuid.uuid4().hex[:8]}")
    yield from serve(demo_app(databases.url, tmp_path_factory.mktemp("browser-maria")))
    databases.drop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "needs Chromium: install the package chromium"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody at a screen: their page, and everything that went wrong on it."""

    context: BrowserContext
    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a path and wait until it is quiet."""
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def people_at(chromium: Browser) -> Iterator[Any]:
    """`people_at(server, phone, locale, size)` signs somebody in."""
    opened: list[Person] = []

    def open_(server: Server, phone: str | None, locale: str = "mn", size: Any = None, **options: Any) -> Person:
        context = chromium.new_context(viewport=size or DESK_SIZE, accept_downloads=True, **options)
        person = Person(context, context.new_page(), server.url)
        person.page.on("console", lambda m: _console(person, m))
        person.page.on("pageerror", lambda error: person.wrong.append(f"script: {error}"))
        person.page.on("request", lambda request: _foreign(person, request))
        person.page.goto(f"{server.url}/lang/{locale}?next=/login/")
        if phone:
            person.page.fill("#phone", phone)
            person.page.fill("#password", PASSWORD)
            person.page.press("#password", "Enter")
            person.page.wait_for_url(lambda url: "/login" not in url)
            person.page.goto(f"{server.url}/lang/{locale}?next=/")
        opened.append(person)
        return person

    yield open_
    for person in opened:
        person.context.close()
    assert not [text for person in opened for text in person.wrong]


def _console(person: Person, message: ConsoleMessage) -> None:
    expected = any(f"status of {status}" in message.text for status in (403, 404, 409, 422))
    if message.type == "error" and not expected:
        person.wrong.append(f"console: {message.text} ({message.location.get('url', '')})")


def _foreign(person: Person, request: Request) -> None:
    if not request.url.startswith((person.base, "data:", "blob:", "about:")):
        person.wrong.append(f"asked another host: {request.url}")
