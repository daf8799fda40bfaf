"""The screens of appointments: list, record, the form of a booking, and the tables behind them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_appbuilder import aggregate_count, aggregate_sum, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people import queries as people
from app.scheduling import queries
from app.scheduling.models import Appointment, AppointmentStatusChange, BookingSlot
from app.scheduling.rules import AppointmentStatus
from app.scheduling.views import lookups, panel
from app.scheduling.views.booking import BookingScreens
from app.scheduling.views.booking_fields import ANSWERS, CALLER, FAMILY, MADE_FIELDS, REPEAT
from app.web import who
from app.web.access import reads
from app.web.views import BulkAction, ClinicView
from app.workflows.visit_moves import move_visit

PLACE = ("planned_service", "doctor_id", "chair_id", "assistant_id", "start_at", "minutes")
REST = ("purpose", "source", "note", "override_reason")


def confirm(session: Session, row: Appointment) -> Appointment:
    """The patient will come: a move like any other."""
    now, by = datetime.now(UTC), who.me().user_id
    return move_visit(session, row.appointment_id, AppointmentStatus.CONFIRMED, now=now, by=by)


class AppointmentView(BookingScreens):
    """All appointments; `/appointments` itself is the day board."""

    datamodel = SQLAInterface(Appointment)
    page, route_base = "/appointments", "/appointments"
    title_one, title_many = T("Appointment"), T("Appointments")
    list_columns = ("patient", "start_at", "minutes", "doctor", "chair", "service", "status")
    extra_types = {"minutes": sa.Integer()}
    show_columns = (
        "start_at", "minutes", "doctor", "chair", "assistant", "service", "purpose", "source", "is_new_patient",
        "receptionist", "created_at", "override_reason", "cancel_reason", "actual_start_at", "actual_end_at", "note",
    )  # fmt: skip
    add_columns = ("patient_id", *CALLER, *PLACE, *REST, *REPEAT, *FAMILY, *ANSWERS)
    edit_columns = (*PLACE, *REST)
    search_columns = (
        "start_at", "doctor_id", "chair_id", "status", "patient_id", "planned_service", "assistant_id", "source",
        "is_new_patient",
    )  # fmt: skip
    order_columns = ("start_at", "status")
    default_order = ("start_at", "desc")
    lookups = {"doctor_id": lookups.DOCTORS, "assistant_id": lookups.ASSISTANTS}
    made_fields = MADE_FIELDS
    bulk = {"confirm": BulkAction(T("Confirm appointments"), lambda view, session, row: confirm(session, row))}
    list_template, show_template = "scheduling/list.html", "scheduling/appointment.html"
    chart_date = "start_at"
    definitions = [
        {"label": T("Appointments by month"), "group": "start_at", "series": [(aggregate_count, "")]},
        {"label": T("Appointments by status"), "group": "status", "series": [(aggregate_count, "")]},
        {"label": T("Appointments by doctor"), "group": "doctor_id", "series": [(aggregate_count, "")]},
        {"label": T("Missed appointments by month"), "group": "start_at", "series": [(aggregate_sum, "no_shows")]},
        {"label": T("Appointments by how they were booked"), "group": "source", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?time_off=7`) those that somebody's time off hits."""
        key = parse_key(request.args.get("time_off")) if request else None
        return queries.hit_by(sqla.session(), key) if key else []

    def column(self, name: str) -> Any:
        """`no_shows` counts who did not come."""
        if name == "no_shows":
            return sa.case((Appointment.status == AppointmentStatus.NO_SHOW, 1), else_=0)
        return super().column(name)

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """As the patients."""
        return people.matching_condition(Appointment.patient_id, typed)

    @expose("/list/")
    @reads
    def list(self) -> Any:
        """The list: the bare address is the day board."""
        return super().list()

    def show_context(self, row: Any) -> dict[str, Any]:
        """The moves made and possible, and the treatment."""
        return panel.record_context(sqla.session(), row)


class AppointmentStatusChangeView(ClinicView):
    """Every move of every appointment."""

    datamodel = SQLAInterface(AppointmentStatusChange)
    page, route_base = "/appointments", "/appointment-moves"
    title_one, title_many = T("Move of an appointment"), T("Moves of appointments")
    list_columns = ("at", "patient", "from_", "to", "user", "reason")
    show_columns = ("at", "patient", "appointment_id", "from_", "to", "user", "reason")
    search_columns = ("at", "from_", "to", "appointment_id")
    order_columns = ("at",)
    default_order = ("at", "desc")
    chart_date = "at"
    definitions = [
        {"label": T("Moves by month"), "group": "at", "series": [(aggregate_count, "")]},
        {"label": T("Moves by the state they led to"), "group": "to", "series": [(aggregate_count, "")]},
    ]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        own = sa.select(Appointment.appointment_id).where(people.matching_condition(Appointment.patient_id, typed))
        return AppointmentStatusChange.appointment_id.in_(own)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """Whose appointment it is, and who moved it."""
        names = queries.names_of_changes(session, [row.appointment_status_change_id for row in rows])
        return {key: {"patient": patient, "user": user} for key, (patient, user) in names.items()}


class BookingSlotView(ClinicView):
    """The slots behind the appointments, for an Admin who wonders why a time is taken."""

    datamodel = SQLAInterface(BookingSlot)
    page, route_base = "/system", "/booking-slots"
    title_one, title_many = T("Booking slot"), T("Booking slots")
    list_columns = ("starts_at", "kind", "resource_id", "lane", "appointment_id")
    search_columns = ("kind", "resource_id", "starts_at", "appointment_id")
    order_columns = ("starts_at",)
    default_order = ("starts_at", "desc")
    chart_date = "starts_at"
    definitions = [{"label": T("Slots by what they hold"), "group": "kind", "series": [(aggregate_count, "")]}]
