"""The day on paper: who comes to whom, at what time, how to reach them. Nothing of what is done in the mouth."""

from collections.abc import Iterable
from typing import Any

from flask import Response, request
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.db import sqla
from app.desk.board import CHAIR
from app.desk.calendar.asking import DROPPED, Days, keys_of
from app.desk.calendar.facts import PAGE
from app.desk.day_board import asked_by, asked_day
from app.kernel.dates import day_bounds
from app.people import queries as people
from app.scheduling import queries
from app.scheduling.models import Appointment
from app.web import who
from app.web.access import reads
from app.web.pdf import breakable, pdf_answer, render_pdf
from app.web.text import locale
from app.web.views import ClinicPage

LONGEST_NOTE = 200


class CalendarPaperPage(ClinicPage):
    """`/calendar/print`."""

    page, route_base = PAGE, "/calendar"

    @expose("/print")
    @reads
    def print_day(self) -> Response:
        """The day as a PDF: `?day=2026-11-20`, `by=chair`, and `doctor=3,7` for some doctors alone."""
        day, by, doctors = asked_day(), asked_by(), keys_of(request.args, "doctor")
        session = sqla.session()
        rows = _visits(session, Days(day, day), doctors)
        phones = people.phones_of_patients(session, {row.patient_id for row in rows})
        who.hooks().record("print", "appointment", day.isoformat(), changes={"visits": len(rows)})
        page = render_pdf(
            "calendar_day.html", locale(), day=day, parts=_parts(rows, by), phones=phones, by=by, short=_short
        )
        return pdf_answer(page, f"calendar-{day}")


def _visits(session: Session, days: Days, doctors: tuple[int, ...]) -> list[Appointment]:
    found = queries.appointments_between(session, *day_bounds(days.first, who.clinic().zone))
    return [row for row in found if row.status not in DROPPED and (not doctors or row.doctor_id in doctors)]


def _parts(rows: Iterable[Appointment], by: str) -> list[tuple[str, list[Appointment]]]:
    """The visits of each doctor or chair, in the order of the alphabet."""
    parts: dict[Any, list[Appointment]] = {}
    for row in rows:
        parts.setdefault(row.chair if by == CHAIR else row.doctor, []).append(row)

    def order(part: Any) -> tuple[bool, str]:
        return part is None, "" if part is None else part.name if by == CHAIR else part.sort_name

    return [(part.title if part else "", parts[part]) for part in sorted(parts, key=order)]


def _short(text: str | None) -> str:
    """A note that fits into its line."""
    kept = " ".join((text or "").split())
    return breakable(kept if len(kept) <= LONGEST_NOTE else f"{kept[:LONGEST_NOTE]}…")
