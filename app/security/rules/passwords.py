"""Which passwords are good enough: long, not among the commonest, in whatever alphabet and layout they were typed."""

import unicodedata
from functools import cache
from pathlib import Path

from app.kernel.errors import RuleError
from app.kernel.text import T

LONGEST = 200
_ENDINGS = "0123456789!@#$%^&*()_+-=.,?"
# The same keys in Latin, Mongolian and Russian: what is common in one is as easily guessed in the others.
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,./-="
_MONGOLIAN = "фцужэнгшүзкъйыбөахролдпячёсмитьвюещ"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбю.-="
_LAYOUTS = tuple(str.maketrans(letters, _LATIN) for letters in (_MONGOLIAN, _RUSSIAN))
_ROWS = (
    "`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./", "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujmikolp", "0123456789" * 5,
    "abcdefghijklmnopqrstuvwxyz", "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя",
)  # fmt: skip


def normal(password: str) -> str:
    """The password in the one spelling that is hashed: the same letters, whichever machine typed them (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, phone: str, least: int, field: str = "password") -> None:
    """Refuse a password that is short, common or the person's own number. Raises RuleError."""
    password = normal(password)
    if len(password) < least:
        raise RuleError(T("At least %(least)s characters.", least=least), field=field)
    if len(password) > LONGEST:
        raise RuleError(T("At most %(most)s characters.", most=LONGEST), field=field)
    if any(unicodedata.category(letter) in ("Cs", "Cc") for letter in password):
        raise RuleError(T("This text has a character that can't be stored."), field=field)
    digits = "".join(letter for letter in password if letter.isdigit())
    if is_common(password) or (len(digits) >= 8 and digits.endswith(phone[-8:])):
        raise RuleError(T("This password is among the first that others would try. Choose another."), field=field)


def is_common(password: str) -> bool:
    """Whether it is among the first that others would try: on the list, on one row of keys, or little repeated."""
    bare = normal(password).lower().replace(" ", "")
    if len(set(bare)) < 4:
        return True
    spellings = {bare, *(bare.translate(layout) for layout in _LAYOUTS)}
    return any(_is_listed(one) or _is_run(one) for one in spellings) or _is_little_repeated(bare)


def _is_listed(bare: str) -> bool:
    known = common_passwords()
    return bare in known or bare.rstrip(_ENDINGS) in known or bare.strip(_ENDINGS) in known


def _is_run(bare: str) -> bool:
    """Keys beside each other, forwards or backwards, also twice the same."""
    half = bare[: len(bare) // 2]
    unit = half if half * 2 == bare else bare
    return any(unit in row or unit in row[::-1] for row in _ROWS)


def _is_little_repeated(bare: str) -> bool:
    return any((bare[:size] * len(bare))[: len(bare)] == bare for size in range(1, min(4, len(bare) // 2) + 1))


@cache
def common_passwords() -> frozenset[str]:
    """The commonest passwords that are long enough to pass otherwise."""
    path = Path(__file__).parent.parent / "data" / "common_passwords.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))
