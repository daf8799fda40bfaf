"""What the columns of this room are called."""

from app.kernel.text import T, Text

LABELS: dict[str, Text] = {
    "original_name": T("Name it came with"),
    "media_type": T("Type by its content"),
    "bytes": T("Size"),
    "sha256": T("Checksum"),
    "uploaded_by": T("Uploaded by"),
    "uploader": T("Uploaded by"),
    "stored_file": T("File"),
}
