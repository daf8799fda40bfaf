"""Who acts: set once for a request, a job or a command, read by the audit listener and the row rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or program behind the statements of this thread."""

    user_id: int | None = None
    request_id: str = ""
    ip: str = ""
    # Set for somebody who is only a patient: every read and write is limited to this patient's rows.
    own_patient_id: int | None = None
    merged_patient_ids: tuple[int, ...] = ()  # further numbers of the same person
    is_limited: bool = False


SYSTEM = Actor()
_current: ContextVar[Actor] = ContextVar("soyoo_actor", default=SYSTEM)


def actor() -> Actor:
    """The actor of this thread."""
    return _current.get()


def set_actor(who: Actor) -> None:
    """Make `who` the actor of this thread; a web request does so before anything else."""
    _current.set(who)


@contextmanager
def acting_as(who: Actor) -> Iterator[None]:
    """Act as `who` inside the block."""
    token = _current.set(who)
    try:
        yield
    finally:
        _current.reset(token)
