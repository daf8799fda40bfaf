"""The database: the model base, column types, the one writer `unit`, and who acts.

Nothing above commits, and nothing but `unit` does.
"""

from app.db.base import AppendOnly, Base, Stamped, sqla, table_args
from app.db.context import Actor, acting_as, actor, set_actor
from app.db.types import E164, BasisPoints, BigKey, CodeType, Instant, Tugrug, WordType, ascii_string, utcnow
from app.db.unit import unit

__all__ = [
    "E164",
    "Actor",
    "AppendOnly",
    "Base",
    "BasisPoints",
    "BigKey",
    "CodeType",
    "Instant",
    "Stamped",
    "Tugrug",
    "WordType",
    "acting_as",
    "actor",
    "ascii_string",
    "set_actor",
    "sqla",
    "table_args",
    "unit",
    "utcnow",
]
