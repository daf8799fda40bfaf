"""Public holidays: they come by themselves each year, are loaded for any other, and can be changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db import unit
from app.kernel.text import T
from app.scheduling import reference
from app.scheduling.models import Holiday
from app.web.access import writes
from app.web.text import long_day, say, today
from app.web.views import BulkAction, ClinicView
from app.web.views.bulk import switched


class HolidayView(ClinicView):
    """Public holidays, and whether the clinic is closed."""

    datamodel = SQLAInterface(Holiday)
    page, route_base = "/shifts", "/holidays"
    title_one, title_many = T("Public holiday"), T("Public holidays")
    list_columns = ("title", "date", "is_closed")
    show_columns = ("date", "name_mn", "name_en", "is_closed")
    add_columns = edit_columns = show_columns
    search_columns = ("date", "is_closed", "name_mn", "name_en")
    order_columns = ("date",)
    default_order = ("date", "desc")
    list_template = "scheduling/holidays.html"
    can_delete = True
    bulk = {
        "closed": BulkAction(T("Clinic closed"), switched(True, "is_closed")),
        "open": BulkAction(T("Clinic open"), switched(False, "is_closed")),
    }
    chart_date = "date"
    definitions = [
        {"label": T("Holidays by month"), "group": "date", "series": [(aggregate_count, "")]},
        {"label": T("Holidays on which the clinic is closed"), "group": "is_closed", "series": [(aggregate_count, "")]},
    ]

    def opening(self) -> Mapping[str, str]:
        """From today on, the next one first."""
        return {"date_from": today().isoformat(), "sort": "date", "dir": "asc"}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """The day with its weekday."""
        return {row.holiday_id: {"date": long_day(row.date)} for row in rows}

    def list_context(self, found: Any) -> dict[str, Any]:
        """The year that may be loaded next."""
        return {"next_year": today().year + 1}

    @expose("/load", methods=["POST"])
    @writes
    def load(self) -> Response:
        """The holidays of a year that are not there yet."""
        typed = request.form.get("year", "").strip()[:8]
        year = int(typed) if typed.isascii() and typed.isdigit() else 0
        if not reference.EARLIEST_YEAR <= year <= reference.LATEST_YEAR:
            least, most = reference.EARLIEST_YEAR, reference.LATEST_YEAR
            flash(say(T("Write a year from %(least)s to %(most)s.", least=least, most=most)), "danger")
            return redirect(url_for("HolidayView.list"))
        count = unit(lambda session: reference.load_holidays(session, [year]))
        text = T("Holidays of %(year)s: %(count)s added.", year=year, count=count)
        flash(say(text if count else T("The holidays of %(year)s are all there.", year=year)), "success")
        return redirect(url_for("HolidayView.list", date_from=f"{year}-01-01", date_to=f"{year}-12-31"))
