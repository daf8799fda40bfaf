"""Booking a visit and moving it to another time: for a patient, or for a caller of whom name and phone are known."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.models import ServiceCatalog
from app.kernel.dates import clinic_date
from app.kernel.errors import Conflict, NotFound, RuleError
from app.kernel.phones import parse_phone
from app.kernel.text import T
from app.people import actions as people
from app.people import queries as people_queries
from app.people.models import Employee, Patient
from app.people.rules import PatientSource
from app.scheduling import actions, queries
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentSource, Holding, SlotKind, Span, Terms, free_starts, visit_minutes, workable

# How far around the wanted time free ones are looked for: near first, and further only when that finds too few.
NEAR, FAR = (timedelta(days=1), timedelta(days=4)), (timedelta(days=7), timedelta(days=45))
LONGEST_NAME = 30


def book_visit(
    session: Session,
    values: Mapping[str, Any],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    by_employee: int | None = None,
) -> Appointment:
    """Book a visit. Raises RuleError, Conflict, TryAgain.

    `values` as in `scheduling.actions.book`; instead of `patient_id`, a caller is given by `caller_name` and
    `caller_phone`, and becomes a provisional patient. A time that is taken is a `Conflict` on `start_at` whose data
    holds who is `busy` and the three nearest `free` times; what the unit wrote is rolled back by then.
    """
    filled = {**values, "receptionist_id": by_employee}
    if not filled.get("patient_id"):
        filled["patient_id"] = _caller(session, values, today=clinic_date(now, terms.zone), by=by_user).patient_id
    return _or_free_times(
        session,
        lambda: actions.book(session, filled, now=now, terms=terms, by_user=by_user),
        filled,
        now=now,
        terms=terms,
    )


def reschedule_visit(
    session: Session,
    appointment_id: int,
    values: Mapping[str, Any],
    *,
    by_user: int | None,
    now: datetime,
    terms: Terms,
    version: int | None = None,
) -> Appointment:
    """Give a visit another time, doctor, chair or length. Raises NotFound, RuleError, Conflict, TryAgain.

    A stale `version` is a `Conflict` without free times; a time that is taken is refused as in `book_visit`.
    """
    appointment = locked_appointment(session, appointment_id, version)
    wanted = {**{name: getattr(appointment, name) for name in ("patient_id", *actions.ASKED)}, **values}
    return _or_free_times(
        session,
        lambda: actions.reschedule(session, appointment, values, now=now, terms=terms, by_user=by_user),
        wanted,
        now=now,
        terms=terms,
        but=appointment_id,
    )


def locked_appointment(session: Session, appointment_id: int, version: int | None) -> Appointment:
    """The appointment, locked until the unit ends. Raises NotFound, and Conflict for a stale version."""
    appointment = session.get(Appointment, appointment_id, with_for_update=True)
    if appointment is None:
        raise NotFound(T("This appointment no longer exists."))
    if version is not None and appointment.version != version:
        raise Conflict(T("Somebody changed this appointment meanwhile. Look at how it stands now."))
    return appointment


def free_times(
    session: Session, wish: Holding, *, now: datetime, terms: Terms, but: int | None = None, count: int = 3
) -> list[datetime]:
    """The `count` free starts nearest to the wish, none before `now`; `but` is the appointment that is to be moved."""
    wanted = max(wish.span.start, now)
    found: list[datetime] = []
    for before, after in (NEAR, FAR):
        window = Span(max(now, wanted - before), wanted + after)
        found = _free_in(session, wish, window, terms, but, count)
        if len(found) >= count:
            break
    return found


def _free_in(
    session: Session, wish: Holding, window: Span, terms: Terms, but: int | None, count: int
) -> list[datetime]:
    doctor = session.get(Employee, wish.doctor_id)
    days = queries.days_of_doctor(session, wish.doctor_id, window, terms.zone)
    lanes: dict[datetime, int] = {}
    others: set[datetime] = set()
    for slot in queries.slots_taken(session, wish.resources(), window, but=but):
        if slot.kind is SlotKind.DOCTOR:
            lanes[slot.starts_at] = lanes.get(slot.starts_at, 0) + 1
        else:
            others.add(slot.starts_at)
    capacity = doctor.chair_capacity if doctor else 1
    full = {slot for slot, count_taken in lanes.items() if count_taken >= capacity}
    spans = workable(window, days, terms)
    return free_starts(wish, spans, dentist_full=full, others_taken=others, terms=terms, count=count)


def wish_of(session: Session, values: Mapping[str, Any], terms: Terms) -> Holding:
    """What was asked for, as the search for free times needs it. Raises RuleError (minutes)."""
    service = session.get(ServiceCatalog, values["planned_service"]) if values.get("planned_service") else None
    duration = service.default_duration_time if service else None
    minutes = visit_minutes(values.get("minutes"), duration, terms.default_minutes)
    start: datetime = values["start_at"]
    return Holding(
        Span(start, start + timedelta(minutes=minutes)),
        doctor_id=values["doctor_id"],
        patient_id=values.get("patient_id") or 0,  # a caller isn't known yet and holds nothing
        chair_id=values.get("chair_id"),
        assistant_id=values.get("assistant_id"),
        lead=service.assistant_lead_minutes if service else 0,
        tail=service.assistant_tail_minutes if service else 0,
    )


def _or_free_times(
    session: Session,
    write: Callable[[], Appointment],
    wanted: Mapping[str, Any],
    *,
    now: datetime,
    terms: Terms,
    but: int | None = None,
) -> Appointment:
    """Write; where the time is taken, refuse with the nearest free times, read afresh after what failed is undone."""
    try:
        return write()
    except Conflict as error:
        if "busy" not in error.data:
            raise
        session.rollback()
        free = free_times(session, wish_of(session, wanted, terms), now=now, terms=terms, but=but)
        raise Conflict(error.text, field="start_at", data={**error.data, "free": free}) from error


def _caller(session: Session, values: Mapping[str, Any], *, today: date, by: int | None) -> Patient:
    """A caller as a provisional patient. Raises RuleError (caller_name, caller_phone), Conflict with who it may be."""
    typed, phone = " ".join((values.get("caller_name") or "").split()), values.get("caller_phone")
    if not typed and not phone:
        raise RuleError(T("Choose a patient, or write the name and phone of a caller."), field="patient_id")
    last_name, first_name = caller_names(typed)
    if not phone:
        raise RuleError(T("Required"), field="caller_phone")
    number = parse_phone(phone, field="caller_phone")
    if not values.get("is_somebody_else"):
        _check_known(session, first_name, last_name, number)
    who = {
        "first_name": first_name,
        "last_name": last_name,
        "is_provisional": True,
        "source": PatientSource.WALK_IN if values.get("source") is AppointmentSource.WALK_IN else PatientSource.PHONE,
    }
    return people.register_patient(
        session, who, [(0, {"phone_number_val": number, "is_primary": True})], today=today, by=by
    )


def caller_names(typed: str) -> tuple[str | None, str]:
    """(family name, given name) of what a caller said: `Дорж Бат`, `Д.Бат` or `Бат`. Raises RuleError (caller_name)."""
    head, dot, tail = typed.partition(".")
    words = [head.strip(), tail.strip()] if dot and head.strip() and tail.strip() else typed.rsplit(" ", 1)
    first_name, last_name = words[-1], words[0] if len(words) > 1 else None
    if not first_name:
        raise RuleError(T("Required"), field="caller_name")
    if max(len(first_name), len(last_name or "")) > LONGEST_NAME:
        raise RuleError(T("At most %(longest)s characters.", longest=LONGEST_NAME), field="caller_name")
    return last_name, first_name


def _check_known(session: Session, first_name: str, last_name: str | None, number: str) -> None:
    """A caller with a name and number that are here already is most likely that patient. Raises Conflict."""
    known = people_queries.likely_duplicates(
        session, first_name=first_name, last_name=last_name, birthday=None, phones=[number]
    )
    if known:
        text = T("This caller may be a patient already. Choose the patient, or say that it is somebody else.")
        raise Conflict(text, field="caller_name", data={"likely": [row.patient_id for row in known]})
