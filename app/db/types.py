"""Column types: keys, tögrög, instants, enums that check themselves in the database."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Integer, SmallInteger, String, Table, event
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from app.kernel.enums import Code, Word

# SQLite counts up only an INTEGER PRIMARY KEY.
BigKey = BigInteger().with_variant(Integer, "sqlite")


def ascii_string(length: int) -> sa.types.TypeEngine[str]:
    """A string of ASCII characters, compared byte by byte on every database."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def utcnow() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


class Instant(TypeDecorator[datetime]):
    """A moment: stored in UTC without a zone and with microseconds, aware in Python."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Tugrug(TypeDecorator[int]):
    """An amount in whole tögrög."""

    impl = BigInteger
    cache_ok = True


class BasisPoints(TypeDecorator[int]):
    """A share: 0–10 000."""

    impl = Integer
    cache_ok = True


class E164(TypeDecorator[str]):
    """A phone number in E.164, such as `+97699112233`."""

    impl = String
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(32)


class _Checked:
    """An enum type whose column gets a CHECK with the enum's values."""

    enum_class: type[Code] | type[Word]

    def literals(self) -> list[str]:
        raise NotImplementedError("each type writes its own literals")


class CodeType(_Checked, TypeDecorator[Code]):
    """A `Code`: a small number in the database."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, enum_class: type[Code]) -> None:
        super().__init__()
        self.enum_class = enum_class

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(self.enum_class(value))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Code | None:
        return None if value is None else self.enum_class(value)

    def literals(self) -> list[str]:
        return [str(int(member)) for member in self.enum_class]


class WordType(_Checked, TypeDecorator[Word]):
    """A `Word`: a short ASCII word in the database."""

    impl = String
    cache_ok = True
    WIDTH = 24

    def __init__(self, enum_class: type[Word]) -> None:
        super().__init__(self.WIDTH)
        self.enum_class = enum_class

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(self.enum_class(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Word | None:
        return None if value is None else self.enum_class(value)

    def literals(self) -> list[str]:
        return [f"'{member.value}'" for member in self.enum_class]


@event.listens_for(Column, "after_parent_attach")
def _check_enum(column: "Column[Any]", table: Any) -> None:
    """The database itself refuses a value that the enum does not have (copies of a table bring theirs along)."""
    if isinstance(column.type, _Checked) and isinstance(table, Table) and table.metadata.info.get("is_ours"):
        # backticks: both databases read them, and migrations written on one must run on the other
        values = ", ".join(column.type.literals())
        table.append_constraint(CheckConstraint(f"`{column.name}` IN ({values})", name=column.name))
