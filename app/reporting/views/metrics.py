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
from app.reporting.models import MetricDaily, MetricMonthly
from app.reporting.rules import CLINIC, Metric, Scope
from app.reporting.words import LABELS
from app.web import cells
from app.web.text import money, say
from app.web.views import ClinicView
from app.web.vocabulary import add_labels

add_labels(LABELS)
IN_TUGRUG = {Metric.PRODUCTION, Metric.INVOICED, Metric.ADJUSTED, Metric.PAID, Metric.REFUNDED, Metric.SPENT}


class Measures:
    """What the kept sums of days and of months have in common: read only, the nightly job writes them."""

    page = "/reports"
    search_columns: Any
    datamodel: Any

    def column(self, name: str) -> Any:
        """The chart's sum is the whole clinic's, of one measure."""
        row = self.datamodel.obj
        if name == "invoiced":
            return sa.case((sa.and_(row.metric == Metric.INVOICED, row.doctor_number == CLINIC), row.value), else_=0)
        return super().column(name)  # type: ignore[misc]  # a view's

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By the measure's name in the reader's language."""
        found = [metric for metric in Metric if typed.casefold() in say(metric).casefold()]
        condition: ColumnElement[bool] = self.datamodel.obj.metric.in_(found)
        return condition

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Whose it is, and amounts as amounts."""
        keys = {row.doctor_number for row in rows} - {CLINIC}
        doctors = session.scalars(sa.select(Employee).where(Employee.employee_id.in_(keys))) if keys else ()
        names = {CLINIC: say(Scope.CLINIC), **{row.employee_id: cells.name_of(row) for row in doctors}}
        return {
            row.row_id: {
                "doctor": names.get(row.doctor_number, f"#{row.doctor_number}"),
                "value": money(row.value) if row.metric in IN_TUGRUG else f"{row.value:,}",
                **({"month": row.title} if isinstance(row, MetricMonthly) else {}),
            }
            for row in rows
        }


class MetricDailyView(Measures, ClinicView):
    """`/daily-measures`."""

    datamodel = SQLAInterface(MetricDaily)
    route_base = "/daily-measures"
    title_one, title_many = T("Measure of a day"), T("Measures of the days")
    list_columns = ("day", "metric", "doctor", "value")
    show_columns = ("day", "metric", "doctor", "value", "updated_at")
    search_columns = ("metric", "day", "doctor_number")
    order_columns = ("day", "value")
    default_order = ("day", "desc")
    chart_date = "day"
    definitions = [{"label": T("Invoiced by month"), "group": "day", "series": [(aggregate_sum, "invoiced")]}]


class MetricMonthlyView(Measures, ClinicView):
    """`/monthly-measures`."""

    datamodel = SQLAInterface(MetricMonthly)
    route_base = "/monthly-measures"
    title_one, title_many = T("Measure of a month"), T("Measures of the months")
    list_columns = ("month", "metric", "doctor", "value")
    show_columns = ("month", "metric", "doctor", "value", "updated_at")
    search_columns = ("metric", "month", "doctor_number")
    order_columns = ("month", "value")
    default_order = ("month", "desc")
    chart_date = "month"
    definitions = [{"label": T("Invoiced by month"), "group": "month", "series": [(aggregate_sum, "invoiced")]}]
