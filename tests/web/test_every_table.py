"""Every table × every role × (list, record, form, chart, export): who may gets it in their language.

That nobody else does is asked of every address in tests/security/test_matrix.py; here of all roles but the Admin alone
what is open is read, and what is closed to the Admin is tried.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po

from app.web.views import ClinicView
from tests.factories.clinic import CAST, Clinic
from tests.security.test_matrix import RIGHTS, allowed
from tests.web import crowd

PO = Path(__file__).resolve().parents[2] / "translations" / "mn" / "LC_MESSAGES" / "messages.po"
TEXT = re.compile(r">([^<>]+)<|(?:title|placeholder|aria-label|data-label|alt|data-confirm)=\"([^\"]+)\"")
ENGLISH = re.compile(
    r"<(\w+)[^>]*\blang=\"en\"[^>]*>.*?</\1>|<script.*?</script>|<code.*?</code>|<textarea.*?</textarea>", re.S
)


def marks() -> frozenset[str]:
    """Every English text that has a Mongolian one."""
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="mn")
    return frozenset(
        m.id
        for m in catalogue
        if isinstance(m.id, str) and m.string and m.string != m.id and len(m.id) > 2 and "%(" not in m.id
    )


def texts(page: str) -> set[str]:
    """What a page says, without what is marked as English."""
    return {unescape(a or b).strip() for a, b in TEXT.findall(ENGLISH.sub("", page))}


@pytest.fixture
def grown(clinic: Clinic) -> Clinic:
    """A clinic in which every table has rows."""
    user = clinic.user("Doctor").id
    main = clinic.unit(lambda s: crowd.begin(s, user))
    clinic.unit(lambda s: crowd.grow(s, main, 1))
    return clinic


def addresses(clinic: Clinic, view: Any) -> Iterator[tuple[str, str]]:
    """(gate, address) of a table's screens."""
    newest = sa.select(sa.func.max(view.key_columns()[0]))
    with clinic.app.test_request_context():
        key = clinic.session.scalar(newest.where(*view.base_where())) or clinic.session.scalar(newest)
    base = view.route_base
    yield "read", f"{base}/list/"
    if view.show_columns and not view.shows_elsewhere:
        yield "read", f"{base}/{key}"
    if "changes" not in view.exclude_route_methods:
        yield "read", f"{base}/{key}/changes"
    if view.add_columns:
        yield "write", f"{base}/add"
    if view.edit_columns:
        yield "write", f"{base}/{key}/edit"
    yield "chart", f"{base}/chart/"
    yield "export", f"{base}/export.csv"


def may(gate: str, page: str, role: str) -> bool:
    """What the matrix says."""
    if gate == "export":
        return allowed("read", page, role) and RIGHTS["export"][role] == "y"
    return allowed(gate, page, role)


@pytest.mark.parametrize("role", CAST)
def test_who_may_gets_every_screen_of_every_table_in_their_language(grown: Clinic, role: str) -> None:
    views = [v for v in grown.app.extensions["appbuilder"].baseviews if isinstance(v, ClinicView)]
    asked = [(view, gate, path) for view in views for gate, path in addresses(grown, view)]
    wrong, english = [], marks()
    for language in ("en", "mn") if role == "Admin" else ("mn",):  # tests/browser reads every role's pages in both
        browser = grown.client(role, locale=language)
        for view, gate, path in asked:
            is_open = may(gate, view.page, role)
            if not is_open and role != "Admin":
                continue
            answer = browser.get(path)
            if answer.status_code != (200 if is_open else 403):
                wrong.append(f"{path}: {answer.status_code}")
            elif is_open and gate != "export":
                said = texts(answer.text.split("<main", 1)[1])
                wrong += [f"{path}: None"] * ("None" in said)
                wrong += [f"{path}: {text}" for text in said & english if language == "mn"]
    assert not wrong, "\n".join(wrong)
