"""`/rooms`: who is where now, how each room stands, and moving people between chairs and rooms by one click."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from wtforms.validators import ValidationError

from app.db import sqla
from app.kernel.dates import day_bounds
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people import queries as people
from app.people.rules import alerts
from app.scheduling import actions, queries
from app.scheduling.actions.stays import Place
from app.scheduling.models import Appointment, RoomAllocation
from app.scheduling.rules import AppointmentStatus, RoomStatus
from app.scheduling.seating import seat_page
from app.web import fields, saving, who
from app.web.access import reads, writes
from app.web.cells import name_of
from app.web.forms import ClinicForm, make_form
from app.web.lookups import LOOKUPS
from app.web.text import lazy, say, today
from app.web.views import ClinicPage
from app.workflows.visit_moves import move_visit

SHOWN = 6  # of the visits that a room out of service still has, before the list takes over


class PlaceField(fields.TextField):
    """A room, or a chair in it, as `3-7`; a room without chairs is `3-`."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no place."""
        super().pre_validate(form)
        if self.data is not None and place_of(self.data) is None:
            raise ValidationError(say(T("Choose one of the list.")))


PutForm = make_form(
    "PutForm",
    {
        "patient_id": fields.ReferenceField(
            lazy(T("Patient")),
            url=lambda: url_for("RoomAllocationView.lookup", column="patient_id"),
            find=lambda key: LOOKUPS["patient"].find(key),
            name_of=name_of,
            validators=[fields.required],
        ),
        "place": PlaceField(lazy(T("Where to")), validators=[fields.required]),
        "note": fields.TextField(lazy(T("Note")), longest=255),
    },
)


def place_of(typed: str | None) -> Place | None:
    """The place of a button."""
    room, mark, chair = (typed or "")[:40].partition("-")
    found = parse_key(room)
    return None if found is None or not mark or (chair and parse_key(chair) is None) else (found, parse_key(chair))


def rooms_context(session: Session) -> dict[str, Any]:
    """Everything `scheduling/_rooms.html` needs, in a fixed number of statements."""
    now, cleaning = datetime.now(UTC), timedelta(minutes=who.setting("scheduling.cleaning_minutes"))
    visits = queries.appointments_between(session, *day_bounds(today(), who.clinic().zone))
    rooms = queries.rooms_of(session, visits, now, cleaning)
    closed = [card.room.room_id for card in rooms.cards if card.status is RoomStatus.OUT_OF_SERVICE]
    shown = [visit for visit in visits if visit.status not in (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)]
    stays = [seat.sitting for seat in rooms.seats if seat.sitting] + [s for card in rooms.cards for s in card.others]
    ids = {visit.patient_id for visit in shown} | {stay.patient_id for stay in stays}
    came = queries.check_ins(session, [visit.appointment_id for visit in rooms.waiting])
    waiting = sorted(rooms.waiting, key=lambda visit: _since(came, visit))
    return {
        "rooms": rooms,
        "cards": rooms.cards,
        "waiting": waiting,
        "alerts": {key: alerts(found, today()) for key, found in people.history_of(session, ids).items()},
        "came": {visit.appointment_id: _since(came, visit) for visit in rooms.waiting},
        "to_move": queries.coming_into(session, closed, now) if closed else [],
        "now": now,
        "statuses": list(RoomStatus),
        "may_write": who.may("write", "/rooms"),
        "may_treat": who.may("write", "/rooms") and who.may("write", "/appointments"),
        "shown_visits": SHOWN,
    }


def _since(came: dict[int, queries.CheckIn], visit: Appointment) -> datetime:
    found = came.get(visit.appointment_id)
    return found.at if found else visit.start_at


class RoomsPage(ClinicPage):
    """The page, and how a room stands."""

    page, route_base = "/rooms", "/rooms"

    @expose("/")
    @reads
    def index(self) -> Any:
        """The rooms now; only their cards when the page looks again by itself."""
        if request.headers.get("HX-Request"):
            return render_template("scheduling/_rooms.html", **rooms_context(sqla.session()))
        return whole_page()

    @expose("/<int:pk>/status", methods=["POST"])
    @writes
    def set_status(self, pk: int) -> Any:
        """One click: free, occupied, being cleaned; out of service says why."""
        status, now = {one.word: one for one in RoomStatus}.get(request.form.get("status", "")), datetime.now(UTC)
        if status is None:
            abort(422)

        def write(session: Session) -> Any:
            reason = fields.clean(" ".join(request.form.get("reason", "").split()), 255)
            return actions.set_room_status(session, pk, status, now=now, reason=reason)

        return answer(write, lambda room: T("%(room)s: %(status)s", room=room.name, status=room.status.label))


