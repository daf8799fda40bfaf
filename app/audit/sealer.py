"""Seals what was written, a little behind the writers, and keeps the chain's head outside the database.

One lives in each server process and in the nightly run; two at once never fork the chain (its sequence is a key).
The head is kept in the instance folder as `audit.head`, signed: it proves that the end of the log is still there.
"""

import hmac
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.audit.actions.seal import AT_ONCE, seal_some
from app.audit.queries import seal as queries
from app.audit.rules import seal as rules
from app.db import sqla, unit

log = logging.getLogger(__name__)
FILE = "audit.head"


class HeadLost(Exception):
    """The kept head is missing, forged, or not part of the chain."""


def keys_of(config: Mapping[str, Any]) -> tuple[bytes, ...]:
    """The keys of the chain in the order in which they were used, the present one last."""
    return tuple(rules.key_of(secret) for secret in (*config["OLD_SECRET_KEYS"], config["SECRET_KEY"]))


def seal(keys: Sequence[bytes], instance: Path, clock: Callable[[], datetime], *, late: bool = False) -> int:
    """Seal everything that waits. Returns how many rows that were."""
    total, before, within, done = 0, queries.head(sqla.session()), None, AT_ONCE
    while done == AT_ONCE:
        done, within = unit(lambda session, w=within: seal_some(session, keys[-1], clock(), w, late=late))
        total += done
    if total:
        _keep_next(keys, instance, before)
    return total


def _keep_next(keys: Sequence[bytes], instance: Path, before: object) -> None:
    """Keep the new head, unless what is kept says that the chain was cut before: then it stays as the proof of that."""
    try:
        kept = read(keys, instance)
        if kept is None and before is not None:
            raise HeadLost(f"{FILE} is missing")
        if kept is not None and queries.hash_at(sqla.session(), kept[0]) != kept[1]:
            raise HeadLost(f"{FILE} is not part of the chain")
    except HeadLost as error:
        log.error("audit: %s; see `flask audit verify`", error)
        return
    keep(keys, instance)


def keep(keys: Sequence[bytes], instance: Path) -> str:
    """Keep the head as it is now, whatever was kept before. Returns it as text."""
    sqla.session.rollback()
    last = queries.head(sqla.session())
    head = rules.head_text(last.sequence, last.hash) if last is not None else rules.head_text(0, rules.FIRST)
    at = rules.text_of(last.created_at).replace(" ", "T") if last is not None else "-"
    path = instance / FILE
    temporary = path.with_name(f"{FILE}.{os.getpid()}")
    temporary.write_text(f"{head} {at} {rules.signature(keys[-1], head, at)}\n", encoding="ascii")
    temporary.replace(path)
    return f"{head} {at}"


def read(keys: Sequence[bytes], instance: Path) -> tuple[int, str] | None:
    """The kept head, or None where there is none. Raises HeadLost for one that isn't ours."""
    path = instance / FILE
    if not path.exists():
        return None
    head, at, signature = [*path.read_text(encoding="ascii", errors="replace").split(), "", "", ""][:3]
    if not any(hmac.compare_digest(rules.signature(one, head, at), signature) for one in keys):
        raise HeadLost(f"{FILE} was written by somebody else, or with another key")
    return rules.read_head(head)


def verify(config: Mapping[str, Any], heads: Sequence[tuple[int, str]], now: datetime) -> queries.Verified:
    """Recompute the chain; it must lead through the kept head, and through those that are given."""
    keys, session = keys_of(config), sqla.session()
    try:
        kept = read(keys, config["INSTANCE"])
        if kept is None and not heads and queries.head(session) is not None:
            raise HeadLost(f"{FILE} is missing from the instance folder: give a head of a backup with --head")
    except HeadLost as error:
        found = queries.verify(session, keys, heads, now)
        found.first = found.first or queries.Difference(None, None, str(error))
        return found
    return queries.verify(session, keys, [*heads, *([kept] if kept else [])], now)
