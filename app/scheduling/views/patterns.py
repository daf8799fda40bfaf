"""Weekly patterns: the table of them, and the form in which somebody's whole week is written."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, cast

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField

from app.db import sqla
from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling.actions import patterns as actions
from app.scheduling.models import ShiftPattern
from app.scheduling.queries import patterns as reads
from app.scheduling.rules.shifts import Hours, ends_before
from app.scheduling.views import lookups
from app.web import cells, fields, forms, saving, who
from app.web.access import reads as may_read
from app.web.access import writes
from app.web.lookups import LOOKUPS
from app.web.text import WEEKDAYS, clock, lazy, say, today
from app.web.views import ClinicPage, ClinicView

ROWS = 2  # hours of a weekday: before and after the break


class WeekdayField(SelectField):
    """One weekday, by its name; 0 is Monday."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=self._names, coerce=self._number, **kwargs)

    def _names(self) -> list[tuple[str, str]]:
        return [("", ""), *((str(number), say(text)) for number, text in enumerate(WEEKDAYS))]

    def _number(self, value: Any) -> int | None:
        return None if value in (None, "") else int(value)


class ShiftPatternView(ClinicView):
    """The hours that come back each week; a whole week is written on a form of its own."""

    datamodel = SQLAInterface(ShiftPattern)
    page, route_base = "/shifts", "/shift-patterns"
    title_one, title_many = T("Weekly pattern"), T("Weekly patterns")
    list_columns = ("employee", "weekday", "hours", "chair", "valid_from", "valid_until", "generated_until")
    show_columns = ("employee", "weekday", "hours", "chair", "valid_from", "valid_until", "generated_until")
    add_columns = ("employee_id", "weekday", "start_time", "end_time", "chair_id", "valid_from", "valid_until")
    extra_types = {"hours": None, "weekday": None}
    column_labels = {"hours": T("Hours")}
    made_fields = {"weekday": WeekdayField(lazy(T("Weekday")), validators=[fields.required])}
    search_columns = ("employee_id", "chair_id", "valid_from", "valid_until")
    order_columns = ("weekday", "start_time", "valid_from", "valid_until")
    default_order = ("weekday", "asc")
    list_template, show_template = "scheduling/shift_patterns.html", "scheduling/shift_pattern.html"
    can_delete = True
    chart_date = "valid_from"
    definitions = [
        {"label": T("Patterns by weekday"), "group": "weekday", "series": [(aggregate_count, "")]},
        {"label": T("Patterns by employee"), "group": "employee_id", "series": [(aggregate_count, "")]},
    ]

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Weekday and hours in words."""
        return {
            row.shift_pattern_id: {
                "weekday": say(WEEKDAYS[row.weekday]),
                "hours": f"{clock(row.start_time)}–{clock(row.end_time)}",
            }
            for row in rows
        }

    def group_name(self, column: str, value: Any) -> Any:
        """A weekday's name."""
        return say(WEEKDAYS[value]) if column == "weekday" and value in range(7) else value

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By who works."""
        return ShiftPattern.employee_id.in_(lookups.named_employees(typed))

    def preset(self) -> dict[str, Any]:
        """From today on."""
        return {"valid_from": today(), **super().preset()}

    def create(self, session: Session, values: dict[str, Any]) -> ShiftPattern:
        """With the shifts of the coming weeks."""
        return actions.add_pattern(session, values, today=today(), weeks=who.setting("scheduling.shift_weeks"))

    def remove(self, session: Session, row: ShiftPattern) -> None:
        """With its coming shifts that nobody has changed."""
        actions.drop_pattern(session, row, today=today())


def _chair(weekday: int) -> fields.ReferenceField:
    found = LOOKUPS["chair"]
    return fields.ReferenceField(
        lazy(T("Chair")),
        url=lambda: url_for("ShiftPatternView.lookup", column="chair_id"),
        find=found.find,
        name_of=cells.name_of,
    )


@cache
def week_form() -> type[forms.ClinicForm]:
    """The form of a week: two hours for each weekday, and a chair."""
    made: dict[str, Any] = {
        "valid_from": fields.DayField(lazy(T("These hours hold from")), validators=[fields.required]),
        "valid_until": fields.DayField(lazy(T("Until, empty: for good"))),
        "sure": HiddenField(),
    }
    for day in range(7):
        for row in range(ROWS):
            made[f"from_{day}_{row}"] = fields.ClockField(lazy(T("From")))
            made[f"until_{day}_{row}"] = fields.ClockField(lazy(T("Until")))
        made[f"chair_{day}"] = _chair(day)
    return forms.make_form("ShiftWeekForm", made)


class ShiftWeekPage(ClinicPage):
    """`/shift-weeks/7`: the seven weekdays of one person in one form."""

    page, route_base = "/shifts", "/shift-weeks"

    @expose("/")
    @may_read
    def choose(self) -> Any:
        """Whose week it is; chosen by name (`?employee_id=7`)."""
        typed = request.args.get("employee_id", "")
        if typed.isascii() and typed.isdigit() and len(typed) < 16:
            return redirect(url_for("ShiftWeekPage.index", employee_id=int(typed)))
        return redirect(url_for("ShiftPatternView.list"))

    @expose("/<int:employee_id>", methods=["GET", "POST"])
    @writes
    def index(self, employee_id: int) -> Any:
        """The week; what a change of it comes to is told before it is done."""
        employee = reads.employee(sqla.session(), employee_id) or abort(404)
        form, plan, status = self._form(employee_id), None, 200
        if request.method == "POST":
            status = 422
            if form.validate():
                plan, status = self._save(form, employee_id)
                if status == 302:
                    return redirect(url_for("ShiftCalendarPage.index", week=form.valid_from.data, all="yes"))
        page = self.render_template(
            "scheduling/shift_week.html",
            title=say(T("Weekly hours: %(name)s", name=employee.title)),
            form=form,
            employee=employee,
            weekdays=[(number, say(text)) for number, text in enumerate(WEEKDAYS)],
            plan=plan,
            patterns=reads.patterns_of(sqla.session(), employee_id),
        )
        return page, status

    def _form(self, employee_id: int) -> Any:
        if request.method == "POST":
            return week_form()()
        day = _asked_day()
        return week_form()(data=_stored(reads.patterns_of(sqla.session(), employee_id, day), day))

    def _save(self, form: Any, employee_id: int) -> tuple[reads.WeekPlan | None, int]:
        first, until, zone = form.valid_from.data, form.valid_until.data, who.clinic().zone
        try:
            wanted = wanted_hours(form)
            actions.check_change(wanted, first, until, today())
        except RuleError as error:
            form.refuse(error)
            return None, error.status
        plan = reads.plan_week(sqla.session(), employee_id, wanted, first, until, zone)
        if form.sure.data != _stamp(plan) and not plan.is_quiet:
            form.sure.data = _stamp(plan)
            return plan, 200
        weeks, day = who.setting("scheduling.shift_weeks"), today()
        _, status = saving.save(
            form,
            lambda session: actions.change_week(
                session, employee_id, wanted, first, until, today=day, weeks=weeks, zone=zone
            ),
        )
        if status == 200:
            flash(say(T("Saved. Shifts are made up to %(day)s.", day=actions.horizon(day, weeks))), "success")
        return None, 302 if status == 200 else status


def _stamp(plan: reads.WeekPlan) -> str:
    """What was told; where it has changed meanwhile, it is told again."""
    parts = (*(s.shift_id for s in plan.leave), "/", *(v.appointment_id for v in plan.outside), plan.first, plan.until)
    return sha256("-".join(map(str, (*parts, *plan.change.wanted))).encode()).hexdigest()


def _asked_day() -> date:
    try:
        return max(today(), parse_date(request.args.get("from", "")[:40]))
    except RuleError:
        return today()


def _stored(patterns: Iterable[ShiftPattern], day: date) -> dict[str, Any]:
    """The hours that hold on a day's week, as the form shows them."""
    data: dict[str, Any] = {"valid_from": day}
    places: dict[int, int] = {}
    for row in patterns:
        place = places.get(row.weekday, 0)
        if place < ROWS and row.valid_from <= day + timedelta(days=6) and not ends_before(row, day):
            places[row.weekday] = place + 1
            data[f"from_{row.weekday}_{place}"], data[f"until_{row.weekday}_{place}"] = row.start_time, row.end_time
            data[f"chair_{row.weekday}"] = row.chair_id
    return data


def wanted_hours(form: Any) -> list[Hours]:
    """The hours that were written. Raises RuleError where one of two times is missing."""
    found, missing = [], []
    for day in range(7):
        for row in range(ROWS):
            start, end = form[f"from_{day}_{row}"].data, form[f"until_{day}_{row}"].data
            if start is None and end is None:
                continue
            if start is None or end is None:
                name = f"{'from' if start is None else 'until'}_{day}_{row}"
                missing.append((name, T("Write both times, or none where one doesn't work.")))
            else:
                found.append(Hours(day, start, end, form[f"chair_{day}"].data))
    if missing:
        raise RuleError.many(cast("Any", missing))
    return found
