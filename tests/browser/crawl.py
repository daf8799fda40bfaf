"""Walking through the clinic as somebody would: every page that a link leads to, and some rows of each kind.

The words of pages are read from what the server sends: hundreds of pages in seconds. What only a screen shows (width,
scripts, ids) is looked at in Chromium, by the one who may open nearly every page.
"""

import contextvars
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lxml import html
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, TestResponse

from tests.browser.people import Person, Server
from tests.factories.clinic import PASSWORD

TELLING = ("tab", "by", "as", "primary", "system")  # what an address says after "?" that makes another page of it
NO_PAGE = (
    ".pdf",
    ".json",
    "/calendar/print",
    "/calendar/events",
    "/calendar/background",
    "/calendar/pinned",
    "/lang/",
    "/api/",
    "/logout",
    "/static/",
    "/export",
    "as=csv",
    "/sample",
    "/rows.csv",
    "tel:",
    "mailto:",
    "#",
)

SAID = (
    "title", "placeholder", "aria-label", "alt", "aria-description", "data-label", "data-confirm", "data-confirm-text",
    "data-confirm-yes", "data-what", "data-none", "data-clear", "data-waiting", "data-reason",
)  # fmt: skip
SILENT = ("script", "style", "noscript", "textarea")

OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
LINKS = """() => [...document.querySelectorAll("a[href]:not([download])")].map((a) => a.getAttribute("href"))"""


def shape(server: Server, address: str) -> str | None:
    """What kind of page an address is: its endpoint, without the number of the record. None: no page of ours."""
    parts = urlsplit(address)
    if parts.netloc or any(mark in address for mark in NO_PAGE):
        return None
    try:
        endpoint, values = server.app.url_map.bind("localhost").match(parts.path, "GET")
    except HTTPException:
        return f"no such page: {address}"
    asked = [f"{key}={value}" for key, value in sorted(parse_qsl(parts.query)) if key in TELLING]
    told = [f"{key}={value}" for key, value in sorted(values.items()) if not isinstance(value, int) or key == "number"]
    return " ".join([endpoint, *told, *asked])


class Trail:
    """Which addresses wait to be opened, and how often each kind of page has been."""

    def __init__(self, server: Server, rows: int = 1) -> None:
        self.server, self.rows = server, rows
        self.waiting, self.known = deque(["/", "/nowhere"]), {"/"}
        self.opened: Counter[str] = Counter()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(address, kind) of each page to open; `found` adds the links that stand there."""
        while self.waiting:
            address = self.waiting.popleft()
            kind = shape(self.server, address)
            if kind is not None and self.opened[kind] < self.rows:
                self.opened[kind] += 1
                yield address, kind

    def found(self, page: str, links: list[str]) -> None:
        """Links on a page; `page` is where it was in the end."""
        for link in links:
            whole = link if link.startswith("/") else f"{urlsplit(page).path}{link}" if link.startswith("?") else ""
            if whole and whole not in self.known:
                self.known.add(whole)
                self.waiting.append(whole)


class _Apart(Client):
    """Each request in a context of its own: who asked it must not be who prepares the next clinic."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return contextvars.Context().run(super().open, *args, **{"buffered": True, **kwargs})


class Reader:
    """Somebody who reads pages without a screen."""

    def __init__(self, server: Server, phone: str, locale: str) -> None:
        self.server, self.client = server, _Apart(server.app)
        self.client.get(f"/lang/{locale}")
        form = html.fromstring(self.client.get("/login/").text)
        token = form.xpath("string(//input[@name='csrf_token']/@value)")
        answer = self.client.post("/login/", data={"phone": phone, "password": PASSWORD, "csrf_token": token})
        assert answer.status_code == 302, "signed in"
        self.client.get(f"/lang/{locale}?next=/")

    def read(self, address: str) -> tuple[TestResponse, Any]:
        """The answer and the parsed page."""
        answer = self.client.get(address, follow_redirects=True)
        assert answer.status_code == (404 if address == "/nowhere" else 200), f"{address}: {answer.status_code}"
        assert answer.mimetype == "text/html", f"{address}: {answer.mimetype}"
        return answer, html.fromstring(answer.text)

    def send_empty(self, address: str, page: Any) -> Any | None:
        """The form of the page, sent as it came: nothing is written where something is required."""
        forms = page.xpath("//main//form[contains(@class, 'js-form') and @method='post']")
        if not forms:
            return None
        answer = self.client.post(address, data=dict(forms[0].form_values()), follow_redirects=True)
        assert answer.status_code < 500, f"{address}, sent empty: {answer.status_code}"
        return html.fromstring(answer.text)


def read_all(
    reader: Reader,
    look: Callable[[Any, str], None],
    *,
    rows: int = 1,
    sends: bool = False,
    but: re.Pattern[str] | None = None,
) -> Counter[str]:
    """Read every kind of page that can be reached, `rows` of each, but those of a pattern; with `sends`, each form to
    add something is sent empty too. Returns how often each kind was met."""
    trail = Trail(reader.server, rows)
    for address, kind in trail:
        if but is not None and but.search(kind):
            continue
        answer, page = reader.read(address)
        look(page, address)
        trail.found(answer.request.path, page.xpath("//a[not(@download)]/@href"))
        if sends and address.endswith("/add") and (refused := reader.send_empty(address, page)) is not None:
            look(refused, f"{address}, sent empty")
    return trail.opened


def walk_all(person: Person, look: Callable[[Page, str], None], mine: Callable[[str], bool]) -> Counter[str]:
    """Open every kind of page in Chromium; `mine` says which kinds are looked at, the others only lead further."""
    trail = Trail(person.server)
    cookies = {cookie["name"]: cookie["value"] for cookie in person.context.cookies()}
    reader = _Apart(person.server.app)
    for name, value in cookies.items():
        reader.set_cookie(name, value)
    for address, kind in trail:
        if mine(kind):
            page = person.go(address, 404 if address == "/nowhere" else 200)
            look(page, address)
            trail.found(page.url, page.evaluate(LINKS))
        else:
            answer = reader.get(address, follow_redirects=True)
            trail.found(answer.request.path, html.fromstring(answer.text).xpath("//a[not(@download)]/@href"))
    return trail.opened


def texts(page: Any, pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """The texts of a page that hold something of a pattern, each with where it stands: also what is hidden, what only a
    screen reader says, and what a script may show. What stands in a field, and what is marked as another language or as
    not to be translated, is left out."""
    bodies = page.xpath("//body")  # none: a file that was sent
    found = [*(_said(bodies[0]) if bodies else []), (page.xpath("string(//title)"), "title")]
    for script in page.xpath("//*[@id='texts']"):
        found += [(text, "script") for text in _strings(json.loads(script.text or "{}"))]
    return [(" ".join(text.split()), place) for text, place in found if pattern.search(text)]


def _said(element: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(element.tag, str) or element.tag in SILENT:
        return
    if element.get("lang") or element.get("translate") == "no":
        return
    yield from ((element.get(name), f"{element.tag}@{name}") for name in SAID if element.get(name))
    if element.get("data-chart"):
        yield from ((text, "chart") for text in _strings(json.loads(element.get("data-chart"))))
    yield element.text or "", element.tag
    for child in element:
        yield from _said(child)
        yield child.tail or "", element.tag


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _strings(one)]
