"""Which files are named by rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db.base import metadata
from app.files.models import StoredFile

PIECE = 500


@dataclass(frozen=True, slots=True)
class Named:
    """What the row of a file says of it."""

    number: int
    key: str
    name: str
    sha256: str


def named_files(session: Session) -> Iterator[Named]:
    """Every stored file, in the order in which they came."""
    last = 0
    columns = (StoredFile.stored_file_id, StoredFile.key, StoredFile.original_name, StoredFile.sha256)
    statement = sa.select(*columns).order_by(StoredFile.stored_file_id).limit(PIECE)
    while rows := session.execute(statement.where(StoredFile.stored_file_id > last)).all():
        yield from (Named(*row) for row in rows)
        last = rows[-1].stored_file_id


def known_keys(session: Session, keys: Sequence[str]) -> set[str]:
    """Those of the keys that a row names."""
    found: set[str] = set()
    for start in range(0, len(keys), PIECE):
        found.update(session.scalars(sa.select(StoredFile.key).where(StoredFile.key.in_(keys[start : start + PIECE]))))
    return found


def unused(session: Session, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """(number, key) of those of these files that nothing refers to any more: their bytes may go, or are gone."""
    statement = sa.select(StoredFile.stored_file_id, StoredFile.key).where(StoredFile.stored_file_id.in_(numbers))
    for column in (column for table in metadata.tables.values() for column in table.columns):
        if any(key.column.table is StoredFile.__table__ for key in column.foreign_keys):
            statement = statement.where(StoredFile.stored_file_id.not_in(sa.select(column).where(column.is_not(None))))
    return [(row[0], row[1]) for row in session.execute(statement)]


def count_files(session: Session) -> int:
    """How many there are."""
    return session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) or 0
