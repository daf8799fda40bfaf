"""Writing prescriptions: on the treatment page as a draft, issued in a doctor's name, cancelled with a reason."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.catalogue.models import Medicine
from app.clinical import actions, queries
from app.clinical.models import Prescription, PrescriptionItem
from app.clinical.rules import PrescriptionStatus
from app.clinical.views import forms, paper, screen
from app.db import sqla, unit
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.security.rules import Locale
from app.web import cells, saving, who
from app.web.access import needs_right, reads, writes
from app.web.forms import ClinicForm
from app.web.pdf import pdf_answer
from app.web.text import say, today
from app.web.views import ClinicPage

PAGE = "/prescriptions"
MEDICINE = ("medicine_id", *actions.DIRECTIONS, "override_reason")


def _prescription(pk: int) -> Prescription:
    return sqla.session.get(Prescription, pk) or abort(404)


def _treatment_of_item(item: int) -> int:
    row = sqla.session.get(PrescriptionItem, item) or abort(404)
    return row.prescription.treatment_id


def _written(treatment: int, name: str, form: ClinicForm, write: Callable[[Session], Any]) -> Any:
    status = 422
    if form.validate():
        _, status = saving.save(form, write)
    return screen.answer(treatment, "prescribing", status, **{name: form})


class DraftPage(ClinicPage):
    """The draft of a visit."""

    page, route_base = PAGE, "/prescriptions"

    @expose("/for/<int:treatment>/add", methods=["POST"])
    @writes
    def add(self, treatment: int) -> Any:
        """A medicine with its directions."""
        form = forms.MedicineForm()
        return _written(treatment, "medicine", form, _adding(treatment, lambda: forms.values_of(form, *MEDICINE)))

    @expose("/for/<int:treatment>/again/<int:item>", methods=["POST"])
    @writes
    def again(self, treatment: int, item: int) -> Any:
        """A medicine exactly as the doctor prescribed it before."""
        row = sqla.session.get(PrescriptionItem, item) or abort(404)
        form = forms.MedicineForm(formdata=None, obj=row)
        form.override_reason.data = None
        _, status = saving.save(form, _adding(treatment, lambda: forms.values_of(form, *MEDICINE)))
        return screen.answer(treatment, "prescribing", status, medicine=form)

    @expose("/for/<int:treatment>/usual", methods=["GET", "POST"])
    @reads
    def usual(self, treatment: int) -> Any:
        """The form with the usual directions of a medicine, and a warning where an allergy speaks against it."""
        key = parse_key(request.values.get("medicine_id"))
        medicine = sqla.session.get(Medicine, key) if key else None
        form = screen.usual_form(screen.the_treatment(treatment).patient, medicine)
        show = screen.part_of_page if screen.is_part_wanted() else screen.whole_page
        return show(treatment, **({"part": "prescribing"} if screen.is_part_wanted() else {}), medicine=form)

    @expose("/<int:pk>/discard", methods=["POST"])
    @writes
    def discard(self, pk: int) -> Any:
        """Throw the draft away."""
        treatment = _prescription(pk).treatment_id
        return _written(
            treatment,
            "rx",
            ClinicForm(),
            lambda session: actions.discard_draft(session, actions.locked_prescription(session, pk)),
        )


class DraftItemPage(ClinicPage):
    """A medicine of a draft."""

    page, route_base = PAGE, "/prescriptions"

    @expose("/items/<int:item>", methods=["POST"])
    @writes
    def change(self, item: int) -> Any:
        """Other directions."""
        treatment, form, on = _treatment_of_item(item), forms.MedicineForm(), today()

        def write(session: Session) -> Any:
            return actions.change_medicine(session, item, forms.values_of(form, *MEDICINE), today=on)

        return _written(treatment, "medicine", form, write)

    @expose("/items/<int:item>/remove", methods=["POST"])
    @writes
    def remove(self, item: int) -> Any:
        """Take a medicine off the draft."""
        treatment = _treatment_of_item(item)
        return _written(treatment, "rx", ClinicForm(), lambda session: actions.remove_medicine(session, item))


def _adding(treatment: int, values: Callable[[], dict[str, Any]]) -> Callable[[Session], Any]:
    on, doctor = today(), screen.prescriber(screen.the_treatment(treatment))

    def write(session: Session) -> Any:
        row = actions.locked_treatment(session, treatment)
        return actions.add_medicine(session, row, values(), doctor_id=doctor, today=on)

    return write


class IssuingPage(ClinicPage):
    """From the draft to paper, and back with a reason."""

    page, route_base = PAGE, "/prescriptions"

    @expose("/<int:pk>/issue", methods=["POST"])
    @needs_right("issue_prescription")
    def issue(self, pk: int) -> Any:
        """Issue a draft: a doctor in their own name, an Admin in a doctor's."""
        form, draft = forms.IssueForm(), _prescription(pk)
        own = who.me().employee_id if screen.is_doctor() else None
        doctor, treatment = own or form.doctor_id.data or draft.doctor_id, draft.treatment_id
        by, now, on, prefix = who.me().user_id, datetime.now(UTC), today(), who.clinic().document_prefix

        def write(session: Session) -> None:
            row = actions.locked_prescription(session, pk)
            actions.issue_prescription(session, row, doctor_id=doctor, by=by, now=now, today=on, prefix=prefix)

        return _written(treatment, "rx", form, write)

    @expose("/<int:pk>/cancel", methods=["POST"])
    @needs_right("issue_prescription")
    def cancel(self, pk: int) -> Any:
        """Cancel an issued prescription."""
        form, row = forms.ReasonForm(), _prescription(pk)
        status = 422
        if form.validate():
            _, status = saving.save(
                form,
                lambda session: actions.cancel_prescription(
                    session, actions.locked_prescription(session, pk), reason=form.reason.data
                ),
            )
        if status != 200:
            return paper.record_page(row, form, status)
        flash(say(T("The prescription is cancelled.")), "success")
        return redirect(url_for("PrescriptionPage.show", pk=pk), 303)

    @expose("/<int:pk>/repeat", methods=["POST"])
    @writes
    def repeat(self, pk: int) -> Response:
        """Write the same medicines again in the visit that is open (or the one that asks)."""
        source, asked = _prescription(pk), parse_key(request.form.get("treatment"))
        found = queries.open_treatment_of(sqla.session(), source.patient_id)
        key = asked or (found.treatment_id if found else 0)
        if not key:
            flash(say(T("Open a visit of this patient first: a prescription belongs to one.")), "danger")
            return redirect(url_for("PrescriptionPage.show", pk=pk), 303)
        doctor, on = screen.prescriber(screen.the_treatment(key)), today()

        def write(session: Session) -> list[str]:
            row = actions.locked_treatment(session, key)
            source = session.get_one(Prescription, pk)
            left = actions.repeat_prescription(session, source, row, doctor_id=doctor, today=on)
            return [medicine.title for medicine in left]

        _say_left_out(unit(write))
        return redirect(url_for("TreatmentPage.show", pk=key, _anchor="prescribing"), 303)


