"""`/appointments/free-times`: the first free times for a service, doctors, a kind of chair, weekdays and hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.db import sqla
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people import queries as people
from app.people.models import Employee, Patient
from app.scheduling import queries
from app.scheduling.models import Chair
from app.scheduling.rules import LONGEST, SLOT_MINUTES, RoomType
from app.scheduling.rules.finding import MONTHS_AHEAD, Free
from app.scheduling.terms import moment_of, terms
from app.scheduling.views.booking_fields import KeysField
from app.scheduling.views.shifts import WeekdaysField
from app.web import fields, who
from app.web.access import address, reads, writes
from app.web.cells import name_of
from app.web.forms import ClinicForm
from app.web.lookups import LOOKUPS
from app.web.text import lazy, moment, say, today
from app.web.views import ClinicPage
from app.workflows.booking import free_times, wish_of
from app.workflows.booking.finding import Asked, Relaxed, find_free, what_to_relax

NEAREST, SHOWN, MOST = 6, 20, 100
# What stands in the address for each wish that can be given up.
WISHES = {
    "weekday": ("weekday",),
    "hours": ("time_from", "time_until"),
    "doctor_id": ("doctor_id",),
    "chair_type": ("chair_type",),
    "all": ("weekday", "time_from", "time_until", "doctor_id", "chair_type"),
}
CARRIED = ("patient_id", "waitlist", "recall")  # what a time is looked for: the form of the booking is told


def _lookup(column: str) -> Any:
    return lambda: url_for("AppointmentView.lookup", column=column)


def _reference(model: Any, column: str, text: Any) -> Any:
    found = {"url": _lookup(column), "find": lambda key: LOOKUPS[model.__tablename__].find(key), "name_of": name_of}
    return fields.ReferenceField(label=lazy(text), **found)


class FreeTimesForm(ClinicForm):
    """What is looked for; it comes in the address, so that a search can be linked."""

    planned_service = _reference(ServiceCatalog, "planned_service", T("Service"))
    minutes = fields.NumberField(lazy(T("Length, minutes")), least=SLOT_MINUTES, most=LONGEST)
    patient_id = _reference(Patient, "patient_id", T("Patient"))
    doctor_id = KeysField(lazy(T("Doctors")))
    chair_type = fields.ChoiceField(lazy(T("Chair in")), enum_class=RoomType)
    weekday = WeekdaysField(lazy(T("Weekdays")))
    time_from = fields.ClockField(lazy(T("From what time")))
    time_until = fields.ClockField(lazy(T("Over by")))
    earliest = fields.DayField(lazy(T("From which day")))
    count = fields.NumberField(lazy(T("Number of times to show")), least=1, most=MOST)

    def asked(self) -> Asked:
        """As the search takes it."""
        at, _, doctor = request.args.get("after", "").partition(",")
        last, doctor_id = moment_of(at), parse_key(doctor)
        return Asked(
            service_id=self.planned_service.data,
            minutes=self.minutes.data,
            doctor_ids=tuple(self.doctor_id.data or ()),
            chair_type=self.chair_type.data,
            weekdays=frozenset(int(one) for one in self.weekday.data or ()),
            time_from=self.time_from.data,
            time_until=self.time_until.data,
            earliest=self.earliest.data,
            patient_id=self.patient_id.data,
            but=parse_key(request.args.get("but")),
            after=(last, doctor_id) if last and doctor_id else None,
        )


@dataclass(slots=True)
class Listed:
    """What was found, with the names of the doctors and chairs."""

    times: Sequence[Free] = ()
    has_more: bool = False
    relaxed: Sequence[Relaxed] = ()
    doctors: dict[int, Employee] = field(default_factory=dict)
    chairs: dict[int, Chair] = field(default_factory=dict)

    def days(self) -> list[tuple[date, list[tuple[int, list[Free]]]]]:
        """The times by day, and of a day by doctor, in the order in which they come."""
        found: dict[date, dict[int, list[Free]]] = {}
        for free in self.times:
            of_day = found.setdefault(clinic_date(free.start, who.clinic().zone), {})
            of_day.setdefault(free.doctor_id, []).append(free)
        return [(at, list(by_doctor.items())) for at, by_doctor in found.items()]

    def last(self) -> str:
        """The last time, as an address says after which one it goes on."""
        return f"{moment(self.times[-1].start)},{self.times[-1].doctor_id}" if self.times else ""


def search(session: Session, form: FreeTimesForm) -> Listed | None:
    """The free times for a form; None where it is refused, which its fields then say."""
    if not form.validate():
        return None
    asked, now, known = form.asked(), datetime.now(UTC), terms()
    try:
        found = find_free(session, asked, now=now, terms=known, count=form.count.data or SHOWN)
        relaxed = [] if found.times or asked.after else what_to_relax(session, asked, now=now, terms=known)
    except RuleError as error:
        form.refuse(error)
        return None
    named = [*found.times, *(one.first for one in relaxed)]
    doctors, chairs = queries.places(session, [one.doctor_id for one in named], [one.chair_id for one in named])
    return Listed(found.times, found.has_more, relaxed, doctors, chairs)


def booking_address(free: Free, form: FreeTimesForm) -> str:
    """The form of the booking, filled with a free time and what it was looked for."""
    told = {
        "start_at": moment(free.start),
        "doctor_id": free.doctor_id,
        "chair_id": free.chair_id,
        "planned_service": form.planned_service.data,
        "minutes": form.minutes.data,
        **{name: parse_key(request.args.get(name)) for name in CARRIED},
    }
    return address("AppointmentView.add", {name: value for name, value in told.items() if value})


def other_address(**changes: Any) -> str:
    """This search with something changed; None takes a wish away."""
    kept = [(name, one) for name, one in request.args.items(multi=True) if name not in (*changes, "after")]
    pairs = [*kept, *((name, value) for name, value in changes.items() if value)]
    behind = urlencode([(key, str(value).encode("utf-8", "replace")) for key, value in pairs])
    return url_for("FreeTimesPage.index") + (f"?{behind}" if behind else "")


def waitlist_address() -> str:
    """The form of the waitlist, filled with what was looked for."""
    same = {"patient_id": "patient_id", "planned_service": "service_id", "minutes": "minutes", "earliest": "earliest"}
    told = {wish: request.args.get(name) for name, wish in same.items()}
    doctors = request.args.getlist("doctor_id")
    told |= {"doctor_id": doctors[0] if len(doctors) == 1 else None}
    told |= {name: request.args.get(name) for name in ("time_from", "time_until")}
    return address("WaitlistEntryView.add", {name: value for name, value in told.items() if value})


def _asked_form() -> FreeTimesForm:
    return FreeTimesForm(formdata=request.args, meta={"csrf": False})


class FreeTimesPage(ClinicPage):
    """The search on a page of its own, in a board's panel, and for programs."""

    page, route_base = "/appointments", "/appointments"

    @expose("/free-times")
    @reads
    def index(self) -> Any:
        """The page; only the times where a page of ours asks."""
        form, session = _asked_form(), sqla.session()
        is_part = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
        found = search(session, form)
        context: dict[str, Any] = {
            "form": form,
            "found": found,
            "months": MONTHS_AHEAD,
            "address_of": lambda free: booking_address(free, form),
            "other": other_address,
            "other_without": lambda wish: other_address(**dict.fromkeys(WISHES[wish])),
            "last": found.last() if found else "",
            "is_in_form": bool(request.args.get("in_form")),
            "to_waitlist": waitlist_address(),
        }
        status = 200 if found is not None else 422
        if is_part:
            return self.render_template("scheduling/_free_times.html", **context), status
        context |= {"doctors": people.doctors(session, today()), "title": say(T("Free times"))}
        return self.render_template("scheduling/free_times.html", **context), status

    @expose("/free-times.json")
    @reads
    def as_json(self) -> Any:
        """The same for programs and other pages: times on the clinic's clock."""
        form = _asked_form()
        found = search(sqla.session(), form)
        if found is None:
            return jsonify(errors=[{"field": name, "text": text} for name, _, text in form.problems()]), 422
        return _as_json(found)

    @expose("/free")
    @writes
    def free(self) -> str:
        """The nearest free times for what stands in the form so far, as buttons."""
        names = ("doctor_id", "chair_id", "assistant_id", "patient_id", "planned_service", "minutes", "but")
        wanted: dict[str, Any] = {name: parse_key(request.args.get(name, "")) for name in names}
        session, now, known = sqla.session(), datetime.now(UTC), terms()
        wanted["start_at"] = moment_of(request.args.get("start_at", "")) or now
        starts: Sequence[datetime] = []
        found, error = Listed(), None
        try:
            if wanted["doctor_id"]:
                wish = wish_of(session, wanted, known)
                starts = free_times(session, wish, now=now, terms=known, but=wanted["but"], count=NEAREST)
            else:
                found = _of_any_doctor(session, wanted, now)
        except RuleError as refusal:
            error = refusal.text
        return self.render_template(
            "scheduling/_free.html",
            starts=starts,
            found=found,
            error=error,
            room_types=list(RoomType),
            books_at_once=bool(request.args.get("save")),
            moves=bool(wanted["but"]),
        )


def _as_json(found: Listed) -> Response:
    times = [
        {
            "start": moment(free.start),
            "end": moment(free.end),
            "doctor_id": free.doctor_id,
            "doctor": found.doctors[free.doctor_id].title,
            "chair_id": free.chair_id,
            "chair": found.chairs[free.chair_id].title if free.chair_id else None,
        }
        for free in found.times
    ]
    answer: Response = jsonify(times=times, after=found.last() if found.has_more else None)
    return answer


def _of_any_doctor(session: Session, wanted: dict[str, Any], now: datetime) -> Listed:
    """The first free times from the wanted one on, whoever the doctor is."""
    asked = Asked(
        service_id=wanted["planned_service"],
        minutes=wanted["minutes"],
        patient_id=wanted["patient_id"],
        but=wanted["but"],
        after=(wanted["start_at"], 0) if wanted["start_at"] > now else None,
    )
    found = find_free(session, asked, now=now, terms=terms(), count=NEAREST)
    doctors, chairs = queries.places(session, [f.doctor_id for f in found.times], [f.chair_id for f in found.times])
    return Listed(found.times, found.has_more, (), doctors, chairs)
