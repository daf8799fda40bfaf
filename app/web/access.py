"""The gates of a route: every exposed method carries exactly one of these marks."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from app.web import who

_LOCAL = re.compile(r"/(?![/\\])[^\x00-\x1f\x7f\\]*")  # a browser reads a backslash as a slash, and skips tabs
F = TypeVar("F", bound=Callable[..., Any])


def here() -> str:
    """This address without its host, as `next` carries it."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def local(typed: str | None, other: str = "/") -> str:
    """Where to go next as an address asked: a path of this site, else `other`."""
    return typed if typed and _LOCAL.fullmatch(typed) and len(typed) < 2_000 else other


def address(endpoint: str, query: Mapping[str, Any], **values: Any) -> str:
    """A route's address with what stands behind the question mark, which comes from outside: `url_for` would take
    a key of the route's own, or its `_scheme` and `_external`, from there."""
    behind = urlencode({key: str(value).encode("utf-8", "replace") for key, value in query.items()})
    return url_for(endpoint, **values) + (f"?{behind}" if behind else "")


def is_api() -> bool:
    """Whether a program asks: it is answered in JSON, never sent to a page."""
    return request.path.startswith("/api/")


def to_sign_in() -> Response:
    """Send nobody to the sign-in page; afterwards they come back here, or to the page that asked for a part."""
    if is_api():
        abort(401)
    return lead_to(url_for("SignInView.login", next=_page_that_asks() if is_part() else here()))


def is_part() -> bool:
    """Whether a page of ours asks for a part of itself: a redirect would put another page into it."""
    return "HX-Request" in request.headers


def lead_to(place: str) -> Response:
    """Lead the browser to a page, also where only a part was asked for: htmx and our scripts follow this header."""
    return Response(status=401, headers={"HX-Redirect": place}) if is_part() else redirect(place)


def _page_that_asks() -> str:
    asked, own = request.headers.get("HX-Current-URL", ""), request.host_url
    return local("/" + asked[len(own) :]) if asked.startswith(own) else "/"


def _gate(level: str) -> Callable[[F], F]:
    def mark(method: F) -> F:
        @functools.wraps(method)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            if who.may(level, self.class_permission_name):
                return method(self, *args, **kwargs)
            if who.me().is_signed_in:
                abort(403)
            return to_sign_in()

        guarded._permission_name = level  # type: ignore[attr-defined]  # what Flask-AppBuilder collects
        guarded.gate = level  # type: ignore[attr-defined]  # what the route test reads
        return guarded  # type: ignore[return-value]

    return mark


reads: Callable[[F], F] = _gate("read")
writes: Callable[[F], F] = _gate("write")
charts: Callable[[F], F] = _gate("chart")


def needs_right(right: str, *, level: str = "read") -> Callable[[F], F]:
    """The page opens for who may read it; this method also asks for one of the finer rights, and with `level`
    `write` for who may write the page."""

    def mark(method: F) -> F:
        @functools.wraps(method)
        def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not who.me().is_signed_in:
                return to_sign_in()
            if not who.has_right(right) or not who.may(level, self.class_permission_name):
                abort(403)
            return method(self, *args, **kwargs)

        guarded._permission_name = level  # type: ignore[attr-defined]
        guarded.gate = f"right:{right}" + ("+write" if level == "write" else "")  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def signed_in(method: F) -> F:
    """Open to everybody who is signed in: one's own profile, one's landing page."""

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not who.me().is_signed_in:
            return to_sign_in()
        return method(self, *args, **kwargs)

    guarded.gate = "signed-in"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def quiet(method: F) -> F:
    """Asked by the page itself, again and again: no sign that somebody is there (the session's idle time runs on)."""
    method.is_quiet = True
    return method


def public(method: F) -> F:
    """Open to anybody. The mark is what makes it deliberate."""
    method.gate = "public"  # type: ignore[attr-defined]
    return method
