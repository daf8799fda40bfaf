"""`/dashboard`: everybody's own day: the desk sees the board, a doctor their patients, a manager the numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.billing.rules import AgeBucket
from app.clinical.rules import PlanStatus
from app.db import sqla
from app.desk import figures
from app.desk.board import DOCTOR, board_context
from app.desk.day_board import asked_by, asked_day
from app.kernel.dates import day_bounds
from app.kernel.text import T, Text
from app.reporting import queries as reporting
from app.reporting import reports
from app.scheduling.rules import LIVE, AppointmentStatus
from app.security import identity
from app.stock import queries as stock
from app.web import charts, who
from app.web.access import reads
from app.web.text import say, today
from app.web.views import ClinicPage

NO_SHOW_GOAL_BP = 500  # rules.md, Measures


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
        "lab_work": figures.lab_work(session, me, today()) if me else [],
        "alarms": figures.alarms(session, me) if me else [],
    }


def _coordinator(session: Session) -> dict[str, Any]:
    now, zone = datetime.now(UTC), who.clinic().zone
    tomorrow = today() + timedelta(days=1)
    return {
        "tomorrow": tomorrow,
        "to_confirm": figures.to_confirm(session, now, day_bounds(tomorrow, zone)[1]),
        "without_next": figures.without_next_visit(session, now),
        "to_present": figures.plans_in(session, PlanStatus.PENDING),
        "to_answer": figures.plans_in(session, PlanStatus.PRESENTED),
    }


def _manager(session: Session) -> dict[str, Any]:
    zone = who.clinic().zone
    start, end = day_bounds(today(), zone)
    counts = figures.visits_by_status(session, start, end)
    taken = billing.taken_today(session, start, end)
    closed = reporting.closed_until(session)
    lately = figures.measured(today(), who.setting("reporting.measure_days"))
    return {
        "counts": counts,
        "live": sum(counts.get(status, 0) for status in LIVE),
        "finished": counts.get(AppointmentStatus.FINISHED, 0),
        "taken": taken,
        "taken_total": sum(taken.values()),
        "closed": closed,
        "numbers": figures.numbers(session, today(), zone, closed, lately),
        "lately": lately,
        "no_show_goal_bp": NO_SHOW_GOAL_BP,
        "aging": billing.aging(session, today()),
        "low": stock.figures(session),
        "over": [one for one in stock.spending(session, today().replace(day=1)) if one.is_over],
    }


def _manager_with_charts(session: Session) -> dict[str, Any]:
    context = _manager(session)
    asked = {"period": "12-months", "by": "month", "measure": "net"}
    ask, _ = reports.ask_of(reports.REVENUE, asked, today())
    revenue = reports.sketch(session, ask, context["closed"])
    return {
        **context,
        "revenue": revenue,
        "revenue_chart": reports.draw(revenue),
        "aging_chart": _ages(context["aging"]),
    }


def _ages(aging: Mapping[AgeBucket, int]) -> charts.Chart:
    bars = [charts.Bar(say(bucket), amount, 0, {}) for bucket, amount in aging.items()]
    title, label = say(T("Receivables by age")), say(T("How long overdue"))
    return charts.Chart(title, today().isoformat(), label, True, False, bars, has_before=False)


def _admin(session: Session) -> dict[str, Any]:
    engine = sqla.engine
    return {
        "doors": figures.doors(session, datetime.now(UTC), identity.limits()),
        "database": "MariaDB" if engine.dialect.name in ("mysql", "mariadb") else "SQLite",
        "is_demo": who.clinic().is_demo,
        "has_messages": "MessageView.list" in current_app.view_functions,
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
        context = {"today_iso": today().isoformat(), **desk.load(sqla.session())}
        return self.render_template(desk.template, title=say(desk.label), desks=own, desk=desk, **context)


VIEWS: tuple[Any, ...] = (DashboardPage,)
