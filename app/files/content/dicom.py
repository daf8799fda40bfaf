"""DICOM: the file of an X-ray machine. Its header is read, and its picture where that costs nothing.

The 128 bytes before the header are free for anything, so that a file may be a program as well: they are cleared in
the copy that is kept. A packed header is refused: it could unpack to anything.
"""

import re
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from app.files.content import images
from app.files.rules import MOST_MEGAPIXELS
from app.kernel.errors import RuleError
from app.kernel.text import T

PREAMBLE, MARK = 128, b"DICM"
MOST_ELEMENTS, LONGEST_TEXT = 20_000, 120
PLAIN = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")  # the last: the other way round
PACKED = "1.2.840.10008.1.2.1.99"
PICTURE = 0x7FE00010
# what is kept of the header, under the words of the standard
SHOWN = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "Modality", "Manufacturer",
    "ManufacturerModelName", "StudyDescription", "SeriesDescription", "InstitutionName", "Rows", "Columns",
    "NumberOfFrames", "BitsStored",
)  # fmt: skip
_LAYOUT = ("SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "PixelRepresentation")


def clear_preamble(path: Path) -> None:
    """Overwrite what stands before the header."""
    with path.open("r+b") as file:
        file.write(bytes(PREAMBLE))


def read(path: Path) -> tuple[bytes | None, dict[str, Any]]:
    """(preview, header). Raises RuleError for what is no DICOM file."""
    try:
        return _read(path)
    except RuleError:
        raise
    except Exception as error:  # whatever a damaged file makes of the library
        text = T("This DICOM file is damaged, or packed in a way that can't be looked into.")
        raise RuleError(text, field="file") from error


def _read(path: Path) -> tuple[bytes | None, dict[str, Any]]:
    from pydicom.filereader import read_file_meta_info  # a large library, needed by this alone

    syntax = str(read_file_meta_info(path).get("TransferSyntaxUID", ""))
    if syntax == PACKED:
        raise ValueError("a packed header")
    found = _elements(path, [*SHOWN, *_LAYOUT, "SpecificCharacterSet"], PICTURE - 1)
    header = {name: value for name in SHOWN if (value := _text(found.get(name)))}
    if not header:
        raise ValueError("nothing is known of it")
    return _picture(path, found, syntax), header


def _elements(path: Path, wanted: list[str | int], last: int) -> Any:
    """These elements, of those up to `last`. Raises ValueError where there are more than any machine writes."""
    from pydicom import config
    from pydicom.filereader import read_partial
    from pydicom.tag import Tag

    config.settings.reading_validation_mode = config.IGNORE
    count = 0

    def stop(tag: Any, _vr: str | None, _length: int) -> bool:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS:
            raise ValueError("too many elements")
        return int(tag) > last

    with path.open("rb") as file:
        return read_partial(file, stop_when=stop, specific_tags=[Tag(one) for one in wanted])


def _text(value: Any) -> str | int | None:
    """A value as it is kept: short text, or a number."""
    if value is None or value == "":
        return None
    if isinstance(value, int):
        return int(value)
    clean = "".join(letter for letter in str(value) if letter.isprintable())
    return re.sub(r"[\^=\s]+", " ", clean).strip()[:LONGEST_TEXT] or None


def _picture(path: Path, found: Any, syntax: str) -> bytes | None:
    """A JPEG of the first picture, where it lies there plainly; else None."""
    try:
        rows, columns = int(found.Rows), int(found.Columns)
        kind, bits = str(found.PhotometricInterpretation), int(found.BitsAllocated)
        samples = int(found.get("SamplesPerPixel", 1))
        known = (kind, bits, samples) in {
            ("MONOCHROME1", 8, 1), ("MONOCHROME2", 8, 1), ("MONOCHROME1", 16, 1), ("MONOCHROME2", 16, 1), ("RGB", 8, 3)
        }  # fmt: skip
        if syntax not in PLAIN[:2] or not known or not 0 < rows * columns <= MOST_MEGAPIXELS * 1_000_000:
            return None
        data = _pixels(path, rows * columns * samples * bits // 8)
        mode, raw = ("RGB", "RGB") if samples == 3 else ("L", "L") if bits == 8 else ("I;16", _deep(found))
        picture = Image.frombytes(mode, (columns, rows), data, "raw", raw)
        shown = images.flat(picture)
        return images.preview_of(ImageOps.invert(shown) if kind == "MONOCHROME1" else shown)
    except Exception:  # the header is enough
        return None


def _deep(found: Any) -> str:
    """Pillow's word for how sixteen bits are written; signed ones are left to the programs that know them."""
    if int(found.get("PixelRepresentation", 0)):
        raise ValueError("signed")
    return "I;16"


def _pixels(path: Path, size: int) -> bytes:
    """The first picture's bytes. Raises ValueError where there are fewer."""
    data: bytes = _elements(path, [PICTURE], PICTURE)[PICTURE].value
    if len(data) < size:
        raise ValueError("not complete")
    return data[:size]
