"""`/reports`: each report with its figures, its chart, the table behind it, and what leaves it."""

from collections.abc import Iterator
from typing import Any

from flask import abort, request, url_for
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.db import sqla
from app.kernel.text import T, Text
from app.reporting.reports import REPORTS, Answer, Ask, Drawn, Measure, Report, Unit, ask_of, draw, plain, run, shown
from app.reporting.rules import Preset, Step
from app.web import export, who
from app.web.access import needs_right, reads
from app.web.pdf import breakable, pdf_answer, render_pdf
from app.web.text import locale, say, today
from app.web.views import ClinicPage

KINDS = ("csv", "xlsx", "pdf")
TALL_MM, WIDE_MM = 180, 266  # what a page has between its margins
LABEL_MM, FIGURE_MM = 42, 34  # of a chart on paper: its labels, its figures
WIDE = 5  # columns of figures beyond which paper lies on its side
LOOKUPS = {"doctor": ("AppointmentView", "doctor_id"), "service": ("InvoiceItemView", "service_id")}


def _report(key: str) -> Report:
    return next((one for one in REPORTS if one.key == key), None) or abort(404)


def _asked(report: Report) -> tuple[Ask, Text | None]:
    return ask_of(report, request.args, today())


def bare(unit: Unit, value: int | None) -> str:
    """A figure of a table: the unit of amounts stands in its head."""
    return f"{value:,}" if unit is Unit.MONEY and value is not None else shown(unit, value)


def difference(one: Measure, now: int | None, before: int | None) -> str:
    """How much more or less than before, with its sign."""
    if now is None or before is None:
        return "–"
    sign = "+" if now > before else "-" if now < before else ""
    return f"{sign}{shown(one.unit, abs(now - before))}" if now != before else "0"


def direction(one: Measure, now: int | None, before: int | None) -> str:
    """`better`, `worse` or nothing: the colour beside the sign."""
    if now is None or before is None or now == before:
        return ""
    return "better" if (now > before) is not one.is_cost else "worse"


class ReportsPage(ClinicPage):
    """`/reports`."""

    page, route_base = "/reports", "/reports"

    @expose("/")
    @reads
    def index(self) -> str:
        """The first report of this month."""
        return self._shown(REPORTS[0])

    @expose("/<key>")
    @reads
    def report(self, key: str) -> str:
        """A report for what the address asks."""
        return self._shown(_report(key))

    def _shown(self, report: Report) -> str:
        ask, problem = _asked(report)
        answer = run(sqla.session(), ask)
        return self.render_template(
            "reporting/report.html",
            title=say(report.label),
            reports=REPORTS,
            answer=answer,
            ask=ask,
            chart=draw(answer),
            problem=problem,
            choices=_choices(ask, answer),
            helpers={"shown": shown, "bare": bare, "difference": difference, "direction": direction},
        )

    @expose("/<key>/export.<kind>")
    @needs_right("export")
    def export(self, key: str, kind: str) -> Response:
        """The table as CSV, Excel or PDF; what left is kept in the audit log."""
        report = _report(key)
        if kind not in KINDS:
            abort(404)
        query = request.query_string.decode("utf-8", "replace")[:500]
        who.hooks().record("export", "report", report.key, changes={"query": query, "kind": kind})
        ask, _ = _asked(report)
        answer = run(sqla.session(), ask)
        name = f"{report.key}-{ask.period.first}-{ask.period.last}"
        if kind == "pdf":
            return pdf_answer(_paper(answer), name, download=True)
        write = export.csv_answer if kind == "csv" else export.xlsx_answer
        return write(name, _header(answer), _rows(answer))


def _choices(ask: Ask, answer: Answer) -> dict[str, Any]:
    """What the form offers, with what is chosen."""
    steps = [(step.value, say(step)) for step in Step] if ask.report.at is not None and ask.report.has_steps else []
    filters = [
        (name, say(_filter_label(name)), _lookup(name), answer.names.get(name, "")) for name in ask.report.filters
    ]
    return {
        "presets": [(one.value, say(one)) for one in Preset],
        "by": [*steps, *((group.key, say(group.label)) for group in ask.report.groups)],
        "measures": [(one.key, say(one.label)) for one in ask.measures],
        "filters": filters,
    }


def _filter_label(name: str) -> Text:
    return {"doctor": T("Doctor"), "service": T("Service")}[name]


def _lookup(name: str) -> str:
    view, column = LOOKUPS[name]
    return url_for(f"{view}.lookup", column=column)


def _columns(answer: Answer) -> list[tuple[Measure, bool]]:
    """(measure, whether of the period before), as a table of paper has them."""
    both = (False, True) if answer.ask.earlier else (False,)
    return [(one, is_before) for one in answer.ask.measures for is_before in both]


def _header(answer: Answer) -> list[str]:
    ask = answer.ask
    periods = {False: str(ask.period) if ask.earlier else ask.today.isoformat(), True: str(ask.earlier)}
    return [answer.group_label, *(f"{say(one.label)} ({periods[is_before]})" for one, is_before in _columns(answer))]


def _rows(answer: Answer) -> Iterator[list[Any]]:
    for line in (*answer.lines, answer.total):
        yield [export.harmless(line.label), *(_number(one, line, is_before) for one, is_before in _columns(answer))]


def _number(one: Measure, line: Any, is_before: bool) -> Any:
    value = (line.before if is_before else line.now).get(one.key)
    return "" if value is None else plain(one.unit, value)


def _paper(answer: Answer) -> bytes:
    wide = len(answer.ask.measures) > WIDE
    helpers = {"shown": shown, "difference": difference, "bare": bare}
    chart, label = draw(answer), LABEL_MM
    room = (WIDE_MM if wide else TALL_MM) - label - FIGURE_MM
    bars = [] if answer.is_empty else _bars(chart, room)
    return render_pdf(
        "report.html", locale(), answer=answer, ask=answer.ask, is_wide=wide, chart=chart, bars=bars, label_mm=label,
        **helpers,
    )  # fmt: skip


def _bars(chart: Drawn, room: int) -> list[dict[str, Any]]:
    """The bars of a chart on paper, the longest as long as there is room, in millimetres; below zero there is none."""
    most = max((max(bar.value, bar.before) for bar in chart.bars), default=0)
    if most <= 0:
        return []

    def length(value: int) -> float:
        return round(max(0, value) * room / most, 1)

    return [
        {
            "label": breakable(bar.label),
            "now": chart.show(bar.value).replace(" ₮", ""),
            "before": chart.show(bar.before).replace(" ₮", ""),
            "now_mm": length(bar.value),
            "before_mm": length(bar.before) if chart.has_before else 0,
        }
        for bar in chart.bars
    ]
