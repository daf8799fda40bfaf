"""Hostile files, each made here: refused in words, or kept as what they truly are and never served as anything else."""

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer
from PIL import Image

from app.audit.models import AuditLog
from app.clinical.models import MedicalFile
from app.files.models import StoredFile
from app.security import actions as security
from tests.factories import clinical, files, people
from tests.factories.clinic import CSRF, Browser, Clinic
from tests.security.attacks import attack

JSON = {"Accept": "application/json"}
SCRIPT = b"<script>alert(document.cookie)</script>"
EDGE = "-----------------------------edge"


def token(clinic: Clinic) -> str:
    key: Any = clinic.app.secret_key
    made = URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(CSRF)
    return made.decode() if isinstance(made, bytes) else made


def part(name: str, value: bytes, filename: bytes | None = None, media_type: str = "") -> bytes:
    """A part of a form, written by hand: a browser would not send what these tests send."""
    named = f'Content-Disposition: form-data; name="{name}"'.encode() + (
        b'; filename="%s"' % filename if filename is not None else b""
    )
    typed = f"\r\nContent-Type: {media_type}".encode() if media_type else b""
    return b"--" + EDGE.encode() + b"\r\n" + named + typed + b"\r\n\r\n" + value + b"\r\n"


def post(clinic: Clinic, browser: Browser, *parts: bytes, path: str = "/files/add", with_token: bool = True) -> Any:
    first = part("csrf_token", token(clinic).encode()) if with_token else b""
    body = first + b"".join(parts) + b"--" + EDGE.encode() + b"--\r\n"
    return browser.post(path, data=body, content_type=f"multipart/form-data; boundary={EDGE}", headers=JSON)


def send(
    clinic: Clinic, data: bytes, name: bytes = b"x.png", media_type: str = "image/png", role: str = "Doctor"
) -> Any:
    """A file for a new patient, sent as a doctor."""
    patient = clinic.make(people.patient)
    about = part("patient_id", str(patient.patient_id).encode())
    return post(clinic, clinic.client(role), about, part("file", data, name, media_type))


def nothing_kept(clinic: Clinic) -> None:
    assert clinic.count(MedicalFile) == clinic.count(StoredFile) == 0


def archive(name: str = "a.txt", content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that says it has so many pixels, and has hardly any."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(bytes(1_000)))
        + chunk(b"IEND", b"")
    )


def png_with(chunked: bytes) -> bytes:
    """A whole PNG with a chunk more before its end."""
    whole = files.picture("PNG", "L")
    return whole[:-12] + chunked + whole[-12:]


def office(macro: bool = True) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", "<w:document/>")
        if macro:
            made.writestr("word/vbaProject.bin", b"\xd0\xcf\x11\xe0 AutoOpen Shell")
    return out.getvalue()


def gif_with_archive() -> bytes:
    """A GIFAR: a picture for the browser, an archive for Java."""
    return files.picture("GIF", "L") + archive("Evil.class", b"\xca\xfe\xba\xbe")


