"""Whether files and rows still say the same, and removing what a crash left behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.files.depot import Depot
from app.files.queries import count_files, known_keys, named_files, unused

WAIT = timedelta(days=1)  # a file without a row may belong to a transaction that is still open
FEW = 20  # so many orphans are believed even where they outnumber the rows


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not as its row says, or has none."""

    what: str
    key: str
    number: int | None = None

    def __str__(self) -> str:
        of = f"stored_file {self.number}" if self.number else "no row"
        return f"{self.what}: {of}, file {self.key}"


def differences(session: Session, depot: Depot) -> Iterator[Difference]:
    """What is missing, changed, or named by nobody. Every byte is read again."""
    named = set()
    for row in named_files(session):
        named.add(row.key)
        found = depot.digest(row.key)
        if found is None and unused(session, [row.number]):
            continue  # removed with the data of a person
        if found != row.sha256:
            yield Difference("missing" if found is None else "changed", row.key, row.number)
    orphans = [key for key in depot.all_keys() if key not in named]
    rest = known_keys(session, orphans)  # what was brought while this went on
    yield from (Difference("orphaned", key) for key in orphans if key not in rest)


def sweep(session: Session, depot: Depot, now: datetime) -> int | None:
    """Remove files older than a day that no row names. Returns how many.

    None, and nothing is removed, where most of the files have no row: then this is not the database they belong to.
    """
    depot.sweep_incoming(now - WAIT)
    old = depot.keys_older_than(now - WAIT)
    named = known_keys(session, old)
    orphans = [key for key in old if key not in named]
    if len(orphans) > max(FEW, count_files(session)):
        return None
    for key in orphans:
        depot.remove(key)
    return len(orphans)
