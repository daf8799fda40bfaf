"""Moving a visit on the calendar, and taking it back: each answer is JSON with a sentence and how the visits stand now.

What can be taken back is signed and given to the page: it holds for some seconds, and for who moved it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, jsonify, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.desk.calendar import feed
from app.desk.calendar.asking import WORDS
from app.desk.calendar.facts import PAGE
from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.scheduling import queries
from app.scheduling.models import Appointment, Shift
from app.scheduling.rules import ShiftKind
from app.scheduling.terms import moment_of, terms
from app.scheduling.undo import moved_of, undo_token
from app.web import fields, who
from app.web.access import writes
from app.web.saving import attempt
from app.web.text import moment, say
from app.web.views import ClinicPage
from app.workflows.series import Moved, as_plain, from_plain, put_back, reschedule_together
from app.workflows.visit_moves import move_visit, undo_visit_move

BOOKING = "/appointments"  # who moves a visit may also book one
GRACE = 2  # seconds that an answer is on its way
LONGEST_REASON = 255


class CalendarMovesPage(ClinicPage):
    """Another time, doctor, chair, length or status, and back."""

    page, route_base = PAGE, "/calendar"

    @expose("/<int:pk>/place", methods=["POST"])
    @writes
    def place(self, pk: int) -> Any:
        """Put a visit where the calendar shows it; what belongs to it moves along."""
        sent = _sent()
        version, now, me = _number(sent, "version"), datetime.now(UTC), who.me().user_id
        if version is None:
            abort(422)

        def write(session: Session) -> list[Moved]:
            values = _wanted(session, pk, sent)
            return reschedule_together(session, pk, values, by_user=me, now=now, terms=terms(), version=version)

        return _answer(pk, write, _placed)

    @expose("/undo", methods=["POST"])
    @writes
    def undo(self) -> Any:
        """Put back what was moved some seconds ago, all of it or nothing."""
        found, now, me = moved_of(str(_sent().get("undo", ""))), datetime.now(UTC), who.me().user_id
        if not found:
            raise RuleError(T("It is too late to undo this."))
        moved = from_plain(found)

        def write(session: Session) -> list[Appointment]:
            return put_back(session, moved, by_user=me, now=now, terms=terms())

        return _answer(moved[0].appointment_id, write, _back_again)

    @expose("/<int:pk>/move", methods=["POST"])
    @writes
    def move(self, pk: int) -> Any:
        """Another status, as on the day board; `to` is `undo` to take the last one back."""
        sent = _sent()
        word, version, now, me = str(sent.get("to")), _number(sent, "version"), datetime.now(UTC), who.me().user_id
        if version is None or (word != "undo" and word not in WORDS):
            abort(422)
        seconds, reason = who.setting("scheduling.undo_seconds") + GRACE, _reason(sent, "reason")

        def write(session: Session) -> Appointment:
            if word == "undo":
                return undo_visit_move(session, pk, now=now, by=me, version=version, seconds=seconds)
            return move_visit(session, pk, WORDS[word], now=now, by=me, reason=reason, version=version)

        return _answer(pk, write, lambda row: _moved(row, word))


def _sent() -> Mapping[str, Any]:
    """The form, or the JSON that stands for one. Whoever may not book may not move either."""
    if not who.may("write", BOOKING):
        abort(403)
    sent = request.get_json(silent=True) if request.is_json else request.form
    return sent if isinstance(sent, Mapping) else abort(422)


def _number(sent: Mapping[str, Any], name: str) -> int | None:
    value = sent.get(name)
    return value if type(value) is int and 0 <= value < 10**15 else parse_key(value if isinstance(value, str) else None)


def _reason(sent: Mapping[str, Any], name: str) -> str | None:
    typed = sent.get(name)
    return fields.clean(" ".join(typed.split()), LONGEST_REASON) or None if isinstance(typed, str) else None


def _wanted(session: Session, pk: int, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked for; what isn't named stays. With another doctor comes the chair of that doctor's shift.

    Raises RuleError.
    """
    values: dict[str, Any] = {"override_reason": _reason(sent, "override_reason")}
    if "start" in sent:
        values["start_at"] = moment_of(str(sent["start"])[:16])
        if values["start_at"] is None:
            raise RuleError(T("Write a time such as 14:30."), field="start_at")
    for name in ("minutes", "doctor_id", "chair_id"):
        if name in sent:
            values[name] = _number(sent, name)
            if values[name] is None and sent[name] not in (None, ""):
                raise RuleError(T("Choose one of the list."), field=name)
    row = session.get(Appointment, pk)
    if row is not None:
        values.setdefault("minutes", row.minutes)
        if values.get("doctor_id", row.doctor_id) != row.doctor_id and "chair_id" not in values:
            start = values.get("start_at", row.start_at)
            values["chair_id"] = _chair_of(session, values["doctor_id"], start) or row.chair_id
    return values


def _chair_of(session: Session, doctor_id: int | None, start: datetime) -> int | None:
    """Where a doctor works at a moment."""
    zone = who.clinic().zone
    day = clinic_date(start, zone)
    shifts = queries.shifts_between(session, day, day, Shift.employee_id == doctor_id, Shift.kind == ShiftKind.WORK)
    found = (row for row in shifts if queries.shift_span(row, zone).start <= start < queries.shift_span(row, zone).end)
    return next((row.chair_id for row in found), None)


def _answer(pk: int, write: Callable[[Session], Any], told: Callable[[Any], dict[str, Any]]) -> Any:
    """What was written and how it stands now, or why not and what can be done about it."""
    written, error = attempt(write)
    return (jsonify(_refused(pk, error)), error.status) if error else jsonify(told(written))


def _refused(pk: int, error: RuleError) -> dict[str, Any]:
    broken = error.data.get("broken")
    return {
        "message": " ".join(dict.fromkeys(say(text) for _, text in error.errors)),
        "is_stale": isinstance(error, Conflict) and "busy" not in error.data and error.field is None,
        "needs_reason": bool(broken) and who.has_right("override_booking"),
        "free": [moment(start) for start in error.data.get("free", ())],
        "patient_id": error.data.get("patient_id"),
        **feed.visits(sqla.session(), feed.these([pk])),
    }


def _standing(keys: Sequence[int], message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, **more, **feed.visits(sqla.session(), feed.these(keys))}


def _placed(moved: list[Moved]) -> dict[str, Any]:
    keys = [one.appointment_id for one in moved]
    row = queries.appointment(sqla.session(), keys[0]) or abort(404)
    text = f"{row.patient.title}: {moment(row.start_at)}, {row.doctor.title}"
    if len(keys) > 1:
        together = T("%(count)s visits moved together.", count=len(keys))
        text = f"{text}. {say(together)}"
    return _standing(keys, text, undo=undo_token(as_plain(moved)))


def _back_again(rows: list[Appointment]) -> dict[str, Any]:
    return _standing([row.appointment_id for row in rows], say(T("Taken back.")))


def _moved(row: Appointment, word: Any) -> dict[str, Any]:
    found = queries.appointment(sqla.session(), row.appointment_id) or abort(404)
    text = f"{found.patient.title}: {say(found.status)}"
    return _standing([row.appointment_id], text, can_undo=word != "undo")
