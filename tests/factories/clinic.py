"""The clinic of the tests: its application, its cast of people, and hands to work with."""

import contextvars
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

import config
from app.cli import deploy
from app.db import sqla, unit
from app.factory import create_app
from app.security import actions, identity
from app.security.models import User
from app.security.rules import SessionType
from tests.factories import people

T = TypeVar("T")
CAST = {
    "Admin": "99000001",
    "Manager": "99000002",
    "Doctor": "99000003",
    "Nurse": "99000004",
    "Assistant": "99000005",
    "Receptionist": "99000006",
    "Coordinator": "99000007",
    "Patient": "99000008",
}
PASSWORD = "soyoo-demo-1"
CSRF = "x" * 40
NOW = datetime.now(UTC)


def build_app(url: str, folder: Path) -> Flask:
    """The application on this database."""
    environ = {**os.environ, "SOYOO_ENV": "test", "SOYOO_DATABASE_URL": url, "SOYOO_INSTANCE": str(folder)}
    return create_app({**config.load(environ), "SECRET_KEY": "the key of the tests", "SERVER_NAME": None})


def build_template(app: Flask) -> None:
    """Migrations, permissions, reference data, and the cast."""
    with app.app_context():
        deploy(app)
        unit(add_cast)
        sqla.session.remove()


def add_cast(session: Session) -> None:
    """A user of each role, and the employee or patient behind them."""
    for role, phone in CAST.items():
        user = actions.add_user(session, phone=phone, name=f"{role} Туршилт", roles=[role], password=PASSWORD)
        people.person_of(session, user, role)


class Clinic:
    """What a test works with."""

    def __init__(self, app: Flask, backend: str) -> None:
        self.app, self.backend = app, backend
        self.today: date = datetime.now(identity.the_clinic().zone).date() if app else date.today()

    def unit(self, fn: Callable[[Session], T]) -> T:
        """One committed unit of work."""
        return unit(fn)

    def make(self, fn: Callable[..., T], **values: Any) -> T:
        """What a factory makes, committed: `clinic.make(people.patient, first_name="Бат")`."""
        return unit(lambda session: fn(session, **values))

    def apart(self, fn: Callable[[], T]) -> T:
        """What `fn` answers in a request of its own, as another process would see it."""

        def run() -> T:
            with self.app.test_request_context():
                return fn()

        return contextvars.Context().run(run)

    @property
    def session(self) -> Session:
        """A session that reads what is committed now."""
        sqla.session.rollback()
        return sqla.session()

    def count(self, model: Any, *where: Any) -> int:
        """How many rows of a model there are."""
        return self.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0

    def client(self, role: str | None = None, *, user_id: int | None = None, locale: str = "en") -> "Browser":
        """A browser, signed in as one of the cast (or nobody)."""
        browser = self.app.test_client()
        browser.__class__ = Browser
        token = None
        if role or user_id:
            key = user_id or self.user(str(role)).id
            token = unit(
                lambda s: actions.open_session(
                    s, key, now=datetime.now(UTC), hours=12, ip="", device="test", session_type=SessionType.STAFF
                )
            )
        with browser.session_transaction() as cookie:
            cookie["csrf_token"] = CSRF
            cookie["locale"] = locale
            if token:
                cookie["token"] = token
        if token:
            key = user_id or self.user(str(role)).id
            unit(lambda s: _speak(s, key, locale))
        return browser  # type: ignore[return-value]  # its class was just changed

    def user(self, role: str) -> User:
        """The user of the cast with this role."""
        found = self.session.scalar(sa.select(User).where(User.username == f"+976{CAST[role]}"))
        assert found is not None
        return found

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL that runs inside the block; begin and commit don't count."""
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
                seen.append(statement)

        event.listen(sqla.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(sqla.engine, "before_cursor_execute", note)


def _speak(session: Session, user_id: int, locale: str) -> None:
    from app.security.models import UserProfile
    from app.security.rules import Locale

    session.get_one(UserProfile, user_id).locale = Locale(locale)


class Browser(FlaskClient):
    """A test client that sends the CSRF token with each form."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Each request in a context of its own: the test's `g` must not answer for it."""
        return contextvars.Context().run(super().open, *args, **{"buffered": True, **kwargs})

    def submit(self, path: str, data: Any = None, **kwargs: Any) -> Any:
        """POST a form with its token."""
        key = self.application.secret_key
        token = URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(CSRF)
        return self.post(path, data={**(data or {}), "csrf_token": token}, **kwargs)
