"""What the workbench is asked: which plans to list, what a patient wishes, which times were chosen."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from app.clinical.queries.steps import Layout, Narrowed
from app.clinical.rules import Urgency, ValueCategory
from app.db import sqla
from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.models import Employee
from app.scheduling.rules import RoomType, Span
from app.scheduling.rules.finding import Free
from app.web import fields
from app.web.cells import name_of
from app.web.forms import ClinicForm
from app.web.text import lazy, say
from app.workflows.plan_times import MOST_BETWEEN, Wishes

WEEK = range(7)


class WishForm(ClinicForm):
    """When and with whom the patient can come."""

    class Meta(ClinicForm.Meta):
        """It only asks."""

        csrf = False

    doctor_id = fields.ReferenceField(
        lazy(T("Doctor")),
        url=lambda: url_for("AppointmentView.lookup", column="doctor_id"),
        find=lambda key: sqla.session.get(Employee, key),
        name_of=lambda row: say(name_of(row)),
    )
    earliest = fields.DayField(lazy(T("Not before this day")))
    time_from = fields.ClockField(lazy(T("From what time")))
    time_until = fields.ClockField(lazy(T("Until what time")))
    days_between = fields.NumberField(lazy(T("Days between visits, at least")), least=0, most=MOST_BETWEEN)
    chair_type = fields.ChoiceField(lazy(T("Kind of room")), enum_class=RoomType)

    def wishes(self, weekdays: frozenset[int]) -> Wishes:
        """What was asked for; what can't be read counts as not asked, and stands with its sentence."""
        between = self.days_between.data
        return Wishes(
            self.doctor_id.data, weekdays, self.time_from.data, self.time_until.data, self.earliest.data,
            1 if between is None else between, self.chair_type.data,
        )  # fmt: skip


def wish_form(laid: Layout) -> tuple[WishForm, Wishes]:
    """The wishes of the address or the form; to begin with, the plan's doctor."""
    given = request.values
    if "wishes" not in given:
        form = WishForm(formdata=None, doctor_id=laid.plan.treatment.doctor_id, days_between=1)
        return form, form.wishes(frozenset())
    form = WishForm(formdata=MultiDict(given))
    form.validate()
    chosen = {int(one) for one in given.getlist("weekday") if one.isascii() and one.isdigit() and int(one) in WEEK}
    return form, form.wishes(frozenset(chosen))


def narrowed() -> tuple[Narrowed, int]:
    """What the list of plans is narrowed to, and its page."""
    args = request.args
    urgency = next((one for one in Urgency if one.word == args.get("urgency")), None)
    value = next((one for one in ValueCategory if one.word == args.get("value")), None)
    typed = args.get("q", "").strip()[:80]
    page = max(1, min(1_000, parse_key(args.get("page")) or 1))
    return Narrowed(typed, urgency, value, parse_key(args.get("doctor"))), page


def list_query(found: Narrowed, page: int = 1) -> dict[str, Any]:
    """The same as an address carries it."""
    asked = {
        "q": found.typed or None,
        "urgency": found.urgency.word if found.urgency else None,
        "value": found.value.word if found.value else None,
        "doctor": found.doctor_id,
        "page": page if page > 1 else None,
    }
    return {name: value for name, value in asked.items() if value is not None}


def write_time(free: Free) -> str:
    """A time as a form carries it: start, doctor and chair."""
    return f"{free.start.astimezone(UTC):%Y-%m-%dT%H:%M}|{free.doctor_id}|{free.chair_id or ''}"


def read_time(typed: str, minutes: int) -> Free | None:
    """What `write_time` wrote; None for anything else."""
    start, _, rest = typed[:60].partition("|")
    doctor, _, chair = rest.partition("|")
    doctor_id, chair_id = parse_key(doctor), parse_key(chair)
    try:
        moment = datetime.strptime(start, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    if doctor_id is None or (chair and chair_id is None) or not 2000 < moment.year < 2150:
        return None
    span = Span(moment, moment + timedelta(minutes=minutes))
    return Free(span.start, span.end, doctor_id, chair_id)


def times_asked(laid: Layout) -> dict[int, Free]:
    """Visit's number → the time that its select holds."""
    read = {
        visit.number: read_time(request.values.get(f"time-{visit.number}", ""), visit.minutes) for visit in laid.visits
    }
    return {number: free for number, free in read.items() if free is not None}


def days_asked(laid: Layout) -> dict[int, date]:
    """Visit's number → the day before which it isn't wanted."""
    found = {}
    for visit in laid.visits:
        try:
            found[visit.number] = parse_date(request.values.get(f"from-{visit.number}", "")[:40])
        except RuleError:
            continue
    return found


def last_kept() -> int:
    """Up to which visit the times that were chosen stay: those behind the one that was changed last follow it."""
    changed = parse_key(request.values.get("changed")) or 0
    by_day = parse_key(request.values.get("changed_day")) or 0
    return max(changed, by_day - 1)
