"""Which files are taken, what they are called and how large they are.

Source: rules.md, Security; docs/decisions/0007-files.md.
"""

import re
import unicodedata
from dataclasses import dataclass

UNITS = ("B", "kB", "MB", "GB", "TB")
LONGEST_NAME, NAMELESS = 120, "file"
MOST_MEGAPIXELS = 50  # of a picture: a phone's has up to 50, an X-ray of both jaws 4
MOST_AT_ONCE = 10  # files of one form without scripts; the page sends them one by one
_UNSAFE = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]'
)


@dataclass(frozen=True, slots=True)
class Media:
    """A kind of file that is taken: its endings, the first of them ours."""

    endings: tuple[str, ...]
    is_picture: bool = False


DICOM, PDF, JPEG = "application/dicom", "application/pdf", "image/jpeg"
MEDIA: dict[str, Media] = {
    DICOM: Media((".dcm", ".dicom")),
    PDF: Media((".pdf",)),
    JPEG: Media((".jpg", ".jpeg", ".jfif", ".jpe"), is_picture=True),
    "image/png": Media((".png",), is_picture=True),
    "image/webp": Media((".webp",), is_picture=True),
    "image/tiff": Media((".tif", ".tiff"), is_picture=True),
    "image/bmp": Media((".bmp", ".dib"), is_picture=True),
    "image/gif": Media((".gif",), is_picture=True),
}


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
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name[-4_000:]))[-1]
    clean = _UNSAFE.sub("", last).strip(". ") or NAMELESS
    if len(clean) <= LONGEST_NAME:
        return clean
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 10:
        return clean[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"


def true_name(name: str, media_type: str) -> str:
    """A safe name that ends as its content says: `x.html` that is a PNG is given back as `x.html.png`."""
    clean, endings = safe_name(name), MEDIA[media_type].endings
    return clean if clean.lower().endswith(endings) else f"{clean}{endings[0]}"


def title_of(name: str) -> str:
    """What a file is called where nobody says otherwise: its name without the ending."""
    clean = safe_name(name)
    stem, dot, ending = clean.rpartition(".")
    return stem if dot and stem and len(ending) <= 5 else clean


def folders_of(key: str) -> tuple[str, str]:
    """The two folders in which the file of this key lies, so that none holds too many."""
    return key[:2], key[2:4]
