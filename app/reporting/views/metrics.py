"""The kept sums as a table: what each report adds up."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import aggregate_sum
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.text import T
from app.people.models import Employee
from app.reporting.models import MetricDaily
from app.reporting.rules import CLINIC, Metric, Scope
from app.reporting.words import LABELS
from app.web import cells
from app.web.text import money, say
from app.web.views import ClinicView
from app.web.vocabulary import add_labels

add_labels(LABELS)
IN_TUGRUG = {Metric.PRODUCTION, Metric.INVOICED, Metric.ADJUSTED, Metric.PAID, Metric.REFUNDED, Metric.SPENT}


class MetricDailyView(ClinicView):
    """`/daily-measures`: read only; the nightly job writes them."""

    datamodel = SQLAInterface(MetricDaily)
    page, route_base = "/reports", "/daily-measures"
    title_one, title_many = T("Measure of a day"), T("Measures of the days")
    list_columns = ("day", "metric", "doctor", "value")
    show_columns = ("day", "metric", "doctor", "value", "updated_at")
    search_columns = ("metric", "day", "doctor_number")
    order_columns = ("day", "value")
    default_order = ("day", "desc")
    chart_date = "day"
    definitions = [{"label": T("Invoiced by month"), "group": "day", "series": [(aggregate_sum, "invoiced")]}]

    def column(self, name: str) -> Any:
        """The chart's sum is the whole clinic's, of one measure."""
        if name == "invoiced":
            whole = sa.and_(MetricDaily.metric == Metric.INVOICED, MetricDaily.doctor_number == CLINIC)
            return sa.case((whole, MetricDaily.value), else_=0)
        return super().column(name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the measure's name in the reader's language."""
        found = [metric for metric in Metric if typed.casefold() in say(metric).casefold()]
        return MetricDaily.metric.in_(found)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Whose it is, and amounts as amounts."""
        keys = {row.doctor_number for row in rows} - {CLINIC}
        doctors = session.scalars(sa.select(Employee).where(Employee.employee_id.in_(keys))) if keys else ()
        names = {CLINIC: say(Scope.CLINIC), **{row.employee_id: cells.name_of(row) for row in doctors}}
        return {
            row.row_id: {
                "doctor": names.get(row.doctor_number, f"#{row.doctor_number}"),
                "value": money(row.value) if row.metric in IN_TUGRUG else f"{row.value:,}",
            }
            for row in rows
        }
