"""Every setting of the application, read from the environment. README has the same table."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.db.engine import engine_options

ROOT = Path(__file__).resolve().parent
LEAST_KEY = 32
MAKE_KEY = 'python -c "import secrets; print(secrets.token_hex(32))"'
# words of keys that stand in examples, and keys that stand in ours
KNOWN = (
    "changeme",
    "secretkey",
    "yoursecret",
    "mysecret",
    "supersecret",
    "thekeyofthetests",
    "soyoo",
    "password",
    "default",
    "example",
)
DOCUMENTED = ("0123456789abcdef0123456789abcdef", "0123456789abcdef" * 4)


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
    hosts = [host.strip().lower() for host in environ.get("SOYOO_HOSTS", "").split(",") if host.strip()]
    if env == "production" and not hosts:
        raise SystemExit("SOYOO_HOSTS is required when SOYOO_ENV=production: SOYOO_HOSTS=clinic.example.mn")
    return {
        "ENV_NAME": env,
        "INSTANCE": instance,
        "SECRET_KEY": _secret_key(environ.get("SOYOO_SECRET_KEY", ""), instance, env),
        # what SECRET_KEY was before, oldest first: only to verify what was sealed with them
        "OLD_SECRET_KEYS": tuple(environ.get("SOYOO_OLD_SECRET_KEYS", "").split()),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url),
        "TIME_ZONE": environ.get("SOYOO_TIMEZONE", "Asia/Ulaanbaatar"),
        "TRUSTED_HOSTS": hosts or None,
        "PROXIES": _proxies(environ.get("SOYOO_PROXIES", "") or "0"),
        "HTTPS": https,
        "TESTING": env == "test",
        # cookies and CSRF (traps 1, 4, 8)
        "SESSION_COOKIE_NAME": "__Host-soyoo" if https else "soyoo",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_ENABLED": True,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open over lunch still saves
        "MAX_CONTENT_LENGTH": 3 * 1024 * 1024,  # routes that take files ask for more: app/web/uploads.py
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


def _proxies(typed: str) -> int:
    if not re.fullmatch(r"[0-9]", typed):
        raise SystemExit(f"SOYOO_PROXIES is {typed!r}: write how many proxies stand before the server, 0 to 9")
    return int(typed)


def _secret_key(given: str, instance: Path, env: str) -> str:
    if env == "production":
        wrong = why_weak(given)
        if wrong:
            raise SystemExit(f"SOYOO_SECRET_KEY {wrong}. Make one: {MAKE_KEY}")
    if given:
        return given
    path = instance / "secret_key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip()


def why_weak(key: str) -> str:
    """What makes this a key that others could guess; empty for a good one."""
    if not key:
        return "is required when SOYOO_ENV=production"
    bare = re.sub(r"[^a-z]", "", key.lower())
    if any(word in bare for word in KNOWN) or key in DOCUMENTED:
        return "is one that everybody knows"
    if len(key) < LEAST_KEY:
        return f"has {len(key)} characters, and needs at least {LEAST_KEY}"
    if len(set(key)) < 10 or key in (key + key)[1:-1]:
        return "repeats itself, and must be random"
    return ""
