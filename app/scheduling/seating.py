"""The question where a patient sits down whose chair can't be sat in, for pages without scripts."""

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template

from app.db import sqla
from app.kernel.text import T
from app.scheduling import queries
from app.web.text import say


def seat_page(appointment_id: int, sentence: str, data: Mapping[str, Any], target: str, place: str = "") -> Any:
    """Why not there, and the free chairs as buttons that post to `target`; afterwards to `place`."""
    visit = queries.appointment(sqla.session(), appointment_id) or abort(404)
    title = say(T("%(name)s: into treatment", name=visit.patient.title))
    told = {"visit": visit, "sentence": sentence, "data": data, "target": target, "next": place, "title": title}
    return render_template("scheduling/seat.html", **told), 409
