"""Who works when: shifts, time off, public holidays."""

from typing import Any

from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.kernel.text import T
from app.scheduling import actions, queries, rules
from app.scheduling.models import Holiday, Shift, TimeOff
from app.scheduling.views import lookups
from app.web import fields
from app.web.text import WEEKDAYS, lazy, say
from app.web.views import BulkAction, ClinicView
from app.web.views.bulk import switched


class WeekdaysField(SelectMultipleField):
    """The weekdays, as ticks; 0 is Monday."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        days = [(str(number), text) for number, text in enumerate(WEEKDAYS)]
        super().__init__(*args, choices=lambda: [(key, say(text)) for key, text in days], **kwargs)


class ShiftView(ClinicView):
    """When people work; a shift can be written down for many days at once."""

    datamodel = SQLAInterface(Shift)
    page, route_base = "/shifts", "/shifts"
    title_one, title_many = T("Shift"), T("Shifts")
    list_columns = ("shift_date", "employee", "start_time", "end_time", "kind", "chair", "room")
    show_columns = list_columns
    edit_columns = ("employee_id", "shift_date", "start_time", "end_time", "kind", "chair_id", "room_id")
    add_columns = (*edit_columns, "repeat_until", "weekdays")
    add_template = "scheduling/shift_form.html"
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


class TimeOffView(ClinicView):
    """Who is away."""

    datamodel = SQLAInterface(TimeOff)
    page, route_base = "/shifts", "/time-off"
    title_one, title_many = T("Time off"), T("Time off")
    list_columns = ("employee", "from_", "until", "reason")
    show_columns = (*list_columns, "created_at")
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
