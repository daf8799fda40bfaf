"""Two records that are one person: chosen, compared field by field, merged, and for a day taken apart again."""

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import aggregate_count, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from app.billing.queries import balances
from app.db import sqla
from app.kernel.errors import RuleError
from app.kernel.keys import parse_key
from app.kernel.text import T
from app.people import queries, rules
from app.people.models import Patient, PatientMerge
from app.people.rules import merging
from app.web import cells, fields, saving, vocabulary, who
from app.web.access import needs_right
from app.web.forms import ClinicForm
from app.web.lookups import LOOKUPS
from app.web.text import day, lazy, money, say, today
from app.web.views import ClinicPage, ClinicView
from app.workflows import merge

may_merge = needs_right("merge_patients", level="write")


class OtherForm(ClinicForm):
    """Whose record is the same person's."""

    class Meta(ClinicForm.Meta):
        """It only asks: nothing is written by it."""

        csrf = False

    other = fields.ReferenceField(
        lazy(T("This is the same person as")),
        url=lambda: url_for("PatientMergeView.lookup", column="merged_id"),
        find=lambda key: LOOKUPS["patient"].find(key),
        name_of=cells.name_of,
    )


class MergePage(ClinicPage):
    """`/patients/{id}/merge`."""

    page, route_base = "/patients", "/patients"

    @expose("/<int:pk>/merge", methods=["GET"])
    @may_merge
    def choose(self, pk: int) -> Any:
        """The other record is searched; once it is known, the two stand side by side."""
        kept = sqla.session.get(Patient, pk) or abort(404)
        if kept.merged_into_id is not None:
            return redirect(url_for("PatientProfilePage.show", pk=kept.merged_into_id))
        form = OtherForm(request.args)
        return self._page(pk, form, parse_key(request.args.get("other")))

    def _page(self, pk: int, form: ClinicForm, other: int | None, status: int = 200) -> Any:
        session, found = sqla.session(), None
        try:
            found = merge.compare(session, pk, other) if other is not None else None
        except RuleError as error:
            form.refuse(error)
            status = error.status if request.method == "POST" else 200
        kept = session.get_one(Patient, pk)
        page = self.render_template(
            "people/merge.html",
            title=say(T("One person: %(name)s", name=kept.full_name)),
            patient=kept,
            form=form,
            picks=ClinicForm(formdata=None),
            found=found,
            likely=_likely(session, kept) if found is None else [],
            lines=_lines(session, found) if found else [],
            fields=_fields(found) if found else [],
            counts=[(_words(model), n) for model, n in found.goes] if found else [],
            stays=[(_words(model), n) for model, n in found.stays] if found else [],
        )
        return page, status

    @expose("/<int:pk>/merge", methods=["POST"])
    @may_merge
    def write(self, pk: int) -> Any:
        """Make one person of the two."""
        other, form = parse_key(request.form.get("other")) or abort(404), OtherForm(request.form)
        record = sqla.session.get(Patient, other) or abort(404)
        if record.merged_into_id == pk:  # a form that is sent twice
            return redirect(url_for("PatientProfilePage.show", pk=pk))
        picks = {name: request.form[f"pick-{name}"] for name in merging.FIELDS if f"pick-{name}" in request.form}
        common = {"by": who.me().user_id, "now": datetime.now(UTC), "zone": who.clinic().zone}
        phone = request.form.get("primary_phone")
        _, status = saving.save(
            form, lambda s: merge.merge_patients(s, pk, other, picks=picks, primary_phone=phone, **common)
        )
        if status != 200:
            return self._page(pk, form, None, status)
        flash(say(T("The two records are one now. For a day this can be undone.")), "success")
        return redirect(url_for("PatientProfilePage.show", pk=pk), 303)


