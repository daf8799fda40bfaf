"""The catalogues: Mongolian is Mongolian, and reaches our pages, Flask-AppBuilder, WTForms and the scripts."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_babel
import pytest
import wtforms
from babel.messages.pofile import read_po
from wtforms.validators import InputRequired, Length

from app.web.forms import ClinicForm
from app.web.text import speaking
from tests.factories.clinic import Clinic

PO = Path(__file__).resolve().parents[2] / "translations" / "mn" / "LC_MESSAGES" / "messages.po"
# what is filled in, what a program reads literally, and examples
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%s|`[^`]*`|жишээ нь \S+|\btrue\b|\bfalse\b")
LATIN, CYRILLIC = re.compile(r"[A-Za-z]+"), re.compile(r"[А-Яа-яЁёӨөҮү]+")
# Latin letters that are right in a Mongolian sentence: names of things, marks of the matrix, blood types, an ICD code, words of programs.
LATIN_HERE = frozenset(
    LATIN.findall(
        "CSV Excel xlsx SMS IP QPay SocialPay Facebook FDI I II III IV O A B AB K R W API REST JSON ISO Rison "
        "PDF DICOM HEIC JPEG PNG WebP TIFF BMP GIF ZIP Google Authenticator Microsoft Aegis data papers files flask audit verify seal late "
        "Ctrl Enter Escape Delete P JavaScript"
    )
)


def said() -> Iterator[tuple[Any, str]]:
    """Every Mongolian sentence with its message."""
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="mn")
    for message in catalogue:
        if message.id:
            yield from (
                (message, text) for text in ([message.string] if isinstance(message.string, str) else message.string)
            )


def strings(value: Any) -> Iterator[str]:
    """Every text inside JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def test_a_mongolian_sentence_has_no_latin_words() -> None:
    bare = {text: PLACEHOLDER.sub(" ", text) for _, text in said()}
    assert {
        text: LATIN.findall(rest) for text, rest in bare.items() if not LATIN_HERE.issuperset(LATIN.findall(rest))
    } == {}


def test_no_letters_of_the_other_alphabet_hide_inside_a_word() -> None:
    mixed = re.compile(r"[A-Za-z][А-Яа-яӨөҮү]|[А-Яа-яӨөҮү][A-Za-z]")
    assert [text for _, text in said() if mixed.search(PLACEHOLDER.sub(" ", text))] == []


def test_no_suffix_hangs_on_a_name_or_number_that_is_filled_in() -> None:
    """A suffix follows the vowels of its word, which the catalogue doesn't know."""
    glued = re.compile(r"(?:%\(\w+\)[sd]|\{\w+\})(?:-?[А-Яа-яӨөҮү])|[А-Яа-яӨөҮү](?:%\(|\{)")
    assert [text for _, text in said() if glued.search(text)] == []


def test_a_sentence_ends_as_a_sentence() -> None:
    ends = (".", "?", "!", "…")
    wrong = [
        text
        for message, text in said()
        if isinstance(message.id, str) and message.id.endswith(ends) and not text.endswith(ends)
    ]
    assert [text for text in wrong if not text.endswith((":", "эсэх"))] == []


def test_the_framework_speaks_mongolian(clinic: Clinic) -> None:
    own = [
        (m.id, text)
        for m, text in said()
        if isinstance(m.id, str) and any("flask_appbuilder/" in place for place, _ in m.locations)
    ]
    assert len(own) > 100
    with clinic.app.test_request_context(), speaking("mn"):
        assert [(text, flask_babel.gettext(text)) for text, wanted in own if flask_babel.gettext(text) != wanted] == []


def test_wtforms_speaks_mongolian(clinic: Clinic) -> None:
    class Form(ClinicForm):
        number = wtforms.IntegerField("number")
        choice = wtforms.SelectField("choice", choices=["1"])
        short = wtforms.StringField("short", [Length(max=2)])
        needed = wtforms.StringField("needed", [InputRequired()])

    def errors() -> dict[str, list[str]]:
        with (
            clinic.app.test_request_context("/", method="POST", data={"number": "x", "choice": "9", "short": "abc"}),
            speaking("mn"),
        ):
            form = Form(meta={"csrf": False})
            form.validate()
            return {name: list(found) for name, found in form.errors.items()}

    found = errors()
    assert set(found) == {"number", "choice", "short", "needed"}
    assert [text for texts in found.values() for text in texts if LATIN.search(text)] == []


@pytest.mark.parametrize(("locale", "foreign"), [("mn", LATIN), ("en", CYRILLIC)])
def test_the_scripts_get_their_texts_in_the_readers_language(
    clinic: Clinic, locale: str, foreign: re.Pattern[str]
) -> None:
    page = clinic.client("Receptionist", locale=locale).get("/patients").text
    found = re.search(r'<script type="application/json" id="texts">(.*?)</script>', page, re.DOTALL)
    assert found
    texts = list(strings(json.loads(found[1])))
    assert len(texts) > 30, "weekdays and months of the date picker among them"
    assert [text for text in texts if foreign.search(text)] == []


@pytest.mark.parametrize(("locale", "foreign"), [("mn", LATIN), ("en", CYRILLIC)])
def test_a_chart_is_drawn_in_the_readers_language(clinic: Clinic, locale: str, foreign: re.Pattern[str]) -> None:
    page = clinic.client("Manager", locale=locale).get("/diagnosis-codes/chart/0").text
    found = re.search(r'data-chart="(.*?)"', page, re.DOTALL)
    assert found
    texts = list(strings(json.loads(html.unescape(found[1]))))
    assert texts
    assert [text for text in texts if foreign.search(text)] == []
