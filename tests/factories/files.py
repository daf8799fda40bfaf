"""Files for tests, made here and never kept among the sources: pictures, papers, X-rays, and their rows."""

import io
import zlib
from pathlib import Path
from typing import Any

from flask import current_app
from PIL import Image
from sqlalchemy.orm import Session

from app.files.actions import add_stored
from app.files.depot import Depot
from app.files.models import StoredFile

SIZE = (64, 48)


def depot() -> Depot:
    """Where the files of this test's clinic lie."""
    return Depot(Path(current_app.config["INSTANCE"]))


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = SIZE, **more: Any) -> bytes:
    """A picture of this kind and mode, dark on the left and bright on the right."""
    ramp = Image.linear_gradient("L").rotate(90).resize(size)
    if mode.startswith("I;16"):
        made = Image.frombytes("I;16", size, b"".join((4 * value).to_bytes(2, "little") for value in ramp.tobytes()))
    else:
        made = ramp.convert("RGB").convert(mode) if mode in ("CMYK", "RGBA", "LAB", "P") else ramp.convert(mode)
    out = io.BytesIO()
    made.save(out, kind, **more)
    return out.getvalue()


def x_ray(number: int = 1) -> bytes:
    """A gray PNG, another one for each number."""
    return picture("PNG", "L", (64 + number % 50, 48 + number // 50 % 50))


def pdf(*objects: bytes, head: bytes = b"%PDF-1.7\n", tail: bytes = b"") -> bytes:
    """A PDF of one blank page, with these objects more."""
    page = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    )
    body, places = bytearray(head), []
    for number, one in enumerate((*page, *objects), start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start)
    return bytes(body) + tail


def packed_object(inner: bytes) -> bytes:
    """An object of a PDF inside a packed one, as newer programs write them."""
    data = zlib.compress(b"9 0 " + inner)
    return b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (
        len(data),
        data,
    )


def dicom(preamble: bytes = bytes(128), *, bits: int = 8, syntax: str = "1.2.840.10008.1.2.1", **told: Any) -> bytes:
    """An X-ray as a machine writes it; `told` are elements more."""
    from pydicom.dataset import FileDataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = syntax, "1.2.840.10008.5.1.4.1.1.1.3"
    meta.MediaStorageSOPInstanceUID = meta.ImplementationClassUID = "2.25.1"
    found = FileDataset("", {}, file_meta=meta, preamble=preamble)
    base = {
        "SpecificCharacterSet": "ISO_IR 192", "PatientName": "Dorj^Munkhbat", "PatientID": "77",
        "PatientBirthDate": "20030716", "StudyDate": "20260301", "Modality": "IO", "Manufacturer": "Soyoo Imaging",
        "Rows": 48, "Columns": 64, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
        "PixelRepresentation": 0, "BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1,
    }  # fmt: skip
    for name, value in {**base, **told}.items():
        setattr(found, name, value)
    found.PixelData = bytes(range(48)) * (64 * bits // 8)
    found["PixelData"].VR = "OW" if bits == 16 else "OB"
    out = io.BytesIO()
    found.save_as(out, enforce_file_format=True)
    return out.getvalue()


def stored_file(session: Session, data: bytes | None = None, **values: Any) -> StoredFile:
    """An X-ray picture as it came in: the file lies there before its row."""
    known = {"original_name": "зураг.png", "media_type": "image/png", **values}
    kept = depot().keep_bytes(data or x_ray(), known["original_name"], known["media_type"])
    return add_stored(session, kept, by=known.get("uploaded_by"))
