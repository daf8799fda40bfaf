"""`/scheduling/waitlist`: who waits, the free times that suit them, offers and answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.db import sqla, unit
from app.desk.waiting import freed
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T, Text
from app.people import queries as people
from app.people.models import Employee
from app.scheduling.actions import waiting as actions
from app.scheduling.models import Appointment, WaitlistEntry
from app.scheduling.queries.waiting import entry_with_names, open_entries
from app.scheduling.rules import Span, WaitStatus
from app.scheduling.rules.waiting import Opening
from app.scheduling.terms import terms
from app.scheduling.wishes import days_in_words, hours_in_words, weekdays_in_words
from app.web import who
from app.web.access import reads, writes
from app.web.saving import attempt
from app.web.text import moment, say
from app.web.views import ClinicPage
from app.workflows import waitlist

MOST, TIMES = 100, 3


class WaitlistPage(ClinicPage):
    """The waitlist as the desk works it off."""

    page, route_base = "/scheduling", "/scheduling/waitlist"

    @expose("/")
    @reads
    def index(self) -> Any:
        """Everybody who waits, the most urgent first; with `?freed=…` whom a time that became free suits."""
        session, now = sqla.session(), datetime.now(UTC)
        found = open_entries(session, limit=MOST + 1)
        phones = people.phones_of_patients(session, {row.patient_id for row in found})
        return self.render_template(
            "scheduling/waitlist.html",
            title=say(T("Waitlist")),
            entries=found[:MOST],
            has_more=len(found) > MOST,
            phones=phones,
            freed=freed.freed_of(session, request.args, now=now, terms=terms()),
            now=now,
            stamp=freed.stamp,
            words={"days": days_in_words, "hours": hours_in_words, "weekdays": weekdays_in_words},
            waited=lambda row: (now - row.created_at).days,
            may_write=who.may("write", self.page),
        )

    @expose("/<int:pk>/free")
    @writes
    def free(self, pk: int) -> str:
        """The nearest free times for an entry, as buttons that offer them."""
        session = sqla.session()
        row = entry_with_names(session, pk) or abort(404)
        found = waitlist.free_for(session, row, now=datetime.now(UTC), terms=terms(), count=TIMES)
        names = {one.employee_id: one.title for one in _doctors(session, {free.doctor_id for free in found})}
        return self.render_template("scheduling/_wait_times.html", row=row, found=found, names=names, stamp=freed.stamp)

    @expose("/<int:pk>/offer", methods=["POST"])
    @writes
    def offer(self, pk: int) -> Response:
        """Put a time before the patient."""
        start, doctor = freed.moment_in(request.form.get("start", "")), parse_key(request.form.get("doctor"))
        if start is None or doctor is None:
            abort(422)
        opening = Opening(Span(start, start + timedelta(minutes=5)), doctor, parse_key(request.form.get("chair")))
        now, by, known = datetime.now(UTC), who.me().user_id, terms()

        def write(session: Session) -> Text:
            row = waitlist.offer(session, pk, opening, now=now, by=by, terms=known)
            return T("%(name)s: %(when)s is offered. It is held for nobody.", name=row.title, when=moment(start))

        return _answer(pk, write)

    @expose("/<int:pk>/accept", methods=["POST"])
    @writes
    def accept(self, pk: int) -> Response:
        """The patient takes it: the visit is booked."""
        me, now, known = who.me(), datetime.now(UTC), terms()

        def write(session: Session) -> Text:
            found = {"by_user": me.user_id, "by_employee": me.employee_id, "now": now, "terms": known}
            row: Appointment = waitlist.accept(session, pk, **found)
            told = {"name": row.title, "when": moment(row.start_at), "doctor": row.doctor.title}
            return T("Booked: %(name)s, %(when)s, %(doctor)s", **told)

        return _answer(pk, write, taken=_wait_on)

    @expose("/<int:pk>/decline", methods=["POST"])
    @writes
    def decline(self, pk: int) -> Response:
        """The patient doesn't take it, and waits on."""

        def write(session: Session) -> Text:
            row = actions.decline(session, actions.locked_entry(session, pk))
            return T("%(name)s waits on. This time is not offered again.", name=row.title)

        return _answer(pk, write)

    @expose("/<int:pk>/drop", methods=["POST"])
    @writes
    def drop(self, pk: int) -> Response:
        """The patient doesn't want to wait any more."""

        def write(session: Session) -> Text:
            row = actions.drop(session, actions.locked_entry(session, pk))
            return T("%(name)s is off the waitlist.", name=row.title)

        return _answer(pk, write)


def _doctors(session: Session, keys: set[int]) -> Any:
    return session.scalars(sa.select(Employee).where(Employee.employee_id.in_(keys))) if keys else ()


def _answer(pk: int, write: Callable[[Session], Text], taken: Callable[[int], None] | None = None) -> Response:
    """Back to the list with what happened; an offer whose time is gone by then is taken back."""
    text, refusal = attempt(write)
    flash(say(text) if refusal is None else _refused(refusal), "success" if refusal is None else "danger")
    if taken is not None and refusal is not None and "busy" in refusal.data:
        taken(pk)
    return redirect(url_for("WaitlistPage.index", _anchor=f"entry-{pk}"))


def _refused(refusal: RuleError) -> str:
    """Why not, and which times near by are free instead."""
    told = " ".join(say(text) for _, text in refusal.errors)
    free = refusal.data.get("free") or ()
    if free:
        told += " " + say(T("Free near by: %(times)s.", times=", ".join(moment(start) for start in free)))
    return told


def _wait_on(pk: int) -> None:
    """Somebody else has the time that was offered: the patient waits as before."""

    def write(session: Session) -> WaitlistEntry:
        row = actions.locked_entry(session, pk)
        return actions.wait_on(session, row) if row.status is WaitStatus.OFFERED else row

    unit(write)
