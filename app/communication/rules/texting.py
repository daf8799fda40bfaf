"""How many parts a text message takes, and Mongolian in Latin letters as people write it.

A part is 160 signs of the GSM alphabet, or 70 as soon as one sign is not in it (every Cyrillic letter); of a text in
several parts each carries 153 or 67.
"""

import re
from dataclasses import dataclass

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = frozenset("^{}\\[~]|€\f")  # these take the place of two
ALONE, TOGETHER = {True: 160, False: 70}, {True: 153, False: 67}
MOST_PARTS = 6


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is in its alphabet, and how many parts it is sent in."""

    is_gsm: bool
    length: int
    parts: int


def size_of(text: str) -> Size:
    """The size of a text message; an empty one takes no part."""
    is_gsm = all(sign in _GSM or sign in _GSM_TWO for sign in text)
    widths = [_width(sign, is_gsm) for sign in text]
    length = sum(widths)
    if length <= ALONE[is_gsm]:
        return Size(is_gsm, length, 1 if length else 0)
    parts, room = 1, TOGETHER[is_gsm]
    for width in widths:  # a sign of two is never cut in half
        if width > room:
            parts, room = parts + 1, TOGETHER[is_gsm]
        room -= width
    return Size(is_gsm, length, parts)


def _width(sign: str, is_gsm: bool) -> int:
    if is_gsm:
        return 2 if sign in _GSM_TWO else 1
    return 2 if ord(sign) > 0xFFFF else 1


_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "j", "з": "z", "и": "i", "й": "i",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "ө": "u", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ү": "u", "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "ii", "ь": "i", "э": "e",
    "ю": "yu", "я": "ya",
    "№": "No.", "₮": " MNT", "–": "-", "—": "-", "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "’": "'", "‘": "'",
    "…": "...", "·": "-", "•": "-", "\u00a0": " ",
}  # fmt: skip
_WORDS = re.compile(r"[^\W\d_]+")
_OPENS = frozenset("аоуэөүиыъьйеёюя")  # behind one of these, as at a word's start, е is said "ye"


def in_latin(text: str) -> str:
    """`Таны цаг маргааш 14:30-д` → `Tanii tsag margaash 14:30-d`; what has no Latin spelling stays."""
    spelt = _WORDS.sub(lambda found: _word(found[0]), text)
    return re.sub(r" {2,}", " ", "".join(_LATIN.get(sign, sign) for sign in spelt))


def _word(word: str) -> str:
    letters = [_letter(word, at) for at in range(len(word))]
    return "".join(letters)


def _letter(word: str, at: int) -> str:
    small = word[at].lower()
    spelt = _LATIN.get(small)
    if spelt is None:
        return word[at]
    if small == "е" and (at == 0 or word[at - 1].lower() in _OPENS):
        spelt = "ye"
    elif small == "ь" and at + 1 < len(word) and word[at + 1].lower() in "еёюяи":
        spelt = ""  # the letter that follows says it
    if word[at] == small or not spelt:
        return spelt
    return spelt.upper() if len(word) > 1 and word.isupper() else spelt[0].upper() + spelt[1:]
