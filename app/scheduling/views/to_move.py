"""Visits that stand where their doctor will not be: listed with whom to call, and moved, handed over or cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db import sqla
from app.kernel.dates import parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people import queries as people
from app.people.models import Employee
from app.scheduling.models import Appointment
from app.scheduling.queries import patterns
from app.scheduling.rules import MOVABLE
from app.scheduling.terms import terms
from app.web import saving, who
from app.web.access import here, local, reads, writes
from app.web.text import say, today
from app.web.views import ClinicPage
from app.workflows.hand_over import Pick, hand_over, other_doctors

MOST, AHEAD = 100, timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ToMove:
    """The visits, whom to call, and who is free at the same time."""

    visits: Sequence[Appointment]
    phones: Mapping[int, Sequence[Any]]
    others: Mapping[int, Sequence[Employee]]  # visit → doctors who are free then
    more: int
    movable: frozenset[int]
    back: str


def to_move(session: Session, visits: Sequence[Appointment], away: int, now: datetime) -> ToMove:
    """What `scheduling/_to_move.html` needs: the visits of somebody who will not be there; those to come first."""
    coming = sorted(visits, key=lambda visit: (visit.end_at < now, visit.start_at))
    shown = coming[:MOST]
    own = [visit for visit in shown if visit.doctor_id == away and visit.start_at > now]
    may = who.may("write", "/appointments")
    return ToMove(
        shown,
        people.phones_of_patients(session, [visit.patient_id for visit in shown]),
        other_doctors(session, own, terms(), today()) if may else {},
        len(coming) - len(shown),
        frozenset(visit.appointment_id for visit in shown if visit.status in MOVABLE),
        here(),
    )


class ToMovePage(ClinicPage):
    """`/to-move`: a doctor's visits outside of shifts, and several visits given to other doctors at once."""

    page, route_base = "/appointments", "/to-move"

    @expose("/<int:employee_id>")
    @reads
    def index(self, employee_id: int) -> str:
        """The visits of a doctor that stand in no shift: of a day (`?day=2026-11-23`), else of the coming year."""
        session, now = sqla.session(), datetime.now(UTC)
        doctor = patterns.employee(session, employee_id) or abort(404)
        day = _asked_day()
        span = (day, day) if day else (today(), today() + AHEAD)
        found = patterns.outside_shifts(session, employee_id, *span, now=today(), zone=who.clinic().zone)
        return self.render_template(
            "scheduling/to_move.html",
            title=say(T("Booked outside of shifts: %(name)s", name=doctor.title)),
            list=to_move(session, found, employee_id, now),
            doctor=doctor,
            day=day,
        )

    @expose("/other-doctor", methods=["POST"])
    @writes
    def other_doctor(self) -> Response:
        """The ticked visits at the same time with another doctor: all or none."""
        back = local(request.form.get("next"), "/appointments")
        picks = [pick for key in request.form.getlist("visit") if (pick := _pick(key))]
        if not picks:
            flash(say(T("Choose the visits, and a doctor for each.")), "danger")
            return redirect(back)
        now, by, known = datetime.now(UTC), who.me().user_id, terms()
        moved, error = saving.attempt(lambda session: hand_over(session, picks, by_user=by, now=now, terms=known))
        text = error.text if error else T("Given to another doctor: %(count)s.", count=len(moved))
        flash(say(text), "danger" if error else "success")
        return redirect(back)


def _asked_day() -> Any:
    try:
        return parse_date(request.args.get("day", "")[:40])
    except RuleError:
        return None


def _pick(typed: str) -> Pick | None:
    """`visit=12` with `doctor_12=3` and `version_12=4`."""
    key = parse_key(typed)
    doctor, version = (parse_key(request.form.get(f"{name}_{key}")) for name in ("doctor", "version"))
    return Pick(key, doctor, version) if key and doctor and version is not None else None
