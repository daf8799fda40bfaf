"""What a file truly is, told by its content alone; what is dangerous or damaged is refused in words.

Each kind is looked at by two: puremagic names it by its first bytes, then the library that reads such files opens it.
What is given back later is the file as it came (a DICOM file without what stood before its header), always as a
download; what is shown in the browser is a picture that was made here.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import puremagic

from app.files.content import dicom, images, pdf
from app.files.rules import DICOM, MEDIA, PDF
from app.kernel.errors import RuleError
from app.kernel.text import T, Text

HEAD = 4_096
_PIECE, _OVERLAP = 2**20, 64
# What no picture holds: pages and programs that a browser or a server would run, other kinds of archives.
_FOREIGN = re.compile(
    rb"<script[\s>/]|<\?php\s|<html[\s>]|<!doctype\s+html|<svg[\s>]|<iframe[\s>]|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|%PDF-\d",
    re.IGNORECASE,
)
_PHONE_PICTURES = {"image/heif", "image/heic", "image/avif"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is: its type, the picture that shows it, the header of a DICOM file."""

    media_type: str
    preview: bytes | None = None
    header: dict[str, Any] | None = None


def examine(path: Path) -> Content:
    """What the file is. A DICOM file's preamble is cleared. Raises RuleError for what is not taken."""
    with path.open("rb") as file:
        media_type = _named(file.read(HEAD))
    if zipfile.is_zipfile(path):
        raise refused(T("An archive is hidden in this file, so it is not taken."))
    if media_type == DICOM:
        dicom.clear_preamble(path)
        return Content(media_type, *dicom.read(path))
    if media_type == PDF:
        pdf.check(path)
        return Content(media_type)
    _nothing_foreign(path)
    return Content(media_type, images.preview(path, media_type))


def _named(head: bytes) -> str:
    """The type that the first bytes say. Raises RuleError for one that is not taken."""
    try:
        found = {match.mime_type for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        found = set()
    if head[128:132] == b"DICM":
        return DICOM
    if head.startswith(b"BM"):
        found.add("image/bmp")  # which puremagic calls image/x-ms-bmp
    known = next((media_type for media_type in MEDIA if media_type in found - {DICOM}), None)
    if known == PDF and not head.startswith(b"%PDF-"):
        known = None
    if known is None:
        raise refused(
            T("The telephone stored this picture in its own way (HEIC). Have it send a JPEG, and choose that one.")
            if found & _PHONE_PICTURES
            else T("This is no picture (JPEG, PNG, WebP, TIFF, BMP, GIF), PDF or DICOM file, so it is not taken.")
        )
    return known


def _nothing_foreign(path: Path) -> None:
    """Refuse a picture that is a page, a program or an archive as well."""
    before = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if _FOREIGN.search(before + piece):
                raise refused(T("Something that is no picture is hidden in this file, so it is not taken."))
            before = piece[-_OVERLAP:]


def refused(text: Text) -> RuleError:
    """The refusal of a file."""
    return RuleError(text, field="file")
