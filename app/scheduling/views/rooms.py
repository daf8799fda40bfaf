"""Rooms and chairs as tables, and who was in which room."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import request
from flask_appbuilder import aggregate_count
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement, Integer
from sqlalchemy.orm import Session

from app.kernel.text import T
from app.people import queries as people
from app.scheduling import actions, queries
from app.scheduling.models import Chair, Room, RoomAllocation
from app.scheduling.rules.rooms import rooms_now
from app.web import who
from app.web.views import ClinicView


class RoomView(ClinicView):
    """The rooms as a table."""

    datamodel = SQLAInterface(Room)
    page, route_base = "/rooms", "/room-list"
    title_one, title_many = T("Room"), T("Rooms")
    list_columns = ("name", "room_type", "now", "status_reason")
    show_columns = ("name", "room_type", "now", "status", "status_at", "status_reason", "created_at", "updated_at")
    add_columns = edit_columns = ("name", "room_type", "status", "status_reason")
    search_columns = ("name", "room_type", "status")
    order_columns = ("name", "room_type")
    default_order = ("name", "asc")
    definitions = [
        {"label": T("Rooms by what they are for"), "group": "room_type", "series": [(aggregate_count, "")]},
        {"label": T("Rooms by the status set by hand"), "group": "status", "series": [(aggregate_count, "")]},
    ]
    chart_date = ""

    def extras(self, session: Session, rows: Sequence[Any]) -> dict[Any, dict[str, Any]]:
        """How each room is now."""
        now, cleaning = datetime.now(UTC), timedelta(minutes=who.setting("scheduling.cleaning_minutes"))
        stays = queries.recent_stays(session, [row.room_id for row in rows], now - cleaning)
        cards = rooms_now(rows, [], [], stays, now=now, cleaning=cleaning).cards
        return {card.room.room_id: {"now": card.status} for card in cards}

    def create(self, session: Session, values: dict[str, Any]) -> Room:
        """With the status that was chosen."""
        return self._keep(session, Room(), values)

    def change(self, session: Session, row: Room, values: dict[str, Any]) -> Room:
        """Another status is set by hand now."""
        return self._keep(session, row, values)

    def _keep(self, session: Session, row: Room, values: dict[str, Any]) -> Room:
        with session.no_autoflush:
            row.name, row.room_type = values["name"], values["room_type"]
            given = (values["status"], values["status_reason"])
            if given != (row.status, row.status_reason):
                return actions.keep_status(session, row, *given, now=datetime.now(UTC))
        session.add(row)
        return row


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
        return actions.fill_stay(session, RoomAllocation(), values, now=datetime.now(UTC))

    def change(self, session: Session, row: RoomAllocation, values: dict[str, Any]) -> RoomAllocation:
        """Also of one that wrote itself."""
        return actions.fill_stay(session, row, values, now=datetime.now(UTC))
