"""What the booking form shows beside its fields: how long the visit takes whom, and what is known of the patient."""

from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.people import queries as people
from app.scheduling import queries
from app.scheduling.rules import LONGEST, MISSED_OFTEN, AppointmentSource, Holding
from app.scheduling.terms import moment_of, terms
from app.web.access import writes
from app.web.views import ClinicPage
from app.workflows.booking import wish_of


def of_form(session: Session, form: Any, row: Any) -> dict[str, Any]:
    """The parts for what stands in a form."""
    found = {name: form[name].data for name in ("planned_service", "minutes", "start_at")}
    if row is not None:
        return {"length": length_of(session, found)}
    source, patient_id = form.source.data, form.patient_id.data
    return {
        "length": length_of(session, found),
        "is_walk_in": source is AppointmentSource.WALK_IN,
        **of_patient(session, patient_id),
    }


def of_patient(session: Session, patient_id: int | None) -> dict[str, Any]:
    """Who could come along, and what the patient has already: a visit to come, missed ones, a place on the waitlist."""
    if not patient_id:
        return {"family": [], "known": None, "missed_often": MISSED_OFTEN}
    return {
        "family": people.family_of(session, patient_id),
        "known": queries.known_visits(session, patient_id, datetime.now(UTC)),
        "missed_often": MISSED_OFTEN,
    }


def length_of(session: Session, values: dict[str, Any]) -> Holding | None:
    """What a visit of this service and length takes; from now on where no time is chosen. None for nonsense."""
    known = {**values, "doctor_id": 0, "start_at": values.get("start_at") or datetime.now(UTC)}
    try:
        return wish_of(session, known, terms())
    except (RuleError, OverflowError):
        return None


class BookingPartsPage(ClinicPage):
    """The parts alone, asked for as the form is filled."""

    page, route_base = "/appointments", "/appointments"

    @expose("/length")
    @writes
    def length(self) -> str:
        """How long a visit of this service takes, and from when to when the dentist is needed."""
        start, minutes = moment_of(request.args.get("start_at", "")), parse_key(request.args.get("minutes"))
        values = {
            "planned_service": parse_key(request.args.get("planned_service")),
            "minutes": minutes if minutes and minutes <= LONGEST else None,
            "start_at": start,
        }
        found = length_of(sqla.session(), values)
        return self.render_template("scheduling/_length.html", length=found, has_start=start is not None)

    @expose("/patient")
    @writes
    def patient(self) -> str:
        """What is known of the chosen patient, and whom they could bring along."""
        found = of_patient(sqla.session(), parse_key(request.args.get("patient_id")))
        return self.render_template("scheduling/_booking_patient.html", **found, also_for=(), way="", errors=())
