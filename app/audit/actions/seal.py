"""Sealing: rows of the log that have no seal yet get one, in the order in which they are found.

Ids are given before a commit, so a row may come to light below one that is sealed already. What is looked for is
therefore not "behind the last seal" but "without a seal"; the order of the chain is the order of sealing.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.models import AuditSeal
from app.audit.queries import seal as queries
from app.audit.rules import seal as rules
from app.db.unit import TryAgain

AT_ONCE = 5_000  # rows of one transaction


def seal_some(
    session: Session, key: bytes, now: datetime, within: queries.Window | None = None, *, late: bool = False
) -> tuple[int, queries.Window]:
    """Seal the next rows. Returns how many were sealed, and within what the next ones are to be found: a million at
    once are gone through once.

    Left alone is what stands before the last sealed row by more than an hour or in the future: no slow transaction,
    but a clock that was changed, or a row that was put in. `late` seals it too. Raises TryAgain after a lost race.
    """
    head = queries.head(session)
    first, since, until = within or (queries.EVERYTHING if late else queries.window(session, head, now))
    rows = queries.without_seal(session, (first, since, until), AT_ONCE)
    if not rows:
        return 0, (first, since, until)
    sequence, previous = (head.sequence, head.hash) if head else (0, rules.FIRST)
    name, sealed_at, hash_of, seals = rules.name_of_key(key), rules.text_of(now), rules.hasher(key), []
    for entry, row in rows:
        hash_ = hash_of(sequence + 1, sealed_at, previous, row)
        sequence, seal = sequence + 1, _seal(entry, previous, hash_, name, now)
        seals.append(seal | {"sequence": sequence})
        previous = hash_
    try:
        session.connection().execute(sa.insert(AuditSeal.__table__), seals)
    except IntegrityError as error:
        raise TryAgain from error  # another sealer was quicker: its seals are the chain
    return len(seals), (rows[-1][0] + 1, since, until)


def _seal(key: int, previous: str, hash_: str, name: str, now: datetime) -> dict[str, Any]:
    return {"audit_log_id": key, "previous_hash": previous, "hash": hash_, "key_name": name, "created_at": now}
