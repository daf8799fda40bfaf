"""Taking in what somebody brings: looked at, kept, and only then named by rows."""

from dataclasses import dataclass
from typing import IO, Any

from app.files.content import examine
from app.files.depot import Depot, Kept
from app.files.rules import JPEG, true_name


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that lies in the depot, the preview made of it, and the header of a DICOM file."""

    original: Kept
    preview: Kept | None
    header: dict[str, Any] | None


def take(depot: Depot, stream: IO[bytes], name: str, *, largest_mb: int) -> Taken:
    """Keep what is brought. No row names it yet. Raises RuleError for what is not taken; then nothing is kept."""
    with depot.incoming(stream, largest_mb=largest_mb) as brought:
        content = examine(brought)
        original = depot.keep(brought, true_name(name, content.media_type), content.media_type)
    preview = None
    if content.preview is not None:
        preview = depot.keep_bytes(content.preview, true_name(original.name, JPEG), JPEG)
    return Taken(original, preview, content.header)