def unpacked_stream(inner: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(inner), inner)


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "svg": ("a picture that is a script (SVG)", lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "svg-xml": ("SVG behind an XML head", lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>"),
    "html": ("a page called a picture", lambda: b"<!doctype html><html>" + SCRIPT),
    "html-late": ("a page behind blank lines", lambda: b"\n" * 600 + b"<html>" + SCRIPT),
    "xml-entities": ("XML entities that grow", lambda: b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'),
    "php": ("a program for the server", lambda: b"<?php system($_GET['c']); ?>"),
    "shell": ("a shell script", lambda: b"#!/bin/sh\nrm -rf /\n"),
    "exe": ("a Windows program", lambda: b"MZ\x90\x00" + bytes(400) + b"PE\x00\x00"),
    "elf": ("a Linux program", lambda: b"\x7fELF\x02\x01\x01" + bytes(400)),
    "java": ("a Java class", lambda: b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(200)),
    "zip": ("an archive", archive),
    "zip-bomb": ("an archive that unpacks to 64 MB", lambda: archive("bomb", bytes(64 * 2**20))),
    "jar": ("an archive of Java classes", lambda: archive("META-INF/MANIFEST.MF", b"Main-Class: Evil")),
    "gzip": ("packed data", lambda: gzip.compress(bytes(1_000_000))),
    "rar": ("a RAR archive", lambda: b"Rar!\x1a\x07\x00" + bytes(200)),
    "docm": ("an Office document with macros", office),
    "docx": ("an Office document", lambda: office(macro=False)),
    "ole": ("an old Office document", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "empty": ("a file of no bytes", lambda: b""),
    "one-byte": ("a file of one byte", lambda: b"\x89"),
    "nulls": ("a file of zeros", lambda: bytes(5_000)),
    "png-html-text": ("PNG and page: a script in its comment", lambda: png_with(chunk(b"tEXt", b"Comment\0" + SCRIPT))),
    "png-html-tail": ("PNG and page: a page behind the picture", lambda: files.picture("PNG") + b"<html>" + SCRIPT),
    "png-php": ("PNG and program: PHP behind the picture", lambda: files.picture("PNG") + b"<?php phpinfo(); ?>"),
    "jpeg-html": ("JPEG and page: a script in its comment", lambda: files.picture("JPEG", comment=SCRIPT)),
    "gifar": ("GIF and archive (GIFAR)", gif_with_archive),
    "gif-script": ("GIF and script: GIF89a=1;", lambda: b"GIF89a=1;alert(document.cookie);//" + bytes(50)),
    "jpeg-zip": ("JPEG and archive", lambda: files.picture("JPEG") + archive()),
    "png-7z": ("PNG and 7z archive", lambda: files.picture("PNG") + b"7z\xbc\xaf\x27\x1c" + bytes(100)),
    "png-pdf": ("PNG and PDF", lambda: files.picture("PNG") + files.pdf()),
    "bmp-html": ("BMP and page", lambda: b"BM" + SCRIPT * 40),
    "pdf-zip": ("PDF and archive", lambda: files.pdf() + archive()),
    "pdf-html-head": ("PDF and page: the page first", lambda: b"<html>" + SCRIPT + files.pdf()),
    "pdf-html": ("PDF and page: a page in its first line", lambda: files.pdf(head=b"%PDF-1.7\n%" + SCRIPT + b"\n")),
    "pdf-html-tail": ("PDF and page: a page behind its end", lambda: files.pdf(tail=SCRIPT)),
    "pdf-js": ("PDF with JavaScript", lambda: files.pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>")),
    "pdf-js-coded": ("PDF with JavaScript, its name in codes", lambda: files.pdf(b"<< /S /J#61va#53cript /JS (x) >>")),
    "pdf-js-packed": ("PDF with JavaScript in a packed object", lambda: files.pdf(files.packed_object(b"<< /S /JavaScript /JS (x) >>"))),
    "pdf-js-comment": ("PDF with JavaScript behind a stream that isn't one", lambda: files.pdf(b"<< /A 1 >> %stream\n<< /S /JavaScript >>\n%endstream")),
    "pdf-launch": ("PDF that starts a program", lambda: files.pdf(b"<< /S /Launch /F (cmd.exe) >>")),
    "pdf-file": ("PDF with a file inside", lambda: files.pdf(b"<< /Type /Filespec /EF << /F 5 0 R >> >>", b"<< /Type /EmbeddedFile >>")),
    "pdf-film": ("PDF with a film", lambda: files.pdf(b"<< /Subtype /RichMedia >>")),
    "pdf-form": ("PDF with a form in XFA", lambda: files.pdf(b"<< /AcroForm << /XFA [(x) 5 0 R] >> >>")),
    "pdf-secret": ("PDF with a password, which can't be looked into", lambda: files.pdf(b"<< /Encrypt 9 0 R >>")),
    "pdf-odd-pack": ("PDF packed in a way that can't be looked into", lambda: files.pdf(b"<< /Type /ObjStm /Filter /LZWDecode >>\nstream\nxx\nendstream")),
    "pdf-bomb": ("PDF whose packed object unpacks to 80 MB", lambda: files.pdf(files.packed_object(b" " * (80 * 2**20)))),
    "pdf-cut": ("half a PDF", lambda: files.pdf()[:-40]),
    "png-bomb": ("PNG of 50 000 × 50 000 pixels", lambda: png(50_000, 50_000)),
    "png-large": ("PNG of 60 megapixels", lambda: png(10_000, 6_000)),
    "gif-bomb": ("GIF of 65 535 × 65 535 pixels", lambda: b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\x00\x00" + bytes(6) + b"," + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + b"\x00\x02\x02D\x01\x00;"),
    "bmp-bomb": ("BMP of 50 000 × 50 000 pixels", lambda: b"BM" + struct.pack("<IHHI", 200, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(100)),
    "webp-bomb": ("WebP of 16 383 × 16 383 pixels", lambda: b"RIFF" + struct.pack("<I", 40) + b"WEBPVP8L" + struct.pack("<I", 28) + b"\x2f" + struct.pack("<I", 16_382 | 16_382 << 14) + bytes(23)),
    "tiff-bomb": ("TIFF of 200 000 × 200 000 pixels", lambda: b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 6) + b"".join(struct.pack("<HHII", *tag) for tag in ((256, 4, 1, 200_000), (257, 4, 1, 200_000), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 90), (279, 4, 1, 10))) + bytes(40)),
    "png-odd": ("PNG that says it has no pixels", lambda: png(0, 0)),
    "png-negative": ("PNG of 4 294 967 295 pixels a line", lambda: png(2**32 - 1, 1)),
    "png-text-bomb": ("PNG whose comment unpacks to 200 MB", lambda: png_with(chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(200 * 2**20))))),
    "png-cut": ("half a PNG", lambda: files.picture("PNG", "RGB", (300, 300))[:400]),
    "jpeg-cut": ("half a JPEG", lambda: files.picture("JPEG", "RGB", (300, 300))[:900]),
    "webp-cut": ("half a WebP", lambda: files.picture("WEBP", "RGB", (300, 300))[:80]),
    "tiff-loop": ("TIFF whose list of pictures goes round", lambda: b"II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00"),
    "webp-odd": ("RIFF that is a film", lambda: b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(60)),
    "dicom-zip": ("DICOM and archive", lambda: files.dicom() + archive()),
    "dicom-packed": ("DICOM with a packed header", lambda: files.dicom(syntax="1.2.840.10008.1.2.1.99")),
    "dicom-cut": ("half a DICOM header", lambda: files.dicom()[:150]),
    "dicom-none": ("DICOM of nothing but its mark", lambda: bytes(128) + b"DICM"),
    "dicom-many": ("DICOM of a million elements", lambda: files.dicom().replace(b"\x08\x00\x05\x00CS", b"\x07\x00\x01\x10LO\x00\x00" * 1_000_000 + b"\x08\x00\x05\x00CS", 1)),
    "heic": ("a telephone's own format", lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)),
}  # fmt: skip


def corpus() -> list[Any]:
    """Each hostile file as a case with its mark."""
    asvs = {"bomb": "V5.2.1", "large": "V5.2.1", "many": "V5.2.1", "zip": "V5.2.3"}
    return [
        pytest.param(key, id=key, marks=attack(tried, next((n for word, n in asvs.items() if word in key), "V5.2.2")))
        for key, (tried, _) in REFUSED.items()
    ]


@pytest.mark.parametrize("key", corpus())
def test_a_hostile_file_is_refused_in_words(clinic: Clinic, key: str) -> None:
    before = set(files.depot().all_keys())
    answer = send(clinic, REFUSED[key][1]())
    assert answer.status_code == 422
    said = answer.json["files"][0]["message"]
    assert re.search(r"[a-z]{3,} [a-z]{2,}.*\.$", said), said
    assert "Error" not in said
    assert set(files.depot().all_keys()) == before, "nothing of it stays"
    nothing_kept(clinic)


def test_the_corpus_is_as_large_as_it_was_meant_to_be() -> None:
    assert len(REFUSED) >= 25


@attack("DICOM that is a Windows program: a PE header in its preamble", "V5.2.2")
def test_what_stands_before_a_dicom_header_is_cleared_in_the_copy(clinic: Clinic) -> None:
    program = b"MZ\x90\x00" + SCRIPT + bytes(128 - 4 - len(SCRIPT))
    assert send(clinic, files.dicom(program), b"IMG.dcm").status_code == 200
    row = clinic.session.scalars(sa.select(MedicalFile)).one()
    kept = files.depot().path(row.file.key).read_bytes()
    assert kept[:128] == bytes(128)
    assert kept[128:132] == b"DICM"
    assert clinic.client("Doctor").get(f"/files/{row.medical_file_id}").data == kept


@attack("markup in the header of a DICOM file", "V1.2.1")
def test_what_a_machine_wrote_is_shown_as_text(clinic: Clinic) -> None:
    send(
        clinic,
        files.dicom(PatientName="<img src=x onerror=alert(1)>", StudyDescription="'\"><script>alert(1)</script>"),
        b"a.dcm",
    )
    row = clinic.session.scalars(sa.select(MedicalFile)).one()
    for page in (f"/medical-files/{row.medical_file_id}", f"/files/{row.medical_file_id}/view", "/medical-files/"):
        text = clinic.client("Admin").get(page).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text


NAMES: dict[str, tuple[str, bytes]] = {
    "path": ("a name that leads out of the folder", b"../../../../etc/cron.d/evil.png"),
    "windows-path": ("a Windows path as a name", b"C:\\\\Windows\\\\System32\\\\evil.png"),
    "absolute": ("an absolute path as a name", b"/etc/passwd"),
    "nul": ("a NUL in the name", b"evil.php\x00.png"),
    "percent-nul": ("a coded NUL in the name", b"evil.php%00.png"),
    "rtl": ("a name written backwards (RTL override)", "зураг\u202egnp.exe".encode()),
    "quotes": ("quotes in the name", b'a\\"; filename=\\"evil.html'),
    "script": ("a script as a name", b"<script>alert(1)</script>.png"),
    "img": ("markup as a name", b"<img src=x onerror=alert(1)>.png"),
    "double": ("two endings", b"x.php.png"),
    "html": ("a picture called a page", b"evil.html"),
    "svg": ("a picture called SVG", b"evil.svg"),
    "exe": ("a picture called a program", b"setup.exe"),
    "device": ("a device of Windows as a name", b"CON"),
    "dots": ("nothing but dots", b"..."),
    "long": ("a name of 5 000 letters", "ө".encode() * 5_000 + b".png"),
    "formula": ("a formula as a name", b"=cmd|' /C calc'!A1.png"),
    "spaces": ("nothing but spaces", b"   "),
}  # fmt: skip


@pytest.mark.parametrize("key", [pytest.param(k, id=k, marks=attack(t, "V5.3.2")) for k, (t, _) in NAMES.items()])
def test_a_hostile_name_harms_nobody(clinic: Clinic, key: str) -> None:
    before = set(files.depot().all_keys())
    answer = send(clinic, files.x_ray(), NAMES[key][1])
    assert answer.status_code == 200, answer.text
    row = clinic.session.scalars(sa.select(MedicalFile)).one()
    name = row.file.original_name
    assert name.endswith(".png"), "it is given back as what it is"
    assert not re.search(r'[\x00-\x1f<>:"/\\|?*\u202a-\u202e\u2066-\u2069\ud800-\udfff]', name)
    assert len(name) <= 124
    assert len(set(files.depot().all_keys()) - before) == 2
    assert all(len(path.name) == 64 for path in files.depot().folder.rglob("*") if path.is_file())
    served = clinic.client("Doctor").get(f"/files/{row.medical_file_id}")
    sent = served.headers["Content-Disposition"]
    assert sent.startswith("attachment; filename")
    assert "\r" not in sent
    assert "\n" not in sent
    for page in ("/medical-files/", f"/medical-files/{row.medical_file_id}", f"/files/{row.medical_file_id}/view"):
        text = clinic.client("Doctor").get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "\u202e" not in text


@attack("a line break in the name, to forge a header, or letters in no encoding", "V1.2.4")
@pytest.mark.parametrize(
    "name", [b"\xff\xfe\xe9.png", b"a\r\nSet-Cookie: x=1\r\n.png", b"a%0d%0aSet-Cookie: x=1.png", b"a\nb.png"]
)
def test_a_line_break_in_a_name_makes_no_header(clinic: Clinic, name: bytes) -> None:
    answer = send(clinic, files.x_ray(), name)
    assert answer.status_code < 500
    for row in clinic.session.scalars(sa.select(MedicalFile)).all():
        served = clinic.client("Doctor").get(f"/files/{row.medical_file_id}")
        assert "x=1" not in served.headers.get("Set-Cookie", "")
        assert "\n" not in served.headers["Content-Disposition"]


@attack("a name of 3 MB", "V5.2.1")
def test_a_name_of_three_megabytes_is_too_much(clinic: Clinic) -> None:
    assert send(clinic, files.x_ray(), b"a" * 3_000_000 + b".png").status_code in (400, 413)
    nothing_kept(clinic)


@attack("lies about the type in Content-Type", "V5.2.2")
@pytest.mark.parametrize(
    "said", ["text/html", "image/svg+xml", "application/x-php", "application/pdf", "x" * 500, 'a/b; charset="x"']
)
def test_what_is_said_of_the_type_counts_for_nothing(clinic: Clinic, said: str) -> None:
    assert send(clinic, files.x_ray(), media_type=said).status_code == 200
    row = clinic.session.scalars(sa.select(MedicalFile)).one()
    assert row.file.media_type == "image/png"
    assert clinic.client("Doctor").get(f"/files/{row.medical_file_id}").headers["Content-Type"] == "image/png"


@attack("a page that says it is a picture", "V5.2.2")
@pytest.mark.parametrize("said", ["image/png", "image/jpeg", "application/pdf", "application/dicom"])
def test_a_page_stays_a_page_whatever_is_said_of_it(clinic: Clinic, said: str) -> None:
    assert send(clinic, b"<!doctype html>" + SCRIPT, media_type=said).status_code == 422
    nothing_kept(clinic)


@attack("files of every kind, to be run by the browser of who looks at them", "V3.2.1")
@pytest.mark.parametrize(("data", "said"), [
    (files.picture("PNG"), "image/png"), (files.picture("JPEG"), "image/jpeg"), (files.picture("GIF", "L"), "image/gif"),
    (files.picture("WEBP"), "image/webp"), (files.picture("TIFF"), "image/tiff"), (files.picture("BMP"), "image/bmp"),
    (files.pdf(), "application/pdf"), (files.dicom(), "application/dicom"),
])  # fmt: skip
def test_what_is_served_back_can_not_be_taken_for_anything_else(clinic: Clinic, data: bytes, said: str) -> None:
    assert send(clinic, data, b"evil.html", "text/html").status_code == 200
    row, doctor = clinic.session.scalars(sa.select(MedicalFile)).one(), clinic.client("Doctor")
    paths = [""] + (["/preview", "/thumb"] if row.preview_id else [])
    for path in paths:
        served = doctor.get(f"/files/{row.medical_file_id}{path}")
        assert served.headers["X-Content-Type-Options"] == "nosniff"
        assert served.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert served.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert served.headers["X-Frame-Options"] == "DENY"
        assert served.headers["Content-Type"] == (said if not path else "image/jpeg")
        assert served.headers["Content-Disposition"].startswith("attachment") if not path else True
        if path:
            Image.open(io.BytesIO(served.data)).load()
            assert served.data[:2] == b"\xff\xd8", "made here"


@attack("a picture that carries a place (GPS) and a hidden copy of itself", "V14.2.8")
def test_a_preview_tells_no_place(clinic: Clinic) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "secret words"
    assert send(clinic, files.picture("JPEG", exif=exif)).status_code == 200
    row, doctor = clinic.session.scalars(sa.select(MedicalFile)).one(), clinic.client("Doctor")
    for path in ("preview", "thumb"):
        data = doctor.get(f"/files/{row.medical_file_id}/{path}").data
        assert b"secret words" not in data
        assert b"Exif" not in data


@attack("a file over the largest size", "V5.2.1")
def test_a_file_over_the_setting_is_refused_with_the_number(clinic: Clinic) -> None:
    clinic.unit(lambda s: security.change_setting(s, "files.largest_mb", 1, None))
    answer = send(clinic, files.picture("PNG") + bytes(2**20 + 1))
    assert answer.status_code == 422
    assert "1 MB" in answer.json["files"][0]["message"]
    nothing_kept(clinic)


@attack("more than all files of a form may have together", "V5.2.1")
def test_a_request_without_end_is_cut_off(clinic: Clinic) -> None:
    clinic.unit(lambda s: security.change_setting(s, "files.largest_mb", 1, None))
    assert send(clinic, bytes(6 * 2**20)).status_code == 413
    nothing_kept(clinic)


@attack("a large body at a form that takes no files", "V5.2.1")
def test_other_forms_take_less(clinic: Clinic) -> None:
    doctor = clinic.client("Doctor")
    big = part("note", b"x" * (4 * 2**20))
    assert post(clinic, doctor, big, path="/patients/add").status_code == 413
    assert post(clinic, clinic.client("Patient"), part("file", bytes(4 * 2**20), b"a.png")).status_code == 413, (
        "nor who may not write"
    )
    assert post(clinic, clinic.client(), part("file", bytes(4 * 2**20), b"a.png")).status_code == 413


@attack("a form of 10 000 parts", "V15.2.2")
def test_a_form_of_ten_thousand_parts_is_refused(clinic: Clinic) -> None:
    doctor, patient = clinic.client("Doctor"), clinic.make(people.patient)
    about = part("patient_id", str(patient.patient_id).encode())
    assert post(clinic, doctor, about, *[part(f"f{n}", b"x") for n in range(10_000)]).status_code == 413
    assert post(clinic, doctor, about, *[part("file", files.x_ray(n), b"a.png") for n in range(11)]).status_code == 422
    nothing_kept(clinic)


@attack("a form that isn't closed, or has no edge", "V2.2.1")
@pytest.mark.parametrize(
    "body",
    [b"", b"--", b"--x\r\n", b"\x00" * 500, b"--" + EDGE.encode() + b"\r\nContent-Disposition: form-data; name=file"],
)
def test_a_broken_form_is_refused_plainly(clinic: Clinic, body: bytes) -> None:
    for typed in (
        f"multipart/form-data; boundary={EDGE}",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "x" * 5_000,
    ):
        assert (
            400
            <= clinic.client("Doctor").post("/files/add", data=body, content_type=typed, headers=JSON).status_code
            < 500
        )


@attack("two files under one field, one of them hostile", "V5.2.2")
def test_a_hostile_file_behind_a_good_one_is_refused_alone(clinic: Clinic) -> None:
    doctor, patient = clinic.client("Doctor"), clinic.make(people.patient)
    about = part("patient_id", str(patient.patient_id).encode())
    answer = post(
        clinic, doctor, about, part("file", files.x_ray(), b"a.png"), part("file", b"<html>" + SCRIPT, b"a.png")
    )
    assert [one["ok"] for one in answer.json["files"]] == [True, False]
    assert clinic.count(MedicalFile) == 1


@attack("a file sent as plain text, or under another field", "V2.2.1")
def test_only_a_file_in_its_field_is_a_file(clinic: Clinic) -> None:
    doctor, patient = clinic.client("Doctor"), clinic.make(people.patient)
    about = part("patient_id", str(patient.patient_id).encode())
    for wrong in (
        part("file", files.x_ray()),
        part("files[]", files.x_ray(), b"a.png"),
        part("file", files.x_ray(), b""),
    ):
        assert post(clinic, doctor, about, wrong).status_code == 422
    nothing_kept(clinic)


@attack("a file for a patient who isn't there, or for another one's visit", "V8.2.2")
@pytest.mark.parametrize("sent", [
    {"patient_id": "987654"}, {"patient_id": "0"}, {"patient_id": "-1"}, {"patient_id": "1 OR 1=1"}, {}, {"treatment_id": "987654"},
    {"patient_id": "9" * 40}, {"patient_id": "²"}, {"patient_id": "own", "treatment_id": "other"},
])  # fmt: skip
def test_a_file_lands_with_nobody_else(clinic: Clinic, sent: dict[str, str]) -> None:
    own, other = clinic.make(people.patient), clinic.make(clinical.treatment)
    words = {"own": str(own.patient_id), "other": str(other.treatment_id)}
    parts = [part(name, words.get(value, value).encode()) for name, value in sent.items()]
    assert post(clinic, clinic.client("Doctor"), *parts, part("file", files.x_ray(), b"a.png")).status_code == 404
    nothing_kept(clinic)


@attack("columns that the form doesn't have (mass assignment)", "V15.3.3")
def test_a_form_sets_only_its_own_fields(clinic: Clinic) -> None:
    doctor, patient = clinic.client("Doctor"), clinic.make(people.patient)
    slipped = {
        "stored_file_id": b"1", "preview_id": b"1", "key": b"a" * 64, "sha256": b"0" * 64, "media_type": b"text/html", "uploaded_by": b"1",
        "invalid_at": b"2026-01-01", "original_name": b"evil.html", "dicom": b"{}", "medical_file_id": b"1", "name": b"<b>x</b>",
    }  # fmt: skip
    parts = [part(name, value) for name, value in slipped.items()]
    assert (
        post(
            clinic,
            doctor,
            part("patient_id", str(patient.patient_id).encode()),
            *parts,
            part("file", files.x_ray(), b"a.png"),
        ).status_code
        == 200
    )
    row = clinic.session.scalars(sa.select(MedicalFile)).one()
    assert (row.name, row.dicom, row.invalid_at) == ("a", None, None)
    assert (row.file.media_type, row.file.original_name, row.file.uploaded_by) == (
        "image/png",
        "a.png",
        clinic.user("Doctor").id,
    )
    assert row.file.key != "a" * 64


@attack("an upload without the token of the form", "V3.5.1")
def test_without_the_token_nothing_is_taken(clinic: Clinic) -> None:
    patient = clinic.make(people.patient)
    parts = (part("patient_id", str(patient.patient_id).encode()), part("file", files.x_ray(), b"a.png"))
    assert post(clinic, clinic.client("Doctor"), *parts, with_token=False).status_code == 400
    assert (
        post(clinic, clinic.client("Doctor"), part("csrf_token", b"forged"), *parts, with_token=False).status_code
        == 400
    )
    nothing_kept(clinic)


MAY = {"Admin": "W", "Doctor": "W", "Nurse": "R"}


@attack("files of patients, asked for by each role", "V8.2.1")
@pytest.mark.parametrize(
    "role",
    ["Admin", "Manager", "Doctor", "Nurse", "Assistant", "Receptionist", "Coordinator", "Patient", None],
    ids=str,
)
def test_only_who_treats_reaches_files(clinic: Clinic, role: str | None) -> None:
    row, browser = clinic.make(clinical.medical_file), clinic.client(role)
    key, mark = row.medical_file_id, MAY.get(str(role), "-")
    reads = (
        f"/files/{key}",
        f"/files/{key}/preview",
        f"/files/{key}/thumb",
        f"/files/{key}/view",
        f"/medical-files/{key}",
        "/medical-files/",
    )
    for path in (*reads, f"/files/of/patient/{row.patient_id}?form=1"):
        answer = browser.get(path, headers={"HX-Request": "true"} if "/of/" in path else {})
        assert (answer.status_code == 200) == (mark != "-"), path
        assert mark != "-" or (row.name not in answer.text and b"\xff\xd8\xff" not in answer.data)
    parts = (part("patient_id", str(row.patient_id).encode()), part("file", files.x_ray(9), b"a.png"))
    assert (post(clinic, browser, *parts).status_code == 200) == (mark == "W")
    assert (browser.submit(f"/files/{key}/invalid", {"reason": "x"}).status_code == 303) == (mark == "W")
    assert (clinic.count(MedicalFile) == 2) == (mark == "W")
    assert clinic.session.get_one(MedicalFile, key).is_valid == (mark != "W")


@attack("ids of files swapped on every route that takes one", "V8.2.2")
def test_a_number_that_is_no_file_of_this_kind_leads_nowhere(clinic: Clinic) -> None:
    row, doctor = clinic.make(clinical.medical_file), clinic.client("Doctor")
    stored = clinic.make(files.stored_file, original_name="хувийн.png")
    for number in (stored.stored_file_id + 50, 0, 10**14, "-1", "1e3", "%00", "../1", "0x1", "1;drop"):
        for path in ("", "/preview", "/thumb", "/view", "/invalid", "/valid"):
            answer = (
                doctor.get(f"/files/{number}{path}")
                if path not in ("/invalid", "/valid")
                else doctor.submit(f"/files/{number}{path}", {"reason": "x"})
            )
            assert answer.status_code == 404, f"{number}{path}"
    assert stored.original_name not in doctor.get("/medical-files/").text, "a stored file alone has no address"
    assert doctor.get(f"/files/{row.medical_file_id}/view?with={row.medical_file_id}").status_code == 404
    assert clinic.client("Doctor").get("/stored-files/").status_code == 403


@attack("the folder of files, asked for by name", "V5.3.1")
def test_no_address_leads_to_the_folder(clinic: Clinic) -> None:
    row, admin = clinic.make(clinical.medical_file), clinic.client("Admin")
    key = clinic.session.get_one(StoredFile, row.stored_file_id).key
    shapes = (f"/files/{key}", f"/static/files/{key}", f"/instance/files/{key[:2]}/{key[2:4]}/{key}", f"/static/../files/{key}", f"/static/%2e%2e/%2e%2e/files/{key}", f"/stored-files/download/{key}")  # fmt: skip
    for path in shapes:
        assert admin.get(path).status_code == 404, path
    for page in (
        "/stored-files/",
        f"/stored-files/{row.stored_file_id}",
        "/stored-files/export.csv",
        f"/medical-files/{row.medical_file_id}",
        f"/stored-files/{row.stored_file_id}/changes",
    ):
        assert key not in admin.get(page).text, "the name on the disk is secret"
    logged = clinic.session.scalars(sa.select(AuditLog).where(AuditLog.table == "stored_file")).all()
    assert key not in str([one.changes for one in logged])


@attack("a hostile file as a list to import", "V5.2.2")
@pytest.mark.parametrize(
    "key",
    [
        "html",
        "svg",
        "exe",
        "elf",
        "zip",
        "zip-bomb",
        "gzip",
        "rar",
        "docm",
        "ole",
        "empty",
        "nulls",
        "png-bomb",
        "pdf-js",
        "gifar",
    ],
)
def test_an_import_takes_lists_alone(clinic: Clinic, key: str) -> None:
    answer = post(
        clinic, clinic.client("Admin"), part("file", REFUSED[key][1](), b"list.xlsx"), path="/patients/import"
    )
    assert answer.status_code in (413, 422), answer.status_code


@attack("a hostile name for a list to import", "V5.3.2")
@pytest.mark.parametrize("name", [b"../../x<script>alert(1)</script>.csv", "\u202evsc.exe".encode(), b"a\x00b.csv"])
def test_the_name_of_a_list_harms_nobody(clinic: Clinic, name: bytes) -> None:
    admin = clinic.client("Admin")
    sent = post(
        clinic, admin, part("file", "Овог;Нэр;Утас\nДорж;Бат;99112233\n".encode(), name), path="/patients/import"
    )
    assert sent.status_code == 302
    text = admin.get(sent.location).text
    assert "<script>alert" not in text
    assert "\u202e" not in text
