"""One key for every way a Mongolian name is typed.

Source: rules.md, Search. Both the stored word and the typed one are folded to the same ASCII key:
Cyrillic of either case, Latin letters as people write them (ө and ү as u, o or v; х as kh or h; ц as ts)
and Cyrillic without the Mongolian keyboard (у for ү, о for ө, е for ё and э).
"""

import re
import unicodedata

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "j", "з": "z", "и": "i",
    "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "u", "ө": "u", "є": "u", "п": "p", "р": "r", "с": "s",
    "т": "t", "у": "u", "ү": "u", "ї": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh",
    "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia",
}  # fmt: skip
# Longer spellings first: each turns one Latin habit into the spelling the Cyrillic letter gives.
_LATIN = (
    ("yo", "e"), ("ye", "e"), ("shch", "sh"), ("zh", "j"), ("dj", "j"), ("dz", "z"), ("tz", "ts"),
    ("x", "kh"), ("q", "k"), ("ph", "f"), ("w", "u"), ("v", "u"), ("o", "u"), ("y", "i"),
)  # fmt: skip
_LONE_H = re.compile(r"(?<![kcs])h")
_LONE_C = re.compile(r"c(?!h)")
_RUNS = re.compile(r"([a-z])\1+")
_NOT_KEY = re.compile(r"[^a-z0-9]+")


def fold(word: str) -> str:
    """The key of one word: `Мөнхбат`, `munkhbat`, `monhbat` → `munkhbat`; everything else is dropped."""
    latin = "".join(_CYRILLIC.get(letter, letter) for letter in unicodedata.normalize("NFC", word).lower())
    latin = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    for typed, key in _LATIN:
        latin = latin.replace(typed, key)
    latin = _LONE_H.sub("kh", latin)
    latin = _LONE_C.sub("ts", latin)
    return _RUNS.sub(r"\1", _NOT_KEY.sub("", latin))


def fold_words(name: str) -> list[str]:
    """The keys of a name: each word, and a hyphenated word also as one. Without empty ones and repeats."""
    keys: list[str] = []
    for word in name.split():
        parts = [part for part in re.split(r"[-–—.,/]+", word) if part]
        keys.extend(fold(part) for part in ([*parts, word] if len(parts) > 1 else parts))
    return list(dict.fromkeys(key for key in keys if key))


_ALPHABET = "абвгдеёжзийклмноөпрстуүфхцчшщъыьэюя"
_SORT = {letter: chr(ord("0") + index) for index, letter in enumerate(_ALPHABET)}


def sort_key(name: str) -> str:
    """A key by which names sort in the order of the Mongolian alphabet on every database (ASCII).

    Letters outside the alphabet sort behind it, by themselves; case, spaces and signs are ignored.
    """
    folded = unicodedata.normalize("NFC", name).lower()
    marks = (_SORT.get(letter) or (letter if letter.isascii() and letter.isalnum() else "") for letter in folded)
    return "".join(marks)[:60]
