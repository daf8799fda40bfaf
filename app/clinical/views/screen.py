"""What each part of the treatment page shows, and how a part answers after a change."""

from collections.abc import Callable
from typing import Any, cast

from flask import abort, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.billing.queries import balances
from app.catalogue.models import Medicine
from app.clinical import actions, queries
from app.clinical.models import PrescriptionItem, Treatment, TreatmentItem
from app.clinical.numbering import numbering, shown_tooth
from app.clinical.rules import Condition, Layer, Outcome, PrescriptionStatus, allergies_against, fills_itself
from app.clinical.views import chart, forms, packages
from app.db import sqla
from app.people import queries as people
from app.people.models import MedicalHistoryEntry, Patient
from app.people.rules import alerts
from app.web import saving, who
from app.web.forms import ClinicForm
from app.web.text import today
from app.workflows import treating

PARTS = {
    "work": "clinical/_work.html",
    "visit": "clinical/_visit.html",
    "packages": "clinical/_packages.html",
    "notes": "clinical/_notes.html",
    "prescribing": "clinical/_prescribing.html",
}
# the findings that a doctor marks most, each a button of its own
QUICK_FINDINGS = (
    Condition.CARIES, Condition.FILLING, Condition.MISSING, Condition.CROWN, Condition.ROOT_CANAL, Condition.FRACTURE,
)  # fmt: skip


def the_treatment(pk: int) -> Treatment:
    """The treatment with its people, or 404. What only reads asks for it once."""
    if request.method == "GET" and g.get("treatment") is not None and g.treatment.treatment_id == pk:
        return cast(Treatment, g.treatment)
    g.treatment = queries.treatment_with_people(sqla.session(), pk) or abort(404)
    return cast(Treatment, g.treatment)


def _history_of(key: int) -> list[MedicalHistoryEntry]:
    """A patient's medical history, which no part of this page changes."""
    if "history" not in g or key not in g.history:
        g.history = {key: people.history_of(sqla.session(), [key]).get(key, [])}
    return cast(list[MedicalHistoryEntry], g.history[key])


def may_write() -> bool:
    """Whether this person treats."""
    return who.may("write", "/treatments/{id}")


def writer() -> actions.Writer:
    """This person as the one who writes, with the discount they may give."""
    share = who.setting("billing.discount_bp") if who.has_right("discount") else 0
    return actions.Writer(
        who.me().employee_id if is_doctor() else None, 10_000 if who.has_right("discount_any") else share
    )


def head(session: Session, treatment: Treatment) -> dict[str, Any]:
    """The patient at the top of the page."""
    patient = treatment.patient
    key = patient.patient_id
    history = _history_of(key)
    return {
        "patient": patient,
        "age": patient.age_on(today()),
        "phones": people.phones_of_patients(session, [key]).get(key, []),
        "history": history,
        "alerts": alerts(history, today()),
        "balance": balances(session, [key]).get(key, 0) if who.has_right("see_balance") else None,
    }


def work(session: Session, treatment: Treatment, refused: dict[str, ClinicForm]) -> dict[str, Any]:
    """Chart, work, diagnoses, findings."""
    visit = queries.visits(session, [treatment])[0]
    findings = queries.findings_of_patient(session, treatment.patient_id)
    edited = _edited(visit, "work" in refused)
    picks = forms.picked(request.form) if refused else {}
    if not picks and edited is not None:
        picks = {row.tooth.code: row.surfaces for row in visit.teeth[edited.treatment_item_id]}
    worked = [row for item in visit.items if not fills_itself(item.scope) for row in visit.teeth[item.row_id]]
    marks = chart.marks_of(findings, worked)
    closed = treating.closed_because(session, treatment)
    newest = max((item.treatment_item_id for item in visit.items), default=0)
    return {
        "visit": visit,
        "findings": findings,
        "closed": closed,
        "can_work": may_write() and closed is None,
        "edited": edited,
        "work_form": refused.get("work") or _work_form(treatment, edited, newest),
        "finding_form": refused.get("finding") or forms.FindingForm(formdata=None, layer=Layer.EXISTING),
        "diagnosis_form": refused.get("diagnosis") or forms.DiagnosisForm(formdata=None),
        "problem_form": refused.get("problem"),
        "newest": newest,
        "chart": chart.chart_rows(treatment.patient.dentition, marks, picks, "primary" in request.args),
        "numbering": numbering(),
        "quick_findings": QUICK_FINDINGS,
        "lacks": {item.row_id: actions.lacking(item, visit.teeth[item.row_id]) for item in visit.items},
        "outcomes": list(Outcome),
        "total": sum(item.quantity * item.unit_price - item.discount for item in visit.items),
    }


def _edited(visit: queries.Visit, was_refused: bool) -> TreatmentItem | None:
    """The item whose form is open: the one that was just sent and refused, or that of the address."""
    sent = (request.view_args or {}).get("item") if was_refused else None
    wanted = str(sent or request.args.get("item", ""))
    return next((item for item in visit.items if str(item.treatment_item_id) == wanted), None)


def _work_form(treatment: Treatment, edited: TreatmentItem | None, newest: int) -> forms.WorkForm:
    """The form of an item; the first one of a visit begins with the service that was booked."""
    form = forms.WorkForm(formdata=None, obj=edited)
    if edited is None and not newest and treatment.appointment is not None:
        form.service_id.data = treatment.appointment.planned_service
    form.lock_token.data = saving.lock_token(edited)
    form.after.data = str(newest)
    return form