class UndoMergePage(ClinicPage):
    """`/patient-merges/{id}/undo`."""

    page, route_base = "/patients", "/patient-merges"

    @expose("/<int:pk>/undo", methods=["POST"])
    @may_merge
    def undo(self, pk: int) -> Any:
        """Make two records of one again."""
        made = sqla.session.get(PatientMerge, pk) or abort(404)
        kept, form = made.kept_id, ClinicForm()
        common = {"by": who.me().user_id, "now": datetime.now(UTC), "zone": who.clinic().zone}
        saving.save(form, lambda s: merge.undo_merge(s, pk, **common))
        problems = " ".join(text for _, _, text in form.problems())
        done = T("The merge is undone: these are two records again.")
        flash(problems or say(done), "danger" if problems else "success")
        return redirect(url_for("PatientProfilePage.show", pk=kept), 303)


class PatientMergeView(ClinicView):
    """Which records were put together, by whom, and what was taken apart again."""

    datamodel = SQLAInterface(PatientMerge)
    page, route_base = "/patients", "/patient-merges"
    title_one, title_many = T("Merge of two records"), T("Merged records")
    list_columns = ("kept", "merged", "at", "undone_at")
    show_columns = ("kept", "merged", "at", "undone_at", "created_at")
    search_columns = ("kept_id", "merged_id", "at")
    order_columns = ("at",)
    default_order = ("at", "desc")
    definitions = [{"label": T("Merged records by month"), "group": "at", "series": [(aggregate_count, "")]}]

    def search_condition(self, session: Session, typed: str) -> ColumnElement[bool]:
        """By either of the two."""
        columns = (PatientMerge.kept_id, PatientMerge.merged_id)
        return or_(*(queries.matching_condition(column, typed) for column in columns))


def _likely(session: Session, row: Patient) -> Any:
    """Who may be the same person, as registration would warn of them."""
    phones = queries.phones_of_patients(session, [row.patient_id]).get(row.patient_id, [])
    return queries.likely_duplicates(
        session,
        first_name=row.first_name,
        last_name=row.last_name,
        birthday=row.birthday,
        phones=[phone.phone_number_val for phone in phones],
        but=row.patient_id,
    )


def _words(model: type[Any]) -> str:
    return say(merge.words_of(model))


def _lines(session: Session, found: Any) -> list[tuple[str, Any, Any]]:
    """(what, of the kept one, of the other): what tells whether the two are one, beside the fields."""
    both, now = (found.kept, found.merged), today()
    owed = balances(session, [row.patient_id for row in both]) if who.has_right("see_balance") else None
    told = [", ".join(one.name for one in rules.alerts(found.history.get(row.patient_id, []), now)) for row in both]
    lines: list[Any] = [
        (T("Card number"), *(row.card_number for row in both)),
        (T("Last visit"), *(day(row.last_seen_at) if row.last_seen_at else "" for row in both)),
        (T("Alerts"), *told),
    ]
    if owed is not None:
        lines.append((T("Balance"), *(money(owed.get(row.patient_id, 0)) for row in both)))
    return [(say(label), first or "–", second or "–") for label, first, second in lines]


def _fields(found: Any) -> list[dict[str, Any]]:
    """The fields in which the two differ, with what is kept unless the clerk picks otherwise."""
    shown = []
    chosen = merging.choose(
        *({name: getattr(row, name) for name in merging.FIELDS} for row in (found.kept, found.merged)), {}
    )
    for name in found.differing():
        first, second = getattr(found.kept, name), getattr(found.merged, name)
        is_first = chosen[name] == first
        both = name == "note" and bool(first) and bool(second)
        shown.append(
            {
                "name": name,
                "label": say(vocabulary.label(name, Patient.__tablename__)),
                "first": _said(found.kept, name, first),
                "second": _said(found.merged, name, second),
                "pick": "both" if both else "kept" if is_first else "merged",
                "both": both,
            }
        )
    return shown


def _said(row: Patient, name: str, value: Any) -> Any:
    if name == "assigned_doctor_id":
        return row.assigned_doctor.title if row.assigned_doctor else "–"
    return cells.show(value, Patient.__table__.c[name].type) if value not in (None, "") else "–"


VIEWS = (MergePage, UndoMergePage, PatientMergeView)
