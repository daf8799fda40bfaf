"""Rooms and chairs: their tables, and `/rooms`, the page of who is where."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement, Integer
from sqlalchemy.orm import Session

from app.db import sqla, unit
from app.kernel.dates import day_bounds
from app.kernel.text import T
from app.people import queries as people
from app.people.rules import alerts
from app.scheduling import actions, queries
from app.scheduling.models import Chair, Room, RoomAllocation
from app.scheduling.rules import LIVE, RoomStatus
from app.scheduling.rules.rooms import room_cards
from app.web import who
from app.web.access import reads, writes
from app.web.text import say, today
from app.web.views import ClinicPage, ClinicView


class RoomsPage(ClinicPage):
    """`/rooms`: who is in which chair, who comes next, and how each room stands."""

    page, route_base = "/rooms", "/rooms"

    @expose("/")
    @reads
    def index(self) -> str:
        """The rooms now; only their cards when the page looks again by itself."""
        session, now = sqla.session(), datetime.now(UTC)
        visits = [
            v
            for v in queries.appointments_between(session, *day_bounds(today(), who.clinic().zone))
            if v.status in LIVE
        ]
        history = people.history_of(session, [visit.patient_id for visit in visits])
        is_part = request.headers.get("HX-Request")
        return self.render_template(
            "scheduling/_rooms.html" if is_part else "scheduling/rooms.html",
            title=say(T("Rooms")),
            cards=room_cards(queries.rooms(session), queries.chairs(session), visits, now),
            alerts={key: alerts(entries, today()) for key, entries in history.items()},
            check_ins=queries.check_ins(session, [visit.appointment_id for visit in visits]),
            now=now,
            statuses=list(RoomStatus),
        )

    @expose("/<int:pk>/status", methods=["POST"])
    @writes
    def set_status(self, pk: int) -> Any:
        """One click: free, occupied, being cleaned, out of service."""
        wanted = {status.word: status for status in RoomStatus}.get(request.form.get("status", ""))
        if wanted is None:
            abort(422)
        room = unit(lambda session: actions.set_room_status(session, pk, wanted))
        if request.headers.get("HX-Request"):
            return self.index()
        flash(say(T("%(room)s: %(status)s", room=room.name, status=room.status)), "success")
        return redirect("/rooms")


class RoomView(ClinicView):
    """The rooms as a table."""

    datamodel = SQLAInterface(Room)
    page, route_base = "/rooms", "/room-list"
    title_one, title_many = T("Room"), T("Rooms")
    list_columns = ("name", "room_type", "status")
    show_columns = ("name", "room_type", "status", "created_at", "updated_at")
    add_columns = edit_columns = ("name", "room_type", "status")
    search_columns = ("name", "room_type", "status")
    order_columns = ("name", "room_type", "status")
    default_order = ("name", "asc")
    definitions = [
        {"label": T("Rooms by what they are for"), "group": "room_type", "series": [(aggregate_count, "")]},
        {"label": T("Rooms by status"), "group": "status", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""


class ChairView(ClinicView):
    """The chairs: what an appointment takes. Never deleted, only switched off."""

    datamodel = SQLAInterface(Chair)
    page, route_base = "/rooms", "/chairs"
    title_one, title_many = T("Chair"), T("Chairs")
    list_columns = ("name", "room", "is_active")
    show_columns = ("name", "room", "is_active", "created_at", "updated_at")
    add_columns = edit_columns = ("name", "room_id", "is_active")
    search_columns = ("name", "room_id", "is_active")
    order_columns = ("name",)
    default_order = ("name", "asc")
    definitions = [{"label": T("Chairs by room"), "group": "room_id", "series": [(aggregate_count, "")]}]
    chart_date = ""


class RoomAllocationView(ClinicView):
    """Who was in which room: written by itself when a treatment begins and ends, by hand for anything else."""

    datamodel = SQLAInterface(RoomAllocation)
    page, route_base = "/rooms", "/room-allocations"
    title_one, title_many = T("Person in a room"), T("Who was in which room")
    list_columns = ("from_", "until", "minutes", "patient", "room", "chair", "note")
    extra_types = {"minutes": Integer()}
    show_columns = ("patient", "room", "chair", "appointment", "from_", "until", "minutes", "note", "created_at")
    add_columns = edit_columns = ("patient_id", "room_id", "chair_id", "from_", "until", "note")
    search_columns = ("room_id", "chair_id", "patient_id", "from_")
    order_columns = ("from_", "until")
    default_order = ("from_", "desc")
    twins = ("patient_id", "room_id", "from_")
    chart_date = "from_"
    list_template = "scheduling/stays.html"
    definitions = [
        {"label": T("Stays by month"), "group": "from_", "series": [(aggregate_count, "")]},
        {"label": T("Stays by room"), "group": "room_id", "series": [(aggregate_count, "")]},
        {"label": T("Stays by chair"), "group": "chair_id", "series": [(aggregate_count, "")]},
    ]

    def base_where(self) -> list[ColumnElement[bool]]:
        """All, or (`?only=now`) those who are in a room."""
        only = request.args.get("only", "") if request else ""
        return [RoomAllocation.until.is_(None)] if only == "now" else []

    def list_context(self, found: Any) -> dict[str, Any]:
        """The parts of the list."""
        return {"parts": [("now", T("In a room now"), None)], "only": request.args.get("only", "")}

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By patient."""
        return people.matching_condition(RoomAllocation.patient_id, typed)

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How long, where it is over."""
        return {row.row_id: {"minutes": row.minutes} for row in rows}

    def preset(self) -> dict[str, Any]:
        """From now on."""
        return {"from_": datetime.now(UTC).replace(second=0, microsecond=0), **super().preset()}

    def create(self, session: Session, values: dict[str, Any]) -> RoomAllocation:
        """By hand."""
        self._refuse_twin(session, values)
        return actions.fill_stay(session, RoomAllocation(), values)

    def change(self, session: Session, row: RoomAllocation, values: dict[str, Any]) -> RoomAllocation:
        """Also of one that wrote itself."""
        return actions.fill_stay(session, row, values)