def visit_part(session: Session, treatment: Treatment, refused: dict[str, ClinicForm]) -> dict[str, Any]:
    """Complaint, kind of visit, note."""
    form = refused.get("visit")
    if form is None:
        form = forms.VisitForm(formdata=None, obj=treatment)
        form.lock_token.data = saving.lock_token(treatment)
    return {"visit_form": form}


def notes(session: Session, treatment: Treatment, refused: dict[str, ClinicForm]) -> dict[str, Any]:
    """The notes of the visit, each with its form: the note itself until it is signed, then what is added to it."""
    written, sent = queries.notes_of_treatment(session, treatment.treatment_id), refused.get("note")
    about = int((request.view_args or {}).get("note", 0)) if sent is not None else None
    made: dict[int, ClinicForm] = {0: forms.NoteForm(formdata=None, prefix="")}
    for one in written:
        made[one.note.row_id] = forms.NoteForm(formdata=None, obj=None if one.note.signed_at else one.note)
    if sent is not None and about is not None:
        made[about] = sent
    for key, form in made.items():
        for field in form:
            field.id = f"{field.name}-{key}"  # several of these forms stand on one page
    can_plan = who.may("read", "/treatment-plans")
    return {
        "notes": written,
        "note_words": forms.NOTE_WORDS,
        "note_forms": made,
        "note_form_of": about,
        "note_problem": sent,
        "signing_problem": refused.get("signing"),
        "has_open_note": any(one.note.signed_at is None for one in written),
        "plans": queries.plans_of_treatment(session, treatment.treatment_id) if can_plan else [],
    }


def prescribing(session: Session, treatment: Treatment, refused: dict[str, ClinicForm]) -> dict[str, Any]:
    """What is prescribed, what was used before, and the form for a medicine."""
    written = queries.prescriptions_of_treatment(session, treatment.treatment_id)
    draft = next((one for one in written if one.prescription.status is PrescriptionStatus.DRAFT), None)
    can = who.may("write", "/prescriptions")
    locale = treatment.patient.preferred_locale
    recent = queries.recent_directions(session, prescriber(treatment), locale) if can else []
    have = {item.medicine_id for item in draft.items} if draft else set()
    edited = _edited_medicine(draft, "medicine" in refused)
    return {
        "draft": draft,
        "written": [one for one in written if one is not draft],
        "can_prescribe": can,
        "recent": [item for item in recent if item.medicine_id not in have],
        "edited_medicine": edited,
        "medicine_form": refused.get("medicine") or forms.MedicineForm(formdata=None, obj=edited),
        "rx_problem_form": refused.get("rx"),
        "is_own_name": is_doctor(),
        "locale_of_patient": locale,
    }


def _edited_medicine(draft: queries.Prescribed | None, was_refused: bool) -> PrescriptionItem | None:
    """The medicine of the draft whose form is open."""
    sent = (request.view_args or {}).get("item") if was_refused else None
    wanted = str(sent or request.args.get("medicine", ""))
    written = draft.items if draft else []
    return next((item for item in written if str(item.prescription_item_id) == wanted), None)


def usual_form(patient: Patient, medicine: Medicine | None) -> forms.MedicineForm:
    """A medicine's usual directions in the patient's language, with the allergies that speak against it."""
    if medicine is None:
        return forms.MedicineForm(formdata=None)
    usual = actions.usual_directions(medicine, patient.preferred_locale)
    form = forms.MedicineForm(formdata=None, data={**usual, "medicine_id": medicine.medicine_id})
    form.warning = allergies_against(medicine.allergens or [], _history_of(patient.patient_id), today())
    return form


def is_doctor() -> bool:
    """Whether this person prescribes in their own name."""
    return "Doctor" in who.me().roles and who.me().employee_id is not None


def prescriber(treatment: Treatment) -> int:
    """In whose name a prescription of this visit is written: one's own, or for an Admin its doctor's."""
    return who.me().employee_id or treatment.doctor_id if is_doctor() else treatment.doctor_id


LOADERS: dict[str, Callable[[Session, Treatment, dict[str, ClinicForm]], dict[str, Any]]] = {
    "work": work,
    "visit": visit_part,
    "packages": packages.part,
    "notes": notes,
    "prescribing": prescribing,
}


def is_part_wanted() -> bool:
    """Whether the browser asks for a part of the page only."""
    return "HX-Request" in request.headers


def part_of_page(pk: int, part: str, status: int = 200, **refused: ClinicForm) -> Any:
    """One part of the page, for htmx."""
    treatment = the_treatment(pk)
    context = LOADERS[part](sqla.session(), treatment, refused)
    page = render_template(
        PARTS[part],
        treatment=treatment,
        shown_tooth=shown_tooth,
        item_teeth=chart.item_teeth,
        patient=treatment.patient,
        can_write=may_write(),
        **context,
    )
    return page, status


def whole_page(pk: int, status: int = 200, **refused: ClinicForm) -> Any:
    """The whole page."""
    session, treatment = sqla.session(), the_treatment(pk)
    context = head(session, treatment)
    for load in LOADERS.values():
        context |= load(session, treatment, refused)
    page = render_template(
        "clinical/treatment.html",
        treatment=treatment,
        title=treatment.patient.full_name,
        shown_tooth=shown_tooth,
        item_teeth=chart.item_teeth,
        can_write=may_write(),
        page_form=refused.get("page"),
        **context,
    )
    return page, status


def answer(pk: int, part: str, status: int = 200, **refused: ClinicForm) -> Any:
    """After a change: the part for htmx, else the page; a refused form keeps what was typed."""
    if is_part_wanted():
        return part_of_page(pk, part, status, **(refused if status != 200 else {}))
    if status == 200:
        return redirect(url_for("TreatmentPage.show", pk=pk, _anchor=part), 303)
    return whole_page(pk, status, **refused)
