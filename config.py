"""Every setting of the application, read from the environment. README has the same table."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.db.engine import engine_options

ROOT = Path(__file__).resolve().parent


def load(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The Flask configuration for these environment variables. Raises SystemExit for one that can't work."""
    env = environ.get("SOYOO_ENV", "development")
    if env not in ("development", "production", "test"):
        raise SystemExit(f"SOYOO_ENV is {env!r}: use development, production or test")
    instance = Path(environ.get("SOYOO_INSTANCE") or ROOT / "instance").resolve()
    instance.mkdir(parents=True, exist_ok=True)
    url = environ.get("SOYOO_DATABASE_URL") or f"sqlite:///{instance / 'soyoo.db'}"
    https = environ.get("SOYOO_HTTPS", "").lower() in ("1", "true", "yes", "on")
    locale = environ.get("SOYOO_LOCALE", "mn")
    if locale not in ("mn", "en"):
        raise SystemExit(f"SOYOO_LOCALE is {locale!r}: use mn or en")
    hosts = [host.strip() for host in environ.get("SOYOO_HOSTS", "").split(",") if host.strip()]
    return {
        "ENV_NAME": env,
        "INSTANCE": instance,
        "SECRET_KEY": _secret_key(environ.get("SOYOO_SECRET_KEY", ""), instance, env),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url),
        "TIME_ZONE": environ.get("SOYOO_TIMEZONE", "Asia/Ulaanbaatar"),
        "TRUSTED_HOSTS": hosts or None,
        "PROXIES": int(environ.get("SOYOO_PROXIES", "0") or 0),
        "HTTPS": https,
        "TESTING": env == "test",
        # cookies and CSRF (traps 1, 4, 8)
        "SESSION_COOKIE_NAME": "__Host-soyoo" if https else "soyoo",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_ENABLED": True,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open over lunch still saves
        "MAX_CONTENT_LENGTH": 30 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        # languages
        "BABEL_DEFAULT_LOCALE": locale,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "LANGUAGES": {"mn": {"flag": "mn", "name": "Монгол"}, "en": {"flag": "gb", "name": "English"}},
        # Flask-AppBuilder: permissions and tables are the deploy command's work, not each start's
        "APP_NAME": "Soyoo",
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_API_KEY_ENABLED": False,
        "FAB_BASE_TEMPLATE": "web/base.html",
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": "System",
        "AUTH_ROLE_PUBLIC": "Public",
    }


def _secret_key(given: str, instance: Path, env: str) -> str:
    if given:
        return given
    if env == "production":
        raise SystemExit("SOYOO_SECRET_KEY is required when SOYOO_ENV=production")
    path = instance / "secret_key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()
