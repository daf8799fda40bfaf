"""Every page of every role, in both languages: no word of the other, no raw name, no id twice; and how they
stand on a screen."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from zlib import crc32

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from app.catalogue.models import ConsentTemplate, Medicine, ServiceType
from app.clinical.models import MedicalFile
from app.communication.models import Message, MessageTemplate, Sms
from app.db import sqla
from app.db.base import metadata
from app.files.models import StoredFile
from tests.browser.crawl import OVER, Reader, read_all, texts, walk_all
from tests.browser.people import ROLES, Server

pytestmark = pytest.mark.browser

# Latin letters that are right on a Mongolian page: names of things, and what is written so everywhere.
NAMES = frozenset({
    "Soyoo", "CSV", "Excel", "xlsx", "csv", "txt", "PDF", "SMS", "QPay", "SocialPay", "Facebook", "FDI", "QR", "IP", "mn", "en",
    "MariaDB", "SQLite", "Ctrl", "Enter", "Delete", "PgUp", "PgDn", "Chrome", "Firefox", "Safari", "Edge", "Linux", "Windows", "Android",
    "DICOM", "JPEG", "PNG", "WebP", "TIFF", "BMP", "GIF", "HEIC",  # kinds of files
    "REST", "API", "INR",  # programs; a test of the blood
    "JSON", "ZIP", "kB", "MB", "Google", "Microsoft", "Authenticator", "Aegis",
    "II", "III", "IV", "AB",  # blood groups
})  # fmt: skip
ADDRESS = re.compile(r"(?<!\w)/[\w{}<>:./-]*")  # of a page
CODES = re.compile(
    r"[\w.+-]+@[\w.-]+"  # an e-mail address
    rf"|{ADDRESS.pattern}"
    r"|\b[A-Z]\d\d(?:\.\d+)?\b"  # ICD
    r"|\b[A-Z]{2,8}-?\d+\b|\b[A-Z]{2,4}-[A-Z0-9]{1,4}\b"  # the code of a service, a supply, a document
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # the number of a request
    r"|\b[0-9a-f]{16}(?:[0-9a-f]{48})?\b"  # the key or the hash of a seal
    r"|\b[\w-]+\.(?:csv|xlsx|pdf)\b"
    r"|^\d?[UL][LR]$"  # a quarter of the mouth, in Palmer's notation
    r"|\b[1-8][1-8] [MDBLPOIF]{1,5}\b|^[MDBLPOIF]{1,5}$|(?<=\w )[MDBLPOIF]{1,5}(?= \()"  # surfaces of a tooth
    r"|\b[0-9a-f]{32,64}\b"  # a fingerprint, the key of a form
    r"|#[0-9a-f]{6}\b"  # a colour
    r"|\{\w*(?:\}|…|$)"  # what a script or a message fills in, also where a long text is cut
)
LATIN, CYRILLIC = re.compile("[A-Za-z]{2,}"), re.compile("[А-Яа-яЁёӨөҮү]{2,}")
RAW = re.compile(r"\bNone\b|%\(|\{\{|\bundefined\b|\[object|\bNaN\b|\b[a-z]+_[a-z_]+\b|<[A-Z]\w+ ")
HIDDEN = {"audit_log", "booking_slot", "session_token", "login_attempt"}  # tables that say nothing of their own

# Who is looked at where: both workers have about as much to do.
FIRST, SECOND = ("Admin", "Assistant", "Patient"), ("Manager", "Doctor", "Nurse", "Receptionist", "Coordinator")
PLACES = [
    *(pytest.param(role, "sqlite_server", id=role, marks=pytest.mark.xdist_group("browser-1")) for role in FIRST),
    *(pytest.param(role, "other_server", id=role, marks=pytest.mark.xdist_group("browser-2")) for role in SECOND),
]
# Pages that one template writes for every table; some of each are looked at.
ALIKE = re.compile(r"(?<!PatientView)\.(?:changes|edit)\b|number=[1-9]|ListChoicesPage")
MANY = {"list": 3, "add": 3, "show": 9, "chart": 9}
# Screens that are made for every table: an Admin reads them all, the others only what is made for them.
GENERATED = re.compile(r"View\.(?:list|show|chart|changes|add|edit)\b|ListChoicesPage")


@pytest.fixture
def clinic(request: pytest.FixtureRequest) -> Server:
    """The clinic of this run."""
    found: Server = request.getfixturevalue(request.param)
    return found


def written(server: Server, *columns: Any) -> Iterator[str]:
    """What stands in these columns, or in every table that people write into."""
    statements = (
        [sa.select(*columns)] if columns else [sa.select(t) for t in metadata.sorted_tables if t.name not in HIDDEN]
    )
    with server.app.app_context():
        for statement in statements:
            for row in sqla.session.execute(statement):
                yield from (str(value) for value in row if isinstance(value, str | dict | list))
        sqla.session.remove()


def words(pattern: re.Pattern[str], found: Iterable[str]) -> frozenset[str]:
    """The words of texts."""
    return frozenset(word for text in found for word in pattern.findall(text))


def strange(pattern: re.Pattern[str], text: str, known: frozenset[str]) -> list[str]:
    """The words of the other language's letters that have no reason to be here, and what no reader should see."""
    whole = re.sub(r"\S*…$", "", CODES.sub(" ", text))  # the last word of a text that was cut
    return [*(word for word in pattern.findall(whole) if word not in known), *RAW.findall(ADDRESS.sub(" ", text))]


