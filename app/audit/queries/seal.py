"""Reads of the chain: its head, what has no seal, and what differs from what was sealed.

Values come as the database holds them, past the types of the models: a seal is over bytes, not over Python's view.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit.models import AuditLog, AuditSeal
from app.audit.rules import seal as rules
from app.db.types import Instant

PIECE = 20_000
LOG, SEAL = AuditLog.__table__, AuditSeal.__table__
Window = tuple[int, datetime, datetime]  # from which id on, from when, until when
EVERYTHING: Window = (-(2**62), datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
NEWEST = 20_000  # entries that a page looks through; `verify` looks through all


def bare(column: "sa.ColumnElement[Any]") -> "sa.ColumnElement[Any]":
    """The column as the database holds it: a moment as text with microseconds, JSON as its text."""
    if isinstance(column.type, Instant):
        return sa.cast(column, sa.String)
    return column if isinstance(column.type, sa.Integer) else sa.type_coerce(column, sa.String)


def _part(column: "sa.ColumnElement[Any]") -> "sa.ColumnElement[str]":
    text = sa.type_coerce(bare(column), sa.String)
    length = sa.type_coerce(sa.func.char_length(text), sa.String)
    return sa.func.coalesce(length.concat(":").concat(text), "-")


def _packed() -> "sa.ColumnElement[str]":
    first, *others = (_part(LOG.c[name]) for name in rules.COLUMNS)
    for part in others:
        first = first.concat(",").concat(part)
    return first


# `rules.packed`, written by the database
PACKED = _packed()


def head(session: Session) -> Any:
    """The last seal (sequence, hash, created_at, and when its row was written), or None."""
    statement = (
        sa.select(SEAL.c.sequence, SEAL.c.hash, SEAL.c.created_at, LOG.c.created_at.label("written_at"))
        .outerjoin(LOG, LOG.c.audit_log_id == SEAL.c.audit_log_id)
        .order_by(SEAL.c.sequence.desc())
        .limit(1)
    )
    return session.execute(statement).first()


def hash_at(session: Session, sequence: int) -> str | None:
    """The hash of the seal with this number; before the first stands `FIRST`."""
    if sequence == 0:
        return rules.FIRST
    return session.scalar(sa.select(SEAL.c.hash).where(SEAL.c.sequence == sequence))


def window(session: Session, last: Any, now: datetime) -> Window:
    """What is sealed without being asked for: nothing that is too old for a slow transaction, nothing of the future."""
    if last is None or last.written_at is None:
        return EVERYTHING[0], EVERYTHING[1], now + rules.AHEAD
    since = last.written_at - rules.LATE
    # + 0: SQLite would look for the least by walking the keys from the first on, not by the index on time
    first = session.scalar(sa.select(sa.func.min(LOG.c.audit_log_id + 0)).where(LOG.c.created_at >= since)) or 0
    return first, since, now + rules.AHEAD


def without_seal(session: Session, within: Window | None, most: int) -> Sequence[Any]:
    """(id, canonical form) of the rows of the log that have no seal, by id."""
    return session.execute(
        _unsealed([LOG.c.audit_log_id, PACKED], within).order_by(LOG.c.audit_log_id).limit(most)
    ).all()


def _unsealed(columns: Sequence[Any], within: Window | None = None) -> "sa.Select[Any]":
    statement = sa.select(*columns).outerjoin(SEAL, SEAL.c.audit_log_id == LOG.c.audit_log_id)
    statement = statement.where(SEAL.c.audit_log_id.is_(None))
    if within is not None:
        first, since, until = within
        statement = statement.where(LOG.c.audit_log_id >= first, LOG.c.created_at.between(since, until))
    return statement


def state(session: Session, now: datetime) -> Any:
    """The last seal (`sequence`, `created_at`), and how many of the newest rows should have been sealed by now and
    were not (`waiting`, at most a hundred are counted). None before the first seal."""
    late = sa.not_(LOG.c.created_at.between(now - rules.WAITING, now + rules.AHEAD))
    newest = sa.select(sa.func.max(LOG.c.audit_log_id) - NEWEST).scalar_subquery()
    found = _unsealed([LOG.c.audit_log_id]).where(late, LOG.c.audit_log_id > newest).limit(100).subquery()
    count = sa.select(sa.func.count()).select_from(found).scalar_subquery().label("waiting")
    last = sa.select(SEAL.c.sequence, SEAL.c.created_at, count).order_by(SEAL.c.sequence.desc()).limit(1)
    return session.execute(last).first()


# --- verifying


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that is not as it was sealed."""

    entry: int | None
    sequence: int | None
    what: str

    def __str__(self) -> str:
        where = [
            f"audit_log {self.entry}" if self.entry is not None else "",
            f"seal {self.sequence}" if self.sequence is not None else "",
        ]
        return f"{', '.join(filter(None, where)) or 'audit log'}: {self.what}"


