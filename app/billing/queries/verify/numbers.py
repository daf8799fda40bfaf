"""Checks that documents are numbered without a gap, and the SQL that reads a number's parts."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from app.billing.queries.verify.base import Statement
from app.jobs.models import DocumentCounter
from app.jobs.rules import CounterKind


class serial_of(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - an SQL function's name
    """The counted part of a document's number: 123 of `2026-000123`, whatever the clinic's prefix."""

    type = sa.Integer()
    inherit_cache = True
    name = "serial_of"


class year_of(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - an SQL function's name
    """The year of a document's number: 2026 of `2026-000123`."""

    type = sa.Integer()
    inherit_cache = True
    name = "year_of"


@compiles(serial_of, "sqlite")
def _serial_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    number = compiler.process(element.clauses, **kw)
    return f"CAST(substr({number}, length(rtrim({number}, '0123456789')) + 1) AS INTEGER)"


@compiles(serial_of, "mysql")
@compiles(serial_of, "mariadb")
def _serial_mariadb(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(SUBSTRING_INDEX({compiler.process(element.clauses, **kw)}, '-', -1) AS SIGNED)"


@compiles(year_of, "sqlite")
def _year_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(substr(rtrim({compiler.process(element.clauses, **kw)}, '0123456789'), -5, 4) AS INTEGER)"


@compiles(year_of, "mysql")
@compiles(year_of, "mariadb")
def _year_mariadb(element: Any, compiler: Any, **kw: Any) -> str:
    number = compiler.process(element.clauses, **kw)
    dashes = f"LENGTH({number}) - LENGTH(REPLACE({number}, '-', ''))"
    return f"CAST(RIGHT(SUBSTRING_INDEX({number}, '-', {dashes}), 4) AS SIGNED)"


def gaps(kind: CounterKind, number: Any) -> Statement:
    """Years in which the numbers are not 1, 2, 3 … up to the counter."""
    serial = serial_of(number)
    year = year_of(number).label("year")
    rows = (
        sa.select(
            year,
            sa.func.count().label("documents"),
            sa.func.count(serial.distinct()).label("different"),
            sa.func.min(serial).label("least"),
            sa.func.max(serial).label("most"),
        )
        .where(number.is_not(None))
        .group_by(year)
        .subquery()
    )
    counter = DocumentCounter
    joined = sa.outerjoin(rows, counter, sa.and_(counter.kind == kind, counter.year == rows.c.year))
    last = sa.func.coalesce(counter.last_number, 0)
    wrong = sa.or_(rows.c.documents != last, rows.c.different != last, rows.c.most != last, rows.c.least != 1)
    return sa.select(rows.c.year, rows.c.documents, last).select_from(joined).where(wrong).limit(1)


def unused_counters(kind: CounterKind, number: Any) -> Statement:
    """A counter that has counted has its documents."""
    counter = DocumentCounter
    used = sa.select(year_of(number)).where(number.is_not(None))
    statement = sa.select(counter.year, sa.literal(0), counter.last_number)
    return statement.where(counter.kind == kind, counter.last_number > 0, counter.year.not_in(used)).limit(1)