def foreign_words(reader: Reader, pattern: re.Pattern[str], known: frozenset[str], **how: Any) -> dict[str, str]:
    """Each text with a word that has no reason to be there, with the page it was seen on first."""
    found: dict[str, str] = {}
    worth_a_look = re.compile(f"{pattern.pattern}|None|[%_{{[]|undefined|NaN|<[A-Z]")

    def look(page: Any, address: str) -> None:
        for text, place in texts(page, worth_a_look):
            if wrong := strange(pattern, text, known):
                found.setdefault(f"{wrong} in “{text[:90]}”", f"{address} ({place})")
        twice = [name for name, times in Counter(page.xpath("//@id")).items() if times > 1]
        found.update({f"id twice, so that labels lead to the wrong field: {name}": address for name in twice})

    opened = read_all(reader, look, **how)
    assert len(opened) > 1, opened
    return found


def told(found: dict[str, str]) -> str:
    return "".join(f"\n{what}: {where}" for what, where in found.items())


@pytest.mark.parametrize(("role", "clinic"), PLACES, indirect=["clinic"])
def test_every_page_speaks_mongolian(role: str, clinic: Server) -> None:
    columns = (
        Medicine.generic_name, ServiceType.code, MessageTemplate.code, Message.body, Sms.sms_text,
        StoredFile.original_name, StoredFile.media_type, MedicalFile.dicom, ConsentTemplate.code,
    )  # fmt: skip
    names = frozenset().union(*(words(LATIN, written(clinic, column)) for column in columns))
    reader, is_admin = Reader(clinic, ROLES[role], "mn"), role == "Admin"
    found = foreign_words(reader, LATIN, NAMES | names, sends=is_admin, but=None if is_admin else GENERATED)
    assert not found, told(found)


@pytest.mark.parametrize(("role", "clinic"), PLACES, indirect=["clinic"])
def test_every_page_speaks_english(role: str, clinic: Server) -> None:
    """Whatever is Cyrillic there has been written into the clinic's tables by people."""
    reader, known = Reader(clinic, ROLES[role], "en"), words(CYRILLIC, written(clinic))
    found = foreign_words(reader, CYRILLIC, known, but=None if role == "Admin" else GENERATED)
    assert not found, told(found)


@pytest.mark.xdist_group("browser-2")
def test_every_kind_of_page_fits_the_screen(other_server: Server, people_at: Any) -> None:
    """An Admin opens nearly every page: none is wider than the screen, none has a script that fails."""
    found: dict[str, str] = {}

    def look(page: Page, address: str) -> None:
        if over := page.evaluate(OVER):
            found[address] = f"wider than the screen by {over}"

    def is_looked_at(kind: str) -> bool:
        generated = re.search(r"View\.(\w+)", kind)
        share = MANY.get(generated[1], 1) if generated else 1
        return not ALIKE.search(kind) and crc32(kind.encode()) % share == 0

    walk_all(people_at(other_server, ROLES["Admin"], "mn"), look, is_looked_at)
    assert not found, told(found)
