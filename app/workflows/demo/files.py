"""The demo clinic's files: an X-ray as the machine wrote it, one as a picture, a photo, a signed paper. Drawn here,
always the same, a few kB each."""

import hashlib
import io
import random
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from app.clinical.models import MedicalFile, Treatment
from app.clinical.rules import FileCategory
from app.files.content import examine
from app.files.depot import Depot, Kept
from app.files.models import StoredFile
from app.files.rules import JPEG, true_name
from app.files.taking import Taken
from app.kernel.folding import fold
from app.people.models import Patient
from app.web.theme import STATIC
from app.workflows.demo.world import World

FONT = STATIC / "vendor" / "noto-sans" / "noto-sans-400.ttf"
SKIN, GUM, TOOTH = (214, 160, 138), (188, 92, 96), (238, 231, 214)


def x_ray(seed: int) -> Image.Image:
    """Molars in gray: bright crowns, roots, the nerve darker, a dark spot of caries."""
    chance = random.Random(seed)
    picture = Image.new("L", (360, 270), 38)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 165, 360, 270), fill=74)
    for number in range(3):
        x = 24 + number * 112 + chance.randrange(-6, 7)
        draw.polygon(
            [(x + 6, 130), (x + 30, 236), (x + 44, 150), (x + 60, 150), (x + 72, 238), (x + 92, 130)], fill=140
        )
        draw.rounded_rectangle((x, 50, x + 96, 140), 22, fill=196)
        draw.rounded_rectangle((x + 6, 44, x + 90, 78), 16, fill=222)
        draw.rounded_rectangle((x + 36, 84, x + 60, 122), 8, fill=104)
    x = 136 + chance.randrange(50)
    draw.ellipse((x, 52, x + 26, 80), fill=92)
    return picture.filter(ImageFilter.GaussianBlur(2.2))


def photo() -> Image.Image:
    """Front teeth, from before."""
    picture = Image.new("RGB", (360, 240), SKIN)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((20, 30, 340, 214), fill=(150, 52, 58))
    draw.ellipse((36, 44, 324, 130), fill=GUM)
    for number, width in enumerate((30, 36, 42, 54, 54, 42, 36, 30)):
        x = 20 + sum((30, 36, 42, 54, 54, 42, 36, 30)[:number])
        draw.rounded_rectangle((x, 84, x + width - 3, 164 - abs(number - 3.5) * 5), 9, fill=TOOTH)
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def paper(lines: tuple[str, ...]) -> Image.Image:
    """A sheet with a few lines and a signature."""
    picture = Image.new("L", (420, 594), 250)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((40, 48 + number * 34), line, fill=30, font=ImageFont.truetype(str(FONT), 19 if number else 24))
    draw.line([(250 + step * 5, 520 + (step * step * 7) % 23 - step) for step in range(22)], fill=40, width=2)
    return picture


