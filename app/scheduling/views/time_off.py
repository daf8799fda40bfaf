"""Who is away, and the visits that stand in that time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import request, url_for
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from markupsafe import Markup
from sqlalchemy import ColumnElement, Integer
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.dates import clinic_date, day_bounds, parse_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.scheduling import queries, rules
from app.scheduling.models import TimeOff
from app.scheduling.views import lookups
from app.scheduling.views.to_move import to_move
from app.web import fields, who
from app.web.text import day, lazy, moment, say, today
from app.web.views import ClinicView


class AwayFromField(fields.MomentField):
    """When it begins: a day, or a day and a time."""

    css = "js-day"

    def read(self, typed: str) -> datetime:
        if not _is_day(typed):
            return super().read(typed)
        return day_bounds(parse_date(typed), who.clinic().zone)[0]

    def show(self, value: datetime) -> str:
        whole = day_bounds(clinic_date(value, who.clinic().zone), who.clinic().zone)[0]
        return day(value) if value == whole else moment(value)


class AwayUntilField(AwayFromField):
    """When it ends: with the day, or at a time of it."""

    def read(self, typed: str) -> datetime:
        if not _is_day(typed):
            return super().read(typed)
        return day_bounds(parse_date(typed), who.clinic().zone)[1]

    def show(self, value: datetime) -> str:
        last = clinic_date(value - timedelta(microseconds=1), who.clinic().zone)
        return day(last) if value == day_bounds(last, who.clinic().zone)[1] else moment(value)


def _is_day(typed: str) -> bool:
    """Whether only a day was written, in any of the ways of writing one."""
    try:
        parse_date(typed)
    except RuleError:
        return False
    return True


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
    add_template = edit_template = "scheduling/time_off_form.html"
    show_template = "scheduling/time_off.html"
    made_fields = {
        "from_": AwayFromField(lazy(T("From")), validators=[fields.required]),
        "until": AwayUntilField(lazy(T("Until, including that day")), validators=[fields.required]),
    }
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

    def preset(self) -> dict[str, Any]:
        """The whole day in the address (`?day=2026-11-23`), beside who."""
        try:
            start, end = day_bounds(parse_date(request.args.get("day", "")[:40]), who.clinic().zone)
        except RuleError:
            return super().preset()
        return {**super().preset(), "from_": start, "until": end}

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

    def show_context(self, row: TimeOff) -> dict[str, Any]:
        """The visits that stand in it, each with what can be done, for whoever may see them."""
        if not who.may("read", "/appointments"):
            return {"list": None}
        visits = queries.visits_of_time_off(sqla.session(), row)
        return {"list": to_move(sqla.session(), visits, row.employee_id, datetime.now(UTC))}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By who is away."""
        return TimeOff.employee_id.in_(lookups.named_employees(typed))

    def check(self, row: TimeOff) -> None:
        """It ends after it begins."""
        rules.check_order(row.from_, row.until, "until")
