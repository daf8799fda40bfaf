"""An authenticator of the tests, and somebody whose second factor is on."""

import base64
import hmac
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.security import actions, queries, second_factor
from tests.factories.clinic import CAST, Browser, Clinic


def code_at(secret: str, at: float) -> str:
    """As an authenticator shows it (RFC 6238)."""
    digest = hmac.new(base64.b32decode(secret), (int(at) // 30).to_bytes(8, "big"), "sha1").digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Authenticator:
    """The key on somebody's phone, and the codes on their paper."""

    role: str
    secret: str
    recovery: list[str] = field(default_factory=list)

    def code(self, later: float = 0) -> str:
        """What it shows now."""
        return code_at(self.secret, time.time() + later)

    def wrong(self) -> str:
        """Six digits that it doesn't show."""
        shown = {self.code(-30), self.code(), self.code(30), self.code(60)}
        return next(f"{n:06d}" for n in range(10) if f"{n:06d}" not in shown)


def enrol(clinic: Clinic, role: str) -> Authenticator:
    """Turn the second factor of one of the cast on; the code that did it was one of an hour ago."""
    key, app_key, seed = clinic.user(role).id, str(clinic.app.secret_key), second_factor.new_seed()
    secret = second_factor.secret_of(app_key, seed)

    def write(session: Session) -> list[str]:
        then = datetime.now(UTC) - timedelta(hours=1)
        profile = queries.locked_profile(session, key)
        return actions.turn_on(profile, seed, code_at(secret, then.timestamp()), app_key, then)

    return Authenticator(role, secret, clinic.unit(write))


def give_password(browser: Browser, role: str, password: str, path: str = "/login/") -> object:
    """The first step."""
    return browser.submit(path, {"phone": CAST[role], "password": password})
