"""What the booking form shows beside its fields: how long the visit takes whom, and who could come along."""

from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.people import queries as people
from app.scheduling.rules import LONGEST, AppointmentSource, Holding
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
        "family": people.family_of(session, patient_id) if patient_id else [],
        "is_walk_in": source is AppointmentSource.WALK_IN,
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

    @expose("/family")
    @writes
    def family(self) -> str:
        """Whom the chosen patient could bring along."""
        patient_id = parse_key(request.args.get("patient_id"))
        found = people.family_of(sqla.session(), patient_id) if patient_id else []
        return self.render_template("scheduling/_family.html", family=found, also_for=(), way="", errors=())
