"""Taking a move back: every visit where it stood."""

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_appbuilder import expose

from app.db import sqla
from app.kernel.text import T
from app.scheduling import queries
from app.scheduling.terms import terms
from app.scheduling.undo import moved_of
from app.web import saving, who
from app.web.access import is_part, writes
from app.web.forms import ClinicForm
from app.web.text import say
from app.web.views import ClinicPage
from app.workflows.series import from_plain, put_back


class UndoPage(ClinicPage):
    """`/scheduling/undo`: for whoever may move a visit."""

    page, route_base = "/appointments", "/scheduling"

    @expose("/undo", methods=["POST"])
    @writes
    def undo(self) -> Any:
        """Every visit of a move where it stood before."""
        found = moved_of(request.form.get("moved", ""))
        if not found:
            abort(422, say(T("It is too late to undo this.")))
        moved = from_plain(found)
        form, by, now, known = ClinicForm(formdata=None), who.me().user_id, datetime.now(UTC), terms()
        _, status = saving.save(form, lambda s: put_back(s, moved, by_user=by, now=now, terms=known))
        problems = " ".join(text for _, _, text in form.problems())
        row = queries.appointment(sqla.session(), moved[0].appointment_id)
        if row is None:
            abort(404)
        if not is_part():
            flash(problems or say(T("Put back.")), "danger" if problems else "success")
            return redirect(url_for("AppointmentView.show", pk=row.appointment_id), 303)
        page = render_template("scheduling/_saved.html", rows=[row], along=len(moved) - 1, undo="", problems=problems)
        made = make_response(page, status)
        made.headers["HX-Trigger"] = "visit-saved"
        return made
