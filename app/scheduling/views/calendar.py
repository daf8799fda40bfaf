"""Who works when: shifts, time off, public holidays."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement, Integer
from sqlalchemy.orm import Session
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.db import sqla
from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import actions, queries, rules
from app.scheduling.models import Holiday, Shift, TimeOff
from app.scheduling.views import lookups
from app.web import fields, who
from app.web.text import WEEKDAYS, clock, lazy, long_day, say, today
from app.web.views import BulkAction, ClinicView
from app.web.views.bulk import switched


class WeekdaysField(SelectMultipleField):
    """The weekdays, as ticks; 0 is Monday."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        days = [(str(number), text) for number, text in enumerate(WEEKDAYS)]
        super().__init__(*args, choices=lambda: [(key, say(text)) for key, text in days], **kwargs)


LOOKED_AHEAD = 14  # days in which doctors without a shift are looked for
WEEK = 7


def _copy(view: Any, session: Session, row: Shift) -> Shift:
    return actions.copy_shift(session, row, WEEK)


def _length(row: Shift) -> str:
    hours, minutes = rules.length_of(row.start_time, row.end_time)
    if minutes:
        return say(T("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes))
    return say(T("%(hours)s h", hours=hours))


class ShiftView(ClinicView):
    """When people work, the next ones first; a shift can be written down for many days at once."""

    datamodel = SQLAInterface(Shift)
    page, route_base = "/shifts", "/shifts"
    title_one, title_many = T("Shift"), T("Shifts")
    list_columns = ("shift_date", "employee", "length", "kind", "chair", "room")
    show_columns = ("shift_date", "employee", "start_time", "end_time", "length", "kind", "chair", "room")
    edit_columns = ("employee_id", "shift_date", "start_time", "end_time", "kind", "chair_id", "room_id")
    add_columns = (*edit_columns, "repeat_until", "weekdays")
    add_template, list_template = "scheduling/shift_form.html", "scheduling/shifts.html"
    bulk = {"copy": BulkAction(T("Copy to next week"), _copy)}
    extra_types = {"length": None}
    search_columns = ("employee_id", "shift_date", "kind", "chair_id", "room_id")
    order_columns = ("shift_date", "start_time", "kind")
    default_order = ("shift_date", "desc")
    sections = ((T("The same on other days"), ("repeat_until", "weekdays")),)
    can_delete = True
    made_fields = {
        "repeat_until": fields.DayField(lazy(T("The same until"))),
        "weekdays": WeekdaysField(lazy(T("On these weekdays"))),
    }
    definitions = [
        {"label": T("Shifts by kind"), "group": "kind", "series": [(aggregate_count, "")]},
        {"label": T("Shifts by month"), "group": "shift_date", "series": [(aggregate_count, "")]},
        {"label": T("Shifts by employee"), "group": "employee_id", "series": [(aggregate_count, "")]},
    ]
    chart_date = "shift_date"

    def opening(self) -> Mapping[str, str]:
        """From today on, the next ones first."""
        return {"shift_date_from": today().isoformat(), "sort": "shift_date", "dir": "asc"}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Weekday and hours in one cell, and how long it is."""
        return {
            row.shift_id: {
                "shift_date": f"{long_day(row.shift_date)} {clock(row.start_time)}–{clock(row.end_time)}",
                "length": _length(row),
            }
            for row in rows
        }

    def list_context(self, found: Any) -> dict[str, Any]:
        """Doctors who are booked on a day on which they don't work."""
        zone = who.clinic().zone
        return {"uncovered": queries.without_shift(sqla.session(), today(), LOOKED_AHEAD, zone)}

    def preset(self) -> dict[str, Any]:
        """The day in the address (`?shift_date=2026-11-23`), beside the references."""
        try:
            return {**super().preset(), "shift_date": parse_date(request.args.get("shift_date", ""))}
        except RuleError:
            return super().preset()

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By who works."""
        return Shift.employee_id.in_(lookups.named_employees(typed))

    def create(self, session: Session, values: dict[str, Any]) -> Shift:
        """One shift, or the same on several days."""
        first, until = values["shift_date"], values.pop("repeat_until")
        weekdays = {int(day) for day in values.pop("weekdays") or ()}
        closed = {row.date for row in queries.holidays_between(session, first, until or first) if row.is_closed}
        days = rules.repeated_days(first, until, weekdays, closed)
        return actions.add_shifts(session, values, days)[0]

    def change(self, session: Session, row: Shift, values: dict[str, Any]) -> Shift:
        """As long as it overlaps no other one of the same person."""
        return actions.change_shift(session, row, values)


def _visits(time_off: int, count: int) -> Any:
    """How many visits, as a link to them."""
    if not count:
        return 0
    word = Markup('<span class="label tag tag-danger">{}</span>').format(say(T("Visits: %(count)s", count=count)))
    if not who.may("read", "/appointments"):
        return word
    return Markup('<a href="{}">{}</a>').format(url_for("AppointmentView.list", time_off=time_off), word)


class TimeOffView(ClinicView):
    """Who is away, the next ones first, and which visits that hits."""

    datamodel = SQLAInterface(TimeOff)
    page, route_base = "/shifts", "/time-off"
    title_one, title_many = T("Time off"), T("Time off")
    list_columns = ("employee", "from_", "until", "days", "visits", "reason")
    show_columns = (*list_columns, "created_at")
    extra_types = {"days": Integer(), "visits": Integer()}
    add_columns = edit_columns = ("employee_id", "from_", "until", "reason")
    search_columns = ("employee_id", "from_", "until")
    order_columns = ("from_", "until")
    default_order = ("from_", "desc")
    can_delete = True
    twins = ("employee_id", "until", "from_")
    chart_date = "from_"
    definitions = [
        {"label": T("Time off by month"), "group": "from_", "series": [(aggregate_count, "")]},
        {"label": T("Time off by employee"), "group": "employee_id", "series": [(aggregate_count, "")]},
    ]

    def opening(self) -> Mapping[str, str]:
        """What isn't over yet, the next ones first."""
        return {"until_from": today().isoformat(), "sort": "from_", "dir": "asc"}

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How many days, and how many visits stand in them."""
        zone, hit = who.clinic().zone, queries.visits_hit(session, rows)
        return {
            row.time_off_id: {
                "days": rules.days_away(row.from_, row.until, zone),
                "visits": _visits(row.time_off_id, hit[row.time_off_id]),
            }
            for row in rows
        }

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By who is away."""
        return TimeOff.employee_id.in_(lookups.named_employees(typed))

    def check(self, row: TimeOff) -> None:
        """It ends after it begins."""
        rules.check_order(row.from_, row.until, "until")


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
