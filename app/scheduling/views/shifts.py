"""The shifts as a table, and the form of one, on a page of its own or beside the calendar of shifts."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, get_flashed_messages, make_response, render_template, request
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.db import sqla
from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import actions, queries, rules
from app.scheduling.models import Shift
from app.scheduling.views import lookups
from app.scheduling.views.panel import is_part
from app.web import fields, who
from app.web.access import local, reads, writes
from app.web.text import WEEKDAYS, clock, lazy, long_day, say, today
from app.web.views import BulkAction, ClinicView


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


def length_text(minutes: int) -> str:
    """`8 h 30 min`."""
    hours, rest = divmod(minutes, 60)
    if rest:
        return say(T("%(hours)s h %(minutes)s min", hours=hours, minutes=rest))
    return say(T("%(hours)s h", hours=hours))


def _length(row: Shift) -> str:
    hours, minutes = rules.length_of(row.start_time, row.end_time)
    return length_text(hours * 60 + minutes)


def answer(made: Any) -> Any:
    """A page as it is; beside the calendar a saved form answers with its message, and tells it to look again."""
    if not (is_part() and isinstance(made, AnyResponse) and made.status_code == 302):
        return made
    get_flashed_messages()  # the message is in the answer, not on the next page
    told: Response = make_response(render_template("scheduling/_shift_saved.html"))
    told.headers["HX-Trigger"] = "shift-saved"
    return told


class ShiftView(ClinicView):
    """When people work, the next ones first; a shift can be written down for many days at once.

    `/shifts` itself is the calendar.
    """

    datamodel = SQLAInterface(Shift)
    page, route_base = "/shifts", "/shifts"
    title_one, title_many = T("Shift"), T("Shifts")
    list_columns = ("shift_date", "employee", "length", "kind", "chair", "room")
    show_columns = ("shift_date", "employee", "start_time", "end_time", "length", "kind", "chair", "room", "pattern")
    edit_columns = ("employee_id", "shift_date", "start_time", "end_time", "kind", "chair_id", "room_id")
    add_columns = (*edit_columns, "repeat_until", "weekdays")
    add_template = edit_template = "scheduling/shift_form.html"
    list_template, show_template = "scheduling/shifts.html", "scheduling/shift.html"
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

    def form_context(self, row: Any) -> dict[str, Any]:
        """Whether the form stands beside the calendar, and where it came from."""
        return {"is_part": is_part(), "next": local(request.args.get("next"), "")}

    def after_save(self, key: Any) -> str:
        """Back to the calendar where one came from there."""
        return local(request.args.get("next"), super().after_save(key))

    def preset(self) -> dict[str, Any]:
        """The day in the address (`?shift_date=2026-11-23`) with the clinic's hours, beside the references."""
        try:
            day = parse_date(request.args.get("shift_date", "")[:40])
        except RuleError:
            return super().preset()
        hours = who.clinic().opening_hours.get(str(day.weekday())) or ("", "")
        times = {name: fields.parse_clock(at) for name, at in zip(("start_time", "end_time"), hours, strict=True) if at}
        return {**times, **super().preset(), "shift_date": day}

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

    @expose("/list/")
    @reads
    def list(self) -> Any:
        """The list: the bare address is the calendar."""
        return super().list()

    @expose("/add", methods=["GET", "POST"])
    @writes
    def add(self) -> Any:
        """Write a shift down, on a page of its own or beside the calendar."""
        return answer(super().add())

    @expose("/<int:pk>/edit", methods=["GET", "POST"])
    @writes
    def edit(self, pk: int) -> Any:
        """Change one, in either place."""
        return answer(super().edit(pk))