class WhereaboutsPage(ClinicPage):
    """Letting somebody in, moving them, and letting them go."""

    page, route_base = "/rooms", "/rooms"

    @expose("/move", methods=["POST"])
    @writes
    def move(self) -> Any:
        """Another chair or room."""
        stay, place, now = _key("stay"), _place(), datetime.now(UTC)
        return answer(lambda s: actions.move_to_place(s, stay, place, now=now), where, undo=True)

    @expose("/out", methods=["POST"])
    @writes
    def out(self) -> Any:
        """Somebody left."""
        stay, now = _key("stay"), datetime.now(UTC)
        return answer(lambda s: actions.take_out(s, stay, now=now), where, undo=True)

    @expose("/put", methods=["POST"])
    @writes
    def put(self) -> Any:
        """Somebody goes into a room, with an appointment or without."""
        form, now = PutForm(), datetime.now(UTC)
        if not form.validate():
            return whole_page(422, form)
        place = place_of(form.place.data) or abort(422)
        patient, note = form.patient_id.data, form.note.data
        stay, status = saving.save(form, lambda s: actions.put_into_room(s, patient, place, now=now, note=note))
        if status != 200:
            return whole_page(status, form)
        return redirect(url_for("RoomsPage.index", done=stay.room_allocation_id), 303)

    @expose("/undo", methods=["POST"])
    @writes
    def undo(self) -> Any:
        """Take the last of these back."""
        stay, now, seconds = _key("stay"), datetime.now(UTC), who.setting("scheduling.undo_seconds")
        return answer(lambda s: actions.undo_stay(s, stay, now=now, seconds=seconds), lambda _: T("Taken back."))

    @expose("/seat", methods=["POST"])
    @writes
    def seat(self) -> Any:
        """Who waits goes into treatment: in the planned chair, or in the one that was chosen."""
        if not who.may("write", "/appointments"):
            abort(403)
        key, version, chair = _key("appointment"), _key("version"), parse_key(request.form.get("chair"))
        by, now = who.me().user_id, datetime.now(UTC)

        def write(session: Session) -> Appointment:
            to = AppointmentStatus.IN_TREATMENT
            return move_visit(session, key, to, now=now, by=by, version=version, chair_id=chair)

        return answer(write, lambda row: T("%(name)s: %(status)s", name=row.patient.title, status=row.status.label))


def _key(name: str) -> int:
    found = parse_key(request.form.get(name))
    return found if found is not None else abort(422)


def _place() -> Place:
    return place_of(request.form.get("place")) or abort(422)


def where(stay: RoomAllocation) -> Any:
    """Where somebody is now, in a sentence."""
    place = stay.chair.name if stay.chair is not None else stay.room.name
    if stay.until is None:
        return T("%(name)s: %(place)s", name=stay.patient.title, place=place)
    return T("%(name)s has left: %(place)s", name=stay.patient.title, place=place)


def whole_page(status: int = 200, form: ClinicForm | None = None) -> Any:
    """The page with its form; `?done=7` tells what has just happened to a stay, and can take it back."""
    session = sqla.session()
    key = parse_key(request.args.get("done"))
    stay = session.get(RoomAllocation, key) if key is not None else None
    page = render_template(
        "scheduling/rooms.html",
        title=say(T("Rooms")),
        form=form or PutForm(formdata=None),
        done=_toast(stay) if stay is not None else None,
        **rooms_context(session),
    )
    return page, status


def _toast(stay: RoomAllocation) -> dict[str, Any] | None:
    moment = stay.until or stay.from_
    is_fresh = datetime.now(UTC) - moment <= timedelta(seconds=who.setting("scheduling.undo_seconds"))
    return {"text": where(stay), "stay": stay.room_allocation_id} if is_fresh else None


def answer(write: Callable[[Session], Any], tell: Callable[[Any], Any], undo: bool = False) -> Any:
    """Write, then the rooms as they are now with what happened; without scripts the page again."""
    row, error = saving.attempt(write)
    status = error.status if error else 200
    stay = row.room_allocation_id if undo and isinstance(row, RoomAllocation) else None
    text = error.text if error else tell(sqla.session.get(type(row), row.row_id) if row is not None else None)
    if request.headers.get("HX-Request"):
        toast = {"text": text, "error": error, "stay": stay, "visit": row if isinstance(row, Appointment) else None}
        waiting = parse_key(request.form.get("appointment")) if error else None
        toast["refused"] = sqla.session().get(Appointment, waiting) if waiting else None
        return render_template("scheduling/_rooms_moved.html", toast=toast, **rooms_context(sqla.session())), status
    if status == 404:
        abort(404)
    if error is not None and "chairs" in error.data:
        return seat_page(_key("appointment"), say(text), error.data, url_for("WhereaboutsPage.seat"))
    if error is not None:
        flash(say(text), "danger")
        return redirect("/rooms", 303)
    if stay is None:
        flash(say(text), "success")
    return redirect(url_for("RoomsPage.index", done=stay), 303)
