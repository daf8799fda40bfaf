"""What leaves a table: exports and charts."""

from collections.abc import Iterable
from typing import Any

from flask import Response, abort, request
from flask_appbuilder import expose

from app.db.base import sqla
from app.kernel.text import T, Text
from app.web import cells, charts, export, listing, who
from app.web.access import charts as may_chart
from app.web.access import reads
from app.web.text import say
from app.web.views.table import ClinicTable


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
        who.hooks().record("export", table, "list", changes={"query": request.query_string.decode("utf-8", "replace")})
        found = listing.Listing(self, request.args, sqla.session())
        header = [say(self.label(name)) for name in self.shown_columns()]
        answer = export.csv_answer if kind == "csv" else export.xlsx_answer
        return answer(table, header, self._export_rows(found))

    def _export_rows(self, found: listing.Listing) -> Iterable[list[Any]]:
        columns = self.shown_columns()
        for rows in found.chunks():
            extras = self.extras(sqla.session(), rows)
            for row in rows:
                own = extras.get(row.row_id, {})
                yield [self._export_cell(row, name, own) for name in columns]

    def _export_cell(self, row: Any, name: str, own: dict[str, Any]) -> Any:
        value = own[name] if name in own else getattr(row, name)
        type_ = self.type_of(name)
        if cells.is_number(type_) and isinstance(value, int):
            return value
        return cells.as_text(value, type_)

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
