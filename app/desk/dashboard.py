"""`/dashboard`: everybody's own day: the desk sees the board, a doctor their patients, a manager the numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.db import sqla
from app.desk import figures
from app.desk.board import DOCTOR, board_context
from app.desk.day_board import asked_by, asked_day
from app.kernel.dates import day_bounds
from app.kernel.text import T, Text
from app.scheduling.rules import LIVE, AppointmentStatus
from app.web import charts, who
from app.web.access import reads
from app.web.text import say, today
from app.web.views import ClinicPage

NO_SHOW_DAYS, NO_SHOW_GOAL_BP = 90, 500  # rules.md, Measures
DRAWN = (("InvoiceView", 0), ("AppointmentView", 2))  # the charts on a manager's first page


@dataclass(frozen=True, slots=True)
class Desk:
    """One role's first page: its words, its template and what it loads."""

    role: str
    label: Text
    template: str
    load: Callable[[Session], dict[str, Any]]


def _board(session: Session) -> dict[str, Any]:
    return board_context(session, asked_day(), asked_by())


def _doctor(session: Session) -> dict[str, Any]:
    context = board_context(session, today(), DOCTOR)
    me = who.me().employee_id
    own = [card for card in context["cards"].values() if card.visit.doctor_id == me]
    s = AppointmentStatus
    return {
        **context,
        "in_chair": [card for card in own if card.visit.status is s.IN_TREATMENT],
        "waiting": [card for card in own if card.visit.status is s.CAME],
        "expected": [card for card in own if card.visit.status in (s.RESERVED, s.CONFIRMED)],
        "done": [card for card in own if card.visit.status in (s.TREATED, s.FINISHED)],
        "is_own": me is not None,
    }


def _coordinator(session: Session) -> dict[str, Any]:
    now, zone = datetime.now(UTC), who.clinic().zone
    tomorrow = today() + timedelta(days=1)
    return {
        "tomorrow": tomorrow,
        "to_confirm": figures.to_confirm(session, now, day_bounds(tomorrow, zone)[1]),
        "without_next": figures.without_next_visit(session, now),
    }


def _manager(session: Session) -> dict[str, Any]:
    zone, now = who.clinic().zone, datetime.now(UTC)
    start, end = day_bounds(today(), zone)
    counts = figures.visits_by_status(session, start, end)
    lately = figures.visits_by_status(session, now - timedelta(days=NO_SHOW_DAYS), now)
    taken = billing.taken_today(session, start, end)
    return {
        "counts": counts,
        "live": sum(counts.get(status, 0) for status in LIVE),
        "finished": counts.get(AppointmentStatus.FINISHED, 0),
        "taken": taken,
        "taken_total": sum(taken.values()),
        "charged": figures.charged(session, today(), zone),
        "new_patients": figures.new_patients(session, today(), zone),
        "aging": billing.aging(session, today()),
        "no_show_bp": figures.no_show_bp(lately),
        "no_show_goal_bp": NO_SHOW_GOAL_BP,
    }


def _manager_with_charts(session: Session) -> dict[str, Any]:
    return {**_manager(session), "drawn": [(f"{name}.chart", n, _drawn(session, name, n)) for name, n in DRAWN]}


def _drawn(session: Session, view_name: str, number: int) -> charts.Chart:
    view = next(view for view in current_app.appbuilder.baseviews if type(view).__name__ == view_name)  # type: ignore[attr-defined]  # set by Flask-AppBuilder
    return charts.draw(view, session, view.definitions[number])


def _admin(session: Session) -> dict[str, Any]:
    idle = timedelta(minutes=who.setting("security.idle_minutes"))
    engine = sqla.engine
    return {
        "doors": figures.doors(session, datetime.now(UTC), idle),
        "database": "MariaDB" if engine.dialect.name in ("mysql", "mariadb") else "SQLite",
        "is_demo": who.clinic().is_demo,
        **_manager(session),
    }


DESKS: tuple[Desk, ...] = (
    Desk("Receptionist", T("The desk"), "desk/dashboard_board.html", _board),
    Desk("Doctor", T("My patients today"), "desk/dashboard_doctor.html", _doctor),
    Desk("Coordinator", T("Visits to arrange"), "desk/dashboard_coordinator.html", _coordinator),
    Desk("Manager", T("The clinic's numbers"), "desk/dashboard_manager.html", _manager_with_charts),
    Desk("Admin", T("The state of the system"), "desk/dashboard_admin.html", _admin),
    Desk("Nurse", T("The desk"), "desk/dashboard_board.html", _board),
)


class DashboardPage(ClinicPage):
    """Somebody with several roles chooses between their desks."""

    page, route_base = "/dashboard", "/dashboard"

    @expose("/")
    @reads
    def index(self) -> str:
        """The first page of one's (first) role."""
        own = [desk for desk in DESKS if desk.role in who.me().roles] or [DESKS[0]]
        wanted = request.args.get("as", "")
        desk = next((desk for desk in own if desk.role == wanted), own[0])
        context = desk.load(sqla.session())
        return self.render_template(desk.template, title=say(desk.label), desks=own, desk=desk, **context)


VIEWS: tuple[Any, ...] = (DashboardPage,)
