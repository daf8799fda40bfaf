"""What the checks are made of."""

from typing import Any

import sqlalchemy as sa

Statement = Any  # a SELECT of at most one row: (the row's key, what stands there, what should)


def sum_of(value: Any) -> Any:
    """Σ, 0 where there is nothing."""
    return sa.func.coalesce(sa.func.sum(value), 0)


def compare(row: Any, stands: Any, should: Any, source: Any) -> Statement:
    """The first row of `source` whose `stands` is not what it `should` be."""
    return sa.select(row, stands, should).select_from(source).where(stands != should).limit(1)


def compare_groups(key: Any, source: Any, *pairs: tuple[Any, Any]) -> Statement:
    """The first row of `source`, grouped by its key, one of whose (stands, should) differ: one pass for all of them.

    Grouped by the primary key, both databases read in its order and keep nothing aside.
    """
    stands = sa.case(*((have != want, have) for have, want in pairs))
    should = sa.case(*((have != want, want) for have, want in pairs))
    differs = sa.or_(*(have != want for have, want in pairs))
    return sa.select(key, stands, should).select_from(source).group_by(key).having(differs).limit(1)
