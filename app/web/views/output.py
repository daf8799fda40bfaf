"""What leaves a table: exports and charts."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, request
from flask_appbuilder import expose
from markupsafe import Markup

from app.db.base import sqla
from app.db.types import CodeType, Instant, WordType
from app.kernel.keys import parse_key
from app.kernel.text import T, Text
from app.web import cells, charts, export, listing, who
from app.web.access import charts as may_chart
from app.web.access import reads
from app.web.text import say
from app.web.views.table import ClinicTable

Written = Callable[[Any], Any]


def _as_exported(type_: Any) -> Written:
    """How a column's values stand in a file: numbers as numbers, all else as text."""
    if cells.is_number(type_):
        return lambda value: value if isinstance(value, int) else _text(value, type_)
    if isinstance(type_, CodeType | WordType):
        known: dict[Any, str] = {}
        return lambda value: known[value] if value in known else known.setdefault(value, _text(value, type_))
    if isinstance(type_, Instant):
        zone = who.clinic().zone
        return lambda value: "" if value is None else value.astimezone(zone).isoformat(" ", "minutes")[:16]
    return lambda value: value if type(value) in (str, int) else _text(value, type_)


def _text(value: Any, type_: Any) -> str:
    text = cells.as_text(value, type_)
    return Markup(text).striptags() if isinstance(value, Markup) else text  # noqa: S704 - tags are taken off


class OutputScreens(ClinicTable):
    """CSV, Excel and the chart."""

    # --- export and chart

    @expose("/export.<kind>")
    @reads
    def export(self, kind: str) -> Response:
        """Exactly what is filtered, as CSV or Excel."""
        if kind not in ("csv", "xlsx") or not who.has_right(self.export_right):
            abort(404 if kind not in ("csv", "xlsx") else 403)
        table = self.model.__tablename__
        found = listing.Listing(self, request.args, sqla.session())
        self._record_export(found, kind)
        header = [say(self.label(name)) for name in self.shown_columns()]
        answer = export.csv_answer if kind == "csv" else export.xlsx_answer
        return answer(table, header, self._export_rows(found))

    def _record_export(self, found: listing.Listing, kind: str) -> None:
        """Which list left, how it was narrowed, and how many rows there are in it; whose, where it is one patient's."""
        table, patient = self.model.__tablename__, None
        rows = sqla.session.scalar(sa.select(sa.func.count()).select_from(found.matching().subquery()))
        if self.model.patient_column:
            patient = parse_key(request.args.get(self.model.patient_column))
        query = request.query_string.decode("utf-8", "replace")
        who.hooks().record(
            "export", table, "list", patient=patient, changes={"query": query, "rows": rows, "kind": kind}
        )

    def _export_rows(self, found: listing.Listing) -> Iterable[list[Any]]:
        found.session = sqla.session()  # by the time a stream runs, the view's session is closed
        columns = [(name, _as_exported(self.type_of(name))) for name in self.shown_columns()]
        for rows in found.chunks():
            try:
                yield from self._exported(rows, columns)
            except AttributeError:  # a property that looks into other rows
                yield from self._exported(found.whole(rows), columns)
                sqla.session.expunge_all()

    def _exported(self, rows: Sequence[Any], columns: Sequence[tuple[str, Written]]) -> list[list[Any]]:
        extras = self.extras(sqla.session(), rows)
        if not extras:
            return [[write(getattr(row, name)) for name, write in columns] for row in rows]
        nothing: dict[str, Any] = {}
        found = []
        for row in rows:
            own = extras.get(row.row_id, nothing)
            found.append([write(own[name] if name in own else getattr(row, name)) for name, write in columns])
        return found

    @expose("/chart/")
    @expose("/chart/<int:number>")
    @may_chart
    def chart(self, number: int = 0) -> Any:
        """A chart of the table: aggregates without names."""
        if number >= len(self.definitions):
            abort(404)
        drawn = charts.draw(self, sqla.session(), self.definitions[number])
        if request.args.get("as") == "csv":
            header = [drawn.group_label, drawn.period, say(T("The period before"))]
            return export.csv_answer("chart", header, ([bar.label, bar.value, bar.before] for bar in drawn.bars))
        labels = [say(Text(d["label"].msgid, {"column": say(self.label(d["group"]))})) for d in self.definitions]
        return self.render_template(
            self.chart_template, view=self, chart=drawn, number=number, labels=labels, title=say(self.title_many)
        )
