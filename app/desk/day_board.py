"""`/appointments`: the day board, each move of a visit by one click, and taking it back."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import abort, flash, make_response, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db import sqla
from app.desk.board import CHAIR, DOCTOR, board_context
from app.desk.waiting.freed import left_by
from app.kernel.dates import clinic_date, parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus
from app.scheduling.seating import seat_page
from app.scheduling.terms import terms
from app.web import fields, who
from app.web.access import local, reads, writes
from app.web.saving import attempt
from app.web.text import say, today
from app.web.views import ClinicPage
from app.workflows import sterile
from app.workflows.visit_moves import move_visit, undo_visit_move

__all__ = ["VIEWS", "asked_by", "asked_day", "board_context"]

COOKIE = "soyoo-board"
EARLIEST, LATEST = date(2000, 1, 1), date(2150, 1, 1)
YEAR = timedelta(days=365)


def asked_day() -> date:
    """The day of `?day=2026-11-20`; today for anything else."""
    try:
        day = parse_date(request.args.get("day", "")[:40])
    except RuleError:
        return today()
    return day if EARLIEST <= day <= LATEST else today()


def asked_by() -> str:
    """By doctor or by chair: what the address asks for, else what was looked at last on this device."""
    wanted = request.args.get("by") or request.cookies.get(COOKIE, "")
    return wanted if wanted in (DOCTOR, CHAIR) else DOCTOR


class DayBoardPage(ClinicPage):
    """The board and its buttons."""

    page, route_base = "/appointments", "/appointments"

    @expose("/")
    @reads
    def index(self) -> Any:
        """The board; only its inside when it looks again by itself."""
        is_part = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
        template = "scheduling/_board.html" if is_part else "scheduling/board.html"
        context = board_context(sqla.session(), asked_day(), asked_by())
        made = make_response(self.render_template(template, title=say(T("Appointments")), **context))
        if request.args.get("by") in (DOCTOR, CHAIR):
            made.set_cookie(COOKIE, request.args["by"], max_age=YEAR, httponly=True, samesite="Lax")
        return made

    @expose("/<int:pk>/move", methods=["POST"])
    @writes
    def move(self, pk: int) -> Any:
        """Move a visit to another status."""
        to = {status.word: status for status in AppointmentStatus}.get(request.form.get("to", ""))
        if to is None:
            abort(422)
        version, by, now = _version(), who.me().user_id, datetime.now(UTC)
        chair = parse_key(request.form.get("chair"))

        def write(session: Session) -> Appointment:
            reason = fields.clean(" ".join(request.form.get("reason", "").split()), 255) or None
            return move_visit(session, pk, to, now=now, by=by, reason=reason, version=version, chair_id=chair)

        return self._answer(pk, write, may_undo=True)

    @expose("/<int:pk>/undo", methods=["POST"])
    @writes
    def undo(self, pk: int) -> Any:
        """Take the last move back."""
        version, by, now = _version(), who.me().user_id, datetime.now(UTC)
        seconds = who.setting("scheduling.undo_seconds")
        return self._answer(pk, lambda s: undo_visit_move(s, pk, now=now, by=by, version=version, seconds=seconds))

    def _answer(self, pk: int, write: Callable[[Session], Appointment], may_undo: bool = False) -> Any:
        """The board as it stands now with what happened; from another page, back to it."""
        moved, error = attempt(write)
        if not request.headers.get("HX-Request"):
            if error is not None and "chairs" in error.data:
                target, place = url_for("DayBoardPage.move", pk=pk), local(request.form.get("next"), "")
                return seat_page(pk, say(error.text), error.data, target, place)
            return _back(pk, error)
        session = sqla.session()
        context = board_context(session, asked_day(), asked_by())
        row = session.get(Appointment, pk)
        toast = {"row": row, "error": error, "can_undo": may_undo and moved is not None}
        if moved is not None and row is not None and who.may("write", "/scheduling"):
            toast["freed"] = left_by(session, row, now=datetime.now(UTC), terms=terms())
        if moved is not None and moved.status is AppointmentStatus.TREATED:
            toast["warning"] = sterile.lacking_at(session, pk, who.clinic().zone)
        return self.render_template("scheduling/_moved.html", toast=toast, **context), error.status if error else 200


def _version() -> int:
    found = parse_key(request.form.get("version"))
    return found if found is not None else abort(422)


def _back(pk: int, error: RuleError | None) -> Response:
    """To the page that asked, else to the board of the visit's day."""
    if error is not None:
        flash(say(error.text), "danger")
    row = sqla.session.get(Appointment, pk)
    if row is None:
        abort(404)
    board = url_for("DayBoardPage.index", day=clinic_date(row.start_at, who.clinic().zone).isoformat())
    return redirect(local(request.form.get("next"), board))


VIEWS: tuple[Any, ...] = (DayBoardPage,)
