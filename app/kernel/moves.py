"""State tables: which state may follow which, as data."""

from collections.abc import Mapping, Set
from typing import Generic, TypeVar

from app.kernel.enums import Code, Word
from app.kernel.errors import RuleError
from app.kernel.text import T

State = TypeVar("State", bound=Code | Word)


class Moves(Generic[State]):
    """The allowed moves of one kind of record, read like a table."""

    def __init__(self, table: Mapping[State, Set[State]]) -> None:
        self.table: dict[State, frozenset[State]] = {state: frozenset(nexts) for state, nexts in table.items()}

    def after(self, state: State) -> frozenset[State]:
        """The states that may follow `state`."""
        return self.table.get(state, frozenset())

    def allows(self, before: State, after: State) -> bool:
        """Whether the move is in the table."""
        return after in self.after(before)

    def check(self, before: State, after: State, field: str = "status") -> None:
        """Refuse a move that is not in the table, naming both states. Raises RuleError."""
        if not self.allows(before, after):
            raise RuleError(
                T("“%(before)s” can't become “%(after)s”.", before=before.label, after=after.label), field=field
            )