def as_bytes(picture: Image.Image, kind: str, **more: Any) -> bytes:
    """A picture written in one of the usual ways."""
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def as_dicom(picture: Image.Image, patient: Patient, taken_on: date) -> bytes:
    """A picture as an X-ray machine writes it: names in Latin letters."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, UID("1.2.840.10008.5.1.4.1.1.1.3")
    meta.MediaStorageSOPInstanceUID = meta.ImplementationClassUID = UID("2.25.1")
    told = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    told.PatientName = f"{fold(patient.last_name or '').title()}^{fold(patient.first_name).title()}"
    told.PatientID, told.Modality, told.Manufacturer = patient.card_number, "IO", "Soyoo Imaging"
    told.PatientBirthDate = patient.birthday.strftime("%Y%m%d") if patient.birthday else ""
    told.StudyDate, told.StudyDescription = taken_on.strftime("%Y%m%d"), "Periapical 36"
    told.Rows, told.Columns, told.SamplesPerPixel = picture.height, picture.width, 1
    told.PhotometricInterpretation, told.PixelRepresentation = "MONOCHROME2", 0
    told.BitsAllocated, told.BitsStored, told.HighBit = 8, 8, 7
    told.PixelData = picture.tobytes()
    told["PixelData"].VR = "OB"
    out = io.BytesIO()
    told.save_as(out, enforce_file_format=True)
    return out.getvalue()


Make = Callable[[Patient, date], bytes]
CONSENT = ("Зөвшөөрлийн хуудас", "Эмчилгээний талаар тайлбар авч,", "асуултдаа хариулт авсан.", "Зөвшөөрч байна.")


def _paper_of(_patient: Patient, day: date) -> bytes:
    at = day.timetuple()
    return as_bytes(paper(CONSENT), "PDF", creationDate=at, modDate=at, quality=60)


# kind, what it is called, the name it came with, the tooth, how it is made
FILES: tuple[tuple[FileCategory, str, str, str | None, Make], ...] = (
    (FileCategory.X_RAY, "36-р шүдний зураг", "36 өмнө.png", "36", lambda *_: as_bytes(x_ray(1), "PNG", optimize=True)),
    (
        FileCategory.X_RAY, "Аппаратын рентген зураг", "IMG0001.dcm", "36",
        lambda patient, day: as_dicom(x_ray(2).resize((180, 135)), patient, day),
    ),
    (FileCategory.PHOTO, "Эмчилгээний өмнөх зураг", "Өмнө.jpg", None, lambda *_: as_bytes(photo(), "JPEG", quality=80)),
    (FileCategory.CONSENT, "Гарын үсэгтэй зөвшөөрөл", "Зөвшөөрөл.pdf", None, _paper_of),
)  # fmt: skip


def add_files(world: World, depot: Depot) -> None:
    """The files, two for each of two visits. They lie on the disk before their rows are written."""
    visits = _visits(world)
    for number, (category, name, came_as, tooth, make) in enumerate(FILES if visits else ()):
        visit = visits[number // 2 % len(visits)]
        patient = world.session.get_one(Patient, visit.patient_id)
        day = visit.treatment_date.astimezone(world.zone).date()
        taken = _kept(depot, make(patient, day), came_as)
        world.store.add(
            MedicalFile, patient_id=patient.patient_id, treatment_id=visit.treatment_id, category=category, name=name,
            stored_file_id=_row(world, taken.original, visit.treatment_date),
            preview_id=_row(world, taken.preview, visit.treatment_date) if taken.preview else None,
            taken_on=day, tooth_id=world.teeth[tooth] if tooth else None, note=None, dicom=taken.header,
            invalid_at=None, invalid_by=None, invalid_reason=None, created_at=visit.treatment_date,
            updated_at=visit.treatment_date,
        )  # fmt: skip


def _visits(world: World) -> list[Treatment]:
    """The newest visit of the patient who can sign in, and the newest of all."""
    statement = sa.select(Treatment).order_by(Treatment.treatment_date.desc(), Treatment.treatment_id).limit(1)
    user = world.staff.users.get("99000008")
    own = statement.join(Patient, Patient.patient_id == Treatment.patient_id).where(Patient.user_id == user)
    found = (*world.session.scalars(own), *world.session.scalars(statement))
    return list(dict.fromkeys(found))


def _row(world: World, kept: Kept, at: datetime) -> int:
    return world.store.add(
        StoredFile, key=kept.key, original_name=kept.name, media_type=kept.media_type, bytes=kept.bytes,
        sha256=kept.sha256, uploaded_by=world.clerk, created_at=at,
    )  # fmt: skip


def _kept(depot: Depot, data: bytes, name: str) -> Taken:
    """A file of the demo under a key of its content: a second demo clinic in the same folder finds it there."""
    key = hashlib.sha256(b"demo" + data).hexdigest()
    with depot.incoming(io.BytesIO(data), largest_mb=1) as brought:
        content = examine(brought)
        original = depot.keep(brought, true_name(name, content.media_type), content.media_type, key)
    preview = None
    if content.preview is not None:
        key = hashlib.sha256(b"preview" + data).hexdigest()
        preview = depot.keep_bytes(content.preview, true_name(original.name, JPEG), JPEG, key)
    return Taken(original, preview, content.header)
