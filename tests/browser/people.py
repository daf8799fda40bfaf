"""Somebody at a screen: signing in, opening pages, choosing in lookups, reading PDFs, and all that went wrong."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flask import Flask
from lxml import html
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response

from tests.factories.clinic import PASSWORD

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
DESK_SIZE, PHONE_SIZE, SMALL_PHONE = (
    {"width": 1366, "height": 820}, {"width": 390, "height": 844}, {"width": 360, "height": 740},
)  # fmt: skip
ADMIN, MANAGER, DOCTOR, NURSE, ASSISTANT, RECEPTIONIST, COORDINATOR, PATIENT = (f"9900000{n}" for n in range(1, 9))
ROLES = {
    "Admin": ADMIN, "Manager": MANAGER, "Doctor": DOCTOR, "Nurse": NURSE, "Assistant": ASSISTANT,
    "Receptionist": RECEPTIONIST, "Coordinator": COORDINATOR, "Patient": PATIENT,
}  # fmt: skip
OVERTAKEN = ("htmx:sendAbort", "htmx:afterRequest")  # a search that newer letters have overtaken
PLACES = ("data:", "blob:", "about:", "chrome:", "chrome-extension:")  # also Chromium's own viewer of PDFs
EXPECTED = (403, 404, 409, 422)  # a refusal is no mistake; a page that was asked for is checked by `go`


@dataclass
class Server:
    """A running clinic."""

    app: Flask
    url: str
    cookies: dict[str, Any] = field(default_factory=dict)  # of those who signed in already


@dataclass
class Person:
    """Somebody at a screen: their page, and everything that went wrong on it."""

    context: BrowserContext
    page: Page
    server: Server
    wrong: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The clinic's address."""
        return self.server.url

    def go(self, path: str, status: int = 200) -> Page:
        """Open a path; it answers `status`."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return self.page

    def choose(self, name: str, typed: str, text: str | None = None, within: str = "") -> None:
        """Type into a lookup and take the first answer that says `text`."""
        box = self.page.locator(f"{within} #{name}-ts-control")
        box.fill("")
        box.press_sequentially(typed)
        self.page.locator(f"#{name}-ts-dropdown .option", has_text=text or typed).first.click()

    def pdf(self, link: Locator) -> str:
        """The text of the PDF behind a link."""
        return pdf_text(self.fetch(str(link.get_attribute("href"))))

    def fetch(self, path: str) -> bytes:
        """What an address answers this person."""
        answer = self.context.request.get(self.base + path)
        assert answer.ok, f"{path}: {answer.status}"
        return answer.body()

    def picture(self, name: str, *, full: bool = False) -> None:
        """A picture of the screen, for whoever wants to look (`SOYOO_SHOTS=folder`)."""
        if folder := os.environ.get("SOYOO_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=full)


def pdf_text(data: bytes) -> str:
    """What stands in a PDF, in one line."""
    assert data.startswith(b"%PDF")
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
    return " ".join(found.stdout.decode().split())


def missing(reason: str) -> NoReturn:
    """What a test needs is not on this machine: skipped here, a failure where everything must run."""
    pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    raise AssertionError


def open_person(chromium: Browser, server: Server, size: Any = None, **options: Any) -> Person:
    """A screen of its own, with its own cookies."""
    context = chromium.new_context(viewport=size or DESK_SIZE, accept_downloads=True, **options)
    context.set_default_timeout(10_000)
    person = Person(context, context.new_page(), server)
    for page_event, note in (
        ("console", _console),
        ("pageerror", _script),
        ("request", _foreign),
        ("response", _failed),
    ):
        context.on("weberror" if page_event == "pageerror" else page_event, lambda what, n=note: n(person, what))
    return person


def enter(person: Person, phone: str | None, locale: str) -> None:
    """Sign in as the form does, without drawing it: that it can be filled in is a test's own. The second time the
    cookies are still there."""
    known, ask, base = person.server.cookies, person.context.request, person.base
    if phone in known:
        person.context.add_cookies(known[phone])
    ask.get(f"{base}/lang/{locale}?next=/login/", max_redirects=0)
    page = ask.get(f"{base}/login/", max_redirects=0)
    if phone is not None and page.ok:
        token = html.fromstring(page.text()).xpath("string(//input[@name='csrf_token']/@value)")
        form = {"phone": phone, "password": PASSWORD, "csrf_token": token}
        answer = ask.post(f"{base}/login/", form=form, headers={"Referer": page.url}, max_redirects=0)
        assert answer.status == 302, "signed in"
        ask.get(f"{base}/lang/{locale}?next=/", max_redirects=0)
        known[phone] = person.context.cookies()


def _console(person: Person, message: ConsoleMessage) -> None:
    told = [
        f"{words} {status}" for status in EXPECTED for words in ("status of", "Status Error Code")
    ]  # the browser, htmx
    expected = any(words in message.text for words in told)
    expected = expected or message.text.startswith(OVERTAKEN)
    if message.type == "error" and not expected:
        person.wrong.append(f"console: {message.text} ({message.location.get('url', '')})")


def _script(person: Person, error: Any) -> None:
    person.wrong.append(f"script: {error.error}")


def _foreign(person: Person, request: Request) -> None:
    if not request.url.startswith((person.base, *PLACES)):
        person.wrong.append(f"asked another host: {request.url}")


def _failed(person: Person, answer: Response) -> None:
    if answer.status >= 500:
        person.wrong.append(f"{answer.status}: {answer.url}")
