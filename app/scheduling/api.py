"""Appointments for programs: booked, changed and moved by the same workflows as on the board."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response
from flask_appbuilder.api import expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import Session

from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.scheduling.models import Appointment, Chair
from app.scheduling.rules import AppointmentStatus
from app.scheduling.terms import terms
from app.scheduling.views import AppointmentView
from app.web import who
from app.web.access import writes
from app.web.api.documents import operation
from app.web.api.fields import KeyField, MomentField, NumberField, PhoneField, TextField, WordField, YesField, schema_of
from app.web.api.rest import ClinicApi
from app.web.api.sent import read_body
from app.workflows.series import reschedule_together
from app.workflows.visit_moves import move_visit

MINUTE = timedelta(minutes=1)
LENGTH = {"end_at": MomentField(allow_none=True), "minutes": NumberField(5, 720, allow_none=True)}
MOVE = {
    "to": WordField(AppointmentStatus, required=True),
    "reason": TextField(255, allow_none=True),
    "version": NumberField(required=True),
    "chair_id": KeyField(Chair, allow_none=True),  # into treatment in another chair than the planned one
}


class AppointmentApi(ClinicApi):
    """`/api/v1/appointments`."""

    datamodel, resource_name = SQLAInterface(Appointment), "appointments"
    page, screens = "/appointments", AppointmentView
    columns_of = {"planned_service_id": "planned_service"}
    list_columns = (
        "appointment_id", "patient_id", "doctor_id", "assistant_id", "chair_id", "planned_service_id", "start_at",
        "end_at", "minutes", "status", "is_new_patient", "purpose", "source", "version", "updated_at",
    )  # fmt: skip
    show_columns = (
        "appointment_id", "patient_id", "doctor_id", "receptionist_id", "created_by_user_id", "assistant_id",
        "chair_id", "planned_service_id", "start_at", "end_at", "minutes", "status", "is_new_patient", "purpose",
        "source", "override_reason", "confirmation_sent", "reminders_sent", "actual_start_at", "actual_end_at",
        "cancel_reason", "note", "version", "created_at", "updated_at",
    )  # fmt: skip
    edit_columns = (
        "doctor_id", "assistant_id", "chair_id", "planned_service_id", "start_at", "end_at", "minutes", "purpose",
        "source", "note", "override_reason",
    )  # fmt: skip
    add_columns = ("patient_id", "caller_name", "caller_phone", "is_somebody_else", *edit_columns)
    search_columns = (
        "start_at", "end_at", "doctor_id", "chair_id", "assistant_id", "patient_id", "planned_service_id", "status",
        "source", "is_new_patient", "created_at", "updated_at",
    )  # fmt: skip
    order_columns = ("appointment_id", "start_at", "status", "created_at", "updated_at")
    base_order = ("start_at", "desc")
    shown_fields = {"minutes": NumberField()}
    added_fields = {
        "patient_id": KeyField(Patient, allow_none=True),
        "caller_name": TextField(61, allow_none=True),
        "caller_phone": PhoneField(40, allow_none=True),
        "is_somebody_else": YesField(),
        **LENGTH,
    }
    edited_fields = LENGTH
    move_schema = schema_of("appointments.move", MOVE)
    more_schemas = (move_schema,)
    more_operations = {
        "/{pk}/move": operation(
            "Move an appointment to another status",
            body="appointments.move",
            answer="appointments.record",
            conflict="It was changed since it was read, or its time is taken",
        )
    }

    def create(self, session: Session, values: dict[str, Any]) -> Appointment:
        """With its slots, and a caller as a provisional patient."""
        row: Appointment = super().create(session, self._with_length(values, values.get("start_at")))
        return row

    def current(self, session: Session, row: Any) -> dict[str, Any]:
        """What isn't named stays, and the workflow knows it."""
        return {}

    def check_token(self, row: Any, given: dict[str, Any]) -> None:
        """The workflow looks at the version, under its lock."""

    def change(self, session: Session, row: Appointment, values: dict[str, Any]) -> Appointment:
        """Another time, doctor, chair or length; the rest of its series moves along."""
        version, by, now = values.pop("version", None), who.me().user_id, datetime.now(UTC)
        wanted = self._with_length(values, values.get("start_at") or row.start_at)
        reschedule_together(session, row.appointment_id, wanted, by_user=by, now=now, terms=terms(), version=version)
        return row

    def _with_length(self, values: Mapping[str, Any], start: datetime | None) -> dict[str, Any]:
        """The length as it was given, or by the end. Raises RuleError."""
        found = {name: value for name, value in values.items() if name != "end_at"}
        end = values.get("end_at")
        if end is None or start is None:
            return found
        minutes, rest = divmod(end - start, MINUTE)
        if not 0 < minutes <= 720 or rest or found.get("minutes") not in (None, minutes):
            raise RuleError(T("The end does not fit the start and the length."), field="end_at")
        return {**found, "minutes": minutes}

    @expose("/<int:pk>/move", methods=["POST"])
    @writes
    def move(self, pk: int) -> Response:
        """Move an appointment to another status, with all that follows from it."""
        self.find(pk)
        asked, by, now = read_body(self.move_schema), who.me().user_id, datetime.now(UTC)
        told = {name: asked.get(name) for name in ("reason", "version", "chair_id")}
        self.save(lambda s: move_visit(s, pk, asked["to"], now=now, by=by, **told))
        return self.written(pk, 200)


VIEWS = (AppointmentApi,)
