"""What a list shows: search, filters, order and page, read from the address and turned into SQL.

Everything lives in one object made for one request (trap 20). Rows are found ids first, then loaded with
their references in one statement; counts stop at `COUNT_CAP`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session, joinedload
from werkzeug.datastructures import MultiDict

from app.db.types import CodeType, Instant, Tugrug, WordType
from app.kernel.dates import day_bounds, parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.web import plain, related, who

PAGE_SIZE, LARGEST_PAGE, COUNT_CAP, DEEPEST = 25, 100, 1_001, 10_000_000
# table → every key of what a key stands for, where a thing may have several: the records of one patient
SAME: dict[str, Callable[[Session, int], Sequence[int]]] = {}
TASTED = 300  # rows of an export that show which columns it needs
_CI = "utf8mb4_unicode_520_ci"


class contains_text(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - an SQL function's name
    """Case-blind "contains" for Cyrillic on both databases; a scan, for small tables."""

    type = sa.Boolean()
    inherit_cache = True
    name = "contains_text"


@sa.ext.compiler.compiles(contains_text, "mysql")
@sa.ext.compiler.compiles(contains_text, "mariadb")
def _contains_mariadb(element: Any, compiler: Any, **kw: Any) -> str:
    column, pattern = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST({column} AS CHAR CHARACTER SET utf8mb4) COLLATE {_CI} LIKE CONVERT({pattern} USING utf8mb4)"


@sa.ext.compiler.compiles(contains_text, "sqlite")
def _contains_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, pattern = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"soyoo_lower({column}) LIKE soyoo_lower({pattern}) ESCAPE '\\'"


def like(column: Any, typed: str) -> ColumnElement[bool]:
    """`column` contains what was typed, in any case; `%` and `_` mean themselves."""
    escaped = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return contains_text(column, f"%{escaped}%")


@dataclass(slots=True)
class Filter:
    """One filter that is set: for its chip and for the address without it."""

    key: str
    column: str
    value: str


class Listing:
    """One request's view of a table."""

    def __init__(self, view: Any, args: "MultiDict[str, str]", session: Session) -> None:
        self.view, self.args, self.session = view, args, session
        self.model = view.model
        self.search = " ".join(args.get("q", "").split())[:100]
        self.size = between(args.get("size"), 1, LARGEST_PAGE, PAGE_SIZE)
        self.page = between(args.get("page"), 1, DEEPEST, 1)
        wanted = args.get("sort", "")
        self.sort = wanted if wanted in view.order_columns else view.default_order[0]
        direction = args.get("dir") if wanted in view.order_columns else view.default_order[1]
        self.direction = "desc" if direction == "desc" else "asc"
        self.filters: list[Filter] = []
        self._where = [*view.base_where(), *self._conditions()]

    # --- what the address asks for

    def _conditions(self) -> Iterator[ColumnElement[bool]]:
        if self.search:
            yield self.view.search_condition(self.session, self.search)
        more = related.filters_of(self.model).difference(self.view.search_columns)
        for name in (*self.view.search_columns, *sorted(more)):
            column = self.view.column(name)
            for suffix, make in self._makers(column):
                typed = " ".join(self.args.get(name + suffix, "").split())[:100]
                condition = make(column, typed) if typed else None
                if condition is not None:
                    self.filters.append(Filter(name + suffix, name, typed))
                    yield condition

    def _makers(self, column: Any) -> tuple[tuple[str, Callable[[Any, str], ColumnElement[bool] | None]], ...]:
        type_ = column.type
        if isinstance(type_, CodeType | WordType):
            return (("", _is_member),)
        if column.foreign_keys or related.is_key(self.model, column.key) or column.key in self.view.lookups:
            return (("", self._is_reference),)
        if column.key in self.view.filter_choices:
            return (("", _is_text),)
        if isinstance(type_, sa.Boolean):
            return (("", _is_yes),)
        if isinstance(type_, Instant | sa.Date):
            return (("_from", _from_day), ("_to", _to_day))
        if isinstance(type_, sa.Integer | Tugrug):
            return (("_from", _at_least), ("_to", _at_most))
        return (("", like),)

    def _is_reference(self, column: Any, typed: str) -> ColumnElement[bool] | None:
        key = parse_key(typed)
        if key is None:
            return None
        table = next((one.column.table.name for one in column.foreign_keys), "")
        keys = SAME[table](self.session, key) if table in SAME else (key,)
        return sa.and_(column.in_(keys)) if len(keys) > 1 else sa.and_(column == keys[0])

    # --- SQL

    def matching(self) -> "Select[Any]":
        """SELECT of the keys of every row that matches, without order."""
        return sa.select(*self.view.key_columns()).where(*self._where)

    def count(self) -> int:
        """How many rows match; `COUNT_CAP` means that many or more."""
        capped = (
            self.matching().with_only_columns(sa.literal(1), maintain_column_froms=True).limit(COUNT_CAP).subquery()
        )
        return self.session.scalar(sa.select(sa.func.count()).select_from(capped)) or 0

    def _ordered(self, statement: "Select[Any]") -> "Select[Any]":
        columns = [self.view.column(self.sort), *self.view.key_columns()]
        return statement.order_by(*(c.desc() if self.direction == "desc" else c.asc() for c in columns))

    def rows(self) -> list[Any]:
        """The page's rows with everything that its columns show, one more than the page where there is one."""
        keys = self._ordered(self.matching()).limit(self.size + 1)
        anchor = self._anchor()
        if anchor is not None:
            keys = keys.where(self._behind(*anchor))
        elif self.page > 1:
            keys = keys.offset((self.page - 1) * self.size)
        return self._load(self.session.execute(keys).all())

    def _anchor(self) -> tuple[Any, Any] | None:
        """Where the page before this one ended, as the address says: a deep page is found as fast as the first."""
        key = parse_key(self.args.get("after"))
        columns = self.view.key_columns()
        if key is None or self.page < 2 or len(columns) > 1:
            return None
        found = self.session.execute(sa.select(self.view.column(self.sort), columns[0]).where(columns[0] == key))
        row = found.first()
        return None if row is None else (row[0], row[1])

    def _behind(self, value: Any, key: Any) -> ColumnElement[bool]:
        """What comes after a row in this order; without a value comes first on both databases."""
        column, own, is_down = self.view.column(self.sort), self.view.key_columns()[0], self.direction == "desc"
        later = own < key if is_down else own > key
        if value is None:
            return sa.and_(column.is_(None), later) if is_down else sa.or_(column.is_not(None), later)
        strictly, near = (column < value, column <= value) if is_down else (column > value, column >= value)
        found = sa.and_(near, sa.or_(strictly, later))  # said so, both databases begin in the middle of the index
        nullable = getattr(getattr(column, "expression", None), "nullable", True)
        return sa.or_(found, column.is_(None)) if is_down and nullable else found

    def chunks(self, size: int = 1_000) -> Iterator[list[Any]]:
        """Every matching row in order, `size` at a time, for an export; each piece begins where the last ended."""
        columns = self.view.key_columns()
        if len(columns) > 1:
            yield from self._chunks_by_keys(size)
            return
        known = plain.Names(self.session, self.model, self.view.references())
        every, used, last = plain.columns_of(self.model), {columns[0].key}, None
        kind = plain.watched(plain.plain_class(self.model), used)
        names, count = every, min(size, TASTED)
        while True:
            asked = [getattr(self.model, name) for name in names]
            piece = self._ordered(sa.select(*asked, self.view.column(self.sort), columns[0]).where(*self._where))
            found = self.session.execute((piece if last is None else piece.where(last)).limit(count)).all()
            rows = [plain.make(kind, names, values) for values in found]
            known.fill(rows)
            yield rows
            if len(found) < count:
                return
            last = self._behind(*found[-1][-2:])
            # the first rows have shown which columns are wanted
            kind, names, count = plain.plain_class(self.model), tuple(n for n in every if n in used), size

    def _chunks_by_keys(self, size: int) -> Iterator[list[Any]]:
        keys = self.session.execute(self._ordered(self.matching())).all()
        for start in range(0, len(keys), size):
            yield self._load(keys[start : start + size])
            self.session.expunge_all()

    def whole(self, rows: Iterable[Any]) -> list[Any]:
        """The same rows as the list has them, for what a plain row can't answer."""
        return self._load([(row.row_id,) for row in rows])

    def _load(self, keys: Any) -> list[Any]:
        if not keys:
            return []
        columns = self.view.key_columns()
        condition = (
            columns[0].in_([key[0] for key in keys])
            if len(columns) == 1
            else sa.tuple_(*columns).in_([tuple(key) for key in keys])
        )
        shown = {*self.view.list_columns, *self.view.shown_columns()}
        options = [joinedload(getattr(self.model, name)) for name in self.view.references(shown)]
        # what always holds is said again: of an SQL view it keeps the parts small
        where = (condition, *self.view.base_where())
        found = self.session.scalars(sa.select(self.model).where(*where).options(*options)).unique()
        by_key = {_as_tuple(row.row_id): row for row in found}
        return [by_key[tuple(key)] for key in keys if tuple(key) in by_key]


