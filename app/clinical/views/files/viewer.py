"""The viewer: one picture large, another of the same patient beside it, the next and the one before."""

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session

from app.clinical import actions, queries
from app.clinical.models import MedicalFile
from app.clinical.numbering import shown_tooth
from app.clinical.rules import doubts
from app.clinical.views.files.looking import PAGE, looked_at
from app.clinical.views.files.table import known
from app.clinical.views.forms import ReasonForm
from app.db import sqla, unit
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.web import saving, who
from app.web.access import reads, writes
from app.web.text import say
from app.web.views import ClinicPage


class ViewerPage(ClinicPage):
    """`/files/{id}/view`."""

    page, route_base = PAGE, "/files"

    @expose("/<int:pk>/view")
    @reads
    def view(self, pk: int) -> Any:
        """The picture, to zoom into, turn, brighten; what has none is shown by its record."""
        row = looked_at(pk, what="viewer")
        if row.preview_id is None:
            return redirect(url_for("MedicalFileView.show", pk=pk))
        session = sqla.session()
        others = queries.pictures_beside(session, row)
        newer, older = queries.neighbours(session, row)
        return self.render_template(
            "clinical/viewer.html",
            title=f"{row.name} · {row.patient.full_name}",
            row=row,
            beside=_beside(others),
            others=others,
            newer=newer,
            older=older,
            doubts=doubts(row.dicom or {}, known(row.patient)),
            shown_tooth=shown_tooth,
        )


def _beside(others: Any) -> MedicalFile | None:
    """The picture that the address wants beside it; 404 for one that isn't this patient's."""
    typed = request.args.get("with")
    if not typed:
        return None
    return next((one for one in others if one.row_id == parse_key(typed)), None) or abort(404)


class MistakePage(ClinicPage):
    """A file that is a mistake stays, and says why."""

    page, route_base = PAGE, "/files"

    @expose("/<int:pk>/invalid", methods=["POST"])
    @writes
    def invalid(self, pk: int) -> Any:
        """Mark it as a mistake."""
        form, by, now = ReasonForm(), who.me().user_id, datetime.now(UTC)
        status = 422
        if form.validate():

            def write(session: Session) -> None:
                actions.mark_invalid(session, actions.locked_file(session, pk), form.reason.data, by=by, now=now)

            _, status = saving.save(form, write)
        if status == 404:
            abort(404)
        if status != 200:
            flash(" ".join(text for _, _, text in form.problems()), "danger")
        else:
            flash(say(T("Marked as a mistake. It stays in the list, crossed out.")), "success")
        return redirect(url_for("MedicalFileView.show", pk=pk), 303)

    @expose("/<int:pk>/valid", methods=["POST"])
    @writes
    def valid(self, pk: int) -> Any:
        """Take that back."""
        unit(lambda session: actions.mark_valid(session, actions.locked_file(session, pk)))
        flash(say(T("The file counts again.")), "success")
        return redirect(url_for("MedicalFileView.show", pk=pk), 303)
