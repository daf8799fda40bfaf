"""What every test stands on: a migrated clinic with its reference data and a cast of people, new for each test.

A test runs on SQLite; one marked `both` runs on MariaDB too, one marked `mariadb` there alone. SQLite's file is copied
from a template; on MariaDB only the tables that a test touched are put back.
"""

import gc
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("SOYOO_ENV", "test")

from app.db import sqla
from app.security import identity
from tests.factories import servers
from tests.factories.clinic import Clinic, build_app, build_template
from tests.security import table

# The long ones first and thousands of short ones last, so that no worker waits for another at the end.
PLACES = ("browser", "", "house")

settings.register_profile(
    "soyoo", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("soyoo")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--attacks", action="store_true", help="write what the attacks came to into docs/security.md")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: PLACES.index(item.path.parent.name) if item.path.parent.name in PLACES else 1)
    for item in items:
        mark = item.get_closest_marker("attack")
        if mark is not None:
            item.user_properties.append((table.PROPERTY, (mark.kwargs["tried"], mark.kwargs["asvs"])))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "attack: one attack, whose success fails the build; listed in docs/security.md")
    if config.getoption("--attacks"):
        config.pluginmanager.register(table.AttackTable())
    config.addinivalue_line("markers", "both: runs on SQLite and on MariaDB")
    config.addinivalue_line("markers", "mariadb: runs on MariaDB alone")
    config.addinivalue_line("markers", "browser: drives a real Chromium")
    gc.set_threshold(50_000, 20, 100)  # a tenth of the time went into looking for garbage among what stays
    if not hasattr(config, "workerinput"):  # once, before the workers start
        config.stash[servers.MEMORY] = servers.work_in_memory()
        config.stash[servers.MARIADB] = servers.start_mariadb()


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(servers.MARIADB, None)
    if server is not None:
        server.stop()
    folder = config.stash.get(servers.MEMORY, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        marks = metafunc.definition.get_closest_marker
        backends = ["sqlite", "mariadb"] if marks("both") else ["mariadb"] if marks("mariadb") else ["sqlite"]
        metafunc.parametrize("backend", backends, indirect=True)


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test process."""
    return tmp_path_factory.mktemp("clinic")


@pytest.fixture(scope="session")
def sqlite_app(workplace: Path) -> object:
    """The application on SQLite, with the template beside it."""
    path = workplace / "soyoo.db"
    app = build_app(f"sqlite:///{path}", workplace / "sqlite")
    build_template(app)
    with app.app_context():
        sqla.engine.dispose()  # the last connection writes the WAL back into the file
    shutil.copy(path, workplace / "template.db")
    return app


@pytest.fixture(scope="session")
def mariadb_app(workplace: Path) -> Iterator[object]:
    """The application on a database of its own in MariaDB, with the template beside it."""
    server = servers.mariadb_url()
    if server is None:
        reason = "needs MariaDB: install mariadb-server or set SOYOO_TEST_MARIADB_URL"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"soyoo_test_{uuid.uuid4().hex[:12]}"
    databases = servers.MariaDatabases(server, name)
    app = build_app(databases.url, workplace / "mariadb")
    build_template(app)
    databases.remember(app)
    yield app
    databases.drop()


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `mariadb`."""
    return str(request.param)


@pytest.fixture
def clinic(backend: str, request: pytest.FixtureRequest, workplace: Path) -> Iterator[Clinic]:
    """A clinic as it stands on its first morning, on this test's database."""
    app = request.getfixturevalue(f"{backend}_app")
    if backend == "sqlite":
        servers.copy_back(app, workplace / "template.db", workplace / "soyoo.db")
    identity.forget()  # the clinic of a browser's test may have left the rights of its own people in this process
    with app.app_context():
        yield Clinic(app, backend)
    if backend == "mariadb":
        servers.MariaDatabases.restore(app)
