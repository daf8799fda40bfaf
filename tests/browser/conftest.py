"""A real server, a real Chromium, and the demo clinic in it. Any console error, failed request or foreign host fails.

It is always twenty to eleven on the clinic's next working day: whoever tests on a Sunday evening sees the same morning.
"""

import shutil
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import holidays
import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app.cli.deploy import deploy
from app.db import sqla
from tests.browser.people import FLAGS, Person, Server, enter, missing, open_person
from tests.factories import servers
from tests.factories.clinic import build_app
from tests.factories.scheduling import ZONE

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args: Any) -> None:
        """Nothing: the test says what went wrong."""


def working_day(after: date) -> date:
    """The next Monday to Friday that is no public holiday."""
    feasts = holidays.country_holidays("MN", years=[after.year, after.year + 1])
    days = (after + timedelta(days=n) for n in range(1, 30))
    return next(day for day in days if day.weekday() < 5 and day not in feasts)


@pytest.fixture(scope="package", autouse=True)
def morning() -> Iterator[date]:
    """The clinic's morning, for the server and what it writes; the clock ticks."""
    day = working_day(datetime.now(ZONE).date())
    with time_machine.travel(datetime.combine(day, time(10, 40), ZONE).astimezone(UTC), tick=True):
        yield day


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
    worker.close()
    server.shutdown()


@pytest.fixture(scope="package")
def sqlite_server(morning: date, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo clinic on SQLite."""
    folder = tmp_path_factory.mktemp("browser")
    yield from serve(demo_app(f"sqlite:///{folder / 'soyoo.db'}", folder))


@pytest.fixture(scope="package")
def mariadb_server(morning: date, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo clinic on MariaDB."""
    address = servers.mariadb_url() or missing("needs MariaDB: install mariadb-server or set SOYOO_TEST_MARIADB_URL")
    databases = servers.MariaDatabases(address, f"soyoo_browser_{uuid.uuid4().hex[:8]}")
    yield from serve(demo_app(databases.url, tmp_path_factory.mktemp("browser-maria")))
    databases.drop()


@pytest.fixture(scope="package")
def other_server(request: pytest.FixtureRequest) -> Any:
    """The demo clinic on MariaDB, or where there is none on SQLite: for what is the same on both."""
    return request.getfixturevalue("mariadb_server" if servers.mariadb_url() else "sqlite_server")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; where it is there the one without a window, which takes two thirds of the time."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("needs Chromium: install the package chromium-headless-shell or chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def people_at(chromium: Browser) -> Iterator[Any]:
    """`people_at(server, phone, locale, size)` is somebody at a screen, signed in. What goes wrong there fails the test."""
    opened: list[Person] = []

    def open_(server: Server, phone: str | None, locale: str = "mn", size: Any = None, **options: Any) -> Person:
        person = open_person(chromium, server, size, **options)
        opened.append(person)
        enter(person, phone, locale)
        return person

    yield open_
    for person in opened:
        person.context.close()
    assert not [text for person in opened for text in person.wrong]
