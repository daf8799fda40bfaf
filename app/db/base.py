"""The declarative base, shared with Flask-AppBuilder's own tables, and the request's session.

Flask-AppBuilder ids are `Sequence`s, which SQLAlchemy uses on MariaDB and Alembic doesn't create: they
are taken off here, before any engine exists (trap 21 of the stack).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar

import sqlalchemy as sa
from flask_appbuilder.models.sqla import Model
from flask_appbuilder.models.sqla.base import SQLA
from sqlalchemy import ColumnElement, MetaData, Sequence
from sqlalchemy.orm import Mapped, mapped_column

from app.db.context import actor
from app.db.types import Instant, utcnow

metadata: MetaData = Model.metadata
metadata.info["is_ours"] = True
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# One comparison on both databases: exact. Search goes through folded keys, order through sort keys.
TABLE_OPTIONS = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}

sqla = SQLA(model_class=Model)


class Base(Model):
    """Every table of ours. The table's name is the class's, in snake case."""

    __abstract__ = True
    __table_args__: Any = TABLE_OPTIONS  # not Flask-AppBuilder's extend_existing: two classes of one name must fail
    # Whose row it is, for somebody who may only see their own: see `app.db.rows`.
    patient_column: ClassVar[str | None] = None
    user_column: ClassVar[str | None] = None
    is_public: ClassVar[bool] = False  # everybody reads it: settings, the clinic's name
    is_audited: ClassVar[bool] = True  # off for search keys, slots, sessions: what only serves the machine

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "__tablename__" not in cls.__dict__ and not cls.__dict__.get("__abstract__"):
            cls.__tablename__ = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        super().__init_subclass__(**kwargs)

    @classmethod
    def owned_by(cls, patient_id: int | None) -> "ColumnElement[bool]":
        """The rows that somebody who is only the patient `patient_id` may see: their own, else none."""
        if cls.is_public:
            return sa.true()
        if cls.patient_column is not None and patient_id is not None:
            return getattr(cls, cls.patient_column) == patient_id
        if cls.user_column is not None:
            return getattr(cls, cls.user_column) == actor().user_id
        return sa.false()

    @classmethod
    def whose(cls, held: Mapping[str, Any]) -> int | None:
        """The patient of a row with these values, where no `patient_column` says it."""
        return None

    @property
    def row_id(self) -> Any:
        """The primary key's value (a tuple where it has several columns)."""
        return _key_of(type(self))(self)


@cache
def _key_of(model: type[Any]) -> Callable[[Any], Any]:
    return attrgetter(*(column.key for column in sa.inspect(model).primary_key))


class AppendOnly(Base):
    """Rows that are written once: never updated, never deleted."""

    __abstract__ = True
    created_at: Mapped[datetime] = mapped_column(Instant, default=utcnow, nullable=False, sort_order=900)


class Stamped(Base):
    """Rows that change, with when they were made and last changed."""

    __abstract__ = True
    created_at: Mapped[datetime] = mapped_column(Instant, default=utcnow, nullable=False, sort_order=900)
    updated_at: Mapped[datetime] = mapped_column(
        Instant, default=utcnow, onupdate=utcnow, nullable=False, sort_order=901
    )


def table_args(*constraints: Any) -> tuple[Any, ...]:
    """`__table_args__` with our table options behind the constraints."""
    return (*constraints, TABLE_OPTIONS)


def adopt_fab_tables() -> None:
    """Give Flask-AppBuilder's tables plain counted ids and our table options."""
    import flask_appbuilder.security.sqla.models  # noqa: F401 - registers the ab_* tables

    for table in metadata.tables.values():
        table.dialect_options["mysql"].update({key[6:]: value for key, value in TABLE_OPTIONS.items()})
        for column in table.columns:
            if isinstance(column.default, Sequence):
                column.default = None
    metadata._sequences.clear()


adopt_fab_tables()
