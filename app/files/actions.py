"""The rows of stored files."""

from sqlalchemy.orm import Session

from app.files.depot import Kept
from app.files.models import StoredFile


def add_stored(session: Session, kept: Kept, *, by: int | None) -> StoredFile:
    """The row of a file that lies in the depot already."""
    row = StoredFile(
        key=kept.key,
        original_name=kept.name,
        media_type=kept.media_type,
        bytes=kept.bytes,
        sha256=kept.sha256,
        uploaded_by=by,
    )
    session.add(row)
    session.flush()
    return row
