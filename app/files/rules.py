"""How large a file is, as people say it, and a name that is safe to give back. Source: rules.md, Security."""

import re
import unicodedata

UNITS = ("B", "kB", "MB", "GB", "TB")
LONGEST_NAME, NAMELESS = 120, "file"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')


def said_size(size: int) -> str:
    """`2_621_440` → `2.5 MB`."""
    amount, unit = float(size), UNITS[0]
    for following in UNITS[1:]:
        if amount < 1000:
            break
        amount, unit = amount / 1024, following
    return f"{amount:.0f} {unit}" if unit == UNITS[0] or amount >= 100 else f"{amount:.1f} {unit}"


def safe_name(name: str) -> str:
    """The last part of a name without what a file system or a header takes amiss; the ending stays."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = _UNSAFE.sub("", last).strip(". ") or NAMELESS
    if len(clean) <= LONGEST_NAME:
        return clean
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 10:
        return clean[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
