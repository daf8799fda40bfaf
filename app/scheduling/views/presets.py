"""What the booking form starts with: a point of the board, a free time, somebody who waits or is due, or a walk-in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.clinical.models import Recall
from app.kernel.dates import clinic_date, day_bounds, parse_date
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.scheduling.models import WaitlistEntry
from app.scheduling.queries import first_free
from app.scheduling.rules import LONGEST, SLOT_MINUTES, AppointmentSource, WaitStatus, visit_minutes
from app.scheduling.rules.finding import Free, Wish
from app.scheduling.terms import moment_of, terms

Found = dict[str, Any]


def from_address(session: Session) -> Found:
    """Everything that the address of the form says; what it names itself goes before what is looked up for it."""
    args = request.args
    minutes = parse_key(args.get("minutes"))
    named: Found = {
        "start_at": moment_of(args.get("start_at", "")),
        "minutes": minutes if minutes and minutes <= LONGEST and minutes % SLOT_MINUTES == 0 else None,
    }
    found = {"source": AppointmentSource.PHONE, **_of_waitlist(session), **_of_recall(session)}
    if args.get("source") == AppointmentSource.WALK_IN.value:
        found |= _of_walk_in(session, parse_key(args.get("doctor_id")), named)
    return {**found, **{name: value for name, value in named.items() if value is not None}}


def asked_day() -> str:
    """The day of a board that shows another day than today: times are offered from there on."""
    typed = request.args.get("start_at", "")[:40].strip()
    try:
        return "" if moment_of(typed) else parse_date(typed).isoformat()
    except RuleError:
        return ""


def _of_waitlist(session: Session) -> Found:
    key = parse_key(request.args.get("waitlist"))
    entry = session.get(WaitlistEntry, key) if key else None
    if entry is None or entry.status not in (WaitStatus.WAITING, WaitStatus.OFFERED):
        return {}
    found: Found = {
        "waitlist_entry": entry.waitlist_entry_id,
        "patient_id": entry.patient_id,
        "planned_service": entry.service_id,
        "doctor_id": entry.doctor_id,
        "minutes": entry.minutes,
        "source": AppointmentSource.WAITLIST,
    }
    if entry.status is WaitStatus.OFFERED and entry.offered_start_at:
        found["start_at"] = entry.offered_start_at
        found["doctor_id"], found["chair_id"] = entry.offered_doctor_id or entry.doctor_id, entry.offered_chair_id
    return found


def _of_recall(session: Session) -> Found:
    key = parse_key(request.args.get("recall"))
    recall = session.get(Recall, key) if key else None
    if recall is None or recall.appointment_id is not None:
        return {}
    return {
        "recall": recall.recall_id,
        "patient_id": recall.patient_id,
        "planned_service": recall.service_id,
        "purpose": recall.reason,
        "source": AppointmentSource.RECALL,
    }


def _of_walk_in(session: Session, doctor_id: int | None, named: Mapping[str, Any]) -> Found:
    found: Found = {"source": AppointmentSource.WALK_IN, "is_here": True}
    if named["start_at"] is None:
        free = soonest_today(session, named["minutes"], doctor_id)
        if free is not None:
            found |= {"start_at": free.start, "doctor_id": free.doctor_id, "chair_id": free.chair_id}
    return found


def soonest_today(session: Session, minutes: int | None, doctor_id: int | None = None) -> Free | None:
    """The soonest free time of today, at any doctor's or this one's."""
    now, known = datetime.now(UTC), terms()
    wish = Wish(
        minutes=visit_minutes(minutes, None, known.default_minutes),
        earliest=now,
        latest=day_bounds(clinic_date(now, known.zone), known.zone)[1],
        doctor_ids=(doctor_id,) if doctor_id else (),
    )
    return next(iter(first_free(session, wish, now=now, terms=known, count=1)), None)
