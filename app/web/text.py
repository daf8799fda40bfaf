"""Saying a mark in the reader's language, and showing dates, amounts and phones the clinic's way."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

import flask_babel
from flask import g, has_app_context, has_request_context
from flask_babel import LazyString
from markupsafe import Markup, escape

from app.kernel.enums import Code, Word
from app.kernel.money import format_tugrug
from app.kernel.phones import show_phone
from app.kernel.text import Names, T, Text
from app.web import who

LOCALES = {"mn": "Монгол", "en": "English"}


def locale() -> str:
    """The language of this answer: `mn` or `en`."""
    known = _known_locale()
    found = flask_babel.get_locale() if known is None else known
    return "en" if found is not None and found.language == "en" else "mn"


def _known_locale() -> Any:
    """What Flask-Babel keeps of this request's language once it has been asked: it is asked for at every word."""
    if not has_app_context():
        return None
    kept = g._get_current_object().__dict__.get("_flask_babel")
    return None if kept is None else kept.__dict__.get("babel_locale")


def translated(msgid: str, context: str | None = None) -> str:
    """A sentence in the reader's language, its placeholders open."""
    words = WORDS[locale()]
    known = words.get((context, msgid))
    if known is None:
        known = str(flask_babel.pgettext(context, msgid) if context else flask_babel.gettext(msgid))
        if flask_babel.get_locale() is not None:
            words[context, msgid] = known
    return known


Message = tuple[str | None, str]
# what has been looked up, by language; the sentences of the program are its only keys
WORDS: dict[str, dict[Message, str]] = {language: {} for language in LOCALES}
MARKED: dict[str, Markup] = {}  # a sentence without placeholders, ready for a page


def _ready(text: str, values: dict[str, Any]) -> Markup:
    if values:
        return Markup(text) % values  # noqa: S704 - a sentence of the catalogue
    ready = MARKED.get(text)
    if ready is None:
        ready = MARKED[text] = Markup(text) % ()  # noqa: S704 - a sentence of the catalogue
    return ready


def template_text(msgid: str, **values: Any) -> Markup:
    """`_("…")` of templates: the values are escaped, the sentence is not."""
    return _ready(translated(msgid), values)


def template_text_of(context: str, msgid: str, **values: Any) -> Markup:
    """`pgettext("…", "…")` of templates."""
    return _ready(translated(msgid, context), values)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside the block: a patient's document, a notification."""
    with flask_babel.force_locale(language):
        yield


def say(value: Any) -> str:
    """Any value as the reader reads it: marks, names in two languages, enums, dates, moments, yes and no."""
    if isinstance(value, Text):
        text = translated(value.msgid, value.context)
        if not value.params:
            return text % () if "%" in text else text  # a percent sign is written %%
        return text % {key: say(param) for key, param in value.params.items()}
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
    return "" if value is None else value.astimezone(who.clinic().zone).isoformat(" ", "minutes")[:16]


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
    return Markup(f'<a class="phone" href="tel:{escape(value)}">{escape(show_phone(value))}</a>' if value else "")  # noqa: S704 - each part is escaped


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
