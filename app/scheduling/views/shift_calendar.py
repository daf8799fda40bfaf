"""`/shifts`: who works when, as a calendar of a week or a month."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.dates import add_months, parse_date
from app.kernel.errors import RuleError
from app.kernel.text import T, Text
from app.people.models import Employee
from app.people.rules import PositionType
from app.scheduling.queries.roster import read_roster, week_days
from app.scheduling.rules.booking import opening_spans
from app.scheduling.rules.shifts import monday_of
from app.scheduling.terms import terms
from app.scheduling.views.panel import is_part
from app.scheduling.views.shifts import length_text
from app.web import who
from app.web.access import reads
from app.web.listing import like
from app.web.text import WEEKDAYS, say, today
from app.web.views import ClinicPage

EARLIEST, LATEST = date(2000, 1, 1), date(2150, 1, 1)
ASSISTING = (PositionType.NURSE, PositionType.ASSISTANT)
REST = tuple(kind for kind in PositionType if kind not in (PositionType.DOCTOR, *ASSISTING))
GROUPS: dict[str, tuple[Text, tuple[PositionType, ...]]] = {
    "": (T("Everybody"), ()),
    "doctors": (T("Doctors"), (PositionType.DOCTOR,)),
    "assistants": (T("Nurses and assistants"), ASSISTING),
    "others": (T("Others"), REST),
}
MONTHS = (
    T("January"), T("February"), T("March"), T("April"), T("May"), T("June"), T("July"), T("August"),
    T("September"), T("October"), T("November"), T("December"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; anything else is this week, everybody who works."""

    day: date
    is_month: bool
    group: str
    typed: str
    everybody: bool

    @property
    def days(self) -> list[date]:
        """The week from its Monday, or the month."""
        if not self.is_month:
            return week_days(monday_of(self.day))
        first = self.day.replace(day=1)
        return [first + timedelta(days=number) for number in range((add_months(first, 1) - first).days)]

    def url(self, day: date | None = None, **other: Any) -> str:
        """The address of another week or month with the same filters, or of this one with others."""
        wanted = {"month": self.is_month, "group": self.group, "q": self.typed, "all": self.everybody, **other}
        at = (day or self.day).isoformat()
        place = {"month": at[:7]} if wanted.pop("month") else {"week": at}
        kept = {key: "yes" if value is True else value for key, value in wanted.items() if value}
        return url_for("ShiftCalendarPage.index", **place, **kept)

    @property
    def before(self) -> str:
        """The week or month before."""
        return self.url(self._other(-1))

    @property
    def after(self) -> str:
        """The next one."""
        return self.url(self._other(1))

    def _other(self, step: int) -> date:
        if self.is_month:
            return add_months(self.day.replace(day=1), step)
        return monday_of(self.day) + step * timedelta(days=7)


def asked() -> Asked:
    """`?week=2026-11-23` (any of its days) or `?month=2026-11`, with `group`, `q` and `all=yes`."""
    args = request.args
    month = args.get("month", "")[:7]
    day = _day(f"{month}-01" if month else args.get("week", "")[:40])
    group = args.get("group", "")
    return Asked(
        day,
        bool(month),
        group if group in GROUPS else "",
        " ".join(args.get("q", "").split())[:60],
        args.get("all") == "yes",
    )


def _day(typed: str) -> date:
    try:
        found = parse_date(typed)
    except RuleError:
        return today()
    return found if EARLIEST <= found <= LATEST else today()


def calendar_context(session: Session, wanted: Asked) -> dict[str, Any]:
    """Everything `scheduling/_shift_calendar.html` needs; seven statements, however many people work here."""
    days, now, known = wanted.days, datetime.now(UTC), terms()
    names = sa.or_(like(Employee.first_name, wanted.typed), like(Employee.last_name, wanted.typed))
    roster = read_roster(
        session,
        days,
        now=now,
        zone=known.zone,
        kinds=GROUPS[wanted.group][1],
        typed=names if wanted.typed else None,
        everybody=wanted.everybody,
    )
    feasts = roster.holidays
    return {
        "asked": wanted,
        "roster": roster,
        "shown_day": wanted.day,
        "groups": [(key, say(text)) for key, (text, _) in GROUPS.items()],
        "next_week": days[0] + timedelta(days=7),
        "weekdays": [say(text) for text in WEEKDAYS],
        "month_name": f"{wanted.day.year} {say(MONTHS[wanted.day.month - 1])}",
        "closed": {day for day in days if (day in feasts and feasts[day].is_closed) or not opening_spans([day], known)},
        "may_write": who.may("write", "/shifts"),
        "may_see_visits": who.may("read", "/appointments"),
        "length_text": length_text,
    }


class ShiftCalendarPage(ClinicPage):
    """The calendar of shifts."""

    page, route_base = "/shifts", "/shifts"

    @expose("/")
    @reads
    def index(self) -> str:
        """A week, or a month; only its inside when it looks again by itself."""
        return render_calendar(self)


def render_calendar(view: ClinicPage, wanted: Asked | None = None, toast: dict[str, Any] | None = None) -> str:
    """The calendar as a page or as its inside, with what has just happened."""
    template = "scheduling/_shift_calendar.html" if is_part() else "scheduling/shift_calendar.html"
    context = calendar_context(sqla.session(), wanted or asked())
    page: str = view.render_template(template, title=say(T("Shifts")), toast=toast, **context)
    return page
