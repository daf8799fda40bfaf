"""Rows of stored files for tests."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.files.models import StoredFile


def stored_file(session: Session, **values: Any) -> StoredFile:
    """An X-ray picture as it came in."""
    known = {
        "key": uuid.uuid4().hex, "original_name": "зураг.png", "media_type": "image/png", "bytes": 2_621_440,
        "sha256": "0" * 64,
    }  # fmt: skip
    row = StoredFile(**{**known, **values})
    session.add(row)
    session.flush()
    return row
