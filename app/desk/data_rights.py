"""The rights over one's data: everything handed out as a ZIP, and everything that tells who somebody was removed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, stream_with_context, url_for
from flask_appbuilder import expose

from app.db import sqla
from app.files.depot import Depot
from app.files.models import StoredFile
from app.files.rules import safe_name
from app.kernel.dates import clinic_date
from app.kernel.errors import RuleError
from app.kernel.text import T
from app.people.models import Patient
from app.people.rules import erasing
from app.web import fields, saving, who
from app.web.access import needs_right
from app.web.forms import ClinicForm
from app.web.pdf import PAPERS
from app.web.text import lazy, say, speaking, today
from app.web.views import ClinicPage
from app.web.zipping import zipped
from app.workflows import anonymise, data_export

may_hand_out = needs_right("anonymise")


class RemovalForm(ClinicForm):
    """The card number once more, and a reason where the law still keeps the record."""

    card_number = fields.TextField(lazy(T("Card number, typed once more")), validators=[fields.required])
    reason = fields.TextField(lazy(T("Why it is removed")))


class DataRightsPage(ClinicPage):
    """`/patients/{id}/data`."""

    page, route_base = "/patients", "/patients"

    @expose("/<int:pk>/data", methods=["GET"])
    @may_hand_out
    def show(self, pk: int) -> Any:
        """What can be done, and what will happen."""
        return self._page(pk, RemovalForm(formdata=None))

    def _page(self, pk: int, form: ClinicForm, status: int = 200) -> Any:
        session, now, zone = sqla.session(), datetime.now(UTC), who.clinic().zone
        patient = session.get(Patient, pk) or abort(404)
        if patient.merged_into_id is not None:
            return redirect(url_for("DataRightsPage.show", pk=patient.merged_into_id))
        standing, years = anonymise.standing_of(session, pk, now, zone), who.setting("people.retention_years")
        refusal = None
        try:
            erasing.check_erasure(standing, today(), years)
        except RuleError as error:
            refusal = say(error.text)
        page = self.render_template(
            "desk/data_rights.html",
            title=say(T("Data of %(name)s", name=patient.full_name)),
            patient=patient,
            form=form,
            refusal=refusal,
            kept_until=erasing.kept_until(standing.last_seen, years)
            if erasing.is_kept_by_law(standing, today(), years)
            else None,
        )
        return page, status

    @expose("/<int:pk>/data.zip", methods=["POST"])
    @may_hand_out
    def export(self, pk: int) -> Any:
        """Everything as a ZIP, sent while it is made; in the audit log before the first byte."""
        patient = sqla.session.get(Patient, pk) or abort(404)
        if patient.merged_into_id is not None:
            return redirect(url_for("DataRightsPage.show", pk=patient.merged_into_id))
        who.hooks().record("export", "patient", pk, patient=pk, changes={"what": [None, "everything"]})
        name = f"patient-{safe_name(sqla.session.get_one(Patient, pk).card_number)}.zip"
        moment = datetime.now(UTC).astimezone(who.clinic().zone)
        body = stream_with_context(zipped(_entries(pk, moment), moment))
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, mimetype="application/zip", headers=headers)

    @expose("/<int:pk>/anonymise", methods=["POST"])
    @may_hand_out
    def remove(self, pk: int) -> Any:
        """Remove who this was. It can't be taken back."""
        form = RemovalForm()
        if sqla.session.get(Patient, pk) is None:
            abort(404)
        if not form.validate():
            return self._page(pk, form, 422)
        common = {"years": who.setting("people.retention_years"), "now": datetime.now(UTC), "zone": who.clinic().zone}
        typed, reason = form.card_number.data or "", form.reason.data or ""
        _, status = saving.save(form, lambda s: anonymise.anonymise(s, pk, card_number=typed, reason=reason, **common))
        if status != 200:
            return self._page(pk, form, status)
        flash(say(T("The data is removed. The ledger and the statistics stay as they were.")), "success")
        return redirect(url_for("PatientProfilePage.show", pk=pk), 303)


def _entries(pk: int, moment: datetime) -> Iterator[tuple[str, bytes]]:
    """The files of the ZIP. Everything that is read stands in memory before the first paper is made."""
    session = sqla.session()
    patient = session.get_one(Patient, pk)
    language, tables = str(patient.preferred_locale), list(data_export.everything_of(session, pk))
    files = [session.get_one(StoredFile, key) for key in data_export.file_keys(tables)]
    named = [(row.key, f"files/{row.stored_file_id}-{safe_name(row.original_name)}") for row in files]
    papers = [(table.model, row.row_id) for table in tables if table.model in PAPERS for row in table.rows]
    with speaking(language):
        shown = [data_export.as_read(session, table) for table in tables]
        page = render_template(
            "desk/data_index.html",
            patient=patient,
            tables=shown,
            files=[name for _, name in named],
            moment=moment,
            language=language,
            day=clinic_date(moment, who.clinic().zone),
        )
    data = [(f"data/{table.name}.json", data_export.to_text(data_export.as_json(table))) for table in tables]
    yield "index.html", page.encode("utf-8", "replace")
    yield from data
    for key, name in named:
        found = Depot(current_app.config["INSTANCE"]).bytes_of(key)
        yield (name, found) if found is not None else (name + ".missing.txt", b"This file is not in the store.\n")
    for model, key in papers:
        yield from _paper(model, key)


def _paper(model: type[Any], key: Any) -> Iterator[tuple[str, bytes]]:
    row = sqla.session.get(model, key)
    try:
        found = PAPERS[model](row) if row is not None else None
    except RuleError as error:
        yield f"papers/{model.__tablename__}-{key}.txt", str(error).encode()
        return
    if found is not None:
        yield f"papers/{safe_name(found[0])}.pdf", found[1]
