"""What the check of a session costs a request: `python -m bench.session_check`.

The same page with the check as it is, and with the identity given: in turns, so that the machine's mood weighs on both.
"""

import contextvars
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import g

import config
from app.cli.deploy import deploy
from app.db import sqla, unit
from app.factory import create_app
from app.security import actions, identity
from app.security.models import User
from app.security.rules import SessionType
from app.web import who

PAGES, ROUNDS = ("/profile", "/services", "/settings"), 300
PHONE, PASSWORD = "+97699000001", "bench only 77"


def make_app() -> Any:
    """A clinic with one Admin, on a database of its own unless SOYOO_DATABASE_URL names one."""
    folder = tempfile.mkdtemp(prefix="soyoo-session-")
    app = create_app(config.load({"SOYOO_INSTANCE": folder, **os.environ, "SOYOO_ENV": "test"}))
    with app.app_context():
        deploy(app)
        if sqla.session.scalar(sa.select(User.id).where(User.username == PHONE)) is None:
            unit(lambda s: actions.add_user(s, phone=PHONE, name="Bench", roles=["Admin"], password=PASSWORD))
    return app


def sign_in(app: Any) -> Any:
    """A browser with a session."""
    with app.app_context():
        key = sqla.session.scalar(sa.select(User.id).where(User.username == PHONE)) or 0
        start = {"now": datetime.now(UTC), "hours": 12, "ip": "", "device": "bench", "session_type": SessionType.STAFF}
        token = unit(lambda s: actions.open_session(s, key, **start))
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["token"], cookie["csrf_token"] = token, "x" * 40
    return browser


def once(browser: Any, path: str) -> tuple[float, float]:
    """Milliseconds of one answer: by the clock, and of the processor alone."""
    start = time.perf_counter(), time.thread_time()
    answer = contextvars.Context().run(browser.get, path, buffered=True)
    took = (time.perf_counter() - start[0]) * 1_000, (time.thread_time() - start[1]) * 1_000
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    return took


Medians = tuple[tuple[float, float], tuple[float, float]]


def measure(app: Any, browser: Any, path: str) -> Medians:
    """Medians (clock, processor) with the check and without it."""
    hooks, checked = app.extensions["soyoo_hooks"], app.extensions["soyoo_hooks"].identity
    known: list[who.Identity] = []
    epoch: list[int] = []

    def noting() -> who.Identity:
        known.append(checked())
        epoch.append(g.settings_epoch)
        return known[-1]

    hooks.identity = noting
    once(browser, path)

    def given() -> who.Identity:
        """The identity without the check; the settings' epoch came with the session, and is given too."""
        g.settings_epoch = epoch[0]
        return known[0]

    took: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for turn in range(ROUNDS * 2):
        hooks.identity = checked if turn % 2 else given
        took[turn % 2].append(once(browser, path))
    hooks.identity = checked
    return _medians(took[1]), _medians(took[0])


def _medians(took: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(each[0] for each in took), statistics.median(each[1] for each in took)


def main() -> None:
    """Print a line for each page."""
    app = make_app()
    browser = sign_in(app)
    print(f"{app.config['SQLALCHEMY_DATABASE_URI'].partition(':')[0]}, {ROUNDS} rounds, {Path.cwd()}")
    for path in PAGES:
        (wall, cpu), (bare_wall, bare_cpu) = measure(app, browser, path)
        print(f"{path:<10} {wall:6.2f} ms with, {bare_wall:6.2f} without: {wall - bare_wall:5.2f}", end="; ")
        print(f"processor {cpu:6.2f} with, {bare_cpu:6.2f} without: {cpu - bare_cpu:5.2f}")
    identity.forget()


if __name__ == "__main__":
    main()
