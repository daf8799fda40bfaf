"""What the day board shows, gathered in a fixed number of statements however many visits the day has."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import Session

from app.billing import queries as billing
from app.clinical import queries as clinical
from app.clinical.models import Treatment
from app.desk.board.columns import PLACE, by_chair, by_doctor
from app.desk.board.day import Block, Card, Day
from app.kernel.dates import clinic_date, day_bounds
from app.people import queries as people
from app.people import rules as people_rules
from app.people.models import Employee
from app.scheduling import queries
from app.scheduling.models import Appointment, Chair, Shift
from app.scheduling.rules import AppointmentStatus, ShiftKind, Span, Standing, offers
from app.scheduling.rules.day import Floor, on_the_floor
from app.scheduling.terms import terms as the_terms
from app.web import cells, who
from app.web.text import today

DOCTOR, CHAIR = "doctor", "chair"


def board_context(session: Session, day: date, by: str) -> dict[str, Any]:
    """Everything `scheduling/_board.html` needs for a day by `doctor` or by `chair`.

    At most twelve statements. A page that includes the board also includes `scheduling/_panel.html` and loads
    `css/board.css` and `js/board.js`.
    """
    seen = _read(session, day)
    seen.cards = _cards(session, seen)
    floor: Floor[Appointment] = on_the_floor(seen.visits, seen.now) if day == today() else Floor()
    if day != today():
        floor.dropped = [visit for visit in seen.visits if visit not in seen.live()]
    monday = day - timedelta(days=day.weekday())
    counts = queries.live_counts(session, monday, 7, seen.terms.zone)
    return {
        "board": seen,
        "day": day,
        "by": by,
        "columns": by_chair(seen) if by == CHAIR else by_doctor(session, seen),
        "cards": seen.cards,
        "floor": floor,
        "free_chairs": _free_chairs(session, seen) if day == today() else [],
        "week": [(monday + timedelta(days=n), counts[monday + timedelta(days=n)]) for n in range(7)],
        "holiday": seen.holidays.get(day),
        "is_closed": seen.is_closed(day),
        "hours": _hours(seen),
        "now_top": seen.block(Span(seen.now, seen.now)).top if _is_on_board(seen) else None,
        "may_book": who.may("write", PLACE),
        "is_today": day == today(),
        "height": seen.block(seen.window).minutes,
    }


def _read(session: Session, day: date) -> Day:
    terms, now = the_terms(), datetime.now(UTC)
    start, end = day_bounds(day, terms.zone)
    monday = day - timedelta(days=day.weekday())
    doctors = Shift.employee_id.in_(sa.select(Employee.employee_id).where(people.is_doctor(day)))
    return Day(
        date=day,
        now=now,
        terms=terms,
        visits=queries.appointments_between(session, start, end),
        shifts=queries.shifts_between(session, day, day, Shift.kind == ShiftKind.WORK, doctors),
        away=queries.time_off_between(session, start, end),
        holidays={row.date: row for row in queries.holidays_between(session, monday, monday + timedelta(days=6))},
        chairs=queries.chairs(session),
    )


def _cards(session: Session, seen: Day) -> dict[int, Card]:
    """Each visit with its moves, alerts, phones, check-in, treatment and what the patient owes."""
    ids, patients = [v.appointment_id for v in seen.visits], {v.patient_id for v in seen.visits}
    if not ids:
        return {}
    history = people.history_of(session, patients)
    phones = people.phones_of_patients(session, patients)
    check_ins = queries.check_ins(session, ids)
    treatments = clinical.treatments_of_appointments(session, ids)
    urls, checkouts = treatment_urls(treatments), checkout_urls(treatments)
    payers = [v.patient_id for v in seen.visits if v.status is AppointmentStatus.TREATED]
    owed = billing.balances(session, payers) if payers and who.has_right("see_balance") else {}
    may_move = who.may("write", PLACE)
    cards = {}
    for visit in seen.visits:
        check_in = check_ins.get(visit.appointment_id)
        at = Standing(visit.status, visit.start_at, check_in.came_from if check_in else None, visit.actual_start_at)
        cards[visit.appointment_id] = Card(
            visit,
            offers(at, now=seen.now, zone=seen.terms.zone) if may_move else [],
            people_rules.alerts(history.get(visit.patient_id, []), today()),
            phones.get(visit.patient_id, []),
            check_in.at if check_in else None,
            urls.get(visit.appointment_id),
            checkouts.get(visit.appointment_id) if visit.status is AppointmentStatus.TREATED else None,
            owed.get(visit.patient_id),
        )
    return cards


def treatment_urls(treatments: Mapping[int, int]) -> dict[int, str]:
    """Where the treatment of each visit is, for who may open it."""
    endpoint, page = cells.RECORDS.get(Treatment, ("", ""))
    if not endpoint or not who.may("read", page):
        return {}
    return {key: url_for(endpoint, pk=found) for key, found in treatments.items()}


def checkout_urls(treatments: Mapping[int, int]) -> dict[int, str]:
    """Where the invoice of a visit is made or opened (a POST)."""
    if not who.may("write", "/invoices"):
        return {}
    return {key: url_for("InvoiceStartPage.from_visit", treatment_id=found) for key, found in treatments.items()}


def _free_chairs(session: Session, seen: Day) -> list[tuple[Chair, datetime | None]]:
    """The chairs in which somebody could sit down at this minute, each with when the next patient comes to it."""
    cleaning = timedelta(minutes=who.setting("scheduling.cleaning_minutes"))
    rooms = queries.chairs_now(session, seen.chairs, seen.visits, seen.now, cleaning)
    return [(seat.chair, seat.coming.start_at if seat.coming else None) for seat in rooms.free]


def _is_on_board(seen: Day) -> bool:
    return seen.window.start <= seen.now < seen.window.end and clinic_date(seen.now, seen.terms.zone) == seen.date


def _hours(seen: Day) -> list[Block]:
    hours, at = [], seen.window.start
    while at < seen.window.end:
        hours.append(seen.block(Span(at, at + timedelta(hours=1)), at))
        at += timedelta(hours=1)
    return hours
