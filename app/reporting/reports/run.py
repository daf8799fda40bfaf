"""Answering a question: a handful of statements, each a sum in SQL, whatever the report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.enums import Code, Word
from app.kernel.text import T
from app.reporting.queries import Span, closed_until
from app.reporting.reports import links
from app.reporting.reports.asking import Ask
from app.reporting.reports.kinds import Measure, Parts, Unit
from app.reporting.rules import Period, bucket_of, buckets
from app.web import charts, who
from app.web.cells import name_of
from app.web.text import money, percent, say

MOST = 500  # rows of a table; more are not read by anybody


@dataclass(slots=True)
class Line:
    """One row of the table: what it is about, its figures, those of the period before, and the rows behind it."""

    label: str
    now: dict[str, int | None]
    before: dict[str, int | None]
    link: str | None = None


@dataclass(slots=True)
class Answer:
    """A report as it is shown, printed and exported."""

    ask: Ask
    group_label: str
    lines: list[Line]
    total: Line
    names: dict[str, str] = field(default_factory=dict)  # of the filters that are set

    @property
    def title(self) -> str:
        """What it shows: the report, by what."""
        return say(T("%(report)s by %(group)s", report=self.ask.report.label, group=self.group_label.lower()))

    @property
    def is_empty(self) -> bool:
        """Nothing in either period."""
        return not any(value for line in self.lines for value in (*line.now.values(), *line.before.values()))


@dataclass(slots=True)
class Drawn(charts.Chart):
    """A chart in one of our units."""

    unit: Unit = Unit.COUNT

    def show(self, value: int) -> str:
        """A value with its unit."""
        return shown(self.unit, value)

    def as_json(self) -> dict[str, Any]:
        """Shares and means are drawn as they are read."""
        data = charts.Chart.as_json(self)
        for key in ("values", "before"):
            data[key] = [plain(self.unit, value) for value in data[key]]
        return data


def shown(unit: Unit, value: int | None) -> str:
    """A figure with its unit; a dash for one that cannot be told."""
    if value is None:
        return "–"
    if unit is Unit.MONEY:
        return money(value)
    if unit is Unit.SHARE:
        return percent(round(value, -1))
    return f"{value / 10:,.1f}" if unit is Unit.TENTHS else f"{value:,}"


def plain(unit: Unit, value: int | None) -> int | float:
    """A figure as a bare number, for a chart and a spreadsheet."""
    scale = {Unit.SHARE: 100, Unit.TENTHS: 10}.get(unit)
    return (value or 0) / scale if scale else value or 0


def run(session: Session, ask: Ask) -> Answer:
    """The answer to a question."""
    closed = closed_until(session) if ask.report.is_kept else None
    now, before = _both(session, ask, closed)
    answer = _answer(session, ask, now, before)
    answer.total = Line(
        say(T("Total")),
        _figures(ask, _total(session, ask, ask.period, closed, now), ask.period),
        _figures(ask, _total(session, ask, ask.earlier, closed, before), ask.earlier) if ask.earlier else {},
    )
    answer.names = _filter_names(session, ask)
    return answer


def sketch(session: Session, ask: Ask, closed: date | None) -> Answer:
    """The lines alone, without their totals: what a chart needs. `closed` is the last closed day."""
    return _answer(session, ask, *_both(session, ask, closed))


Found = dict[Any, dict[str, int]]  # key → its parts


def _both(session: Session, ask: Ask, closed: date | None) -> tuple[Found, Found]:
    """The parts of both periods."""
    zone = who.clinic().zone
    return (
        _sums(session, ask, ask.period, closed, zone),
        _sums(session, ask, ask.earlier, closed, zone) if ask.earlier else {},
    )


def _answer(session: Session, ask: Ask, now: Found, before: Found) -> Answer:
    lines = _timeline(ask, now, before) if ask.step else _grouped(session, ask, now, before)
    label = ask.step.label if ask.step else ask.group.label  # type: ignore[union-attr]  # one of the two is there
    return Answer(ask, say(label), lines, Line("", {}, {}))


def statement(ask: Ask, period: Period, closed: date | None, zone: tzinfo, key: Any = None) -> Any:
    """SELECT key, part, … of a period; without a key the sums of all."""
    report, span = ask.report, Span(period, zone)
    parts = [value.label(name) for name, value in report.parts.items()]
    columns = [key.label("key"), *parts] if key is not None else parts
    where = list(report.where)
    if report.at is not None and not report.is_bounded:
        where.append(span.within(report.at))
    for name, column in report.filters.items():
        if column is not None and getattr(ask, name):
            where.append(column == getattr(ask, name))
    made = sa.select(*columns).select_from(report.source(ask, span, closed)).where(*where)
    return made if key is None else made.group_by(key).order_by(parts[0].desc(), key).limit(MOST)


def _key(ask: Ask, span: Span) -> Any:
    if ask.step:
        return span.step(ask.report.at, ask.step)
    column = ask.group.column  # type: ignore[union-attr]
    return column(ask.today) if callable(column) and not hasattr(column, "type") else column


def _sums(session: Session, ask: Ask, period: Period, closed: date | None, zone: tzinfo) -> Found:
    rows = session.execute(statement(ask, period, closed, zone, _key(ask, Span(period, zone))))
    return {row[0]: _parts(ask, row[1:]) for row in rows}


def _total(session: Session, ask: Ask, period: Period, closed: date | None, found: Found) -> dict[str, int]:
    """The sums of all: of the groups that were found, unless there are more of them than a table shows."""
    if len(found) < MOST:
        return {name: sum(parts[name] for parts in found.values()) for name in ask.report.parts}
    return _parts(ask, session.execute(statement(ask, period, closed, who.clinic().zone)).one())


def _parts(ask: Ask, values: Any) -> dict[str, int]:
    return {name: int(value or 0) for name, value in zip(ask.report.parts, values, strict=True)}


def _figures(ask: Ask, parts: Parts | None, period: Period) -> dict[str, int | None]:
    found = parts or dict.fromkeys(ask.report.parts, 0)
    return {measure.key: measure.value(found, period) for measure in ask.measures}


def _timeline(ask: Ask, now: Mapping[Any, Parts], before: Mapping[Any, Parts]) -> list[Line]:
    """Each day, week or month, also those on which nothing was; beside it the one in the same place before."""
    earlier = buckets(ask.earlier, ask.step) if ask.earlier else []  # type: ignore[arg-type]  # has a step here
    lines = []
    for place, bucket in enumerate(buckets(ask.period, ask.step)):  # type: ignore[arg-type]
        other = earlier[place] if place < len(earlier) else None
        lines.append(
            Line(
                _bucket_name(ask, bucket),
                _figures(ask, now.get(bucket_of(bucket.first, ask.step)), bucket),  # type: ignore[arg-type]
                _figures(ask, before.get(bucket_of(other.first, ask.step)), other) if other else {},  # type: ignore[arg-type]
                links.behind(ask, None, bucket),
            )
        )
    return lines


def _bucket_name(ask: Ask, bucket: Period) -> str:
    if ask.step and ask.step.value == "month":
        return f"{bucket.first:%Y-%m}"
    return bucket.first.isoformat() if bucket.days == 1 else str(bucket)


def _grouped(session: Session, ask: Ask, now: Mapping[Any, Parts], before: Mapping[Any, Parts]) -> list[Line]:
    names = _names(session, ask, now)
    ordered = list(now)
    members = next((list(type(key)) for key in ordered if isinstance(key, Code | Word)), None)
    if members:
        ordered.sort(key=lambda key: members.index(key) if key in members else len(members))
    elif isinstance(ask.group.names, Mapping):  # type: ignore[union-attr]
        ordered.sort(key=lambda key: (key is None, key))
    return [
        Line(
            names.get(key) or say(key) or say(T("Not given")),
            _figures(ask, now[key], ask.period),
            _figures(ask, before.get(key), ask.earlier) if ask.earlier else {},
            links.behind(ask, key, ask.period),
        )
        for key in ordered
    ]


def _names(session: Session, ask: Ask, keys: Mapping[Any, Any]) -> dict[Any, str]:
    """What the keys are called: the reader's words, or the rows they refer to in one statement."""
    names = ask.group.names if ask.group else None
    if names is None:
        return {}
    if isinstance(names, Mapping):
        return {key: say(text) for key, text in names.items()}
    column = sa.inspect(names).primary_key[0]
    found = session.scalars(sa.select(names).where(column.in_([key for key in keys if key is not None])))
    return {row.row_id: name_of(row) for row in found}


def _filter_names(session: Session, ask: Ask) -> dict[str, str]:
    found = {}
    for name, model in links.FILTERED.items():
        key = getattr(ask, name)
        if key:
            row = session.get(model, key)
            found[name] = name_of(row) if row is not None else f"#{key}"
    return found


def draw(answer: Answer, measure: Measure | None = None) -> Drawn:
    """The chart of a measure: its largest bars, or all of a timeline."""
    one = measure or answer.ask.chosen()
    lines = answer.lines if answer.ask.step else answer.lines[: charts.MOST_GROUPS]
    return Drawn(
        title=say(T("%(measure)s by %(group)s", measure=one.label, group=answer.group_label.lower())),
        period=str(answer.ask.period) if answer.ask.earlier else answer.ask.today.isoformat(),
        group_label=answer.group_label,
        is_money=one.unit is Unit.MONEY,
        is_timeline=answer.ask.step is not None,
        bars=[charts.Bar(line.label, line.now.get(one.key) or 0, line.before.get(one.key) or 0, {}) for line in lines],
        has_before=answer.ask.earlier is not None,
        unit=one.unit,
    )
