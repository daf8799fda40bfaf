"""Saying a mark in the reader's language, and showing dates, amounts and phones the clinic's way."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

import flask_babel
from flask import g, has_request_context
from flask_babel import LazyString
from markupsafe import Markup

from app.kernel.enums import Code, Word
from app.kernel.money import format_tugrug
from app.kernel.phones import show_phone
from app.kernel.text import Names, T, Text
from app.web import who

LOCALES = {"mn": "Монгол", "en": "English"}


def locale() -> str:
    """The language of this answer: `mn` or `en`."""
    found = flask_babel.get_locale()
    return "en" if found is not None and found.language == "en" else "mn"


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside the block: a patient's document, a notification."""
    with flask_babel.force_locale(language):
        yield


def say(value: Any) -> str:
    """Any value as the reader reads it: marks, names in two languages, enums, dates, moments, yes and no."""
    if isinstance(value, Text):
        params = {key: say(param) for key, param in value.params.items()}
        context, msgid = value.context, value.msgid
        text = flask_babel.pgettext(context, msgid) if context else flask_babel.gettext(msgid)
        return str(text) % params  # also without parameters: a percent sign is written %%
    if isinstance(value, Names):
        first, second = (value.mn, value.en) if locale() == "mn" else (value.en, value.mn)
        return first or second
    if isinstance(value, Code | Word):
        return say(value.label)
    if value is None:
        return ""
    if isinstance(value, bool):
        return say(T("Yes") if value else T("No"))
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def lazy(text: Text | str) -> LazyString | str:
    """A mark for places that want a string now and show it later (WTForms labels)."""
    return LazyString(lambda: say(text)) if isinstance(text, Text) else text


def moment(value: datetime | None) -> str:
    """`2026-11-20 14:30` on the clinic's clock."""
    return "" if value is None else f"{value.astimezone(who.clinic().zone):%Y-%m-%d %H:%M}"


def clock(value: datetime | time | None) -> str:
    """`14:30` on the clinic's clock."""
    if value is None:
        return ""
    return f"{value.astimezone(who.clinic().zone):%H:%M}" if isinstance(value, datetime) else f"{value:%H:%M}"


def day(value: date | datetime | None) -> str:
    """`2026-11-20`, of a moment on the clinic's calendar."""
    if value is None:
        return ""
    return f"{value.astimezone(who.clinic().zone):%Y-%m-%d}" if isinstance(value, datetime) else value.isoformat()


def money(value: int | None) -> str:
    """`1,250,000 ₮`."""
    return "" if value is None else format_tugrug(value)


def percent(value: int | None) -> str:
    """Basis points as a share: `1250` → `12.5 %`."""
    return "" if value is None else f"{value / 100:g} %"


def phone_link(value: str | None) -> Markup:
    """A number that dials."""
    return Markup("") if not value else Markup('<a class="phone" href="tel:{}">{}</a>').format(value, show_phone(value))


WEEKDAYS = (T("Monday"), T("Tuesday"), T("Wednesday"), T("Thursday"), T("Friday"), T("Saturday"), T("Sunday"))


def long_day(value: date) -> str:
    """`2026-11-20, Friday`."""
    return f"{value.isoformat()}, {say(WEEKDAYS[value.weekday()])}"


def today() -> date:
    """Today on the clinic's calendar; the same all through one request."""
    if not has_request_context():
        return datetime.now(who.clinic().zone).date()
    if "today" not in g:
        g.today = datetime.now(who.clinic().zone).date()
    found: date = g.today
    return found


FILTERS = {
    "say": say,
    "money": money,
    "moment": moment,
    "clock": clock,
    "day": day,
    "percent": percent,
    "phone": phone_link,
    "long_day": long_day,
}
