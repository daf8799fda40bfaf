"""Reading the cells of a list as people keep them in spreadsheets: dates, amounts, numbers, yes and no.

Each reader gives None for an empty cell and raises RuleError for what it can't read.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.money import parse_tugrug
from app.kernel.text import T

V = TypeVar("V")
SHOWN = 40  # letters of a cell that a sentence repeats
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
_TIME_OF_DAY = re.compile(r"(?:\s+|T)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_SERIAL_FROM = date(1899, 12, 30)  # Excel's day 0
_SCIENTIFIC = re.compile(r"-?\d(?:\.\d{1,17})?[eE]\+?\d{1,3}")
_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.0+)?")
_POINTS_AS_GROUPS = re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3})+")
_YES = frozenset(["yes", "y", "true", "t", "1", "x", "✓", "тийм", "т", "идэвхтэй", "active"])
_NO = frozenset(["no", "n", "false", "f", "0", "үгүй", "ү", "идэвхгүй", "inactive"])


def clean_cell(text: str) -> str:
    """A cell without what can't be seen or stored, trimmed; lines stay apart."""
    if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@"):
        text = text[1:]  # put there by an export, so that no spreadsheet runs it as a formula
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text.strip()
    visible = _CONTROL.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n"))
    return visible.replace("\u00a0", " ").replace("\u202f", " ").strip()


def one_line(text: str) -> str:
    """A cell as one line with single spaces."""
    return " ".join(text.split())


def is_blank(cells: Iterable[str]) -> bool:
    """Whether nothing stands in a row."""
    return not any(cell.strip() for cell in cells)


def read_day(typed: str, field: str | None = None) -> date | None:
    """A date as lists keep it, also with a time of day behind it or as Excel's day number; None for nothing.

    Raises RuleError.
    """
    clean = _TIME_OF_DAY.sub("", one_line(typed)).removesuffix(".")
    if not clean:
        return None
    if re.fullmatch(r"[1-6]\d{4}(?:\.0+)?", clean):  # 10 000 is in 1927, 69 999 in 2091
        return _SERIAL_FROM + timedelta(days=int(clean[:5]))
    return parse_date(clean, field=field)


def read_text(longest: int) -> Callable[[str], str | None]:
    """A reader of one line of at most `longest` characters."""

    def read(typed: str) -> str | None:
        return _fitting(one_line(typed), longest)

    return read


def read_lines(longest: int) -> Callable[[str], str | None]:
    """A reader of a text that may have several lines."""

    def read(typed: str) -> str | None:
        return _fitting(typed.strip(), longest)

    return read


def _fitting(text: str, longest: int) -> str | None:
    if len(text) > longest:
        raise RuleError(T("At most %(longest)s characters; this has %(length)s.", longest=longest, length=len(text)))
    return text or None


def read_amount(typed: str) -> int | None:
    """An amount in whole tögrög, not negative: `30 000`, `30,000 ₮`, `30000.0`, `3E+04`.

    `30.000` and `30,5` are refused: whether a thousand or a part is meant can't be known.
    """
    text = _plain_number(one_line(typed))
    if not text:
        return None
    bare = re.sub(r"[^\d.,-]", "", text)
    if _POINTS_AS_GROUPS.fullmatch(bare) or ("," in bare and not _GROUPED.fullmatch(bare)):
        raise RuleError(T("Write a whole amount in tögrög, such as 50,000."))
    amount = parse_tugrug(text)
    if amount < 0:
        raise RuleError(T("An amount can't be negative."))
    return amount


def read_whole(least: int, most: int) -> Callable[[str], int | None]:
    """A reader of a whole number from `least` to `most`: `30`, `30.0`, `1,200`."""

    def read(typed: str) -> int | None:
        text = _SPACES.sub("", _plain_number(one_line(typed)))
        if not text:
            return None
        if _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        found = re.fullmatch(r"(-?\d{1,40})(?:\.0+)?", text)
        if not found or not least <= int(found[1]) <= most:
            raise RuleError(T("Write a whole number from %(least)s to %(most)s.", least=least, most=most))
        return int(found[1])

    return read


def _plain_number(text: str) -> str:
    """A number that a spreadsheet wrote as a power of ten, in full."""
    return f"{Decimal(text):f}" if _SCIENTIFIC.fullmatch(text) and abs(Decimal(text)) < 10**50 else text


def read_yes(typed: str) -> bool | None:
    """`тийм`, `yes`, `1`, `x` … or `үгүй`, `no`, `0` …"""
    word = one_line(typed).strip(".").lower()
    if not word:
        return None
    if word not in _YES | _NO:
        raise RuleError(T("“%(typed)s” is neither yes nor no.", typed=typed[:SHOWN]))
    return word in _YES


def read_word(words: Mapping[str, V]) -> Callable[[str], V | None]:
    """A reader of one of several words, whatever their case (`words` has them as `word_key` makes them)."""

    def read(typed: str) -> V | None:
        key = word_key(typed)
        if not key:
            return None
        if key not in words:
            raise RuleError(T("“%(typed)s” is none of the words that may stand here.", typed=typed[:SHOWN]))
        return words[key]

    return read


def read_words(words: Mapping[str, V]) -> Callable[[str], list[V] | None]:
    """A reader of several of these words in one cell, with commas, semicolons or lines between them."""
    one = read_word(words)

    def read(typed: str) -> list[V] | None:
        found = [one(part) for part in re.split(r"[,;/\n|]+", typed) if part.strip()]
        return list(dict.fromkeys(value for value in found if value is not None)) or None

    return read


def word_key(typed: str) -> str:
    """A word without case, spaces and signs: `Root-canal treatment ` → `rootcanaltreatment`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", typed).lower())
