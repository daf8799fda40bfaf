"""The chain over the audit log: what is sealed of a row, how one seal follows another, and when a row is too late.

A seal is the HMAC-SHA-256 over the seal before it and every column of its row, in the order of sealing. The canonical
form is text that the database itself can write: each column as `length:value`, or `-` for NULL, with commas between
(`packed`). So it is the same from SQLite and from MariaDB, and a verifier reads one value of a row instead of ten.
"""

import hmac
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

# Every column of `audit_log`, in this order: a column that comes later needs a second form.
COLUMNS = (
    "audit_log_id", "created_at", "actor_number", "action", "table", "row", "patient_number", "changes",
    "request_id", "ip",
)  # fmt: skip
FIRST = "0" * 64  # what stands before the first seal
LATE = timedelta(hours=1)  # no transaction takes that long: a row that is older than the last sealed one by this
AHEAD = timedelta(minutes=5)  # how far clocks may differ
WAITING = timedelta(minutes=15)  # within this a row must be sealed, or it is a difference
NO_ROW = "-,"  # how the form of a row that is gone begins: no row is without a key


def key_of(secret: str) -> bytes:
    """The key of the chain, made of the application's: what is signed elsewhere is no seal."""
    return hmac.digest(secret.encode(), b"audit seal", "sha256")


def name_of_key(key: bytes) -> str:
    """What says which key a seal was made with, and nothing about the key."""
    return hmac.digest(key, b"name of the key", "sha256").hex()[:16]


def text_of(moment: datetime) -> str:
    """A moment as both databases hold it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def packed(values: Iterable[object]) -> str:
    """The canonical form of a row whose columns are these, as the database holds them (see `queries.seal.PACKED`)."""
    return ",".join("-" if value is None else f"{len(str(value))}:{value}" for value in values)


def hasher(key: bytes) -> Callable[[int, str, str, str], str]:
    """What makes the seal of a row of (sequence, when it is sealed, the seal before it, its packed columns)."""
    begun = hmac.new(key, digestmod="sha256")

    def hash_of(sequence: int, sealed_at: str, previous: str, row: str) -> str:
        made = begun.copy()
        made.update(f"{sequence},{sealed_at},{previous},{row}".encode())
        return made.hexdigest()

    return hash_of


def head_text(sequence: int, hash_: str) -> str:
    """The head of the chain as it is printed, kept and given to `audit verify`."""
    return f"{sequence}:{hash_}"


def read_head(text: str) -> tuple[int, str]:
    """(sequence, hash) of a head. Raises ValueError."""
    number, _, hash_ = text.strip().partition(":")
    if not number.isascii() or not number.isdigit() or len(hash_) != 64 or not set(hash_) <= set("0123456789abcdef"):
        raise ValueError("a head is SEQUENCE:HASH, as `audit head` prints it")
    return int(number), hash_


def signature(key: bytes, head: str, at: str) -> str:
    """What makes a kept head the application's own."""
    return hmac.digest(key, f"head {head} {at}".encode(), "sha256").hex()
