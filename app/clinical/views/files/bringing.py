"""Bringing files: several at once, dropped or chosen, one by one from the page and all together without scripts."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField

from app.clinical import actions, queries
from app.clinical.models import Treatment
from app.clinical.rules import FileCategory
from app.clinical.views.files.looking import PAGE, depot
from app.clinical.views.lookups import reference
from app.db import sqla, unit
from app.files.rules import MEDIA, MOST_AT_ONCE, safe_name
from app.files.taking import take
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people.models import Patient
from app.web import fields, who
from app.web.access import address, reads, writes
from app.web.errors import wants_json
from app.web.forms import ClinicForm
from app.web.text import lazy, say, today
from app.web.uploads import takes_files
from app.web.views import ClinicPage

ACCEPTED = ",".join([*MEDIA, *(ending for media in MEDIA.values() for ending in media.endings)])
KINDS = {"patient": Patient, "treatment": Treatment}


class FileForm(ClinicForm):
    """What is said of the files that are brought together."""

    patient_id, treatment_id = HiddenField(), HiddenField()
    category = fields.ChoiceField(lazy(T("Kind")), enum_class=FileCategory)
    tooth_id = reference("tooth", T("Tooth"))
    taken_on = fields.DayField(lazy(T("Taken on")))
    note = fields.TextField(lazy(T("Note")), longest=500)


@dataclass(slots=True)
class Result:
    """What became of one file."""

    name: str
    added: actions.Added | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """In a sentence."""
        if self.added is None:
            return " ".join(self.problems)
        if self.added.is_again:
            return say(T("This file was sent twice; it is kept once."))
        if self.added.twin is not None:
            known = {"name": self.added.twin.name, "day": self.added.twin.taken_on}
            return say(T("Added. The patient has the same file already: %(name)s, %(day)s.", **known))
        return say(T("Added."))

    def as_json(self) -> dict[str, Any]:
        """For the page that sent it."""
        url = url_for("MedicalFileView.show", pk=self.added.row.row_id) if self.added else None
        return {"name": self.name, "message": self.said, "url": url, "ok": self.added is not None}


class BringPage(ClinicPage):
    """The form, what it brings, and the files of a patient or a visit as a part of their pages."""

    page, route_base = PAGE, "/files"

    @expose("/add")
    @writes
    def form(self) -> Any:
        """The form as a page of its own."""
        return self._page(*_whose(request.args.get("patient_id"), request.args.get("treatment_id")))

    @expose("/add", methods=["POST"])
    @takes_files(4)
    @writes
    def add(self) -> Any:
        """Take the files in, each by itself: one that is refused doesn't keep the others out."""
        patient, treatment = _whose(request.form.get("patient_id"), request.form.get("treatment_id"))
        form, brought = FileForm(), [one for one in request.files.getlist("file") if one.filename]
        if not form.validate() or not 0 < len(brought) <= MOST_AT_ONCE:
            if not form.errors:
                form.form_errors.append(say(_count_problem(brought)))
            return self._refused(form, patient, treatment)
        results = [_bring(form, one, patient, treatment) for one in brought]
        if wants_json():
            is_done = all(one.added for one in results)
            return jsonify({"files": [one.as_json() for one in results]}), 200 if is_done else 422
        for one in results:
            flash(f"{one.name}: {one.said}", "success" if one.added else "danger")
        return redirect(_back_to(patient, treatment), 303)

    def _refused(self, form: FileForm, patient: Patient, treatment: Treatment | None) -> Any:
        if wants_json():
            return jsonify({"message": " ".join(text for _, _, text in form.problems())}), 422
        return self._page(patient, treatment, form), 422

    def _page(self, patient: Patient, treatment: Treatment | None, form: FileForm | None = None) -> str:
        return self.render_template(
            "clinical/add_files.html",
            title=say(T("Add files: %(name)s", name=patient.full_name)),
            back_to=_back_to(patient, treatment),
            **bringing(patient.patient_id, treatment.treatment_id if treatment else None, form),
        )

    @expose("/of/<kind>/<int:key>")
    @reads
    def part(self, kind: str, key: int) -> Any:
        """The files of a patient or of a visit, all or of one kind, and (`?form=1`) the form for more."""
        session, model = sqla.session(), KINDS.get(kind) or abort(404)
        row: Any = session.get(model, key) or abort(404)
        if "HX-Request" not in request.headers:
            return redirect(_back_to(row, None) if kind == "patient" else _back_to(row.patient, row))
        if "form" not in request.args:
            return self.render_template("clinical/_file_grid.html", **grid(session, kind, key))
        can_write, visit = who.may("write", PAGE), row if kind == "treatment" else None
        form = bringing(visit.patient_id if visit else key, visit.row_id if visit else None) if can_write else {}
        return self.render_template(
            "clinical/_files_part.html", can_write=can_write, **form, **grid(session, kind, key)
        )


def bringing(patient_id: int, treatment_id: int | None, form: FileForm | None = None) -> dict[str, Any]:
    """What the form for files needs."""
    form = form or FileForm(formdata=None)
    form.patient_id.data, form.treatment_id.data = patient_id, treatment_id or ""
    for one in form:
        one.id = f"file-{one.name}"  # the form stands on pages that have others
    return {"file_form": form, "accepted": ACCEPTED, "largest": who.setting("files.largest_mb"), "most": MOST_AT_ONCE}


def grid(session: Session, kind: str, key: int) -> dict[str, Any]:
    """The files of a patient or of a visit, as their part of a page shows them."""
    typed = request.args.get("category", "")
    category = next((one for one in FileCategory if one.value == typed), None)
    return {
        "files": queries.files_of(session, **{kind: key}, category=category),
        "kinds": queries.kinds_of_files(session, **{kind: key}),
        "category": category,
        "part_url": url_for("BringPage.part", kind=kind, key=key),
        "all_url": address("MedicalFileView.list", {f"{kind}_id": key}),
        "most_shown": queries.MOST_FILES,
    }


def _whose(patient: str | None, treatment: str | None) -> tuple[Patient, Treatment | None]:
    """The patient and the visit that an address or a form names; 404 where they aren't each other's."""
    session, visit = sqla.session(), None
    if treatment:
        visit = session.get(Treatment, parse_key(treatment) or 0) or abort(404)
    key = parse_key(patient) if patient else visit.patient_id if visit else None
    if key is None or (visit is not None and visit.patient_id != key):
        abort(404)
    return session.get(Patient, key) or abort(404), visit


def _bring(form: FileForm, brought: FileStorage, patient: Patient, treatment: Treatment | None) -> Result:
    result, now, day_now, by = Result(safe_name(brought.filename or "")), datetime.now(UTC), today(), who.me().user_id
    values = {**form.values(), "patient_id": patient.patient_id}
    values["treatment_id"] = treatment.treatment_id if treatment else None
    try:
        taken = take(depot(), brought.stream, brought.filename or "", largest_mb=who.setting("files.largest_mb"))
        result.added = unit(lambda s: actions.add_file(s, taken, values, by=by, now=now, today=day_now))
    except RuleError as error:
        result.problems = [say(text) for _, text in error.errors]
    return result


def _count_problem(brought: list[FileStorage]) -> Any:
    if not brought:
        return T("Choose a file first.")
    return T("At most %(most)s files at once.", most=MOST_AT_ONCE)


def _back_to(patient: Patient, treatment: Treatment | None) -> str:
    if treatment is not None:
        return url_for("TreatmentPage.show", pk=treatment.treatment_id, _anchor="files")
    return address("PatientProfilePage.show", {"tab": "files"}, pk=patient.patient_id)
