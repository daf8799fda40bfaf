"""Chromium has no Mongolian: what the browser writes comes from our own tables or from the server (trap 19)."""

import re

import pytest

from app.web.theme import JS_TEXTS
from tests.house.tree import APP

SCRIPTS = sorted((APP / "static" / "js").glob("*.js"))
# The browser's own ways to write a date, a number or an order of words: all of them ask `Intl`.
OF_INTL = re.compile(r"\bIntl\b|\.toLocale\w*\(|\.localeCompare\(|\.to(?:Date|Time)String\(")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_our_scripts_never_ask_the_browser_for_a_text(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]  # a Path
    assert not OF_INTL.findall(text)


def test_the_date_picker_is_given_every_day_and_month() -> None:
    script = (APP / "static" / "js" / "app.js").read_text(encoding="utf-8")
    for name, count in (("weekdays", 7), ("weekdaysShort", 7), ("months", 12)):
        assert len(JS_TEXTS[name]) == count
        assert f"texts.{name}" in script
    made = re.findall(r"flatpickr\(\w+, (\{.*?\})\)", script)
    assert made
    assert all("locale: dates" in options for options in made), "every date picker speaks from our tables"
    assert {f"texts.{name}" for name in JS_TEXTS} <= set(re.findall(r"texts\.\w+", script)), "and none is unused"


def test_numbers_of_a_chart_are_written_as_the_clinic_writes_them() -> None:
    script = (APP / "static" / "js" / "chart.js").read_text(encoding="utf-8")
    assert r"replace(/\B(?=(\d{3})+(?!\d))/g" in script
