"""Charts: declared as Flask-AppBuilder's chart views are, aggregated in SQL, drawn by the vendored Chart.js.

A definition is `{"label": T(…), "group": column, "series": [(aggregate_count, column)]}`, as in
Flask-AppBuilder; a group that is a date stands for its months. Aggregates carry no names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_avg, aggregate_count, aggregate_sum
from sqlalchemy.orm import Session

from app.db.types import CodeType, Instant, Tugrug, WordType
from app.kernel.dates import add_months, day_bounds
from app.kernel.text import T, Text
from app.web import who
from app.web.cells import name_of
from app.web.text import money, say, today

MONTHS, MOST_GROUPS = 12, 30
AGGREGATES: Mapping[Any, Callable[..., Any]] = {
    aggregate_count: sa.func.count,
    aggregate_sum: sa.func.sum,
    aggregate_avg: sa.func.avg,
}


class month_of(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - an SQL function's name
    """The month of a date or instant as `202611`; the second argument shifts UTC to the clinic, in minutes."""

    type = sa.Integer()
    inherit_cache = True
    name = "month_of"


@sa.ext.compiler.compiles(month_of, "mysql")
@sa.ext.compiler.compiles(month_of, "mariadb")
def _month_mariadb(element: Any, compiler: Any, **kw: Any) -> str:
    column, shift = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"EXTRACT(YEAR_MONTH FROM {column} + INTERVAL {shift} MINUTE)"


@sa.ext.compiler.compiles(month_of, "sqlite")
def _month_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, shift = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(strftime('%Y%m', {column}, ({shift}) || ' minutes') AS INTEGER)"


@dataclass(slots=True)
class Bar:
    """One group: its label, its value, the value of the period before, and the rows behind it."""

    label: str
    value: int
    before: int
    link: dict[str, str]


@dataclass(slots=True)
class Chart:
    """What the page draws and writes as a table."""

    title: str
    period: str
    group_label: str
    is_money: bool
    is_timeline: bool
    bars: list[Bar] = field(default_factory=list)
    has_before: bool = True  # compared with the period before; not for a table shown as it stands

    def show(self, value: int) -> str:
        """A value with its unit."""
        return money(value) if self.is_money else f"{value:,}"

    def as_json(self) -> dict[str, Any]:
        """The data for Chart.js, texts included: the browser has no Mongolian of its own (trap 19)."""
        return {
            "labels": [bar.label for bar in self.bars],
            "values": [bar.value for bar in self.bars],
            "before": [bar.before for bar in self.bars],
            "shown": [self.show(bar.value) for bar in self.bars],
            "shownBefore": [self.show(bar.before) for bar in self.bars],
            "now": self.period,
            "earlier": say(T("The period before")),
            "timeline": self.is_timeline,
        }


def default_definitions(model: Any) -> list[dict[str, Any]]:
    """The chart every table inherits: rows by month where it has a date, and by its first enum."""
    columns = model.__mapper__.columns
    found: list[dict[str, Any]] = []
    if "created_at" in columns:
        found.append({"label": T("Rows by month"), "group": "created_at", "series": [(aggregate_count, "")]})
    enums = [key for key, column in columns.items() if isinstance(column.type, CodeType | WordType)]
    others = [key for key, column in columns.items() if isinstance(column.type, sa.Boolean)]
    for key in [*enums, *others][:1]:
        found.append({"label": T("Rows by %(column)s"), "group": key, "series": [(aggregate_count, "")]})
    if not found:
        key = next(iter(columns.keys()))
        found.append({"label": T("Rows by %(column)s"), "group": key, "series": [(aggregate_count, "")]})
    return found


def _shift_minutes(column: Any) -> int:
    offset = datetime.now(who.clinic().zone).utcoffset()
    return int(offset.total_seconds() // 60) if isinstance(column.type, Instant) and offset else 0


def _bound(column: Any, day: date) -> Any:
    return day_bounds(day, who.clinic().zone)[0] if isinstance(column.type, Instant) else day


def draw(view: Any, session: Session, definition: Mapping[str, Any]) -> Chart:
    """Run a definition for the last twelve months and the twelve before."""
    first = add_months(today().replace(day=1), 1 - MONTHS)
    column = view.column(definition["group"])
    aggregate, measured = definition["series"][0]
    measure = AGGREGATES[aggregate](view.column(measured) if measured else sa.literal_column("*"))
    is_money = bool(measured) and isinstance(view.column(measured).type, Tugrug)
    is_timeline = isinstance(column.type, Instant | sa.Date)
    label: Text = definition["label"]
    group_label = say(view.label(definition["group"]))
    chart = Chart(
        title=say(Text(label.msgid, {"column": group_label})),
        period=say(T("%(first)s – %(last)s", first=first.isoformat(), last=today().isoformat())),
        group_label=say(T("Month")) if is_timeline else group_label,
        is_money=is_money,
        is_timeline=is_timeline,
    )
    if not is_timeline and not view.chart_date:
        chart.period, chart.has_before = today().isoformat(), False
    if is_timeline:
        chart.bars = _by_month(view, session, column, measure, first)
    else:
        chart.bars = _by_group(view, session, column, measure, first)
    return chart


def _by_month(view: Any, session: Session, column: Any, measure: Any, first: date) -> list[Bar]:
    month = month_of(column, sa.literal_column(str(_shift_minutes(column))))
    found = session.execute(
        sa.select(month, measure)
        .where(*view.base_where(), column >= _bound(column, add_months(first, -MONTHS)))
        .group_by(month)
    )
    values = {int(key): int(value or 0) for key, value in found if key}
    bars = []
    for index in range(MONTHS):
        start = add_months(first, index)
        before = add_months(start, -MONTHS)
        last = add_months(start, 1).toordinal() - 1
        name = column.key
        bars.append(
            Bar(
                f"{start:%Y-%m}",
                values.get(start.year * 100 + start.month, 0),
                values.get(before.year * 100 + before.month, 0),
                {f"{name}_from": start.isoformat(), f"{name}_to": date.fromordinal(last).isoformat()},
            )
        )
    return bars


def _by_group(view: Any, session: Session, column: Any, measure: Any, first: date) -> list[Bar]:
    dated = view.column(view.chart_date) if view.chart_date else None
    now_where = [] if dated is None else [dated >= _bound(dated, first)]
    values = _grouped(view, session, column, measure, now_where)
    earlier: dict[Any, int] = {}
    if dated is not None:
        earlier = _grouped(
            view,
            session,
            column,
            measure,
            [dated >= _bound(dated, add_months(first, -MONTHS)), dated < _bound(dated, first)],
        )
    names = _names(session, column, values)
    ordered = sorted(values, key=lambda key: -values[key])[:MOST_GROUPS]
    if isinstance(column.type, CodeType | WordType):
        ordered = [member for member in column.type.enum_class if member in values]
    return [
        Bar(
            names.get(key) or say(view.group_name(column.key, key)) or say(T("Not given")),
            values[key],
            earlier.get(key, 0),
            _link(column, key),
        )
        for key in ordered
    ]


def _grouped(view: Any, session: Session, column: Any, measure: Any, where: list[Any]) -> dict[Any, int]:
    statement = (
        sa.select(column, measure)
        .where(*view.base_where(), *where)
        .group_by(column)
        .order_by(measure.desc())
        .limit(MOST_GROUPS)
    )
    return {key: int(value or 0) for key, value in session.execute(statement)}


def _names(session: Session, column: Any, values: Mapping[Any, int]) -> dict[Any, str]:
    """The names of referenced rows, in one statement."""
    foreign = next(iter(column.foreign_keys), None)
    if foreign is None:
        return {}
    target = next(m.class_ for m in column.class_.registry.mappers if m.local_table is foreign.column.table)
    key = getattr(target, foreign.column.key)
    found = session.scalars(sa.select(target).where(key.in_([value for value in values if value is not None])))
    return {getattr(row, key.key): name_of(row) for row in found}


def _link(column: Any, key: Any) -> dict[str, str]:
    if key is None:
        return {}
    if isinstance(key, bool):
        return {column.key: "yes" if key else "no"}
    return {column.key: getattr(key, "word", str(key))}