@dataclass(slots=True)
class Verified:
    """What `verify` counted, and the first difference."""

    rows: int = 0
    head: str = ""
    at: str = ""
    first: Difference | None = None


def verify(session: Session, keys: Sequence[bytes], heads: Sequence[tuple[int, str]], now: datetime) -> Verified:
    """Recompute the whole chain, oldest first, until the first difference.

    `keys` are the application's keys in the order in which they were used, the present one last; `heads` are heads
    that were kept elsewhere: the chain must still lead through each of them.
    """
    found = Verified(head=rules.head_text(0, rules.FIRST))
    found.first = next(_differences(session, keys, heads, found), None)
    if found.first is None:
        found.first = _beyond(heads, found) or _unsealed_row(session, now)
    return found


def _differences(
    session: Session, keys: Sequence[bytes], heads: Sequence[tuple[int, str]], found: Verified
) -> Iterator[Difference]:
    kept: dict[int, set[str]] = {}
    for at, head_ in heads:
        kept.setdefault(at, set()).add(head_)
    places = {rules.name_of_key(key): place for place, key in enumerate(keys)}
    hashers, place, sequence, previous, sealed_at = [rules.hasher(key) for key in keys], 0, 0, rules.FIRST, ""
    for number, entry, sealed_at, before, hash_, name, row in _chain(session):
        sequence += 1
        if number != sequence:
            yield Difference(None, sequence, f"removed: the next seal is {number}")
        if row.startswith(rules.NO_ROW):
            yield Difference(entry, number, "removed: its seal is there, the row is not")
        if places.get(name, -1) < place:
            yield Difference(entry, number, _wrong_key(name, places))
        place = places[name]
        if before != previous:
            yield Difference(entry, number, "moved or put in: it doesn't follow the seal before it")
        if hashers[place](number, sealed_at, before, row) != hash_:
            yield Difference(entry, number, "altered: it is not what was sealed")
        if kept.get(number, {hash_}) != {hash_}:
            yield Difference(entry, number, "sealed anew: a head that was kept says otherwise")
        previous, found.rows = hash_, sequence
    found.head, found.at = rules.head_text(sequence, previous), sealed_at


def _wrong_key(name: str, places: Mapping[str, int]) -> str:
    if name in places:
        return "sealed with an older key than the row before it"
    return f"sealed with the key {name}, which is none of this application's"


def _chain(session: Session) -> Iterator[Sequence[Any]]:
    """Every seal with its row, in order, in pieces."""
    own = [
        SEAL.c.sequence,
        SEAL.c.audit_log_id,
        bare(SEAL.c.created_at),
        SEAL.c.previous_hash,
        SEAL.c.hash,
        SEAL.c.key_name,
    ]
    statement = sa.select(*own, PACKED).select_from(sa.outerjoin(SEAL, LOG, LOG.c.audit_log_id == SEAL.c.audit_log_id))
    statement = statement.order_by(SEAL.c.sequence).limit(PIECE)
    last = -(2**62)
    while rows := session.execute(statement.where(SEAL.c.sequence > last)).all():
        yield from rows
        last = rows[-1][0]


def _beyond(heads: Sequence[tuple[int, str]], found: Verified) -> Difference | None:
    """A head that the chain no longer reaches: its tail was cut off."""
    lost = [number for number, _ in heads if number > found.rows]
    if not lost:
        return None
    return Difference(None, found.rows + 1, f"removed: a head that was kept says that there were {max(lost)} seals")


def _unsealed_row(session: Session, now: datetime) -> Difference | None:
    """The first row that should have been sealed long ago: put in behind the chain's back, or its seal was removed."""
    late = sa.not_(LOG.c.created_at.between(now - rules.WAITING, now + rules.AHEAD))
    statement = _unsealed([LOG.c.audit_log_id, LOG.c.created_at]).where(late)
    row = session.execute(statement.order_by(LOG.c.audit_log_id).limit(1)).first()
    if row is None:
        return None
    return Difference(
        row[0], None, f"not sealed, and dated {row[1]:%Y-%m-%d %H:%M} UTC: put in, or a clock was changed"
    )
