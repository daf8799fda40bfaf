"""The booking form as a part of the board, and what the record of an appointment shows around its columns."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Response, g, get_flashed_messages, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.clinical import queries as clinical
from app.clinical.models import Treatment
from app.db import sqla
from app.people import queries as people
from app.people import rules as people_rules
from app.scheduling import queries
from app.scheduling.models import Appointment
from app.scheduling.rules import AppointmentStatus, may_undo, offers
from app.scheduling.undo import undo_token
from app.web import cells, who
from app.web.text import today
from app.workflows.series import Moved, as_plain


def is_part() -> bool:
    """Whether only the form is asked for, to stand in the board's panel."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")


def answer(made: Any) -> Any:
    """A page as it is; in the panel a saved form answers with its message, and tells the board to look again."""
    if not (is_part() and isinstance(made, AnyResponse) and made.status_code == 302):
        return made
    get_flashed_messages()  # the message is in the answer, not on the next page
    rows = queries.appointments(sqla.session(), g.saved_appointments)
    moved: Sequence[Moved] = g.get("moved", ())
    undo = undo_token(as_plain(moved)) if moved else ""
    along = len(moved) - 1 if moved else 0
    page = render_template("scheduling/_saved.html", rows=rows, along=along, undo=undo, not_here=g.get("not_here"))
    told: Response = make_response(page)
    told.headers["HX-Trigger"] = "visit-saved"
    return told


def remember(moved: Sequence[Moved]) -> None:
    """Keep how the visits stood before they were moved, so that the message can offer to take it back."""
    g.moved = moved


def record_context(session: Session, row: Appointment) -> Mapping[str, Any]:
    """The moves that are possible and those that were made, who must be told of, and the treatment."""
    now, zone = datetime.now(UTC), who.clinic().zone
    history = queries.history_of(session, row.appointment_id)
    last = history[0][0] if history else None
    entries = people.history_of(session, [row.patient_id]).get(row.patient_id, [])
    may_move = who.may("write", "/appointments")
    standing = queries.standing(session, row)
    seconds = who.setting("scheduling.undo_seconds")
    return {
        "history": history,
        "moves_offered": offers(standing, now=now, zone=zone) if may_move else [],
        "undo": last if may_move and last and may_undo(last, row.status, now, seconds) else None,
        "undo_seconds": seconds,
        "alerts": people_rules.alerts(entries, today()),
        "phones": people.phones_of_patients(session, [row.patient_id]).get(row.patient_id, []),
        **treatment_urls(session, row),
    }


def treatment_urls(session: Session, row: Appointment) -> dict[str, str | None]:
    """Where the treatment of a visit is, and where a treated one is paid (a POST), if the person may open them."""
    endpoint, page = cells.RECORDS.get(Treatment, ("", ""))
    found = clinical.treatments_of_appointments(session, [row.appointment_id]).get(row.appointment_id)
    waits = row.status is AppointmentStatus.TREATED and who.may("write", "/invoices")
    return {
        "treatment_url": url_for(endpoint, pk=found) if found and endpoint and who.may("read", page) else None,
        "checkout_url": url_for("InvoiceStartPage.from_visit", treatment_id=found) if found and waits else None,
    }