def _as_tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def between(typed: str | None, least: int, most: int, default: int) -> int:
    """A number from the address, brought within its bounds."""
    number = parse_key(typed)
    return default if number is None else max(least, min(most, number))


def _is_member(column: Any, typed: str) -> ColumnElement[bool] | None:
    found = [member for member in column.type.enum_class if member.word == typed]
    return column == found[0] if found else None


def _is_text(column: Any, typed: str) -> ColumnElement[bool] | None:
    return column == typed


def _is_yes(column: Any, typed: str) -> ColumnElement[bool] | None:
    return column.is_(typed == "yes") if typed in ("yes", "no") else None


def _at_least(column: Any, typed: str) -> ColumnElement[bool] | None:
    number = _bare_number(typed)
    return None if number is None else column >= number


def _at_most(column: Any, typed: str) -> ColumnElement[bool] | None:
    number = _bare_number(typed)
    return None if number is None else column <= number


def _bare_number(typed: str) -> int | None:
    bare = typed.replace(",", "").replace(" ", "").replace("₮", "")
    return int(bare) if re.fullmatch(r"-?[0-9]{1,15}", bare) else None


def _from_day(column: Any, typed: str) -> ColumnElement[bool] | None:
    try:
        day = parse_date(typed)
    except RuleError:
        return None
    return column >= (day_bounds(day, who.clinic().zone)[0] if isinstance(column.type, Instant) else day)


def _to_day(column: Any, typed: str) -> ColumnElement[bool] | None:
    try:
        day = parse_date(typed)
    except RuleError:
        return None
    if isinstance(column.type, Instant):
        return column < day_bounds(day, who.clinic().zone)[1]
    return column <= day
