"""Reading the cells of a patient list: names, dates, genders and phones as clinics keep them.

Source: rules.md, People.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta

from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T
from app.people.rules.core import Gender

_GENDERS = {
    Gender.MALE: "эр эрэгтэй м m male man boy хүү эрэгтэи 1",
    Gender.FEMALE: "эм эмэгтэй ж f female woman girl охин эмэгтэи 2",
    Gender.OTHER: "бусад other o",
}
_GENDER_OF = {word: gender for gender, words in _GENDERS.items() for word in words.split()}
_TWINS = str.maketrans("ЄЇƟєїɵ", "ӨҮӨөүө")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
_TIME_OF_DAY = re.compile(r"(?:\s+|T)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_SERIAL_FROM = date(1899, 12, 30)  # Excel's day 0
_SEVERAL = re.compile(r"[,;/\n|]+")


def read_gender(typed: str) -> Gender | None:
    """`эр`, `Эрэгтэй`, `M`, `male`, `1` … ; None where nothing stands. Raises RuleError for any other word."""
    word = typed.strip().strip(".").lower()
    if not word:
        return None
    if word not in _GENDER_OF:
        raise RuleError(T("“%(typed)s” is no gender.", typed=typed[:40]), field="gender")
    return _GENDER_OF[word]


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


def read_name(typed: str) -> str:
    """A name in its usual form: `  ҮҮРИЙНТУЯА ` → `Үүрийнтуяа`, `бат-эрдэнэ` → `Бат-Эрдэнэ`."""
    name = one_line(typed).translate(_TWINS)
    if name.islower() or (name.isupper() and len(name) > 1):
        name = re.sub(r"\w+", lambda word: word[0].capitalize(), name)
    return name


def split_name(typed: str) -> tuple[str, str]:
    """(family name, given name) of a name in one cell: `Дорж Бат` and `Д.Бат`; one word alone is a given name."""
    name = one_line(typed)
    initial = re.fullmatch(r"(\w{1,3})\s*\.\s*(\w.*)", name)
    family, given = (initial[1], initial[2]) if initial else ("", name)
    if not initial and " " in name:
        family, _, given = name.rpartition(" ")
    return read_name(family), read_name(given)


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


def read_phones(typed: str, field: str | None = None) -> list[str]:
    """Every number of a cell in E.164: `9911 2233`, `99112233.0`, `99112233, 88112233`. Raises RuleError."""
    parts = [part for part in (piece.strip(" '`") for piece in _SEVERAL.split(typed)) if part]
    return [parse_phone(_whole(part), field=field) for part in parts]


def _whole(number: str) -> str:
    """A phone that Excel turned into a number, as a phone again."""
    if re.fullmatch(r"\d{6,15}\.0+", number):
        return number.partition(".")[0]
    if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d{1,2}", number):
        return str(int(float(number)))
    return number


def is_blank(cells: Iterable[str]) -> bool:
    """Whether nothing stands in a row."""
    return not any(cell.strip() for cell in cells)
