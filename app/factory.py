"""`create_app`: extensions, rooms in ladder order, hooks, error pages."""

import uuid
from pathlib import Path
from typing import Any

import flask_babel
from flask import Flask, g, request, session
from flask.json.provider import DefaultJSONProvider
from flask_compress import Compress
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

import app.models  # noqa: F401 - every table is known before the first mapper is used
from app import menu, trail
from app.db import set_actor, sqla
from app.db.engine import configure
from app.kernel.errors import NotAllowed
from app.kernel.keys import DIGITS
from app.security import identity, telling
from app.security.manager import ClinicSecurityManager
from app.security.rules import FIRST_OWN_PASSWORD, FIRST_SECOND_FACTOR, Role
from app.security.views.history import history
from app.web import uploads, who
from app.web.access import is_api, lead_to
from app.web.builder import ClinicBuilder
from app.web.catalogues import ensure_compiled
from app.web.errors import init_errors
from app.web.headers import init_headers
from app.web.text import LOCALES, say
from app.web.theme import init_theme, speak_quickly
from app.web.who import NOBODY, Hooks, Identity
from app.workflows.identify import actor_of, with_people


class TokenCheck(CSRFProtect):
    """The token of forms. A program that signs itself in carries no cookie, so that no page can speak for it."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Check the token, but for a program on the API; a cookie that signs somebody in there is checked."""
        if is_api() and (identity.is_bearer() or not session.get(identity.COOKIE)):
            return
        super().protect(apply_exemptions=apply_exemptions)


csrf = TokenCheck()
compress = Compress()


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """The application for this configuration (default: from the environment)."""
    if config is None:
        import config as settings

        config = settings.load()
    ensure_compiled(_root() / "translations")
    flask_app = _bare_app(config)
    sqla.init_app(flask_app)
    _init_uploads(flask_app)
    csrf.init_app(flask_app)
    compress.init_app(flask_app)
    Migrate(flask_app, sqla, directory=str(_root() / "migrations"), render_as_batch=True, compare_type=True)
    flask_app.extensions["soyoo_hooks"] = _hooks()
    with flask_app.app_context():
        configure(sqla.engine)
        init_errors(flask_app)
        init_headers(flask_app)
        init_theme(flask_app)
        trail.init_trail(flask_app)
        _init_requests(flask_app)
        telling.init_telling(flask_app)
        builder = ClinicBuilder(update_perms=False, security_manager_class=ClinicSecurityManager)
        builder.init_app(flask_app, sqla.session)
        flask_app.extensions["babel"].locale_selector = _locale
        speak_quickly(flask_app)
        for view in menu.VIEWS:
            builder.add_view_no_menu(view)
    from app import cli

    cli.init_cli(flask_app)
    return flask_app


def _bare_app(config: dict[str, Any]) -> Flask:
    flask_app = Flask("app", static_url_path="/static")
    flask_app.config.update(config)
    flask_app.url_map.strict_slashes = False
    flask_app.json = _SentJson(flask_app)
    flask_app.url_map.converters["int"] = _KeyConverter
    flask_app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000
    flask_app.config |= {"COMPRESS_ALGORITHM": ["br", "gzip"], "COMPRESS_ALGORITHM_STREAMING": ["br", "gzip"]}
    if config["PROXIES"]:
        count = config["PROXIES"]
        flask_app.wsgi_app = ProxyFix(flask_app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return flask_app


class _SentJson(DefaultJSONProvider):
    """JSON as Flask reads it; what is nested too deeply to be read is no JSON."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """What was sent. Raises ValueError."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


class _KeyConverter(IntegerConverter):
    """A row's number in an address; what no database can hold is no address."""

    regex = rf"[0-9]{{1,{DIGITS}}}"


def _root() -> Path:
    return Path(__file__).resolve().parent.parent


def _hooks() -> Hooks:
    return Hooks(
        identity=lambda: identity.identify(with_people),
        clinic=identity.the_clinic,
        setting=identity.setting,
        record=trail.record,
        role_names=_role_names,
        navigation=menu.navigation,
        history=history,
    )


def _role_names() -> list[str]:
    return [say(role) for role in Role if role.role_name in who.me().roles]


def _locale() -> str:
    """The person's language, else the browser's choice, else the clinic's; a program's is what it asks for."""
    if request:
        asked = _asked_for() if is_api() else None
        if asked:
            return asked
        chosen = (who.me().locale if "identity" in g else None) or session.get("locale")
        if chosen in LOCALES:
            return str(chosen)
    return str(flask_babel.get_babel().default_locale)


def _asked_for() -> str | None:
    """The first of our languages that the program names: `mn-MN` is Mongolian."""
    named = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((tag for tag in named if tag in LOCALES), None)


def _init_uploads(flask_app: Flask) -> None:
    @flask_app.before_request
    def admit() -> None:  # before the token is looked for, which reads the whole form
        set_actor(actor_of(NOBODY, "", ""))
        uploads.admit()


def _init_requests(flask_app: Flask) -> None:
    @flask_app.before_request
    def begin() -> Any:
        set_actor(actor_of(NOBODY, "", ""))
        if isinstance(request.routing_exception, SecurityError):  # a host that is not ours: nothing else is looked at
            raise request.routing_exception
        if request.endpoint == "static":
            return None
        trail.start()
        me = who.me()
        telling.bring()
        g.request_id = str(uuid.uuid4())
        set_actor(actor_of(me, g.request_id, request.remote_addr or ""))
        if not getattr(flask_app.view_functions.get(request.endpoint or ""), "is_quiet", False):
            identity.touch()
        return _detour(me)


def _detour(me: Identity) -> Any:
    """Whoever must first choose a password or set up a second factor goes nowhere else."""
    if me.must_change_password:
        place, why = "/profile", FIRST_OWN_PASSWORD
    elif me.must_enrol:
        place, why = "/profile/second-factor", FIRST_SECOND_FACTOR
    else:
        return None
    if any(request.path == free or request.path.startswith(f"{free}/") for free in (place, "/logout", "/lang")):
        return None
    if is_api():
        raise NotAllowed(why)
    return lead_to(place)
