"""Markup, formulas and addresses planted in every text: none is run, none is fetched, wherever the text comes out."""

import csv
import io
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import openpyxl
import pytest

from app.web.views import ClinicView
from tests.factories.clinic import Browser, Clinic
from tests.security import victim
from tests.security.attacks import attack, part_of

SCRIPT = "'\"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
# what would be there if a text came out as markup
RUN = re.compile(r"<img src=x|<script>alert|onerror=alert\(1\)>(?!&)")
PAPERS = (
    "/invoices/{invoice}.pdf", "/payments/{payment}.pdf", "/prescriptions/{prescription}.pdf", "/lab-requests/{lab_request}.pdf",
)  # fmt: skip


@pytest.fixture
def other(clinic: Clinic) -> victim.Victim:
    clinic.app.config["PROPAGATE_EXCEPTIONS"] = False
    return victim.prepare(clinic)


def pages(clinic: Clinic, other: victim.Victim) -> Iterator[str]:
    """Every address that is read."""
    for rule, path in victim.addresses(clinic, other):
        if "GET" in (rule.methods or ()) and not path.endswith((".pdf", "/export.csv", "rows.csv", "sample.csv")):
            yield path


@attack("Script in every text column of every table, opened on every page (stored XSS)", "V1.2.1")
@pytest.mark.parametrize("role", ["Admin", "Doctor"])
def test_no_text_becomes_markup(clinic: Clinic, other: victim.Victim, role: str) -> None:
    assert victim.write_into_all(SCRIPT) > 60
    browser, odd, tries = clinic.client(role), [], 0
    for path in pages(clinic, other) if role == "Admin" else part_of(pages(clinic, other)):
        answer = browser.get(path)
        if answer.status_code != 200:
            assert answer.status_code < 500, path
            continue
        tries += 1
        if answer.mimetype == "text/html" and RUN.search(answer.text):
            place = RUN.search(answer.text)
            odd.append(f"{path}: {answer.text[max(0, place.start() - 80) : place.end() + 20] if place else ''}")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not odd
    assert tries > 75


@attack("Script in the address itself: query, path, Referer, language (reflected XSS)", "V1.2.1")
def test_what_the_address_says_comes_back_as_text(clinic: Clinic, other: victim.Victim) -> None:
    browser = clinic.client("Admin")
    for path in part_of(pages(clinic, other)):
        answer = browser.get(
            path,
            query_string={"q": SCRIPT, "sort": SCRIPT, "next": SCRIPT, "after": SCRIPT, "day": SCRIPT, "view": SCRIPT},
            headers={"Referer": f"http://localhost/{SCRIPT}", "Accept-Language": SCRIPT},
        )
        assert answer.status_code < 500, path
        assert answer.mimetype != "text/html" or not RUN.search(answer.text), path


FORMULAS = ("=cmd|' /C calc'!A1", "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1")


@attack("Formulas in every text column, exported as CSV and Excel of every table", "V1.2.10")
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_an_export_is_a_formula(clinic: Clinic, other: victim.Victim, formula: str) -> None:
    assert victim.write_into_all(formula) > 50
    admin, odd, tries = clinic.client("Admin"), [], 0
    exported = [view for view in clinic.app.extensions["appbuilder"].baseviews if isinstance(view, ClinicView)]
    for view in exported[FORMULAS.index(formula) % 2 :: 2]:  # each table gets half of them
        answer = admin.get(f"{view.route_base}/export.csv")
        tries += 1
        for row in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))):
            odd += [f"{view.route_base}: {cell[:30]!r}" for cell in row if is_formula(cell)]
        if tries % 6 == 0:
            book = openpyxl.load_workbook(io.BytesIO(admin.get(f"{view.route_base}/export.xlsx").data))
            odd += [f"{cell.value!r}" for line in book.active for cell in line if cell.data_type == "f"]
    assert not odd[:5]
    assert tries > 25


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute the cell."""
    return cell.lstrip(" \t\r\n")[:1] in ("=", "+", "@") or (cell[:1] == "-" and not re.fullmatch(r"-[\d,. ]*", cell))


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """A port that counts who calls."""
    calls: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def count() -> None:
        while True:
            try:
                caller, address = server.accept()
            except OSError:
                return
            calls.append(str(address))
            caller.close()

    threading.Thread(target=count, daemon=True).start()
    try:
        yield server.getsockname()[1], calls
    finally:
        server.close()


@attack(
    "Images, styles, fonts and includes of another host or of the disk, planted in every text of every paper (SSRF, file reading)",
    "V1.3.6",
)
@pytest.mark.parametrize("text", [
    '<img src="http://127.0.0.1:{port}/x.png">', '<link rel="stylesheet" href="http://127.0.0.1:{port}/x.css">', "<style>@import url(http://127.0.0.1:{port}/x)</style>",
    '<pdf:include src="http://127.0.0.1:{port}/x">', '<img src="file:///etc/passwd">', "<!--#include file='/etc/passwd'--><pdf:nextpage>",
])  # fmt: skip
def test_no_paper_fetches_anything(clinic: Clinic, other: victim.Victim, text: str) -> None:
    with listening() as (port, calls):
        planted = text.replace("{port}", str(port))
        assert victim.write_into_all(planted) > 50
        admin = clinic.client("Admin")
        for path in PAPERS:
            answer = printed(
                admin,
                path.format(
                    **{name: other.key(name) for name in ("invoice", "payment", "prescription", "lab_request")}
                ),
            )
            assert answer.startswith(b"%PDF"), path
            assert b"root:x:0" not in answer
        assert printed(admin, "/reports/revenue/export.pdf").startswith(b"%PDF")
    assert calls == []


def printed(browser: Browser, path: str) -> bytes:
    """The paper at an address."""
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return bytes(answer.data)
