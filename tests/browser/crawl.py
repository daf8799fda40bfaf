"""Walking through the clinic as somebody would: every page that a link leads to, and some rows of each kind."""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException

from tests.browser.people import Person

TELLING = ("tab", "by", "as", "primary", "system")  # what an address says after "?" that makes another page of it
NO_PAGE = (".pdf", "/lang/", "/logout", "/static/", "/export", "as=csv", "/sample", "/rows.csv", "tel:", "mailto:", "#")

LINKS = """() => [...document.querySelectorAll("a[href]:not([download])")].map((a) => a.getAttribute("href"))"""

# The texts of a page that hold something of a pattern, each with where it stands: also what is hidden, what only a screen
# reader says, and what a script may show. What stands in a field, and what is
# marked as another language or as not to be translated, is left out.
TEXTS = """(pattern) => {
  const wanted = new RegExp(pattern), found = new Map();
  const said = ["title", "placeholder", "aria-label", "alt", "aria-description", "data-label", "data-confirm", "data-confirm-text",
    "data-confirm-yes", "data-what", "data-none", "data-clear", "data-waiting", "data-reason"];
  const take = (text, place) => { if (wanted.test(text)) found.set(text.replace(/\\s+/g, " ").trim(), place); };
  const strings = (value) => typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(strings) : [];
  const walk = (element) => {
    if (element.lang || element.translate === false || ["SCRIPT", "STYLE", "NOSCRIPT", "TEXTAREA"].includes(element.tagName)) return;
    const place = element.tagName.toLowerCase();
    for (const name of said) if (element.hasAttribute(name)) take(element.getAttribute(name), `${place}@${name}`);
    if (element.dataset.chart) for (const text of strings(JSON.parse(element.dataset.chart))) take(text, "chart");
    for (const child of (element.content ?? element).childNodes) { if (child.nodeType === 3) take(child.data, place); else if (child.nodeType === 1) walk(child); }
  };
  take(document.title, "title");
  walk(document.body);
  strings(JSON.parse(document.getElementById("texts")?.textContent ?? "{}")).forEach((text) => take(text, "script"));
  return [...found];
}"""

# What no page may have: an id twice (labels and errors would lead to the wrong field), and more width than the screen.
FAULTS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))].map((id) => `id twice: ${id}`);
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return wide > 0 ? [...twice, `wider than the screen by ${wide}`] : twice;
}"""


# The form as it came: nothing is written where something is required.
FORM = "main form.js-form[method=post]"


def shape(person: Person, address: str) -> str | None:
    """What kind of page an address is: its endpoint, without the number of the record. None: no page of ours."""
    parts = urlsplit(address)
    if parts.netloc or any(mark in address for mark in NO_PAGE):
        return None
    try:
        endpoint, values = person.server.app.url_map.bind("localhost").match(parts.path, "GET")
    except HTTPException:
        return f"no such page: {address}"
    asked = [f"{key}={value}" for key, value in sorted(parse_qsl(parts.query)) if key in TELLING]
    told = [f"{key}={value}" for key, value in sorted(values.items()) if not isinstance(value, int) or key == "number"]
    return " ".join([endpoint, *told, *asked])


def crawl(
    person: Person, look: Callable[[Page, str], None], *, rows: int = 1, most: int = 9_999, sends: bool = False
) -> Counter[str]:
    """Open (`most`) every kind of page that can be reached, `rows` of each, and `look` at it; with `sends`, each form to
    add something is sent empty too. Returns how often each kind was opened."""
    waiting, known, opened = deque(["/", "/nowhere"]), {"/"}, Counter[str]()
    while waiting and len(opened) < most:
        address = waiting.popleft()
        kind = shape(person, address)
        if kind is None or opened[kind] >= rows:
            continue
        opened[kind] += 1
        page = person.go(address, 404 if address == "/nowhere" else 200)
        look(page, address)
        for link in page.evaluate(LINKS):
            whole = link if link.startswith("/") else f"{urlsplit(page.url).path}{link}" if link.startswith("?") else ""
            if whole and whole not in known:
                known.add(whole)
                waiting.append(whole)
        if sends and address.endswith("/add") and page.locator(FORM).count():
            with page.expect_navigation():
                page.evaluate(f"document.querySelector('{FORM}').requestSubmit()")
            look(page, f"{address}, sent empty")
    return opened


def texts(page: Page, pattern: str) -> list[tuple[str, str]]:
    """The texts of the page that hold something of a pattern, with where they stand."""
    found: list[Any] = page.evaluate(TEXTS, pattern)
    return [(str(text), str(place)) for text, place in found]
