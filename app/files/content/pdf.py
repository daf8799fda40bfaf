"""PDF: paper is taken, programs are not.

Refused are JavaScript, programs to start, files inside, films and forms with scripts (names may be written with
`#` codes and lie inside packed objects: both are undone), and what can't be looked into: a PDF with a password.
"""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from app.kernel.errors import RuleError
from app.kernel.text import T, Text

TAIL = 2_048
MOST_UNPACKED, MOST_PACKED, MOST_STREAMS = 64 * 2**20, 4 * 2**20, 100_000
_MARKUP = re.compile(rb"<script|<html|<!doctype|<svg|<\?php|<iframe", re.IGNORECASE)
_STREAM = re.compile(rb"stream\r?\n")
_PACKED_HEAD = re.compile(rb"\s*\d+\s+\d+\s")


def _name(word: str) -> bytes:
    """How a name may be written: each letter as itself or as `#4a`."""
    letters = "".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in word)
    return f"/{letters}(?![A-Za-z0-9])".encode()


_ACTIVE = re.compile(
    b"|".join(
        _name(word)
        for word in ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "GoToE", "ImportData")
    )
    + rb"|/XFA\s*(?:\[|\d+\s+\d+\s+R)"
)
_SECRET, _PACKED = re.compile(_name("Encrypt")), re.compile(_name("ObjStm"))


def check(path: Path) -> None:
    """Raise RuleError unless the file is a PDF that only shows paper."""
    data = path.read_bytes()
    end = data.rfind(b"%%EOF", -TAIL)
    if not re.match(rb"%PDF-[12]\.\d", data) or end < 0 or b"startxref" not in data[-2 * TAIL :]:
        raise _refused(T("This PDF is damaged or not complete. Open it, save it again and choose it anew."))
    if _MARKUP.search(data[:1_024]) or _MARKUP.search(data[end:]):
        raise _refused(T("Something that is no paper is hidden in this PDF, so it is not taken."))
    if _SECRET.search(data):
        raise _refused(T("This PDF is protected with a password. Save it without one and choose it again."))
    unpacked = list(_packed_objects(data))
    if len(_PACKED.findall(data)) > len(unpacked):
        raise _closed()
    if any(_ACTIVE.search(part) for part in (data, *unpacked)):
        raise _refused(T("This PDF holds a program or another file. Print it into a new PDF and choose that one."))


def _packed_objects(data: bytes) -> Iterator[bytes]:
    """The packed objects, whatever claims to be one. Raises RuleError where they unpack to too much."""
    rest = MOST_UNPACKED
    for count, found in enumerate(_STREAM.finditer(data)):
        part = _unpacked(memoryview(data)[found.end() : found.end() + MOST_PACKED], rest)
        rest -= len(part or b"")
        if count > MOST_STREAMS or rest <= 0:
            raise _closed()
        if part is not None:
            yield part


def _unpacked(packed: memoryview, most: int) -> bytes | None:
    """A packed object's text, at most so much of it; None for what is something else, such as a picture."""
    reader = zlib.decompressobj()
    try:
        if not _PACKED_HEAD.match(zlib.decompressobj().decompress(packed[:256], 64)):
            return None
        part = reader.decompress(packed, most)
    except zlib.error:
        return None
    if not reader.eof:
        raise _closed()
    return part


def _closed() -> RuleError:
    return _refused(T("This PDF can't be looked into. Print it into a new PDF and choose that one."))


def _refused(text: Text) -> RuleError:
    return RuleError(text, field="file")
