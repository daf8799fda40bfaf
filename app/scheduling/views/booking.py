"""The form of a booking: on a page of its own or in a board's panel, for one visit or for several."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import flash, g, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.text import T
from app.people.models import Patient
from app.scheduling import queries
from app.scheduling.models import Appointment
from app.scheduling.terms import terms
from app.scheduling.views import panel, parts, presets, several
from app.web import fields, who
from app.web.access import writes
from app.web.text import lazy, say
from app.web.views import ClinicView
from app.workflows.desk_booking import book_at_desk
from app.workflows.series import reschedule_together


class BookingScreens(ClinicView):
    """Book and reschedule."""

    add_template = edit_template = "scheduling/booking.html"

    @expose("/add", methods=["GET", "POST"])
    @writes
    def add(self) -> Any:
        """Book: one visit, or (asked for in the form) several, which are shown before they are written."""
        is_several = request.method == "POST" and several.is_asked(request.form)
        return panel.answer(several.answer(self) if is_several else super().add())

    @expose("/<int:pk>/edit", methods=["GET", "POST"])
    @writes
    def edit(self, pk: int) -> Any:
        """Reschedule."""
        return panel.answer(super().edit(pk))

    def _field(self, name: str) -> Any:
        """A caller isn't a patient yet, so that the patient may be left open."""
        if name == "patient_id":
            return fields.ReferenceField(label=lazy(T("Patient")), **self._reference(name))
        return super()._field(name)

    def preset(self) -> dict[str, Any]:
        """What the address says, and what it asks to be looked up."""
        return {**presets.from_address(sqla.session()), **super().preset()}

    def form_context(self, row: Any) -> dict[str, Any]:
        """Whether it stands in a panel, and what depends on what is chosen so far."""
        default = who.setting("scheduling.default_minutes")
        return {
            "is_part": panel.is_part(),
            "default_minutes": default,
            "parts": g.booking_parts,
            "asked_day": presets.asked_day(),
        }

    def render_form(self, form: Any, row: Any, status: int) -> Any:
        """With the length and the family of what stands in the form."""
        g.booking_parts = parts.of_form(sqla.session(), form, row)
        return super().render_form(form, row, status)

    def likely(self, form: Any) -> Sequence[Patient]:
        """The patients that a refused caller may be."""
        return queries.patients(sqla.session(), form.refusal.get("likely", ()))

    def create(self, session: Session, values: dict[str, Any]) -> Appointment:
        """With its slots, and a caller as a provisional patient."""
        me, now = who.me(), datetime.now(UTC)
        booked = book_at_desk(session, values, by_user=me.user_id, by_employee=me.employee_id, now=now, terms=terms())
        g.not_here = booked.not_here
        return booked.rows[0]

    def change(self, session: Session, row: Appointment, values: dict[str, Any]) -> Appointment:
        """Another time, doctor, chair or length; the rest of its series moves along."""
        by, now = who.me().user_id, datetime.now(UTC)
        panel.remember(reschedule_together(session, row.row_id, values, by_user=by, now=now, terms=terms()))
        return row

    def after_save(self, key: Any) -> str:
        """The record; it says why whoever is here was not checked in."""
        g.saved_appointments = g.get("saved_appointments") or [key]
        if g.get("not_here") is not None and not panel.is_part():
            flash(say(g.not_here.text), "warning")
        return super().after_save(key)
