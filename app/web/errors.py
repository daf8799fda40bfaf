"""Error pages: what happened and what can be done, in the reader's language; never a bare 500."""

import logging

from flask import Flask, jsonify, make_response, render_template, request
from flask_babel import force_locale
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from app.db import sqla
from app.db.engine import is_transient
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.web import saving, who
from app.web.access import is_api
from app.web.api import answers
from app.web.text import LOCALES, say

log = logging.getLogger(__name__)

PAGES: dict[int, tuple[Text, Text]] = {
    400: (T("This request could not be read"), T("Go back, load the page again and try once more.")),
    401: (T("You are not signed in"), T("Sign in, and try again.")),
    403: (T("You don't have access to this page"), T("Ask an Admin if you need it for your work.")),
    404: (T("There is nothing here"), T("The address is wrong, or the record was removed.")),
    405: (T("This can't be done this way"), T("Go back and use the button on the page.")),
    409: (T("Somebody was quicker"), T("Load the page again to see how it stands now.")),
    413: (T("This is too large to send"), T("Send a smaller file or a shorter text.")),
    422: (T("This could not be saved"), T("Go back and correct what the message names.")),
    429: (T("Too many attempts"), T("Wait a few minutes and try again.")),
    500: (
        T("Something went wrong on our side"),
        T("Nothing was saved. Try again; if it stays, tell your Admin the time."),
    ),
    503: (T("The clinic's data is busy"), T("Nothing was saved. Try again in a moment.")),
}


def page(status: int, detail: str = "") -> tuple[str, int] | tuple[Response, int]:
    """The page of an error; JSON for scripts."""
    title, advice = PAGES.get(status, PAGES[500 if status >= 500 else 400])
    if wants_json():
        return jsonify({"message": detail or say(title)}), status
    template = "web/_error.html" if request.headers.get("HX-Request") else "web/error.html"
    try:
        return render_template(template, title=say(title), advice=detail or say(advice), status=status), status
    except DBAPIError:  # the frame asks the database who is there; without one the page stands alone
        return _bare_page(title, advice), 503


def _bare_page(title: Text, advice: Text) -> str:
    """The error in each language, for when even the reader's language can't be looked up."""
    parts = []
    for locale in LOCALES:
        with force_locale(locale):
            parts.append(Markup('<h1 lang="{0}">{1}</h1><p lang="{0}">{2}</p>').format(locale, say(title), say(advice)))
    return '<!doctype html><meta charset="utf-8"><title>Soyoo</title>' + "".join(parts)


def wants_json() -> bool:
    """Whether a script or a program asked."""
    if is_api():
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and "HX-Request" not in request.headers


def _refused() -> object:
    """Somebody asked for what they may not open: it is kept, without what stood behind the question mark."""
    _note_refusal()
    return page(403)


def _note_refusal() -> None:
    if who.me().is_signed_in:
        who.hooks().record("denied", "page", request.path)


def _database_error(error: DBAPIError) -> object:
    sqla.session.rollback()
    busy = saving.Busy(PAGES[503][0])
    try:
        refusal = busy if is_transient(error) else saving.explain(error)
    except DBAPIError:
        log.exception("database error on %s", request.endpoint)
        return page(500)
    if is_api():
        return answers.refused(refusal)
    return page(503) if refusal is busy else page(refusal.status, say(refusal.text))


def _http_error(error: HTTPException) -> object:
    if error.response is not None:
        return error.response
    if isinstance(error, SecurityError):  # no address can be built for a host that is not ours
        return make_response(_bare_page(PAGES[400][0], T("This server does not answer under this name.")), 400)
    answer = make_response(_refused() if error.code == 403 else page(error.code or 500))
    answer.headers.update({key: value for key, value in error.get_headers() if key == "Allow"})
    if error.code == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def init_errors(app: Flask) -> None:
    """Attach the handlers."""

    app.register_error_handler(HTTPException, _http_error)

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> object:
        return page(400, say(T("Your sign-in has changed since this page was loaded. Load it again, then save.")))

    @app.errorhandler(RuleError)
    def rule_error(error: RuleError) -> object:
        if error.status == 403:
            _note_refusal()
        if is_api():
            return answers.refused(error)
        return page(error.status, " ".join(say(text) for _, text in error.errors))

    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(answers.Invalid, answers.invalid)
    app.register_error_handler(answers.Unreadable, answers.unreadable)

    @app.errorhandler(Exception)
    def any_error(_error: Exception) -> object:
        log.exception("unexpected error on %s", request.endpoint)
        sqla.session.rollback()
        return page(500)
