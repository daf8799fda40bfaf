"""Reading the cells of a patient list: names, genders and phones as clinics keep them.

Source: rules.md, People.
"""

import re

from app.kernel.cells import one_line
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
_SEVERAL = re.compile(r"[,;/\n|]+")


def read_gender(typed: str) -> Gender | None:
    """`эр`, `Эрэгтэй`, `M`, `male`, `1` … ; None where nothing stands. Raises RuleError for any other word."""
    word = typed.strip().strip(".").lower()
    if not word:
        return None
    if word not in _GENDER_OF:
        raise RuleError(T("“%(typed)s” is no gender.", typed=typed[:40]), field="gender")
    return _GENDER_OF[word]


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
