"""`/treatments/{id}`: the page a doctor works on."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, flash, jsonify, make_response, redirect, request, url_for
from flask_appbuilder import expose
from werkzeug.wrappers import Response as AnyResponse

from app.catalogue.rules import ToothSystem
from app.clinical import actions, queries
from app.clinical.models import Treatment
from app.clinical.numbering import COOKIE, shown_tooth
from app.clinical.views import chart, forms, screen
from app.clinical.views.lookups import lookup
from app.db import sqla
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.scheduling.rules import AppointmentStatus
from app.scheduling.seating import seat_page
from app.web import cells, saving, who
from app.web.access import address, reads, writes
from app.web.forms import ClinicForm
from app.web.text import say
from app.web.views import ClinicPage
from app.workflows import sterile, treating

PAGE = "/treatments/{id}"


class TreatmentPage(ClinicPage):
    """The page, its parts, and its own facts."""

    page, route_base = PAGE, "/treatments"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[Treatment] = ("TreatmentPage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """The whole page."""
        page = screen.whole_page(pk)
        who.hooks().record("view", "treatment", pk, patient=sqla.session.get_one(Treatment, pk).patient_id)
        return page

    @expose("/<int:pk>/part/<part>")
    @reads
    def part(self, pk: int, part: str) -> Any:
        """One part of the page, such as the chart with an item's teeth picked."""
        if part not in screen.PARTS:
            abort(404)
        if not screen.is_part_wanted():
            return redirect(f"{address('TreatmentPage.show', request.args, pk=pk)}#{part}")
        return screen.part_of_page(pk, part)

    @expose("/of/<int:appointment>")
    @reads
    def of_appointment(self, appointment: int) -> AnyResponse:
        """The treatment page of an appointment: one click from the doctor's day."""
        found = queries.treatment_of_appointment(sqla.session(), appointment) or abort(404)
        return redirect(url_for("TreatmentPage.show", pk=found.treatment_id))

    @expose("/<int:pk>/visit", methods=["POST"])
    @writes
    def save_visit(self, pk: int) -> Any:
        """Complaint, kind of visit, note."""
        form, status = forms.VisitForm(), 422
        if form.validate():

            def write(session: Any) -> None:
                row = actions.locked_treatment(session, pk)
                saving.check_token(row, form.lock_token.data or "")
                actions.change_visit(session, row, form.values())

            _, status = saving.save(form, write)
        return screen.answer(pk, "visit", status, visit=form)


class StatusPage(ClinicPage):
    """How far the visit is, and which case it belongs to."""

    page, route_base = PAGE, "/treatments"

    @expose("/begin/<int:appointment>", methods=["POST"])
    @writes
    def begin(self, appointment: int) -> Any:
        """Take a patient who is here into the chair, and open the page."""
        by, now, chair = who.me().user_id, datetime.now(UTC), parse_key(request.form.get("chair"))

        def write(session: Any) -> int:
            _move_visit()(session, appointment, AppointmentStatus.IN_TREATMENT, now=now, by=by, chair_id=chair)
            found = queries.treatment_of_appointment(session, appointment)
            return found.treatment_id if found else abort(404)

        form = ClinicForm()
        key, _ = saving.save(form, write)
        told = " ".join(text for _, _, text in form.problems())
        if key is None and "chairs" in form.refusal:
            return seat_page(appointment, told, form.refusal, url_for("StatusPage.begin", appointment=appointment))
        if key is None:
            flash(told, "danger")
            return redirect(url_for("AppointmentView.list"))
        return redirect(url_for("TreatmentPage.show", pk=key), 303)

    @expose("/<int:pk>/done", methods=["POST"])
    @writes
    def done(self, pk: int) -> Any:
        """Treated: the patient goes to the desk."""
        appointment = screen.the_treatment(pk).appointment_id
        by, now, zone = who.me().user_id, datetime.now(UTC), who.clinic().zone
        is_warned = bool(request.form.get("anyway"))

        def write(session: Any) -> None:
            if not is_warned:
                sterile.warn(session, session.get_one(Treatment, pk), zone)
            if appointment is None:
                treating.complete_walk_in(session, pk, now=now, zone=zone)
            else:
                _move_visit()(session, appointment, AppointmentStatus.TREATED, now=now, by=by)

        return self._after(pk, write, say(T("Treated. The visit is with the desk now.")))

    @expose("/<int:pk>/reopen", methods=["POST"])
    @writes
    def reopen(self, pk: int) -> Any:
        """A visit without an appointment goes on."""
        return self._after(pk, lambda session: treating.reopen_walk_in(session, pk), say(T("The visit is open again.")))

    @expose("/<int:pk>/case", methods=["POST"])
    @writes
    def case(self, pk: int) -> Any:
        """Which earlier visit this one continues."""
        form = forms.CaseForm()
        if not form.validate():
            abort(422)
        values = {"case_id": form.case_id.data}
        return self._after(
            pk,
            lambda session: actions.change_visit(session, actions.locked_treatment(session, pk), values),
            say(T("Saved.")),
        )

    def _after(self, pk: int, write: Any, message: str) -> Any:
        form = ClinicForm()
        _, status = saving.save(form, write)
        if status != 200:
            return screen.whole_page(pk, status, page=form)
        flash(message, "success")
        return redirect(url_for("TreatmentPage.show", pk=pk), 303)


def _move_visit() -> Any:
    # resolved at the call: the step belongs to the desk's own flow
    from app.workflows.visit_moves import move_visit

    return move_visit


class HistoryPage(ClinicPage):
    """Earlier visits and prescriptions of the patient, and the case this visit continues."""

    page, route_base = PAGE, "/treatments"

    @expose("/<int:pk>/history")
    @reads
    def history(self, pk: int) -> Any:
        """The tab."""
        session, treatment = sqla.session(), screen.the_treatment(pk)
        key = treatment.patient_id
        earlier = queries.treatments_of_patient(session, key, but=pk)
        return self.render_template(
            "clinical/history.html",
            treatment=treatment,
            title=treatment.patient.full_name,
            earlier=earlier,
            cases=[
                v
                for v in earlier
                if v.treatment.case_id is None and v.treatment.treatment_date <= treatment.treatment_date
            ],
            prescriptions=queries.prescriptions_of_patient(session, key),
            item_teeth=chart.item_teeth,
            shown_tooth=shown_tooth,
            can_write=screen.may_write(),
            can_prescribe=who.may("write", "/prescriptions"),
            **screen.head(session, treatment),
        )


class FindPage(ClinicPage):
    """What the page's search boxes find, and how teeth are numbered."""

    page, route_base = PAGE, "/treatments"

    @expose("/find/<kind>")
    @reads
    def find(self, kind: str) -> Response:
        """Services, diagnoses, medicines, clinicians, as one types."""
        typed = " ".join(request.args.get("q", "").split())[:60]
        return jsonify(lookup(kind).answers(typed))

    @expose("/numbering", methods=["POST"])
    @reads
    def numbering(self) -> AnyResponse:
        """FDI, Universal or Palmer, remembered on this device."""
        chosen, back = request.form.get("system", ""), parse_key(request.form.get("treatment"))
        if chosen not in {system.word for system in ToothSystem} or back is None:
            abort(422)
        answer = make_response(redirect(url_for("TreatmentPage.show", pk=back), 303))
        answer.set_cookie(COOKIE, chosen, max_age=31_536_000, httponly=True, samesite="Lax", secure=request.is_secure)
        return answer