def _say_left_out(names: list[str]) -> None:
    if names:
        text = T(
            "Not taken over, because of an allergy or because it is no longer used: %(names)s. "
            "Add it by hand where it is needed.",
            names=", ".join(names),
        )
        flash(say(text), "warning")


class PrescriptionPage(ClinicPage):
    """The record and the paper."""

    page, route_base = PAGE, "/prescriptions"

    def __init__(self) -> None:
        super().__init__()
        cells.RECORDS[Prescription] = ("PrescriptionPage.show", self.page)

    @expose("/<int:pk>")
    @reads
    def show(self, pk: int) -> Any:
        """The record."""
        row = _prescription(pk)
        page = paper.record_page(row, forms.ReasonForm(formdata=None))
        who.hooks().record("view", "prescription", pk, patient=row.patient_id)
        return page

    @expose("/<int:pk>.pdf")
    @reads
    def pdf(self, pk: int) -> Any:
        """The paper, in the patient's language or the one asked for. Only what is issued prints."""
        row = _prescription(pk)
        if row.status is not PrescriptionStatus.ISSUED:
            raise RuleError(T("Only an issued prescription can be printed."))
        asked = request.args.get("lang", "")
        language = Locale(asked) if asked in set(Locale) else row.patient.preferred_locale
        name = f"prescription-{row.number}"
        data = paper.print_prescription(row, language, current_app.config["SECRET_KEY"])
        return pdf_answer(data, name)
