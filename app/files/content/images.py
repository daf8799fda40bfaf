"""Pictures: opened for real, and made anew for the preview, so that nothing of the original but its look remains.

X-rays are gray, some with 16 bits a pixel, prints come as CMYK, and phones lay pictures on their side: each becomes
a plain JPEG without EXIF (which knows where a photo was taken).
"""

import io
import threading
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from app.files.rules import MOST_MEGAPIXELS
from app.kernel.errors import RuleError
from app.kernel.text import T

LONGEST, SMALL, QUALITY = 2_400, 320, 88
FORMATS = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/webp": ("WEBP",),
    "image/tiff": ("TIFF",),
    "image/bmp": ("BMP",),
    "image/gif": ("GIF",),
}
DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)  # for every picture that is opened here
# One picture is unpacked at a time: eight of fifty megapixels would take more memory than a small server has.
_ONE = threading.Lock()


def preview(path: Path, media_type: str) -> bytes:
    """A JPEG of the picture, turned upright. Raises RuleError for what can't be opened, or is too many pixels."""
    try:
        with _ONE, Image.open(path, formats=FORMATS[media_type]) as picture:
            return _made(picture)
    except RuleError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many() from None
    except Exception as error:  # whatever a damaged file makes of the library
        raise damaged() from error


def preview_of(picture: Image.Image) -> bytes:
    """A JPEG of a picture that was read elsewhere."""
    with _ONE:
        return _made(picture)


def _made(picture: Image.Image) -> bytes:
    most = MOST_MEGAPIXELS // (2 if picture.mode in DEEP else 1)  # a deep one takes four bytes a pixel on its way
    if picture.width * picture.height > most * 1_000_000:
        raise too_many(most)
    picture.draft(None, (LONGEST, LONGEST))  # a JPEG is read smaller at once
    picture.load()
    if picture.mode not in (*DEEP, "1", "P"):  # these can't be made smaller as they are
        picture.thumbnail((LONGEST, LONGEST))
    shown = flat(ImageOps.exif_transpose(picture))
    shown.thumbnail((LONGEST, LONGEST))
    return _as_jpeg(shown, QUALITY)


def flat(picture: Image.Image) -> Image.Image:
    """The picture in gray or in colour, eight bits each, on white."""
    if picture.mode in DEEP:
        return spread(picture)
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(ground, clear).convert("RGB")
    return picture.convert("RGB")


def spread(picture: Image.Image) -> Image.Image:
    """A deep gray picture in 256 steps between its darkest and its brightest point."""
    deep = picture.convert("F")
    found: Any = deep.getextrema()
    low, high = found
    width = (high - low) or 1
    return deep.point(lambda value: value * (255 / width) - low * (255 / width)).convert("L")


def small(data: bytes) -> bytes:
    """A preview as small as a list shows it."""
    with _ONE, Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
        picture.draft(None, (SMALL, SMALL))
        picture.thumbnail((SMALL, SMALL))
        return _as_jpeg(picture, 78)


def _as_jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.info = {}  # profiles and comments would be written along
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def too_many() -> RuleError:
    """The refusal of a picture that would fill the memory."""
    text = T(
        "This picture has more than %(most)s megapixels. Make it smaller and choose it again.", most=MOST_MEGAPIXELS
    )
    return RuleError(text, field="file")


def damaged() -> RuleError:
    """The refusal of a picture that doesn't open."""
    return RuleError(
        T("This picture is damaged or not complete. Open it, save it again and choose it anew."), field="file"
    )
