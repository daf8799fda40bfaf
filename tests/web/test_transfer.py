"""How much travels: look.md allows 400 kB for a first view and 60 kB afterwards."""

import re

import pytest

from tests.factories.clinic import Clinic

FIRST, AFTERWARDS = 400_000, 60_000
COMPRESSED = {"Accept-Encoding": "br"}


def parts_of(page: str) -> set[str]:
    return set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))


@pytest.mark.parametrize("path", ["/dashboard", "/appointments", "/patients", "/patients/add"])
def test_a_page_weighs_no_more_than_the_budget(clinic: Clinic, path: str) -> None:
    desk = clinic.client("Receptionist", locale="mn")
    page = desk.get(path, headers=COMPRESSED)
    assert page.headers["Content-Encoding"] == "br"
    assert len(page.data) <= AFTERWARDS
    parts = parts_of(desk.get(path).text)
    assert parts
    answers = [desk.get(part, headers=COMPRESSED) for part in parts]
    assert all("max-age=31536000" in answer.headers["Cache-Control"] for answer in answers)
    assert all("Content-Encoding" in a.headers for a in answers if a.mimetype in ("text/css", "text/javascript"))
    fonts = re.findall(r'url\("?([^")]+\.woff2)', "".join(desk.get(p).text for p in parts if ".css" in p))
    weight = sum(len(desk.get(f"/static/css/{font}").data) for font in fonts)
    assert fonts
    assert len(page.data) + sum(len(answer.data) for answer in answers) + weight <= FIRST
