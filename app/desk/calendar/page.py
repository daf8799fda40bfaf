"""`/calendar`: the page, its feeds, and what it asks about single visits. All times are the clinic's clock."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.desk.calendar import feed
from app.desk.calendar.asking import WORDS, days_of, keys_of, visits_asked
from app.desk.calendar.facts import PAGE, facts
from app.desk.calendar.shades import shades
from app.desk.calendar.texts import page_texts
from app.desk.calendar.waiting import WAITLIST, waiting
from app.desk.day_board import asked_day
from app.kernel.text import T
from app.people import queries as people
from app.scheduling import queries
from app.scheduling.terms import terms
from app.web import who
from app.web.access import quiet, reads
from app.web.text import say
from app.web.views import ClinicPage

MOST_PINNED = 20
PARTS = ("state", "feed", "draw", "moves", "card", "shelf", "keys")  # of the page's script: static/js/calendar-….js
EVERY_SECONDS = 15


class CalendarPage(ClinicPage):
    """What is read; what is moved stands in `moving`."""

    page, route_base = PAGE, "/calendar"

    @expose("/")
    @reads
    def index(self) -> str:
        """The page; its visits come by themselves."""
        return self.render_template("scheduling/calendar.html", title=say(T("Calendar")), **_context(sqla.session()))

    @expose("/events")
    @reads
    @quiet
    def events(self) -> Response:
        """The visits of `?start=…&end=…`, filtered by `doctor`, `chair`, `room`, `service` and `status`."""
        days, where = days_of(request.args), visits_asked(request.args)
        return feed.answer(feed.visits(sqla.session(), [*feed.between(days), *where]))

    @expose("/background")
    @reads
    @quiet
    def background(self) -> Response:
        """Shifts, absences, holidays and opening hours of `?start=…&end=…`."""
        return feed.answer(shades(sqla.session(), days_of(request.args), keys_of(request.args, "doctor")))

    @expose("/pinned")
    @reads
    @quiet
    def pinned(self) -> Response:
        """The visits of `?ids=…` as they stand now; those that are gone are left out."""
        keys = keys_of(request.args, "ids")[:MOST_PINNED]
        return feed.answer(feed.visits(sqla.session(), feed.these(keys)))

    @expose("/visits/<int:pk>/facts")
    @reads
    def facts(self, pk: int) -> str:
        """The card of a visit."""
        session = sqla.session()
        visit = queries.appointment(session, pk) or abort(404)
        return self.render_template("scheduling/calendar_facts.html", **facts(session, visit))


class CalendarWaitingPage(ClinicPage):
    """Who waits for a time, beside the calendar: for who may see the waitlist."""

    page, route_base = WAITLIST, "/calendar"

    @expose("/waiting")
    @reads
    @quiet
    def waiting(self) -> str:
        """The drawer."""
        return self.render_template("scheduling/calendar_waiting.html", entries=waiting(sqla.session()))


def _context(session: Session) -> dict[str, Any]:
    day, chairs = asked_day(), queries.chairs(session)
    doctors = people.doctors(session, day)
    rooms = {chair.room_id: chair.room.name for chair in chairs}
    return {
        "day": day,
        "parts": PARTS,
        "doctors": doctors,
        "rooms": sorted(rooms.items(), key=lambda room: room[1]),
        "statuses": list(WORDS.values()),
        "may_move": _may_move(),
        "may_wait": who.may("read", WAITLIST),
        "settings": _settings(day, doctors, chairs),
    }


def _may_move() -> bool:
    return who.may("write", PAGE) and who.may("write", "/appointments")


def _settings(day: Any, doctors: Any, chairs: Any) -> dict[str, Any]:
    """What the page's script knows of the clinic: nothing of it is the browser's own."""
    now, own = datetime.now(UTC).astimezone(who.clinic().zone), who.me().employee_id
    order = sorted(doctors, key=lambda row: (row.employee_id != own, row.sort_name, row.employee_id))
    return {
        "day": day.isoformat(),
        "now": now.isoformat()[:19],
        "offset": now.isoformat()[-6:],
        "grid": int(terms().grid.total_seconds() // 60),
        "undo": who.setting("scheduling.undo_seconds"),
        "every": EVERY_SECONDS,
        "user": who.me().user_id,
        "may_move": _may_move(),
        "doctors": [{"id": row.employee_id, "name": row.title, "colour": row.calendar_colour} for row in order],
        "chairs": [{"id": row.chair_id, "name": row.name, "room": row.room_id} for row in chairs],
        "texts": page_texts(),
        "urls": _urls(),
    }


def _urls() -> dict[str, str]:
    endpoints = {
        "page": "CalendarPage.index",
        "events": "CalendarPage.events",
        "background": "CalendarPage.background",
        "pinned": "CalendarPage.pinned",
        "waiting": "CalendarWaitingPage.waiting",
        "undo": "CalendarMovesPage.undo",
        "print": "CalendarPaperPage.print_day",
        "book": "AppointmentView.add",
    }
    return {name: url_for(endpoint) for name, endpoint in endpoints.items()}
