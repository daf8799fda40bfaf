"""What a file is, told by its content: every usual kind makes a plain preview."""

import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.clinical.rules import Known, doubts
from app.files.content import examine, images
from app.files.rules import MEDIA, safe_name, said_size, title_of, true_name
from app.kernel.errors import RuleError
from tests.factories.files import dicom, packed_object, pdf, picture


def look(folder: Path, data: bytes) -> object:
    path = folder / "file"
    path.write_bytes(data)
    return examine(path)


def shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "L"), ("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "L"), ("PNG", "1"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "LA"),
        ("PNG", "I;16"), ("WEBP", "RGB"), ("WEBP", "RGBA"), ("TIFF", "L"), ("TIFF", "I;16"), ("TIFF", "CMYK"), ("TIFF", "F"),
        ("TIFF", "I"), ("TIFF", "LAB"), ("BMP", "RGB"), ("BMP", "L"), ("GIF", "L"), ("GIF", "P"),
    ],
)  # fmt: skip
def test_every_usual_picture_makes_a_preview_that_looks_like_it(tmp_path: Path, kind: str, mode: str) -> None:
    content = look(tmp_path, picture(kind, mode))
    made = shown(content.preview)
    assert (made.format, made.size) == ("JPEG", (64, 48))
    assert made.mode in ("L", "RGB")
    gray = made.convert("L")
    sides = sorted((gray.getpixel((2, 24)), gray.getpixel((61, 24))))
    assert sides[1] - sides[0] > 60, "one side is dark, the other bright"


def test_only_the_first_picture_of_a_moving_one_is_shown(tmp_path: Path) -> None:
    red, green = (Image.new("RGB", (20, 20), colour) for colour in ("red", "green"))
    out = io.BytesIO()
    red.save(out, "GIF", save_all=True, append_images=[green] * 3)
    assert shown(look(tmp_path, out.getvalue()).preview).getpixel((5, 5))[0] > 200


def test_a_preview_stands_upright_and_knows_nothing_of_where_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[2] = (47.0, 55.0, 7.0)  # latitude
    data = picture("JPEG", "RGB", exif=exif, comment=b"secret")
    made = shown(look(tmp_path, data).preview)
    assert made.size == (48, 64)
    assert not made.getexif()
    assert b"Exif" not in look(tmp_path, data).preview
    assert b"secret" not in look(tmp_path, data).preview
    assert (tmp_path / "file").read_bytes() == data, "the original stays as it came"


def test_a_large_picture_is_shown_smaller(tmp_path: Path) -> None:
    made = look(tmp_path, picture("PNG", "L", (5_000, 1_000))).preview
    assert shown(made).size == (images.LONGEST, 480)
    assert max(shown(images.small(made)).size) == images.SMALL


def test_paper_is_taken_and_has_no_picture(tmp_path: Path) -> None:
    assert look(tmp_path, pdf()).media_type == "application/pdf"
    assert look(tmp_path, pdf(packed_object(b"<< /Type /Font >>"))).preview is None
    out = io.BytesIO()
    Image.new("L", (50, 50)).save(out, "PDF")
    assert look(tmp_path, out.getvalue()).media_type == "application/pdf"


@pytest.mark.parametrize(("bits", "kind"), [(8, "MONOCHROME1"), (8, "MONOCHROME2"), (16, "MONOCHROME2")])
def test_an_x_ray_machines_file_tells_its_header_and_shows_its_picture(tmp_path: Path, bits: int, kind: str) -> None:
    content = look(tmp_path, dicom(bits=bits, PhotometricInterpretation=kind))
    assert content.media_type == "application/dicom"
    assert content.header["PatientName"] == "Dorj Munkhbat"
    assert content.header["PatientBirthDate"] == "20030716"
    assert content.header["Modality"] == "IO"
    assert content.header["Columns"] == 64
    assert shown(content.preview).size == (64, 48)


def test_a_picture_that_can_not_be_read_cheaply_leaves_the_header(tmp_path: Path) -> None:
    for data in (dicom(Rows=400), dicom(PhotometricInterpretation="YBR_FULL"), dicom(PixelRepresentation=1, bits=16)):
        content = look(tmp_path, data)
        assert content.preview is None
        assert content.header["Manufacturer"] == "Soyoo Imaging"


MUNKHBAT = Known("Мөнхбат", "Дорж", date(2003, 7, 16), ("УК03271614", "000123"))


@pytest.mark.parametrize(
    ("header", "count"),
    [
        ({"PatientName": "Dorj Munkhbat", "PatientBirthDate": "20030716"}, 0),
        ({"PatientName": "D. MUNKHBAT"}, 0),
        ({"PatientName": "Мөнхбат"}, 0),
        ({"PatientName": "Bat Tsetseg"}, 1),
        ({"PatientName": "Bold Munkhbat"}, 1),
        ({"PatientName": "Somebody", "PatientID": "ук03271614"}, 0),
        ({"PatientName": "Somebody", "PatientBirthDate": "19850403"}, 2),
        ({"PatientBirthDate": "0"}, 0),
        ({}, 0),
    ],
)
def test_a_machine_that_knows_somebody_else_is_noticed(header: dict[str, str], count: int) -> None:
    assert len(doubts(header, MUNKHBAT)) == count


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"%PDF-1.4\n", bytes(128) + b"DICM", b"BM", b"II*\x00", b"RIFF\x10\x00\x00\x00WEBP"]))  # fmt: skip
def test_garbage_is_refused_in_words_whatever_it_begins_with(tmp_path: Path, data: bytes, head: bytes) -> None:
    with pytest.raises(RuleError):
        look(tmp_path, head + data)


@given(st.text())
def test_a_name_is_safe_and_ends_as_its_content_says(name: str) -> None:
    clean = true_name(name, "image/png")
    assert clean.endswith(MEDIA["image/png"].endings) or clean.lower().endswith(".png")
    assert len(clean) <= 124
    assert not set(clean) & set('\r\n\0/\\"<>|:*?\u202e\u2066')
    assert clean.encode("utf-8")
    assert safe_name(clean[:100]) == clean[:100].strip(". ")


def test_names_and_sizes_are_told_as_people_say_them() -> None:
    assert true_name("x.html", "image/png") == "x.html.png"
    assert true_name("Зураг.JPG", "image/jpeg") == "Зураг.JPG"
    assert safe_name("../../etc/passwd") == "passwd"
    assert title_of("36-р шүд.png") == "36-р шүд"
    assert said_size(2_621_440) == "2.5 MB"
